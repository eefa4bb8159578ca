/* Sorting along an axis, by a radix sort of each row. */

#include "ops/sort.h"

#include <stdatomic.h>
#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/radix.h"

/* *out = a dense copy of a, with axis `from` moved to `to`. */
static pg_status copy_moved(pg_array *out, const pg_array *a, int from, int to,
                            pg_error *err)
{
    pg_array view;
    pg_move_axis_view(&view, a, from, to);
    pg_status status = pg_array_copy(out, &view, err);
    pg_array_release(&view);
    return status;
}

/* Dense rows to sort, each of `length` elements, or their positions (NULL:
   none), as argsort gives them. Many rows are a job each; few are sorted one
   after the other, each by several threads. */
typedef struct row_set {
    char *elements;
    int64_t *positions;
    pg_dtype dtype;
    size_t length;
    int threads; /* of each sort */
    atomic_bool out_of_memory;
} row_set;

/* pg_job */
static void sort_row(void *context, size_t i)
{
    row_set *r = context;
    char *row = r->elements + i * r->length * pg_dtype_size(r->dtype);
    bool sorted = r->positions
                      ? pg_radix_positions(r->positions + i * r->length, row,
                                           r->dtype, r->length)
                      : pg_radix_sort(row, r->dtype, r->length, r->threads);
    if (!sorted)
        atomic_store(&r->out_of_memory, true);
}

static pg_status sort_rows(const pg_array *elements, const pg_array *positions,
                           size_t length, pg_error *err)
{
    size_t n = pg_array_size(elements), count = length ? n / length : 0;
    enum { PIECE = 65536 }; /* fewer elements are not worth a second thread */
    bool many = count >= (size_t)pg_threads();
    row_set r = {.elements = elements->data,
                 .positions = positions->data,
                 .dtype = elements->dtype,
                 .length = length,
                 .threads = many ? 1 : pg_threads()};
    pg_parallel_for(count, many && n > PIECE, sort_row, &r);
    if (atomic_load(&r.out_of_memory))
        return pg_fail_memory(err, pg_array_bytes(elements));
    return pg_check_interrupt(err);
}

static pg_status sort_along(pg_array *out, const pg_array *a, int axis,
                            bool want_positions, pg_error *err)
{
    pg_array rows, positions = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    status = copy_moved(&rows, a, axis, a->ndim - 1, err);
    if (status == PG_OK && want_positions)
        status = pg_array_new(&positions, PG_INT64, rows.ndim, rows.shape, err);
    if (status == PG_OK)
        status = sort_rows(&rows, &positions, a->shape[axis], err);
    const pg_array *sorted = want_positions ? &positions : &rows;
    if (status == PG_OK && axis + 1 == a->ndim)
        pg_array_view(out, sorted);
    else if (status == PG_OK)
        status = copy_moved(out, sorted, a->ndim - 1, axis, err);
    pg_array_release(&rows);
    pg_array_release(&positions);
    return status;
}

pg_status pg_sort(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return sort_along(out, a, axis, false, err);
}

pg_status pg_argsort(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return sort_along(out, a, axis, true, err);
}

/* --- unique --------------------------------------------------------------- */

/* Keeps one of equal elements of n sorted ones; returns how many are left. */
#define UNIQUE(NAME, T, name, kind)                             \
    static size_t unique_##NAME(void *sorted, size_t n)         \
    {                                                           \
        T *x = sorted;                                          \
        size_t kept = n > 0;                                    \
        PG_EACH (i, n) {                                        \
            T last = x[kept - 1];                               \
            if (x[i] != last && (x[i] == x[i] || last == last)) \
                x[kept++] = x[i];                               \
        }                                                       \
        return kept;                                            \
    }
PG_DTYPES(UNIQUE)

pg_status pg_unique(pg_array *out, const pg_array *a, pg_error *err)
{
    static size_t (*const uniques[PG_DTYPE_COUNT])(void *, size_t) = {
#define X(NAME, ctype, name, kind) unique_##NAME,
        PG_DTYPES(X)
#undef X
    };
    pg_array flat, sorted = {0};
    size_t size = pg_array_size(a);
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_reshape(&flat, a, 1, &size, err);
    if (status == PG_OK)
        status = pg_sort(&sorted, &flat, 0, err);
    if (status == PG_OK) {
        sorted.shape[0] = uniques[a->dtype](sorted.data, size);
        status = pg_array_copy(out, &sorted, err); /* checks for an interrupt */
    }
    pg_array_release(&flat);
    pg_array_release(&sorted);
    return status;
}
