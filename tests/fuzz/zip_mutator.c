/* Mutations of NPZ archives: the members are unpacked, changed as NPY files or
   as members, and written anew in one of the forms that ZIP has, with the right
   CRC-32s, sizes and offsets; then perhaps one field is made wrong. */

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "mutator.h"

enum {
    LOCAL_HEADER = 30,
    ENTRY = 46,
    MOST_MEMBERS = 12,
    MOST_FIELDS = 512,
    MOST_DATA = 1 << 13,
    MOST_NAME = 64,
    STORED = 0,
    DEFLATED = 8,
    DESCRIBED_LATER = 8,
    UTF8 = 1 << 11,
};

typedef struct member {
    uint8_t name[MOST_NAME], data[MOST_DATA];
    size_t name_n, n; /* of the name, of the data unpacked */
    unsigned method;
    /* As it was written: */
    size_t header, packed;
    uint32_t crc;
    unsigned flags;
} member;

typedef struct archive {
    member members[MOST_MEMBERS];
    size_t count;
} archive;

/* --- reading -------------------------------------------------------------- */

/* The offset of the next signature, of 4 bytes, from `at` on; n where there is
   none. */
static size_t find(const uint8_t *data, size_t n, size_t at, const char *what)
{
    uint64_t wanted = pg_bytes_get((const uint8_t *)what, 4);
    for (; at + 4 <= n; at++)
        if (data[at] == 'P' && pg_bytes_get(data + at, 4) == wanted)
            return at;
    return n;
}

/* Reads the member whose local header is at `at`; packed is what the directory
   says. Returns false for one that cannot be unpacked. */
static bool read_member(member *m, const uint8_t *data, size_t n, size_t at,
                        size_t packed)
{
    if (at + LOCAL_HEADER > n)
        return false;
    size_t name = pg_bytes_get(data + at + 26, 2);
    size_t begin =
        at + LOCAL_HEADER + name + (size_t)pg_bytes_get(data + at + 28, 2);
    if (begin > n)
        return false;
    size_t most = find(data, n, begin, "PK\3\4");
    most = most < n ? most : find(data, n, begin, "PK\1\2");
    if (packed > most - begin)
        packed = most - begin;
    m->method = (unsigned)pg_bytes_get(data + at + 8, 2);
    m->name_n = name < MOST_NAME ? name : MOST_NAME;
    memcpy(m->name, data + at + LOCAL_HEADER, m->name_n);
    if (m->method == DEFLATED) {
        m->n = mutator_inflate(m->data, MOST_DATA, data + begin, packed,
                               -MAX_WBITS);
        return m->n > 0;
    }
    m->n = packed < MOST_DATA ? packed : MOST_DATA;
    memcpy(m->data, data + begin, m->n);
    return true;
}

/* Finds members by the signatures, not by the offsets, which may be wrong. */
static void read_archive(archive *a, const uint8_t *data, size_t n)
{
    size_t entry = find(data, n, 0, "PK\1\2"), at = 0;
    a->count = 0;
    while (a->count < MOST_MEMBERS && (at = find(data, n, at, "PK\3\4")) < n) {
        size_t packed =
            entry + ENTRY <= n ? pg_bytes_get(data + entry + 20, 4) : n;
        if (read_member(&a->members[a->count], data, n, at, packed))
            a->count++;
        entry = find(data, n, entry + 1, "PK\1\2");
        at++;
    }
}

/* --- writing -------------------------------------------------------------- */

typedef struct field {
    size_t at, n;
} field;

typedef struct writer {
    uint8_t *data;
    size_t n, room;
    bool full; /* nothing more is written */
    field fields[MOST_FIELDS];
    size_t count;
} writer;

static void put_bytes(writer *w, const void *bytes, size_t n)
{
    w->full = w->full || n > w->room - w->n;
    if (w->full || n == 0)
        return;
    memcpy(w->data + w->n, bytes, n);
    w->n += n;
}

static void put(writer *w, uint64_t value, size_t n)
{
    uint8_t bytes[8];
    if (w->count < MOST_FIELDS)
        w->fields[w->count++] = (field){w->n, n};
    pg_bytes_put(bytes, value, n);
    put_bytes(w, bytes, n);
}

/* The forms that an archive has beyond the plainest. */
typedef struct form {
    bool zip64_local, zip64_entry, zip64_end, descriptor, signature, zero_crc,
        extra, comment, behind, utf8;
} form;

static bool rarely(bool plain)
{
    return !plain && !mutator_random(4);
}

static form choose_form(void)
{
    bool plain = mutator_random(2);
    return (form){rarely(plain), rarely(plain), rarely(plain), rarely(plain),
                  rarely(plain), rarely(plain), rarely(plain), rarely(plain),
                  rarely(plain), rarely(plain)};
}

static void put_unknown_extra(writer *w)
{
    put(w, 0x5455, 2); /* a time, as Info-ZIP writes it */
    put(w, 5, 2);
    put_bytes(w, "\1\0\0\0\0", 5);
}

static void put_local_header(writer *w, const member *m, const form *f)
{
    bool later = m->flags & DESCRIBED_LATER;
    size_t extra = (f->extra ? 9U : 0U) + (f->zip64_local ? 20U : 0U);
    put_bytes(w, "PK\3\4", 4);
    put(w, f->zip64_local ? 45 : 20, 2);
    put(w, m->flags, 2);
    put(w, m->method, 2);
    put(w, 0, 2);
    put(w, 0x21, 2);
    put(w, later || f->zero_crc ? 0 : m->crc, 4);
    put(w, f->zip64_local ? UINT32_MAX : later ? 0 : m->packed, 4);
    put(w, f->zip64_local ? UINT32_MAX : later ? 0 : m->n, 4);
    put(w, m->name_n, 2);
    put(w, extra, 2);
    put_bytes(w, m->name, m->name_n);
    if (f->extra)
        put_unknown_extra(w);
    if (f->zip64_local) {
        put(w, 1, 2);
        put(w, 16, 2);
        put(w, later ? 0 : m->n, 8);
        put(w, later ? 0 : m->packed, 8);
    }
}

static void put_descriptor(writer *w, const member *m, const form *f)
{
    size_t size = f->zip64_local ? 8 : 4;
    if (f->signature)
        put_bytes(w, "PK\7\10", 4);
    put(w, m->crc, 4);
    put(w, m->packed, size);
    put(w, m->n, size);
}

static void put_member(writer *w, member *m, const form *f)
{
    static uint8_t packed[2 * MOST_DATA];
    const uint8_t *bytes = m->data;
    m->packed = m->n;
    m->crc = (uint32_t)crc32(0, m->data, (uInt)m->n);
    m->header = w->n;
    m->flags = (f->utf8 ? UTF8 : 0) | (f->descriptor ? DESCRIBED_LATER : 0);
    if (m->method == DEFLATED) {
        m->packed =
            mutator_deflate(packed, sizeof packed, m->data, m->n, -MAX_WBITS);
        bytes = packed;
    }
    put_local_header(w, m, f);
    put_bytes(w, bytes, m->packed);
    if (f->descriptor)
        put_descriptor(w, m, f);
}

static void put_entry(writer *w, const member *m, const form *f)
{
    size_t extra = (f->extra ? 9U : 0U) + (f->zip64_entry ? 28U : 0U);
    put_bytes(w, "PK\1\2", 4);
    put(w, 20, 2);
    put(w, f->zip64_entry ? 45 : 20, 2);
    put(w, m->flags, 2);
    put(w, m->method, 2);
    put(w, 0, 2);
    put(w, 0x21, 2);
    put(w, m->crc, 4);
    put(w, f->zip64_entry ? UINT32_MAX : m->packed, 4);
    put(w, f->zip64_entry ? UINT32_MAX : m->n, 4);
    put(w, m->name_n, 2);
    put(w, extra, 2);
    put(w, f->comment ? 3 : 0, 2);
    put(w, 0, 2);
    put(w, 0, 2);
    put(w, 0, 4);
    put(w, f->zip64_entry ? UINT32_MAX : m->header, 4);
    put_bytes(w, m->name, m->name_n);
    if (f->extra)
        put_unknown_extra(w);
    if (f->zip64_entry) {
        put(w, 1, 2);
        put(w, 24, 2);
        put(w, m->n, 8);
        put(w, m->packed, 8);
        put(w, m->header, 8);
    }
    put_bytes(w, "abc", f->comment ? 3 : 0);
}

static void put_zip64_end(writer *w, size_t count, size_t directory)
{
    size_t at = w->n;
    put_bytes(w, "PK\6\6", 4);
    put(w, 44, 8);
    put(w, 45, 2);
    put(w, 45, 2);
    put(w, 0, 4);
    put(w, 0, 4);
    put(w, count, 8);
    put(w, count, 8);
    put(w, at - directory, 8);
    put(w, directory, 8);
    put_bytes(w, "PK\6\7", 4);
    put(w, 0, 4);
    put(w, at, 8);
    put(w, 1, 4);
}

static void put_end(writer *w, const archive *a, size_t directory,
                    const form *f)
{
    size_t behind = w->n;
    unsigned ones = mutator_random(2) ? 15 : (unsigned)mutator_random(16);
    if (f->zip64_end)
        put_zip64_end(w, a->count, directory);
    else
        ones = 0;
    put_bytes(w, "PK\5\6", 4);
    put(w, ones & 1 ? UINT16_MAX : 0, 2);
    put(w, ones & 1 ? UINT16_MAX : 0, 2);
    put(w, ones & 2 ? UINT16_MAX : a->count, 2);
    put(w, ones & 2 ? UINT16_MAX : a->count, 2);
    put(w, ones & 4 ? UINT32_MAX : behind - directory, 4);
    put(w, ones & 8 ? UINT32_MAX : directory, 4);
    put(w, f->comment ? 5 : 0, 2);
    put_bytes(w, "hello", f->comment ? 5 : 0);
    put_bytes(w, "\n\0\n", f->behind ? 3 : 0);
}

/* Writes the archive; returns its length, 0 if that is more than room. */
static size_t write_archive(uint8_t *data, size_t room, archive *a)
{
    static writer w;
    form f = choose_form();
    w.data = data;
    w.room = room;
    w.n = w.count = 0;
    w.full = false;
    for (size_t i = 0; i < a->count; i++)
        put_member(&w, &a->members[i], &f);
    size_t directory = w.n;
    for (size_t i = 0; i < a->count; i++)
        put_entry(&w, &a->members[i], &f);
    put_end(&w, a, directory, &f);
    if (w.full)
        return 0;
    if (!mutator_random(2)) {
        field at = w.fields[mutator_random(w.count)];
        mutator_put_number(data + at.at, at.n);
    }
    return w.n;
}

/* --- changing ------------------------------------------------------------- */

static void rename_member(member *m)
{
    static const char *const names[] = {
        "x.npy",        "y.npy",     "x",        ".npy",     "",      "a/b.npy",
        "\xc3\xa9.npy", "x.npy.npy", "\xff.npy", "../x.npy", "x.txt", "\n.npy"};
    const char *name = names[mutator_random(sizeof names / sizeof *names)];
    if (mutator_random(2)) {
        m->name_n = strlen(name);
        memcpy(m->name, name, m->name_n);
    } else
        m->name_n = LLVMFuzzerMutate(m->name, m->name_n, MOST_NAME);
}

static void add_member(archive *a)
{
    member *m = &a->members[a->count++];
    memset(m, 0, sizeof *m);
    m->method = mutator_random(2) ? STORED : DEFLATED;
    m->n = mutate_npy(m->data, 0, MOST_DATA);
    memcpy(m->name, "z.npy", 5);
    m->name_n = 5;
}

static void change_members(archive *a)
{
    static member spare;
    member *m = &a->members[mutator_random(a->count)];
    member *other = &a->members[mutator_random(a->count)];
    switch (mutator_random(10)) {
    case 0:
        rename_member(m);
        break;
    case 1:
        m->method = m->method == STORED ? DEFLATED : STORED;
        break;
    case 2: /* the last takes its place */
        *m = a->members[--a->count];
        break;
    case 3:
        if (a->count < MOST_MEMBERS)
            add_member(a);
        break;
    case 4:
        if (a->count < MOST_MEMBERS)
            a->members[a->count++] = *m;
        break;
    case 5:
        spare = *m;
        *m = *other;
        *other = spare;
        break;
    case 6: /* another form alone */
        break;
    default:
        m->n = mutate_npy(m->data, m->n, MOST_DATA);
    }
}

/* Makes the directory's CRC-32s, and those of local headers that have one,
   those of the data. */
static void mend_checksums(uint8_t *data, size_t n)
{
    static member m;
    size_t at = 0, entry = 0;
    while ((at = find(data, n, at, "PK\3\4")) < n &&
           (entry = find(data, n, entry, "PK\1\2")) + ENTRY <= n) {
        if (read_member(&m, data, n, at, pg_bytes_get(data + entry + 20, 4))) {
            uint64_t crc = crc32(0, m.data, (uInt)m.n);
            pg_bytes_put(data + entry + 16, crc, 4);
            if (pg_bytes_get(data + at + 14, 4) != 0)
                pg_bytes_put(data + at + 14, crc, 4);
        }
        at++;
        entry++;
    }
}

size_t mutate_zip(uint8_t *data, size_t n, size_t room)
{
    static archive a;
    static uint8_t made[1 << 17];
    size_t how = mutator_random(4), length;
    if (how < 2) {
        n = LLVMFuzzerMutate(data, n, room);
        if (how == 1)
            mend_checksums(data, n);
        return n;
    }
    read_archive(&a, data, n);
    if (a.count == 0)
        add_member(&a);
    change_members(&a);
    length = write_archive(made, room < sizeof made ? room : sizeof made, &a);
    if (length == 0)
        return n;
    memcpy(data, made, length);
    return length;
}
