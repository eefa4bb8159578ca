/*
 * codes.h -- the distinct values of an array, where a byte can tell them apart.
 *
 * Code 0 is the value 0; the others follow, ascending, so that the codes depend
 * on the values alone.
 */
#ifndef PG_CODES_H
#define PG_CODES_H

#include "base/status.h"

enum { PG_CODES = 256, PG_CODE_SLOTS = 1024 };

typedef struct pg_codes {
    size_t count; /* codes; value[0] is 0 */
    double value[PG_CODES];
    uint8_t slots[PG_CODE_SLOTS]; /* a hash table of codes; 0: free */
} pg_codes;

/* The codes of 0 alone; and of each byte, which is its own code. */
void pg_codes_clear(pg_codes *codes);
void pg_codes_of_bytes(pg_codes *codes);

/* Adds n numbers' values, or another's. False: there are too many. */
bool pg_codes_add(pg_codes *codes, const double *numbers, size_t n);

/* Puts them in order, when all were added. */
void pg_codes_sort(pg_codes *codes);

/* out[i] = the code of numbers[i], each of which was added. */
void pg_codes_encode(const pg_codes *codes, uint8_t *out, const double *numbers,
                     size_t n);

#endif
