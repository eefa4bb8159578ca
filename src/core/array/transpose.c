#include "array/transpose.h"

#include "base/interrupt.h"
#include "base/parallel.h"

/* Elements on the side of a tile: what is read and written of it stays in level
   1 cache. LARGE is what is worth a second thread. */
enum { TILE = 16, LARGE = 32768 };

typedef struct transposition {
    char *out;
    const char *in;
    size_t rows, cols;   /* of out */
    size_t stride, size; /* bytes: from one of in's columns to the next; of an
                            element */
} transposition;

#define TILE_LOOP(T)                                                        \
    static void tile_##T(const transposition *t, size_t row, size_t column) \
    {                                                                       \
        size_t rows = pg_size_min(TILE, t->rows - row);                     \
        size_t cols = pg_size_min(TILE, t->cols - column);                  \
        const size_t stride = t->stride, length = t->cols;                  \
        T *restrict out = (T *)t->out + row * length + column;              \
        const char *in = t->in + column * stride + row * sizeof(T);         \
        for (size_t i = 0; i < rows; i++)                                   \
            for (size_t j = 0; j < cols; j++)                               \
                out[i * length + j] =                                       \
                    *(const T *)(in + j * stride + i * sizeof(T));          \
    }
TILE_LOOP(pg_bits8)
TILE_LOOP(pg_bits16)
TILE_LOOP(pg_bits32)
TILE_LOOP(pg_bits64)

/* A stripe of TILE rows. */
static void copy_stripe(void *context, size_t stripe)
{
    const transposition *t = context;
    void (*tile)(const transposition *, size_t, size_t) =
        t->size == 1   ? tile_pg_bits8
        : t->size == 2 ? tile_pg_bits16
        : t->size == 4 ? tile_pg_bits32
                       : tile_pg_bits64;
    PG_EACH_WIDE (TILE *TILE, i, pg_size_divide_up(t->cols, TILE))
        tile(t, stripe * TILE, i * TILE);
}

bool pg_transpose_copy(const pg_array *out, const pg_array *in)
{
    size_t size = pg_dtype_size(in->dtype);
    if (out->dtype != in->dtype || in->ndim != 2 || in->shape[0] < 2 ||
        in->shape[1] < 2 || in->strides[0] != (ptrdiff_t)size ||
        in->strides[1] < (ptrdiff_t)(size * in->shape[0]) ||
        !pg_array_is_contiguous(out))
        return false;
    transposition t = {
        out->data, in->data, in->shape[0], in->shape[1], (size_t)in->strides[1],
        size};
    pg_parallel_for(pg_size_divide_up(t.rows, TILE), t.rows * t.cols > LARGE,
                    copy_stripe, &t);
    return true;
}
