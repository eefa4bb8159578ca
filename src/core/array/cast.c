#include "array/cast.h"

#include <string.h>

#include "array/iterate.h"
#include "array/storage.h"
#include "array/transpose.h"

/* What x86's conversion gives for what does not fit, said in C. */
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

/* Unused branches are constant and fall away. */
#define CONVERT(to_t, to_kind, from_kind, x)      \
    ((to_kind) == 'i' && (from_kind) == 'f'       \
         ? (to_t)integer_from_float((double)(x))  \
     : (to_kind) == 'u' && (from_kind) == 'f'     \
         ? (to_t)unsigned_from_float((double)(x)) \
         : (to_t)(x))

/* The case of one source type within cast_to_...: dense on both sides, as
   nearly everything is, for the compiler's vectors; else by strides. */
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
    if (to == from && out_stride == in_stride &&
        out_stride == (ptrdiff_t)pg_dtype_size(to))
        memmove(out, in, n * pg_dtype_size(to));
    else
        casts[to](out, out_stride, from, in, in_stride, n);
}

typedef struct dtype_pair {
    pg_dtype to, from;
} dtype_pair;

static void cast_inner(char *const *pointers, const ptrdiff_t *strides,
                       size_t n, void *context)
{
    const dtype_pair *pair = context;
    pg_cast(pair->to, pointers[0], strides[0], pair->from, pointers[1],
            strides[1], n);
}

void pg_cast_array(const pg_array *out, const pg_array *in)
{
    dtype_pair pair = {out->dtype, in->dtype};
    pg_storage_written(out->storage);
    if (pg_transpose_copy(out, in))
        return;
    pg_iterate((const pg_array *[]){out, in}, 2, cast_inner, &pair);
}
