/* Tables of the element types, and their promotion. */

#include "array/dtype.h"

#include <string.h>

typedef struct dtype_info {
    const char *name;
    char kind;
    char descr[4];
} dtype_info;

static const dtype_info infos[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind) \
    {name, kind, {sizeof(ctype) == 1 ? '|' : '<', kind, '0' + sizeof(ctype)}},
    PG_DTYPES(X)
#undef X
};

const unsigned char pg_dtype_sizes[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind) sizeof(ctype),
    PG_DTYPES(X)
#undef X
};

const char *pg_dtype_name(pg_dtype dtype)
{
    pg_assert(dtype < PG_DTYPE_COUNT);
    return infos[dtype].name;
}

char pg_dtype_kind(pg_dtype dtype)
{
    pg_assert(dtype < PG_DTYPE_COUNT);
    return infos[dtype].kind;
}

const char *pg_dtype_descr(pg_dtype dtype)
{
    pg_assert(dtype < PG_DTYPE_COUNT);
    return infos[dtype].descr;
}

pg_status pg_dtype_from_name(pg_dtype *dtype, const char *name, pg_error *err)
{
    for (int d = 0; d < PG_DTYPE_COUNT; d++)
        if (strcmp(infos[d].name, name) == 0) {
            *dtype = (pg_dtype)d;
            return PG_OK;
        }
    PG_EXPECT_DTYPES(11);
    return pg_fail(err, PG_EDTYPE,
                   "unknown dtype '%.40s' (expected float64, float32, int8, "
                   "int16, int32, int64, uint8, uint16, uint32, uint64 or "
                   "bool)",
                   name);
}

/* The float type for a float and an integer: float32 holds integers of up to 16
   bits. */
static pg_dtype promote_float(pg_dtype real, pg_dtype integer)
{
    PG_EXPECT_FLOATS(2);
    return pg_dtype_size(integer) <= 2 ? real : PG_FLOAT64;
}

/* The type for a signed and an unsigned integer: the next wider signed type,
   beyond int64 float64. */
static pg_dtype promote_signs(pg_dtype s, pg_dtype u)
{
    if (pg_dtype_size(u) == 8)
        return PG_FLOAT64;
    while (pg_dtype_size(s) <= pg_dtype_size(u))
        s++;
    return s;
}

pg_dtype pg_dtype_promote(pg_dtype a, pg_dtype b)
{
    char ka = pg_dtype_kind(a), kb = pg_dtype_kind(b);
    if (ka == kb)
        return a > b ? a : b;
    if (ka == 'b')
        return b;
    if (kb == 'b')
        return a;
    if (ka == 'f')
        return promote_float(a, b);
    if (kb == 'f')
        return promote_float(b, a);
    return ka == 'i' ? promote_signs(a, b) : promote_signs(b, a);
}

static int kind_rank(pg_dtype dtype)
{
    switch (pg_dtype_kind(dtype)) {
    case 'b':
        return 0;
    case 'u':
        return 1;
    case 'i':
        return 2;
    default:
        return 3;
    }
}

bool pg_dtype_same_kind(pg_dtype from, pg_dtype to)
{
    return kind_rank(from) <= kind_rank(to);
}
