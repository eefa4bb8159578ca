#include "array/iterate.h"

#include "base/parallel.h"

/* Pieces that threads take: long enough to be worth taking, short enough to
   stay in level 2 cache. Below two of them one thread does it all. A tile is a
   piece's width where rows are walked across. */
enum { PIECE = 16384, TILE = 64 };

typedef struct walk {
    int count, ndim; /* operands; axes, of which the last is the inner one */
    size_t shape[PG_MAXDIM];
    ptrdiff_t strides[PG_MAXDIM][PG_MAXOPERANDS];
    char *data[PG_MAXOPERANDS];
} walk;

/* Whether axis i of the operands, followed by an axis of w, is one long axis:
   a step of it is all of the steps behind it. */
static bool merges(const walk *w, const ptrdiff_t *outer)
{
    int inner = w->ndim - 1;
    for (int k = 0; k < w->count; k++)
        if (outer[k] != w->strides[inner][k] * (ptrdiff_t)w->shape[inner])
            return false;
    return true;
}

static void reverse_axes(walk *w)
{
    for (int i = 0, j = w->ndim - 1; i < j; i++, j--) {
        size_t length = w->shape[i];
        w->shape[i] = w->shape[j];
        w->shape[j] = length;
        for (int k = 0; k < w->count; k++) {
            ptrdiff_t stride = w->strides[i][k];
            w->strides[i][k] = w->strides[j][k];
            w->strides[j][k] = stride;
        }
    }
}

static void plan_walk(walk *w, const pg_array *const *operands, int count)
{
    w->count = count;
    w->ndim = 0;
    for (int k = 0; k < count; k++)
        w->data[k] = operands[k]->data;
    for (int i = operands[0]->ndim - 1; i >= 0; i--) {
        size_t length = operands[0]->shape[i];
        if (length == 1)
            continue;
        ptrdiff_t strides[PG_MAXOPERANDS];
        for (int k = 0; k < count; k++)
            strides[k] = operands[k]->strides[i];
        if (w->ndim > 0 && merges(w, strides)) {
            w->shape[w->ndim - 1] *= length;
            continue;
        }
        w->shape[w->ndim] = length;
        for (int k = 0; k < count; k++)
            w->strides[w->ndim][k] = strides[k];
        w->ndim++;
    }
    if (w->ndim == 0) {
        w->shape[0] = 1;
        for (int k = 0; k < count; k++)
            w->strides[0][k] = 0;
        w->ndim = 1;
    }
    reverse_axes(w);
}

/* Where operand pointers stand at the row-major position `at` of the outer
   axes. */
static void seek(const walk *w, size_t at, size_t *index, char **pointers)
{
    for (int k = 0; k < w->count; k++)
        pointers[k] = w->data[k];
    for (int i = w->ndim - 2; i >= 0; i--) {
        index[i] = at % w->shape[i];
        at /= w->shape[i];
        for (int k = 0; k < w->count; k++)
            pointers[k] += (ptrdiff_t)index[i] * w->strides[i][k];
    }
}

static void step(const walk *w, size_t *index, char **pointers)
{
    for (int i = w->ndim - 2; i >= 0; i--) {
        bool wraps = ++index[i] == w->shape[i];
        ptrdiff_t steps = wraps ? 1 - (ptrdiff_t)w->shape[i] : 1;
        for (int k = 0; k < w->count; k++)
            pointers[k] += steps * w->strides[i][k];
        if (!wraps)
            return;
        index[i] = 0;
    }
}

/* The inner axis, from element `from` to `to`, for outer positions first to
   last. */
static void walk_rows(const walk *w, size_t first, size_t last, size_t from,
                      size_t to, pg_inner inner, void *context)
{
    const ptrdiff_t *strides = w->strides[w->ndim - 1];
    size_t index[PG_MAXDIM];
    char *pointers[PG_MAXOPERANDS];
    seek(w, first, index, pointers);
    for (int k = 0; k < w->count; k++)
        pointers[k] += (ptrdiff_t)from * strides[k];
    for (size_t at = first; at < last; at++) {
        inner(pointers, strides, to - from, context);
        step(w, index, pointers);
    }
}

static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? 0 - (size_t)stride : (size_t)stride;
}

/* How far to go along the inner axis at a time. Where elements lie closer
   together across it, as in a transpose, it is short stretches of many rows
   that use up a cache line before it is gone. */
static size_t stretch_length(const walk *w)
{
    int inner = w->ndim - 1;
    for (int k = 0; inner > 0 && k < w->count; k++) {
        ptrdiff_t across = w->strides[inner - 1][k];
        if (across && magnitude(across) < magnitude(w->strides[inner][k]))
            return TILE;
    }
    return PIECE;
}

/* A piece is a stretch of a long inner axis, or several short ones. */
typedef struct pieces {
    const walk *w;
    size_t rows, length, stretch, cuts, rows_a_piece;
    pg_inner inner;
    void *context;
} pieces;

static void walk_piece(void *context, size_t p)
{
    const pieces *all = context;
    size_t first = p / all->cuts * all->rows_a_piece;
    size_t from = p % all->cuts * all->stretch;
    walk_rows(all->w, first, pg_size_min(all->rows, first + all->rows_a_piece),
              from, pg_size_min(all->length, from + all->stretch), all->inner,
              all->context);
}

static void walk_pieces(const walk *w, size_t rows, size_t length,
                        pg_inner inner, void *context)
{
    pieces p = {w, rows, length, pg_size_min(length, stretch_length(w)),
                0, 0,    inner,  context};
    p.cuts = pg_size_divide_up(length, p.stretch);
    p.rows_a_piece = pg_size_max(1, PIECE / p.stretch);
    pg_parallel_for(pg_size_divide_up(rows, p.rows_a_piece) * p.cuts,
                    rows * length >= 2 * PIECE, walk_piece, &p);
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
    walk w;
    plan_walk(&w, operands, count);
    size_t length = w.shape[w.ndim - 1], rows = size / length;
    walk_pieces(&w, rows, length, inner, context);
}
