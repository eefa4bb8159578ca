/* The inner loops of training, compiled once for each target and type: the
   Makefile gives PG_TARGET and PG_REAL_IS_float32 or PG_REAL_IS_float64, and
   the options of the target.

   The loops are plain C for the compiler to vectorise. An element's result is
   the same in a whole register and in a tail, because the loops call no
   function of the C library but those of losses, reorder no sums, and fuse
   multiply-adds only where MULADD says so (-ffp-contract=off). */

#include "kernels/exp.h"
#include "kernels/gelu.h"
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Tells the compiler that iterations are independent, even if output and input
   are one array. Without it a loop over such arrays runs element by element. */
#define INDEPENDENT _Pragma("omp simd")

/* --- exp ------------------------------------------------------------------ */

/* Multiplies by 2^n in two halves: subnormal results then round once, and 2^128
   or 2^1024, beyond the largest number, does not appear. Both bounds let NaN
   pass. */
static inline real exp_of(real x)
{
    bits exponents;
    x = x < EXP_LEAST ? EXP_LEAST : x;
    x = x > EXP_MOST ? EXP_MOST : x;
    real y = exp_parts(x, &exponents) + 1;
    bits half = exponents >> 1;
    return y * from_bits(half << MANTISSA) *
           from_bits((exponents - half) << MANTISSA);
}

static void kernel_exp(void *out, const void *x, size_t n)
{
    real *o = out;
    const real *in = x;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = exp_of(in[i]);
}

/* --- activations ------------------------------------------------------------
   NAME_of(z) is the output, NAME_derivative(a) the derivative at output a, or
   at z where the activation's source is PG_FROM_Z (gelu.h has gelu). */

static inline real sigmoid_of(real z)
{
    return 1 / (1 + exp_of(-z));
}

static inline real sigmoid_derivative(real a)
{
    return a * (1 - a);
}

/* tanh |z| = e / (e + 2) with e = exp(2 |z|) - 1, which is precise near 0, too.
   It is 1 in float64 from 2 |z| = 40 on. */
static inline real tanh_of(real z)
{
    bits exponents;
    real y = 2 * FABS(z);
    y = y > 40 ? 40 : y;
    real p = exp_parts(y, &exponents);
    real power = from_bits((exponents - EXPONENT_BIAS) << MANTISSA);
    real e = MULADD(p, power, power - 1);
    real t = e / (e + 2);
    return z < 0 ? -t : t;
}

static inline real tanh_derivative(real a)
{
    return 1 - a * a;
}

/* Lets NaN pass. */
static inline real relu_of(real z)
{
    return z < 0 ? 0 : z;
}

static inline real relu_derivative(real a)
{
    return a > 0 ? 1 : 0;
}

/* Lets NaN pass. */
static inline real leaky_relu_of(real z)
{
    return z < 0 ? (real)PG_LEAKY_SLOPE * z : z;
}

static inline real leaky_relu_derivative(real a)
{
    return a > 0 ? 1 : (real)PG_LEAKY_SLOPE;
}

static void kernel_sigmoid(void *out, const void *x, size_t n)
{
    real *o = out;
    const real *in = x;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = sigmoid_of(in[i]);
}

/* --- forward -------------------------------------------------------------- */

static void kernel_scale(void *x, double factor, size_t n)
{
    real *o = x, f = (real)factor;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] *= f;
}

static void kernel_from_bytes(void *out, const uint8_t *x, double factor,
                              size_t n)
{
    real *o = out, f = (real)factor;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = (real)x[i] * f;
}

static void kernel_add_bias(void *z, const void *b, size_t rows, size_t cols)
{
    real *o = z;
    const real *bias = b;
    for (size_t i = 0; i < rows; i++) {
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            o[i * cols + j] += bias[j];
    }
}

/* Adds all biases first, then computes all outputs in one loop: rows are seldom
   a whole number of registers long, and a tail of exp is slow. */
#define ACTIVATION(upper, name, source)                                       \
    static void kernel_bias_##name(void *a, void *z, const void *b,           \
                                   size_t rows, size_t cols)                  \
    {                                                                         \
        real *o = a;                                                          \
        const real *in = z;                                                   \
        kernel_add_bias(z, b, rows, cols);                                    \
        INDEPENDENT                                                           \
        for (size_t i = 0; i < rows * cols; i++)                              \
            o[i] = name##_of(in[i]);                                          \
    }                                                                         \
    static void kernel_##name##_gradient(void *d, const void *from, size_t n) \
    {                                                                         \
        real *o = d;                                                          \
        const real *in = from;                                                \
        INDEPENDENT                                                           \
        for (size_t i = 0; i < n; i++)                                        \
            o[i] *= name##_derivative(in[i]);                                 \
    }
PG_ACTIVATION_LIST(ACTIVATION)

/* row = row + bias - max(row + bias) */
static void add_below_zero(real *row, const real *bias, size_t cols)
{
    real most = -(real)INFINITY;
    for (size_t j = 0; j < cols; j++) {
        row[j] += bias[j];
        most = row[j] > most ? row[j] : most;
    }
    for (size_t j = 0; j < cols; j++)
        row[j] -= most;
}

static real sum_of(const real *x, size_t n)
{
    real sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += x[j];
    return sum;
}

static void divide_by_sum(real *row, size_t cols)
{
    real sum = sum_of(row, cols);
    for (size_t j = 0; j < cols; j++)
        row[j] /= sum;
}

static void kernel_bias_scores(void *z, const void *b, size_t rows, size_t cols)
{
    kernel_add_bias(z, b, rows, cols);
}

static void kernel_bias_softmax(void *z, const void *b, size_t rows,
                                size_t cols)
{
    real *o = z;
    for (size_t i = 0; i < rows; i++)
        add_below_zero(o + i * cols, b, cols);
    kernel_exp(z, z, rows * cols);
    for (size_t i = 0; i < rows; i++)
        divide_by_sum(o + i * cols, cols);
}

/* --- losses ----------------------------------------------------------------
   NAME_loss is loss_gradient of a loss (kernels.h). */

/* Most targets may be zero, and log is slow. */
static double sum_of_logs(const real *a, const real *t, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        if (t[j] != 0)
            sum += (double)t[j] * log((double)a[j] + 1e-9);
    return sum;
}

static double cross_entropy_loss(void *a, const void *t, double factor,
                                 size_t rows, size_t cols)
{
    double loss = 0;
    for (size_t i = 0; i < rows; i++) {
        real *p = (real *)a + i * cols;
        const real *wanted = (const real *)t + i * cols;
        real total = sum_of(wanted, cols), f = (real)factor;
        loss -= sum_of_logs(p, wanted, cols);
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            p[j] = (p[j] * total - wanted[j]) * f;
    }
    return loss;
}

/* log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), which neither overflows nor
   loses the digits of a small loss. */
static double binary_cross_entropy_loss(void *a, const void *t, double factor,
                                        size_t rows, size_t cols)
{
    real *z = a, f = (real)factor;
    const real *wanted = t;
    double loss = 0;
    for (size_t i = 0; i < rows * cols; i++) {
        double above = z[i] > 0 ? (double)z[i] : 0,
               below = above - (double)z[i];
        double rest = log1p(exp(-fabs((double)z[i])));
        loss += (double)wanted[2 * i] * (above + rest) +
                (double)wanted[2 * i + 1] * (below + rest);
    }
    INDEPENDENT
    for (size_t i = 0; i < rows * cols; i++) {
        real t0 = wanted[2 * i], t1 = wanted[2 * i + 1];
        z[i] = (sigmoid_of(z[i]) * (t0 + t1) - t1) * f;
    }
    return loss;
}

/* Rows may have many outputs: 8 sums side by side are faster than one. */
static double mse_loss(void *a, const void *t, double factor, size_t rows,
                       size_t cols)
{
    enum { SUMS = 8 };
    real *z = a, f = (real)(2 * factor);
    const real *wanted = t;
    double sums[SUMS] = {0}, loss = 0;
    size_t n = rows * cols, whole = n / SUMS * SUMS;
    for (size_t i = 0; i < whole; i += SUMS) {
        INDEPENDENT
        for (size_t s = 0; s < SUMS; s++) {
            double d = (double)z[i + s] - (double)wanted[i + s];
            sums[s] += d * d;
        }
    }
    for (size_t i = whole; i < n; i++) {
        double d = (double)z[i] - (double)wanted[i];
        sums[i - whole] += d * d;
    }
    for (size_t s = 0; s < SUMS; s++)
        loss += sums[s];
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        z[i] = (z[i] - wanted[i]) * f;
    return loss;
}

static double kernel_cross_entropy_gradient(void *p, const int32_t *labels,
                                            double factor, size_t rows,
                                            size_t cols)
{
    real *o = p;
    double loss = 0;
    for (size_t i = 0; i < rows; i++) {
        pg_assert(labels[i] >= 0 && (size_t)labels[i] < cols);
        real *likely = o + i * cols + labels[i];
        loss -= log((double)*likely + 1e-9);
        *likely -= 1;
    }
    kernel_scale(p, factor, rows * cols);
    return loss;
}

static void kernel_targets_of_rows(void *t, const void *y, const void *scale,
                                   const void *shift, size_t rows, size_t cols)
{
    const real *factor = scale, *term = shift;
    for (size_t i = 0; i < rows; i++) {
        real *o = (real *)t + i * cols;
        const real *row = (const real *)y + i * cols;
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            o[j] = row[j] * factor[j] + term[j];
    }
}

static void kernel_targets_of_labels(void *t, const int32_t *labels,
                                     const void *scale, const void *shift,
                                     size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++) {
        pg_assert(labels[i] >= 0 && (size_t)labels[i] < cols);
        real *o = (real *)t + i * cols;
        memcpy(o, shift, cols * sizeof *o);
        o[labels[i]] += ((const real *)scale)[labels[i]];
    }
}

/* --- dropout ----------------------------------------------------------------
   An element of unit j is dropped if 32 bits are below p 2^32. They are mixed
   from numbers that tell where it stands, with 32-bit words for each element,
   so that a register holds as many as it has floats:

       seed = in(in(in(0, key), iteration), layer),  k = in(seed, row)
       bits = mix32(mix32(j + low half of k) ^ high half of k)
       in(h, v) = mix64((h ^ v) + 0x9e3779b97f4a7c15)

   mix32 is the finaliser of MurmurHash3 (Appleby), mix64 that of SplitMix64
   (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
   OOPSLA 2014). Both are one-to-one. tests/c/dropout.c has the statistics. */

static uint64_t mix_in(uint64_t h, uint64_t value)
{
    uint64_t z = (h ^ value) + 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline uint32_t mix32(uint32_t h)
{
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

static void kernel_drop(void *out, const void *x, const pg_drop *drop,
                        size_t rows, size_t cols)
{
    real *o = out;
    const real *in = x;
    real factor = (real)(1 / (1 - drop->p));
    uint64_t most = UINT32_MAX, nearest = (uint64_t)(drop->p * 0x1p32 + 0.5);
    uint32_t below = (uint32_t)(nearest < most ? nearest : most);
    uint64_t seed = mix_in(mix_in(0, drop->key), drop->iteration);
    seed = mix_in(seed, drop->layer);
    pg_assert(drop->p >= 0 && drop->p < 1);
    for (size_t i = 0; i < rows; i++) {
        uint64_t key = mix_in(seed, drop->first + i);
        uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
        INDEPENDENT
        for (size_t j = 0; j < cols; j++) {
            uint32_t h = mix32(mix32((uint32_t)j + low) ^ high);
            o[i * cols + j] = h < below ? 0 : in[i * cols + j] * factor;
        }
    }
}

/* --- backward ------------------------------------------------------------- */

static void kernel_add_rows(void *sums, const void *d, size_t rows, size_t cols)
{
    real *o = sums;
    const real *in = d;
    for (size_t i = 0; i < rows; i++) {
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            o[j] += in[i * cols + j];
    }
}

/* --- optimizers -------------------------------------------------------------
   NAME_step returns what is subtracted from a weight with gradient g, and
   updates the weight's states s and t. */

/* The settings, rounded. 1 - beta is computed before rounding, as 1 - 0.999f is
   0.00099999. */
typedef struct coefficients {
    real rate, weight_decay, momentum, one_minus_dampening;
    real alpha, beta1, beta2, eps;
    real one_minus_alpha, one_minus_beta1, one_minus_beta2;
    real unbiased_rate, biased_eps; /* adam's */
    real kept;                      /* of a weight that itself decays */
} coefficients;

/* Padding has gradients of 0, and 0 / (0 + 0) would not be 0. */
static real positive(double eps)
{
    return (real)eps > REAL_MIN ? (real)eps : REAL_MIN;
}

static coefficients coefficients_of(const pg_optimizer_settings *s,
                                    uint64_t step)
{
    pg_assert(step >= 1);
    /* As in PyTorch: dampening begins at step 2, and needs momentum. */
    bool damped = step > 1 && s->momentum != 0;
    double steps = (double)step, root = sqrt(1 - pow(s->beta2, steps));
    return (coefficients){
        .rate = (real)s->rate,
        .weight_decay = (real)s->weight_decay,
        .momentum = (real)s->momentum,
        .one_minus_dampening = damped ? (real)(1 - s->dampening) : 1,
        .alpha = (real)s->alpha,
        .beta1 = (real)s->beta1,
        .beta2 = (real)s->beta2,
        .one_minus_alpha = (real)(1 - s->alpha),
        .one_minus_beta1 = (real)(1 - s->beta1),
        .one_minus_beta2 = (real)(1 - s->beta2),
        .eps = positive(s->eps),
        .unbiased_rate = (real)(s->rate * root / (1 - pow(s->beta1, steps))),
        .biased_eps = positive(s->eps * root),
        .kept = (real)(1 - s->rate * s->weight_decay),
    };
}

static inline real sgd_step(const coefficients *c, real g, real *s, real *t)
{
    (void)s, (void)t;
    return c->rate * g;
}

static inline real momentum_step(const coefficients *c, real g, real *s,
                                 real *t)
{
    (void)t;
    *s = c->momentum * *s + c->one_minus_dampening * g;
    return c->rate * *s;
}

static inline real nesterov_step(const coefficients *c, real g, real *s,
                                 real *t)
{
    (void)t;
    *s = c->momentum * *s + g;
    return c->rate * (g + c->momentum * *s);
}

static inline real rmsprop_step(const coefficients *c, real g, real *s, real *t)
{
    *s = c->alpha * *s + c->one_minus_alpha * g * g;
    *t = c->momentum * *t + g / (SQRT(*s) + c->eps);
    return c->rate * *t;
}

/* Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, in
   the order of operations at the end of its section 2: one division for each
   weight. */
static inline real adam_step(const coefficients *c, real g, real *s, real *t)
{
    *s = c->beta1 * *s + c->one_minus_beta1 * g;
    *t = c->beta2 * *t + c->one_minus_beta2 * g * g;
    return c->unbiased_rate * *s / (SQRT(*t) + c->biased_eps);
}

/* Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019:
   adam, with the decay apart from it. */
static inline real adamw_step(const coefficients *c, real g, real *s, real *t)
{
    return adam_step(c, g, s, t);
}

#define OPTIMIZER(upper, name, states, decay)                              \
    static bool kernel_##name(void *w, void *s, void *t, const void *g,    \
                              const pg_optimizer_settings *settings,       \
                              uint64_t step, size_t n)                     \
    {                                                                      \
        real *weight = w, *state1 = s, *state2 = t;                        \
        const real *gradient = g;                                          \
        pg_assert(((states) < 1 || s) && ((states) < 2 || t));             \
        const coefficients c = coefficients_of(settings, step);            \
        int non_finite = 0;                                                \
        _Pragma("omp simd reduction(| : non_finite)") for (size_t i = 0;   \
                                                           i < n; i++)     \
        {                                                                  \
            bool decays = (decay) == PG_DECAYS_WEIGHT;                     \
            real w_i = decays ? c.kept * weight[i] : weight[i];            \
            real g_i =                                                     \
                decays ? gradient[i] : gradient[i] + c.weight_decay * w_i; \
            real s_i = (states) > 0 ? state1[i] : 0;                       \
            real t_i = (states) > 1 ? state2[i] : 0;                       \
            weight[i] = w_i - name##_step(&c, g_i, &s_i, &t_i);            \
            if ((states) > 0)                                              \
                state1[i] = s_i;                                           \
            if ((states) > 1)                                              \
                state2[i] = t_i;                                           \
            non_finite |= !(FABS(weight[i]) <= REAL_MAX);                  \
        }                                                                  \
        return !non_finite;                                                \
    }
PG_OPTIMIZER_LIST(OPTIMIZER)

static bool kernel_all_finite(const void *x, size_t n)
{
    const real *in = x;
    int non_finite = 0;
#pragma omp simd reduction(| : non_finite)
    for (size_t i = 0; i < n; i++)
        non_finite |= !(FABS(in[i]) <= REAL_MAX);
    return !non_finite;
}

/* --- the table ------------------------------------------------------------ */

#define TABLE NAME(kernels)
#define BIAS_ACTIVATION(upper, name, source) kernel_bias_##name,
#define ACTIVATION_GRADIENT(upper, name, source) kernel_##name##_gradient,
#define BIAS_OUTPUT(upper, name, output) kernel_bias_##output,
#define LOSS_GRADIENT(upper, name, output) name##_loss,
#define OPTIMIZE(upper, name, states, decay) kernel_##name,
#define FUNCTION(op, name) [op] = NAME(name),

const pg_kernels TABLE = {
    .lanes = LANES,
    .most_vectors = MOST_VECTORS,
    .multiply_sparse = MULTIPLY_SPARSE,
    .multiply_sparse_transposed = MULTIPLY_SPARSE_TRANSPOSED,
    .convolve = NAME(convolve),
    .correlate = NAME(correlate),
    .images_to_lanes = NAME(images_to_lanes),
    .lanes_to_images = NAME(lanes_to_images),
    .max_pool = NAME(max_pool),
    .mean_pool = NAME(mean_pool),
    .mean_pool_gradient = NAME(mean_pool_gradient),
    .function = {[PG_EXP] = kernel_exp,
                 [PG_SIGMOID] = kernel_sigmoid,
                 PG_FUNCTION_LIST(FUNCTION)},
    .scale = kernel_scale,
    .from_bytes = kernel_from_bytes,
    .add_bias = kernel_add_bias,
    .bias_activation = {PG_ACTIVATION_LIST(BIAS_ACTIVATION)},
    .bias_output = {PG_LOSS_LIST(BIAS_OUTPUT)},
    .loss_gradient = {PG_LOSS_LIST(LOSS_GRADIENT)},
    .cross_entropy_gradient = kernel_cross_entropy_gradient,
    .targets_of_rows = kernel_targets_of_rows,
    .targets_of_labels = kernel_targets_of_labels,
    .activation_gradient = {PG_ACTIVATION_LIST(ACTIVATION_GRADIENT)},
    .drop = kernel_drop,
    .add_rows = kernel_add_rows,
    .optimize = {PG_OPTIMIZER_LIST(OPTIMIZE)},
    .all_finite = kernel_all_finite,
};
