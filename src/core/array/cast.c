/* Casts between any two dtypes, and copies of transposed matrices in bands. */

#include "array/cast.h"

#include <string.h>

#include "array/iterate.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "base/parallel.h"

/* Gives what x86 gives for a float beyond the integers; C leaves it open. */
static inline int64_t integer_from_float(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static inline uint64_t unsigned_from_float(double x)
{
    if (x >= 0x1p63 && x < 0x1p64)
        return (uint64_t)x;
    return (uint64_t)integer_from_float(x);
}

/* The conditions are constant, so the compiler keeps one branch. */
#define CONVERT(to_t, to_kind, from_kind, x)      \
    ((to_kind) == 'i' && (from_kind) == 'f'       \
         ? (to_t)integer_from_float((double)(x))  \
     : (to_kind) == 'u' && (from_kind) == 'f'     \
         ? (to_t)unsigned_from_float((double)(x)) \
         : (to_t)(x))

/* The case of one source type within cast_to_...: dense arrays, the most
   frequent, get a loop that the compiler vectorizes. */
#define CASE(FROM, from_t, name, from_kind)                      \
    case PG_##FROM:                                              \
        if (so == sizeof(to_t) && si == sizeof(from_t)) {        \
            to_t *restrict o = (to_t *)out;                      \
            const from_t *restrict p = (const from_t *)in;       \
            for (size_t i = 0; i < n; i++)                       \
                o[i] = CONVERT(to_t, to_kind, from_kind, p[i]);  \
            break;                                               \
        }                                                        \
        for (size_t i = 0; i < n; i++, out += so, in += si) {    \
            from_t x = *(const from_t *)in;                      \
            *(to_t *)out = CONVERT(to_t, to_kind, from_kind, x); \
        }                                                        \
        break;

#define CAST_TO(TO, ctype, name, kind)                               \
    static void cast_to_##TO(char *out, ptrdiff_t so, pg_dtype from, \
                             const char *in, ptrdiff_t si, size_t n) \
    {                                                                \
        typedef ctype to_t;                                          \
        enum { to_kind = kind };                                     \
        switch (from) {                                              \
            PG_DTYPES_INNER(CASE)                                    \
        case PG_DTYPE_COUNT:                                         \
            break;                                                   \
        }                                                            \
    }

PG_DTYPES_NESTED(CAST_TO)

typedef void (*cast_to)(char *, ptrdiff_t, pg_dtype, const char *, ptrdiff_t,
                        size_t);

static const cast_to casts[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind) cast_to_##NAME,
    PG_DTYPES(X)
#undef X
};

void pg_cast(pg_dtype to, char *out, ptrdiff_t out_stride, pg_dtype from,
             const char *in, ptrdiff_t in_stride, size_t n)
{
    pg_assert(to < PG_DTYPE_COUNT && from < PG_DTYPE_COUNT);
    if (to == from && out_stride == in_stride &&
        out_stride == (ptrdiff_t)pg_dtype_size(to))
        memmove(out, in, n * pg_dtype_size(to));
    else
        casts[to](out, out_stride, from, in, in_stride, n);
}

/* --- transposed matrices -------------------------------------------------- */

/* Threads share the copy of MIN_SHARED elements and more. */
enum { MIN_SHARED = 1 << 15 };

typedef struct transposition {
    char *out;
    const char *in;
    size_t rows, cols; /* of out */
    size_t stride;     /* bytes from one of in's columns to the next */
    size_t size;       /* bytes of an element */
} transposition;

/* Blocks that registers of 16 bytes hold: `out` has rows `length` elements
   apart, `in` columns `stride` bytes apart. A block has 4 of them, and 2 rows
   of 8 bytes or 4 of fewer. */

typedef pg_bits64 two_elements __attribute__((vector_size(16), aligned(8)));
typedef pg_bits32 four_elements __attribute__((vector_size(16), aligned(4)));

static inline void block_pg_bits64(pg_bits64 *out, size_t length,
                                   const char *in, size_t stride)
{
    two_elements a = *(const two_elements *)in;
    two_elements b = *(const two_elements *)(in + stride);
    two_elements c = *(const two_elements *)(in + 2 * stride);
    two_elements d = *(const two_elements *)(in + 3 * stride);
    for (size_t i = 0; i < 2; i++) {
        two_elements *row = (two_elements *)(out + i * length);
        row[0] = (two_elements){a[i], b[i]};
        row[1] = (two_elements){c[i], d[i]};
    }
}

static inline void block_pg_bits32(pg_bits32 *out, size_t length,
                                   const char *in, size_t stride)
{
    four_elements a = *(const four_elements *)in;
    four_elements b = *(const four_elements *)(in + stride);
    four_elements c = *(const four_elements *)(in + 2 * stride);
    four_elements d = *(const four_elements *)(in + 3 * stride);
    for (size_t i = 0; i < 4; i++)
        *(four_elements *)(out + i * length) =
            (four_elements){a[i], b[i], c[i], d[i]};
}

/* Smaller elements one by one, which the compiler unrolls. */
#define SMALL_BLOCK(T)                                                  \
    static inline void block_##T(T *out, size_t length, const char *in, \
                                 size_t stride)                         \
    {                                                                   \
        for (size_t i = 0; i < 4; i++)                                  \
            for (size_t j = 0; j < 4; j++)                              \
                out[i * length + j] =                                   \
                    *(const T *)(in + j * stride + i * sizeof(T));      \
    }
SMALL_BLOCK(pg_bits8)
SMALL_BLOCK(pg_bits16)

/* A band of ROWS of out's rows, which are as wide as a cache line of in at
   most, so that each line is read once. It goes along the rows in blocks of
   HEIGHT rows, so that they are written one element behind the other. What is
   left at the ends is copied one by one. */
#define BAND_LOOP(T, HEIGHT, ROWS)                                          \
    static void band_##T(const transposition *t, size_t row)                \
    {                                                                       \
        const size_t rows = pg_size_min(ROWS, t->rows - row);               \
        const size_t stride = t->stride, length = t->cols;                  \
        const size_t high = rows - rows % (HEIGHT), wide = length / 4;      \
        T *out = (T *)t->out + row * length;                                \
        const char *in = t->in + row * sizeof(T);                           \
        if (rows == (ROWS)) /* a constant: unrolled */                      \
            PG_EACH_WIDE ((ROWS)*4, j, wide)                                \
                for (size_t i = 0; i < (ROWS); i += (HEIGHT))               \
                    block_##T(out + i * length + j * 4, length,             \
                              in + j * 4 * stride + i * sizeof(T), stride); \
        else                                                                \
            PG_EACH_WIDE (high * 4, j, wide)                                \
                for (size_t i = 0; i < high; i += (HEIGHT))                 \
                    block_##T(out + i * length + j * 4, length,             \
                              in + j * 4 * stride + i * sizeof(T), stride); \
        for (size_t i = 0; i < rows; i++)                                   \
            for (size_t j = i < high ? wide * 4 : 0; j < length; j++)       \
                out[i * length + j] =                                       \
                    *(const T *)(in + j * stride + i * sizeof(T));          \
    }
BAND_LOOP(pg_bits8, 4, 16)
BAND_LOOP(pg_bits16, 4, 16)
BAND_LOOP(pg_bits32, 4, 16)
BAND_LOOP(pg_bits64, 2, 8)

/* pg_job */
static void copy_band(void *context, size_t band)
{
    const transposition *t = context;
    switch (t->size) {
    case 1:
        band_pg_bits8(t, band * 16);
        break;
    case 2:
        band_pg_bits16(t, band * 16);
        break;
    case 4:
        band_pg_bits32(t, band * 16);
        break;
    default:
        band_pg_bits64(t, band * 8);
    }
}

/* Copies in to out if both are matrices of one dtype, out dense by rows and in
   by columns; false if they are not. */
static bool copy_transposed(const pg_array *out, const pg_array *in)
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
    pg_parallel_for(pg_size_divide_up(t.rows, size == 8 ? 8 : 16),
                    t.rows * t.cols > MIN_SHARED, copy_band, &t);
    return true;
}

/* --- arrays --------------------------------------------------------------- */

typedef struct dtype_pair {
    pg_dtype to, from;
} dtype_pair;

/* pg_inner */
static void cast_inner(char *const *pointers, const ptrdiff_t *strides,
                       size_t n, void *context)
{
    const dtype_pair *pair = context;
    pg_cast(pair->to, pointers[0], strides[0], pair->from, pointers[1],
            strides[1], n);
}

void pg_cast_array(const pg_array *out, const pg_array *in)
{
    pg_assert(pg_array_same_shape(out, in));
    pg_assert(pg_array_same_view(out, in) ||
              !pg_array_may_share_memory(out, in));
    dtype_pair pair = {out->dtype, in->dtype};
    pg_storage_mark_written(out->storage);
    if (copy_transposed(out, in))
        return;
    pg_iterate((const pg_array *[]){out, in}, 2, cast_inner, &pair);
}
