/* The names of an NPZ archive's arrays, and which members are arrays. */

#include <string.h>

#include "base/memory.h"
#include "formats/npz.h"

static const char SUFFIX[] = PG_NPZ_SUFFIX;
enum { SUFFIX_LENGTH = sizeof SUFFIX - 1 };

/* Kinds of members. */
enum {
    UNKNOWN, /* it has no suffix, and was not looked at */
    NAMED,   /* an array by its suffix */
    BARE,    /* an array without the suffix */
    OTHER,
};

/* True for a member that macOS keeps beside another, with that one's name. */
static bool is_resource_fork(const pg_zip_member *m)
{
    static const char folder[] = "__MACOSX/";
    size_t n = sizeof folder - 1;
    return m->name_length >= n && memcmp(m->name, folder, n) == 0;
}

static int kind_of(const pg_npz *npz, size_t i)
{
    const pg_zip_member *m = &npz->zip.members[i];
    if (npz->kinds)
        return npz->kinds[i];
    if (is_resource_fork(m))
        return OTHER;
    return pg_npz_has_suffix(m) ? NAMED : UNKNOWN;
}

bool pg_npz_has_suffix(const pg_zip_member *m)
{
    size_t n = m->name_length;
    return n >= SUFFIX_LENGTH &&
           memcmp(m->name + n - SUFFIX_LENGTH, SUFFIX, SUFFIX_LENGTH) == 0;
}

/* --- kinds ---------------------------------------------------------------- */

static bool is_folder(const pg_zip_member *m)
{
    return m->size == 0 && m->name_length > 0 &&
           m->name[m->name_length - 1] == '/';
}

/* Reads a member without the suffix, as far as needed, to tell if it is an
   array. One that is damaged or cannot be read counts as one, and fails when
   it is read as such. */
static pg_status read_kind(unsigned char *kind, pg_zip_stream *s,
                           const pg_zip *zip, const pg_zip_member *m,
                           pg_error *err)
{
    char magic[PG_NPY_MAGIC] = {0};
    *kind = OTHER;
    if (is_folder(m))
        return PG_OK;
    pg_status status = pg_zip_stream_open(s, zip, m, err);
    if (status == PG_OK && m->size >= sizeof magic)
        status = pg_zip_stream_read(s, magic, sizeof magic, err);
    if (status == PG_OK && pg_npy_is_magic(magic))
        *kind = BARE;
    else if (status == PG_OK)
        status = pg_zip_stream_finish(s, err);
    pg_zip_stream_close(s);
    if (status != PG_EFORMAT)
        return status;
    *kind = BARE;
    return PG_OK;
}

static pg_status read_kinds(unsigned char *kinds, const pg_zip *zip,
                            pg_error *err)
{
    pg_zip_stream *s = pg_malloc(sizeof *s);
    if (!s)
        return pg_fail_memory(err, sizeof *s);
    pg_status status = PG_OK;
    for (size_t i = 0; i < zip->count && status == PG_OK; i++)
        if (is_resource_fork(&zip->members[i]))
            kinds[i] = OTHER;
        else if (pg_npz_has_suffix(&zip->members[i]))
            kinds[i] = NAMED;
        else
            status = read_kind(&kinds[i], s, zip, &zip->members[i], err);
    pg_free(s, sizeof *s);
    return status;
}

pg_status pg_npz_check_names(pg_npz *npz, pg_error *err)
{
    if (npz->kinds)
        return PG_OK;
    pg_status status = pg_zip_check_names(&npz->zip, err);
    if (status != PG_OK)
        return status;
    unsigned char *kinds = pg_malloc(npz->zip.count);
    if (!kinds)
        return pg_fail_memory(err, npz->zip.count);
    status = read_kinds(kinds, &npz->zip, err);
    if (status == PG_OK)
        npz->kinds = kinds;
    else
        pg_free(kinds, npz->zip.count);
    return status;
}

/* --- names ---------------------------------------------------------------- */

/* The kind of the member that a named array shares its name with: for x.npy
   that of x, and so on if that has the suffix, too. OTHER if there is none. */
static int kind_behind(const pg_npz *npz, const pg_zip_member *m)
{
    size_t i, n = m->name_length;
    do {
        n -= SUFFIX_LENGTH;
        if (!pg_zip_find(&i, &npz->zip, m->name, n, ""))
            return OTHER;
    } while (kind_of(npz, i) == NAMED);
    return kind_of(npz, i);
}

bool pg_npz_name(const char **name, size_t *n, const pg_npz *npz, size_t i)
{
    pg_assert(i < npz->zip.count);
    const pg_zip_member *m = &npz->zip.members[i];
    int kind = kind_of(npz, i);
    *name = m->name;
    *n = m->name_length;
    if (kind == NAMED && kind_behind(npz, m) != BARE)
        *n -= SUFFIX_LENGTH;
    return kind == NAMED || kind == BARE;
}

bool pg_npz_find(size_t *i, const pg_npz *npz, const char *name, size_t n)
{
    if (pg_zip_find(i, &npz->zip, name, n, "")) {
        int kind = kind_of(npz, *i);
        if (kind == NAMED)
            kind = kind_behind(npz, &npz->zip.members[*i]);
        if (kind == BARE || kind == UNKNOWN)
            return kind == BARE;
    }
    return pg_zip_find(i, &npz->zip, name, n, SUFFIX);
}
