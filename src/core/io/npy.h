/*
 * npy.h -- one array in a file, in NumPy's NPY format.
 *
 * The format (NumPy Enhancement Proposal 1, numpy/lib/format.py):
 *
 *   magic       6 bytes, "\x93NUMPY"
 *   version     2 bytes, major (1, 2 or 3) and minor
 *   length      of the dictionary: 2 bytes (version 1) or 4, little-endian
 *   dictionary  the text of a Python dictionary; spaces and a newline end it,
 *               so that the elements are aligned to 64 bytes
 *   elements    without gaps, up to the end
 *
 * The dictionary has exactly three keys:
 *
 *   'descr'          the dtype: byte order (< little, > big, | or = none), kind
 *                    (b bool, i signed, u unsigned, f float), bytes: '<f8'
 *   'fortran_order'  True: column-major order; False: row-major
 *   'shape'          a tuple of lengths: (), (3,), (60000, 784)
 *
 * The reader takes the dtypes of dtype.h and float16 (as float32), both byte
 * orders, both memory orders, ranks 0 to PG_MAXDIM, and dictionaries that are
 * not padded. Others (objects, text, structures) are refused by name. The
 * writer makes version 1.0, row-major, little-endian, as numpy.save does.
 */
#ifndef PG_NPY_H
#define PG_NPY_H

#include "array/array.h"

/* The part of a file before the elements. */
typedef struct pg_npy_header {
    pg_dtype dtype; /* of the array: float32 for float16 */
    int ndim;
    size_t shape[PG_MAXDIM];
    bool is_half;       /* the elements are float16 */
    bool is_swapped;    /* the elements have the other byte order */
    bool fortran_order; /* the elements are in column-major order */
    uint64_t bytes;     /* of magic, version, length and dictionary */
} pg_npy_header;

/* A stream of bytes to read: read gives exactly n of them or fails. */
typedef struct pg_source {
    pg_status (*read)(void *context, void *out, size_t n, pg_error *err);
    void *context;
    uint64_t length;  /* of header and elements together */
    const char *name; /* for messages: the file, or file and member */
} pg_source;

/* Reads the header alone, and checks that the source's length agrees with it.
   PG_EFORMAT says what was expected and found. */
pg_status pg_npy_read_header(pg_npy_header *out, pg_source *source,
                             pg_error *err);

/* Reads the array. Errors as above; memory for the elements is allocated after
   the header is checked. */
pg_status pg_npy_read(pg_array *out, pg_source *source, pg_error *err);

/* A stream of bytes to write. */
typedef struct pg_sink {
    pg_status (*write)(void *context, const void *data, size_t n,
                       pg_error *err);
    void *context;
} pg_sink;

/* The number of bytes that pg_npy_write writes. */
uint64_t pg_npy_length(const pg_array *a);

/* Writes header and elements. */
pg_status pg_npy_write(pg_sink *sink, const pg_array *a, pg_error *err);

/* Reads and writes a file of one array. It is written whole or not at all. */
pg_status pg_npy_load(pg_array *out, const char *path, pg_error *err);
pg_status pg_npy_save(const char *path, const pg_array *a, pg_error *err);

/* *is_npy = the file begins as NPY files do. PG_EIO if it cannot be read. */
pg_status pg_npy_test(bool *is_npy, const char *path, pg_error *err);

#endif
