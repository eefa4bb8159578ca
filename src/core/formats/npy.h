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

#include <stdio.h>

#include "formats/npy_dictionary.h"

/* A stream of bytes to read: read gives exactly n of them or fails, skip leaves
   out n of them, which must be there. */
typedef struct pg_source {
    pg_status (*read)(void *context, void *out, size_t n, pg_error *err);
    pg_status (*skip)(void *context, uint64_t n, pg_error *err);
    void *context;
    uint64_t length;  /* of header and elements together */
    const char *name; /* for messages: the file, or file and member */
} pg_source;

/* Reads the header alone, and checks that the source's length agrees with it.
   PG_EFORMAT says what was expected and found. */
pg_status pg_npy_read_header(pg_npy_header *out, pg_source *source,
                             pg_error *err);

/* Bytes of an element in the file. */
size_t pg_npy_element_bytes(const pg_npy_header *h);

/* --- elements ------------------------------------------------------------- */

/* Rows from one position to another: from 1, both ends, negative from the
   end. */
typedef struct pg_rows_range {
    int64_t first, last;
} pg_rows_range;

/* Options of loading. */
typedef struct pg_load_options {
    uint64_t max_bytes; /* that an array may take in memory */
    bool map;   /* elements stay in the file, where memory has them so, too */
    bool check; /* members that are mapped, or of which rows are loaded, are
                   read whole, for their CRC-32 */
} pg_load_options;
#define PG_LOAD_DEFAULT ((pg_load_options){.max_bytes = UINT64_MAX})

/* Makes h the header of these rows alone, unless they are NULL; *first is the
   index of the first. PG_EINDEX, and PG_ESHAPE for rank 0. */
pg_status pg_npy_find_rows(size_t *first, pg_npy_header *h,
                           const pg_rows_range *rows, const char *name,
                           pg_error *err);

/* *bytes = those that the array takes in memory. PG_EARG for more than
   `most`. */
pg_status pg_npy_check_bytes(size_t *bytes, const pg_npy_header *h,
                             uint64_t most, const char *name, pg_error *err);

/* An array for the header's elements, in the file's order of axes: reversed for
   column-major order. Errors as above; PG_ENOMEM. */
pg_status pg_npy_new(pg_array *out, const pg_npy_header *h, uint64_t most,
                     const char *name, pg_error *err);

/* The place for the *n bytes that the file has of such an array. */
void *pg_npy_file_bytes(size_t *n, const pg_array *a, const pg_npy_header *h);

/* Finishes such an array after these bytes were read: converts the elements and
   puts the axes in order. Returns status, or PG_EINTERRUPT; releases the array
   unless that is PG_OK. */
pg_status pg_npy_end(pg_array *out, const pg_npy_header *h, pg_status status,
                     pg_error *err);

/* Reads the elements behind a header, or these rows of them. All sizes are
   checked before memory is allocated. */
pg_status pg_npy_read_elements(pg_array *out, const pg_npy_header *header,
                               const pg_rows_range *rows, uint64_t most,
                               pg_source *source, pg_error *err);

/* True if the elements, from offset `at` of a file on, can be mapped: in memory
   they have the same bytes, and a bool is 0 or 1 (which must be checked), so
   that bool, float16, other byte orders and addresses that are not aligned are
   read instead. */
bool pg_npy_may_map(const pg_npy_header *h, uint64_t at);

/* Maps the elements, from offset `at` of a file on, or these rows of them. */
pg_status pg_npy_map(pg_array *out, const pg_npy_header *h,
                     const pg_rows_range *rows, FILE *file, uint64_t at,
                     const char *name, pg_error *err);

/* Loads a file of one array, or these rows of it. */
pg_status pg_npy_load(pg_array *out, const char *path,
                      const pg_rows_range *rows, const pg_load_options *options,
                      pg_error *err);

/* --- writing -------------------------------------------------------------- */

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

/* Writes a file of one array, whole or not at all. */
pg_status pg_npy_save(const char *path, const pg_array *a, pg_error *err);

/* True if a file that begins with these bytes is in NPY format. */
enum { PG_NPY_MAGIC = 6 };
bool pg_npy_is_magic(const char first[PG_NPY_MAGIC]);

/* *is_npy = the file begins as NPY files do. PG_EIO if it cannot be read. */
pg_status pg_npy_test(bool *is_npy, const char *path, pg_error *err);

#endif
