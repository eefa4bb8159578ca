#include "network/dense.h"
#include "array/copy.h"

pg_status pg_dense(pg_array *out, const pg_array *a, pg_dtype dtype,
                   pg_error *err)
{
    if (a->dtype != dtype || !pg_array_is_contiguous(a))
        return pg_array_astype(out, a, dtype, err);
    pg_array_view(out, a);
    return PG_OK;
}
