/* The inner loops of the reductions, compiled once for each target, PG_TARGET.
   Results do not depend on the target: the code fixes the order of additions.

   Sums are pairwise: blocks of at most BLOCK elements in LANES partial sums,
   halves added to halves. The error grows with log n, a plain loop's with n
   (Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14,
   1993). Integers do not need it, and lose nothing. */

#include "kernels/reduction.h"

#include "base/interrupt.h"

/* A sum of more than POLLED elements polls for interrupts before each half; a
   position is searched for in blocks of SEARCHED; a count polls after COUNTED
   blocks. */
enum {
    BLOCK = 512,
    LANES = 32,
    POLLED = 1 << 18,
    SEARCHED = 2048,
    COUNTED = 16
};

/* The result that elements are folded into: a constant of each call, so that
   each kind has its own loops. */
typedef enum fold_kind { FOLD_SUM, FOLD_PROD, FOLD_NANSUM } fold_kind;

/* Unsigned integers of the elements' width, by dtype. */
#define COUNT_BOOL uint8_t
#define COUNT_INT8 uint8_t
#define COUNT_INT16 uint16_t
#define COUNT_INT32 uint32_t
#define COUNT_INT64 uint64_t
#define COUNT_UINT8 uint8_t
#define COUNT_UINT16 uint16_t
#define COUNT_UINT32 uint32_t
#define COUNT_UINT64 uint64_t
#define COUNT_FLOAT32 uint32_t
#define COUNT_FLOAT64 uint64_t

/* For functions whose argument `greatest` is a constant of each call. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* NaN alone differs from itself; integers never do. */
#define IS_NAN(x) ((x) != (x))

#define PG_TEMPLATE "kernels/reduction_template.h"
#include "array/each_dtype.h"

/* --- the table ------------------------------------------------------------ */

#define SUM_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {sum_along_##NAME, sum_across_##NAME},
#define PROD_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {prod_along_##NAME, prod_across_##NAME},
#define NANSUM_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {nansum_along_##NAME, nansum_across_##NAME},
#define COUNT_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {count_along_##NAME, count_across_##NAME},
#define MIN_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {min_along_##NAME, min_across_##NAME},
#define MAX_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {max_along_##NAME, max_across_##NAME},
#define ARGMIN_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {argmin_along_##NAME, NULL},
#define ARGMAX_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {argmax_along_##NAME, NULL},

#define TABLE_OF(target) pg_reduction_kernels_##target
#define TABLE(target) TABLE_OF(target)

extern const pg_reduction_table TABLE(PG_TARGET);
const pg_reduction_table TABLE(PG_TARGET) = {
    .of =
        {
            [PG_SUM] = {PG_DTYPES(SUM_ROW)},
            [PG_MIN] = {PG_DTYPES(MIN_ROW)},
            [PG_MAX] = {PG_DTYPES(MAX_ROW)},
            [PG_ARGMIN] = {PG_DTYPES(ARGMIN_ROW)},
            [PG_ARGMAX] = {PG_DTYPES(ARGMAX_ROW)},
            [PG_PROD] = {PG_DTYPES(PROD_ROW)},
            [PG_NANSUM] = {PG_DTYPES(NANSUM_ROW)},
            [PG_COUNT_NONZERO] = {PG_DTYPES(COUNT_ROW)},
        },
};
