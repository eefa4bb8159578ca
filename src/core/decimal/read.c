/* Decimal text to the nearest double. */

#include <float.h>
#include <math.h>
#include <string.h>

#include "decimal/decimal.h"
#include "decimal/powers.h"

__extension__ typedef unsigned __int128 wide;

enum {
    MANTISSA = 52, /* bits of a double behind the leading one */
    BIAS = 1023,
    LEAST_EXPONENT = -1074, /* of the last bit of a subnormal */
    INFINITE = 0x7ff,
    MOST_DIGITS = 19, /* that a uint64_t always holds */
};

const double pg_decimal_exact_powers[PG_DECIMAL_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* --- up to 19 digits ---------------------------------------------------------

   D. Lemire, "Number parsing at a gigabyte per second" (2021), after M. Eisel;
   that no case is left over: N. Mushtak and D. Lemire, "Fast number parsing
   without fallback" (2022). */

/* The high 128 bits of w * 10^q, as far as the mantissa needs them. */
static wide product_of(uint64_t w, int64_t q)
{
    const uint64_t *power = pg_decimal_powers[q - PG_POWER_LEAST];
    const uint64_t rest = UINT64_MAX >> (MANTISSA + 3);
    wide product = (wide)w * power[0];
    if (((uint64_t)(product >> 64) & rest) == rest)
        product += ((wide)w * power[1]) >> 64;
    return product;
}

double pg_decimal_nearest(uint64_t m, int64_t q)
{
    if (m == 0 || q < PG_POWER_LEAST)
        return 0;
    if (q > DBL_MAX_10_EXP)
        return INFINITY;
    int zeros = __builtin_clzll(m);
    wide product = product_of(m << zeros, q);
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    int upper = (int)(high >> 63);
    int shift = upper + 64 - MANTISSA - 3;
    uint64_t mantissa = high >> shift;
    /* 217706 / 2^16 is log2(10), as far as it matters. */
    int64_t exponent = ((217706 * q) >> 16) + 63 + upper - zeros + BIAS;
    if (exponent <= 0) {
        if (exponent <= -63)
            return 0;
        mantissa >>= 1 - exponent;
        mantissa += mantissa & 1;
        return from_bits(mantissa >> 1); /* the exponent is carried into */
    }
    /* Exactly between two doubles: to the even one. */
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 &&
        mantissa << shift == high)
        mantissa &= ~(uint64_t)1;
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >> (MANTISSA + 1)) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= INFINITE)
        return INFINITY;
    mantissa &= ((uint64_t)1 << MANTISSA) - 1;
    return from_bits((uint64_t)exponent << MANTISSA | mantissa);
}

/* --- more digits -------------------------------------------------------------

   The first 19 leave two neighbours; the one is nearer whose side of the middle
   between both the number is on. That is compared in integers. */

enum {
    /* A double, and a middle of two, has fewer digits: those behind can only
       say that the number is a little larger. */
    MOST_COMPARED = 772,
    LIMBS = 160, /* of 32 bits: 10^773 * 2^1100 and 5^1120 * 2^1100 fit */
};

typedef struct big {
    uint32_t limbs[LIMBS]; /* the least significant first */
    size_t n;
} big;

/* b = b * factor + more */
static void big_multiply(big *b, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limbs[i] * factor;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        pg_assert(b->n < LIMBS);
        b->limbs[b->n++] = (uint32_t)carry;
    }
}

static void big_multiply_by_power_of_5(big *b, uint64_t exponent)
{
    enum { FIVES = 13, POWER = 1220703125 }; /* 5^13 */
    for (; exponent >= FIVES; exponent -= FIVES)
        big_multiply(b, POWER, 0);
    for (; exponent > 0; exponent--)
        big_multiply(b, 5, 0);
}

static void big_shift(big *b, uint64_t bits)
{
    size_t limbs = (size_t)(bits / 32);
    big_multiply(b, (uint32_t)1 << bits % 32, 0);
    if (b->n == 0)
        return;
    pg_assert(b->n + limbs <= LIMBS);
    memmove(b->limbs + limbs, b->limbs, b->n * sizeof *b->limbs);
    memset(b->limbs, 0, limbs * sizeof *b->limbs);
    b->n += limbs;
}

static int big_compare(const big *a, const big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* The number that a text is, without its sign. */
typedef struct decimal {
    const char *digits; /* from the first that is not 0 on, with the point */
    const char *end;    /* behind them */
    size_t count;       /* of these digits */
    uint64_t first;     /* the first 19 of them, or all */
    int64_t exponent;   /* the number is about first * 10^exponent */
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* *b = the digits, of which b->n were compared, as an integer; returns the
   exponent of ten that goes with it. */
static int64_t big_from_decimal(big *b, const decimal *d)
{
    size_t used = 0;
    bool is_larger = false; /* than these digits say */
    b->n = 0;
    for (const char *at = d->digits; at < d->end; at++) {
        if (!is_digit(*at))
            continue;
        if (used == MOST_COMPARED) {
            is_larger = is_larger || *at != '0';
            continue;
        }
        big_multiply(b, 10, (uint32_t)(*at - '0'));
        used++;
    }
    int64_t exponent = d->exponent - (int64_t)(used - MOST_DIGITS);
    if (!is_larger)
        return exponent;
    big_multiply(b, 10, 1);
    return exponent - 1;
}

/* True if the number is above the middle of `below` and the double that
   follows, or there and `below` is odd. */
static bool is_rounded_up(const decimal *d, double below)
{
    big number, middle = {.n = 0};
    uint64_t bits, shift_number = 0, shift_middle = 0;
    memcpy(&bits, &below, sizeof bits);
    uint64_t mantissa = bits & (((uint64_t)1 << MANTISSA) - 1);
    int64_t exponent = (int64_t)(bits >> MANTISSA);
    if (exponent > 0)
        mantissa |= (uint64_t)1 << MANTISSA;
    exponent = LEAST_EXPONENT + (exponent > 0 ? exponent - 1 : 0);
    uint64_t half = 2 * mantissa + 1;
    big_multiply(&middle, 1, (uint32_t)(half >> 32));
    big_shift(&middle, 32);
    if (middle.n == 0 && (uint32_t)half)
        big_multiply(&middle, 1, (uint32_t)half);
    else
        middle.limbs[0] = (uint32_t)half;
    int64_t tens = big_from_decimal(&number, d);
    if (tens >= 0) {
        big_multiply_by_power_of_5(&number, (uint64_t)tens);
        shift_number += (uint64_t)tens;
    } else {
        big_multiply_by_power_of_5(&middle, (uint64_t)-tens);
        shift_middle += (uint64_t)-tens;
    }
    if (exponent - 1 >= 0)
        shift_middle += (uint64_t)(exponent - 1);
    else
        shift_number += (uint64_t)(1 - exponent);
    if (shift_number > shift_middle)
        big_shift(&number, shift_number - shift_middle);
    else
        big_shift(&middle, shift_middle - shift_number);
    int order = big_compare(&number, &middle);
    return order > 0 || (order == 0 && (mantissa & 1));
}

static double nearest(const decimal *d)
{
    double below = pg_decimal_nearest(d->first, d->exponent);
    if (d->count <= MOST_DIGITS)
        return below;
    double above = pg_decimal_nearest(d->first + 1, d->exponent);
    return below == above || is_rounded_up(d, below) ? above : below;
}

/* --- text ----------------------------------------------------------------- */

/* Reads [e [+-] digits]; false if something else follows. */
static bool read_exponent(int64_t *exponent, const char *at, const char *end)
{
    enum { MOST_EXPONENT = 18 }; /* digits: no text has as many zeros */
    bool is_negative = false;
    int64_t value = 0;
    *exponent = 0;
    if (at == end)
        return true;
    if (*at != 'e' && *at != 'E')
        return false;
    at++;
    if (at < end && (*at == '-' || *at == '+'))
        is_negative = *at++ == '-';
    if (at == end)
        return false;
    while (at < end && *at == '0' && at + 1 < end)
        at++;
    for (int digits = 0; at < end; at++) {
        if (!is_digit(*at))
            return false;
        if (++digits <= MOST_EXPONENT)
            value = 10 * value + (*at - '0');
    }
    *exponent = is_negative ? -value : value;
    return true;
}

/* Reads an unsigned number. */
static bool read_decimal(decimal *d, const char *at, const char *end,
                         char point)
{
    bool has_digits = false, is_behind = false;
    int64_t exponent;
    *d = (decimal){.digits = at};
    for (; at < end; at++) {
        if (*at == point && !is_behind) {
            is_behind = true;
            continue;
        }
        if (!is_digit(*at))
            break;
        has_digits = true;
        if (d->count == 0)
            d->digits = at;
        if (d->count == 0 && *at == '0') {
            d->exponent -= is_behind;
            continue;
        }
        if (d->count++ < MOST_DIGITS) {
            d->first = 10 * d->first + (uint64_t)(*at - '0');
            d->exponent -= is_behind;
        } else
            d->exponent += !is_behind;
    }
    d->end = at;
    if (!has_digits || !read_exponent(&exponent, at, end))
        return false;
    d->exponent += exponent;
    return true;
}

/* True if the text is the word, which is in lower case. */
static bool is_word(const char *text, size_t n, const char *word)
{
    if (n != strlen(word))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((text[i] | 0x20) != word[i])
            return false;
    return true;
}

bool pg_decimal_read(double *out, const char *text, size_t n, char point)
{
    decimal d;
    double x;
    bool is_signed = n > 0 && (*text == '-' || *text == '+');
    bool is_negative = is_signed && *text == '-';
    text += is_signed;
    n -= is_signed;
    if (read_decimal(&d, text, text + n, point))
        x = nearest(&d);
    else if (is_word(text, n, "inf") || is_word(text, n, "infinity"))
        x = INFINITY;
    else if (is_word(text, n, "nan"))
        x = NAN;
    else
        return false;
    *out = is_negative ? -x : x;
    return true;
}

bool pg_decimal_read_integer(int64_t *out, const char *text, size_t n)
{
    uint64_t value = 0;
    size_t i = n > 0 && (*text == '-' || *text == '+');
    bool is_negative = i > 0 && *text == '-';
    if (i == n)
        return false;
    for (; i < n; i++)
        if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    if (value > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
