/*
 * csv_reader.h -- what the parts of the reader of CSV files share.
 */
#ifndef PG_CSV_READER_H
#define PG_CSV_READER_H

#include "formats/csv.h"

enum {
    PG_CSV_PADDING = 16,      /* bytes behind those of a buffer */
    PG_CSV_PIECE = 1 << 18,   /* bytes of rows that are read together */
    PG_CSV_COLUMNS = 1 << 20, /* at most */
    PG_CSV_SLOT = 16 /* bytes of a table in Lua, where each text has a slot */
};

/* Classes of bytes: those that end a plain cell are not 0. */
enum { PG_CSV_DELIMITER = 1, PG_CSV_LINE_END = 2 };

/* Spaces and tabs that are no delimiter. */
static inline bool pg_csv_is_blank(const pg_csv *csv, unsigned char c)
{
    return (c == ' ' || c == '\t') && !csv->classes[c];
}

/* Something wrong at a cell. */
typedef struct pg_csv_fault {
    const char *what; /* NULL: nothing is; %s stands for the cell */
    uint64_t offset;
    size_t column; /* from 0 */
    size_t cells;  /* of a row with another number than the first; or 0 */
    char cell[48];
} pg_csv_fault;

/* The bytes of a text's first characters, at most `most`. */
size_t pg_csv_cut(const pg_csv_text *text, size_t most);

/* PG_EFORMAT: "FILE: line L, column C ('NAME'): WHAT". Counts the lines. */
pg_status pg_csv_fail(pg_csv *csv, const pg_csv_fault *fault, pg_error *err);

/* PG_EFORMAT: the file has other bytes than when its rows were counted. */
pg_status pg_csv_fail_changed(const pg_csv *csv, pg_error *err);

#define PG_CSV_NOT_UTF8 \
    "not UTF-8, perhaps Latin-1 (iconv -f latin1 -t utf-8 converts it)"

/* PG_EARG: the columns take more than max_bytes. */
pg_status pg_csv_fail_bytes(const pg_csv *csv, pg_error *err);

/* --- bytes ---------------------------------------------------------------- */

pg_status pg_csv_source_open(pg_csv_source *source, const char *path,
                             pg_error *err);
void pg_csv_source_close(pg_csv_source *source);

/* Reads at most n bytes; *got is less at the end alone. */
pg_status pg_csv_source_read(pg_csv_source *source, void *out, size_t n,
                             size_t *got, pg_error *err);

/* Goes to an offset. */
pg_status pg_csv_source_seek(pg_csv_source *source, uint64_t offset,
                             pg_error *err);

/* Reads piece i, behind which the source stands, into a buffer that grows; a
   line end and PG_CSV_PADDING bytes follow its *n bytes. */
pg_status pg_csv_read_piece(unsigned char **buffer, size_t *room, size_t *n,
                            pg_csv *csv, size_t i, pg_error *err);

/* --- rows ----------------------------------------------------------------- */

/* Finds first row, pieces and rows. A fault is found, or an error returned. */
pg_status pg_csv_scan(pg_csv *csv, pg_csv_fault *fault, pg_error *err);

/* *text = the cell at `at`, unquoted in place, of bytes that a line end
   follows; returns the address of the delimiter or line end behind it, or NULL
   for broken quotes. */
unsigned char *pg_csv_cell(pg_csv_text *text, const pg_csv *csv,
                           unsigned char *at, unsigned char *end);

/* Moves *at behind lines without a cell; false at the end. */
bool pg_csv_find_row(unsigned char **at, const pg_csv *csv,
                     const unsigned char *end);

/* The address behind the line end at `at`. */
static inline unsigned char *pg_csv_end_line(unsigned char *at)
{
    return at + 1 + (at[0] == '\r' && at[1] == '\n');
}

/* The index of the first byte that is not UTF-8; n if all are. */
size_t pg_csv_check_text(const char *text, size_t n);

#endif
