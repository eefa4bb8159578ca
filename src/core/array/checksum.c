/* CRC-32 of arrays, in today's version and in that of older files. */

#include "array/checksum.h"

#include <string.h>
#include <zlib.h>

#include "array/copy.h"
#include "base/bytes.h"
#include "base/interrupt.h"

enum { CHUNK_BYTES = 1 << 20 };

static uint32_t add_bytes(uint32_t sum, const void *bytes, size_t n)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, CHUNK_BYTES); i = end)
        sum = (uint32_t)crc32_z(sum, (const unsigned char *)bytes + i, end - i);
    return sum;
}

static pg_status add_copy(uint32_t *sum, const pg_array *a, pg_error *err)
{
    pg_array elements;
    pg_status status = pg_array_little_endian(&elements, a, err);
    if (status != PG_OK)
        return status;
    *sum = add_bytes(*sum, elements.data, pg_array_bytes(&elements));
    pg_array_release(&elements);
    return pg_check_interrupt(err);
}

/* Elements that have to be copied are copied row by row: mapped ones may be
   more than memory. */
static pg_status add_elements(uint32_t *sum, const pg_array *a, pg_error *err)
{
    pg_status status = PG_OK;
    if (a->ndim == 0 || pg_array_size(a) == 0 || pg_array_is_contiguous(a))
        return add_copy(sum, a, err);
    size_t n = a->shape[0], row = pg_array_bytes(a) / n;
    size_t count = pg_size_max(1, CHUNK_BYTES / row);
    for (size_t i = 0; i < n && status == PG_OK; i += count) {
        pg_array rows;
        pg_array_rows_view(&rows, a, i, pg_size_min(count, n - i));
        status = add_copy(sum, &rows, err);
        pg_array_release(&rows);
    }
    return status;
}

static void add_lengths(uint32_t *sum, int ndim, const size_t *shape)
{
    unsigned char lengths[8 * PG_MAXDIM], *end = lengths;
    for (int i = 0; i < ndim; i++)
        end = pg_bytes_put(end, shape[i], 8);
    *sum = add_bytes(*sum, lengths, (size_t)(end - lengths));
}

/* The dtype, the rank and the lengths of the axes. */
static void add_form(uint32_t *sum, pg_dtype dtype, int ndim,
                     const size_t *shape)
{
    unsigned char header[3 + 8];
    memcpy(header, pg_dtype_descr(dtype), 3);
    pg_bytes_put(header + 3, (uint64_t)ndim, 8);
    *sum = add_bytes(*sum, header, sizeof header);
    add_lengths(sum, ndim, shape);
}

pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err)
{
    add_form(sum, a->dtype, a->ndim, a->shape);
    return add_elements(sum, a, err);
}

pg_status pg_elements_checksum(uint32_t *sum, const pg_array *a, pg_error *err)
{
    *sum = 0;
    return add_elements(sum, a, err);
}

void pg_parts_checksum(uint32_t *sum, const pg_array *a, size_t n,
                       const pg_rows_sum *parts, size_t count)
{
    size_t shape[PG_MAXDIM];
    pg_assert(a->ndim > 0);
    memcpy(shape, a->shape, sizeof shape);
    shape[0] = n;
    add_form(sum, a->dtype, a->ndim, shape);
    for (size_t i = 0; i < count; i++)
        *sum = (uint32_t)crc32_combine(*sum, parts[i].sum,
                                       (z_off_t)parts[i].bytes);
}

pg_status pg_data_checksum(uint32_t *sum, const pg_array *x,
                           const pg_array *targets, pg_error *err)
{
    *sum = 0;
    pg_status status = pg_array_checksum(sum, targets, err);
    return status == PG_OK ? pg_array_checksum(sum, x, err) : status;
}

/* --- version 1 ------------------------------------------------------------ */

/* The dtypes of version 1, each at its number in the enum of that time. */
static const char dtypes_v1[][4] = {
    "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f4", "<f8",
};
enum { DTYPES_V1 = sizeof dtypes_v1 / sizeof *dtypes_v1 };

pg_status pg_array_checksum_v1(uint32_t *sum, const pg_array *a, pg_error *err)
{
    unsigned char header[8];
    size_t number = 0;
    while (number < DTYPES_V1 &&
           strcmp(dtypes_v1[number], pg_dtype_descr(a->dtype)) != 0)
        number++;
    if (number == DTYPES_V1)
        return pg_fail(err, PG_EDTYPE, "there was no checksum of %s arrays",
                       pg_dtype_name(a->dtype));
    pg_bytes_put(header, number, 8);
    *sum = add_bytes(*sum, header, sizeof header);
    add_lengths(sum, a->ndim, a->shape);
    return add_elements(sum, a, err);
}

pg_status pg_data_checksum_v1(uint32_t *sum, const pg_array *x,
                              const pg_array *labels, pg_error *err)
{
    *sum = 0;
    pg_status status = add_elements(sum, labels, err);
    return status == PG_OK ? pg_array_checksum_v1(sum, x, err) : status;
}
