/*
 * split.h -- rows in random order, split into those for training and for
 * testing, as scikit-learn's train_test_split does: the same seed gives the
 * same rows.
 */
#ifndef PG_SPLIT_H
#define PG_SPLIT_H

#include "array/array.h"
#include "ops/random.h"

/* The numbers of rows: train and test are at least 1, and together at most
   all. */
typedef struct pg_split_sizes {
    size_t all, train, test;
} pg_split_sizes;

/* *train, *test (int64) = positions from 1. PG_EARG for other sizes. */
pg_status pg_split(pg_array *train, pg_array *test, const pg_split_sizes *sizes,
                   pg_random *g, pg_error *err);

/* The same, with each class as often in both as in labels (all), but for
   rounding, which ties decide at random. PG_ESHAPE for labels of another shape,
   PG_EARG for NaN, a class with less than 2 rows, and fewer rows in a part than
   there are classes.

   StratifiedShuffleSplit: the rows of a part are dealt to the classes in
   proportion, rounded down, and one more to those of the largest remainders;
   the rows of each class are put into random order, and in the end those of
   each part. */
pg_status pg_split_stratified(pg_array *train, pg_array *test,
                              const pg_split_sizes *sizes,
                              const pg_array *labels, pg_random *g,
                              pg_error *err);

#endif
