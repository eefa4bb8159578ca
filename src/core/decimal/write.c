/* Doubles as the shortest decimal text. */

#include <math.h>
#include <string.h>

#include "decimal/decimal.h"
#include "decimal/powers.h"

__extension__ typedef unsigned __int128 wide;

enum { MANTISSA = 52, LEAST_EXPONENT = -1074 };

/* A number: digits * 10^exponent. */
typedef struct shortest {
    uint64_t digits;
    int exponent;
} shortest;

/* --- the digits --------------------------------------------------------------

   R. Giulietti, "The Schubfach way to render doubles" (2021). */

/* floor(e * log10(2)), floor(log10(3/4 * 2^e)), floor(e * log2(10)) */
static int log10_of_power_of_2(int e)
{
    return (int)(((int64_t)e * 315653) >> 20);
}

static int log10_of_three_quarters(int e)
{
    return (int)(((int64_t)e * 315653 - 131072) >> 20);
}

static int log2_of_power_of_10(int e)
{
    return (int)(((int64_t)e * 1741647) >> 19);
}

/* The high 64 bits of power * x, and a bit below that says if the rest is not
   0. */
static uint64_t round_to_odd(wide power, uint64_t x)
{
    wide low = (wide)(uint64_t)power * x;
    wide high = (wide)(uint64_t)(power >> 64) * x + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The 128 bits of 10^q, rounded up. */
static wide power_of_10(int q)
{
    const uint64_t *power = pg_decimal_powers[q - PG_POWER_LEAST];
    bool is_rounded_down = q < PG_POWER_ROUNDED || q > PG_POWER_EXACT;
    return ((wide)power[0] << 64 | power[1]) + is_rounded_down;
}

/* The shortest number that rounds to c * 2^q, the nearest to it of these. */
static shortest shorten(uint64_t c, int q, bool is_narrow_below)
{
    uint64_t is_odd = c & 1;
    int k =
        is_narrow_below ? log10_of_three_quarters(q) : log10_of_power_of_2(q);
    int h = q + log2_of_power_of_10(-k) + 1;
    wide power = power_of_10(-k);
    uint64_t middle = round_to_odd(power, 4 * c << h);
    uint64_t lower =
        round_to_odd(power, (4 * c - 2 + is_narrow_below) << h) + is_odd;
    uint64_t upper = round_to_odd(power, (4 * c + 2) << h) - is_odd;
    uint64_t s = middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool is_below = lower <= 40 * tens, is_above = 40 * tens + 40 <= upper;
        if (is_below != is_above)
            return (shortest){tens + is_above, k + 1};
    }
    bool is_below = lower <= 4 * s, is_above = 4 * s + 4 <= upper;
    if (is_below != is_above)
        return (shortest){s + is_above, k};
    uint64_t half = 4 * s + 2;
    bool is_up = middle > half || (middle == half && (s & 1));
    return (shortest){s + is_up, k};
}

static shortest digits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t mantissa = bits & (((uint64_t)1 << MANTISSA) - 1);
    int exponent = (int)(bits >> MANTISSA & 0x7ff);
    if (exponent == 0)
        return shorten(mantissa, LEAST_EXPONENT, false);
    return shorten(mantissa | (uint64_t)1 << MANTISSA,
                   exponent - 1 + LEAST_EXPONENT,
                   mantissa == 0 && exponent > 1);
}

/* --- the text ------------------------------------------------------------- */

/* Writes an integer that is not 0, or nothing for 0; returns its length. */
static size_t write_digits(char *out, uint64_t value)
{
    char text[20];
    size_t n = 0;
    for (; value > 0; value /= 10)
        text[n++] = (char)('0' + value % 10);
    for (size_t i = 0; i < n; i++)
        out[i] = text[n - 1 - i];
    return n;
}

size_t pg_decimal_write_integer(char *out, int64_t i)
{
    char *at = out;
    if (i < 0)
        *at++ = '-';
    if (i == 0)
        *at++ = '0';
    at += write_digits(at, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
    return (size_t)(at - out);
}

/* Writes n digits with a point `before` digits behind their begin, as repr()
   does: an exponent below 10^-4 and from 10^16 on. Returns the end. */
static char *write_number(char *at, const char *digits, int n, int before)
{
    enum { LEAST = -4, MOST = 16 };
    if (before <= LEAST || before > MOST) {
        *at++ = digits[0];
        if (n > 1) {
            *at++ = '.';
            memcpy(at, digits + 1, (size_t)n - 1);
            at += n - 1;
        }
        int exponent = before - 1;
        *at++ = 'e';
        *at++ = exponent < 0 ? '-' : '+';
        exponent = exponent < 0 ? -exponent : exponent;
        if (exponent < 10)
            *at++ = '0';
        return at + write_digits(at, (uint64_t)exponent);
    }
    if (before <= 0) {
        *at++ = '0';
        *at++ = '.';
        memset(at, '0', (size_t)-before);
        at += -before;
        memcpy(at, digits, (size_t)n);
        return at + n;
    }
    int whole = n < before ? n : before;
    memcpy(at, digits, (size_t)whole);
    at += whole;
    memset(at, '0', (size_t)(before - whole));
    at += before - whole;
    *at++ = '.';
    if (n > before) {
        memcpy(at, digits + before, (size_t)(n - before));
        return at + (n - before);
    }
    *at++ = '0';
    return at;
}

size_t pg_decimal_write(char *out, double x)
{
    char digits[20] = {0}, *at = out;
    if (signbit(x)) {
        *at++ = '-';
        x = -x;
    }
    if (isnan(x) || isinf(x)) {
        memcpy(at, isnan(x) ? "nan" : "inf", 3);
        return (size_t)(at + 3 - out);
    }
    if (x == 0) {
        memcpy(at, "0.0", 3);
        return (size_t)(at + 3 - out);
    }
    shortest s = digits_of(x);
    while (s.digits % 10 == 0) {
        s.digits /= 10;
        s.exponent++;
    }
    int n = (int)write_digits(digits, s.digits);
    return (size_t)(write_number(at, digits, n, n + s.exponent) - out);
}
