#include "network/loss.h"

#include <math.h>

#include "ops/create.h"
#include "network/dense.h"
#include "base/interrupt.h"
#include "ops/map.h"
#include "ops/reduce.h"
#include "array/scalar.h"
#include "network/targets.h"

/* Most of y is zero, and log is dear; but 0 times a log that is not finite,
   such as that of a score in the place of a probability, is NaN. */
static double sum_of_logs(const double *a, const double *y, size_t n)
{
    double sum = 0;
    PG_EACH (i, n)
        if (y[i] != 0 || !(a[i] + 1e-9 > 0 && a[i] < INFINITY))
            sum += y[i] * log(a[i] + 1e-9);
    return sum;
}

pg_status pg_cross_entropy(double *loss, const pg_array *a, const pg_array *y,
                           pg_error *err)
{
    pg_array likely = {0}, wanted;
    pg_status status = pg_targets_rows(&wanted, y, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_dense(&likely, a, PG_FLOAT64, err);
    if (status == PG_OK)
        *loss = -sum_of_logs(likely.data, wanted.data, pg_array_size(&likely)) /
                (double)a->shape[0];
    pg_array_release(&wanted);
    pg_array_release(&likely);
    return pg_unless_interrupted(status, err);
}

static pg_status mean_of(double *mean, const pg_array *a, pg_error *err)
{
    pg_array reduced;
    pg_scalar scalar = {0};
    pg_status status = pg_reduce(&reduced, PG_MEAN, a, PG_ALL, false, err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &reduced, err);
    *mean = scalar.as.f;
    pg_array_release(&reduced);
    return status;
}

pg_status pg_accuracy(double *accuracy, const pg_array *a, const pg_array *b,
                      pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    pg_shape_text(ta, a);
    if (!pg_array_same_shape(a, b))
        return pg_fail(
            err, PG_ESHAPE, "accuracy: shapes %s and %s are not the same%s", ta,
            pg_shape_text(tb, b), pg_column_hint(a->ndim == 2 ? a : b));
    if (pg_array_size(a) == 0)
        return pg_fail(err, PG_ESHAPE, "accuracy: there are no labels");
    if (a->ndim > 1)
        return pg_fail(err, PG_ESHAPE,
                       "accuracy: labels must be of rank 1, not of shape %s "
                       "(labels gives those of one-hot rows)",
                       ta);
    pg_array equal;
    pg_status status = pg_binary(&equal, PG_EQUAL, a, b, err);
    if (status == PG_OK)
        status = mean_of(accuracy, &equal, err);
    pg_array_release(&equal);
    return status;
}
