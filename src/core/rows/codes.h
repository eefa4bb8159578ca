/*
 * codes.h -- a code of one byte for each distinct value of an array.
 *
 * Code 0 is the value 0. The others follow in ascending order, so that the
 * codes depend on the values alone.
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

/* Begins a table that has the value 0 alone. */
void pg_codes_clear(pg_codes *codes);

/* Makes the table in which each byte is its own code. */
void pg_codes_of_bytes(pg_codes *codes);

/* Adds the values of n numbers; false if there are more than PG_CODES. */
bool pg_codes_add(pg_codes *codes, const double *numbers, size_t n);

/* Puts the codes in ascending order, after all values were added. */
void pg_codes_sort(pg_codes *codes);

/* out[i] = the code of numbers[i]; 0 if its value was not added. */
void pg_codes_encode(const pg_codes *codes, uint8_t *out, const double *numbers,
                     size_t n);

#endif
