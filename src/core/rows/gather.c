#include "rows/gather.h"

#include <string.h>

/* Where what belongs to the tiles begins in the memory, behind them: what is
   aligned most comes first. */
typedef struct parts {
    size_t stretches, values, segments, entries, bytes;
} parts;

static parts parts_of(const pg_sparse *sparse, size_t rows)
{
    parts p;
    size_t tiles = pg_sparse_column_tiles(sparse);
    size_t numbers = rows * pg_sparse_most_in_row(sparse);
    p.stretches = tiles * sizeof(pg_tile);
    p.values = p.stretches + rows * sizeof(pg_row_entries);
    p.segments = p.values + numbers * pg_sparse_value_size(sparse);
    p.entries = p.segments + rows * tiles * sizeof(pg_segment);
    p.bytes = p.entries + (numbers + PG_SPARSE_AHEAD) * sizeof(uint16_t);
    return p;
}

size_t pg_gather_bytes(const pg_sparse *sparse, size_t rows)
{
    return parts_of(sparse, rows).bytes;
}

/* The rows, and where what they have in the next tile stands: it is looked up,
   and fetched into cache, while the tile before is put together. */
typedef struct source {
    const pg_sparse *sparse;
    const int64_t *positions;
    size_t count;
    pg_row_entries *next;
} source;

static void look_up(const source *from, size_t i, size_t t)
{
    if (t == pg_sparse_column_tiles(from->sparse))
        return;
    from->next[i] =
        pg_sparse_row_entries(from->sparse, (size_t)from->positions[i] - 1, t);
    __builtin_prefetch(from->next[i].entries);
}

/* Where the next segment, entry and value go. */
typedef struct cursor {
    pg_segment *segment;
    uint16_t *entry;
    char *value;
} cursor;

/* A stretch is a dozen entries long, and of unforeseeable length: copies of one
   length are faster. */
static void copy_entries(uint16_t *out, const uint16_t *in, size_t count)
{
    for (size_t i = 0; i < count; i += PG_SPARSE_AHEAD)
        memcpy(out + i, in + i, PG_SPARSE_AHEAD * sizeof *out);
}

static pg_tile gather_tile(cursor *to, const source *from, size_t t)
{
    size_t size = pg_sparse_value_size(from->sparse);
    pg_tile tile = {.segments = to->segment,
                    .entries = to->entry,
                    .values = size > 0 ? to->value : NULL};
    for (size_t i = 0; i < from->count; i++) {
        pg_row_entries s = from->next[i];
        look_up(from, i, t + 1);
        if (s.count == 0)
            continue;
        *to->segment++ = (pg_segment){(uint32_t)i, (uint32_t)s.count};
        copy_entries(to->entry, s.entries, s.count);
        to->entry += s.count;
        if (s.values)
            memcpy(to->value, s.values, s.count * size);
        to->value += s.count * size;
    }
    tile.count = (size_t)(to->segment - tile.segments);
    return tile;
}

const pg_tile *pg_gather(void *memory, const pg_sparse *sparse,
                         const int64_t *positions, size_t count)
{
    char *at = memory;
    pg_tile *tiles = memory;
    parts p = parts_of(sparse, count);
    source from = {sparse, positions, count,
                   (pg_row_entries *)(at + p.stretches)};
    cursor to = {(pg_segment *)(at + p.segments), (uint16_t *)(at + p.entries),
                 at + p.values};
    for (size_t i = 0; i < count; i++)
        look_up(&from, i, 0);
    for (size_t t = 0; t < pg_sparse_column_tiles(sparse); t++)
        tiles[t] = gather_tile(&to, &from, t);
    return tiles;
}
