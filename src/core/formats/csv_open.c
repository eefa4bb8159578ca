/* Opens CSV files: their options, columns and names. */

#include "formats/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "formats/csv_reader.h"
#include "decimal/decimal.h"
#include "io/file_kind.h"

/* --- options -------------------------------------------------------------- */

pg_status pg_csv_check_options(const pg_csv_options *options, pg_error *err)
{
    unsigned char c = (unsigned char)options->delimiter;
    bool is_number = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (c == '"' || is_number || is_letter || c >= 0x7f ||
        (c < ' ' && c != '\t'))
        return pg_fail(err, PG_EARG,
                       "delimiter must be one character of ASCII that is "
                       "neither a quote nor part of a number or word, such as "
                       "',', ';' or a tab");
    if (options->decimal != '.' && options->decimal != ',')
        return pg_fail(err, PG_EARG, "decimal must be '.' or ','");
    if (options->decimal == options->delimiter)
        return pg_fail(err, PG_EARG,
                       "decimal and delimiter are both '%c': files with "
                       "decimal commas mostly have delimiter = ';'",
                       c);
    return PG_OK;
}

static void set_classes(pg_csv *csv)
{
    double x;
    csv->classes['\n'] = csv->classes['\r'] = PG_CSV_LINE_END;
    csv->classes[(unsigned char)csv->options.delimiter] = PG_CSV_DELIMITER;
    for (size_t i = 0; i < csv->options.missing_count; i++)
        if (pg_decimal_read(&x, csv->options.missing[i].text,
                            csv->options.missing[i].n, csv->options.decimal))
            csv->missing_numbers = true;
}

/* --- what is no CSV file -------------------------------------------------- */

/* True if the first bytes of a file are no text, also in a code page of 8
   bits. */
static bool is_binary(const unsigned char *first, size_t n)
{
    enum { LONGEST = 4 }; /* a character, which may be cut at the end */
    bool has_control = false;
    for (size_t i = 0; i < n; i++)
        has_control = has_control || first[i] < '\t' ||
                      (first[i] > '\r' && first[i] < ' ');
    return memchr(first, 0, n) ||
           (has_control &&
            pg_csv_check_text((const char *)first, n) + LONGEST <= n);
}

/* Sets where the text begins, behind UTF-8's mark. PG_EFORMAT for files that
   are known to be another kind. */
static pg_status check_begin(pg_csv *csv, pg_error *err)
{
    unsigned char first[PG_FILE_KIND_BYTES];
    char reader[PG_READER_TEXT];
    size_t n;
    pg_status status =
        pg_csv_source_read(&csv->source, first, sizeof first, &n, err);
    if (status != PG_OK)
        return status;
    const char *kind = pg_file_kind(first, n);
    if (kind && n > 1 && first[0] >= 0xfe && first[1] >= 0xfe)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: it is %s: save it as UTF-8 (iconv -f utf-16 -t "
                       "utf-8 converts it)",
                       csv->source.path, kind);
    if (kind && (is_binary(first, n) || strcmp(kind, "an HTML page") == 0))
        return pg_fail(err, PG_EFORMAT, "%.600s: not a CSV file, but %s%s",
                       csv->source.path, kind, pg_file_reader(reader, kind));
    csv->begin = n >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return PG_OK;
}

/* --- columns -------------------------------------------------------------- */

/* The number of cells in a row. */
static size_t count_cells(const pg_csv *csv, const unsigned char *row, size_t n)
{
    size_t count = 1;
    bool is_first = true, is_quoted = false, is_inside = false;
    for (size_t i = 0; i < n; i++) {
        if (is_first)
            is_quoted = row[i] == '"';
        is_inside ^= is_quoted && row[i] == '"';
        is_first = !is_inside && csv->classes[row[i]] == PG_CSV_DELIMITER;
        count += is_first;
    }
    return count;
}

/* Reads the first row, and counts its cells; its bytes stay as they are. */
static pg_status read_first_row(pg_csv *csv, pg_error *err)
{
    size_t n = csv->first_bytes, got;
    csv->first_bytes += PG_CSV_PADDING;
    csv->first = pg_malloc(csv->first_bytes);
    if (!csv->first)
        return pg_fail_memory(err, csv->first_bytes);
    pg_status status = pg_csv_source_seek(&csv->source, csv->first_row, err);
    if (status == PG_OK)
        status = pg_csv_source_read(&csv->source, csv->first, n, &got, err);
    if (status != PG_OK)
        return status;
    if (got < n)
        return pg_csv_fail_changed(csv, err);
    memset(csv->first + n, '\n', PG_CSV_PADDING);
    csv->column_count = count_cells(csv, csv->first, n);
    return PG_OK;
}

/* Makes the columns of the first row's cells. */
static pg_status add_columns(pg_csv *csv, pg_error *err)
{
    size_t most = csv->column_count, count = 0;
    size_t bytes = most * sizeof *csv->columns;
    unsigned char *at = csv->first;
    unsigned char *end = at + csv->first_bytes - PG_CSV_PADDING;
    pg_csv_column *columns = pg_malloc(bytes);
    if (!columns)
        return pg_fail_memory(err, bytes);
    memset(columns, 0, bytes);
    for (;; at++) {
        at = pg_csv_cell(&columns[count++].name, csv, at, end);
        if (!at || csv->classes[*at] != PG_CSV_DELIMITER)
            break;
    }
    csv->columns = columns;
    csv->column_room = most;
    csv->column_count = count;
    return at ? PG_OK : pg_csv_fail_changed(csv, err);
}

int pg_csv_compare_texts(const void *a, const void *b)
{
    const pg_csv_text *x = a, *y = b;
    int order = memcmp(x->text, y->text, pg_size_min(x->n, y->n));
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static int by_name(const void *a, const void *b)
{
    const pg_csv_column *x = *(pg_csv_column *const *)a;
    const pg_csv_column *y = *(pg_csv_column *const *)b;
    int order = pg_csv_compare_texts(&x->name, &y->name);
    return order ? order : (x > y) - (x < y);
}

static pg_status check_names(pg_csv *csv, pg_error *err)
{
    size_t bytes = csv->column_count * sizeof *csv->by_name;
    pg_csv_fault fault = {.offset = csv->first_row};
    csv->by_name = pg_malloc(bytes);
    if (!csv->by_name)
        return pg_fail_memory(err, bytes);
    for (size_t i = 0; i < csv->column_count; i++) {
        pg_csv_text name = csv->columns[i].name;
        fault.column = i;
        csv->by_name[i] = &csv->columns[i];
        if (name.n == 0) {
            fault.what = i == 0 && csv->column_count > 1
                             ? "the column has no name (pandas writes its "
                               "index so, unless index=False)"
                         : i + 1 == csv->column_count && i > 0
                             ? "the column has no name: a delimiter ends the "
                               "row"
                             : "the column has no name";
            return pg_csv_fail(csv, &fault, err);
        }
        if (pg_csv_check_text(name.text, name.n) < name.n) {
            fault.what = PG_CSV_NOT_UTF8;
            return pg_csv_fail(csv, &fault, err);
        }
    }
    qsort(csv->by_name, csv->column_count, sizeof *csv->by_name, by_name);
    const pg_csv_column *doubled = NULL;
    for (size_t i = 1; i < csv->column_count; i++)
        if (pg_csv_compare_texts(&csv->by_name[i - 1]->name,
                                 &csv->by_name[i]->name) == 0 &&
            (!doubled || csv->by_name[i] < doubled))
            doubled = csv->by_name[i];
    if (!doubled)
        return PG_OK;
    fault.column = (size_t)(doubled - csv->columns);
    fault.what = "an earlier column has the same name";
    return pg_csv_fail(csv, &fault, err);
}

bool pg_csv_find(size_t *i, const pg_csv *csv, const char *name, size_t n)
{
    size_t first = 0, last = csv->column_count;
    pg_csv_text wanted = {name, n};
    int64_t position;
    if (!csv->options.header) {
        if (!pg_decimal_read_integer(&position, name, n) || position < 1 ||
            (uint64_t)position > csv->column_count)
            return false;
        *i = (size_t)position - 1;
        return true;
    }
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        int order = pg_csv_compare_texts(&csv->by_name[middle]->name, &wanted);
        *i = (size_t)(csv->by_name[middle] - csv->columns);
        if (order == 0)
            return true;
        if (order < 0)
            first = middle + 1;
        else
            last = middle;
    }
    return false;
}

void pg_csv_expect(pg_csv *csv, size_t column, bool numbers)
{
    csv->columns[column].is_expected = true;
    csv->columns[column].must_be_numbers = numbers;
    csv->columns[column].kind = numbers ? PG_CSV_INTEGERS : PG_CSV_TEXTS;
}

/* --- open and close ------------------------------------------------------- */

static pg_status open_columns(pg_csv *csv, pg_error *err)
{
    pg_csv_fault fault = {0};
    pg_status status = pg_csv_scan(csv, &fault, err);
    if (status != PG_OK)
        return status;
    if (csv->piece_room == 0 && !fault.what)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: it is empty: no line of it has a cell",
                       csv->source.path);
    if (csv->piece_room > 0) {
        status = read_first_row(csv, err);
        if (status == PG_OK && csv->column_count > PG_CSV_COLUMNS)
            return pg_fail(err, PG_EFORMAT,
                           "%.600s: the first row has %zu cells, more than %d",
                           csv->source.path, csv->column_count, PG_CSV_COLUMNS);
        if (status == PG_OK)
            status = add_columns(csv, err);
    }
    if (status != PG_OK)
        return status;
    if (fault.what)
        return pg_csv_fail(csv, &fault, err);
    return csv->options.header ? check_names(csv, err) : PG_OK;
}

pg_status pg_csv_open(pg_csv *csv, const char *path,
                      const pg_csv_options *options, pg_error *err)
{
    memset(csv, 0, sizeof *csv);
    csv->options = *options;
    pg_status status = pg_csv_check_options(options, err);
    if (status != PG_OK)
        return status;
    set_classes(csv);
    status = pg_csv_source_open(&csv->source, path, err);
    if (status == PG_OK)
        status = check_begin(csv, err);
    return status == PG_OK ? open_columns(csv, err) : status;
}

void pg_csv_close(pg_csv *csv)
{
    for (size_t i = 0; i < csv->column_count && csv->columns; i++)
        pg_array_release(&csv->columns[i].array);
    pg_free(csv->first, csv->first_bytes);
    if (csv->by_name)
        pg_free(csv->by_name, csv->column_count * sizeof *csv->by_name);
    pg_free(csv->columns, csv->column_room * sizeof *csv->columns);
    pg_free(csv->pieces, csv->piece_room * sizeof *csv->pieces);
    pg_free(csv->buffer, csv->buffer_bytes);
    pg_free(csv->cells, csv->cell_room * sizeof *csv->cells);
    pg_csv_source_close(&csv->source);
    memset(csv, 0, sizeof *csv);
}
