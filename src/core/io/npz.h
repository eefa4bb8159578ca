/*
 * npz.h -- named arrays in one file: a ZIP archive of NPY members, as
 * numpy.savez and savez_compressed write them. Array x is member "x.npy".
 */
#ifndef PG_NPZ_H
#define PG_NPZ_H

#include "io/npy.h"
#include "io/zip.h"

typedef struct pg_npz {
    pg_zip zip;
} pg_npz;

/* Opens an archive; its directory and its members' headers are read. */
pg_status pg_npz_open(pg_npz *npz, const char *path, pg_error *err);
void pg_npz_close(pg_npz *npz);
bool pg_npz_is_open(const pg_npz *npz);

/* The name of the i-th array (from 0), in the file's order: its length, and 0
   for a member that is no array. Not terminated, and of any bytes. */
size_t pg_npz_name(const char **name, const pg_npz *npz, size_t i);
size_t pg_npz_count(const pg_npz *npz); /* of members */

/* The CRC-32 of the i-th member's file, as the directory has it: what it is
   decoded to is held against that. PG_EFORMAT where the member's own header has
   another. */
pg_status pg_npz_checksum(uint32_t *sum, const pg_npz *npz, size_t i,
                          pg_error *err);

/* Whether there is an array of that name, n bytes long, and which; of several,
   the last is meant. */
bool pg_npz_find(size_t *i, const pg_npz *npz, const char *name, size_t n);

/* Decodes the i-th member, straight from the file into the array's memory.
   Messages name the file and the member. */
pg_status pg_npz_get(pg_array *out, pg_npz *npz, size_t i, pg_error *err);

/* The i-th member's dtype and shape, from its header: no more of it is
   unpacked, and its CRC-32 not held against anything. */
pg_status pg_npz_form(pg_npy_form *out, pg_npz *npz, size_t i, pg_error *err);

/* Whether an array may be written under that name, n bytes long: 1 to
   PG_NPZ_NAME bytes of UTF-8, as the archive says of its names, and no zeros.
   NumPy opens no archive with another. */
enum { PG_NPZ_NAME = 1024 };
bool pg_npz_may_name(const char *name, size_t n);

/* Writing: open, add each array, commit (whole or not at all) or discard. */
pg_status pg_npz_add(pg_zip_writer *w, const char *name, const pg_array *a,
                     bool compress, pg_error *err);

#endif
