/* Random arrays, shuffle and choice, as those of numpy.random. */

#include "ops/draw.h"

#include <math.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "base/interrupt.h"
#include "ops/select.h"

/* --- numbers -------------------------------------------------------------- */

pg_status pg_draw_end(pg_array *out, pg_status status, pg_random *g,
                      const pg_random *before, pg_error *err)
{
    status = pg_array_end(out, status, err);
    if (status != PG_OK)
        *g = *before;
    return status;
}

pg_status pg_draw(pg_array *out, int ndim, const size_t *shape,
                  void (*draw)(pg_random *g, double *out, size_t n),
                  double offset, double scale, pg_random *g, pg_error *err)
{
    pg_random before = *g;
    pg_status status = pg_array_new(out, PG_FLOAT64, ndim, shape, err);
    if (status != PG_OK)
        return status;
    draw(g, out->data, pg_array_size(out));
    if (offset != 0 || scale != 1)
        pg_random_scale(out->data, pg_array_size(out), offset, scale);
    return pg_draw_end(out, PG_OK, g, &before, err);
}

pg_status pg_draw_integers(pg_array *out, int ndim, const size_t *shape,
                           int64_t low, int64_t high, pg_random *g,
                           pg_error *err)
{
    pg_random before = *g;
    pg_status status = pg_array_new(out, PG_INT64, ndim, shape, err);
    if (status != PG_OK)
        return status;
    pg_random_integers(g, out->data, pg_array_size(out), low, high);
    return pg_draw_end(out, PG_OK, g, &before, err);
}

pg_status pg_draw_permutation(pg_array *out, size_t n, pg_random *g,
                              pg_error *err)
{
    pg_random before = *g;
    pg_status status = pg_array_new(out, PG_INT64, 1, &n, err);
    if (status != PG_OK)
        return status;
    pg_random_permutation(g, out->data, n);
    return pg_draw_end(out, PG_OK, g, &before, err);
}

/* --- shuffle -------------------------------------------------------------- */

/* Draws an order and makes a copy of the rows in it, which can be interrupted,
   and then writes the copy back, which cannot. */
pg_status pg_shuffle(const pg_array *a, pg_random *g, pg_error *err)
{
    pg_array order = {0}, rows = {0};
    if (a->ndim == 0)
        return pg_fail(err, PG_ESHAPE, "shuffle: rank 0 has no order");
    pg_random before = *g;
    pg_status status = pg_draw_permutation(&order, a->shape[0], g, err);
    if (status == PG_OK)
        status = pg_take(&rows, a, &order, 0, err);
    if (status == PG_OK)
        status = pg_array_assign(a, &rows, err);
    if (status != PG_OK)
        *g = before;
    pg_array_release(&order);
    pg_array_release(&rows);
    return status;
}

/* --- choice --------------------------------------------------------------- */

/* The least index whose cumulative probability is more than x. */
static size_t find_index(const double *sums, size_t n, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sums[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return pg_size_min(low, n - 1);
}

/* sums[i] = (p[0] + ... + p[i]) / (p[0] + ... + p[n-1]) */
static void cumulate(double *sums, const double *p, size_t n)
{
    double sum = 0;
    PG_EACH (i, n)
        sums[i] = sum += p[i];
    PG_EACH (i, n)
        sums[i] /= sum;
}

static void draw_positions(int64_t *out, size_t n, const double *sums,
                           size_t population, pg_random *g)
{
    enum { SEARCH = 32 }; /* steps, each a cache miss */
    PG_EACH_WIDE (SEARCH, i, n) {
        double x;
        pg_random_uniform(g, &x, 1);
        out[i] = (int64_t)find_index(sums, population, x) + 1;
    }
}

/* Draws as many positions as are missing, keeps the new ones, and sets their
   probability to 0, until there are n. Overwrites p. */
static void draw_different_positions(int64_t *out, size_t n, double *p,
                                     double *sums, size_t population,
                                     pg_random *g)
{
    for (size_t found = 0; found < n;) {
        cumulate(sums, p, population);
        size_t first = found;
        draw_positions(out + first, n - first, sums, population, g);
        if (pg_interrupted()) /* these may be no positions */
            return;
        for (size_t i = first; i < n; i++) {
            int64_t position = out[i];
            if (p[position - 1] > 0)
                out[found++] = position;
            p[position - 1] = 0;
        }
    }
}

static pg_status check_probabilities(const double *p, const pg_choice *choice,
                                     size_t n, pg_error *err)
{
    double sum = 0;
    size_t possible = 0;
    PG_EACH (i, choice->population) {
        if (!(p[i] >= 0 && p[i] <= INFINITY))
            return pg_fail(err, PG_EARG,
                           "choice: probability %zu is %g, not 0 or more",
                           i + 1, p[i]);
        sum += p[i];
        possible += p[i] > 0;
    }
    if (pg_interrupted())
        return pg_check_interrupt(err);
    if (!(fabs(sum - 1) <= 1e-8))
        return pg_fail(err, PG_EARG,
                       "choice: the probabilities add up to %.10g, not 1", sum);
    if (!choice->replace && possible < n)
        return pg_fail(err, PG_EARG,
                       "choice: %zu different ones were asked for, of %zu "
                       "that have a probability above 0",
                       n, possible);
    return PG_OK;
}

/* *out (2, population) = p, and room for its cumulative sums. */
static pg_status copy_probabilities(pg_array *out, const pg_choice *choice,
                                    pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    const pg_array *p = choice->p;
    size_t shape[2] = {2, choice->population};
    memset(out, 0, sizeof *out);
    if (p->ndim != 1 || p->shape[0] != choice->population)
        return pg_fail(err, PG_ESHAPE,
                       "choice: %zu probabilities are needed, not shape %s",
                       choice->population, pg_shape_text(text, p));
    pg_status status = pg_array_new(out, PG_FLOAT64, 2, shape, err);
    if (status != PG_OK)
        return status;
    pg_array first;
    pg_array_borrow(&first, out->data, PG_FLOAT64, 1, p->shape);
    pg_cast_array(&first, p);
    return pg_array_end(out, PG_OK, err);
}

static pg_status choose_by_probabilities(int64_t *out, size_t n,
                                         const pg_choice *choice, pg_random *g,
                                         pg_error *err)
{
    pg_array both; /* p, and its cumulative sums */
    pg_status status = copy_probabilities(&both, choice, err);
    double *p = both.data, *sums = p ? p + choice->population : NULL;
    if (status == PG_OK)
        status = check_probabilities(p, choice, n, err);
    if (status == PG_OK && choice->replace) {
        cumulate(sums, p, choice->population);
        draw_positions(out, n, sums, choice->population, g);
    } else if (status == PG_OK) {
        draw_different_positions(out, n, p, sums, choice->population, g);
    }
    pg_array_release(&both);
    return status;
}

pg_status pg_choose(pg_array *out, int ndim, const size_t *shape,
                    const pg_choice *choice, pg_random *g, pg_error *err)
{
    pg_random before = *g;
    pg_status status = pg_array_new(out, PG_INT64, ndim, shape, err);
    if (status != PG_OK)
        return status;
    size_t n = pg_array_size(out);
    bool enough = choice->replace ? choice->population > 0 || n == 0
                                  : choice->population >= n;
    if (!enough)
        status = pg_fail(err, PG_EARG,
                         "choice: %zu were asked for, of %zu that there are", n,
                         choice->population);
    else if (choice->p)
        status = choose_by_probabilities(out->data, n, choice, g, err);
    else if (!choice->replace) { /* the first n of a permutation */
        pg_array all;
        status = pg_array_new(&all, PG_INT64, 1, &choice->population, err);
        if (status == PG_OK) {
            pg_random_permutation(g, all.data, choice->population);
            pg_copy_bytes(out->data, all.data, n * sizeof(int64_t));
        }
        pg_array_release(&all);
    } else if (n > 0)
        pg_random_integers(g, out->data, n, 1, (int64_t)choice->population);
    return pg_draw_end(out, status, g, &before, err);
}

pg_status pg_choose_rows(pg_array *out, const pg_array *a, int ndim,
                         const size_t *shape, const pg_choice *choice,
                         pg_random *g, pg_error *err)
{
    pg_array positions;
    pg_random before = *g;
    memset(out, 0, sizeof *out);
    pg_status status = pg_choose(&positions, ndim, shape, choice, g, err);
    if (status == PG_OK)
        status = pg_take(out, a, &positions, 0, err);
    pg_array_release(&positions);
    if (status != PG_OK)
        *g = before;
    return status;
}
