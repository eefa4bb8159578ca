/* Histograms: bins of equal width, or between given edges. */

#include "statistics/histogram.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/create.h"
#include "base/interrupt.h"
#include "kernels/reduction.h"
#include "ops/reduce.h"

/* *value = the least or greatest element, in float64. */
static pg_status extreme(double *value, pg_reduce_op op, const pg_array *a,
                         pg_error *err)
{
    pg_array one, wide = {0};
    pg_status status = pg_reduce(&one, op, a, PG_ALL, false, err);
    if (status == PG_OK)
        status = pg_array_astype(&wide, &one, PG_FLOAT64, err);
    if (status == PG_OK)
        *value = *(const double *)wide.data;
    pg_array_release(&one);
    pg_array_release(&wide);
    return status;
}

/* The least and the greatest element; 0 and 1 of no elements. */
static pg_status find_ends(double ends[2], const pg_array *a, pg_error *err)
{
    ends[0] = 0;
    ends[1] = 1;
    if (pg_array_size(a) == 0)
        return PG_OK;
    pg_status status = extreme(&ends[0], PG_MIN, a, err);
    if (status == PG_OK)
        status = extreme(&ends[1], PG_MAX, a, err);
    return status;
}

/* The last bin whose lower edge is at most x, by bisection; edges[0] <= x. */
static size_t find_bin(const double *edges, size_t bins, double x)
{
    size_t low = 0, high = bins;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (edges[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The bin of x, if all have the same width: by division, corrected by the edges
   if rounding missed it. The quotient is 0 to 1, as x lies between the ends and
   their distance is finite. */
static size_t divide_bin(const double *edges, size_t bins, double x)
{
    double width = edges[bins] - edges[0];
    size_t i = (size_t)((x - edges[0]) / width * (double)bins);
    i = pg_size_min(i, bins - 1);
    if (x < edges[i])
        i--;
    else if (x >= edges[i + 1] && i + 1 < bins)
        i++;
    return i;
}

/* The bin that x, which lies between the ends, is in. */
typedef size_t (*bin_of)(const double *edges, size_t bins, double x);

static pg_status count(pg_array *counts, const pg_array *edges,
                       const pg_array *a, bin_of bin, pg_error *err)
{
    pg_array values;
    size_t n = pg_array_size(a), bins = edges->shape[0] - 1;
    pg_status status = pg_array_astype(&values, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_zeros(counts, PG_INT64, 1, &bins, err);
    if (status == PG_OK) {
        const double *x = values.data, *e = edges->data;
        int64_t *c = counts->data;
        PG_EACH (i, n)
            if (x[i] >= e[0] && x[i] <= e[bins])
                c[bin(e, bins, x[i])]++;
    }
    pg_array_release(&values);
    return pg_array_end(counts, status, err);
}

/* PG_EARG unless there are bins, and ends between which they can be made. */
static pg_status check_bins(size_t bins, double low, double high, pg_error *err)
{
    if (bins == 0 || bins == SIZE_MAX)
        return pg_fail(err, PG_EARG, "histogram: there cannot be %zu bins",
                       bins);
    if (isnan(low) || isnan(high))
        return pg_fail(err, PG_EARG,
                       "histogram: there is NaN among the numbers or the ends: "
                       "ends that are given leave it out");
    if (!isfinite(low) || !isfinite(high) || low > high)
        return pg_fail(err, PG_EARG,
                       "histogram: bins from %g to %g cannot be made: the ends "
                       "must be finite and in order",
                       low, high);
    if (!isfinite(high - low))
        return pg_fail(err, PG_EARG,
                       "histogram: bins from %g to %g cannot be made: they are "
                       "further apart than any float64",
                       low, high);
    return PG_OK;
}

/* The index of the first of n edges that the next one does not follow, or n: it
   must be greater, or may be equal. Polls for interrupts. */
static size_t find_disorder(const double *edges, size_t n, bool may_be_equal)
{
    size_t found = n;
    PG_EACH (i, n - 1) {
        bool follows = edges[i] < edges[i + 1] ||
                       (may_be_equal && edges[i] == edges[i + 1]);
        if (!follows && found == n)
            found = i;
    }
    return found;
}

/* Edges from low to high in float32 arithmetic, as numpy.linspace computes them
   between two float32. */
static void fill_single(double *e, size_t bins, float low, float high)
{
    float whole = high - low, step = whole / (float)bins;
    PG_EACH (i, bins)
        e[i] = step == 0 ? (float)i / (float)bins * whole + low
                         : (float)i * step + low;
    e[bins] = high;
}

/* Edges of equal bins. Where both ends differ in float32, those of float32
   elements are float32, which decides the bin of a number on an edge: computed
   in float32 if the ends are the elements' own, else rounded, as in NumPy. */
static pg_status make_edges(pg_array *edges, const pg_array *a, size_t bins,
                            const double *given, pg_error *err)
{
    double ends[2];
    pg_status status = PG_OK;
    if (given)
        memcpy(ends, given, sizeof ends);
    else
        status = find_ends(ends, a, err);
    if (status == PG_OK)
        status = check_bins(bins, ends[0], ends[1], err);
    if (status != PG_OK)
        return status;
    if (ends[0] == ends[1]) {
        ends[0] -= 0.5;
        ends[1] += 0.5;
    }
    double low = ends[0], high = ends[1];
    if (low == high)
        return pg_fail(err, PG_EARG,
                       "histogram: around %.17g no bin of width 1 can be made",
                       low);
    PG_EXPECT_FLOATS(2);
    bool single = a->dtype == PG_FLOAT32 && (float)low < (float)high &&
                  isfinite((float)high - (float)low);
    status = pg_linspace(edges, low, high, bins + 1, err);
    double *e = edges->data;
    if (status == PG_OK && single && !given)
        fill_single(e, bins, (float)low, (float)high);
    else if (status == PG_OK && single)
        PG_EACH (i, bins + 1)
            e[i] = (float)e[i];
    return status == PG_OK ? pg_check_interrupt(err) : status;
}

pg_status pg_histogram(pg_array *counts, pg_array *edges, const pg_array *a,
                       size_t bins, const double *ends, pg_error *err)
{
    memset(counts, 0, sizeof *counts);
    memset(edges, 0, sizeof *edges);
    pg_status status = make_edges(edges, a, bins, ends, err);
    const double *e = edges->data;
    if (status == PG_OK) { /* rounding may have put edges on each other */
        size_t empty = find_disorder(e, bins + 1, false);
        if (empty <= bins)
            status = pg_fail(err, PG_EARG,
                             "histogram: %zu bins from %.17g to %.17g are too "
                             "many: number %zu has no width",
                             bins, e[0], e[bins], empty + 1);
    }
    if (status == PG_OK)
        status = count(counts, edges, a, divide_bin, err);
    if (status != PG_OK)
        pg_array_release(edges);
    return status;
}

pg_status pg_histogram_between(pg_array *counts, pg_array *edges,
                               const pg_array *a, const pg_array *given,
                               pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    memset(counts, 0, sizeof *counts);
    memset(edges, 0, sizeof *edges);
    if (given->ndim != 1 || given->shape[0] < 2)
        return pg_fail(err, PG_ESHAPE,
                       "histogram: edges are a row of two numbers or more, not "
                       "of shape %s",
                       pg_shape_text(text, given));
    pg_status status = pg_array_astype(edges, given, PG_FLOAT64, err);
    const double *e = edges->data;
    if (status == PG_OK) {
        size_t n = edges->shape[0], i = find_disorder(e, n, true);
        if (i < n)
            status = pg_fail(err, PG_EARG,
                             "histogram: edges must increase, but number %zu "
                             "is %g and number %zu is %g",
                             i + 1, e[i], i + 2, e[i + 1]);
    }
    if (status == PG_OK)
        status = count(counts, edges, a, find_bin, err);
    if (status != PG_OK)
        pg_array_release(edges);
    return status;
}

/* --- bincount ------------------------------------------------------------- */

/* *count = one more than the greatest of a's elements. */
static pg_status count_values(size_t *count, const pg_array *a, pg_error *err)
{
    const uint64_t *value = a->data;
    size_t n = pg_array_size(a), end;
    *count = 0;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PG_CHUNK); i = end) {
        uint64_t greatest; /* which negative numbers are, as unsigned ones */
        pg_reduction_kernels()->of[PG_MAX][PG_UINT64].along(&greatest,
                                                            value + i, end - i);
        *count = pg_size_max(*count, (size_t)greatest + 1);
        for (size_t k = i; greatest > INT64_MAX && k < end; k++)
            if (value[k] > INT64_MAX)
                return pg_fail(err, PG_EARG,
                               "bincount: element %zu is %lld; values are 0 "
                               "or more",
                               k + 1, (long long)value[k]);
    }
    return pg_check_interrupt(err);
}

static pg_status check_counted(const pg_array *a, const pg_array *weights,
                               pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    if (a->ndim != 1)
        return pg_fail(err, PG_ESHAPE,
                       "bincount: a vector is needed, not shape %s",
                       pg_shape_text(ta, a));
    if (weights && !pg_array_same_shape(a, weights))
        return pg_fail(err, PG_ESHAPE,
                       "bincount: weights of shape %s do not fit values of "
                       "shape %s",
                       pg_shape_text(tw, weights), pg_shape_text(ta, a));
    return PG_OK;
}

pg_status pg_bincount(pg_array *out, const pg_array *a, const pg_array *weights,
                      size_t least, pg_error *err)
{
    pg_array values = {0}, heavy = {0};
    size_t bins = 0, n = pg_array_size(a);
    memset(out, 0, sizeof *out);
    pg_status status = check_counted(a, weights, err);
    if (status == PG_OK && a->dtype == PG_BOOL)
        status = pg_array_astype(&values, a, PG_INT64, err);
    else if (status == PG_OK)
        status = pg_array_integers(&values, a, "bincount: values", err);
    if (status == PG_OK && weights)
        status = pg_array_as(&heavy, weights, PG_FLOAT64, err);
    if (status == PG_OK)
        status = count_values(&bins, &values, err);
    bins = pg_size_max(bins, least);
    if (status == PG_OK)
        status =
            pg_array_zeros(out, weights ? PG_FLOAT64 : PG_INT64, 1, &bins, err);
    if (status != PG_OK)
        n = 0;
    const int64_t *value = values.data;
    const double *weight = heavy.data;
    double *sums = out->data;
    int64_t *counts = out->data;
    if (weights)
        PG_EACH (i, n)
            sums[value[i]] += weight[i];
    else
        PG_EACH (i, n)
            counts[value[i]]++;
    pg_array_release(&values);
    pg_array_release(&heavy);
    return pg_array_end(out, status, err);
}
