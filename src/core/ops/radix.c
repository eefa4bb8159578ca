/* Stable radix sort of dense elements, in runs that threads sort and merge. */

#include "ops/radix.h"

#include <string.h>

#include "array/each_dtype.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"

/* Fewer than FEW elements are sorted by insertion, fewer than LONG by one
   thread. A digit is a byte. DIGITS_COUNTED of them, as many as most sorts
   need, are counted at a time, in 12 kB of the stack. Insertion makes at most
   MOST_MOVES moves for each element. */
enum {
    FEW = 48,
    LONG = 1 << 15,
    DIGITS = 256,
    DIGITS_COUNTED = 6,
    MOST_MOVES = 4,
};

/* --- keys: unsigned numbers in the elements' order --------------------------

   Signed integers have their sign bit flipped; so have floats, and negative
   ones all other bits, as their magnitudes go the other way. NaN loses its
   sign, so that it comes last. Each conversion is its own inverse, but for
   floats. */

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

#define FLOAT_KEYS(WIDTH, K, INFINITE)                            \
    static inline K key_f##WIDTH(K x)                             \
    {                                                             \
        const K sign = (K)1 << (WIDTH - 1);                       \
        if ((x & ~sign) > (INFINITE))                             \
            return x | sign;                                      \
        return x & sign ? ~x : x | sign;                          \
    }                                                             \
    static void keys_f##WIDTH(void *elements, size_t n)           \
    {                                                             \
        pg_bits##WIDTH *x = elements;                             \
        PG_EACH (i, n)                                            \
            x[i] = key_f##WIDTH(x[i]);                            \
    }                                                             \
    static void floats_from_keys##WIDTH(void *elements, size_t n) \
    {                                                             \
        const K sign = (K)1 << (WIDTH - 1);                       \
        pg_bits##WIDTH *x = elements;                             \
        PG_EACH (i, n)                                            \
            x[i] = x[i] & sign ? x[i] ^ sign : ~x[i];             \
    }
FLOAT_KEYS(32, uint32_t, 0x7f800000U)
FLOAT_KEYS(64, uint64_t, 0x7ff0000000000000U)

static void unchanged(void *elements, size_t n)
{
    (void)elements;
    (void)n;
}

/* --- sorting and merging by keys ------------------------------------------ */

/* True if a loop over n elements may have been interrupted: then its results
   must not be used as indices. */
#define MAY_BE_INTERRUPTED(n) ((n) > PG_CHUNK && pg_interrupted())

/* An element's key, and the position where it was. */
typedef struct keyed_position {
    uint64_t key;
    int64_t position;
} keyed_position;

#define NAME 8
#define T pg_bits8
#define K uint8_t
#define KEY(x) (x)
#include "ops/radix_template.h"

#define NAME 16
#define T pg_bits16
#define K uint16_t
#define KEY(x) (x)
#include "ops/radix_template.h"

#define NAME 32
#define T pg_bits32
#define K uint32_t
#define KEY(x) (x)
#include "ops/radix_template.h"

#define NAME 64
#define T pg_bits64
#define K uint64_t
#define KEY(x) (x)
#include "ops/radix_template.h"

#define NAME KEYED
#define T keyed_position
#define K uint64_t
#define KEY(x) ((x).key)
#include "ops/radix_template.h"

/* --- the functions for each dtype ----------------------------------------- */

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

PG_EXPECT_DTYPES(11);
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
    [PG_FLOAT32] = SORTER(32, keys_f32, floats_from_keys32),
    [PG_FLOAT64] = SORTER(64, keys_f64, floats_from_keys64),
};

static const sorter keyed_sorter = {sizeof(keyed_position), unchanged,
                                    unchanged, radix_KEYED, merge_KEYED};

/* --- runs ----------------------------------------------------------------- */

/* The first index of run r, if n elements are cut into `runs`. */
static size_t run_start(size_t n, size_t runs, size_t r)
{
    return n / runs * r + pg_size_min(r, n % runs);
}

/* The sort of n elements. They are cut into `width` runs, each of which is
   sorted by itself. Then pairs of the `runs` that are left are merged from x
   into y, each pair in `parts` jobs. */
typedef struct sorting {
    const sorter *s;
    char *x, *y;
    size_t n, width, runs, parts;
} sorting;

/* pg_job */
static void sort_run(void *context, size_t r)
{
    const sorting *a = context;
    size_t size = a->s->size, first = run_start(a->n, a->width, r);
    size_t count = run_start(a->n, a->width, r + 1) - first;
    a->s->to_keys(a->x + first * size, count);
    a->s->sort(a->x + first * size, a->y + first * size, count);
}

/* pg_job */
static void merge_part(void *context, size_t job)
{
    const sorting *a = context;
    size_t pair = job / a->parts, part = job % a->parts, size = a->s->size;
    size_t merged = a->width / a->runs; /* runs that each has grown from */
    size_t first = run_start(a->n, a->width, 2 * pair * merged);
    size_t second = run_start(a->n, a->width, (2 * pair + 1) * merged);
    size_t end = run_start(a->n, a->width, (2 * pair + 2) * merged);
    size_t n = end - first;
    a->s->merge(a->y + first * size, a->x + first * size, second - first,
                a->x + second * size, end - second,
                run_start(n, a->parts, part), run_start(n, a->parts, part + 1));
}

/* Sorts a run for each thread, then merges the runs. The result does not depend
   on them, as equal keys keep their order. */
static void sort_runs(const sorter *s, char *x, char *scratch, size_t n,
                      int threads)
{
    enum { MERGED = 1 << 20 }; /* elements to a job, at most */
    sorting a = {s, x, scratch, n, 1, 0, (size_t)threads};
    while (a.width * 2 <= (size_t)threads)
        a.width *= 2;
    a.parts = pg_size_max(a.parts, n / MERGED);
    pg_parallel_for(a.width, true, sort_run, &a);
    for (a.runs = a.width; a.runs > 1 && !MAY_BE_INTERRUPTED(n); a.runs /= 2) {
        pg_parallel_for(a.runs / 2 * a.parts, true, merge_part, &a);
        char *merged = a.y;
        a.y = a.x;
        a.x = merged;
    }
    if (a.x != x)
        pg_copy_bytes(x, a.x, n * s->size);
    s->from_keys(x, n);
}

static bool sort_elements(const sorter *s, void *elements, size_t n,
                          int threads)
{
    enum { PAGE = 4096, PAGES_POLLED = 256 };
    keyed_position few[FEW];
    size_t bytes;
    if (!pg_size_multiply(&bytes, n, s->size))
        return false;
    char *scratch = n <= FEW ? (char *)few : pg_malloc(bytes);
    if (!scratch)
        return false;
    /* The system hands out pages one by one here, where that can be
       interrupted; a sort by one digit would need all of them at once. */
    if (n > LONG)
        PG_EACH_OF (PAGES_POLLED, i, bytes / PAGE)
            scratch[i * PAGE] = 0;
    sort_runs(s, elements, scratch, n, n < LONG ? 1 : threads);
    if (scratch != (char *)few)
        pg_free(scratch, bytes);
    return true;
}

bool pg_radix_sort(void *elements, pg_dtype dtype, size_t n, int threads)
{
    pg_assert(dtype < PG_DTYPE_COUNT && threads >= 1);
    return sort_elements(&sorters[dtype], elements, n, threads);
}

/* --- positions ------------------------------------------------------------ */

/* The key of a float of which -0 and 0 are equal, and all NaN. */
static inline uint64_t float_key(double x)
{
    uint64_t bits;
    x = x == 0 ? 0 : x;
    memcpy(&bits, &x, sizeof bits);
    return x != x ? UINT64_MAX : key_f64(bits);
}

/* The conditions are constant, so the compiler keeps one branch. */
#define KEY_OF(kind, x)                       \
    ((kind) == 'f'   ? float_key((double)(x)) \
     : (kind) == 'i' ? key_i64((uint64_t)(x)) \
                     : (uint64_t)(x))

#define KEYED(NAME, T, name, kind)                                         \
    static void keyed_##NAME(keyed_position *out, const void *elements,    \
                             size_t n)                                     \
    {                                                                      \
        const T *x = elements;                                             \
        PG_EACH (i, n)                                                     \
            out[i] = (keyed_position){KEY_OF(kind, x[i]), (int64_t)i + 1}; \
    }
PG_DTYPES(KEYED)

bool pg_radix_positions(int64_t *positions, const void *elements,
                        pg_dtype dtype, size_t n)
{
    static void (*const to_keyed[PG_DTYPE_COUNT])(keyed_position *,
                                                  const void *, size_t) = {
#define X(NAME, ctype, name, kind) keyed_##NAME,
        PG_DTYPES(X)
#undef X
    };
    size_t bytes;
    pg_assert(dtype < PG_DTYPE_COUNT);
    if (!pg_size_multiply(&bytes, n, sizeof(keyed_position)))
        return false;
    keyed_position *list = pg_malloc(bytes);
    if (!list)
        return false;
    to_keyed[dtype](list, elements, n);
    bool sorted = sort_elements(&keyed_sorter, list, n, 1);
    PG_EACH (i, n)
        positions[i] = list[i].position;
    pg_free(list, bytes);
    return sorted;
}
