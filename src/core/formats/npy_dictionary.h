/*
 * npy_dictionary.h -- the text in an NPY header: dtype, order and shape.
 *
 * NumPy reads the text as a Python literal, and takes what numpy.dtype makes of
 * the string at 'descr'. So does this parser, as far as programs write such
 * texts: any order of the keys, spaces, newlines, comments, quotes of both
 * kinds, u'' and r'', commas behind the last value, Python 2's long integers
 * (3L). Where a key comes twice, the last counts, as in Python.
 *
 * A dtype is an optional byte order (< little, > big, | or = this machine's)
 * and a letter ("d"), or a kind and a number of bytes ("f8"); or a name of
 * NumPy's without a byte order ("float64", "intc").
 */
#ifndef PG_NPY_DICTIONARY_H
#define PG_NPY_DICTIONARY_H

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

/* Parses a text of `length` bytes with a zero behind them, and sets dtype,
   is_half, is_swapped, fortran_order, ndim and shape. PG_EFORMAT for another
   text, and for a dtype that is not read; messages begin with name. */
pg_status pg_npy_parse_dictionary(pg_npy_header *h, const char *text,
                                  size_t length, const char *name,
                                  pg_error *err);

#endif
