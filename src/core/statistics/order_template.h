/*
 * order_template.h -- the loops of order.c for one dtype (each_dtype.h).
 */

/* sample (m) = elements at places that are spread over the row without a
   period: multiples of the golden ratio, modulo 1. */
static void NAMED(draw)(void *sample, size_t m, const void *x, size_t n)
{
    const uint64_t step = 0x9e3779b97f4a7c15;
    uint64_t place = 0;
    for (size_t i = 0; i < m; i++, place += step)
        ((T *)sample)[i] =
            ((const T *)
                 x)[(size_t)(((double)(place >> 11) * 0x1p-53) * (double)n)];
}

/* bounds = the least and the greatest number. */
static void NAMED(set_limits)(void *bounds)
{
    T *b = bounds;
#if KIND == 'f'
    b[0] = -(T)INFINITY;
    b[1] = (T)INFINITY;
#elif KIND == 'i'
    uint64_t highest = (UINT64_C(1) << (8 * sizeof(T) - 1)) - 1;
    b[1] = (T)highest;
    b[0] = (T)(-b[1] - 1);
#else
    b[0] = 0;
    b[1] = (T)UINT64_MAX;
#endif
}

/* kept = the elements between the bounds. */
static void NAMED(partition)(counts *c, void *kept, const void *in, size_t n,
                             const void *bounds)
{
    T *out = kept;
    const T *x = in;
    const T low = ((const T *)bounds)[0], high = ((const T *)bounds)[1];
    size_t below_low = 0, up_to_low = 0, up_to_high = 0, count = 0, nan = 0;
    for (size_t i = 0; i < n; i++) {
        below_low += x[i] < low;
        up_to_low += x[i] <= low;
        up_to_high += x[i] <= high;
        nan += IS_NAN(x[i]);
        out[count] = x[i];
        count += (size_t)(x[i] > low) & (size_t)(x[i] < high);
    }
    *c = (counts){below_low, up_to_low, up_to_high, count, nan > 0};
}

static bool NAMED(has_nan)(const void *row, size_t n)
{
    const T *x = row;
    size_t nan = 0;
    for (size_t i = 0; i < n; i++)
        nan += IS_NAN(x[i]);
    return nan > 0;
}

/* Moves the elements below the pivot, or also those equal to it, to the front
   of x[first] to x[end - 1], without branches. Returns the end of them. */
static inline size_t NAMED(split)(T *x, size_t first, size_t end, T pivot,
                                  bool equal_too)
{
    size_t at = first;
    for (size_t i = first; i < end; i++) {
        T value = x[i];
        x[i] = x[at];
        x[at] = value;
        at += equal_too ? value <= pivot : value < pivot;
    }
    return at;
}

/* Rearranges a row without NaN so that the element of the rank is in its place,
   and none behind it is less. false where that takes too many rounds. */
static bool NAMED(select)(void *row, size_t n, size_t rank)
{
    T *x = row;
    size_t first = 0, end = n;
    for (int round = 0; end - first > FEW; round++) {
        T a = x[first], b = x[first + (end - first) / 2], c = x[end - 1];
        T least = a < b ? a : b, greatest = a < b ? b : a;
        T pivot = c < least ? least : c < greatest ? c : greatest;
        if (round == MOST_ROUNDS)
            return false;
        size_t at = NAMED(split)(x, first, end, pivot, false);
        if (rank < at) {
            end = at;
            continue;
        }
        if (at == first) { /* none is below the pivot */
            at = NAMED(split)(x, first, end, pivot, true);
            if (rank < at)
                return true;
        }
        first = at;
    }
    for (size_t i = first + 1; i < end; i++) {
        T value = x[i];
        size_t k = i;
        for (; k > first && x[k - 1] > value; k--)
            x[k] = x[k - 1];
        x[k] = value;
    }
    return true;
}

/* The least of n >= 1 elements to the front. */
static void NAMED(least_first)(void *row, size_t n)
{
    T *x = row;
    size_t at = 0;
    for (size_t i = 1; i < n; i++)
        at = x[i] < x[at] ? i : at;
    T least = x[at];
    x[at] = x[0];
    x[0] = least;
}
