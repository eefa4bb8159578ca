/*
 * array.h -- arrays: a view of counted storage, with a dtype, a shape and
 * strides.
 *
 * A pg_array is a plain struct that its owner holds by value; the elements
 * live in a pg_storage shared by all views of them, which goes with the last
 * of them. Rank 0 (one element) to PG_MAXDIM. Strides are in bytes and may be
 * negative or 0. A zeroed struct is the empty array: no storage, releasing it
 * does nothing.
 */
#ifndef PG_ARRAY_H
#define PG_ARRAY_H

#include "array/dtype.h"

enum { PG_MAXDIM = 8 };

typedef struct pg_storage pg_storage;

typedef struct pg_array {
    pg_storage *storage; /* NULL: empty, or data that is borrowed */
    void *data;          /* the element at the first position of each axis */
    pg_dtype dtype;
    int ndim;
    size_t shape[PG_MAXDIM];
    ptrdiff_t strides[PG_MAXDIM]; /* bytes */
} pg_array;

/* PG_ESHAPE unless an array may have this rank. */
pg_status pg_rank_check(int ndim, pg_error *err);

/* PG_EARG unless a has this axis (from 0). */
pg_status pg_axis_check(const pg_array *a, int axis, pg_error *err);

/* A new C-contiguous array, elements not initialised (_zeros: all bytes 0).
   PG_ENOMEM when the sizes' product cannot be had, PG_ESHAPE for a rank that is
   too high. */
pg_status pg_array_new(pg_array *out, pg_dtype dtype, int ndim,
                       const size_t *shape, pg_error *err);
pg_status pg_array_zeros(pg_array *out, pg_dtype dtype, int ndim,
                         const size_t *shape, pg_error *err);

/* Ends the filling of a new array: PG_EINTERRUPT where that was given up, else
   the status that there is; whatever failed, the array is released. */
pg_status pg_array_end(pg_array *out, pg_status status, pg_error *err);

/* An array over memory that the caller keeps alive: C-contiguous, no storage,
   nothing to release. The rank is checked by the caller. */
void pg_array_borrow(pg_array *out, void *data, pg_dtype dtype, int ndim,
                     const size_t *shape);

/* Ends this handle; the storage goes with its last view. */
void pg_array_release(pg_array *a);

size_t pg_array_size(const pg_array *a);        /* number of elements */
size_t pg_array_bytes(const pg_array *a);       /* size * bytes of an element */
bool pg_array_is_contiguous(const pg_array *a); /* in C order, without gaps */
bool pg_array_same_shape(const pg_array *a, const pg_array *b);
bool pg_array_same_view(const pg_array *a, const pg_array *b);

/* Whether writing to one may change the other: they share storage. */
bool pg_array_may_overlap(const pg_array *a, const pg_array *b);

/* The same, closer: their bytes between the first and the last overlap. */
bool pg_arrays_share(const pg_array *a, const pg_array *b);

/* Views: *out shares a's storage. */
void pg_array_view(pg_array *out, const pg_array *a);
/* Axes in reverse order. */
void pg_array_transpose_view(pg_array *out, const pg_array *a);
/* Rows first .. first + count - 1 (from 0); rank at least 1, range checked by
   the caller. */
void pg_array_rows_view(pg_array *out, const pg_array *a, size_t first,
                        size_t count);
/* a stretched to shape: axes of length 1, and missing ones in front, get
   stride 0. PG_ESHAPE when it does not stretch, or to a rank that is too high.
   */
pg_status pg_array_broadcast_view(pg_array *out, const pg_array *a, int ndim,
                                  const size_t *shape, pg_error *err);

/* The same elements in row-major order under another shape; one length may be
   PG_INFER. A view where strides allow it, else a copy (the caller cannot
   tell, as in NumPy). */
#define PG_INFER SIZE_MAX
pg_status pg_array_reshape(pg_array *out, const pg_array *a, int ndim,
                           const size_t *shape, pg_error *err);

/* The shape to which a and b broadcast. PG_ESHAPE names both. */
pg_status pg_broadcast_shape(int *ndim, size_t *shape, const pg_array *a,
                             const pg_array *b, pg_error *err);

/* A new C-contiguous array with a's elements, in a's or another dtype, cast as
   C casts (floats to integers toward zero, integers wrapping). */
pg_status pg_array_copy(pg_array *out, const pg_array *a, pg_error *err);
pg_status pg_array_astype(pg_array *out, const pg_array *a, pg_dtype dtype,
                          pg_error *err);

/* a's elements as files have them, C-contiguous and little-endian: a view of a
   where they are so in memory, else a copy. */
pg_status pg_array_little_endian(pg_array *out, const pg_array *a,
                                 pg_error *err);

/* a[...] = b: broadcasts and casts b into a. Right where they overlap, too. */
pg_status pg_array_assign(const pg_array *a, const pg_array *b, pg_error *err);

/* "(60000, 784)" into a buffer of PG_SHAPE_TEXT bytes; returns it. Lengths that
   do not fit are left out. */
enum { PG_SHAPE_TEXT = 200 };
const char *pg_shape_text(char *text, const pg_array *a);
const char *pg_shape_text_of(char *text, int ndim, const size_t *shape);

#endif
