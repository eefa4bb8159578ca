/* The columns of texts in a CSV file. */

#include <inttypes.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "formats/csv_reader.h"

/* Reads the texts of a piece, of which there are *count rows. */
static pg_status read_texts(pg_csv *csv, size_t piece, size_t *count,
                            pg_error *err)
{
    const pg_csv_piece *p = &csv->pieces[piece];
    size_t n, rows = p[1].first_row - p[0].first_row, row = 0;
    pg_status status = pg_csv_read_piece(&csv->buffer, &csv->buffer_bytes, &n,
                                         csv, piece, err);
    if (status != PG_OK)
        return status;
    unsigned char *at = csv->buffer, *end = at + n;
    pg_csv_text *out = csv->cells;
    for (; pg_csv_find_row(&at, csv, end); row++) {
        if (row == rows)
            return pg_csv_fail_changed(csv, err);
        for (size_t i = 0; i < csv->column_count; i++) {
            pg_csv_text text;
            unsigned char *cell = at;
            at = pg_csv_cell(&text, csv, at, end);
            unsigned char expected =
                i + 1 < csv->column_count ? PG_CSV_DELIMITER : PG_CSV_LINE_END;
            if (!at || csv->classes[*at] != expected)
                return pg_csv_fail_changed(csv, err);
            at += expected == PG_CSV_DELIMITER;
            if (csv->columns[i].kind != PG_CSV_TEXTS)
                continue;
            if (pg_csv_check_text(text.text, text.n) < text.n) {
                pg_csv_fault fault = {.what = PG_CSV_NOT_UTF8,
                                      .offset = p->offset +
                                                (uint64_t)(cell - csv->buffer),
                                      .column = i};
                return pg_csv_fail(csv, &fault, err);
            }
            csv->bytes += text.n;
            *out++ = text;
        }
        at = pg_csv_end_line(at);
    }
    *count = rows;
    return row == rows ? PG_OK : pg_csv_fail_changed(csv, err);
}

/* Makes room for the cells of a piece. */
static pg_status reserve_cells(pg_csv *csv, size_t piece, size_t columns,
                               pg_error *err)
{
    const pg_csv_piece *p = &csv->pieces[piece];
    size_t cells, bytes;
    if (!pg_size_multiply(&cells, p[1].first_row - p[0].first_row, columns) ||
        !pg_size_multiply(&bytes, cells, sizeof *csv->cells))
        return pg_fail_memory(err, SIZE_MAX);
    if (csv->cell_room >= cells)
        return PG_OK;
    pg_free(csv->cells, csv->cell_room * sizeof *csv->cells);
    csv->cell_room = 0;
    csv->cells = pg_malloc(bytes);
    if (!csv->cells)
        return pg_fail_memory(err, bytes);
    csv->cell_room = cells;
    return PG_OK;
}

pg_status pg_csv_next_texts(const pg_csv_text **texts, size_t *rows,
                            pg_csv *csv, pg_error *err)
{
    size_t columns = 0;
    pg_status status = PG_OK;
    *rows = 0;
    for (size_t i = 0; i < csv->column_count; i++)
        columns += csv->columns[i].kind == PG_CSV_TEXTS;
    if (columns == 0)
        return PG_OK;
    if (csv->next_piece == 0)
        status = pg_csv_source_seek(&csv->source, csv->pieces->offset, err);
    while (status == PG_OK && *rows == 0 &&
           csv->next_piece <
               csv->piece_count) { /* some have empty lines alone */
        size_t piece = csv->next_piece++;
        status = reserve_cells(csv, piece, columns, err);
        if (status == PG_OK)
            status = read_texts(csv, piece, rows, err);
        if (status == PG_OK && csv->bytes > csv->options.max_bytes)
            status = pg_csv_fail_bytes(csv, err);
        status = pg_unless_interrupted(status, err);
    }
    *texts = csv->cells;
    return status;
}

pg_status pg_csv_fail_bytes(const pg_csv *csv, pg_error *err)
{
    return pg_fail(err, PG_EARG,
                   "%.600s: its %zu columns of %zu rows take %" PRIu64
                   " bytes or more, more than max_bytes = %" PRIu64,
                   csv->source.path, csv->column_count, csv->rows, csv->bytes,
                   csv->options.max_bytes);
}
