/* A core function's status as a Lua error. */
#include "bind/base/status.h"

#include "bind/base/call.h"
#include "bind/base/error.h"
#include "bind/base/interrupt.h"

/* Does not return for an interrupt, or if the function can be retried. */
static void leave_function(lua_State *L, pg_status status)
{
    if (status == PG_EINTERRUPT)
        l_raise_interrupt(L);
    if (status == PG_ENOMEM)
        l_call_retry(L);
}

void l_check(lua_State *L, pg_status status, const pg_error *err)
{
    if (status == PG_OK)
        return;
    leave_function(L, status);
    l_error(L, "%s", err->message);
}

int l_failure(lua_State *L, pg_status status, const pg_error *err)
{
    pg_assert(status != PG_OK);
    leave_function(L, status);
    luaL_pushfail(L);
    lua_pushstring(L, err->message);
    return 2;
}
