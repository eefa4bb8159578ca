#include "rows/rows.h"

#include <limits.h>
#include <math.h>

#include "array/cast.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "base/memory.h"

/* True where x's rows lie in memory as CBLAS takes them, which counts in int.
 */
static bool rows_are_dense(const pg_array *x, pg_dtype dtype)
{
    ptrdiff_t size = (ptrdiff_t)pg_dtype_size(dtype);
    ptrdiff_t row = size * (ptrdiff_t)x->shape[1];
    return x->dtype == dtype && (x->shape[1] == 1 || x->strides[1] == size) &&
           (x->shape[0] == 1 ||
            (x->strides[0] >= row && x->strides[0] % size == 0 &&
             x->strides[0] / size <= INT_MAX));
}

void pg_rows_view(pg_rows *rows, const pg_array *x, double scale,
                  pg_dtype dtype)
{
    pg_array_view(&rows->x, x);
    rows->scale = scale;
    rows->dtype = dtype;
    rows->in_place = scale == 1 && rows_are_dense(x, dtype);
}

void pg_rows_release(pg_rows *rows)
{
    pg_array_release(&rows->x);
}

static const void *row_at(const pg_rows *rows, size_t row)
{
    return (const char *)rows->x.data + (ptrdiff_t)row * rows->x.strides[0];
}

static pg_matrix block_in_place(const pg_rows *rows, size_t first)
{
    size_t size = pg_dtype_size(rows->dtype), cols = rows->x.shape[1];
    size_t leading =
        rows->x.shape[0] == 1 ? cols : (size_t)rows->x.strides[0] / size;
    return (pg_matrix){.data = row_at(rows, first), .leading = leading};
}

static void convert_bytes(const pg_rows *rows, char *buffer, size_t first,
                          size_t count)
{
    const pg_kernels *k = pg_kernels_for(rows->dtype);
    size_t cols = rows->x.shape[1], bytes = cols * pg_dtype_size(rows->dtype);
    for (size_t i = 0; i < count; i++)
        k->from_bytes(buffer + i * bytes, row_at(rows, first + i), rows->scale,
                      cols);
}

static void convert_any(const pg_rows *rows, void *buffer, size_t first,
                        size_t count)
{
    pg_array from = rows->x, to;
    from.data = (void *)row_at(rows, first);
    from.shape[0] = count;
    pg_array_borrow(&to, buffer, rows->dtype, 2, from.shape);
    pg_cast_array(&to, &from);
    if (rows->scale != 1)
        pg_kernels_for(rows->dtype)
            ->scale(buffer, rows->scale, pg_array_size(&to));
}

static void convert(const pg_rows *rows, void *buffer, size_t first,
                    size_t count)
{
    const pg_array *x = &rows->x;
    if (x->dtype == PG_UINT8 && (x->strides[1] == 1 || x->shape[1] == 1))
        convert_bytes(rows, buffer, first, count);
    else
        convert_any(rows, buffer, first, count);
}

pg_matrix pg_rows_block(const pg_rows *rows, void *buffer, size_t first,
                        size_t count)
{
    pg_assert(first <= rows->x.shape[0] && count <= rows->x.shape[0] - first);
    if (rows->in_place)
        return block_in_place(rows, first);
    convert(rows, buffer, first, count);
    return (pg_matrix){.data = buffer, .leading = rows->x.shape[1]};
}

pg_matrix pg_rows_gather(const pg_rows *rows, void *buffer,
                         const int64_t *positions, size_t count)
{
    size_t cols = rows->x.shape[1], bytes = cols * pg_dtype_size(rows->dtype);
    for (size_t i = 0; i < count; i++) {
        pg_assert(positions[i] >= 1 &&
                  (size_t)positions[i] <= rows->x.shape[0]);
        convert(rows, (char *)buffer + i * bytes, (size_t)positions[i] - 1, 1);
    }
    return (pg_matrix){.data = buffer, .leading = cols};
}

static const char *block_row(const pg_rows *rows, pg_matrix block, size_t row)
{
    return (const char *)block.data +
           row * block.leading * pg_dtype_size(rows->dtype);
}

bool pg_rows_finite(const pg_rows *rows, pg_matrix block, size_t count)
{
    const pg_kernels *k = pg_kernels_for(rows->dtype);
    for (size_t i = 0; i < count; i++)
        if (!k->all_finite(block_row(rows, block, i), rows->x.shape[1]))
            return false;
    return true;
}

static bool is_beyond(double number, pg_dtype dtype)
{
    return dtype == PG_FLOAT32 ? isinf((float)number) : isinf(number);
}

bool pg_rows_may_be_infinite(const pg_rows *rows)
{
    double largest = 0x1p64; /* of any integer dtype, rounded up */
    return pg_dtype_is_float(rows->x.dtype) ||
           is_beyond(largest * rows->scale, rows->dtype);
}

/* The number at (row, col) as x has it, and as the network would. */
static void numbers_at(double *given, double *used, const pg_rows *rows,
                       pg_matrix block, size_t first, size_t row, size_t col)
{
    size_t offset = col * pg_dtype_size(rows->dtype);
    const char *x = row_at(rows, first + row);
    pg_cast(PG_FLOAT64, (char *)used, 0, rows->dtype,
            block_row(rows, block, row) + offset, 0, 1);
    pg_cast(PG_FLOAT64, (char *)given, 0, rows->x.dtype,
            x + (ptrdiff_t)col * rows->x.strides[1], 0, 1);
}

pg_status pg_rows_check(const pg_rows *rows, void *buffer, size_t first,
                        size_t count, pg_error *err)
{
    pg_matrix block = pg_rows_block(rows, buffer, first, count);
    if (pg_rows_finite(rows, block, count))
        return PG_OK;
    double given = 0, used = 0;
    size_t cols = rows->x.shape[1], at = 0;
    for (; at < count * cols; at++) {
        numbers_at(&given, &used, rows, block, first, at / cols, at % cols);
        if (!isfinite(used))
            break;
    }
    size_t row = first + at / cols + 1, col = at % cols + 1;
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

enum { ROWS = 64 }; /* of which there is a copy at a time */

pg_status pg_rows_check_all(const pg_rows *rows, pg_error *err)
{
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
        if (pg_interrupted())
            status = pg_check_interrupt(err);
    }
    pg_free(buffer, bytes);
    return status;
}
