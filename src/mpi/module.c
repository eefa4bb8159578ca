/* The module perigee_mpi: what perigee.mpi (lua/perigee/mpi.lua) has of MPI. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "bind/train/communicator.h"
#include "mpi/hand_out.h"
#include "mpi/process.h"

LUAMOD_API int luaopen_perigee_mpi(lua_State *L);

/* Raises, or goes on for PG_OK. */
static void check(lua_State *L, pg_status status, const pg_error *err)
{
    if (status != PG_OK)
        luaL_error(L, "%s", err->message);
}

/* Pushes a communicator of the handle. */
static void push_comm(lua_State *L, MPI_Comm handle)
{
    pg_error err;
    mpi_comm **c = lua_newuserdatauv(L, sizeof *c, 0);
    check(L, mpi_comm_new(c, handle, &err), &err);
    luaL_newmetatable(L, L_COMM);
    lua_setmetatable(L, -2);
}

static mpi_comm *check_comm(lua_State *L, int arg)
{
    return *(mpi_comm **)luaL_checkudata(L, arg, L_COMM);
}

/* split(comm, colour) -> the communicator of the ranks with this colour, in
   their order. All ranks call it. */
static int l_split(lua_State *L)
{
    pg_error err;
    MPI_Comm handle;
    mpi_comm *c = check_comm(L, 1);
    int colour = (int)luaL_checkinteger(L, 2);
    check(L,
          mpi_check(MPI_Comm_split(c->handle, colour, c->comm.rank, &handle),
                    "MPI_Comm_split", &err),
          &err);
    push_comm(L, handle);
    return 1;
}

/* place(comm) -> rank, size */
static int l_place(lua_State *L)
{
    const mpi_comm *c = check_comm(L, 1);
    lua_pushinteger(L, c->comm.rank);
    lua_pushinteger(L, c->comm.size);
    return 2;
}

/* set_patience(comm, seconds): a call on it fails after so long; 0: never */
static int l_set_patience(lua_State *L)
{
    check_comm(L, 1)->patience = luaL_checknumber(L, 2);
    return 0;
}

/* The name and version of MPI, up to the first comma. */
static void push_library(lua_State *L)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int n;
    MPI_Get_library_version(text, &n);
    text[strcspn(text, ",\n")] = '\0';
    for (char *c = text; *c; c++)
        if (*c == '\t')
            *c = ' ';
    lua_pushstring(L, text);
}

/* The number of ranks on this machine. */
static int count_neighbours(void)
{
    MPI_Comm machine;
    int size = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, mpi.rank,
                            MPI_INFO_NULL, &machine) == MPI_SUCCESS) {
        MPI_Comm_size(machine, &size);
        MPI_Comm_free(&machine);
    }
    return size;
}

/* start() -> rank, size, the communicator of all ranks, the number of ranks on
   this machine */
static int l_start(lua_State *L)
{
    pg_error err;
    int is_initialized;
    MPI_Comm world;
    MPI_Initialized(&is_initialized);
    if (is_initialized)
        luaL_error(L, "perigee.mpi: one Lua state of a process can use MPI");
    check(L, mpi_start(&err), &err);
    check(L,
          mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup", &err),
          &err);
    if (mpi.size > 1) { /* for the host's messages */
        lua_pushinteger(L, mpi.rank);
        lua_setfield(L, LUA_REGISTRYINDEX, "perigee.rank");
    }
    lua_pushinteger(L, mpi.rank);
    lua_pushinteger(L, mpi.size);
    push_comm(L, world);
    lua_pushinteger(L, count_neighbours());
    return 4;
}

/* agree_on_end(): an exit with another status than 0 is no error from now on:
   all ranks end with it */
static int l_agree_on_end(lua_State *L)
{
    (void)L;
    mpi.ends_with_all = true;
    return 0;
}

/* Ends the process, and all ranks with it. */
static void abort_job(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
}

static void push_function(lua_State *L, void (*f)(int status))
{
    void *address;
    memcpy(&address, &f, sizeof f);
    lua_pushlightuserdata(L, address);
}

static const luaL_Reg functions[] = {
    {"start", l_start}, {"agree_on_end", l_agree_on_end}, {"split", l_split},
    {"place", l_place}, {"set_patience", l_set_patience}, {NULL, NULL},
};

/* Doesn't start MPI yet: the library may be another than that of mpirun. */
int luaopen_perigee_mpi(lua_State *L)
{
    luaL_newlib(L, functions);
    push_library(L);
    lua_setfield(L, -2, "library");
    push_function(L, abort_job);
    lua_setfield(L, -2, "abort");
    l_open_hand_out(L);
    return 1;
}
