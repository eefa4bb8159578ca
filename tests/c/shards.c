/* Sums over shards beside a naive twin, which cuts the rows by the rule of
   shards.h and adds the tree up by recursion, on one thread. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "ranks.h"
#include "train/shards.h"

enum { INPUTS = 700, UNITS = 50 }; /* more than one piece of the gradients */

/* Adds up numbers that stand for the losses and gradients of rows. Their sums
   are rounded, so that another order has other bits: pg_block_work. */
static double add_rows(void *context, const pg_workspace *w,
                       pg_gradients *gradients, size_t first, size_t n)
{
    const pg_layout *layout = context;
    double loss = 0, *buffer = gradients->buffer;
    (void)w;
    if (gradients->is_empty)
        memset(buffer, 0, layout->count * sizeof *buffer);
    gradients->is_empty = false;
    for (size_t i = first; i < first + n; i++)
        loss += 1 / (1 + (double)(i % 1009));
    for (size_t e = 0; e < layout->count; e++)
        buffer[e] += loss * (double)(1 + e % 7);
    return loss;
}

/* --- the naive twin ------------------------------------------------------- */

static size_t naive_count(size_t n, pg_cut cut)
{
    size_t units = (n + 127) / 128, count;
    if (cut == PG_CUT_BATCH)
        count = n <= 64 ? 1 : n <= 512 ? 2 : (n + 255) / 256;
    else
        for (count = 16; count * 16 < units;)
            count *= 2;
    if (cut == PG_CUT_ALL_ROWS && count > units)
        count = units;
    return count > 1024 ? 1024 : count < 1 ? 1 : count;
}

/* Sums shards first .. first + width - 1 of the tree, width a power of two. */
static double naive_sum(double *sum, const pg_layout *layout, size_t n,
                        pg_cut cut, size_t first, size_t width)
{
    size_t count = naive_count(n, cut), middle = first + width / 2;
    pg_gradients gradients = {.buffer = sum, .is_empty = true};
    if (width == 1) {
        size_t row = pg_shards_first_row(n, cut, first);
        size_t end = pg_shards_first_row(n, cut, first + 1), most;
        double loss = 0;
        for (; row < end; row += most) {
            most = pg_workspace_rows(layout);
            most = most < end - row ? most : end - row;
            loss += add_rows((void *)layout, NULL, &gradients, row, most);
        }
        return loss;
    }
    double loss = naive_sum(sum, layout, n, cut, first, width / 2);
    if (middle >= count)
        return loss;
    size_t bytes = layout->count * sizeof *sum;
    double *right = pg_malloc(bytes);
    loss += naive_sum(right, layout, n, cut, middle, width / 2);
    for (size_t e = 0; e < layout->count; e++)
        sum[e] += right[e];
    pg_free(right, bytes);
    return loss;
}

/* --- tests ---------------------------------------------------------------- */

static void check_rule(void)
{
    static const struct {
        size_t n;
        pg_cut cut;
        size_t count;
    } rule[] = {
        {1, PG_CUT_ALL_ROWS, 1},
        {128, PG_CUT_ALL_ROWS, 1},
        {129, PG_CUT_ALL_ROWS, 2},
        {2048, PG_CUT_ALL_ROWS, 16},
        {32768, PG_CUT_ALL_ROWS, 16},
        {32769, PG_CUT_ALL_ROWS, 32},
        {60000, PG_CUT_ALL_ROWS, 32},
        {1000000, PG_CUT_ALL_ROWS, 512},
        {100000000, PG_CUT_ALL_ROWS, 1024},
        {64, PG_CUT_BATCH, 1},
        {65, PG_CUT_BATCH, 2},
        {512, PG_CUT_BATCH, 2},
        {513, PG_CUT_BATCH, 3},
        {60000, PG_CUT_BATCH, 235},
        {1000000, PG_CUT_BATCH, 1024},
    };
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
        size_t n = rule[i].n, count = pg_shards_count(n, rule[i].cut);
        if (count != rule[i].count)
            fail("%zu rows have %zu shards, not %zu", n, count, rule[i].count);
        for (size_t k = 0; k < count; k++)
            if (pg_shards_first_row(n, rule[i].cut, k) >=
                pg_shards_first_row(n, rule[i].cut, k + 1))
                fail("shard %zu of %zu rows is empty", k, n);
        if (pg_shards_first_row(n, rule[i].cut, count) != n)
            fail("the shards of %zu rows end elsewhere", n);
    }
}

/* T (1 + log2(shards / T)) + T - 1, for powers of two. */
static size_t most_partials(size_t shards, size_t threads)
{
    size_t workers = threads < shards ? threads : shards, tops = 1, levels = 1;
    while (tops < workers)
        tops *= 2;
    for (size_t width = tops; width < shards; width *= 2)
        levels++;
    return workers * levels + tops - 1;
}

static void check_sum(const pg_layout *layout, const pg_rows *rows, size_t n,
                      pg_cut cut)
{
    static const int threads[] = {1, 2, 3, 8, 64};
    size_t bytes = layout->count * sizeof(double), width = 1;
    size_t count = naive_count(n, cut);
    double *expected = pg_malloc(bytes);
    pg_error err;
    while (width < count)
        width *= 2;
    double expected_loss = naive_sum(expected, layout, n, cut, 0, width);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        pg_shards s = {.layout = layout, .rows = rows, .sums_gradients = true};
        pg_shard_run all = pg_shards_all(n, cut);
        need(pg_set_threads(threads[i], &err), &err);
        for (int run = 0; run < 2; run++) {
            need(pg_shards_run(&s, &all, add_rows, (void *)layout, &err), &err);
            if (s.sum_count != 1 || s.sums[0].loss != expected_loss ||
                memcmp(s.sums[0].gradients, expected, bytes) != 0)
                fail("the sum of %zu rows in %zu shards on %d threads differs",
                     n, count, threads[i]);
        }
        if (s.partials > most_partials(count, (size_t)threads[i]))
            fail("%zu shards on %d threads took %zu partial sums", count,
                 threads[i], s.partials);
        pg_shards_free(&s);
    }
    pg_free(expected, bytes);
}

/* What ranks are to add up, and what comes of it. */
typedef struct shared_sum {
    const pg_layout *layout;
    const pg_rows *rows;
    size_t n;
    pg_cut cut;
    double loss;
    const double *gradients;
    int failing; /* a rank that has failed before; -1: none */
} shared_sum;

/* The number of all ranks' sums. */
static size_t sums_of_all(const shared_sum *s, const pg_sum_tree *tree,
                          int ranks)
{
    size_t sums = 0;
    for (int r = 0; r < ranks; r++) {
        pg_shard_run run = pg_shards_of_rank(s->n, s->cut, r, ranks);
        sums += pg_sum_tree_tops(tree, run.first, run.end);
    }
    return sums;
}

static void add_up_in_rank(void *context, pg_comm *comm)
{
    const shared_sum *s = context;
    pg_shards shards = {
        .layout = s->layout, .rows = s->rows, .sums_gradients = true};
    pg_sum_buffers buffers = {0};
    pg_shard_run run = pg_shards_of_rank(s->n, s->cut, comm->rank, comm->size);
    pg_sum_tree tree = pg_sum_tree_of(pg_shards_count(s->n, s->cut));
    pg_error err;
    double loss;
    need(pg_shards_run(&shards, &run, add_rows, (void *)s->layout, &err), &err);
    if (shards.sum_count != pg_sum_tree_tops(&tree, run.first, run.end))
        fail("rank %d of %d has %zu sums", comm->rank, comm->size,
             shards.sum_count);
    pg_rank_sums own = {.sums = shards.sums,
                        .n = shards.sum_count,
                        .of_all = sums_of_all(s, &tree, comm->size),
                        .count = s->layout->count,
                        .dtype = PG_FLOAT64};
    if (comm->rank == s->failing)
        own.status = pg_fail(&err, PG_EARG, "oh no");
    double *total = pg_shards_room(&shards);
    pg_status status =
        pg_sums_exchange(&loss, total, comm, &buffers, &tree, &own, &err);
    if (s->failing >= 0) {
        char expected[40];
        snprintf(expected, sizeof expected,
                 comm->rank == s->failing ? "oh no" : "rank %d: oh no",
                 s->failing);
        if (status != PG_EARG || strcmp(err.message, expected) != 0)
            fail("rank %d hears '%s'", comm->rank, err.message);
    } else if (status != PG_OK || loss != s->loss ||
               memcmp(total, s->gradients, s->layout->count * sizeof *total) !=
                   0)
        fail("the sum of %zu rows by rank %d of %d differs", s->n, comm->rank,
             comm->size);
    pg_sum_buffers_free(&buffers);
    pg_shards_free(&shards);
}

/* The sums of ranks are those of one process, and an error of one that of all.
 */
static void check_ranks(const pg_layout *layout, const pg_rows *rows, size_t n,
                        pg_cut cut)
{
    static const int ranks[] = {1, 2, 3, 8, 40};
    size_t bytes = layout->count * sizeof(double), width = 1;
    double *expected = pg_malloc(bytes);
    pg_error err;
    while (width < naive_count(n, cut))
        width *= 2;
    shared_sum s = {.layout = layout, .rows = rows, .n = n, .cut = cut};
    s.loss = naive_sum(expected, layout, n, cut, 0, width);
    s.gradients = expected;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            need(pg_set_threads(threads, &err), &err);
            s.failing = -1;
            run_ranks(ranks[i], add_up_in_rank, &s);
            s.failing = ranks[i] / 2;
            run_ranks(ranks[i], add_up_in_rank, &s);
        }
    pg_free(expected, bytes);
}

void test_shards(void)
{
    static const size_t all_rows[] = {1, 100, 128, 300, 2048, 5000, 40000};
    static const size_t batches[] = {1, 64, 65, 512, 513, 3333};
    pg_array x, W, b;
    pg_layout layout;
    pg_rows rows;
    pg_error err;
    int before = pg_threads();
    need(pg_array_zeros(&x, PG_FLOAT64, 2, (size_t[]){1, INPUTS}, &err), &err);
    need(pg_array_zeros(&W, PG_FLOAT64, 2, (size_t[]){UNITS, INPUTS}, &err),
         &err);
    need(pg_array_zeros(&b, PG_FLOAT64, 2, (size_t[]){1, UNITS}, &err), &err);
    pg_network network = {.layers = 1, .W = {&W}, .b = {&b}};
    pg_layout_of(&layout, &network);
    pg_rows_view(&rows, &x, 1, PG_FLOAT64);
    check_rule();
    for (size_t i = 0; i < sizeof all_rows / sizeof *all_rows; i++)
        check_sum(&layout, &rows, all_rows[i], PG_CUT_ALL_ROWS);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        check_sum(&layout, &rows, batches[i], PG_CUT_BATCH);
    check_ranks(&layout, &rows, 300, PG_CUT_ALL_ROWS);
    check_ranks(&layout, &rows, 5000, PG_CUT_ALL_ROWS);
    check_ranks(&layout, &rows, 40000, PG_CUT_ALL_ROWS);
    check_ranks(&layout, &rows, 512, PG_CUT_BATCH);
    check_ranks(&layout, &rows, 3333, PG_CUT_BATCH);
    need(pg_set_threads(before, &err), &err);
    pg_rows_release(&rows);
    pg_array_release(&x);
    pg_array_release(&W);
    pg_array_release(&b);
}
