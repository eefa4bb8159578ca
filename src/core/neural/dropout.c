/* The factors of dropout. */

#include "neural/dropout.h"

#include "array/copy.h"
#include "base/interrupt.h"
#include "ops/draw.h"

pg_status pg_dropout_mask(pg_array *out, pg_dtype dtype, int ndim,
                          const size_t *shape, double p, pg_random *g,
                          pg_error *err)
{
    enum { BLOCK = 1024 };
    double uniform[BLOCK];
    pg_random before = *g;
    pg_assert(p >= 0 && p <= 1 && pg_dtype_is_float(dtype));
    PG_EXPECT_FLOATS(2);
    pg_status status = pg_array_new(out, dtype, ndim, shape, err);
    if (status != PG_OK)
        return status;
    double kept = p < 1 ? 1 / (1 - p) : 0;
    size_t n = pg_array_size(out), end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, BLOCK); i = end) {
        pg_random_uniform(g, uniform, end - i);
        for (size_t j = i; j < end; j++) {
            double factor = uniform[j - i] < p ? 0 : kept;
            if (dtype == PG_FLOAT32)
                ((float *)out->data)[j] = (float)factor;
            else
                ((double *)out->data)[j] = factor;
        }
    }
    return pg_draw_end(out, PG_OK, g, &before, err);
}
