/*
 * archive.h -- NPZ archives as userdata.
 */
#ifndef PG_BIND_ARCHIVE_H
#define PG_BIND_ARCHIVE_H

#include <lua.h>

/* Opens the NPZ file whose path is at 1 (and in path), and pushes the archive;
   raises for one that is not whole. Returns 1. */
int l_archive_open(lua_State *L, const char *path);

#endif
