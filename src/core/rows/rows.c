/* Rows of x: views, conversions, tiles, and checks for non-finite numbers. */

#include "rows/rows.h"

#include <limits.h>
#include <math.h>

#include "array/cast.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "rows/codes.h"
#include "rows/gather.h"

void pg_rows_view(pg_rows *rows, const pg_array *x, double scale,
                  pg_dtype dtype)
{
    pg_assert(x->ndim == 2 && pg_dtype_is_float(dtype));
    *rows = (pg_rows){.scale = scale, .dtype = dtype};
    pg_array_view(&rows->x, x);
    /* CBLAS counts a matrix's leading dimension in int. */
    ptrdiff_t size = (ptrdiff_t)pg_dtype_size(dtype);
    ptrdiff_t row = size * (ptrdiff_t)x->shape[1];
    rows->in_place = scale == 1 && x->dtype == dtype &&
                     (x->shape[1] == 1 || x->strides[1] == size) &&
                     (x->shape[0] == 1 ||
                      (x->strides[0] >= row && x->strides[0] % size == 0 &&
                       x->strides[0] / size <= INT_MAX));
}

static size_t table_bytes(const pg_rows *rows)
{
    return PG_CODES * pg_dtype_size(rows->dtype);
}

void pg_rows_release(pg_rows *rows)
{
    pg_free(rows->table, table_bytes(rows));
    pg_sparse_release(rows->sparse);
    pg_array_release(&rows->x);
    *rows = (pg_rows){0};
}

/* --- compressed ----------------------------------------------------------- */

pg_status pg_rows_compress(pg_rows *rows, double most, pg_error *err)
{
    pg_assert(most >= 0 && most <= 1);
    pg_sparse *sparse;
    void *table = rows->table;
    pg_status status =
        pg_sparse_of(&sparse, &rows->x, rows->scale, rows->dtype, most, err);
    if (status != PG_OK)
        return status;
    if (pg_sparse_is_made(sparse) && !table) {
        table = pg_malloc(table_bytes(rows));
        if (!table) {
            pg_sparse_release(sparse);
            return pg_fail_memory(err, table_bytes(rows));
        }
    }
    pg_sparse_release(rows->sparse);
    rows->sparse = sparse;
    rows->table = table;
    if (table)
        pg_sparse_table(sparse, table, rows->scale, rows->dtype);
    return PG_OK;
}

bool pg_rows_are_old(const pg_rows *rows)
{
    return pg_rows_are_compressed(rows) &&
           pg_sparse_is_old(rows->sparse, &rows->x);
}

size_t pg_rows_buffer_bytes(const pg_rows *rows, size_t n)
{
    return pg_rows_are_compressed(rows)
               ? pg_gather_bytes(rows->sparse, n)
               : n * rows->x.shape[1] * pg_dtype_size(rows->dtype);
}

/* --- blocks and batches --------------------------------------------------- */

static const void *row_at(const pg_rows *rows, size_t row)
{
    return (const char *)rows->x.data + (ptrdiff_t)row * rows->x.strides[0];
}

/* buffer (n, inputs) = rows first .. first + n - 1, scaled. */
static void convert(const pg_rows *rows, void *buffer, size_t first, size_t n)
{
    const pg_kernels *k = pg_kernels_for(rows->dtype);
    const pg_array *x = &rows->x;
    size_t inputs = x->shape[1], bytes = inputs * pg_dtype_size(rows->dtype);
    if (x->dtype == PG_UINT8 && (x->strides[1] == 1 || inputs == 1)) {
        for (size_t i = 0; i < n; i++)
            k->from_bytes((char *)buffer + i * bytes, row_at(rows, first + i),
                          rows->scale, inputs);
        return;
    }
    pg_array from = *x, to;
    from.data = (void *)row_at(rows, first);
    from.shape[0] = n;
    pg_array_borrow(&to, buffer, rows->dtype, 2, from.shape);
    pg_cast_array(&to, &from);
    if (rows->scale != 1)
        k->scale(buffer, rows->scale, n * inputs);
}

/* The rows as a matrix, even if they are compressed. */
static pg_row_block dense_block(const pg_rows *rows, void *buffer, size_t first,
                                size_t n)
{
    const pg_array *x = &rows->x;
    pg_assert(first <= x->shape[0] && n <= x->shape[0] - first);
    pg_matrix matrix = {.data = buffer, .leading = x->shape[1]};
    if (rows->in_place) {
        matrix.data = row_at(rows, first);
        if (x->shape[0] > 1)
            matrix.leading = (size_t)x->strides[0] / pg_dtype_size(rows->dtype);
    } else {
        convert(rows, buffer, first, n);
    }
    return (pg_row_block){.x = matrix};
}

pg_row_block pg_rows_block(const pg_rows *rows, void *buffer, size_t first,
                           size_t n)
{
    if (!pg_rows_are_compressed(rows))
        return dense_block(rows, buffer, first, n);
    size_t block = first / PG_SPARSE_ROWS;
    pg_assert(first % PG_SPARSE_ROWS == 0 && n <= PG_SPARSE_ROWS);
    pg_assert(first <= rows->x.shape[0] && n <= rows->x.shape[0] - first);
    return (pg_row_block){.column_tiles = pg_sparse_column_tiles(rows->sparse),
                          .columns = pg_sparse_columns(rows->sparse, block),
                          .rows = pg_sparse_rows(rows->sparse, block),
                          .table = rows->table};
}

void pg_rows_prefetch(const pg_rows *rows, const int64_t *positions, size_t n)
{
    const pg_array *x = &rows->x;
    size_t size = pg_dtype_size(x->dtype), bytes = x->shape[1] * size;
    if (!pg_storage_is_mapped(x->storage) || pg_rows_are_compressed(rows) ||
        (x->shape[1] > 1 && x->strides[1] != (ptrdiff_t)size))
        return;
    for (size_t i = 0; i < n; i++)
        pg_storage_prefetch(x->storage, row_at(rows, (size_t)positions[i] - 1),
                            bytes);
}

pg_row_block pg_rows_batch(const pg_rows *rows, void *buffer,
                           const int64_t *positions, size_t n)
{
    size_t inputs = rows->x.shape[1];
    size_t bytes = inputs * pg_dtype_size(rows->dtype);
    for (size_t i = 0; i < n; i++)
        pg_assert(positions[i] >= 1 &&
                  (size_t)positions[i] <= rows->x.shape[0]);
    if (pg_rows_are_compressed(rows))
        return (pg_row_block){
            .column_tiles = pg_sparse_column_tiles(rows->sparse),
            .columns = pg_gather(buffer, rows->sparse, positions, n),
            .table = rows->table};
    for (size_t i = 0; i < n; i++)
        convert(rows, (char *)buffer + i * bytes, (size_t)positions[i] - 1, 1);
    return (pg_row_block){.x = {.data = buffer, .leading = inputs}};
}

/* --- checks --------------------------------------------------------------- */

static const char *block_row(const pg_rows *rows, const pg_row_block *block,
                             size_t row)
{
    return (const char *)block->x.data +
           row * block->x.leading * pg_dtype_size(rows->dtype);
}

bool pg_rows_finite(const pg_rows *rows, const pg_row_block *block, size_t n)
{
    const pg_kernels *k = pg_kernels_for(rows->dtype);
    pg_assert(block->column_tiles == 0);
    for (size_t i = 0; i < n; i++)
        if (!k->all_finite(block_row(rows, block, i), rows->x.shape[1]))
            return false;
    return true;
}

static bool is_beyond(double number, pg_dtype dtype)
{
    PG_EXPECT_FLOATS(2);
    return dtype == PG_FLOAT32 ? isinf((float)number) : isinf(number);
}

bool pg_rows_may_be_infinite(const pg_rows *rows)
{
    double largest = 0x1p64; /* of any integer dtype, rounded up */
    return pg_dtype_is_float(rows->x.dtype) ||
           is_beyond(largest * rows->scale, rows->dtype);
}

pg_status pg_rows_check(const pg_rows *rows, void *buffer, size_t first,
                        size_t n, pg_error *err)
{
    pg_row_block block = dense_block(rows, buffer, first, n);
    if (pg_rows_finite(rows, &block, n))
        return PG_OK;
    double given = 0, used = 0; /* one number: in x, and converted */
    size_t inputs = rows->x.shape[1], at = 0;
    for (; at < n * inputs; at++) {
        size_t row = at / inputs, col = at % inputs;
        const char *x = row_at(rows, first + row);
        pg_cast(PG_FLOAT64, (char *)&used, 0, rows->dtype,
                block_row(rows, &block, row) + col * pg_dtype_size(rows->dtype),
                0, 1);
        pg_cast(PG_FLOAT64, (char *)&given, 0, rows->x.dtype,
                x + (ptrdiff_t)col * rows->x.strides[1], 0, 1);
        if (!isfinite(used))
            break;
    }
    size_t row = first + at / inputs + 1, col = at % inputs + 1;
    if (!isfinite(given))
        return pg_fail(err, PG_EFINITE, "x: row %zu, column %zu is %g", row,
                       col, isnan(given) ? (double)NAN : given); /* no sign */
    if (is_beyond(given, rows->dtype))
        return pg_fail(err, PG_EFINITE,
                       "x: row %zu, column %zu is %g, which is beyond %s", row,
                       col, given, pg_dtype_name(rows->dtype));
    return pg_fail(err, PG_EFINITE,
                   "the scale %g is too large: times %g, row %zu, column %zu "
                   "of x, it is beyond %s",
                   rows->scale, given, row, col, pg_dtype_name(rows->dtype));
}

pg_status pg_rows_check_all(const pg_rows *rows, pg_error *err)
{
    enum { ROWS = 64 }; /* converted at a time */
    size_t n = rows->x.shape[0], bytes;
    if (!pg_rows_may_be_infinite(rows))
        return PG_OK;
    if (!pg_size_multiply(&bytes, ROWS * pg_dtype_size(rows->dtype),
                          rows->x.shape[1]))
        bytes = SIZE_MAX;
    void *buffer = pg_malloc(bytes);
    if (!buffer)
        return pg_fail_memory(err, bytes);
    pg_status status = PG_OK;
    for (size_t first = 0; first < n && status == PG_OK; first += ROWS) {
        status = pg_rows_check(rows, buffer, first,
                               pg_size_min(ROWS, n - first), err);
        if (pg_interrupted()) /* then the buffer has numbers of no row */
            status = pg_check_interrupt(err);
    }
    pg_free(buffer, bytes);
    return status;
}
