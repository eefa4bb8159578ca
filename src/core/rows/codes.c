/* Codes of distinct values, found by a hash table. */

#include "rows/codes.h"

#include <stdlib.h>
#include <string.h>

void pg_codes_clear(pg_codes *codes)
{
    *codes = (pg_codes){.count = 1};
}

void pg_codes_of_bytes(pg_codes *codes)
{
    pg_codes_clear(codes);
    codes->count = PG_CODES;
    for (int i = 0; i < PG_CODES; i++)
        codes->value[i] = i;
}

/* The slot of the value, or the free one where it belongs. The table is at most
   a quarter full. */
static size_t slot_of(const pg_codes *codes, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t i = (size_t)(bits * 0x9e3779b97f4a7c15u >> 54);
    while (codes->slots[i] && codes->value[codes->slots[i]] != value)
        i = (i + 1) % PG_CODE_SLOTS;
    return i;
}

bool pg_codes_add(pg_codes *codes, const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (numbers[i] == 0)
            continue;
        size_t slot = slot_of(codes, numbers[i]);
        if (codes->slots[slot])
            continue;
        if (codes->count == PG_CODES)
            return false;
        codes->slots[slot] = (uint8_t)codes->count;
        codes->value[codes->count++] = numbers[i];
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void pg_codes_sort(pg_codes *codes)
{
    qsort(codes->value + 1, codes->count - 1, sizeof *codes->value, compare);
    memset(codes->slots, 0, sizeof codes->slots);
    for (size_t i = 1; i < codes->count; i++)
        codes->slots[slot_of(codes, codes->value[i])] = (uint8_t)i;
}

void pg_codes_encode(const pg_codes *codes, uint8_t *out, const double *numbers,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = numbers[i] == 0 ? 0 : codes->slots[slot_of(codes, numbers[i])];
}
