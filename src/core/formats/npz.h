/*
 * npz.h -- named arrays in one file, in NumPy's NPZ format.
 *
 * The format (numpy.savez and savez_compressed) is a ZIP archive (zip.h): array
 * x is the member "x.npy", a file in NPY format (npy.h), stored or deflated. A
 * name that is written is 1 to PG_NPZ_NAME bytes of UTF-8 without zeros, as
 * NumPy opens no archive with another.
 *
 * A member without the suffix is an array, too, if it begins as an NPY file. If
 * it does not, but is damaged, or cannot be read at all, it may have been one:
 * it is listed, and fails when it is read. Where x and x.npy are arrays both,
 * x.npy is called by its whole name.
 */
#ifndef PG_NPZ_H
#define PG_NPZ_H

#include "formats/npy.h"
#include "io/zip.h"

#define PG_NPZ_SUFFIX ".npy"

/* The rows of a member that are got. */
typedef struct pg_npz_rows {
    bool is_given; /* false: all */
    pg_rows_range range;
} pg_npz_rows;

/* An archive that is open for reading. */
typedef struct pg_npz {
    pg_zip zip;
    pg_load_options options;
    pg_npz_rows *rows;    /* of each member; NULL: all of all members */
    unsigned char *kinds; /* of the members; NULL before pg_npz_check_names */
} pg_npz;

/* Opens an archive: reads its directory alone. max_bytes is that of each array
   that is got. */
pg_status pg_npz_open(pg_npz *npz, const char *path,
                      const pg_load_options *options, pg_error *err);
void pg_npz_close(pg_npz *npz);
bool pg_npz_is_open(const pg_npz *npz);

/* The number of members. The functions below take a member's index, from 0, in
   the directory's order. */
size_t pg_npz_count(const pg_npz *npz);

/* Reads local headers, and members without the suffix as far as it takes to
   tell if they are arrays; once. Needed before names are listed, or one is said
   to be missing. PG_EFORMAT if a name in the directory is damaged. */
pg_status pg_npz_check_names(pg_npz *npz, pg_error *err);

/* *name = the i-th array's name, not zero-terminated, and *n its length; false
   for a member that is no array. After pg_npz_check_names. */
bool pg_npz_name(const char **name, size_t *n, const pg_npz *npz, size_t i);

bool pg_npz_has_suffix(const pg_zip_member *m);

/* *i = the index of the array called name, n bytes long. False if there is
   none, or, before pg_npz_check_names, if it takes that to tell. */
bool pg_npz_find(size_t *i, const pg_npz *npz, const char *name, size_t n);

/* Has the i-th array got as these rows of it. PG_ENOMEM. */
pg_status pg_npz_set_rows(pg_npz *npz, size_t i, pg_rows_range rows,
                          pg_error *err);

/* *sum = the CRC-32 of the i-th member's NPY file, as the directory has it;
   pg_npz_get checks it; another number for each choice of rows. PG_EFORMAT if
   the member's local header differs from the directory. */
pg_status pg_npz_checksum(uint32_t *sum, const pg_npz *npz, size_t i,
                          pg_error *err);

/* Reads the i-th array, or its rows, from the file straight into its memory.
   Messages name the file and the member. The CRC-32 is checked, of rows only
   with the option check. */
pg_status pg_npz_get(pg_array *out, const pg_npz *npz, size_t i, pg_error *err);

/* Reads arrays that are empty, each as pg_npz_get does, on several threads; the
   others count for max_bytes, which is that of all together. All sizes are
   checked before memory is allocated. A failure leaves them empty. */
pg_status pg_npz_load(pg_array *const *out, const pg_npz *npz,
                      const size_t *members, size_t count, pg_error *err);

/* Reads the header of the i-th array, or of its rows, alone, and so cannot
 * check the CRC-32. */
pg_status pg_npz_header(pg_npy_header *out, const pg_npz *npz, size_t i,
                        pg_error *err);

/* True if an array may be written under that name: n bytes and a zero. */
enum { PG_NPZ_NAME = 1024 };
bool pg_npz_may_name(const char *name, size_t n);

/* Opens the writer of an archive at path, to which arrays of those names,
   sorted by their bytes, are added next. With `append`, the members of an
   archive that is there are kept, but for arrays of those names. PG_EFORMAT for
   a file that is no archive, PG_EARG for the names x and x.npy, which NumPy
   confuses. */
pg_status pg_npz_writer_open(pg_zip_writer *w, const char *path, bool append,
                             const char *const *names, size_t count,
                             pg_error *err);

/* Appends an array to an archive that a pg_zip_writer writes. PG_EARG for a
   name that may not be written. */
pg_status pg_npz_add(pg_zip_writer *w, const char *name, const pg_array *a,
                     bool compress, pg_error *err);

#endif
