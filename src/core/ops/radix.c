#include "ops/radix.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/memory.h"

/* Runs below FEW elements are sorted by insertion; those below LONG are not
   shared among threads. A digit is a byte; as many are counted at a time as are
   mostly sorted by, in 12 kB of the stack. */
enum { FEW = 48, LONG = 1 << 15, DIGITS = 256, DIGITS_COUNTED = 6 };

/* --- keys: unsigned numbers in the elements' order --------------------------

   A signed number's sign is turned around. A floating one's, too, and the bits
   of negative ones, whose magnitudes go the other way. NaN loses its sign, so
   that it comes last. The bits are their own inverse but for NaN's sign. */

#define KEYS(WIDTH, K)                                  \
    static inline K key_i##WIDTH(K x)                   \
    {                                                   \
        return x ^ (K)((K)1 << (WIDTH - 1));            \
    }                                                   \
    static void keys_i##WIDTH(void *elements, size_t n) \
    {                                                   \
        pg_bits##WIDTH *x = elements;                   \
        PG_EACH (i, n)                                  \
            x[i] = key_i##WIDTH(x[i]);                  \
    }
KEYS(8, uint8_t)
KEYS(16, uint16_t)
KEYS(32, uint32_t)
KEYS(64, uint64_t)

#define FLOAT_KEYS(WIDTH, K, INFINITE)                    \
    static inline K key_f##WIDTH(K x)                     \
    {                                                     \
        const K sign = (K)1 << (WIDTH - 1);               \
        if ((x & ~sign) > (INFINITE))                     \
            return x | sign;                              \
        return x & sign ? ~x : x | sign;                  \
    }                                                     \
    static void keys_f##WIDTH(void *elements, size_t n)   \
    {                                                     \
        pg_bits##WIDTH *x = elements;                     \
        PG_EACH (i, n)                                    \
            x[i] = key_f##WIDTH(x[i]);                    \
    }                                                     \
    static void floats_f##WIDTH(void *elements, size_t n) \
    {                                                     \
        const K sign = (K)1 << (WIDTH - 1);               \
        pg_bits##WIDTH *x = elements;                     \
        PG_EACH (i, n)                                    \
            x[i] = x[i] & sign ? x[i] ^ sign : ~x[i];     \
    }
FLOAT_KEYS(32, uint32_t, 0x7f800000U)
FLOAT_KEYS(64, uint64_t, 0x7ff0000000000000U)

static void unchanged(void *elements, size_t n)
{
    (void)elements;
    (void)n;
}

/* --- sorting keys -----------------------------------------------------------
 */

/* Turns counts into the places where each value starts. */
static void find_starts(size_t *counts)
{
    size_t at = 0;
    for (int v = 0; v < DIGITS; v++) {
        size_t count = counts[v];
        counts[v] = at;
        at += count;
    }
}

/* How many of the bytes that differ are sorted by: the most significant ones,
   which leave few elements in the wrong order among n. Insertion mends those;
   where they are many after all, it gives up, and all bytes are sorted by. */
static size_t enough_digits(size_t n)
{
    return n < 1 << 17 ? 4 : 5;
}

enum { MOST_MOVES = 4 }; /* of insertion, for each element */

/* Whether a loop over n elements may have been given up: then what it left
   behind says nothing of where elements go. */
#define IS_UNWANTED(n) ((n) > PG_CHUNK && pg_interrupted())

/* Sorts x by KEY, which gives a K, through scratch; the sorted elements are in
   x in the end. */
#define RADIX(NAME, T, K, KEY)                                               \
    static bool insert_##NAME(T *x, size_t n, size_t most)                   \
    {                                                                        \
        size_t moves = 0;                                                    \
        PG_EACH (i, n) {                                                     \
            T moved = x[i];                                                  \
            size_t j = i;                                                    \
            if (moves > most)                                                \
                return false;                                                \
            for (; j > 0 && KEY(x[j - 1]) > KEY(moved); j--)                 \
                x[j] = x[j - 1];                                             \
            x[j] = moved;                                                    \
            moves += i - j;                                                  \
        }                                                                    \
        return moves <= most;                                                \
    }                                                                        \
    /* By the first `used` of these bytes, the last of them first. */        \
    static void by_digits_##NAME(T *elements, T *scratch, size_t n,          \
                                 const size_t *digits, size_t used)          \
    {                                                                        \
        size_t counts[DIGITS_COUNTED][DIGITS];                               \
        T *x = elements, *y = scratch;                                       \
        for (size_t end = used, first; end > 0; end = first) {               \
            first = end > DIGITS_COUNTED ? end - DIGITS_COUNTED : 0;         \
            memset(counts, 0, sizeof counts);                                \
            PG_EACH (i, n)                                                   \
                for (size_t d = first; d < end; d++)                         \
                    counts[d - first][KEY(x[i]) >> digits[d] & 255]++;       \
            for (size_t d = end; d-- > first && !IS_UNWANTED(n);) {          \
                size_t *at = counts[d - first], shift = digits[d];           \
                find_starts(at);                                             \
                PG_EACH (i, n)                                               \
                    y[at[KEY(x[i]) >> shift & 255]++] = x[i];                \
                T *swapped = x;                                              \
                x = y;                                                       \
                y = swapped;                                                 \
            }                                                                \
        }                                                                    \
        if (x != elements)                                                   \
            pg_copy_bytes(elements, x, n * sizeof *x);                       \
    }                                                                        \
    static void radix_##NAME(void *elements, void *scratch, size_t n)        \
    {                                                                        \
        T *x = elements;                                                     \
        if (n < FEW) {                                                       \
            insert_##NAME(x, n, SIZE_MAX);                                   \
            return;                                                          \
        }                                                                    \
        K differing = 0;                                                     \
        PG_EACH (i, n)                                                       \
            differing |= KEY(x[i]) ^ KEY(x[0]);                              \
        size_t digits[sizeof(K)] = {0}, all = 0, used;                       \
        for (size_t d = sizeof(K); d-- > 0;)                                 \
            if (differing >> (8 * d) & 255)                                  \
                digits[all++] = 8 * d;                                       \
        used = pg_size_min(all, enough_digits(n));                           \
        by_digits_##NAME(x, scratch, n, digits, used);                       \
        if (used < all && !IS_UNWANTED(n) &&                                 \
            !insert_##NAME(x, n, MOST_MOVES * n))                            \
            by_digits_##NAME(x, scratch, n, digits, all);                    \
    }                                                                        \
    /* How many of the first `at` elements of a and b, merged, are a's. */   \
    static size_t split_##NAME(const T *a, size_t na, const T *b, size_t nb, \
                               size_t at)                                    \
    {                                                                        \
        size_t low = at > nb ? at - nb : 0, high = at < na ? at : na;        \
        while (low < high) {                                                 \
            size_t middle = low + (high - low) / 2;                          \
            if (KEY(a[middle]) <= KEY(b[at - middle - 1]))                   \
                low = middle + 1;                                            \
            else                                                             \
                high = middle;                                               \
        }                                                                    \
        return low;                                                          \
    }                                                                        \
    /* Elements first .. last - 1 of a (na) and b (nb), merged. */           \
    static void merge_##NAME(void *out, const void *va, size_t na,           \
                             const void *vb, size_t nb, size_t first,        \
                             size_t last)                                    \
    {                                                                        \
        const T *a = va, *b = vb;                                            \
        size_t i = split_##NAME(a, na, b, nb, first), j = first - i;         \
        size_t ie = split_##NAME(a, na, b, nb, last), je = last - ie;        \
        T *o = (T *)out + first;                                             \
        while (i < ie && j < je) {                                           \
            T x = a[i], y = b[j];                                            \
            bool left = KEY(x) <= KEY(y);                                    \
            *o++ = left ? x : y;                                             \
            i += left;                                                       \
            j += !left;                                                      \
        }                                                                    \
        memcpy(o, a + i, (ie - i) * sizeof *o);                              \
        memcpy(o + (ie - i), b + j, (je - j) * sizeof *o);                   \
    }

#define ITSELF(x) (x)
#define ITS_KEY(x) ((x).key)

/* An element's key and where it was. */
typedef struct place {
    uint64_t key;
    int64_t position;
} place;

RADIX(8, pg_bits8, uint8_t, ITSELF)
RADIX(16, pg_bits16, uint16_t, ITSELF)
RADIX(32, pg_bits32, uint32_t, ITSELF)
RADIX(64, pg_bits64, uint64_t, ITSELF)
RADIX(PLACE, place, uint64_t, ITS_KEY)

/* --- what is done for each dtype --------------------------------------------
 */

typedef struct sorter {
    size_t size;
    void (*to_keys)(void *, size_t);
    void (*from_keys)(void *, size_t);
    void (*sort)(void *, void *, size_t);
    void (*merge)(void *, const void *, size_t, const void *, size_t, size_t,
                  size_t);
} sorter;

#define SORTER(WIDTH, to, from)                           \
    {                                                     \
        WIDTH / 8, to, from, radix_##WIDTH, merge_##WIDTH \
    }

static const sorter sorters[PG_DTYPE_COUNT] = {
    [PG_BOOL] = SORTER(8, unchanged, unchanged),
    [PG_INT8] = SORTER(8, keys_i8, keys_i8),
    [PG_INT16] = SORTER(16, keys_i16, keys_i16),
    [PG_INT32] = SORTER(32, keys_i32, keys_i32),
    [PG_INT64] = SORTER(64, keys_i64, keys_i64),
    [PG_UINT8] = SORTER(8, unchanged, unchanged),
    [PG_UINT16] = SORTER(16, unchanged, unchanged),
    [PG_UINT32] = SORTER(32, unchanged, unchanged),
    [PG_UINT64] = SORTER(64, unchanged, unchanged),
    [PG_FLOAT32] = SORTER(32, keys_f32, floats_f32),
    [PG_FLOAT64] = SORTER(64, keys_f64, floats_f64),
};

static const sorter places = {sizeof(place), unchanged, unchanged, radix_PLACE,
                              merge_PLACE};

/* Where run r of `runs` begins. */
static size_t run_start(size_t n, size_t runs, size_t r)
{
    return n / runs * r + pg_size_min(r, n % runs);
}

/* What is sorted: n elements, of which each of `width` parts is a run at first;
   neighbouring runs are merged from x into y, in `parts` jobs each. */
typedef struct sorting {
    const sorter *s;
    char *x, *y;
    size_t n, width, runs, parts;
} sorting;

static void sort_run(void *context, size_t r)
{
    const sorting *a = context;
    size_t size = a->s->size, first = run_start(a->n, a->width, r);
    size_t count = run_start(a->n, a->width, r + 1) - first;
    a->s->to_keys(a->x + first * size, count);
    a->s->sort(a->x + first * size, a->y + first * size, count);
}

/* Where run r begins, after some rounds of merging. */
static size_t merged_start(const sorting *a, size_t r)
{
    return run_start(a->n, a->width, r * (a->width / a->runs));
}

static void merge_part(void *context, size_t job)
{
    const sorting *a = context;
    size_t pair = job / a->parts, part = job % a->parts, size = a->s->size;
    size_t first = merged_start(a, 2 * pair);
    size_t second = merged_start(a, 2 * pair + 1);
    size_t end = merged_start(a, 2 * pair + 2), n = end - first;
    a->s->merge(a->y + first * size, a->x + first * size, second - first,
                a->x + second * size, end - second,
                run_start(n, a->parts, part), run_start(n, a->parts, part + 1));
}

enum { MERGED = 1 << 20 }; /* elements to a job, at most */

/* A run for each thread is sorted; then they are merged. The result does not
   depend on the runs: equal keys keep their order. */
static void sort_runs(const sorter *s, char *x, char *scratch, size_t n,
                      int threads)
{
    sorting a = {s, x, scratch, n, 1, 0, (size_t)threads};
    while (a.width * 2 <= (size_t)threads)
        a.width *= 2;
    a.parts = pg_size_max(a.parts, n / MERGED);
    pg_parallel_for(a.width, true, sort_run, &a);
    for (a.runs = a.width; a.runs > 1 && !IS_UNWANTED(n); a.runs /= 2) {
        pg_parallel_for(a.runs / 2 * a.parts, true, merge_part, &a);
        char *merged = a.y;
        a.y = a.x;
        a.x = merged;
    }
    if (a.x != x)
        pg_copy_bytes(x, a.x, n * s->size);
    s->from_keys(x, n);
}

/* Has the system hand out pages one after the other, which can be given up:
   sorting by a digit asks for all of them at once. */
static void touch_pages(char *memory, size_t bytes)
{
    enum { PAGE = 4096, PAGES = 256 };
    PG_EACH_OF (PAGES, i, bytes / PAGE)
        memory[i * PAGE] = 0;
}

static bool sort_elements(const sorter *s, void *elements, size_t n,
                          int threads)
{
    place few[FEW];
    char *scratch = n <= FEW ? (char *)few : pg_malloc(n * s->size);
    if (!scratch)
        return false;
    if (n > LONG)
        touch_pages(scratch, n * s->size);
    sort_runs(s, elements, scratch, n, n < LONG ? 1 : threads);
    if (scratch != (char *)few)
        pg_free(scratch, n * s->size);
    return true;
}

bool pg_radix_sort(void *elements, pg_dtype dtype, size_t n, int threads)
{
    return sort_elements(&sorters[dtype], elements, n, threads);
}

/* --- positions --------------------------------------------------------------
 */

/* As sorters' keys, but that -0 and 0 are equal, and all NaN are. */
static inline uint64_t float_key(double x)
{
    uint64_t bits;
    x = x == 0 ? 0 : x;
    memcpy(&bits, &x, sizeof bits);
    return x != x ? UINT64_MAX : key_f64(bits);
}

#define PLACES(NAME, T, KEY_OF)                                           \
    static void places_##NAME(place *out, const void *elements, size_t n) \
    {                                                                     \
        const T *x = elements;                                            \
        PG_EACH (i, n)                                                    \
            out[i] = (place){KEY_OF, (int64_t)i + 1};                     \
    }
#define KEY_b (uint64_t) x[i]
#define KEY_u (uint64_t) x[i]
#define KEY_i key_i64((uint64_t)x[i])
#define KEY_f float_key((double)x[i])
PLACES(BOOL, bool, KEY_b)
PLACES(INT8, int8_t, KEY_i)
PLACES(INT16, int16_t, KEY_i)
PLACES(INT32, int32_t, KEY_i)
PLACES(INT64, int64_t, KEY_i)
PLACES(UINT8, uint8_t, KEY_u)
PLACES(UINT16, uint16_t, KEY_u)
PLACES(UINT32, uint32_t, KEY_u)
PLACES(UINT64, uint64_t, KEY_u)
PLACES(FLOAT32, float, KEY_f)
PLACES(FLOAT64, double, KEY_f)

bool pg_radix_positions(int64_t *positions, const void *elements,
                        pg_dtype dtype, size_t n)
{
    static void (*const to_places[PG_DTYPE_COUNT])(place *, const void *,
                                                   size_t) = {
#define X(NAME, ctype, name, kind) places_##NAME,
        PG_DTYPES(X)
#undef X
    };
    size_t bytes;
    if (!pg_size_multiply(&bytes, n, sizeof(place)))
        return false;
    place *list = pg_malloc(bytes);
    if (!list)
        return false;
    to_places[dtype](list, elements, n);
    bool sorted = sort_elements(&places, list, n, 1);
    PG_EACH (i, n)
        positions[i] = list[i].position;
    pg_free(list, bytes);
    return sorted;
}
