/*
 * radix_template.h -- the sort of dense elements of one type, included by
 * radix.c for each, with
 *
 *   NAME    what NAMED appends to names
 *   T       the elements' type
 *   K       the type of their keys, unsigned
 *   KEY(x)  the key of element x
 */

/* Insertion sort; false, and not yet sorted, after more than `most` moves. */
static bool NAMED(insert)(T *x, size_t n, size_t most)
{
    size_t moves = 0;
    PG_EACH (i, n) {
        T moved = x[i];
        size_t j = i;
        if (moves > most)
            return false;
        for (; j > 0 && KEY(x[j - 1]) > KEY(moved); j--)
            x[j] = x[j - 1];
        x[j] = moved;
        moves += i - j;
    }
    return moves <= most;
}

/* Sorts by the digits at shifts[0 .. used-1], the last of them first. */
static void NAMED(by_digits)(T *elements, T *scratch, size_t n,
                             const size_t *shifts, size_t used)
{
    size_t counts[DIGITS_COUNTED][DIGITS];
    T *x = elements, *y = scratch;
    for (size_t end = used, first; end > 0; end = first) {
        first = end > DIGITS_COUNTED ? end - DIGITS_COUNTED : 0;
        memset(counts, 0, sizeof counts);
        PG_EACH (i, n)
            for (size_t d = first; d < end; d++)
                counts[d - first][KEY(x[i]) >> shifts[d] & 255]++;
        for (size_t d = end; d-- > first && !MAY_BE_INTERRUPTED(n);) {
            size_t *starts = counts[d - first], shift = shifts[d], at = 0;
            for (int v = 0; v < DIGITS; v++) {
                size_t count = starts[v];
                starts[v] = at;
                at += count;
            }
            PG_EACH (i, n)
                y[starts[KEY(x[i]) >> shift & 255]++] = x[i];
            T *swapped = x;
            x = y;
            y = swapped;
        }
    }
    if (x != elements)
        pg_copy_bytes(elements, x, n * sizeof *x);
}

/* Sorts n elements, through scratch of the same size. The most significant of
   the bytes that differ leave few of many elements in the wrong order, which
   insertion corrects; if they are many after all, it sorts by all bytes. */
static void NAMED(radix)(void *elements, void *scratch, size_t n)
{
    T *x = elements;
    if (n < FEW) {
        NAMED(insert)(x, n, SIZE_MAX);
        return;
    }
    K differing = 0;
    PG_EACH (i, n)
        differing |= KEY(x[i]) ^ KEY(x[0]);
    size_t shifts[sizeof(K)] = {0}, all = 0;
    for (size_t d = sizeof(K); d-- > 0;)
        if (differing >> (8 * d) & 255)
            shifts[all++] = 8 * d;
    size_t used = pg_size_min(all, n < 1 << 17 ? 4 : 5);
    NAMED(by_digits)(x, scratch, n, shifts, used);
    if (used < all && !MAY_BE_INTERRUPTED(n) &&
        !NAMED(insert)(x, n, MOST_MOVES * n))
        NAMED(by_digits)(x, scratch, n, shifts, all);
}

/* The number of a's elements among the first `at` of a and b, merged. */
static size_t NAMED(split)(const T *a, size_t na, const T *b, size_t nb,
                           size_t at)
{
    size_t low = at > nb ? at - nb : 0, high = at < na ? at : na;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (KEY(a[middle]) <= KEY(b[at - middle - 1]))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Elements first .. last-1 of the merged a (na) and b (nb), both sorted. */
static void NAMED(merge)(void *out, const void *va, size_t na, const void *vb,
                         size_t nb, size_t first, size_t last)
{
    const T *a = va, *b = vb;
    size_t i = NAMED(split)(a, na, b, nb, first), j = first - i;
    size_t i_end = NAMED(split)(a, na, b, nb, last), j_end = last - i_end;
    T *o = (T *)out + first;
    while (i < i_end && j < j_end) {
        T x = a[i], y = b[j];
        bool left = KEY(x) <= KEY(y);
        *o++ = left ? x : y;
        i += left;
        j += !left;
    }
    memcpy(o, a + i, (i_end - i) * sizeof *o);
    memcpy(o + (i_end - i), b + j, (j_end - j) * sizeof *o);
}

#undef NAME
#undef T
#undef K
#undef KEY
