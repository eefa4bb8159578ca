#include "array/checksum.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/interrupt.h"

enum { PIECE = 1 << 20 };

static uint32_t add_bytes(uint32_t sum, const void *bytes, size_t n)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PIECE); i = end)
        sum = (uint32_t)crc32_z(sum, (const unsigned char *)bytes + i, end - i);
    return sum;
}

pg_status pg_checksum_elements(uint32_t *sum, const pg_array *a, pg_error *err)
{
    pg_array elements;
    pg_status status = pg_array_little_endian(&elements, a, err);
    if (status != PG_OK)
        return status;
    *sum = add_bytes(*sum, elements.data, pg_array_bytes(&elements));
    pg_array_release(&elements);
    return pg_check_interrupt(err);
}

pg_status pg_checksum_headed(uint32_t *sum, const void *header, size_t n,
                             const pg_array *a, pg_error *err)
{
    unsigned char lengths[8 * PG_MAXDIM], *end = lengths;
    for (int i = 0; i < a->ndim; i++)
        end = pg_bytes_put(end, a->shape[i], 8);
    *sum = add_bytes(*sum, header, n);
    *sum = add_bytes(*sum, lengths, (size_t)(end - lengths));
    return pg_checksum_elements(sum, a, err);
}

pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err)
{
    unsigned char header[3 + 8];
    memcpy(header, pg_dtype_descr(a->dtype), 3);
    pg_bytes_put(header + 3, (uint64_t)a->ndim, 8);
    return pg_checksum_headed(sum, header, sizeof header, a, err);
}

pg_status pg_samples_checksum(uint32_t *sum, const pg_array *x,
                              const pg_array *labels, pg_error *err)
{
    *sum = 0;
    pg_status status = pg_array_checksum(sum, labels, err);
    return status == PG_OK ? pg_array_checksum(sum, x, err) : status;
}
