/*
 * archive.h -- NPZ archives as userdata.
 */
#ifndef PG_BIND_ARCHIVE_H
#define PG_BIND_ARCHIVE_H

#include <lua.h>

#include "core/formats/npz.h"

/* Opens the NPZ file whose path is the argument at 1, as well as `path`, and
   pushes the archive. Raises for a damaged one. Returns it. */
pg_npz *l_archive_open(lua_State *L, const char *path,
                       const pg_load_options *options);

/* *i = the index of the named array; false if there is none. Raises if a name
   in the directory is damaged: it may be this one. */
bool l_archive_find(lua_State *L, pg_npz *npz, const char *name, size_t n,
                    size_t *i);

/* Raises that the archive at an index has no array of the name at another one,
   and suggests a name. Closes the archive. */
int l_archive_no_array(lua_State *L, int archive, int name);

#endif
