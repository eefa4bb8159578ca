/*
 * npy.h -- one array in a file, in NumPy's NPY format.
 *
 * The format (NumPy Enhancement Proposal 1, numpy/lib/format.py):
 *
 *   "\x93NUMPY", major, minor version (a byte each)
 *   the header's length: 2 bytes (version 1) or 4 (versions 2 and 3),
 *   little-endian
 *   the header: a Python dictionary with the keys 'descr' (the dtype, as in
 *   '<f8'), 'fortran_order' (True or False) and 'shape' (a tuple), padded with
 *   spaces and ended by a newline
 *   the elements, in row-major (C) or column-major (Fortran) order
 *
 * Read are the dtypes of dtype.h and float16 (as float32), either byte order,
 * either memory order, rank 0 to 8. Anything else (objects, text, structures)
 * is refused by name. Written is version 1.0, row-major, little-endian, the
 * elements aligned to 64 bytes, as numpy.save does.
 */
#ifndef PG_NPY_H
#define PG_NPY_H

#include "array/array.h"

/* Where bytes come from: exactly n of them, or a failure. */
typedef struct pg_source {
    pg_status (*read)(void *context, void *out, size_t n, pg_error *err);
    void *context;
    uint64_t length;  /* of header and elements together */
    const char *name; /* for messages: the file, or file and member */
} pg_source;

/* What an array is, without its elements. */
typedef struct pg_npy_form {
    pg_dtype dtype;
    int ndim;
    size_t shape[PG_MAXDIM];
} pg_npy_form;

/* Only the header is read, and nothing behind it asked for. */
pg_status pg_npy_read_form(pg_npy_form *out, pg_source *source, pg_error *err);

/* The array, new. PG_EFORMAT says what was expected and found; memory is only
   asked for when the length agrees with the header. */
pg_status pg_npy_read(pg_array *out, pg_source *source, pg_error *err);

/* Where bytes go. */
typedef struct pg_sink {
    pg_status (*write)(void *context, const void *data, size_t n,
                       pg_error *err);
    void *context;
} pg_sink;

/* How many bytes pg_npy_write will write. */
uint64_t pg_npy_length(const pg_array *a);
pg_status pg_npy_write(pg_sink *sink, const pg_array *a, pg_error *err);

/* The same from and to a file of its own; the latter whole or not at all. */
pg_status pg_npy_load(pg_array *out, const char *path, pg_error *err);
pg_status pg_npy_save(const char *path, const pg_array *a, pg_error *err);

/* Whether the file begins as an NPY file does. PG_EIO where it cannot be
   read. */
pg_status pg_npy_test(bool *is_npy, const char *path, pg_error *err);

#endif
