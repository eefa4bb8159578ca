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

/* --- topk ----------------------------------------------------------------- */

/* True if x comes before y among the greatest, or the least. For integers the
   tests for NaN are constant. */
#define COMES_BEFORE(x, y, is_largest)                      \
    ((is_largest) ? (x) > (y) || ((x) != (x) && (y) == (y)) \
                  : (x) < (y) || ((x) == (x) && (y) != (y)))

/* Writes the indices of the first k elements of a row of n, in order. They are
   a heap whose root comes last, of which each further element may take the
   place; then the root is taken away k times. Of equal elements the one with
   the lower index comes first. */
#define TOPK(NAME, T, name, kind)                                            \
    static bool later_##NAME(const T *x, int64_t i, int64_t j, bool largest) \
    {                                                                        \
        return COMES_BEFORE(x[j], x[i], largest) ||                          \
               (!COMES_BEFORE(x[i], x[j], largest) && i > j);                \
    }                                                                        \
    static void sift_##NAME(int64_t *heap, size_t size, const T *x,          \
                            bool largest)                                    \
    {                                                                        \
        size_t at = 0;                                                       \
        for (size_t child; (child = 2 * at + 1) < size; at = child) {        \
            if (child + 1 < size &&                                          \
                later_##NAME(x, heap[child + 1], heap[child], largest))      \
                child++;                                                     \
            if (!later_##NAME(x, heap[child], heap[at], largest))            \
                break;                                                       \
            int64_t index = heap[at];                                        \
            heap[at] = heap[child];                                          \
            heap[child] = index;                                             \
        }                                                                    \
    }                                                                        \
    static void topk_##NAME(int64_t *heap, const void *row, size_t n,        \
                            size_t k, bool largest)                          \
    {                                                                        \
        const T *x = row;                                                    \
        for (size_t i = 0; i < k; i++) { /* the latest goes up */            \
            size_t at = i;                                                   \
            heap[at] = (int64_t)i;                                           \
            for (; at > 0 &&                                                 \
                   later_##NAME(x, heap[at], heap[(at - 1) / 2], largest);   \
                 at = (at - 1) / 2) {                                        \
                int64_t index = heap[at];                                    \
                heap[at] = heap[(at - 1) / 2];                               \
                heap[(at - 1) / 2] = index;                                  \
            }                                                                \
        }                                                                    \
        size_t rest = k > 0 ? n - k : 0;                                     \
        PG_EACH (i, rest)                                                    \
            if (COMES_BEFORE(x[k + i], x[heap[0]], largest)) {               \
                heap[0] = (int64_t)(k + i);                                  \
                sift_##NAME(heap, k, x, largest);                            \
            }                                                                \
        for (size_t size = k; size > 1; size--) {                            \
            int64_t index = heap[0];                                         \
            heap[0] = heap[size - 1];                                        \
            heap[size - 1] = index;                                          \
            sift_##NAME(heap, size - 1, x, largest);                         \
        }                                                                    \
    }
PG_DTYPES(TOPK)

/* Writes the indices of the last k of n positions that sort a row, the last
   first; those of equal elements keep their order. */
#define LAST(NAME, T, name, kind)                                        \
    static void last_##NAME(int64_t *out, const int64_t *order,          \
                            const void *row, size_t n, size_t k)         \
    {                                                                    \
        const T *x = row;                                                \
        for (size_t end = n, first, found = 0; found < k; end = first) { \
            T value = x[order[end - 1] - 1];                             \
            first = end - 1;                                             \
            while (first > 0 &&                                          \
                   !COMES_BEFORE(value, x[order[first - 1] - 1], true))  \
                first--;                                                 \
            for (size_t i = first; i < end && found < k; i++)            \
                out[found++] = order[i] - 1;                             \
        }                                                                \
    }
PG_DTYPES(LAST)

/* Dense rows, and the first k elements of each. */
typedef struct top_rows {
    char *values;
    int64_t *positions;
    const char *rows;
    size_t length, k;
    pg_dtype dtype;
    bool is_largest;
    atomic_bool out_of_memory;
} top_rows;

/* The indices of a row's first k elements, of all of its elements in order.
   After an interrupt they are left as they were. */
static void top_by_sorting(top_rows *t, int64_t *out, const char *row)
{
    static void (*const lasts[PG_DTYPE_COUNT])(int64_t *, const int64_t *,
                                               const void *, size_t, size_t) = {
#define X(NAME, ctype, name, kind) last_##NAME,
        PG_DTYPES(X)
#undef X
    };
    size_t bytes = t->length * sizeof(int64_t);
    int64_t *order = pg_malloc(bytes);
    if (!order || !pg_radix_positions(order, row, t->dtype, t->length)) {
        atomic_store(&t->out_of_memory, true);
    } else if (!pg_interrupted()) {
        for (size_t j = 0; !t->is_largest && j < t->k; j++)
            out[j] = order[j] - 1;
        if (t->is_largest)
            lasts[t->dtype](out, order, row, t->length, t->k);
    }
    pg_free(order, bytes);
}

/* pg_job */
static void top_of_row(void *context, size_t i)
{
    static void (*const topks[PG_DTYPE_COUNT])(int64_t *, const void *, size_t,
                                               size_t, bool) = {
#define X(NAME, ctype, name, kind) topk_##NAME,
        PG_DTYPES(X)
#undef X
    };
    enum { MOST_HEAP = 1 << 16 }; /* a larger heap leaves the cache */
    top_rows *t = context;
    size_t size = pg_dtype_size(t->dtype);
    int64_t *positions = t->positions + i * t->k;
    const char *row = t->rows + i * t->length * size;
    char *values = t->values + i * t->k * size;
    if (t->k > MOST_HEAP || (t->k > 64 && t->k > t->length / 16))
        top_by_sorting(t, positions, row);
    else
        topks[t->dtype](positions, row, t->length, t->k, t->is_largest);
    if (atomic_load(&t->out_of_memory) || pg_interrupted())
        return;
    PG_EACH (j, t->k) {
        memcpy(values + j * size, row + (size_t)positions[j] * size, size);
        positions[j]++;
    }
}

/* Moves the last axis of *a back to `axis`. */
static void move_back(pg_array *a, int axis)
{
    pg_array view = *a;
    pg_move_axis_view(a, &view, view.ndim - 1, axis);
    pg_array_release(&view);
}

pg_status pg_topk(pg_array *values, pg_array *positions, const pg_array *a,
                  size_t k, int axis, bool is_largest, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t shape[PG_MAXDIM];
    pg_array rows;
    memset(values, 0, sizeof *values);
    memset(positions, 0, sizeof *positions);
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    if (k > a->shape[axis])
        return pg_fail(err, PG_EARG,
                       "topk: there are no %zu elements along axis %d of shape "
                       "%s",
                       k, axis + 1, pg_shape_text(text, a));
    status = copy_moved(&rows, a, axis, a->ndim - 1, err);
    memcpy(shape, rows.shape, sizeof shape);
    shape[a->ndim - 1] = k;
    if (status == PG_OK)
        status = pg_array_new(values, a->dtype, a->ndim, shape, err);
    if (status == PG_OK)
        status = pg_array_new(positions, PG_INT64, a->ndim, shape, err);
    if (status == PG_OK) {
        size_t n = pg_array_size(a), length = a->shape[axis];
        top_rows t = {.values = values->data,
                      .positions = positions->data,
                      .rows = rows.data,
                      .length = length,
                      .k = k,
                      .dtype = a->dtype,
                      .is_largest = is_largest};
        pg_parallel_for(length ? n / length : 0, n > 65536, top_of_row, &t);
        move_back(values, axis);
        move_back(positions, axis);
        if (atomic_load(&t.out_of_memory))
            status = pg_fail_memory(err, length * sizeof(int64_t));
    }
    pg_array_release(&rows);
    status = pg_array_end(values, status, err);
    if (status != PG_OK)
        pg_array_release(positions);
    return status;
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
