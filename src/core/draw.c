#include "draw.h"

#include <math.h>
#include <string.h>

#include "cast.h"
#include "runtime.h"

/* --- shuffle ----------------------------------------------------------------
 */

static void swap_rows(const pg_array *a, const pg_array *buffer, size_t i,
                      size_t j)
{
    pg_array x, y;
    pg_array_rows_view(&x, a, i, 1);
    pg_array_rows_view(&y, a, j, 1);
    pg_cast_array(buffer, &x);
    pg_cast_array(&x, &y);
    pg_cast_array(&y, buffer);
    pg_array_release(&x);
    pg_array_release(&y);
}

/* Fisher and Yates, from the end. */
pg_status pg_shuffle(const pg_array *a, pg_random *g, pg_error *err)
{
    pg_array buffer;
    size_t shape[PG_MAXDIM];
    if (a->ndim == 0)
        return pg_fail(err, PG_ESHAPE, "shuffle: rank 0 has no order");
    memcpy(shape, a->shape, sizeof shape);
    shape[0] = 1;
    pg_status status = pg_array_new(&buffer, a->dtype, a->ndim, shape, err);
    for (size_t i = a->shape[0]; status == PG_OK && i-- > 1;) {
        int64_t j;
        pg_random_integers(g, &j, 1, 0, (int64_t)i);
        if ((size_t)j != i)
            swap_rows(a, &buffer, i, (size_t)j);
    }
    pg_array_release(&buffer);
    return status;
}

/* --- choice -----------------------------------------------------------------
 */

/* The least place whose running sum of p is more than x. */
static size_t find_share(const double *sums, size_t n, double x)
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

/* sums[i] = p[0] + ... + p[i], as parts of the whole. */
static void running_shares(double *sums, const double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sums[i] = sum += p[i];
    for (size_t i = 0; i < n; i++)
        sums[i] /= sum;
}

static void draw_shares(int64_t *out, size_t n, const double *sums,
                        size_t population, pg_random *g)
{
    for (size_t i = 0; i < n; i++) {
        double x;
        pg_random_uniform(g, &x, 1);
        out[i] = (int64_t)find_share(sums, population, x) + 1;
    }
}

/* Draws as many as are missing; those that are new stay, and are drawn no
   more. p is used up. */
static void draw_different_shares(int64_t *out, size_t n, double *p,
                                  double *sums, size_t population, pg_random *g)
{
    for (size_t found = 0; found < n;) {
        running_shares(sums, p, population);
        size_t drawn = n - found, at = found;
        draw_shares(out + found, drawn, sums, population, g);
        for (size_t i = 0; i < drawn; i++) {
            int64_t position = out[at + i];
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
    for (size_t i = 0; i < choice->population; i++) {
        if (!(p[i] >= 0 && p[i] <= INFINITY))
            return pg_fail(err, PG_EARG,
                           "choice: probability %zu is %g, not 0 or more",
                           i + 1, p[i]);
        sum += p[i];
        possible += p[i] > 0;
    }
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

/* p and room for its running sums, in one array (2, population). */
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
    return PG_OK;
}

static pg_status choose_by_shares(int64_t *out, size_t n,
                                  const pg_choice *choice, pg_random *g,
                                  pg_error *err)
{
    pg_array both;
    pg_status status = copy_probabilities(&both, choice, err);
    double *p = both.data, *sums = p ? p + choice->population : NULL;
    if (status == PG_OK)
        status = check_probabilities(p, choice, n, err);
    if (status == PG_OK && choice->replace) {
        running_shares(sums, p, choice->population);
        draw_shares(out, n, sums, choice->population, g);
    } else if (status == PG_OK) {
        draw_different_shares(out, n, p, sums, choice->population, g);
    }
    pg_array_release(&both);
    return status;
}

/* The first n of all in random order. */
static pg_status choose_different(int64_t *out, size_t n, size_t population,
                                  pg_random *g, pg_error *err)
{
    pg_array all;
    pg_status status = pg_array_new(&all, PG_INT64, 1, &population, err);
    if (status != PG_OK)
        return status;
    pg_random_permutation(g, all.data, population);
    memcpy(out, all.data, n * sizeof *out);
    pg_array_release(&all);
    return PG_OK;
}

pg_status pg_choose(pg_array *out, int ndim, const size_t *shape,
                    const pg_choice *choice, pg_random *g, pg_error *err)
{
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
        status = choose_by_shares(out->data, n, choice, g, err);
    else if (!choice->replace)
        status = choose_different(out->data, n, choice->population, g, err);
    else if (n > 0)
        pg_random_integers(g, out->data, n, 1, (int64_t)choice->population);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}
