/*
 * archive.h -- NPZ archives as userdata.
 */
#ifndef PG_BIND_ARCHIVE_H
#define PG_BIND_ARCHIVE_H

#include <lua.h>

/* Opens the NPZ file whose path is the argument at 1, as well as `path`, and
   pushes the archive. Raises for a damaged one. Returns 1. */
int l_archive_open(lua_State *L, const char *path);

#endif
