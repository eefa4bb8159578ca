/* The fuzzer of CSV files, plain and packed by gzip: columns of numbers and of
   texts. */

#include <string.h>
#include <zlib.h>

#include "formats/csv.h"
#include "fuzz.h"
#include "mutator.h"

enum { MOST = 1 << 16, GZIP_WINDOW = MAX_WBITS + 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

/* Reads all texts, so that AddressSanitizer sees those that are not there. */
static pg_status read_texts(pg_csv *csv, size_t columns, pg_error *err)
{
    const pg_csv_text *texts;
    size_t rows = 1, all = 0;
    pg_status status = PG_OK;
    while (status == PG_OK && rows > 0) {
        status = pg_csv_next_texts(&texts, &rows, csv, err);
        for (size_t i = 0; i < rows * columns; i++)
            FUZZ_CHECK(!memchr(texts[i].text, 0, texts[i].n));
        all += rows;
    }
    FUZZ_CHECK(status != PG_OK || columns == 0 || all == csv->rows);
    return status;
}

static pg_status read_columns(pg_csv *csv, pg_error *err)
{
    size_t texts = 0;
    for (size_t i = 0; i < csv->column_count; i++)
        if (fuzz_choose(8) == 0)
            pg_csv_expect(csv, i, fuzz_choose(2));
    pg_status status = pg_csv_read_numbers(csv, err);
    for (size_t i = 0; i < csv->column_count && status == PG_OK; i++) {
        const pg_csv_column *column = &csv->columns[i];
        FUZZ_CHECK(column->kind <= PG_CSV_TEXTS);
        texts += column->kind == PG_CSV_TEXTS;
        if (column->kind == PG_CSV_TEXTS)
            continue;
        FUZZ_CHECK(column->array.ndim == 1 &&
                   column->array.shape[0] == csv->rows);
        fuzz_check_array(&column->array, status, err);
    }
    return status == PG_OK ? read_texts(csv, texts, err) : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t unpacked[MOST];
    static const char delimiters[] = ",,,;\t |";
    static const pg_csv_text missing[] = {{"", 0}, {"NA", 2}, {"-1", 2}};
    enum { COLUMN = 1 << 10, BUFFERS = 4 << 20 }; /* bytes */
    bool is_packed = n >= PG_GZIP_MAGIC && pg_gzip_is_magic(data);
    /* Small: a cell of a byte may be a column of hundreds. */
    size_t text =
        is_packed ? mutator_inflate(unpacked, MOST, data, n, GZIP_WINDOW) : n;
    if (is_packed && text == 0)
        return 0;
    const char *path = fuzz_begin(data, n, COLUMN * (text + 1) + BUFFERS);
    pg_csv_options options = {
        .delimiter = delimiters[fuzz_choose(sizeof delimiters - 1)],
        .decimal = fuzz_choose(4) ? '.' : ',',
        .header = fuzz_choose(4),
        .missing = missing,
        .missing_count = fuzz_choose(4),
        .max_bytes = fuzz_choose(8) ? UINT64_MAX : fuzz_choose(256)};
    pg_csv csv;
    pg_error err;
    if (options.decimal == options.delimiter)
        options.delimiter = ';';
    pg_status status = pg_csv_open(&csv, path, &options, &err);
    if (status == PG_OK)
        status = read_columns(&csv, &err);
    if (status != PG_OK)
        fuzz_check_error(status, &err);
    pg_csv_close(&csv);
    fuzz_end();
    return 0;
}

/* Replaces a few bytes by those that the format is made of. */
static size_t mutate_csv(uint8_t *data, size_t n, size_t room)
{
    static const char bytes[] = "\",\n\r;\t 0123456789.eE+-\xc3\xa9NAinf";
    if (n == 0 || mutator_random(3))
        return LLVMFuzzerMutate(data, n, room);
    for (size_t i = mutator_random(4) + 1; i > 0; i--)
        data[mutator_random(n)] =
            (uint8_t)bytes[mutator_random(sizeof bytes - 1)];
    return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    static uint8_t unpacked[MOST];
    mutator_seed(seed);
    bool is_packed = n >= PG_GZIP_MAGIC && pg_gzip_is_magic(data);
    if (!is_packed && mutator_random(64))
        return mutate_csv(data, n, room);
    if (is_packed && mutator_random(2))
        return LLVMFuzzerMutate(data, n, room);
    size_t bytes = n < MOST ? n : MOST;
    if (is_packed)
        bytes = mutator_inflate(unpacked, MOST, data, n, GZIP_WINDOW);
    else
        memcpy(unpacked, data, bytes);
    bytes = mutate_csv(unpacked, bytes, MOST);
    size_t made = mutator_deflate(data, room, unpacked, bytes, GZIP_WINDOW);
    return made ? made : n;
}
