/*
 * scalar.h -- single numbers, and their conversion to and from elements.
 */
#ifndef PG_SCALAR_H
#define PG_SCALAR_H

#include "array/array.h"

/* A number or boolean of the caller's language. As an operand it promotes
   weakly, as in NumPy's NEP 50: beside an array, an integer takes any numeric
   dtype, a float any floating one. */
typedef struct pg_scalar {
    char kind; /* 'b', 'i' or 'f' */
    union {
        bool b;
        int64_t i;
        double f;
    } as;
} pg_scalar;

/* Room for one element of any dtype. */
typedef union pg_element {
    int64_t i;
    double f;
} pg_element;

/* *element = the scalar as an element of dtype. PG_EDTYPE for a number that an
   integer dtype does not hold: one beyond its range, or with a fraction. */
pg_status pg_scalar_store(pg_element *element, pg_scalar scalar, pg_dtype dtype,
                          pg_error *err);

/* A rank 0 array that borrows *element: the scalar in the dtype that it takes
   beside an array of dtype `beside`. An integer beyond that dtype becomes int64
   if may_widen, as in comparisons, else PG_EDTYPE. */
pg_status pg_scalar_operand(pg_array *out, pg_element *element,
                            pg_scalar scalar, pg_dtype beside, bool may_widen,
                            pg_error *err);

/* The element of dtype at `from`. A uint64 of 2^63 or more, which the scalar
   has no integer for, becomes a rounded float. */
pg_scalar pg_scalar_load(const void *from, pg_dtype dtype);

/* The one element of an array of size 1. PG_ESHAPE for any other size. */
pg_status pg_array_item(pg_scalar *out, const pg_array *a, pg_error *err);

#endif
