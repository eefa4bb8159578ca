/*
 * decimal.h -- decimal text to the nearest double and back, in every locale.
 *
 * Reading rounds to nearest, ties to even, for any number of digits, as
 * Python's float() does. Writing gives the shortest digits that are read as the
 * same double, in the form of Python's repr().
 */
#ifndef PG_DECIMAL_H
#define PG_DECIMAL_H

#include "base/status.h"

/* The double nearest to m * 10^e; infinity beyond the largest. */
double pg_decimal_nearest(uint64_t m, int64_t e);

/* The integers below this limit are doubles, and so are the powers of ten up to
   PG_DECIMAL_EXACT_POWER: a product or quotient of both is rounded once. */
#define PG_DECIMAL_EXACT ((uint64_t)1 << 53)
enum { PG_DECIMAL_EXACT_POWER = 22 };
extern const double pg_decimal_exact_powers[PG_DECIMAL_EXACT_POWER + 1];

/* *out = the double nearest to a text of n bytes: [+-] digits [point digits]
   [e [+-] digits], with digits on one side of the point at least, or inf,
   infinity or nan in any case. False for any other text. */
bool pg_decimal_read(double *out, const char *text, size_t n, char point);

/* *out = the integer that a text of n bytes is: [+-] digits. False for any
   other text, and for an integer beyond int64. */
bool pg_decimal_read_integer(int64_t *out, const char *text, size_t n);

/* Writes a number, not terminated, and returns the number of its bytes, at most
   PG_DECIMAL_ROOM. A NaN is "nan", or "-nan" with a sign bit. */
enum { PG_DECIMAL_ROOM = 32 };
size_t pg_decimal_write(char *out, double x);
size_t pg_decimal_write_integer(char *out, int64_t i);

#endif
