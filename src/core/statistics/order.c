/* Order statistics of long rows by sampling: two elements of a sorted sample
   lie around the rank with high probability. One pass counts what is below them
   and keeps what is between; that is little, and is sorted. Where the rank is
   not between them, the whole row is sorted. (Floyd and Rivest, "Expected time
   bounds for selection", CACM 18, 1975.) */

#include "statistics/order.h"

#include <math.h>
#include <string.h>

#include "array/cast.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/radix.h"

/* Rows of less than SHORT elements are searched by quickselect: parts of at
   most FEW elements are sorted by insertion, and a row is sorted after
   MOST_ROUNDS. PIECE: the elements of a job. */
enum { SHORT = 20000, FEW = 16, MOST_ROUNDS = 50, PIECE = 65536 };

/* A job's counts of what is below and at each of the two bounds. */
typedef struct counts {
    size_t below_low, up_to_low, up_to_high;
    size_t kept; /* between the bounds */
    bool has_nan;
} counts;

#define IS_NAN(x) ((x) != (x))

#define PG_TEMPLATE "statistics/order_template.h"
#include "array/each_dtype.h"

/* The loops of a dtype. */
typedef struct order_loops {
    void (*draw)(void *sample, size_t m, const void *x, size_t n);
    void (*set_limits)(void *bounds);
    void (*partition)(counts *c, void *kept, const void *x, size_t n,
                      const void *bounds);
    bool (*has_nan)(const void *row, size_t n);
    bool (*select)(void *row, size_t n, size_t rank);
    void (*least_first)(void *row, size_t n);
} order_loops;

static const order_loops loops[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind)                                      \
    [PG_##NAME] = {draw_##NAME,    set_limits_##NAME, partition_##NAME, \
                   has_nan_##NAME, select_##NAME,     least_first_##NAME},
    PG_DTYPES(X)
#undef X
};

bool pg_order_begin(pg_order *order)
{
    size_t size = pg_dtype_size(order->dtype);
    pg_assert(order->n > 0);
    order->is_sorted = order->is_copied = false;
    order->scratch = pg_malloc(order->n * size);
    return order->scratch != NULL;
}

void pg_order_end(pg_order *order)
{
    pg_free(order->scratch, order->n * pg_dtype_size(order->dtype));
    order->scratch = NULL;
}

static double element(const pg_order *order, const void *elements, size_t i)
{
    double x;
    size_t size = pg_dtype_size(order->dtype);
    pg_cast(PG_FLOAT64, (char *)&x, sizeof x, order->dtype,
            (const char *)elements + i * size, (ptrdiff_t)size, 1);
    return x;
}

/* scratch = the row. */
static void copy_row(pg_order *order)
{
    if (!order->is_copied)
        pg_copy_bytes(order->scratch, order->elements,
                      order->n * pg_dtype_size(order->dtype));
    order->is_copied = true;
}

static bool sort_row(pg_order *order)
{
    order->is_copied = false; /* scratch may hold parts of the row */
    copy_row(order);
    order->is_sorted =
        pg_radix_sort(order->scratch, order->dtype, order->n, order->threads);
    return order->is_sorted;
}

/* Finds the pair in a short row. false: the row must be sorted. */
static bool select_pair(double pair[2], pg_order *order, size_t lower,
                        size_t upper)
{
    const order_loops *l = &loops[order->dtype];
    size_t size = pg_dtype_size(order->dtype), n = order->n;
    char *scratch = order->scratch;
    if (!order->is_copied && l->has_nan(order->elements, n)) {
        pair[0] = pair[1] = (double)NAN;
        return true;
    }
    copy_row(order);
    if (!l->select(scratch, n, lower))
        return false;
    if (upper > lower)
        l->least_first(scratch + upper * size, n - upper);
    pair[0] = element(order, scratch, lower);
    pair[1] = element(order, scratch, upper);
    return true;
}

/* bounds = two elements around the rank, by a sorted sample, or the dtype's
   limits where the sample ends. false: no memory. */
static bool choose_bounds(void *bounds, const pg_order *order, size_t rank)
{
    size_t size = pg_dtype_size(order->dtype);
    double n = (double)order->n;
    size_t m = (size_t)cbrt(n * n);
    char *sample = pg_malloc(m * size);
    if (!sample)
        return false;
    loops[order->dtype].draw(sample, m, order->elements, order->n);
    loops[order->dtype].set_limits(bounds);
    bool is_sorted = pg_radix_sort(sample, order->dtype, m, 1);
    /* The rank in the sample deviates by sqrt(m) / 2 at most: this is four
       times as far. */
    size_t margin = (size_t)(2 * sqrt((double)m)) + 1;
    size_t at = (size_t)((double)rank / n * (double)m);
    if (at >= margin)
        memcpy(bounds, sample + (at - margin) * size, size);
    if (at + margin < m)
        memcpy((char *)bounds + size, sample + (at + margin) * size, size);
    pg_free(sample, m * size);
    return is_sorted;
}

/* The row in pieces. Piece p keeps its elements at p * PIECE of scratch. */
typedef struct partition {
    const pg_order *order;
    counts *counts;
    const void *bounds;
} partition;

/* pg_job */
static void partition_piece(void *context, size_t p)
{
    const partition *part = context;
    const pg_order *order = part->order;
    size_t offset = p * PIECE, size = pg_dtype_size(order->dtype);
    loops[order->dtype].partition(
        &part->counts[p], (char *)order->scratch + offset * size,
        (const char *)order->elements + offset * size,
        pg_size_min(PIECE, order->n - offset), part->bounds);
}

/* *sum = the counts of all pieces, whose kept elements move together. false: no
   memory. */
static bool partition_row(counts *sum, const pg_order *order,
                          const void *bounds)
{
    size_t pieces = pg_size_divide_up(order->n, PIECE);
    size_t size = pg_dtype_size(order->dtype);
    counts *each = pg_malloc(pieces * sizeof *each);
    if (!each)
        return false;
    memset(each, 0, pieces * sizeof *each); /* an interrupt may leave some */
    pg_parallel_for(pieces, order->threads > 1, partition_piece,
                    &(partition){order, each, bounds});
    *sum = (counts){0};
    char *scratch = order->scratch;
    for (size_t p = 0; p < pieces; p++) {
        memmove(scratch + sum->kept * size, scratch + p * PIECE * size,
                each[p].kept * size);
        sum->below_low += each[p].below_low;
        sum->up_to_low += each[p].up_to_low;
        sum->up_to_high += each[p].up_to_high;
        sum->kept += each[p].kept;
        sum->has_nan = sum->has_nan || each[p].has_nan;
    }
    pg_free(each, pieces * sizeof *each);
    return pg_radix_sort(scratch, order->dtype, sum->kept, order->threads);
}

/* *x = the element of the rank; false if it is not between the bounds. */
static bool find_rank(double *x, const pg_order *order, const counts *c,
                      const void *bounds, size_t rank)
{
    if (c->has_nan)
        *x = (double)NAN;
    else if (rank < c->below_low || rank >= c->up_to_high)
        return false;
    else if (rank < c->up_to_low)
        *x = element(order, bounds, 0);
    else if (rank < c->up_to_low + c->kept)
        *x = element(order, order->scratch, rank - c->up_to_low);
    else
        *x = element(order, bounds, 1);
    return true;
}

/* Finds the pair in a long row. *found = false: the row must be sorted. Returns
   false if there is no memory. */
static bool bracket_pair(double pair[2], bool *found, const pg_order *order,
                         size_t lower, size_t upper)
{
    counts c;
    double bounds[2]; /* room for two elements of any dtype */
    *found = false;
    if (!choose_bounds(bounds, order, lower) ||
        !partition_row(&c, order, bounds))
        return false;
    *found = find_rank(&pair[0], order, &c, bounds, lower) &&
             find_rank(&pair[1], order, &c, bounds, upper);
    return true;
}

bool pg_order_pair(double pair[2], pg_order *order, size_t lower, size_t upper)
{
    pg_assert(lower <= upper && upper < order->n);
    bool found = false;
    if (!order->is_sorted && !order->sorts) {
        if (order->n < SHORT)
            found = select_pair(pair, order, lower, upper);
        else if (!bracket_pair(pair, &found, order, lower, upper))
            return false;
    }
    if (found)
        return true;
    if (!order->is_sorted && !sort_row(order))
        return false;
    double last = element(order, order->scratch, order->n - 1);
    pair[0] = isnan(last) ? last : element(order, order->scratch, lower);
    pair[1] = isnan(last) ? last : element(order, order->scratch, upper);
    return true;
}
