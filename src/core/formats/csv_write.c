/* Writes CSV files. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array/scalar.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "formats/csv_reader.h"
#include "decimal/decimal.h"

enum {
    BUFFER = 1 << 16,
    ROWS = 1 << 10, /* between polls */
};

/* --- text ----------------------------------------------------------------- */

static pg_status flush(pg_csv_writer *w, pg_error *err)
{
    size_t n = w->used;
    w->used = 0;
    return n > 0 ? pg_output_write(&w->output, w->buffer, n, err) : PG_OK;
}

/* Makes room for n bytes, at most BUFFER. */
static pg_status reserve(pg_csv_writer *w, size_t n, pg_error *err)
{
    return w->used + n <= BUFFER ? PG_OK : flush(w, err);
}

static pg_status put(pg_csv_writer *w, const char *text, size_t n,
                     pg_error *err)
{
    pg_status status = reserve(w, pg_size_min(n, BUFFER), err);
    if (status == PG_OK && n > BUFFER)
        return pg_output_write(&w->output, text, n, err);
    if (status == PG_OK) {
        memcpy(w->buffer + w->used, text, n);
        w->used += n;
    }
    return status;
}

/* True if a plain cell would be read as something else: as two cells, as a line
   without a cell, as the mark of UTF-8, or at the file's begin as one of
   another kind. */
static bool is_quoted(const pg_csv_writer *w, const pg_csv_text *text,
                      size_t columns)
{
    if (text->n == 0)
        return columns == 1;
    unsigned char first = (unsigned char)text->text[0];
    char last = text->text[text->n - 1];
    return first <= ' ' || first == '<' || first == 0xef || last == ' ' ||
           last == '\t' || memchr(text->text, w->delimiter, text->n) ||
           memchr(text->text, '"', text->n) ||
           memchr(text->text, '\n', text->n) ||
           memchr(text->text, '\r', text->n);
}

static pg_status put_text(pg_csv_writer *w, const pg_csv_text *text,
                          size_t columns, pg_error *err)
{
    if (!is_quoted(w, text, columns))
        return put(w, text->text, text->n, err);
    const char *at = text->text, *end = at + text->n;
    pg_status status = put(w, "\"", 1, err);
    while (status == PG_OK) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        const char *stop = quote ? quote + 1 : end;
        status = put(w, at, (size_t)(stop - at), err);
        if (status == PG_OK)
            status = put(w, "\"", 1, err);
        if (!quote)
            break;
        at = stop;
    }
    return status;
}

/* The fault of a text that the reader would refuse; NULL for none. */
static const char *fault_of(const pg_csv_text *text)
{
    if (memchr(text->text, 0, text->n))
        return "a zero byte";
    return pg_csv_check_text(text->text, text->n) < text->n ? "not UTF-8"
                                                            : NULL;
}

/* --- names ---------------------------------------------------------------- */

static pg_status check_names(const pg_csv_writer *w, const pg_csv_text *names,
                             size_t count, pg_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *fault =
            names[i].n == 0 ? "it is empty" : fault_of(&names[i]);
        if (fault)
            return pg_fail(err, PG_EARG, "%.600s: the name of column %zu: %s",
                           w->path, i + 1, fault);
    }
    size_t bytes = count * sizeof *names;
    pg_csv_text *sorted = pg_malloc(bytes);
    if (!sorted)
        return pg_fail_memory(err, bytes);
    memcpy(sorted, names, bytes);
    qsort(sorted, count, sizeof *sorted, pg_csv_compare_texts);
    pg_status status = PG_OK;
    for (size_t i = 1; i < count && status == PG_OK; i++)
        if (pg_csv_compare_texts(&sorted[i - 1], &sorted[i]) == 0)
            status = pg_fail(err, PG_EARG,
                             "%.600s: two columns are named '%.*s'", w->path,
                             (int)pg_csv_cut(&sorted[i], 100), sorted[i].text);
    pg_free(sorted, bytes);
    return status;
}

pg_status pg_csv_write_names(pg_csv_writer *w, const pg_csv_text *names,
                             size_t count, pg_error *err)
{
    pg_status status = check_names(w, names, count, err);
    w->names = names;
    for (size_t i = 0; i < count && status == PG_OK; i++) {
        status = put_text(w, &names[i], count, err);
        if (status == PG_OK)
            status = put(w, i + 1 < count ? &w->delimiter : "\n", 1, err);
    }
    return status;
}

/* --- rows ----------------------------------------------------------------- */

static pg_status fail_cell(const pg_csv_writer *w, size_t row, size_t i,
                           const char *fault, pg_error *err)
{
    const pg_csv_text *name = &w->names[i];
    return pg_fail(err, PG_EARG, "%.600s: row %zu of column %zu ('%.*s'): %s",
                   w->path, w->rows + row + 1, i + 1,
                   (int)pg_csv_cut(name, 100), name->text, fault);
}

static pg_status put_number(pg_csv_writer *w, const pg_csv_cells *column,
                            size_t row, size_t i, pg_error *err)
{
    const char *element = column->elements + (ptrdiff_t)row * column->stride;
    pg_scalar value = pg_scalar_load(element, column->dtype);
    pg_status status = reserve(w, PG_DECIMAL_ROOM, err);
    if (status != PG_OK)
        return status;
    char *out = w->buffer + w->used;
    if (value.kind == 'f' && !pg_dtype_is_float(column->dtype))
        return fail_cell(w, row, i,
                         "an integer beyond int64 is not read back: astype "
                         "\"float64\" rounds it",
                         err);
    if (value.kind != 'f') {
        w->used += pg_decimal_write_integer(
            out, value.kind == 'b' ? value.as.b : value.as.i);
        return PG_OK;
    }
    size_t n = pg_decimal_write(out, value.as.f);
    char *point = w->decimal == '.' ? NULL : memchr(out, '.', n);
    if (point)
        *point = w->decimal;
    w->used += n;
    return PG_OK;
}

static pg_status put_cell(pg_csv_writer *w, const pg_csv_cells *column,
                          size_t row, size_t i, size_t count, pg_error *err)
{
    if (!column->texts)
        return put_number(w, column, row, i, err);
    const char *fault = fault_of(&column->texts[row]);
    if (fault)
        return fail_cell(w, row, i, fault, err);
    return put_text(w, &column->texts[row], count, err);
}

pg_status pg_csv_write_rows(pg_csv_writer *w, const pg_csv_cells *columns,
                            size_t count, size_t rows, pg_error *err)
{
    pg_status status = PG_OK;
    for (size_t row = 0; row < rows && status == PG_OK; row++) {
        for (size_t i = 0; i < count && status == PG_OK; i++) {
            status = put_cell(w, &columns[i], row, i, count, err);
            if (status == PG_OK)
                status = put(w, i + 1 < count ? &w->delimiter : "\n", 1, err);
        }
        if (status == PG_OK && row % ROWS == 0)
            status = pg_check_interrupt(err);
    }
    w->rows += rows;
    return status;
}

/* --- the file ------------------------------------------------------------- */

pg_status pg_csv_writer_open(pg_csv_writer *w, const char *path,
                             const pg_csv_options *options, pg_error *err)
{
    memset(w, 0, sizeof *w);
    w->delimiter = options->delimiter;
    w->decimal = options->decimal;
    w->path = path;
    pg_status status = pg_csv_check_options(options, err);
    if (status != PG_OK)
        return status;
    w->buffer = pg_malloc(BUFFER);
    if (!w->buffer)
        return pg_fail_memory(err, BUFFER);
    return pg_output_open(&w->output, path, err);
}

pg_status pg_csv_writer_commit(pg_csv_writer *w, pg_error *err)
{
    pg_status status = flush(w, err);
    if (status == PG_OK)
        status = pg_output_commit(&w->output, err);
    pg_csv_writer_discard(w);
    return status;
}

void pg_csv_writer_discard(pg_csv_writer *w)
{
    pg_output_discard(&w->output);
    pg_free(w->buffer, BUFFER);
    w->buffer = NULL;
}
