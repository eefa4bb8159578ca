/* Exchanges of ranks: the table perigee.core.comm, for the library's files.

   Each function is called by all ranks of a communicator, in the same order.
   They return nil and a message for an error. */
#include "bind/train/communicator.h"

#include <string.h>

#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/storage.h"
#include "core/base/interrupt.h"

static bool is_interrupted(void)
{
    return pg_interrupted();
}

pg_comm *l_comm_check(lua_State *L, int arg)
{
    pg_comm *comm = *(pg_comm **)l_userdata_check(L, arg, L_COMM);
    l_argument_check(L, comm->bytes == sizeof *comm, arg,
                     "perigee_mpi was built for another version of Perigee: "
                     "`make mpi` builds it anew");
    comm->is_interrupted = is_interrupted;
    return comm;
}

void l_comm_keep(lua_State *L, const pg_comm *comm, int index)
{
    if (!comm->is_broken)
        return;
    lua_pushvalue(L, index);
    luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Gathers the texts of all ranks behind a meeting. Pushes them in a list. */
static pg_status push_texts(lua_State *L, pg_comm *comm, const char *text,
                            pg_error *err)
{
    size_t total = 0, at = 0;
    for (int r = 0; r < comm->size; r++)
        total += comm->meetings[r].bytes;
    char *all = lua_newuserdatauv(L, total + 1, 0);
    for (int r = 0; r < comm->size; r++) {
        comm->parts[r] = comm->meetings[r].bytes;
        if (r == comm->rank)
            memcpy(all + at, text, comm->parts[r]);
        at += comm->parts[r];
    }
    pg_status status =
        total > 0 ? comm->calls->all_gather(comm, all, comm->parts, err)
                  : PG_OK;
    if (status != PG_OK) {
        l_comm_keep(L, comm, -1);
        return status;
    }
    lua_createtable(L, comm->size, 0);
    at = 0;
    for (int r = 0; r < comm->size; r++) {
        lua_pushlstring(L, all + at, comm->parts[r]);
        lua_rawseti(L, -2, r + 1);
        at += comm->parts[r];
    }
    return PG_OK;
}

/* meet(comm, operation, text [, problem]) -> the texts of all ranks in a list;
   where a rank has a problem, nil and its message on all of them */
static int l_comm_meet(lua_State *L)
{
    enum { COMM = 1, OPERATION, TEXT, PROBLEM };
    pg_error err;
    size_t n, length;
    lua_settop(L, PROBLEM);
    pg_comm *comm = l_comm_check(L, COMM);
    const char *text = l_string_check(L, TEXT, &n);
    l_argument_check(L, n <= INT32_MAX, TEXT, "a text below 2 GB expected");
    pg_meeting own = {.bytes = (uint32_t)n};
    pg_meeting_name(&own, l_string_check(L, OPERATION, &length));
    pg_status status = PG_OK;
    if (!lua_isnil(L, PROBLEM))
        status =
            pg_fail(&err, PG_EARG, "%s", l_string_check(L, PROBLEM, &length));
    status = pg_comm_meet(comm, &own, status, "arguments", &err);
    if (status == PG_OK)
        status = push_texts(L, comm, text, &err);
    return status == PG_OK ? 1 : l_failure(L, status, &err);
}

/* Reads the list of counts of elements at arg into bytes (size); returns their
   sum in elements. */
static size_t read_counts(lua_State *L, int arg, size_t *bytes,
                          const pg_comm *comm, size_t element)
{
    size_t sum = 0;
    l_type_check(L, arg, LUA_TTABLE);
    for (int r = 0; r < comm->size; r++) {
        lua_rawgeti(L, arg, r + 1);
        size_t count = (size_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
        l_argument_check(L, pg_size_multiply(&bytes[r], count, element), arg,
                         "counts of elements expected");
        sum += count;
    }
    return sum;
}

static pg_array *check_flat(lua_State *L, int arg)
{
    pg_array *a = l_array_check(L, arg);
    l_argument_check(L, pg_array_is_contiguous(a), arg,
                     "a contiguous array expected");
    return a;
}

/* The bytes that a call may move: counts in MPI are ints. */
static void check_bytes(lua_State *L, const pg_array *a, int arg)
{
    l_argument_check(L, pg_array_bytes(a) <= INT32_MAX, arg,
                     "an array below 2 GB expected: send it in parts");
}

/* Ends a call on the arrays at indices 2 to last, of the communicator at 1. */
static int end_call(lua_State *L, const pg_comm *comm, int last,
                    pg_status status, const pg_error *err)
{
    if (status != PG_OK) {
        for (int i = 2; i <= last; i++)
            l_comm_keep(L, comm, i);
        return l_failure(L, status, err);
    }
    lua_pushboolean(L, true);
    return 1;
}

/* broadcast(comm, array, root) -> true; the array becomes rank root's. It
   counts as written to on all ranks. */
static int l_comm_broadcast(lua_State *L)
{
    enum { COMM = 1, ARRAY, ROOT };
    pg_error err;
    pg_comm *comm = l_comm_check(L, COMM);
    int root = (int)l_integer_check(L, ROOT);
    pg_array *a = check_flat(L, ARRAY);
    check_bytes(L, a, ARRAY);
    pg_status status =
        comm->calls->broadcast(comm, a->data, pg_array_bytes(a), root, &err);
    pg_storage_mark_written(a->storage);
    return end_call(L, comm, ARRAY, status, &err);
}

/* all_gather(comm, array, counts) -> true; the array has the elements of all
   ranks, counts[1] of rank 0 first, and each brings its own */
static int l_comm_all_gather(lua_State *L)
{
    enum { COMM = 1, ARRAY, COUNTS };
    pg_error err;
    pg_comm *comm = l_comm_check(L, COMM);
    pg_array *a = check_flat(L, ARRAY);
    check_bytes(L, a, ARRAY);
    size_t sum =
        read_counts(L, COUNTS, comm->parts, comm, pg_dtype_size(a->dtype));
    l_argument_check(L, sum == pg_array_size(a), COUNTS,
                     "the array's elements expected");
    pg_status status =
        comm->calls->all_gather(comm, a->data, comm->parts, &err);
    pg_storage_mark_written(a->storage);
    return end_call(L, comm, ARRAY, status, &err);
}

/* all_to_all(comm, received, counts, sent, counts) -> true; counts[1] elements
   come from rank 0, or go there, and so on */
static int l_comm_all_to_all(lua_State *L)
{
    enum { COMM = 1, RECEIVED, RECEIVED_COUNTS, SENT, SENT_COUNTS };
    pg_error err;
    pg_comm *comm = l_comm_check(L, COMM);
    pg_array *received = check_flat(L, RECEIVED), *sent = check_flat(L, SENT);
    check_bytes(L, received, RECEIVED);
    check_bytes(L, sent, SENT);
    size_t *received_bytes = comm->parts;
    size_t *sent_bytes = comm->parts + comm->size;
    size_t sum = read_counts(L, RECEIVED_COUNTS, received_bytes, comm,
                             pg_dtype_size(received->dtype));
    l_argument_check(L, sum == pg_array_size(received), RECEIVED_COUNTS,
                     "the array's elements expected");
    sum = read_counts(L, SENT_COUNTS, sent_bytes, comm,
                      pg_dtype_size(sent->dtype));
    l_argument_check(L, sum == pg_array_size(sent), SENT_COUNTS,
                     "the array's elements expected");
    pg_status status = comm->calls->all_to_all(
        comm, received->data, received_bytes, sent->data, sent_bytes, &err);
    pg_storage_mark_written(received->storage);
    return end_call(L, comm, SENT, status, &err);
}

/* is_contiguous(array) -> whether the calls above take it */
static int l_comm_is_contiguous(lua_State *L)
{
    lua_pushboolean(L, pg_array_is_contiguous(l_array_check(L, 1)));
    return 1;
}

static const l_function functions[] = {
    {"meet", l_comm_meet, 0, 4, 0},
    {"broadcast", l_comm_broadcast, 0, 3, 0},
    {"all_gather", l_comm_all_gather, 0, 3, 0},
    {"all_to_all", l_comm_all_to_all, 0, 5, 0},
    {"is_contiguous", l_comm_is_contiguous, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_comm(lua_State *L)
{
    lua_newtable(L);
    l_add_functions(L, functions, NULL);
    lua_setfield(L, -2, "comm");
}
