/*
 * csv.h -- tables in text files: rows of cells, a name for each column.
 *
 * The format (RFC 4180, as Python's csv module and pandas read it):
 *
 *   file    [UTF-8's byte order mark] rows; plain, or in gzip
 *   row     cells with a delimiter between them, and a line end: LF, CR LF or
 *           CR, which the last row may lack
 *   cell    plain: all bytes up to a delimiter or line end, quotes included;
 *           quoted: from " to the next " that is not doubled, with "" for a
 *           quote, line ends and delimiters included
 *   names   the first row, unless there is no header
 *
 * Lines without a cell, empty or of spaces and tabs alone, are left out. Text
 * is UTF-8 without zero bytes. Refused with line and column: rows of another
 * number of cells than the first, names that are empty or come twice, bytes
 * behind a closing quote, a quote that is never closed.
 *
 * A cell is missing if it is one of the texts that say so, quoted or not. A
 * column is numbers if each cell is missing or a number: what Python's float()
 * reads in ASCII without underscores (decimal.h), spaces around it allowed.
 * They are int64 if all are integers that fit, else float64, rounded to
 * nearest; a missing one is NaN. Any other column is texts.
 *
 * The reader goes over the file two or three times: for rows and quotes, for
 * numbers, and for texts. So it has each array in its place from the beginning,
 * and needs no more memory beside the result than some pieces of the file,
 * which several threads read; a piece has one row at least.
 */
#ifndef PG_CSV_H
#define PG_CSV_H

#include "array/array.h"
#include "io/gzip.h"
#include "io/output.h"

typedef struct pg_csv_text {
    const char *text; /* not terminated */
    size_t n;
} pg_csv_text;

/* Order by bytes, for qsort. */
int pg_csv_compare_texts(const void *a, const void *b);

enum { PG_CSV_ROW = 16 << 20 };

typedef struct pg_csv_options {
    char delimiter, decimal; /* pg_csv_check_options */
    bool header;
    const pg_csv_text *missing; /* must outlive the reader */
    size_t missing_count;
    uint64_t max_bytes; /* that the columns may take, and a row, unless it has
                           less than PG_CSV_ROW bytes */
} pg_csv_options;

typedef struct pg_csv_source { /* the file's bytes, inflated */
    FILE *file;
    const char *path;
    uint64_t length, at; /* at: of a plain file */
    bool is_gzip;
    pg_gzip gzip;
} pg_csv_source;

typedef struct pg_csv_piece { /* some rows behind each other */
    uint64_t offset;
    size_t first_row;
} pg_csv_piece;

typedef enum pg_csv_kind {
    PG_CSV_INTEGERS, /* all cells so far */
    PG_CSV_FLOATS,
    PG_CSV_TEXTS,
    PG_CSV_SKIPPED /* in this pass */
} pg_csv_kind;

typedef struct pg_csv_column {
    pg_csv_text name;
    pg_array array;
    pg_csv_kind kind;
    bool is_expected, must_be_numbers; /* pg_csv_expect */
    bool lost_sign;                    /* of a -0, among integers */
} pg_csv_column;

typedef struct pg_csv {
    pg_csv_source source;
    pg_csv_options options;
    bool missing_numbers;       /* a text for missing cells is a number */
    unsigned char classes[256]; /* csv_reader.h */
    uint64_t begin, end;        /* of the rows, behind the mark */
    uint64_t first_row, data;   /* offsets of the first row, and of the rest */
    unsigned char *first;       /* the first row's bytes; hold the names */
    size_t first_bytes;
    pg_csv_column *columns;
    pg_csv_column **by_name; /* sorted */
    size_t column_count, column_room, rows;
    pg_csv_piece *pieces; /* and one behind the last */
    size_t piece_count, piece_room;
    /* Texts, a piece at a time: */
    size_t next_piece;
    unsigned char *buffer;
    size_t buffer_bytes;
    pg_csv_text *cells;
    size_t cell_room;
    uint64_t bytes; /* that the columns take so far */
} pg_csv;

/* PG_EARG unless the delimiter is a character of ASCII that no number has, the
   decimal is a point or comma, and they differ. */
pg_status pg_csv_check_options(const pg_csv_options *options, pg_error *err);

/* Opens the file at path, which must outlive the reader: finds its rows and
   columns. PG_EIO, PG_EFORMAT. pg_csv_close closes it, also after a failure. */
pg_status pg_csv_open(pg_csv *csv, const char *path,
                      const pg_csv_options *options, pg_error *err);
void pg_csv_close(pg_csv *csv);

/* *i = the index of the column called name, n bytes long; false if there is
   none. Without a header, the names are "1", "2" and so on. */
bool pg_csv_find(size_t *i, const pg_csv *csv, const char *name, size_t n);

/* Has a column read as texts, or as numbers, whose first cell that is none is
   then an error. Before pg_csv_read_numbers. */
void pg_csv_expect(pg_csv *csv, size_t column, bool numbers);

/* Reads the columns of numbers; the kinds of all columns are known then, and
   their arrays may be moved out. PG_EARG if they take more than max_bytes. */
pg_status pg_csv_read_numbers(pg_csv *csv, pg_error *err);

/* Reads the columns of texts, some rows at a time: *texts has a cell for each
   such column of *rows rows, row after row, valid until the next call. *rows
   is 0 at the end. */
pg_status pg_csv_next_texts(const pg_csv_text **texts, size_t *rows,
                            pg_csv *csv, pg_error *err);

/* --- writing -------------------------------------------------------------- */

/* Some rows of a column: texts, or elements of an array `stride` bytes apart.
 */
typedef struct pg_csv_cells {
    const pg_csv_text *texts; /* NULL: an array */
    pg_dtype dtype;
    const char *elements;
    ptrdiff_t stride;
} pg_csv_cells;

typedef struct pg_csv_writer {
    pg_output output;
    char delimiter, decimal;
    size_t rows; /* written so far */
    const char *path;
    const pg_csv_text *names;
    char *buffer; /* of text that is not in the output yet */
    size_t used;
} pg_csv_writer;

/* Opens a file that pg_csv_writer_commit puts in place: whole or not at all.
   The options' delimiter and decimal count; the path must outlive the writer.
 */
pg_status pg_csv_writer_open(pg_csv_writer *w, const char *path,
                             const pg_csv_options *options, pg_error *err);

/* Writes the row of names, which must outlive the writer. PG_EARG for a name
   that the reader would refuse. */
pg_status pg_csv_write_names(pg_csv_writer *w, const pg_csv_text *names,
                             size_t count, pg_error *err);

/* Writes rows: texts are quoted where they must be, floats have the shortest
   digits that are read as the same number, booleans are 0 and 1. PG_EARG for a
   text that the reader would refuse, and for an integer beyond int64. */
pg_status pg_csv_write_rows(pg_csv_writer *w, const pg_csv_cells *columns,
                            size_t count, size_t rows, pg_error *err);
pg_status pg_csv_writer_commit(pg_csv_writer *w, pg_error *err);

/* Removes what was written; allowed at any time. */
void pg_csv_writer_discard(pg_csv_writer *w);

#endif
