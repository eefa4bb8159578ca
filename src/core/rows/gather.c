/* Tiles of columns, put together row by row from those of the blocks. */

#include "rows/gather.h"

#include <string.h>

/* Offsets in the memory behind the tiles, in the order of alignment. */
typedef struct offsets {
    size_t lookups, values, segments, entries, bytes;
} offsets;

static offsets offsets_of(const pg_sparse *sparse, size_t rows)
{
    offsets l;
    size_t tiles = pg_sparse_column_tiles(sparse);
    size_t numbers = rows * pg_sparse_most_in_row(sparse);
    l.lookups = tiles * sizeof(pg_tile);
    l.values = l.lookups + rows * sizeof(pg_row_entries);
    l.segments = l.values + numbers * pg_sparse_value_size(sparse);
    l.entries = l.segments + rows * tiles * sizeof(pg_segment);
    l.bytes = l.entries + (numbers + PG_SPARSE_AHEAD) * sizeof(uint16_t);
    return l;
}

size_t pg_gather_bytes(const pg_sparse *sparse, size_t rows)
{
    return offsets_of(sparse, rows).bytes;
}

/* The rows to gather. While one tile is put together, each row's entries of the
   next tile are looked up and fetched into cache. */
typedef struct row_list {
    const pg_sparse *sparse;
    const int64_t *positions;
    size_t count;
    pg_row_entries *lookups; /* (count) */
} row_list;

static void look_up(const row_list *rows, size_t i, size_t tile)
{
    if (tile == pg_sparse_column_tiles(rows->sparse))
        return;
    rows->lookups[i] = pg_sparse_row_entries(
        rows->sparse, (size_t)rows->positions[i] - 1, tile);
    __builtin_prefetch(rows->lookups[i].entries);
}

/* The addresses of the next segment, entry and value to write. */
typedef struct output {
    pg_segment *segment;
    uint16_t *entry;
    char *value;
} output;

static pg_tile gather_tile(output *out, const row_list *rows, size_t t)
{
    size_t size = pg_sparse_value_size(rows->sparse);
    pg_tile tile = {.segments = out->segment,
                    .entries = out->entry,
                    .values = size > 0 ? out->value : NULL};
    for (size_t i = 0; i < rows->count; i++) {
        pg_row_entries row = rows->lookups[i];
        look_up(rows, i, t + 1);
        if (row.count == 0)
            continue;
        *out->segment++ = (pg_segment){(uint32_t)i, (uint32_t)row.count};
        /* A row has a dozen entries in a tile, and their number cannot be
           predicted: copies of one length are faster. */
        uint16_t *entry = out->entry;
        for (size_t k = 0; k < row.count; k += PG_SPARSE_AHEAD)
            memcpy(entry + k, row.entries + k, PG_SPARSE_AHEAD * sizeof *entry);
        out->entry += row.count;
        if (row.values)
            memcpy(out->value, row.values, row.count * size);
        out->value += row.count * size;
    }
    tile.count = (size_t)(out->segment - tile.segments);
    return tile;
}

const pg_tile *pg_gather(void *memory, const pg_sparse *sparse,
                         const int64_t *positions, size_t count)
{
    pg_assert((uintptr_t)memory % _Alignof(pg_tile) == 0);
    char *at = memory;
    pg_tile *tiles = memory;
    offsets l = offsets_of(sparse, count);
    row_list rows = {sparse, positions, count,
                     (pg_row_entries *)(at + l.lookups)};
    output out = {(pg_segment *)(at + l.segments), (uint16_t *)(at + l.entries),
                  at + l.values};
    for (size_t i = 0; i < count; i++)
        look_up(&rows, i, 0);
    for (size_t t = 0; t < pg_sparse_column_tiles(sparse); t++)
        tiles[t] = gather_tile(&out, &rows, t);
    return tiles;
}
