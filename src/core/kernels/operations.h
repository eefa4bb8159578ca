/*
 * operations.h -- the elementwise operations and the reductions.
 */
#ifndef PG_OPERATIONS_H
#define PG_OPERATIONS_H

typedef enum pg_binary_op {
    PG_ADD,
    PG_SUBTRACT,
    PG_MULTIPLY,
    PG_DIVIDE,       /* integers give float64 */
    PG_FLOOR_DIVIDE, /* toward minus infinity; integers by zero give 0 */
    PG_REMAINDER,    /* with the divisor's sign; integers by zero give 0 */
    PG_POWER,
    PG_GREATER, /* comparisons give bool */
    PG_GREATER_EQUAL,
    PG_LESS,
    PG_LESS_EQUAL,
    PG_EQUAL,
    PG_NOT_EQUAL,
    PG_BITWISE_AND, /* bool and integers */
    PG_BITWISE_OR,
    PG_BITWISE_XOR,
    PG_MINIMUM, /* NaN if either is */
    PG_MAXIMUM,
    PG_LEAKY_RELU, /* x, but x y where x is negative; integers give float64 */
    PG_BINARY_COUNT
} pg_binary_op;

typedef enum pg_unary_op {
    PG_NEGATIVE,
    PG_ABSOLUTE,
    PG_SIGN,   /* NaN of NaN; no bool */
    PG_SQUARE, /* bool gives int8 */
    PG_RELU,   /* the greater of x and 0; NaN of NaN */
    PG_EXP,    /* from here to PG_SIGMOID integers give float64 */
    PG_EXPM1,  /* exp(x) - 1 */
    PG_LOG,
    PG_LOG1P, /* log(1 + x) */
    PG_LOG2,
    PG_LOG10,
    PG_SQRT,
    PG_SIN,
    PG_COS,
    PG_TAN,
    PG_TANH,
    PG_GELU, /* x cdf(x), of the normal distribution */
    PG_GELU_DERIVATIVE,
    PG_SIGMOID, /* 1 / (1 + exp(-x)) */
    PG_FLOOR,   /* integers are unchanged, here and in the next two */
    PG_CEIL,
    PG_ROUND, /* halves to even */
    PG_ISNAN, /* gives bool, as the next two */
    PG_ISFINITE,
    PG_ISINF,
    PG_BITWISE_NOT, /* bool and integers */
    PG_UNARY_COUNT
} pg_unary_op;

/* The functions that functions.c computes: X(operation, name) */
#define PG_FUNCTION_LIST(X) \
    X(PG_EXPM1, expm1)      \
    X(PG_TANH, tanh)        \
    X(PG_LOG, log)          \
    X(PG_LOG1P, log1p)      \
    X(PG_LOG2, log2)        \
    X(PG_LOG10, log10)      \
    X(PG_SIN, sin)          \
    X(PG_COS, cos)          \
    X(PG_TAN, tan)          \
    X(PG_GELU, gelu)        \
    X(PG_GELU_DERIVATIVE, gelu_derivative)

typedef enum pg_reduce_op {
    PG_SUM, /* bool and signed give int64, unsigned uint64 */
    PG_MEAN,
    PG_VAR,      /* of the population; float64 of integers, as mean and norm */
    PG_STD,      /* its root */
    PG_NORM,     /* sqrt(sum(x^2)) */
    PG_ANY,      /* bool: one element is not 0 */
    PG_ALL_TRUE, /* bool: none is 0 */
    PG_MIN,      /* NaN if any element is */
    PG_MAX,      /* as PG_MIN */
    PG_ARGMIN,   /* int64 positions from 1: the first of equals, or of NaN */
    PG_ARGMAX,   /* as PG_ARGMIN */
    PG_PROD,     /* the dtypes of PG_SUM */
    PG_PTP,      /* greatest minus least; integers wrap */
    PG_NANSUM,   /* PG_SUM and PG_MEAN without NaN */
    PG_NANMEAN,
    PG_COUNT_NONZERO, /* int64; NaN counts */
    PG_REDUCE_COUNT
} pg_reduce_op;

#endif
