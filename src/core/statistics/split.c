/* Random splits of rows, stratified by classes or not. */

#include "statistics/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array/copy.h"
#include "array/scalar.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "ops/draw.h"
#include "ops/select.h"
#include "ops/sort.h"

static pg_status check_sizes(const pg_split_sizes *s, pg_error *err)
{
    if (s->train < 1 || s->test < 1 || s->train > s->all ||
        s->test > s->all - s->train)
        return pg_fail(err, PG_EARG,
                       "%zu rows do not split into %zu for training and %zu "
                       "for testing",
                       s->all, s->train, s->test);
    return PG_OK;
}

/* Empty results. */
static void clear(pg_array *train, pg_array *test)
{
    memset(train, 0, sizeof *train);
    memset(test, 0, sizeof *test);
}

/* Ends a split: on failure, or after an interrupt, there are no results, and
   the generator is as before. */
static pg_status end_split(pg_array *train, pg_array *test, pg_random *g,
                           const pg_random *before, pg_status status,
                           pg_error *err)
{
    status = pg_unless_interrupted(status, err);
    if (status != PG_OK) {
        *g = *before;
        pg_array_release(train);
        pg_array_release(test);
    }
    return status;
}

/* *out = a copy of n elements of a vector of int64. */
static pg_status copy_part(pg_array *out, const pg_array *a, size_t first,
                           size_t n, pg_error *err)
{
    pg_array part;
    pg_array_rows_view(&part, a, first, n);
    pg_status status = pg_array_copy(out, &part, err);
    pg_array_release(&part);
    return status;
}

pg_status pg_split(pg_array *train, pg_array *test, const pg_split_sizes *sizes,
                   pg_random *g, pg_error *err)
{
    pg_array order;
    pg_random before = *g;
    clear(train, test);
    pg_status status = check_sizes(sizes, err);
    if (status != PG_OK)
        return status;
    status = pg_draw_permutation(&order, sizes->all, g, err);
    if (status == PG_OK)
        status = copy_part(test, &order, 0, sizes->test, err);
    if (status == PG_OK)
        status = copy_part(train, &order, sizes->test, sizes->train, err);
    pg_array_release(&order);
    return end_split(train, test, g, &before, status, err);
}

/* --- classes -------------------------------------------------------------- */

/* The rows by classes: those of class i are order[starts[i]] to
   order[starts[i + 1] - 1], positions from 1 in ascending order. */
typedef struct classes {
    size_t count, rows;
    const int64_t *order;
    size_t *starts;       /* count + 1 */
    size_t *train, *test; /* rows of each class that a part gets */
    int64_t *drawn;       /* room for a permutation of all rows */
    double *remainders;   /* of the classes */
    size_t *tied;         /* classes of equal remainders */
} classes;

/* Tells if the elements at two positions of a sorted dense vector are equal. */
static bool are_equal(const pg_array *a, size_t i, size_t j)
{
    size_t bytes = pg_dtype_size(a->dtype);
    const char *x = (const char *)a->data + i * bytes;
    const char *y = (const char *)a->data + j * bytes;
    if (a->dtype == PG_FLOAT64 || a->dtype == PG_FLOAT32)
        return pg_scalar_load(x, a->dtype).as.f ==
               pg_scalar_load(y, a->dtype).as.f;
    return memcmp(x, y, bytes) == 0;
}

/* The element at an index, as text. */
static void label_text(char *text, size_t room, const pg_array *a, size_t i)
{
    const char *at = (const char *)a->data + i * pg_dtype_size(a->dtype);
    pg_scalar value = pg_scalar_load(at, a->dtype);
    if (value.kind == 'f')
        pg_text(text, room, "%g", value.as.f);
    else if (value.kind == 'i')
        pg_text(text, room, "%lld", (long long)value.as.i);
    else
        pg_text(text, room, "%s", value.as.b ? "true" : "false");
}

/* Finds the classes in labels that are sorted; their number alone where starts
   is NULL. */
static pg_status find_classes(size_t *count, size_t *starts,
                              const pg_array *sorted, pg_error *err)
{
    char text[64];
    size_t n = sorted->shape[0], first = 0;
    *count = 0;
    PG_EACH (i, n) {
        if (i + 1 < n && are_equal(sorted, i, i + 1))
            continue;
        label_text(text, sizeof text, sorted, i);
        if (strcmp(text, "nan") == 0)
            return pg_fail(err, PG_EARG, "stratify: a label is nan");
        if (i == first)
            return pg_fail(err, PG_EARG,
                           "stratify: label %s has one row, and 2 are needed "
                           "to split them",
                           text);
        if (starts)
            starts[*count] = first;
        first = i + 1;
        ++*count;
    }
    if (starts)
        starts[*count] = n;
    return pg_check_interrupt(err);
}

/* --- proportions ---------------------------------------------------------- */

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Adds 1 to the share of each class that has this remainder; of more than
   `most`, random ones. Returns the number of them. */
static size_t add_to_tied(size_t *share, const classes *c, double remainder,
                          const double *remainders, size_t most, pg_random *g)
{
    size_t n = 0;
    PG_EACH (i, c->count)
        if (remainders[i] == remainder)
            c->tied[n++] = i;
    pg_random_permutation(g, c->drawn, n);
    size_t added = pg_size_min(n, most);
    for (size_t i = 0; i < added && !pg_interrupted(); i++)
        share[c->tied[c->drawn[i] - 1]]++;
    return added;
}

/* Deals n rows to the classes, in proportion to left(i) rows of each: what they
   have, less those that are `taken` unless that is NULL. scikit-learn's
   _approximate_mode, with its order of roundings and draws. */
static void deal(size_t *share, const classes *c, const size_t *taken, size_t n,
                 pg_random *g)
{
    double *remainders = c->remainders, *sorted = remainders + c->count;
    size_t sum = 0, dealt = 0;
    PG_EACH (i, c->count) {
        share[i] = c->starts[i + 1] - c->starts[i] - (taken ? taken[i] : 0);
        sum += share[i];
    }
    PG_EACH (i, c->count) {
        double exact = (double)share[i] / (double)sum * (double)n;
        share[i] = (size_t)floor(exact);
        dealt += share[i];
        sorted[i] = remainders[i] = exact - floor(exact);
    }
    if (pg_interrupted())
        return;
    qsort(sorted, c->count, sizeof *sorted, descending);
    for (size_t i = 0; i < c->count && dealt < n && !pg_interrupted(); i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            dealt += add_to_tied(share, c, sorted[i], remainders, n - dealt, g);
}

/* --- the parts ------------------------------------------------------------ */

/* Tells if no class gets more rows than it has: rounding could do that. */
static bool is_possible(const classes *c, const pg_split_sizes *sizes)
{
    size_t train = 0, test = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->train[i] + c->test[i] > c->starts[i + 1] - c->starts[i])
            return false;
        train += c->train[i];
        test += c->test[i];
    }
    return train == sizes->train && test == sizes->test;
}

/* Puts the rows of each class into random order, and deals them to the
   parts. */
static void fill_parts(int64_t *train, int64_t *test, const classes *c,
                       pg_random *g)
{
    for (size_t i = 0; i < c->count && !pg_interrupted(); i++) {
        const int64_t *rows = c->order + c->starts[i];
        pg_random_permutation(g, c->drawn, c->starts[i + 1] - c->starts[i]);
        if (pg_interrupted())
            return;
        for (size_t k = 0; k < c->train[i]; k++)
            *train++ = rows[c->drawn[k] - 1];
        for (size_t k = 0; k < c->test[i]; k++)
            *test++ = rows[c->drawn[c->train[i] + k] - 1];
    }
}

static pg_status check_counts(const classes *c, const pg_split_sizes *s,
                              pg_error *err)
{
    if (s->train < c->count || s->test < c->count)
        return pg_fail(err, PG_EARG,
                       "stratify: %zu rows for %s are fewer than the %zu "
                       "classes",
                       s->train < c->count ? s->train : s->test,
                       s->train < c->count ? "training" : "testing", c->count);
    return PG_OK;
}

static pg_status split_classes(pg_array *train, pg_array *test, classes *c,
                               const pg_array *sorted,
                               const pg_split_sizes *sizes, pg_random *g,
                               pg_error *err)
{
    pg_status status = check_counts(c, sizes, err);
    if (status != PG_OK)
        return status;
    /* count is at most rows, which arrays of 8 bytes each have. */
    size_t words = c->rows + 6 * c->count + 1, bytes = words * 8;
    int64_t *memory = pg_malloc(bytes);
    if (!memory)
        return pg_fail_memory(err, bytes);
    c->drawn = memory;
    c->remainders = (double *)(memory + c->rows);
    c->tied = (size_t *)(c->remainders + 2 * c->count);
    c->train = c->tied + c->count;
    c->test = c->train + c->count;
    c->starts = c->test + c->count;
    status = find_classes(&c->count, c->starts, sorted, err);
    if (status == PG_OK)
        deal(c->train, c, NULL, sizes->train, g);
    status = pg_unless_interrupted(status, err);
    if (status == PG_OK)
        deal(c->test, c, c->train, sizes->test, g);
    status = pg_unless_interrupted(status, err);
    if (status == PG_OK && !is_possible(c, sizes))
        status = pg_fail(err, PG_EARG,
                         "stratify: %zu rows of %zu classes do not split in "
                         "proportion",
                         sizes->all, c->count);
    if (status == PG_OK)
        status = pg_array_new(train, PG_INT64, 1, &sizes->train, err);
    if (status == PG_OK)
        status = pg_array_new(test, PG_INT64, 1, &sizes->test, err);
    if (status == PG_OK) {
        fill_parts(train->data, test->data, c, g);
        status = pg_check_interrupt(err);
    }
    if (status == PG_OK)
        status = pg_shuffle(train, g, err);
    if (status == PG_OK)
        status = pg_shuffle(test, g, err);
    pg_free(memory, bytes);
    return status;
}

pg_status pg_split_stratified(pg_array *train, pg_array *test,
                              const pg_split_sizes *sizes,
                              const pg_array *labels, pg_random *g,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array order, sorted = {0};
    pg_random before = *g;
    clear(train, test);
    pg_status status = check_sizes(sizes, err);
    if (status != PG_OK)
        return status;
    if (labels->ndim != 1 || labels->shape[0] != sizes->all)
        return pg_fail(err, PG_ESHAPE,
                       "stratify needs a label for each of %zu rows, not shape "
                       "%s",
                       sizes->all, pg_shape_text(text, labels));
    classes c = {.rows = sizes->all};
    status = pg_argsort(&order, labels, 0, err);
    if (status == PG_OK)
        status = pg_take(&sorted, labels, &order, 0, err);
    if (status == PG_OK)
        status = find_classes(&c.count, NULL, &sorted, err);
    c.order = order.data;
    if (status == PG_OK)
        status = split_classes(train, test, &c, &sorted, sizes, g, err);
    pg_array_release(&order);
    pg_array_release(&sorted);
    return end_split(train, test, g, &before, status, err);
}
