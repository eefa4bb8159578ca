/*
 * dtype.h -- the element types, with NumPy's names and promotion rules.
 *
 * Most code for each type is generated from the list PG_DTYPES. The rest is
 * written by hand, and stops compiling when a type is added: PG_EXPECT_DTYPES
 * stands beside lists of all types, PG_EXPECT_FLOATS beside code that tells
 * float32 from float64 only. Raise the number where the code was extended.
 * docs/design.md lists the places in Lua, which no compiler checks.
 */
#ifndef PG_DTYPE_H
#define PG_DTYPE_H

#include "base/status.h"

/* X(NAME, C type, name, kind): kind is NumPy's letter: b bool, i signed,
   u unsigned, f floating. Within a kind wider types come later. */
#define PG_DTYPES(X)                   \
    X(BOOL, bool, "bool", 'b')         \
    X(INT8, int8_t, "int8", 'i')       \
    X(INT16, int16_t, "int16", 'i')    \
    X(INT32, int32_t, "int32", 'i')    \
    X(INT64, int64_t, "int64", 'i')    \
    X(UINT8, uint8_t, "uint8", 'u')    \
    X(UINT16, uint16_t, "uint16", 'u') \
    X(UINT32, uint32_t, "uint32", 'u') \
    X(UINT64, uint64_t, "uint64", 'u') \
    X(FLOAT32, float, "float32", 'f')  \
    X(FLOAT64, double, "float64", 'f')

/* The list within an X of the list: the outer one is PG_DTYPES_NESTED(X), the
   inner one PG_DTYPES_INNER(X). The preprocessor expands no macro inside
   itself, so the inner name is completed in a second pass. */
#define PG_DTYPES_NESTED(X) PG_DTYPES_SECOND_PASS(PG_DTYPES(X))
#define PG_DTYPES_SECOND_PASS(...) __VA_ARGS__
#define PG_DTYPES_INNER(X) PG_DTYPES_NAME PG_DTYPES_NOTHING()()(X)
#define PG_DTYPES_NAME() PG_DTYPES
#define PG_DTYPES_NOTHING()

typedef enum pg_dtype {
#define X(NAME, ctype, name, kind) PG_##NAME,
    PG_DTYPES(X)
#undef X
        PG_DTYPE_COUNT
} pg_dtype;

/* The number of float types. */
#define PG_COUNT_FLOAT(NAME, ctype, name, kind) +((kind) == 'f')
enum { PG_FLOAT_COUNT = 0 PG_DTYPES(PG_COUNT_FLOAT) };

#define PG_EXPECT_DTYPES(count)                                \
    _Static_assert(PG_DTYPE_COUNT == (count),                  \
                   "a dtype was added: extend the code here, " \
                   "then raise this number (array/dtype.h)")
#define PG_EXPECT_FLOATS(count)                                \
    _Static_assert(PG_FLOAT_COUNT == (count),                  \
                   "a float was added: extend the code here, " \
                   "then raise this number (array/dtype.h)")

/* Elements as unsigned integers of their size, for code that moves them or
   sorts them by their bits. may_alias: they may be floats in memory. */
typedef uint8_t pg_bits8;
typedef uint16_t __attribute__((may_alias)) pg_bits16;
typedef uint32_t __attribute__((may_alias)) pg_bits32;
typedef uint64_t __attribute__((may_alias)) pg_bits64;

const char *pg_dtype_name(pg_dtype dtype);
char pg_dtype_kind(pg_dtype dtype);

/* The bytes of one element. */
extern const unsigned char pg_dtype_sizes[PG_DTYPE_COUNT];

static inline size_t pg_dtype_size(pg_dtype dtype)
{
    pg_assert(dtype < PG_DTYPE_COUNT);
    return pg_dtype_sizes[dtype];
}

/* NumPy's dtype.str of little-endian elements, three characters: "<f8", "|u1",
   "|b1". Files and checksums name dtypes by it. */
const char *pg_dtype_descr(pg_dtype dtype);

static inline bool pg_dtype_is_float(pg_dtype dtype)
{
    return pg_dtype_kind(dtype) == 'f';
}

/* The type called name; PG_EDTYPE lists the names. */
pg_status pg_dtype_from_name(pg_dtype *dtype, const char *name, pg_error *err);

/* The smallest type that holds both, by NumPy's promotion table. */
pg_dtype pg_dtype_promote(pg_dtype a, pg_dtype b);

/* True if assigning `from` to `to` keeps the kind, NumPy's "same_kind": any
   size within a kind, and bool to integer to float, but not back. */
bool pg_dtype_same_kind(pg_dtype from, pg_dtype to);

#endif
