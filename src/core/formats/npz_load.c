/* Arrays of NPZ archives, read by several threads at once.

   A thread takes one member after the other. A large member is cut into chunks:
   stored ones are read and summed up chunk by chunk. One thread inflates a
   deflated member, and others follow it with the CRC-32 of its chunks, which
   are put together at the end. */

#define _DEFAULT_SOURCE /* madvise */

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "array/storage.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "io/crc32.h"
#include "io/input.h"
#include "formats/npz_member.h"

enum {
    CHUNK = 1 << 20, /* bytes */
    STEP = 1 << 18,  /* that are read, or inflated, at a time */
    MOST_WORKERS = 8,
};

/* One array. What follows `is_cut` is set for those that are cut. */
typedef struct part {
    pg_array *out;
    size_t member;
    uint64_t packed;
    size_t bytes; /* in memory */
    bool is_cut;  /* into chunks */
    bool is_inflated;
    pg_npy_header header;
    uint32_t header_crc;
    uint64_t data;       /* offset of the elements, if they are stored */
    unsigned char *file; /* the place for the file's bytes of the elements */
    size_t file_bytes;
    size_t first_chunk, chunks;
    size_t ready; /* bytes that are inflated */
    bool ended;   /* no more become ready */
} part;

typedef struct chunk {
    part *part;
    size_t at, n;
    uint32_t crc;
} chunk;

typedef struct load {
    const pg_npz *npz;
    part *parts;
    size_t count;
    part **order; /* the parts that are one job each, the largest first */
    size_t ordered;
    chunk *chunks;
    size_t chunk_count;
    pthread_mutex_t mutex; /* of what follows, and of ready and ended */
    pthread_cond_t progress;
    size_t failed; /* the first part that has failed; count: none */
    pg_status status;
    pg_error error;
} load;

static void fail_part(load *l, const part *p, pg_status status,
                      const pg_error *err)
{
    size_t i = (size_t)(p - l->parts);
    pthread_mutex_lock(&l->mutex);
    if (status != PG_OK && i < l->failed) {
        l->failed = i;
        l->status = status;
        l->error = *err;
    }
    pthread_mutex_unlock(&l->mutex);
}

/* True if the part's result does not count any more. */
static bool is_late(load *l, const part *p)
{
    pthread_mutex_lock(&l->mutex);
    bool late = l->failed < (size_t)(p - l->parts);
    pthread_mutex_unlock(&l->mutex);
    return late;
}

/* --- whole members -------------------------------------------------------- */

static pg_status get_alone(load *l, part *p, pg_error *err)
{
    pg_npz_member *m;
    pg_status status = pg_npz_member_open(&m, l->npz, p->member, err);
    if (status == PG_OK)
        status = pg_npz_member_get(p->out, l->npz, m,
                                   pg_npz_rows_of(l->npz, p->member), err);
    pg_npz_member_close(m);
    return status;
}

static void set_ready(load *l, part *p, size_t ready, bool ended)
{
    pthread_mutex_lock(&l->mutex);
    p->ready = ready;
    p->ended = ended;
    pthread_cond_broadcast(&l->progress);
    pthread_mutex_unlock(&l->mutex);
}

static pg_status inflate_part(load *l, part *p, pg_error *err)
{
    pg_npz_member *m;
    size_t end;
    pg_status status = pg_npz_member_open(&m, l->npz, p->member, err);
    if (status == PG_OK)
        m->stream.sums_crc = false;
    for (size_t at = 0;
         status == PG_OK && pg_next_chunk(&end, at, p->file_bytes, STEP);
         at = end) {
        status = pg_zip_stream_read(&m->stream, p->file + at, end - at, err);
        if (status == PG_OK)
            set_ready(l, p, end, false);
    }
    status = pg_unless_interrupted(status, err);
    if (status == PG_OK)
        status = pg_zip_stream_end(&m->stream, err);
    pg_npz_member_close(m);
    return status;
}

static void run_part(load *l, part *p)
{
    pg_error err;
    pg_status status = PG_OK;
    if (!is_late(l, p))
        status = p->is_cut ? inflate_part(l, p, &err) : get_alone(l, p, &err);
    fail_part(l, p, status, &err);
    set_ready(l, p, p->ready, true);
}

/* --- chunks --------------------------------------------------------------- */

/* Waits until the chunk is inflated; false if it will not be. An interrupt may
   have left out the job that inflates. */
static bool wait_for(load *l, const chunk *c)
{
    enum { WAIT = 10 * 1000 * 1000 }; /* nanoseconds */
    const part *p = c->part;
    struct timespec until;
    pthread_mutex_lock(&l->mutex);
    while (p->ready < c->at + c->n && !p->ended && !pg_interrupted()) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WAIT;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&l->progress, &l->mutex, &until);
    }
    bool is_ready = p->ready >= c->at + c->n;
    pthread_mutex_unlock(&l->mutex);
    return is_ready;
}

static pg_status read_chunk(const load *l, const chunk *c, size_t at, size_t n,
                            pg_error *err)
{
    const pg_zip *zip = &l->npz->zip;
    pg_status status = pg_input_read_at(
        zip->file, zip->path, c->part->file + at, c->part->data + at, n, err);
    if (status == PG_EFORMAT)
        return pg_zip_fail_member(zip, &zip->members[c->part->member], err,
                                  "the file ends within it");
    return status;
}

/* Has the system make the pages of chunks that are inflated soon: the thread
   that inflates would wait for it. */
static void make_pages(const part *p, const chunk *c)
{
#ifdef MADV_POPULATE_WRITE
    enum { AHEAD = 4 * CHUNK };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t first = c->at == 0 ? 0 : c->at + AHEAD - CHUNK;
    size_t end = pg_size_min(c->at + AHEAD, p->file_bytes);
    if (first >= end)
        return;
    size_t before = (uintptr_t)(p->file + first) % page;
    madvise(p->file + first - before, before + end - first,
            MADV_POPULATE_WRITE); /* a hint; it may fail */
#else
    (void)p;
    (void)c;
#endif
}

static void run_chunk(load *l, chunk *c)
{
    pg_error err;
    pg_status status = PG_OK;
    const part *p = c->part;
    size_t end, last = c->at + c->n;
    if (p->is_inflated && !is_late(l, p))
        make_pages(p, c);
    if (is_late(l, p) || (p->is_inflated && !wait_for(l, c)))
        return;
    for (size_t at = c->at;
         status == PG_OK && pg_next_chunk(&end, at, last, STEP); at = end) {
        if (!p->is_inflated)
            status = read_chunk(l, c, at, end - at, &err);
        if (status == PG_OK)
            c->crc = pg_crc32(c->crc, p->file + at, end - at);
    }
    fail_part(l, p, status, &err);
}

/* pg_worker_job: the parts, and behind them the chunks, whose parts are then
   under way. */
static void run_job(void *context, size_t job, int worker)
{
    load *l = context;
    (void)worker;
    if (job < l->ordered)
        run_part(l, l->order[job]);
    else
        run_chunk(l, &l->chunks[job - l->ordered]);
}

/* The CRC-32 of a member, from those of its header and its chunks. */
static pg_status check_crc(const load *l, const part *p, pg_error *err)
{
    const pg_zip *zip = &l->npz->zip;
    uint32_t crc = p->header_crc;
    for (size_t i = 0; i < p->chunks; i++) {
        const chunk *c = &l->chunks[p->first_chunk + i];
        crc = (uint32_t)crc32_combine(crc, c->crc, (z_off_t)c->n);
    }
    return pg_zip_check_crc(zip, &zip->members[p->member], crc, err);
}

/* --- the load ------------------------------------------------------------- */

/* True for a part that is worth several threads. All of its member's bytes are
   those of header and elements. */
static bool is_worth_chunks(const load *l, const part *p,
                            const pg_npz_member *m)
{
    return pg_threads() > 1 && !l->npz->options.map &&
           !pg_npz_rows_of(l->npz, p->member) &&
           m->stream.left == p->file_bytes && p->file_bytes >= CHUNK;
}

/* Reads the header of a part. */
static pg_status measure(load *l, part *p, pg_error *err)
{
    pg_npz_member *m;
    size_t first;
    const pg_npz *npz = l->npz;
    const pg_zip_member *member = &npz->zip.members[p->member];
    pg_status status = pg_npz_member_open(&m, npz, p->member, err);
    if (status == PG_OK) {
        p->packed = member->packed;
        p->is_inflated = member->method != PG_ZIP_STORED;
        p->header = m->header;
        p->header_crc = m->stream.crc;
        p->data = m->stream.data + m->header.bytes;
        status = pg_npy_find_rows(
            &first, &p->header, pg_npz_rows_of(npz, p->member), m->label, err);
    }
    if (status == PG_OK)
        status = pg_npz_member_check(
            &p->bytes, npz, m, pg_npz_rows_of(npz, p->member), &p->header, err);
    if (status == PG_OK) {
        p->file_bytes = p->bytes / pg_dtype_size(p->header.dtype) *
                        pg_npy_element_bytes(&p->header);
        p->is_cut = is_worth_chunks(l, p, m);
    }
    pg_npz_member_close(m);
    return status;
}

static int by_packed(const void *a, const void *b)
{
    const part *x = *(part *const *)a, *y = *(part *const *)b;
    if (x->packed != y->packed)
        return (x->packed < y->packed) - (x->packed > y->packed);
    return (x->member > y->member) - (x->member < y->member);
}

/* Lists the jobs, and allocates the arrays that are cut. */
static pg_status list_jobs(load *l, pg_error *err)
{
    char label[PG_ERROR_SIZE];
    for (size_t i = 0; i < l->count; i++) {
        part *p = &l->parts[i];
        if (!p->is_cut || p->is_inflated)
            l->order[l->ordered++] = p;
        if (!p->is_cut)
            continue;
        p->first_chunk = l->chunk_count;
        p->chunks = pg_size_divide_up(p->file_bytes, CHUNK);
        l->chunk_count += p->chunks;
    }
    qsort(l->order, l->ordered, sizeof *l->order, by_packed);
    l->chunks = pg_malloc(l->chunk_count * sizeof *l->chunks);
    if (!l->chunks)
        return pg_fail_memory(err, l->chunk_count * sizeof *l->chunks);
    pg_status status = PG_OK;
    for (size_t i = 0; i < l->count && status == PG_OK; i++) {
        part *p = &l->parts[i];
        if (!p->is_cut)
            continue;
        pg_npz_label(label, l->npz, p->member);
        status = pg_npy_new(p->out, &p->header, UINT64_MAX, label, err);
        if (status == PG_OK)
            p->file = pg_npy_file_bytes(&p->file_bytes, p->out, &p->header);
        for (size_t k = 0; k < p->chunks; k++) {
            size_t at = k * CHUNK;
            l->chunks[p->first_chunk + k] =
                (chunk){p, at, pg_size_min(CHUNK, p->file_bytes - at), 0};
        }
    }
    return status;
}

static pg_status run_jobs(load *l, pg_error *err)
{
    int workers = (int)pg_size_min((size_t)pg_threads(), MOST_WORKERS);
    pg_parallel_for_workers(workers, l->ordered + l->chunk_count, run_job, l);
    pg_status status = pg_check_interrupt(err);
    for (size_t i = 0; i < l->count && status == PG_OK; i++) {
        part *p = &l->parts[i];
        if (i == l->failed) {
            *err = l->error;
            return l->status;
        }
        if (p->is_cut)
            status = check_crc(l, p, err);
    }
    return status;
}

/* pg_job */
static void convert_part(void *context, size_t i)
{
    load *l = context;
    part *p = &l->parts[i];
    pg_error err;
    if (p->is_cut)
        fail_part(l, p, pg_npy_end(p->out, &p->header, PG_OK, &err), &err);
}

/* Reads the headers, and checks that the arrays may take their memory: *bytes
   are those of the arrays that are there already. */
static pg_status measure_all(load *l, size_t bytes, pg_error *err)
{
    const char *path = l->npz->zip.path;
    uint64_t most = l->npz->options.max_bytes;
    size_t needed = 0;
    for (size_t i = 0; i < l->count; i++) {
        pg_status status =
            pg_unless_interrupted(measure(l, &l->parts[i], err), err);
        if (status != PG_OK)
            return status;
        if (__builtin_add_overflow(needed, l->parts[i].bytes, &needed))
            needed = SIZE_MAX;
    }
    if (__builtin_add_overflow(bytes, needed, &bytes) || bytes > most)
        return pg_fail(err, PG_EARG,
                       "%.600s: its arrays take %zu bytes, more than max_bytes "
                       "= %" PRIu64,
                       path, bytes, most);
    if (needed >= PG_MEMORY_STEP && !pg_memory_has(needed))
        return pg_fail(err, PG_ENOMEM,
                       "%.600s: not enough memory for its arrays: they take "
                       "%zu bytes; %zu are available",
                       path, needed, pg_memory_left());
    return PG_OK;
}

static pg_status run(load *l, size_t bytes, pg_error *err)
{
    pg_status status = measure_all(l, bytes, err);
    if (status == PG_OK)
        status = list_jobs(l, err);
    if (status == PG_OK)
        status = run_jobs(l, err);
    if (status != PG_OK)
        return status;
    pg_parallel_for(l->count, l->chunk_count > 0, convert_part, l);
    if (l->failed < l->count)
        *err = l->error;
    return pg_unless_interrupted(l->status, err);
}

pg_status pg_npz_load(pg_array *const *out, const pg_npz *npz,
                      const size_t *members, size_t count, pg_error *err)
{
    size_t bytes = 0, part_bytes = count * (sizeof(part) + sizeof(part *));
    load l = {.npz = npz};
    l.parts = pg_malloc(part_bytes);
    if (!l.parts)
        return pg_fail_memory(err, part_bytes);
    l.order = (part **)(l.parts + count);
    for (size_t i = 0; i < count; i++)
        if (!out[i]->data)
            l.parts[l.count++] = (part){.out = out[i], .member = members[i]};
        else if (!pg_storage_is_mapped(out[i]->storage))
            bytes += pg_array_bytes(out[i]);
    l.failed = l.count;
    pthread_mutex_init(&l.mutex, NULL);
    pthread_cond_init(&l.progress, NULL);
    pg_status status = run(&l, bytes, err);
    for (size_t i = 0; i < l.count && status != PG_OK; i++)
        pg_array_release(l.parts[i].out);
    pthread_cond_destroy(&l.progress);
    pthread_mutex_destroy(&l.mutex);
    pg_free(l.chunks, l.chunk_count * sizeof *l.chunks);
    pg_free(l.parts, part_bytes);
    return status;
}

pg_status pg_npz_get(pg_array *out, const pg_npz *npz, size_t i, pg_error *err)
{
    pg_npz_member *m;
    const pg_rows_range *rows = pg_npz_rows_of(npz, i);
    memset(out, 0, sizeof *out);
    pg_status status = pg_npz_member_open(&m, npz, i, err);
    bool in_chunks = status == PG_OK && pg_threads() > 1 && !rows &&
                     !npz->options.map && m->stream.left >= CHUNK;
    if (status == PG_OK && !in_chunks)
        status = pg_npz_member_get(out, npz, m, rows, err);
    pg_npz_member_close(m);
    if (in_chunks)
        status = pg_npz_load(&out, npz, &i, 1, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}
