/* The statistics of dropout's masks: how many elements are dropped, and that
   rows, units, iterations, layers and keys next to each other have nothing in
   common. */
#include "test.h"

#include <math.h>

enum { ROWS = 256, UNITS = 100, COUNT = ROWS * UNITS };

/* Differences are counted in standard deviations; of some 500 that are looked
   at, the largest is expected to be near 3. */
static const double MOST = 4.5;

/* 1 for an element that stays, else 0. */
static void make_mask(float *mask, const pg_drop *drop)
{
    for (size_t i = 0; i < COUNT; i++)
        mask[i] = 1;
    pg_kernels_for(PG_FLOAT32)->drop(mask, mask, drop, ROWS, UNITS);
    for (size_t i = 0; i < COUNT; i++)
        mask[i] = mask[i] > 0;
}

/* The deviation of the mean of n elements, `step` apart, from 1 - p. */
static void expect_mean(const char *of, const float *mask, size_t n,
                        size_t step, double p)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)mask[i * step];
    double deviation =
        (sum - (double)n * (1 - p)) / sqrt((double)n * p * (1 - p));
    if (fabs(deviation) > MOST)
        fail("dropout of %g: the mean of %s is %.1f standard deviations off", p,
             of, deviation);
}

/* The correlation of n pairs of elements. */
static void expect_unrelated(const char *of, const float *a, const float *b,
                             size_t n, double p)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - (1 - p)) * ((double)b[i] - (1 - p));
    double deviation = sum / (p * (1 - p) * sqrt((double)n));
    if (fabs(deviation) > MOST)
        fail("dropout of %g: %s are correlated by %.1f standard deviations", p,
             of, deviation);
}

static void test_masks(double p, uint64_t key)
{
    static float mask[COUNT], other[COUNT];
    const pg_drop here = {.p = p, .key = key, .iteration = 1};
    pg_drop there = here;
    make_mask(mask, &here);
    expect_mean("all", mask, COUNT, 1, p);
    for (size_t i = 0; i < ROWS; i += 7)
        expect_mean("a row", mask + i * UNITS, UNITS, 1, p);
    for (size_t j = 0; j < UNITS; j += 7)
        expect_mean("a unit", mask + j, ROWS, UNITS, p);
    expect_unrelated("units", mask, mask + 1, COUNT - 1, p);
    expect_unrelated("units 16 apart", mask, mask + 16, COUNT - 16, p);
    expect_unrelated("rows", mask, mask + UNITS, COUNT - UNITS, p);
    expect_unrelated("rows and units", mask, mask + UNITS + 1,
                     COUNT - UNITS - 1, p);
    there.first = ROWS;
    make_mask(other, &there);
    expect_unrelated("blocks", mask, other, COUNT, p);
    there.first = (uint64_t)1 << 32;
    make_mask(other, &there);
    expect_unrelated("rows 2^32 apart", mask, other, COUNT, p);
    there = here;
    there.layer++;
    make_mask(other, &there);
    expect_unrelated("layers", mask, other, COUNT, p);
    there = here;
    there.iteration++;
    make_mask(other, &there);
    expect_unrelated("iterations", mask, other, COUNT, p);
    there = here;
    there.key++;
    make_mask(other, &there);
    expect_unrelated("keys", mask, other, COUNT, p);
    there.key = here.iteration; /* the two change places */
    there.iteration = here.key;
    make_mask(other, &there);
    if (there.key != here.key)
        expect_unrelated("a key and an iteration", mask, other, COUNT, p);
}

/* A part of a step has the elements of the whole step. */
static void test_blocks(void)
{
    static float mask[COUNT], later[COUNT];
    pg_drop drop = {.p = 0.3, .key = 8, .iteration = 5};
    make_mask(mask, &drop);
    drop.first = 100;
    make_mask(later, &drop);
    for (size_t i = 0; i < (ROWS - 100) * UNITS; i++)
        if (later[i] != mask[100 * UNITS + i])
            fail("dropout: row %zu of a later block differs", i / UNITS);
}

/* Probabilities that are nearly 0 and 1. */
static void test_edges(void)
{
    static float mask[COUNT];
    pg_error err;
    pg_dropout dropout = {.p = {0x1p-40, 1 - 0x1p-50}};
    make_mask(mask, &(pg_drop){.p = dropout.p[0]});
    for (size_t i = 0; i < COUNT; i++)
        if (mask[i] != 1)
            fail("dropout of 2^-40 drops element %zu", i);
    make_mask(mask, &(pg_drop){.p = dropout.p[1]});
    for (size_t i = 0; i < COUNT; i++)
        if (mask[i] != 0)
            fail("dropout of 1 - 2^-50 keeps element %zu", i);
    if (pg_dropout_check(&dropout, 3, &err) != PG_OK)
        fail("%s", err.message);
    dropout.p[1] = 1;
    if (pg_dropout_check(&dropout, 2, &err) != PG_OK)
        fail("dropout: the last layer is no hidden one");
    if (pg_dropout_check(&dropout, 3, &err) != PG_EARG)
        fail("dropout of 1 is not refused");
    dropout.p[1] = (double)NAN;
    if (pg_dropout_check(&dropout, 3, &err) != PG_EARG)
        fail("dropout of NaN is not refused");
}

void test_dropout(void)
{
    static const double probabilities[] = {0.01, 0.2, 0.5, 0.9};
    static const uint64_t keys[] = {0, 1, (uint64_t)1 << 52};
    for (size_t i = 0; i < sizeof probabilities / sizeof *probabilities; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            test_masks(probabilities[i], keys[j]);
    test_blocks();
    test_edges();
}
