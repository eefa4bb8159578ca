/* The cross-entropy of scores and its derivative, for labels and for rows. */

#include "neural/cross_entropy.h"

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "neural/softmax.h"
#include "ops/labels.h"

/* The targets of the scores: labels (n, int32), or rows (n, k) in the dtype of
   the result. The other one is empty. */
typedef struct targets {
    pg_array labels, rows;
} targets;

static void release_targets(targets *t)
{
    pg_array_release(&t->labels);
    pg_array_release(&t->rows);
}

static pg_status read_targets(targets *t, const pg_array *y,
                              const pg_array *scores, pg_error *err)
{
    char ts[PG_SHAPE_TEXT], ty[PG_SHAPE_TEXT];
    memset(t, 0, sizeof *t);
    if (scores->ndim != 2 || pg_array_size(scores) == 0)
        return pg_fail(err, PG_ESHAPE,
                       "scores must be (n, classes), not of shape %s",
                       pg_shape_text(ts, scores));
    bool fits = y->ndim == 2 ? pg_array_same_shape(y, scores)
                             : y->ndim == 1 && y->shape[0] == scores->shape[0];
    if (!fits)
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit scores of shape %s: it must "
                       "have a label or a row for each of them%s",
                       pg_shape_text(ty, y), pg_shape_text(ts, scores),
                       pg_column_hint(y));
    if (scores->shape[1] > INT32_MAX)
        return pg_fail(err, PG_EARG, "there cannot be %zu classes",
                       scores->shape[1]);
    if (y->ndim == 1)
        return pg_labels_check(&t->labels, y, scores->shape[1], err);
    pg_dtype dtype =
        pg_dtype_is_float(scores->dtype) ? scores->dtype : PG_FLOAT64;
    return pg_array_as(&t->rows, y, dtype, err);
}

PG_EXPECT_FLOATS(2);
#define T float
#define NAMED(f) f##_float32
#include "neural/cross_entropy_template.h"
#undef T
#undef NAMED
#define T double
#define NAMED(f) f##_float64
#include "neural/cross_entropy_template.h"

pg_status pg_softmax_cross_entropy(double *loss, const pg_array *scores,
                                   const pg_array *y, pg_error *err)
{
    targets t;
    pg_array logs = {0};
    *loss = 0;
    pg_status status = read_targets(&t, y, scores, err);
    if (status == PG_OK)
        status = pg_log_softmax(&logs, scores, 1, err);
    if (status == PG_OK) {
        double sum = logs.dtype == PG_FLOAT32 ? sum_float32(&logs, &t)
                                              : sum_float64(&logs, &t);
        *loss = -sum / (double)scores->shape[0];
        status = pg_check_interrupt(err);
    }
    release_targets(&t);
    pg_array_release(&logs);
    return status;
}

pg_status pg_softmax_cross_entropy_gradient(pg_array *out,
                                            const pg_array *scores,
                                            const pg_array *y, pg_error *err)
{
    targets t;
    memset(out, 0, sizeof *out);
    pg_status status = read_targets(&t, y, scores, err);
    if (status == PG_OK)
        status = pg_softmax(out, scores, 1, err);
    if (status == PG_OK && out->dtype == PG_FLOAT32)
        subtract_float32(out, &t);
    else if (status == PG_OK)
        subtract_float64(out, &t);
    release_targets(&t);
    return pg_array_end(out, status, err);
}
