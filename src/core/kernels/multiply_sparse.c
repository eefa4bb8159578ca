/* The product with inputs that are mostly zero, and its transpose; compiled
   once for each target and type, as kernels.c is.

   The row of a segment's major index is kept in registers for all of the
   segment's entries: an entry costs the load of its code and of its value, and
   a multiply-add for each register of the row. The number of registers is a
   constant in each of the loops below, or the compiler would keep the row in
   memory. */

#include "kernels/vector.h"

/* out[major] += value * in[minor], for each entry. */
INLINE void multiply(real *out, size_t out_leading, const vector *in,
                     const int vectors, const pg_tile *tile, const real *table,
                     const bool coded)
{
    const uint16_t *entry = tile->entries;
    const real *value = tile->values;
    for (size_t s = 0; s < tile->count; s++) {
        vector sum[MOST_VECTORS];
        vector *o = (vector *)(out + tile->segments[s].major * out_leading);
        const uint16_t *end = entry + tile->segments[s].count;
        for (int k = 0; k < vectors; k++)
            sum[k] = o[k];
        for (; entry < end; entry++) {
            const vector *w = in + (size_t)(*entry & 255) * (size_t)vectors;
            vector v = BROADCAST(coded ? table[*entry >> 8] : *value++);
            for (int k = 0; k < vectors; k++)
                sum[k] = VECTOR_MULADD(v, w[k], sum[k]);
        }
        for (int k = 0; k < vectors; k++)
            o[k] = sum[k];
    }
}

/* out[minor] += value * in[major], for each entry. */
INLINE void spread(vector *out, const real *in, size_t in_leading,
                   const int vectors, const pg_tile *tile, const real *table,
                   const bool coded)
{
    const uint16_t *entry = tile->entries;
    const real *value = tile->values;
    for (size_t s = 0; s < tile->count; s++) {
        vector row[MOST_VECTORS];
        const vector *from =
            (const vector *)(in + tile->segments[s].major * in_leading);
        const uint16_t *end = entry + tile->segments[s].count;
        for (int k = 0; k < vectors; k++)
            row[k] = from[k];
        for (; entry < end; entry++) {
            vector *o = out + (size_t)(*entry & 255) * (size_t)vectors;
            vector v = BROADCAST(coded ? table[*entry >> 8] : *value++);
            for (int k = 0; k < vectors; k++)
                o[k] = VECTOR_MULADD(v, row[k], o[k]);
        }
    }
}

/* A call in which `vectors` and `coded` are constants. */
#define CASE(n, call)                          \
    case n:                                    \
        if (n <= MOST_VECTORS && tile->values) \
            call(n, false);                    \
        else if (n <= MOST_VECTORS)            \
            call(n, true);                     \
        break;
#define CASES(call) \
    CASE(1, call)   \
    CASE(2, call)   \
    CASE(3, call)   \
    CASE(4, call)   \
    CASE(5, call)   \
    CASE(6, call)   \
    CASE(7, call)   \
    CASE(8, call)   \
    CASE(9, call)   \
    CASE(10, call)  \
    CASE(11, call)  \
    CASE(12, call)  \
    CASE(13, call)

#define MULTIPLY(n, coded) multiply(out, out_leading, in, n, tile, table, coded)
#define SPREAD(n, coded) spread(out, in, in_leading, n, tile, table, coded)

void MULTIPLY_SPARSE(void *out, size_t out_leading, const void *in,
                     size_t vectors, const pg_tile *tile, const void *table)
{
    pg_assert(vectors >= 1 && vectors <= MOST_VECTORS);
    pg_assert((uintptr_t)out % VECTOR == 0 && (uintptr_t)in % VECTOR == 0);
    pg_assert(out_leading % LANES == 0);
    switch (vectors) {
        CASES(MULTIPLY)
    }
}

void MULTIPLY_SPARSE_TRANSPOSED(void *out, const void *in, size_t in_leading,
                                size_t vectors, const pg_tile *tile,
                                const void *table)
{
    pg_assert(vectors >= 1 && vectors <= MOST_VECTORS);
    pg_assert((uintptr_t)out % VECTOR == 0 && (uintptr_t)in % VECTOR == 0);
    pg_assert(in_leading % LANES == 0);
    switch (vectors) {
        CASES(SPREAD)
    }
}
