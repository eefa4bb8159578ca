/* The fuzzer of NPZ archives: their names, headers, checksums and arrays. */

#include <string.h>

#include "base/threads.h"
#include "fuzz.h"
#include "formats/npz.h"
#include "mutator.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

enum {
    RATIO = 1032,       /* deflate makes at most so many bytes of one */
    BUFFERS = 2 << 20,  /* of a stream, a local header, the end record */
    FOR_EACH_BYTE = 16, /* of the directory, for a member's struct */
    MOST_LOADED = 8,    /* members that are loaded at once */
};

static bool same_form(const pg_array *a, const pg_npy_header *header)
{
    return a->dtype == header->dtype && a->ndim == header->ndim &&
           memcmp(a->shape, header->shape,
                  (size_t)a->ndim * sizeof *a->shape) == 0;
}

/* Reads what there is to know of a member; *a = its array. */
static pg_status read_member(pg_array *a, pg_npz *npz, size_t i)
{
    pg_error err;
    pg_npy_header header;
    uint32_t sum;
    const char *name;
    size_t found, n;
    if (pg_npz_name(&name, &n, npz, i))
        FUZZ_CHECK(pg_npz_find(&found, npz, name, n) && found == i);
    pg_status checksum = pg_npz_checksum(&sum, npz, i, &err);
    if (checksum != PG_OK)
        fuzz_check_error(checksum, &err);
    pg_status known = pg_npz_header(&header, npz, i, &err);
    if (known != PG_OK)
        fuzz_check_error(known, &err);
    pg_status status = pg_npz_get(a, npz, i, &err);
    if (status == PG_OK) /* what gives an array has a header */
        FUZZ_CHECK(known == PG_OK && same_form(a, &header));
    fuzz_check_array(a, status, &err);
    return status;
}

/* Opens an archive, and checks its names; not open where that fails. */
static void open_archive(pg_npz *npz, const char *path,
                         const pg_load_options *options)
{
    pg_error err;
    pg_status status = pg_npz_open(npz, path, options, &err);
    FUZZ_CHECK(pg_npz_is_open(npz) == (status == PG_OK));
    if (status == PG_OK)
        status = pg_npz_check_names(npz, &err);
    if (status != PG_OK) {
        fuzz_check_error(status, &err);
        pg_npz_close(npz);
    }
}

/* Gets an array once more, with other options, from another archive of the same
   file. */
static void read_part(pg_npz *npz, size_t i, const pg_array *whole,
                      const pg_load_options *options, const pg_rows_range *rows)
{
    pg_error err;
    pg_array part;
    uint32_t sum;
    /* Deflated members are not mapped, and what does not read all of a member
       wants the right sizes and CRC-32 in its local header. */
    bool deflated = npz->zip.members[i].method == PG_ZIP_DEFLATED;
    bool is_part = rows || options->map;
    bool may_refuse = (deflated && options->map) ||
                      (is_part && pg_npz_checksum(&sum, npz, i, &err) != PG_OK);
    if (rows)
        FUZZ_CHECK(pg_npz_set_rows(npz, i, *rows, &err) == PG_OK);
    pg_status status = pg_npz_get(&part, npz, i, &err);
    /* Bytes behind an array in its member count for max_bytes, too. */
    if (!is_part && status == PG_EARG &&
        npz->zip.members[i].size > options->max_bytes) {
        fuzz_check_array(&part, status, &err);
        return;
    }
    fuzz_check_part(&part, status, &err, whole, options, rows, may_refuse);
}

/* Reads all members at once, on two threads: all or none of them. `alone` are
   their arrays, empty for those that cannot be read. */
static void read_all(const pg_npz *npz, const pg_array *alone, size_t count)
{
    pg_array arrays[MOST_LOADED], *out[MOST_LOADED];
    size_t members[MOST_LOADED];
    pg_error err;
    bool expected = true;
    for (size_t i = 0; i < count; i++) {
        arrays[i] = (pg_array){0};
        out[i] = &arrays[i];
        members[i] = i;
        expected = expected && alone[i].data;
    }
    pg_status status = pg_npz_load(out, npz, members, count, &err);
    FUZZ_CHECK((status == PG_OK) == expected);
    for (size_t i = 0; i < count; i++) {
        fuzz_check_array(&arrays[i], status, &err);
        if (status == PG_OK)
            fuzz_check_same(&arrays[i], &alone[i]);
        pg_array_release(&arrays[i]);
    }
}

/* Reads each array of an open archive alone, in part, and all at once; those
   beyond MOST_LOADED alone. */
static void read_arrays(pg_npz *npz, const char *path)
{
    pg_load_options options;
    pg_rows_range range;
    const pg_rows_range *rows = fuzz_options(&options, &range);
    pg_npz other = {0};
    pg_array further, alone[MOST_LOADED] = {{0}};
    size_t count = pg_npz_count(npz);
    for (size_t i = 0; i < count; i++) {
        pg_array *a = i < MOST_LOADED ? &alone[i] : &further;
        if (read_member(a, npz, i) == PG_OK) {
            if (!pg_npz_is_open(&other))
                open_archive(&other, path, &options);
            FUZZ_CHECK(pg_npz_is_open(&other));
            read_part(&other, i, a, &options, rows);
        }
        if (a == &further)
            pg_array_release(a);
    }
    if (count <= MOST_LOADED && fuzz_choose(8) == 0)
        read_all(npz, alone, count);
    for (size_t i = 0; i < MOST_LOADED; i++)
        pg_array_release(&alone[i]);
    pg_npz_close(&other);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    pg_error err;
    (void)argc;
    (void)argv;
    FUZZ_CHECK(pg_set_threads(2, &err) == PG_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* float16 becomes float32; all arrays are there twice, and a part. */
    const char *path =
        fuzz_begin(data, n, (6 * RATIO + FOR_EACH_BYTE) * n + BUFFERS);
    const pg_load_options all = PG_LOAD_DEFAULT;
    pg_npz npz;
    open_archive(&npz, path, &all);
    if (pg_npz_is_open(&npz)) {
        read_arrays(&npz, path);
        pg_npz_close(&npz);
    }
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    mutator_seed(seed);
    return mutate_zip(data, n, room);
}
