/*
 * results.h -- the arrays into which a function of networks writes its results,
 * checked before anything is written.
 */
#ifndef PG_RESULTS_H
#define PG_RESULTS_H

#include "network/network.h"

enum { PG_MOST_NAMED = 5 * PG_MAX_LAYERS + 2 };

/* An array and its name: the letters and the number; no number for 0. */
typedef struct pg_named {
    const pg_array *array;
    const char *letters;
    int number;
} pg_named;

typedef struct pg_result {
    pg_array *array;
    size_t shape[2];
    bool is_new; /* pg_results_make made it */
} pg_result;

/* Zeroed but for dtype. */
typedef struct pg_results {
    pg_dtype dtype;
    int named_count, count;
    pg_named named[PG_MOST_NAMED]; /* inputs, and the results so far */
    pg_result results[2 * PG_MAX_LAYERS];
} pg_results;

/* Adds an input, with which no result may share elements. */
void pg_results_add_input(pg_results *r, const pg_array *a, const char *letters,
                          int number);
void pg_results_add_network(pg_results *r, const pg_network *network);

/* Adds a result of the shape (rows, columns). An array that has elements must
   be of that shape and of the results' dtype, contiguous, and share no element
   with the arrays added before: PG_ESHAPE, PG_EDTYPE or PG_EARG, by the name
   "out.LETTERSNUMBER". An empty array is left to pg_results_make. */
pg_status pg_results_add(pg_results *r, pg_array *out, const char *letters,
                         int number, size_t rows, size_t columns,
                         pg_error *err);

/* Makes those that are empty, and tells the storage of the others that it is
   written to. */
pg_status pg_results_make(pg_results *r, pg_error *err);

/* Returns status; where it is an error, releases those that were made. */
pg_status pg_results_end(pg_results *r, pg_status status);

#endif
