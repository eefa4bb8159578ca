#include "checksum.h"

#include <zlib.h>

#include "interrupt.h"

enum { PIECE = 1 << 20 };

static uint32_t add_bytes(uint32_t sum, const void *data, size_t bytes)
{
    size_t end;
    for (size_t i = 0; pg_next_stretch(&end, i, bytes, PIECE); i = end)
        sum = (uint32_t)crc32_z(sum, (const unsigned char *)data + i, end - i);
    return sum;
}

static uint32_t add_form(uint32_t sum, const pg_array *a)
{
    uint64_t form[1 + PG_MAXDIM] = {(uint64_t)a->dtype};
    for (int i = 0; i < a->ndim; i++)
        form[1 + i] = a->shape[i];
    return add_bytes(sum, form, (1 + (size_t)a->ndim) * sizeof *form);
}

pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err)
{
    pg_array dense = {0};
    if (!pg_array_is_contiguous(a)) {
        pg_status status = pg_array_copy(&dense, a, err);
        if (status != PG_OK)
            return status;
        a = &dense;
    }
    *sum = add_bytes(add_form(*sum, a), a->data, pg_array_bytes(a));
    pg_array_release(&dense);
    return pg_check_interrupt(err);
}
