/* Random numbers and deflate for the mutators. */

#include "mutator.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"

static uint64_t state;

void mutator_seed(unsigned seed)
{
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* xorshift64* (Vigna 2016). */
size_t mutator_random(size_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n;
}

void mutator_put_number(uint8_t *data, size_t n)
{
    uint64_t value = 0;
    switch (mutator_random(5)) {
    case 0:
        value = mutator_random(300);
        break;
    case 1:
        value = UINT64_MAX - mutator_random(3);
        break;
    case 2:
        value = (UINT64_C(1) << mutator_random(64)) + mutator_random(5) - 2;
        break;
    case 3: /* near what was there */
        value = pg_bytes_get(data, n) + mutator_random(9) - 4;
        break;
    default: /* one bit of what was there */
        value = pg_bytes_get(data, n) ^ UINT64_C(1) << mutator_random(8 * n);
    }
    pg_bytes_put(data, value, n);
}

/* The streams are kept, because their memory takes longer than their work. */
size_t mutator_deflate(uint8_t *out, size_t room, const uint8_t *data, size_t n,
                       int window_bits)
{
    static z_stream raw, framed;
    z_stream *z = window_bits < 0 ? &raw : &framed;
    int level = (int)mutator_random(3);
    if (!z->state)
        deflateInit2(z, 1, Z_DEFLATED, window_bits, 5, Z_DEFAULT_STRATEGY);
    deflateReset(z);
    z->next_in = (z_const Bytef *)data;
    z->avail_in = (uInt)n;
    z->next_out = out;
    z->avail_out = (uInt)room;
    deflateParams(z, level, level ? Z_DEFAULT_STRATEGY : Z_FIXED);
    return deflate(z, Z_FINISH) == Z_STREAM_END ? room - z->avail_out : 0;
}

size_t mutator_inflate(uint8_t *out, size_t room, const uint8_t *data, size_t n,
                       int window_bits)
{
    static z_stream raw, framed;
    z_stream *z = window_bits < 0 ? &raw : &framed;
    if (!z->state)
        inflateInit2(z, window_bits);
    inflateReset(z);
    z->next_in = (z_const Bytef *)data;
    z->avail_in = (uInt)n;
    z->next_out = out;
    z->avail_out = (uInt)room;
    return inflate(z, Z_FINISH) == Z_STREAM_END ? room - z->avail_out : 0;
}
