/* The order in which strided arrays are visited, and its division into jobs. */

#include "array/iterate.h"

#include "base/parallel.h"

/* Elements of a job: enough to be worth a thread, few enough to stay in level 2
   cache. Below two jobs one thread does it all. STRIP: see strip_length. */
enum { JOB_ELEMENTS = 16384, STRIP = 64 };

/* The operands under common axes, the innermost of which is axis 0. */
typedef struct layout {
    int count, ndim; /* operands, axes */
    size_t shape[PG_MAXDIM];
    ptrdiff_t strides[PG_MAXDIM][PG_MAXOPERANDS];
    char *data[PG_MAXOPERANDS];
} layout;

/* True if an axis with these strides and the axis inside it, which was added
   last, are one long axis for all operands. */
static bool merges(const layout *l, const ptrdiff_t *outer)
{
    int inner = l->ndim - 1;
    for (int k = 0; k < l->count; k++)
        if (outer[k] != l->strides[inner][k] * (ptrdiff_t)l->shape[inner])
            return false;
    return true;
}

/* Merges axes, leaving out those of length 1. At least one axis remains. */
static void merge_axes(layout *l, const pg_array *const *operands, int count)
{
    l->count = count;
    l->ndim = 0;
    for (int k = 0; k < count; k++)
        l->data[k] = operands[k]->data;
    for (int i = operands[0]->ndim - 1; i >= 0; i--) {
        size_t length = operands[0]->shape[i];
        if (length == 1)
            continue;
        ptrdiff_t strides[PG_MAXOPERANDS];
        for (int k = 0; k < count; k++)
            strides[k] = operands[k]->strides[i];
        if (l->ndim > 0 && merges(l, strides)) {
            l->shape[l->ndim - 1] *= length;
            continue;
        }
        l->shape[l->ndim] = length;
        for (int k = 0; k < count; k++)
            l->strides[l->ndim][k] = strides[k];
        l->ndim++;
    }
    if (l->ndim == 0) {
        l->shape[0] = 1;
        for (int k = 0; k < count; k++)
            l->strides[0][k] = 0;
        l->ndim = 1;
    }
}

/* A row is all of the inner axis at one index of the outer ones. A job is a
   strip of some consecutive rows. */
typedef struct jobs {
    const layout *layout;
    size_t rows, length; /* length: of a row */
    size_t strip, strips_per_row, rows_per_job;
    pg_inner inner;
    void *context;
} jobs;

/* pg_job */
static void run_job(void *context, size_t job)
{
    const jobs *j = context;
    const layout *l = j->layout;
    const ptrdiff_t *strides = l->strides[0];
    size_t first = job / j->strips_per_row * j->rows_per_job;
    size_t last = pg_size_min(j->rows, first + j->rows_per_job);
    size_t from = job % j->strips_per_row * j->strip;
    size_t n = pg_size_min(j->length, from + j->strip) - from;

    /* The pointers at the first row. */
    size_t index[PG_MAXDIM], at = first;
    char *pointers[PG_MAXOPERANDS];
    for (int k = 0; k < l->count; k++)
        pointers[k] = l->data[k] + (ptrdiff_t)from * strides[k];
    for (int i = 1; i < l->ndim; i++) {
        index[i] = at % l->shape[i];
        at /= l->shape[i];
        for (int k = 0; k < l->count; k++)
            pointers[k] += (ptrdiff_t)index[i] * l->strides[i][k];
    }

    for (size_t row = first; row < last; row++) {
        j->inner(pointers, strides, n, j->context);
        for (int i = 1; i < l->ndim; i++) { /* to the next row */
            bool wraps = ++index[i] == l->shape[i];
            ptrdiff_t steps = wraps ? 1 - (ptrdiff_t)l->shape[i] : 1;
            for (int k = 0; k < l->count; k++)
                pointers[k] += steps * l->strides[i][k];
            if (!wraps)
                break;
            index[i] = 0;
        }
    }
}

static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? 0 - (size_t)stride : (size_t)stride;
}

/* The length of a strip, at most. If elements lie closer together across rows
   than along them, as in a transpose, short strips of many rows use up each
   cache line before it is evicted. */
static size_t strip_length(const layout *l)
{
    for (int k = 0; l->ndim > 1 && k < l->count; k++) {
        ptrdiff_t across = l->strides[1][k];
        if (across && magnitude(across) < magnitude(l->strides[0][k]))
            return STRIP;
    }
    return JOB_ELEMENTS;
}

void pg_iterate(const pg_array *const *operands, int count, pg_inner inner,
                void *context)
{
    pg_assert(count >= 1 && count <= PG_MAXOPERANDS);
    for (int k = 1; k < count; k++)
        pg_assert(pg_array_same_shape(operands[k], operands[0]));
    size_t size = pg_array_size(operands[0]);
    if (size == 0)
        return;
    layout l;
    merge_axes(&l, operands, count);
    jobs j = {.layout = &l, .inner = inner, .context = context};
    j.length = l.shape[0];
    j.rows = size / j.length;
    j.strip = pg_size_min(j.length, strip_length(&l));
    j.strips_per_row = pg_size_divide_up(j.length, j.strip);
    j.rows_per_job = pg_size_max(1, JOB_ELEMENTS / j.strip);
    pg_parallel_for(pg_size_divide_up(j.rows, j.rows_per_job) *
                        j.strips_per_row,
                    size >= 2 * JOB_ELEMENTS, run_job, &j);
}
