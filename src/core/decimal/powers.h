/*
 * powers.h -- powers of ten, of which 128 bits are kept.
 */
#ifndef PG_POWERS_H
#define PG_POWERS_H

#include <stdint.h>

enum {
    PG_POWER_LEAST =
        -342, /* below, 2^64 - 1 times the power is 0 as a double */
    PG_POWER_MOST = 324,
    PG_POWER_EXACT = 55,   /* from 0 up to here, 128 bits are all of them */
    PG_POWER_ROUNDED = -27 /* from here up to -1, they are rounded up */
};

/* The 128 most significant bits of 10^q, high half first, at index q -
   PG_POWER_LEAST: rounded up where it says so above, else down. */
extern const uint64_t pg_decimal_powers[PG_POWER_MOST - PG_POWER_LEAST + 1][2];

#endif
