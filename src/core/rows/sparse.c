/* Compression of rows: passes over the blocks of x find the codes, count the
   entries, and fill the tiles. */

#include "rows/sparse.h"

#include <stdatomic.h>
#include <string.h>

#include "array/cast.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include "rows/codes.h"

enum { MOST_THREADS = 64 };

struct pg_sparse {
    int references;
    pg_array x; /* the compressed view, without a reference to its storage */
    uint64_t version; /* of the storage */
    size_t n, inputs, blocks, column_tiles;
    bool coded;
    pg_codes codes;
    pg_dtype dtype; /* of the values, if there are no codes */
    double scale;   /* of the values, too */
    double density;
    /* Unset if x was not compressed: */
    pg_tile *tiles; /* of each block: those of columns, then those of rows */
    pg_segment *segments;
    uint16_t *entries;
    void *values;     /* NULL if there are codes */
    uint16_t *starts; /* (blocks, PG_SPARSE_ROWS + 1, column_tiles): the first
                         entry of a row in its tile of columns */
    size_t most_in_row;
    size_t tile_bytes, segment_bytes, entry_bytes, value_bytes, start_bytes;
};

/* --- reading blocks of x -------------------------------------------------- */

/* A worker's buffers for one block of x, (rows, inputs) each: the numbers of x;
   the values, which are scaled; and the codes. If there are no codes, a code is
   1 for each value other than 0. */
typedef struct reader {
    double *numbers;
    char *values;
    uint8_t *codes;
    size_t bytes;
    pg_codes found; /* the values that the worker has met */
} reader;

static pg_status new_reader(reader *r, const pg_sparse *s, pg_error *err)
{
    size_t count, size = pg_dtype_size(s->dtype);
    if (!pg_size_multiply(&count, s->inputs, PG_SPARSE_ROWS) ||
        !pg_size_multiply(&r->bytes, count, sizeof *r->numbers + size + 1))
        r->bytes = SIZE_MAX;
    r->numbers = pg_malloc(r->bytes);
    if (!r->numbers)
        return pg_fail_memory(err, r->bytes);
    r->values = (char *)(r->numbers + count);
    r->codes = (uint8_t *)(r->values + count * size);
    return PG_OK;
}

static size_t block_rows(const pg_sparse *s, size_t block)
{
    return pg_size_min(PG_SPARSE_ROWS, s->n - block * PG_SPARSE_ROWS);
}

/* out (rows, inputs) = the block's rows of x, as dtype; returns the number of
   numbers. */
static size_t read_as(const pg_sparse *s, void *out, pg_dtype dtype,
                      size_t block)
{
    pg_array from, to;
    pg_array_rows_view(&from, &s->x, block * PG_SPARSE_ROWS,
                       block_rows(s, block));
    pg_array_borrow(&to, out, dtype, 2, from.shape);
    pg_cast_array(&to, &from);
    pg_array_release(&from);
    return pg_array_size(&to);
}

static void read_block(const pg_sparse *s, const reader *r, size_t block)
{
    if (s->x.dtype == PG_UINT8) {
        read_as(s, r->codes, PG_UINT8, block);
        return;
    }
    if (s->coded) {
        size_t n = read_as(s, r->numbers, PG_FLOAT64, block);
        pg_codes_encode(&s->codes, r->codes, r->numbers, n);
        return;
    }
    size_t n = read_as(s, r->values, s->dtype, block);
    const float *f = (const float *)r->values;
    const double *d = (const double *)r->values;
    pg_kernels_for(s->dtype)->scale(r->values, s->scale, n);
    PG_EXPECT_FLOATS(2);
    for (size_t i = 0; i < n; i++)
        r->codes[i] = s->dtype == PG_FLOAT32 ? f[i] != 0 : d[i] != 0;
}

/* --- passes over all blocks ----------------------------------------------- */

/* Memory for count items, at least one; NULL, with the reason in err. */
static void *new_items(size_t *bytes, size_t count, size_t size, pg_error *err)
{
    if (!pg_size_multiply(bytes, pg_size_max(count, 1), size))
        *bytes = SIZE_MAX;
    void *items = pg_malloc(*bytes);
    if (!items)
        pg_fail_memory(err, *bytes);
    return items;
}

/* The size of a block's tiles, or of all blocks' before it. The tiles of
   columns have as many entries as those of rows, and are counted once. */
typedef struct extent {
    size_t segments, entries, most_in_row;
} extent;

/* The state of all passes. */
typedef struct passes {
    pg_sparse *s;
    int workers;
    reader *readers; /* (workers) */
    size_t reader_bytes;
    atomic_bool few; /* no worker has met too many values for codes */
    extent *extents; /* (blocks + 1) */
    size_t extent_bytes;
} passes;

static void end_passes(passes *p)
{
    for (int i = 0; i < p->workers; i++)
        pg_free(p->readers[i].numbers, p->readers[i].bytes);
    pg_free(p->readers, p->reader_bytes);
    pg_free(p->extents, p->extent_bytes);
}

static pg_status begin_passes(passes *p, pg_sparse *s, pg_error *err)
{
    size_t threads =
        pg_size_min(pg_size_min(s->blocks, MOST_THREADS), (size_t)pg_threads());
    pg_status status = PG_OK;
    *p = (passes){.s = s, .few = true};
    p->extents =
        new_items(&p->extent_bytes, s->blocks + 1, sizeof *p->extents, err);
    if (p->extents)
        p->readers =
            new_items(&p->reader_bytes, threads, sizeof *p->readers, err);
    if (!p->readers)
        status = PG_ENOMEM;
    while (p->workers < (int)threads && status == PG_OK) {
        status = new_reader(&p->readers[p->workers], s, err);
        p->workers += status == PG_OK;
    }
    if (status != PG_OK)
        end_passes(p);
    return status;
}

static void run_pass(passes *p, pg_worker_job job)
{
    pg_parallel_for_workers(p->workers, p->s->blocks, job, p);
}

/* pg_worker_job */
static void collect_block(void *context, size_t block, int worker)
{
    passes *p = context;
    reader *r = &p->readers[worker];
    if (p->few && !pg_codes_add(&r->found, r->numbers,
                                read_as(p->s, r->numbers, PG_FLOAT64, block)))
        p->few = false;
}

/* Finds the codes; false if there are too many values. Each worker collects the
   values that it meets. */
static bool collect_codes(passes *p)
{
    pg_sparse *s = p->s;
    pg_codes_of_bytes(&s->codes);
    if (s->x.dtype == PG_UINT8)
        return true;
    pg_codes_clear(&s->codes);
    for (int i = 0; i < p->workers; i++)
        pg_codes_clear(&p->readers[i].found);
    run_pass(p, collect_block);
    bool few = p->few;
    for (int i = 0; i < p->workers && few; i++)
        few = pg_codes_add(&s->codes, p->readers[i].found.value,
                           p->readers[i].found.count);
    if (few)
        pg_codes_sort(&s->codes);
    return few;
}

static size_t tile_width(size_t first, size_t end)
{
    return pg_size_min(PG_TILE, end - first);
}

static bool any(const uint8_t *codes, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i * step])
            return true;
    return false;
}

/* pg_worker_job */
static void measure_block(void *context, size_t block, int worker)
{
    passes *p = context;
    const pg_sparse *s = p->s;
    const uint8_t *codes = p->readers[worker].codes;
    size_t rows = block_rows(s, block);
    extent e = {0};
    read_block(s, &p->readers[worker], block);
    for (size_t i = 0; i < rows; i++) {
        size_t count = 0;
        for (size_t j = 0; j < s->inputs; j++)
            count += codes[i * s->inputs + j] != 0;
        e.entries += count;
        e.most_in_row = pg_size_max(e.most_in_row, count);
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < s->inputs; j += PG_TILE)
            e.segments +=
                any(codes + i * s->inputs + j, tile_width(j, s->inputs), 1);
    for (size_t i = 0; i < rows; i += PG_TILE)
        for (size_t j = 0; j < s->inputs; j++)
            e.segments +=
                any(codes + i * s->inputs + j, tile_width(i, rows), s->inputs);
    p->extents[block] = e;
}

/* Makes each block's extent that of all blocks before it; the one behind the
   last block is the total. */
static void measure(passes *p)
{
    pg_sparse *s = p->s;
    extent sum = {0};
    run_pass(p, measure_block);
    for (size_t b = 0; b <= s->blocks; b++) {
        extent e = p->extents[b];
        p->extents[b] = sum;
        if (b < s->blocks)
            sum = (extent){sum.segments + e.segments, sum.entries + e.entries,
                           pg_size_max(sum.most_in_row, e.most_in_row)};
    }
    s->most_in_row = sum.most_in_row;
    s->density = (double)sum.entries /
                 ((double)pg_size_max(1, s->n) * (double)s->inputs);
}

/* --- filling -------------------------------------------------------------- */

/* The indices of the next segment and entry to write. */
typedef struct cursor {
    const pg_sparse *s;
    const reader *r;
    size_t segment, entry;
} cursor;

/* Writes the segment of a row or column, unless all of its numbers are 0. Their
   codes begin at index `at` of the block, `step` apart. */
static void put_segment(cursor *c, size_t major, size_t at, size_t minors,
                        size_t step)
{
    size_t size = pg_dtype_size(c->s->dtype), first = c->entry;
    for (size_t i = 0; i < minors; i++, at += step) {
        uint8_t code = c->r->codes[at];
        if (!code)
            continue;
        c->s->entries[c->entry] = (uint16_t)((size_t)code << 8 | i);
        if (c->s->values)
            memcpy((char *)c->s->values + c->entry * size,
                   c->r->values + at * size, size);
        c->entry++;
    }
    if (c->entry > first)
        c->s->segments[c->segment++] =
            (pg_segment){(uint32_t)major, (uint32_t)(c->entry - first)};
}

static pg_tile begin_tile(const cursor *c)
{
    const pg_sparse *s = c->s;
    return (pg_tile){
        .segments = s->segments + c->segment,
        .entries = s->entries + c->entry,
        .values = s->values
                      ? (char *)s->values + c->entry * pg_dtype_size(s->dtype)
                      : NULL,
    };
}

static void end_tile(pg_tile *tile, const cursor *c)
{
    tile->count = (size_t)(c->s->segments + c->segment - tile->segments);
}

/* The tile's entries so far, at most PG_SPARSE_ROWS * PG_TILE. */
static uint16_t entries_so_far(const pg_tile *tile, const cursor *c)
{
    return (uint16_t)(c->s->entries + c->entry - tile->entries);
}

/* The starts of a block (PG_SPARSE_ROWS + 1, column_tiles). */
static uint16_t *starts_of(const pg_sparse *s, size_t block)
{
    return s->starts + block * (PG_SPARSE_ROWS + 1) * s->column_tiles;
}

/* pg_worker_job. After an interrupted read the block may have more entries than
   there is room for, so none are written. */
static void fill_block(void *context, size_t block, int worker)
{
    const passes *p = context;
    const pg_sparse *s = p->s;
    const reader *r = &p->readers[worker];
    extent before = p->extents[block];
    /* Each number has two entries: in a tile of columns, and in one of rows. */
    cursor c = {s, r, before.segments, 2 * before.entries};
    size_t rows = block_rows(s, block), inputs = s->inputs;
    pg_tile *tile = s->tiles + block * (s->column_tiles + PG_TILE_ROWS);
    uint16_t *starts = starts_of(s, block);
    read_block(s, r, block);
    if (pg_interrupted())
        return;
    for (size_t j = 0; j < inputs; j += PG_TILE, tile++, starts++) {
        *tile = begin_tile(&c);
        for (size_t i = 0; i < rows; i++) {
            starts[i * s->column_tiles] = entries_so_far(tile, &c);
            put_segment(&c, i, i * inputs + j, tile_width(j, inputs), 1);
        }
        starts[rows * s->column_tiles] = entries_so_far(tile, &c);
        end_tile(tile, &c);
    }
    for (size_t i = 0; i < PG_SPARSE_ROWS; i += PG_TILE, tile++) {
        *tile = begin_tile(&c);
        for (size_t j = 0; j < inputs && i < rows; j++)
            put_segment(&c, j, i * inputs + j, tile_width(i, rows), inputs);
        end_tile(tile, &c);
    }
}

static pg_status fill(passes *p, pg_error *err)
{
    pg_sparse *s = p->s;
    extent all = p->extents[s->blocks];
    s->tiles =
        new_items(&s->tile_bytes, s->blocks * (s->column_tiles + PG_TILE_ROWS),
                  sizeof *s->tiles, err);
    if (s->tiles)
        s->segments = new_items(&s->segment_bytes, all.segments,
                                sizeof *s->segments, err);
    if (s->segments)
        s->starts = new_items(
            &s->start_bytes, s->blocks * (PG_SPARSE_ROWS + 1) * s->column_tiles,
            sizeof *s->starts, err);
    if (s->starts)
        s->entries =
            new_items(&s->entry_bytes, 2 * all.entries + PG_SPARSE_AHEAD,
                      sizeof *s->entries, err);
    if (s->entries && !s->coded)
        s->values = new_items(&s->value_bytes, 2 * all.entries,
                              pg_dtype_size(s->dtype), err);
    if (!s->entries || (!s->coded && !s->values))
        return PG_ENOMEM;
    run_pass(p, fill_block);
    return pg_check_interrupt(err);
}

/* --- making and finding --------------------------------------------------- */

static pg_status compress(pg_sparse *s, double most, pg_error *err)
{
    passes p;
    pg_status status = begin_passes(&p, s, err);
    if (status != PG_OK)
        return status;
    s->coded = collect_codes(&p);
    measure(&p);
    status = pg_check_interrupt(err);
    if (status == PG_OK && s->density <= most)
        status = fill(&p, err);
    end_passes(&p);
    return status;
}

static pg_status make(pg_sparse **sparse, const pg_array *x, double scale,
                      pg_dtype dtype, double most, pg_error *err)
{
    pg_sparse *s = pg_malloc(sizeof *s);
    if (!s)
        return pg_fail_memory(err, sizeof *s);
    *s = (pg_sparse){.references = 1, .x = *x, .dtype = dtype, .scale = scale};
    s->n = x->shape[0];
    s->inputs = x->shape[1];
    s->blocks = pg_size_divide_up(s->n, PG_SPARSE_ROWS);
    s->column_tiles = pg_size_divide_up(s->inputs, PG_TILE);
    s->version = x->storage ? pg_storage_version(x->storage) : 0;
    pg_status status = compress(s, most, err);
    if (status == PG_OK)
        *sparse = s;
    else
        pg_sparse_release(s);
    return status;
}

/* True if s is what the arguments of pg_sparse_of ask for. */
static bool fits(const pg_sparse *s, const pg_array *x, double scale,
                 pg_dtype dtype, double most)
{
    return pg_array_same_view(&s->x, x) && s->x.dtype == x->dtype &&
           !pg_sparse_is_old(s, x) && (s->tiles || s->density > most) &&
           (s->coded || (s->scale == scale && s->dtype == dtype));
}

static void release_cached(void *cached)
{
    pg_sparse_release(cached);
}

pg_status pg_sparse_of(pg_sparse **sparse, const pg_array *x, double scale,
                       pg_dtype dtype, double most, pg_error *err)
{
    pg_assert(x->ndim == 2 && pg_dtype_is_float(dtype));
    *sparse = x->storage ? pg_storage_cached(x->storage) : NULL;
    if (*sparse && fits(*sparse, x, scale, dtype, most)) {
        (*sparse)->references++;
        return PG_OK;
    }
    *sparse = NULL;
    pg_status status = make(sparse, x, scale, dtype, most, err);
    if (status == PG_OK && x->storage && !x->is_placed) {
        (*sparse)->references++;
        pg_storage_cache(x->storage, *sparse, release_cached);
    }
    return status;
}

void pg_sparse_release(pg_sparse *s)
{
    if (!s || --s->references > 0)
        return;
    pg_free(s->tiles, s->tile_bytes);
    pg_free(s->segments, s->segment_bytes);
    pg_free(s->entries, s->entry_bytes);
    pg_free(s->values, s->value_bytes);
    pg_free(s->starts, s->start_bytes);
    pg_free(s, sizeof *s);
}

/* --- properties ----------------------------------------------------------- */

bool pg_sparse_is_old(const pg_sparse *s, const pg_array *x)
{
    return x->storage && s->version != pg_storage_version(x->storage);
}

double pg_sparse_density(const pg_sparse *s)
{
    return s->density;
}

bool pg_sparse_is_made(const pg_sparse *s)
{
    return s->tiles != NULL;
}

void pg_sparse_table(const pg_sparse *s, void *table, double scale,
                     pg_dtype dtype)
{
    size_t size = pg_dtype_size(dtype);
    pg_cast(dtype, table, (ptrdiff_t)size, PG_FLOAT64,
            (const char *)s->codes.value, sizeof *s->codes.value, PG_CODES);
    pg_kernels_for(dtype)->scale(table, scale, PG_CODES);
}

size_t pg_sparse_column_tiles(const pg_sparse *s)
{
    return s->column_tiles;
}

const pg_tile *pg_sparse_columns(const pg_sparse *s, size_t block)
{
    pg_assert(s->tiles && block < s->blocks);
    return s->tiles + block * (s->column_tiles + PG_TILE_ROWS);
}

const pg_tile *pg_sparse_rows(const pg_sparse *s, size_t block)
{
    return pg_sparse_columns(s, block) + s->column_tiles;
}

pg_row_entries pg_sparse_row_entries(const pg_sparse *s, size_t row,
                                     size_t tile)
{
    pg_assert(row < s->n && tile < s->column_tiles);
    size_t block = row / PG_SPARSE_ROWS;
    const pg_tile *t = pg_sparse_columns(s, block) + tile;
    const uint16_t *start =
        starts_of(s, block) + row % PG_SPARSE_ROWS * s->column_tiles + tile;
    size_t first = start[0];
    return (pg_row_entries){
        .entries = t->entries + first,
        .values = t->values ? (const char *)t->values +
                                  first * pg_dtype_size(s->dtype)
                            : NULL,
        .count = start[s->column_tiles] - first,
    };
}

size_t pg_sparse_value_size(const pg_sparse *s)
{
    return s->coded ? 0 : pg_dtype_size(s->dtype);
}

size_t pg_sparse_most_in_row(const pg_sparse *s)
{
    return s->most_in_row;
}
