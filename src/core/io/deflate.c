/* Data that several threads deflate, block by block. */

#include "io/deflate.h"

#include <string.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "io/crc32.h"

enum {
    BLOCK = 1 << 18,      /* bytes; some 10 ms of work */
    DICTIONARY = 1 << 15, /* the furthest that deflate refers back */
    LONGEST = BLOCK + BLOCK / 8 + 128, /* more than a block deflates to */
    WINDOW = DICTIONARY + BLOCK,
};

/* A block of the data, and its stream. */
typedef struct pg_deflate_block {
    const unsigned char *data, *dictionary;
    size_t n, dictionary_bytes;
    bool is_last;
    bool has_failed; /* there was too little memory */
    uint32_t crc;
    size_t packed;
    unsigned char bytes[LONGEST];
} pg_deflate_block;

pg_status pg_deflater_open(pg_deflater *d, pg_output *output, uint64_t size,
                           pg_error *err)
{
    *d = (pg_deflater){.output = output, .left = size};
    size_t most = 4 * (size_t)pg_threads();
    d->block_count = size / BLOCK < most ? (size_t)(size / BLOCK) : most;
    d->block_count = pg_size_max(1, d->block_count);
    size_t bytes = d->block_count * sizeof *d->blocks;
    d->window = pg_malloc(WINDOW);
    if (!d->window)
        return pg_fail_memory(err, WINDOW);
    d->blocks = pg_malloc(bytes);
    return d->blocks ? PG_OK : pg_fail_memory(err, bytes);
}

void pg_deflater_close(pg_deflater *d)
{
    pg_free(d->window, WINDOW);
    pg_free(d->blocks, d->block_count * sizeof *d->blocks);
    memset(d, 0, sizeof *d);
}

/* --- blocks -----------------------------------------------------------------
 */

static void deflate_block(void *context, size_t job)
{
    pg_deflate_block *b = (pg_deflate_block *)context + job;
    z_stream z = {0};
    b->has_failed = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                 -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK;
    if (b->has_failed)
        return;
    if (b->dictionary_bytes > 0)
        deflateSetDictionary(&z, b->dictionary, (uInt)b->dictionary_bytes);
    z.next_in = (unsigned char *)b->data; /* zlib does not write there */
    z.avail_in = (uInt)b->n;
    z.next_out = b->bytes;
    z.avail_out = LONGEST;
    deflate(&z, b->is_last ? Z_FINISH : Z_SYNC_FLUSH);
    pg_assert(z.avail_in == 0 && z.avail_out > 0);
    b->packed = LONGEST - z.avail_out;
    deflateEnd(&z);
    b->crc = pg_crc32(0, b->data, b->n);
}

/* Deflates the first n blocks, which follow each other, and writes them. */
static pg_status write_blocks(pg_deflater *d, size_t n, pg_error *err)
{
    pg_parallel_for(n, n > 1, deflate_block, d->blocks);
    pg_status status = pg_check_interrupt(err);
    for (size_t i = 0; i < n && status == PG_OK; i++) {
        const pg_deflate_block *b = &d->blocks[i];
        if (b->has_failed)
            return pg_fail_memory(err, WINDOW);
        status = pg_output_write(d->output, b->bytes, b->packed, err);
        d->crc = (uint32_t)crc32_combine(d->crc, b->crc, (z_off_t)b->n);
        d->has_ended = b->is_last;
    }
    return status;
}

/* Sets the i-th block, which continues the one before. */
static void set_block(pg_deflater *d, size_t i, const unsigned char *data,
                      size_t n)
{
    pg_deflate_block *b = &d->blocks[i];
    b->data = data;
    b->n = n;
    b->dictionary_bytes = i == 0 ? d->before : DICTIONARY;
    b->dictionary =
        i == 0 ? d->window + DICTIONARY - d->before : data - DICTIONARY;
    b->is_last = false;
}

/* Keeps the last of n bytes before `end` as the next block's dictionary. */
static void keep_dictionary(pg_deflater *d, const unsigned char *end, size_t n)
{
    d->before = pg_size_min(n, DICTIONARY);
    memmove(d->window + DICTIONARY - d->before, end - d->before, d->before);
}

/* Deflates the pending block. */
static pg_status write_pending(pg_deflater *d, pg_error *err)
{
    unsigned char *data = d->window + DICTIONARY;
    set_block(d, 0, data, d->pending);
    d->blocks[0].is_last = d->left == 0;
    pg_status status = write_blocks(d, 1, err);
    keep_dictionary(d, data + d->pending, d->before + d->pending);
    d->pending = 0;
    return status;
}

/* Deflates whole blocks of n bytes, at least one; *used = their bytes. */
static pg_status write_whole(size_t *used, pg_deflater *d,
                             const unsigned char *data, size_t n, pg_error *err)
{
    size_t count = pg_size_min(n / BLOCK, d->block_count);
    *used = count * BLOCK;
    d->left -= *used;
    for (size_t i = 0; i < count; i++)
        set_block(d, i, data + i * BLOCK, BLOCK);
    d->blocks[count - 1].is_last = d->left == 0;
    pg_status status = write_blocks(d, count, err);
    keep_dictionary(d, data + *used, *used);
    return status;
}

/* Adds bytes to the pending block, and deflates it when it is full. */
static pg_status gather(size_t *used, pg_deflater *d, const unsigned char *data,
                        size_t n, pg_error *err)
{
    *used = pg_size_min(n, BLOCK - d->pending);
    memcpy(d->window + DICTIONARY + d->pending, data, *used);
    d->pending += *used;
    d->left -= *used;
    return d->pending == BLOCK ? write_pending(d, err) : PG_OK;
}

pg_status pg_deflater_write(pg_deflater *d, const void *data, size_t n,
                            pg_error *err)
{
    pg_assert(n <= d->left);
    const unsigned char *at = data;
    pg_status status = PG_OK;
    for (size_t used; n > 0 && status == PG_OK; at += used, n -= used)
        status = d->pending == 0 && n >= BLOCK
                     ? write_whole(&used, d, at, n, err)
                     : gather(&used, d, at, n, err);
    return status;
}

pg_status pg_deflater_end(pg_deflater *d, pg_error *err)
{
    pg_assert(d->left == 0);
    return d->has_ended ? PG_OK : write_pending(d, err);
}
