/* The rows of a CSV file: where they begin and end, and their number. */

#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/printable.h"
#include "formats/csv_reader.h"

enum { CHUNK = 1 << 18 }; /* bytes that are scanned between polls */

/* The byte before, and where it stands. */
typedef enum place {
    AT_LINE,   /* nothing of the line, or blanks alone */
    AT_CELL,   /* a delimiter */
    IN_PLAIN,  /* a plain cell's byte */
    IN_QUOTES, /* a quoted cell's byte, or its first quote */
    AT_QUOTE,  /* a quote in a quoted cell: its last, or the first of two */
    AT_RETURN  /* a CR, which a LF may follow */
} place;

typedef struct scanner {
    pg_csv *csv;
    place place;
    bool is_blank;  /* the line so far */
    uint64_t line;  /* the offset of its begin */
    uint64_t quote; /* the offset of the quoted cell */
    size_t cell;    /* of the row, from 0 */
    bool has_first; /* the first row was found */
    pg_csv_fault *fault;
    pg_status status;
    pg_error *err;
} scanner;

/* Adds a piece that begins at an offset. */
static void add_piece(scanner *s, uint64_t offset)
{
    pg_csv *csv = s->csv;
    if (csv->piece_count == csv->piece_room) {
        size_t room = csv->piece_room ? 2 * csv->piece_room : 16;
        size_t bytes = room * sizeof *csv->pieces;
        pg_csv_piece *pieces = pg_malloc(bytes);
        if (!pieces) {
            s->status = pg_fail_memory(s->err, bytes);
            return;
        }
        if (csv->piece_count > 0)
            memcpy(pieces, csv->pieces, csv->piece_count * sizeof *pieces);
        pg_free(csv->pieces, csv->piece_room * sizeof *pieces);
        csv->pieces = pieces;
        csv->piece_room = room;
    }
    csv->pieces[csv->piece_count++] = (pg_csv_piece){offset, csv->rows};
}

/* Ends a line that is behind offset `end`. */
static void end_line(scanner *s, uint64_t end)
{
    pg_csv *csv = s->csv;
    if (!s->is_blank && !s->has_first) {
        s->has_first = true;
        csv->first_row = s->line;
        csv->first_bytes = (size_t)(end - s->line);
        csv->data = csv->options.header ? end : s->line;
        add_piece(s, csv->data);
        csv->rows += !csv->options.header;
    } else if (s->has_first && s->status == PG_OK) {
        csv->rows += !s->is_blank;
        if (end - csv->pieces[csv->piece_count - 1].offset >= PG_CSV_PIECE)
            add_piece(s, end);
    }
    s->place = AT_LINE;
    s->is_blank = true;
    s->line = end;
    s->cell = 0;
}

static void fail(scanner *s, const char *what, uint64_t offset)
{
    *s->fault =
        (pg_csv_fault){.what = what, .offset = offset, .column = s->cell};
}

/* Scans bytes one after the other: all of them, or up to a line's begin.
   Returns their number. */
static size_t scan_bytes(scanner *s, const unsigned char *bytes, size_t n,
                         uint64_t base, bool to_line)
{
    const unsigned char *at = bytes, *end = bytes + n;
    const unsigned char *classes = s->csv->classes;
    while (at < end && !s->fault->what && s->status == PG_OK) {
        uint64_t offset = base + (uint64_t)(at - bytes);
        unsigned char c = *at;
        switch (s->place) {
        case AT_LINE:
            if (to_line && s->is_blank && s->line == offset)
                return (size_t)(at - bytes);
            if (classes[c] == PG_CSV_LINE_END)
                break;
            if (!pg_csv_is_blank(s->csv, c)) {
                s->is_blank = false;
                s->place = s->line == offset ? AT_CELL : IN_PLAIN;
            } else
                at++;
            continue;
        case AT_CELL:
            s->place = c == '"' ? IN_QUOTES : IN_PLAIN;
            s->quote = offset;
            at += c == '"';
            continue;
        case IN_PLAIN:
            while (at < end && !classes[*at])
                at++;
            if (at == end)
                continue;
            c = *at;
            break;
        case IN_QUOTES:
            at = memchr(at, '"', (size_t)(end - at));
            at = at ? at + 1 : end;
            s->place = at[-1] == '"' ? AT_QUOTE : IN_QUOTES;
            continue;
        case AT_QUOTE:
            if (c == '"') {
                s->place = IN_QUOTES;
                at++;
                continue;
            }
            if (!classes[c]) {
                fail(s,
                     "bytes follow a closing quote; a quote in a quoted "
                     "cell is doubled",
                     offset);
                continue;
            }
            break;
        case AT_RETURN:
            at += c == '\n';
            end_line(s, base + (uint64_t)(at - bytes));
            continue;
        }
        /* The byte ends a cell. */
        at++;
        offset = base + (uint64_t)(at - bytes);
        if (classes[c] == PG_CSV_DELIMITER) {
            s->cell++;
            s->place = AT_CELL;
        } else if (c == '\n')
            end_line(s, offset);
        else
            s->place = AT_RETURN;
    }
    return n;
}

/* Scans whole lines without quotes, whose CRs are in front of LFs. */
static void scan_lines(scanner *s, const unsigned char *bytes, size_t n,
                       uint64_t base)
{
    const unsigned char *at = bytes, *end = bytes + n;
    while (at < end && s->status == PG_OK) {
        const unsigned char *c = at;
        const unsigned char *next = memchr(at, '\n', (size_t)(end - at));
        while (pg_csv_is_blank(s->csv, *c) || *c == '\r')
            c++;
        s->is_blank = *c == '\n';
        at = next + 1;
        end_line(s, base + (uint64_t)(at - bytes));
    }
}

/* True if the bytes have no quote, and LF behind each CR. */
static bool are_plain(const unsigned char *bytes, size_t n)
{
    const unsigned char *end = bytes + n;
    if (memchr(bytes, '"', n))
        return false;
    while ((bytes = memchr(bytes, '\r', (size_t)(end - bytes))) != NULL)
        if (++bytes == end || *bytes != '\n')
            return false;
    return true;
}

static size_t behind_last_line(const unsigned char *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] != '\n')
        n--;
    return n;
}

static void scan_chunk(scanner *s, const unsigned char *bytes, size_t n,
                       uint64_t base)
{
    size_t at = 0;
    const unsigned char *zero = memchr(bytes, 0, n);
    if (zero)
        n = (size_t)(zero - bytes);
    if (are_plain(bytes, n) && s->place != IN_QUOTES) {
        size_t last = behind_last_line(bytes, n);
        at = scan_bytes(s, bytes, n, base, true);
        if (at < last && !s->fault->what) {
            scan_lines(s, bytes + at, last - at, base + at);
            at = last;
        }
    }
    scan_bytes(s, bytes + at, n - at, base + at, false);
    if (zero && !s->fault->what)
        fail(s,
             "a zero byte: not text, or text in UTF-16, which is to be "
             "saved as UTF-8",
             base + n);
}

/* Ends the last line, which may have no line end. */
static void scan_end(scanner *s)
{
    pg_csv *csv = s->csv;
    if (s->place == IN_QUOTES)
        fail(s, "a quote that is never closed begins here", s->quote);
    else if (s->place != AT_LINE)
        end_line(s, csv->end);
    if (s->status == PG_OK && s->has_first)
        add_piece(s, csv->end);
    if (csv->piece_count > 0)
        csv->piece_count--; /* the one behind the last */
}

pg_status pg_csv_scan(pg_csv *csv, pg_csv_fault *fault, pg_error *err)
{
    scanner s = {.csv = csv,
                 .is_blank = true,
                 .line = csv->begin,
                 .fault = fault,
                 .err = err};
    uint64_t base = csv->begin, most = csv->options.max_bytes;
    size_t got = CHUNK;
    if (most < PG_CSV_ROW)
        most = PG_CSV_ROW;
    unsigned char *chunk = pg_malloc(CHUNK);
    if (!chunk)
        return pg_fail_memory(err, CHUNK);
    s.status = pg_csv_source_seek(&csv->source, base, err);
    while (s.status == PG_OK && got == CHUNK && !fault->what) {
        s.status = pg_csv_source_read(&csv->source, chunk, CHUNK, &got, err);
        if (s.status == PG_OK)
            scan_chunk(&s, chunk, got, base);
        base += got;
        if (base - s.line > most && !fault->what)
            fail(&s, "the row is longer than max_bytes", s.line);
        s.status = pg_unless_interrupted(s.status, err);
    }
    pg_free(chunk, CHUNK);
    csv->end = base;
    if (s.status == PG_OK && !fault->what)
        scan_end(&s);
    return s.status;
}

/* --- cells ---------------------------------------------------------------- */

unsigned char *pg_csv_cell(pg_csv_text *text, const pg_csv *csv,
                           unsigned char *at, unsigned char *end)
{
    unsigned char *begin = at;
    if (*at != '"') {
        while (!csv->classes[*at])
            at++;
        *text = (pg_csv_text){(char *)begin, (size_t)(at - begin)};
        return at;
    }
    unsigned char *out = ++begin;
    at = begin;
    for (;;) {
        unsigned char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote)
            return NULL;
        size_t n = (size_t)(quote - at);
        if (out != at)
            memmove(out, at, n);
        out += n;
        at = quote + 1;
        if (*at != '"')
            break;
        *out++ = *at++;
    }
    *text = (pg_csv_text){(char *)begin, (size_t)(out - begin)};
    return csv->classes[*at] ? at : NULL;
}

bool pg_csv_find_row(unsigned char **at, const pg_csv *csv,
                     const unsigned char *end)
{
    unsigned char *line = *at;
    while (line < end) {
        unsigned char *c = line;
        while (pg_csv_is_blank(csv, *c))
            c++;
        if (csv->classes[*c] != PG_CSV_LINE_END)
            break;
        line = pg_csv_end_line(c);
    }
    *at = line;
    return line < end;
}

size_t pg_csv_check_text(const char *text, size_t n)
{
    size_t length, i = 0;
    while (i < n) {
        if ((unsigned char)text[i] < 0x80) {
            i++;
            continue;
        }
        char character[5] = {0}; /* what follows the text isn't its own */
        memcpy(character, text + i, pg_size_min(n - i, 4));
        if (pg_code_point(character, &length) < 0)
            break;
        i += length;
    }
    return i;
}
