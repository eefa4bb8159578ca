/* NPZ archives: their members as arrays, and the names that arrays may have. */

#include "formats/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/printable.h"
#include "io/input.h"

static const char SUFFIX[] = PG_NPZ_SUFFIX;
enum { SUFFIX_LENGTH = sizeof SUFFIX - 1 };

pg_status pg_npz_open(pg_npz *npz, const char *path,
                      const pg_load_options *options, pg_error *err)
{
    *npz = (pg_npz){.options = *options};
    return pg_zip_open(&npz->zip, path, err);
}

void pg_npz_close(pg_npz *npz)
{
    pg_free(npz->rows, npz->zip.count * sizeof *npz->rows);
    pg_free(npz->kinds, npz->zip.count);
    pg_zip_close(&npz->zip);
    npz->rows = NULL;
    npz->kinds = NULL;
}

pg_status pg_npz_set_rows(pg_npz *npz, size_t i, pg_rows_range rows,
                          pg_error *err)
{
    pg_assert(i < npz->zip.count);
    size_t bytes = npz->zip.count * sizeof *npz->rows;
    if (!npz->rows) {
        npz->rows = pg_malloc(bytes);
        if (!npz->rows)
            return pg_fail_memory(err, bytes);
        memset(npz->rows, 0, bytes);
    }
    npz->rows[i] = (pg_npz_rows){true, rows};
    return PG_OK;
}

bool pg_npz_is_open(const pg_npz *npz)
{
    return npz->zip.file != NULL;
}

size_t pg_npz_count(const pg_npz *npz)
{
    return npz->zip.count;
}

/* --- writing -------------------------------------------------------------- */

static pg_status write_member(void *context, const void *data, size_t n,
                              pg_error *err)
{
    return pg_zip_writer_write(context, data, n, err);
}

bool pg_npz_may_name(const char *name, size_t n)
{
    pg_assert(name[n] == '\0');
    if (n == 0 || n > PG_NPZ_NAME || memchr(name, 0, n))
        return false;
    for (size_t length; *name; name += length)
        if (pg_code_point(name, &length) < 0)
            return false;
    return true;
}

/* A name of n bytes. */
typedef struct npz_name {
    const char *name;
    size_t n;
} npz_name;

static int compare_names(const void *key, const void *element)
{
    const npz_name *a = key;
    const char *b = *(const char *const *)element;
    size_t n = strlen(b);
    int order = memcmp(a->name, b, pg_size_min(a->n, n));
    return order ? order : (a->n > n) - (a->n < n);
}

static bool is_among(const char *name, size_t n, const char *const *names,
                     size_t count)
{
    npz_name key = {name, n};
    return count > 0 &&
           bsearch(&key, names, count, sizeof *names, compare_names);
}

/* The length of a member's name without the suffix. */
static size_t stem_length(const pg_zip_member *m)
{
    return m->name_length - (pg_npz_has_suffix(m) ? SUFFIX_LENGTH : 0);
}

/* Tells which members are kept beside new arrays. A member that is no array is
   replaced, too, where it has a new array's name: NumPy would give it in the
   array's place. */
static void choose_kept(bool *keep, const pg_npz *npz, const char *const *names,
                        size_t count)
{
    for (size_t i = 0; i < npz->zip.count; i++) {
        const pg_zip_member *m = &npz->zip.members[i];
        keep[i] = !is_among(m->name, stem_length(m), names, count);
    }
}

/* --- names that NumPy confuses -------------------------------------------- */

/* NumPy gives the member x.npy, which is the array x, for the name x.npy, and
   never the array of that name. */
static pg_status fail_confused(const char *path, const char *name, size_t n,
                               pg_error *err)
{
    int shown = (int)pg_size_min(n, 120);
    return pg_fail(err, PG_EARG,
                   "%.400s: the arrays '%.*s' and '%.*s.npy' can't be in one "
                   "archive: NumPy would read the first for both",
                   path, shown, name, shown, name);
}

static bool ends_with_suffix(const char *name, size_t n)
{
    return n > SUFFIX_LENGTH &&
           memcmp(name + n - SUFFIX_LENGTH, SUFFIX, SUFFIX_LENGTH) == 0;
}

static pg_status check_new_names(const char *path, const char *const *names,
                                 size_t count, pg_error *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(names[i]);
        if (ends_with_suffix(names[i], n) &&
            is_among(names[i], n - SUFFIX_LENGTH, names, count))
            return fail_confused(path, names[i], n - SUFFIX_LENGTH, err);
    }
    return PG_OK;
}

static pg_status check_kept_names(const pg_npz *npz, const bool *keep,
                                  const char *const *names, size_t count,
                                  pg_error *err)
{
    for (size_t i = 0; i < npz->zip.count; i++) {
        const pg_zip_member *m = &npz->zip.members[i];
        size_t n = stem_length(m);
        if (!keep[i] || n == m->name_length)
            continue;
        if (ends_with_suffix(m->name, n) &&
            is_among(m->name, n - SUFFIX_LENGTH, names, count))
            return fail_confused(npz->zip.path, m->name, n - SUFFIX_LENGTH,
                                 err);
        if (is_among(m->name, m->name_length, names, count))
            return fail_confused(npz->zip.path, m->name, n, err);
    }
    return PG_OK;
}

/* --- opening a writer ----------------------------------------------------- */

static pg_status keep_members(pg_zip_writer *w, const pg_npz *npz,
                              const char *const *names, size_t count,
                              pg_error *err)
{
    size_t bytes = npz->zip.count * sizeof(bool);
    bool *keep = pg_malloc(bytes);
    if (!keep)
        return pg_fail_memory(err, bytes);
    choose_kept(keep, npz, names, count);
    pg_status status = check_kept_names(npz, keep, names, count, err);
    if (status == PG_OK)
        status = pg_zip_writer_keep(w, &npz->zip, keep, err);
    pg_free(keep, bytes);
    return status;
}

pg_status pg_npz_writer_open(pg_zip_writer *w, const char *path, bool append,
                             const char *const *names, size_t count,
                             pg_error *err)
{
    pg_npz old;
    const pg_load_options options = PG_LOAD_DEFAULT;
    bool exists = false;
    memset(w, 0, sizeof *w);
    pg_status status = check_new_names(path, names, count, err);
    if (status == PG_OK && append)
        status = pg_input_exists(&exists, path, err);
    if (status != PG_OK)
        return status;
    if (!exists)
        return pg_zip_writer_open(w, path, err);
    bool is_npy = false;
    status = pg_npy_test(&is_npy, path, err);
    if (status == PG_OK && is_npy)
        status = pg_fail(err, PG_EFORMAT,
                         "%.600s: it is an NPY array, no archive to append to",
                         path);
    if (status != PG_OK)
        return status;
    status = pg_npz_open(&old, path, &options, err);
    if (status != PG_OK)
        return status;
    status = pg_zip_check_names(&old.zip, err);
    if (status == PG_OK)
        status = pg_zip_writer_open(w, path, err);
    if (status == PG_OK)
        status = keep_members(w, &old, names, count, err);
    if (status != PG_OK)
        pg_zip_writer_discard(w);
    pg_npz_close(&old);
    return status;
}

pg_status pg_npz_add(pg_zip_writer *w, const char *name, const pg_array *a,
                     bool compress, pg_error *err)
{
    char member[PG_NPZ_NAME + sizeof SUFFIX];
    pg_sink sink = {write_member, w};
    size_t n = strlen(name);
    if (!pg_npz_may_name(name, n))
        return pg_fail(err, PG_EARG,
                       "an array's name is 1 to %d bytes of UTF-8",
                       PG_NPZ_NAME);
    memcpy(member, name, n);
    memcpy(member + n, SUFFIX, sizeof SUFFIX);
    pg_status status =
        pg_zip_writer_begin(w, member, pg_npy_length(a), compress, err);
    if (status == PG_OK)
        status = pg_npy_write(&sink, a, err);
    if (status == PG_OK)
        status = pg_zip_writer_end(w, err);
    return status;
}
