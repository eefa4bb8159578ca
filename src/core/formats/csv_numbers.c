/* The columns of numbers in a CSV file.

   Pieces of the file are read one after the other, and several at a time are
   parsed by several threads, straight into the columns' arrays. A column begins
   as integers; each piece notes what it has found, and the columns become
   floats or texts between two batches of pieces, in the order of the file. */

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "formats/csv_reader.h"
#include "decimal/decimal.h"

/* A piece that is parsed. */
typedef struct piece_work {
    unsigned char *bytes;
    size_t room, n;
    size_t first_row, rows;
    uint64_t offset;
    unsigned char *kinds; /* of the columns, in the piece */
    bool *lost_signs;     /* of a -0 in a column, among integers */
    bool has_changed;     /* the file has */
    pg_csv_fault fault;
} piece_work;

typedef struct csv_pass {
    pg_csv *csv;
    pg_bits64 **columns; /* the elements; NULL: only kinds are found */
    piece_work *works;
    size_t work_count;
} csv_pass;

/* --- a number ------------------------------------------------------------- */

typedef enum token { OTHER, INTEGER, DECIMAL } token;

/* The number m * 10^exponent. */
typedef struct number {
    uint64_t m;
    int64_t exponent;
    bool is_negative;
} number;

/* True if the 8 bytes at `at` are digits; *value is their number then. Source:
   D. Lemire, "Number parsing at a gigabyte per second" (2021). */
static inline bool read_8_digits(uint32_t *value, const unsigned char *at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    memcpy(&v, at, sizeof v);
    if (((v & 0xf0f0f0f0f0f0f0f0) |
         (((v + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) !=
        0x3333333333333333)
        return false;
    v = (v & 0x0f0f0f0f0f0f0f0f) * (10 * 256 + 1) >> 8;
    v = (v & 0x00ff00ff00ff00ff) * (100 * 65536 + 1) >> 16;
    v = (v & 0x0000ffff0000ffff) * (10000 * (UINT64_C(1) << 32) + 1) >> 32;
    *value = (uint32_t)v;
    return true;
#else
    *value = 0;
    for (size_t i = 0; i < 8; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *value = 10 * *value + (at[i] - '0');
    }
    return true;
#endif
}

static inline unsigned digit_of(unsigned char c)
{
    return (unsigned)c - '0';
}

/* Reads a number of at most 19 digits, and returns the address behind it.
   OTHER for anything else, which may be a number, too. */
static inline unsigned char *read_number(token *kind, number *x,
                                         unsigned char *at, unsigned char point)
{
    enum { MOST = 19, MOST_EXPONENT = 9 }; /* digits */
    x->is_negative = *at == '-';
    at += *at == '-' || *at == '+';
    unsigned char *begin = at;
    uint64_t m = 0;
    uint32_t eight;
    unsigned d;
    for (; (d = digit_of(*at)) < 10; at++)
        m = 10 * m + d;
    ptrdiff_t digits = at - begin;
    *kind = INTEGER;
    x->exponent = 0;
    if (*at == point) {
        begin = ++at;
        for (; read_8_digits(&eight, at); at += 8)
            m = 100000000 * m + eight;
        for (; (d = digit_of(*at)) < 10; at++)
            m = 10 * m + d;
        digits += at - begin;
        x->exponent = begin - at;
        *kind = DECIMAL;
    }
    x->m = m;
    if (digits < 1 || digits > MOST)
        *kind = OTHER;
    else if ((*at | 0x20) == 'e') {
        bool is_negative = at[1] == '-';
        at += 1 + (at[1] == '-' || at[1] == '+');
        int64_t exponent = 0;
        for (begin = at; (d = digit_of(*at)) < 10; at++)
            if (at - begin < MOST_EXPONENT)
                exponent = 10 * exponent + d;
        *kind = at == begin || at - begin > MOST_EXPONENT ? OTHER : DECIMAL;
        x->exponent += is_negative ? -exponent : exponent;
    }
    return at;
}

/* W. Clinger, "How to read floating point numbers accurately" (1990): if both
   factors are doubles, their product is rounded once. */
static inline double to_double(const number *x)
{
    double value;
    if (FLT_EVAL_METHOD == 0 && x->m <= PG_DECIMAL_EXACT &&
        x->exponent >= -PG_DECIMAL_EXACT_POWER &&
        x->exponent <= PG_DECIMAL_EXACT_POWER)
        value = x->exponent < 0
                    ? (double)x->m / pg_decimal_exact_powers[-x->exponent]
                    : (double)x->m * pg_decimal_exact_powers[x->exponent];
    else
        value = pg_decimal_nearest(x->m, x->exponent);
    return x->is_negative ? -value : value;
}

/* --- a cell --------------------------------------------------------------- */

typedef struct cell {
    enum { MISSING, IS_INTEGER, IS_FLOAT, IS_TEXT } kind;
    bool is_minus_zero;
    int64_t integer;
    double value;
    pg_csv_text text; /* IS_TEXT */
} cell;

static bool is_missing(const pg_csv *csv, const char *text, size_t n)
{
    for (size_t i = 0; i < csv->options.missing_count; i++) {
        const pg_csv_text *missing = &csv->options.missing[i];
        if (missing->n == n && memcmp(missing->text, text, n) == 0)
            return true;
    }
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static cell read_text(const pg_csv *csv, pg_csv_text text)
{
    cell c = {.kind = MISSING, .text = text};
    if (is_missing(csv, text.text, text.n))
        return c;
    while (text.n > 0 && is_space(text.text[0])) {
        text.text++;
        text.n--;
    }
    while (text.n > 0 && is_space(text.text[text.n - 1]))
        text.n--;
    if (pg_decimal_read_integer(&c.integer, text.text, text.n)) {
        c.kind = IS_INTEGER;
        c.is_minus_zero = c.integer == 0 && text.text[0] == '-';
    } else {
        c.kind =
            pg_decimal_read(&c.value, text.text, text.n, csv->options.decimal)
                ? IS_FLOAT
                : IS_TEXT;
    }
    return c;
}

/* *c = the cell at `at`; returns the address of the delimiter or line end
   behind it, or NULL. */
static unsigned char *read_cell(cell *c, const pg_csv *csv, unsigned char *at,
                                unsigned char *end)
{
    token kind;
    number x;
    unsigned char *behind =
        read_number(&kind, &x, at, (unsigned char)csv->options.decimal);
    if (kind != OTHER && csv->classes[*behind] && !csv->missing_numbers) {
        uint64_t most = (uint64_t)INT64_MAX + x.is_negative;
        if (kind == INTEGER && x.m <= most) {
            c->kind = IS_INTEGER;
            c->integer = x.is_negative ? (int64_t)(0 - x.m) : (int64_t)x.m;
            c->is_minus_zero = x.is_negative && x.m == 0;
            return behind;
        }
        c->kind = IS_FLOAT;
        c->value = to_double(&x);
        return behind;
    }
    pg_csv_text text;
    behind = pg_csv_cell(&text, csv, at, end);
    if (behind)
        *c = read_text(csv, text);
    return behind;
}

static double value_of(const cell *c)
{
    if (c->kind == MISSING)
        return NAN;
    if (c->kind == IS_INTEGER)
        return c->is_minus_zero ? -0.0 : (double)c->integer;
    return c->value;
}

/* --- a column's elements -------------------------------------------------- */

static inline void store_float(pg_bits64 *element, double value)
{
    memcpy(element, &value, sizeof value);
}

static void integers_to_floats(pg_bits64 *elements, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_float(&elements[i], (double)(int64_t)elements[i]);
}

/* --- a piece -------------------------------------------------------------- */

static void fail_cell(piece_work *w, const pg_csv_text *text,
                      const unsigned char *at, size_t column)
{
    pg_csv_fault *fault = &w->fault;
    size_t n = pg_csv_cut(text, sizeof fault->cell - 2);
    *fault = (pg_csv_fault){.what = text->n > n ? "...' is not a number"
                                                : "' is not a number",
                            .offset = w->offset + (uint64_t)(at - w->bytes),
                            .column = column,
                            .cell = "'"};
    memcpy(fault->cell + 1, text->text, n);
}

/* Notes that a row has another number of cells than the first; `at` is behind
   cell `column`. */
static void fail_row(piece_work *w, const pg_csv *csv, unsigned char *at,
                     size_t column)
{
    unsigned char *end = w->bytes + w->n;
    size_t cells = column + 1, offset = (size_t)(at - w->bytes);
    pg_csv_text text;
    while (at && csv->classes[*at] == PG_CSV_DELIMITER) {
        at = pg_csv_cell(&text, csv, at + 1, end);
        cells++;
    }
    w->fault = (pg_csv_fault){.what = "cells",
                              .offset = w->offset + offset,
                              .column = pg_size_min(cells, csv->column_count),
                              .cells = cells};
}

/* Stores a cell of a column of numbers, or widens the column's kind. */
static void store(piece_work *w, size_t column, pg_bits64 *elements, size_t row,
                  const cell *c)
{
    unsigned char *kind = &w->kinds[column];
    if (c->kind == IS_TEXT) {
        *kind = PG_CSV_TEXTS;
        return;
    }
    if (*kind == PG_CSV_INTEGERS && c->kind == IS_INTEGER) {
        if (c->is_minus_zero)
            w->lost_signs[column] = true;
        if (elements)
            elements[row] = (uint64_t)c->integer;
        return;
    }
    if (*kind == PG_CSV_INTEGERS && elements)
        integers_to_floats(elements, row);
    *kind = PG_CSV_FLOATS;
    if (elements)
        store_float(&elements[row], value_of(c));
}

/* Parses any cell of a row; returns the address behind it, or NULL. */
static unsigned char *parse_cell(piece_work *w, const csv_pass *pass,
                                 unsigned char *at, size_t row, size_t column)
{
    const pg_csv *csv = pass->csv;
    unsigned char *begin = at, *end = w->bytes + w->n;
    bool is_skipped = w->kinds[column] >= PG_CSV_TEXTS;
    cell c;
    if (is_skipped)
        at = pg_csv_cell(&c.text, csv, at, end);
    else
        at = read_cell(&c, csv, at, end);
    w->has_changed = !at;
    if (!at || is_skipped)
        return at;
    if (c.kind == IS_TEXT && csv->columns[column].must_be_numbers) {
        fail_cell(w, &c.text, begin, column);
        return NULL;
    }
    store(w, column,
          pass->columns ? pass->columns[column] + w->first_row : NULL, row, &c);
    return at;
}

/* Parses a cell whose number fits its column, as most do, without a look at
   anything else; returns the address behind it, or `at` for other cells. */
static inline unsigned char *parse_number(pg_bits64 *element,
                                          unsigned char kind, const pg_csv *csv,
                                          unsigned char *at)
{
    token form;
    number x;
    unsigned char *behind =
        read_number(&form, &x, at, (unsigned char)csv->options.decimal);
    if (form == OTHER || !csv->classes[*behind])
        return at;
    if (kind == PG_CSV_FLOATS)
        store_float(element, to_double(&x));
    else if (form == INTEGER && x.m <= INT64_MAX &&
             !(x.is_negative && x.m == 0))
        *element = x.is_negative ? 0 - x.m : x.m;
    else
        return at;
    return behind;
}

/* Parses a row; returns the address behind its last cell, or NULL. */
static unsigned char *parse_row(piece_work *w, const csv_pass *pass,
                                unsigned char *at, size_t row)
{
    const pg_csv *csv = pass->csv;
    size_t last = csv->column_count - 1;
    pg_bits64 **columns = csv->missing_numbers ? NULL : pass->columns;
    for (size_t i = 0;; i++) {
        unsigned char *begin = at, kind = w->kinds[i];
        if (columns && kind < PG_CSV_TEXTS)
            at = parse_number(columns[i] + w->first_row + row, kind, csv, at);
        if (at == begin)
            at = parse_cell(w, pass, at, row, i);
        if (!at)
            return NULL;
        if (i == last)
            break;
        if (csv->classes[*at] != PG_CSV_DELIMITER) {
            fail_row(w, csv, at, i);
            return NULL;
        }
        at++;
    }
    if (csv->classes[*at] == PG_CSV_LINE_END)
        return at;
    fail_row(w, csv, at, last);
    return NULL;
}

static void parse_piece(void *context, size_t job)
{
    const csv_pass *pass = context;
    piece_work *w = &pass->works[job];
    unsigned char *at = w->bytes, *end = at + w->n;
    size_t row = 0;
    for (; pg_csv_find_row(&at, pass->csv, end); row++) {
        w->has_changed = row == w->rows;
        if (w->has_changed)
            return;
        at = parse_row(w, pass, at, row);
        if (!at)
            return;
        at = pg_csv_end_line(at);
    }
    w->has_changed = row != w->rows;
}

/* --- all pieces ----------------------------------------------------------- */

/* Brings a column's kind and the piece's together: the wider holds for both. */
static void merge_kind(const csv_pass *pass, size_t i, const piece_work *w)
{
    pg_csv_column *column = &pass->csv->columns[i];
    pg_csv_kind kind = w->kinds[i];
    pg_bits64 *elements = pass->columns ? pass->columns[i] : NULL;
    column->lost_sign = column->lost_sign || w->lost_signs[i];
    if (kind == PG_CSV_FLOATS && column->kind == PG_CSV_INTEGERS && elements)
        integers_to_floats(elements, w->first_row);
    else if (kind == PG_CSV_INTEGERS && column->kind == PG_CSV_FLOATS &&
             elements)
        integers_to_floats(elements + w->first_row, w->rows);
    if (kind > column->kind)
        column->kind = kind;
}

/* Parses the pieces that were read, and brings their kinds together. */
static pg_status parse_batch(csv_pass *pass, size_t count, pg_error *err)
{
    pg_csv *csv = pass->csv;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < csv->column_count; i++) {
            pass->works[k].kinds[i] = (unsigned char)csv->columns[i].kind;
            pass->works[k].lost_signs[i] = false;
        }
    pg_parallel_for(count, count > 1, parse_piece, pass);
    pg_status status = pg_check_interrupt(err);
    for (size_t k = 0; k < count && status == PG_OK; k++) {
        const piece_work *w = &pass->works[k];
        if (w->fault.what)
            return pg_csv_fail(csv, &w->fault, err);
        if (w->has_changed)
            return pg_csv_fail_changed(csv, err);
        for (size_t i = 0; i < csv->column_count; i++)
            merge_kind(pass, i, w);
    }
    return status;
}

/* Goes over the pieces from `first` to `last`, not included. */
static pg_status run_pass(csv_pass *pass, size_t first, size_t last,
                          pg_error *err)
{
    pg_csv *csv = pass->csv;
    pg_status status =
        pg_csv_source_seek(&csv->source, csv->pieces[first].offset, err);
    while (first < last && status == PG_OK) {
        size_t count = pg_size_min(pass->work_count, last - first);
        for (size_t k = 0; k < count && status == PG_OK; k++) {
            const pg_csv_piece *piece = &csv->pieces[first + k];
            piece_work *w = &pass->works[k];
            w->first_row = piece[0].first_row;
            w->rows = piece[1].first_row - piece[0].first_row;
            w->offset = piece->offset;
            status = pg_csv_read_piece(&w->bytes, &w->room, &w->n, csv,
                                       first + k, err);
        }
        if (status == PG_OK)
            status = parse_batch(pass, count, err);
        first += count;
    }
    return status;
}

/* Counts the bytes of the columns, without those of texts themselves. PG_EARG
   if they are more than max_bytes. */
static pg_status count_bytes(pg_csv *csv, pg_error *err)
{
    csv->bytes = 0; /* rows * column_count cells are in the file */
    for (size_t i = 0; i < csv->column_count; i++)
        csv->bytes += (uint64_t)csv->rows *
                      (csv->columns[i].kind == PG_CSV_TEXTS ? PG_CSV_SLOT
                                                            : sizeof(double));
    return csv->bytes > csv->options.max_bytes ? pg_csv_fail_bytes(csv, err)
                                               : PG_OK;
}

/* Allocates the arrays of the columns that are numbers so far. */
static pg_status allocate(csv_pass *pass, pg_error *err)
{
    pg_csv *csv = pass->csv;
    pg_status status = count_bytes(csv, err);
    for (size_t i = 0; i < csv->column_count && status == PG_OK; i++) {
        pg_csv_column *column = &csv->columns[i];
        pass->columns[i] = NULL;
        if (column->kind >= PG_CSV_TEXTS)
            continue;
        status = pg_array_new(&column->array, PG_FLOAT64, 1, &csv->rows, err);
        pass->columns[i] = column->array.data;
    }
    return status;
}

/* Gives arrays their dtypes, and frees those of columns that became texts. */
static pg_status finish(pg_csv *csv, pg_error *err)
{
    for (size_t i = 0; i < csv->column_count; i++) {
        pg_csv_column *column = &csv->columns[i];
        if (csv->rows == 0 && column->kind == PG_CSV_INTEGERS)
            column->kind = PG_CSV_FLOATS;
        if (column->kind == PG_CSV_TEXTS)
            pg_array_release(&column->array);
        else if (column->kind == PG_CSV_INTEGERS)
            column->array.dtype = PG_INT64;
    }
    return count_bytes(csv, err);
}

/* Reads the columns again that have lost the sign of a -0 before they became
   floats. */
static pg_status restore_signs(csv_pass *pass, pg_error *err)
{
    pg_csv *csv = pass->csv;
    bool is_needed = false;
    for (size_t i = 0; i < csv->column_count; i++)
        is_needed = is_needed || (csv->columns[i].lost_sign &&
                                  csv->columns[i].kind == PG_CSV_FLOATS);
    if (!is_needed)
        return PG_OK;
    size_t bytes = csv->column_count * sizeof(pg_csv_kind);
    pg_csv_kind *kinds = pg_malloc(bytes);
    if (!kinds)
        return pg_fail_memory(err, bytes);
    for (size_t i = 0; i < csv->column_count; i++) {
        pg_csv_column *column = &csv->columns[i];
        kinds[i] = column->kind;
        if (!column->lost_sign || column->kind != PG_CSV_FLOATS)
            column->kind = PG_CSV_SKIPPED;
    }
    pg_status status = run_pass(pass, 0, csv->piece_count, err);
    for (size_t i = 0; i < csv->column_count; i++)
        csv->columns[i].kind = kinds[i];
    pg_free(kinds, bytes);
    return status;
}

static pg_status read_pieces(csv_pass *pass, pg_bits64 **columns, pg_error *err)
{
    pg_csv *csv = pass->csv;
    /* The first piece alone shows most columns of texts. */
    pg_status status = run_pass(pass, 0, pg_size_min(1, csv->piece_count), err);
    pass->columns = columns;
    if (status == PG_OK)
        status = allocate(pass, err);
    for (size_t i = 0; i < csv->column_count && status == PG_OK; i++) {
        pg_csv_column *column = &csv->columns[i];
        if (column->kind < PG_CSV_TEXTS)
            column->kind = PG_CSV_INTEGERS;
        column->lost_sign = false;
    }
    if (status == PG_OK)
        status = run_pass(pass, 0, csv->piece_count, err);
    if (status == PG_OK)
        status = restore_signs(pass, err);
    return status == PG_OK ? finish(csv, err) : status;
}

pg_status pg_csv_read_numbers(pg_csv *csv, pg_error *err)
{
    /* Pieces in memory: enough for the threads, and fewer if each needs much
       beside its bytes. */
    enum { LEAST = 8, EACH = 4, MOST_KINDS = 1 << 24 };
    size_t count = pg_size_max(LEAST, EACH * (size_t)pg_threads());
    count = pg_size_min(count, MOST_KINDS / csv->column_count + 1);
    count = pg_size_max(1, pg_size_min(count, csv->piece_count));
    size_t work_bytes = count * sizeof(piece_work);
    size_t column_bytes = csv->column_count * sizeof(pg_bits64 *);
    size_t kind_bytes = 2 * count * csv->column_count;
    piece_work *works = pg_malloc(work_bytes);
    pg_bits64 **columns = pg_malloc(column_bytes);
    unsigned char *kinds = pg_malloc(kind_bytes);
    csv_pass pass = {.csv = csv, .works = works, .work_count = count};
    pg_status status =
        works && columns && kinds
            ? PG_OK
            : pg_fail_memory(err, work_bytes + column_bytes + kind_bytes);
    for (size_t k = 0; k < count && status == PG_OK; k++)
        works[k] = (piece_work){.kinds = kinds + 2 * k * csv->column_count,
                                .lost_signs = (bool *)kinds +
                                              (2 * k + 1) * csv->column_count};
    if (status == PG_OK) {
        status = read_pieces(&pass, columns, err);
        for (size_t k = 0; k < count; k++)
            pg_free(works[k].bytes, works[k].room);
    }
    pg_free(works, work_bytes);
    pg_free(columns, column_bytes);
    pg_free(kinds, kind_bytes);
    return status;
}
