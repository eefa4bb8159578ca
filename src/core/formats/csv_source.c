/* The bytes of a CSV file, plain or inflated, and errors that name a cell. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "formats/csv_reader.h"
#include "io/input.h"

pg_status pg_csv_source_open(pg_csv_source *source, const char *path,
                             pg_error *err)
{
    unsigned char magic[PG_GZIP_MAGIC];
    memset(source, 0, sizeof *source);
    source->path = path;
    pg_status status = pg_input_open(&source->file, &source->length, path, err);
    if (status != PG_OK || source->length < sizeof magic)
        return status;
    status = pg_input_read_at(source->file, path, magic, 0, sizeof magic, err);
    if (status != PG_OK || !pg_gzip_is_magic(magic))
        return status;
    source->is_gzip = true;
    return pg_gzip_open(&source->gzip, source->file, source->length, path, err);
}

void pg_csv_source_close(pg_csv_source *source)
{
    if (source->is_gzip)
        pg_gzip_close(&source->gzip);
    if (source->file)
        fclose(source->file);
    source->file = NULL;
    source->is_gzip = false;
}

pg_status pg_csv_source_read(pg_csv_source *source, void *out, size_t n,
                             size_t *got, pg_error *err)
{
    if (source->is_gzip)
        return pg_gzip_read(&source->gzip, out, n, got, err);
    uint64_t left = source->length - source->at;
    *got = left < n ? (size_t)left : n;
    pg_status status = pg_input_read_at(source->file, source->path, out,
                                        source->at, *got, err);
    source->at += *got;
    return status;
}

pg_status pg_csv_source_seek(pg_csv_source *source, uint64_t offset,
                             pg_error *err)
{
    enum { CHUNK = 1 << 12 };
    unsigned char skipped[CHUNK];
    size_t got = 1;
    source->at = offset;
    if (!source->is_gzip)
        return PG_OK;
    pg_gzip_close(&source->gzip);
    pg_status status = pg_gzip_open(&source->gzip, source->file, source->length,
                                    source->path, err);
    while (status == PG_OK && offset > 0 && got > 0) {
        size_t n = offset < CHUNK ? (size_t)offset : CHUNK;
        status = pg_gzip_read(&source->gzip, skipped, n, &got, err);
        offset -= got;
    }
    return status;
}

pg_status pg_csv_read_piece(unsigned char **buffer, size_t *room, size_t *n,
                            pg_csv *csv, size_t i, pg_error *err)
{
    const pg_csv_piece *piece = &csv->pieces[i];
    size_t got;
    *n = (size_t)(piece[1].offset - piece[0].offset);
    if (*room < *n + PG_CSV_PADDING) {
        pg_free(*buffer, *room);
        *room = *n + PG_CSV_PADDING;
        *buffer = pg_malloc(*room);
        if (!*buffer) {
            size_t bytes = *room;
            *room = 0;
            return pg_fail_memory(err, bytes);
        }
    }
    pg_status status = pg_csv_source_read(&csv->source, *buffer, *n, &got, err);
    if (status == PG_OK && got < *n)
        return pg_csv_fail_changed(csv, err);
    memset(*buffer + *n, '\n', PG_CSV_PADDING);
    return status;
}

/* --- errors --------------------------------------------------------------- */

/* *line = the number of the line at an offset, from 1. */
static pg_status find_line(uint64_t *line, pg_csv *csv, uint64_t offset,
                           pg_error *err)
{
    enum { CHUNK = 1 << 16 };
    bool was_return = false;
    size_t got = 1;
    unsigned char *chunk = pg_malloc(CHUNK);
    if (!chunk)
        return pg_fail_memory(err, CHUNK);
    *line = 1;
    pg_status status = pg_csv_source_seek(&csv->source, 0, err);
    while (status == PG_OK && offset > 0 && got > 0) {
        size_t n = offset < CHUNK ? (size_t)offset : CHUNK;
        status = pg_csv_source_read(&csv->source, chunk, n, &got, err);
        for (size_t i = 0; status == PG_OK && i < got; i++) {
            *line += chunk[i] == '\r' || (chunk[i] == '\n' && !was_return);
            was_return = chunk[i] == '\r';
        }
        offset -= got;
        status = pg_unless_interrupted(status, err);
    }
    pg_free(chunk, CHUNK);
    return status;
}

/* The end of a message about a first row of one cell that seems to have several
   with another delimiter. */
static const char *delimiter_hint(const pg_csv *csv)
{
    pg_csv_text name = csv->columns->name;
    if (csv->column_count > 1)
        return "";
    if (memchr(name.text, ';', name.n))
        return "; is it delimiter = ';'?";
    if (memchr(name.text, '\t', name.n))
        return "; is it delimiter = '\\t'?";
    return memchr(name.text, ',', name.n) ? "; is it delimiter = ','?" : "";
}

size_t pg_csv_cut(const pg_csv_text *text, size_t most)
{
    size_t n = pg_size_min(text->n, most);
    while (n > 0 && n < text->n &&
           ((unsigned char)text->text[n] & 0xc0) == 0x80)
        n--; /* in the middle of a character */
    return n;
}

pg_status pg_csv_fail(pg_csv *csv, const pg_csv_fault *fault, pg_error *err)
{
    enum { NAME = 60 };
    char name[NAME + 8] = "";
    uint64_t line = 0;
    pg_status status = find_line(&line, csv, fault->offset, err);
    if (status != PG_OK)
        return status;
    if (csv->options.header && fault->column < csv->column_count) {
        pg_csv_text text = csv->columns[fault->column].name;
        snprintf(name, sizeof name, " ('%.*s')", (int)pg_csv_cut(&text, NAME),
                 text.text);
    }
    if (fault->cells > 0)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: line %" PRIu64
                       ", column %zu%s: the row has %zu cell%s where the first "
                       "has %zu%s",
                       csv->source.path, line, fault->column + 1, name,
                       fault->cells, fault->cells == 1 ? "" : "s",
                       csv->column_count, delimiter_hint(csv));
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: line %" PRIu64 ", column %zu%s: %s%s",
                   csv->source.path, line, fault->column + 1, name, fault->cell,
                   fault->what);
}

pg_status pg_csv_fail_changed(const pg_csv *csv, pg_error *err)
{
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: the file has changed while it was read",
                   csv->source.path);
}
