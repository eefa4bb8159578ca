#include "array/checksum_v1.h"

#include <string.h>

#include "base/bytes.h"
#include "array/checksum.h"

/* The dtypes of that time: where one stands was its number in the enum. */
static const char dtypes[][4] = {
    "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f4", "<f8",
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

pg_status pg_array_checksum_v1(uint32_t *sum, const pg_array *a, pg_error *err)
{
    unsigned char header[8];
    size_t number = 0;
    while (number < DTYPES &&
           strcmp(dtypes[number], pg_dtype_descr(a->dtype)) != 0)
        number++;
    if (number == DTYPES)
        return pg_fail(err, PG_EDTYPE, "there was no checksum of %s arrays",
                       pg_dtype_name(a->dtype));
    pg_bytes_put(header, number, 8);
    return pg_checksum_headed(sum, header, sizeof header, a, err);
}

pg_status pg_samples_checksum_v1(uint32_t *sum, const pg_array *x,
                                 const pg_array *labels, pg_error *err)
{
    *sum = 0;
    pg_status status = pg_checksum_elements(sum, labels, err);
    return status == PG_OK ? pg_array_checksum_v1(sum, x, err) : status;
}
