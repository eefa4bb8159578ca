/*
 * deflate.h -- data that several threads deflate.
 *
 * The data are cut into blocks at fixed offsets. Each is deflated by itself,
 * with the bytes before it as its dictionary, and ends at a whole byte (zlib's
 * Z_SYNC_FLUSH), so the blocks behind each other are one stream of deflate
 * (RFC 1951). Its bytes depend on the data alone, for any number of threads.
 */
#ifndef PG_DEFLATE_H
#define PG_DEFLATE_H

#include "io/output.h"

typedef struct pg_deflater {
    pg_output *output;
    uint64_t left;         /* bytes that are still to come */
    uint32_t crc;          /* CRC-32 of the bytes before */
    bool has_ended;        /* the last block is written */
    unsigned char *window; /* bytes before the block, and the block so far */
    size_t before, pending;
    struct pg_deflate_block *blocks; /* that are deflated at the same time */
    size_t block_count;
} pg_deflater;

/* Begins to deflate `size` bytes into the output. */
pg_status pg_deflater_open(pg_deflater *d, pg_output *output, uint64_t size,
                           pg_error *err);

/* Deflates n bytes more, at most those that are still to come. */
pg_status pg_deflater_write(pg_deflater *d, const void *data, size_t n,
                            pg_error *err);

/* Writes what is left, when all bytes have come. */
pg_status pg_deflater_end(pg_deflater *d, pg_error *err);

/* Frees the memory; allowed at any time. */
void pg_deflater_close(pg_deflater *d);

#endif
