/* The kernels of training beside naive twins, which compute in double by the
   formula, one number at a time, for both types of the kernels. */
#include "test.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { TRIALS = 20 };

/* Numbers of a kernel's type, aligned to a register. */
typedef struct vec {
    pg_dtype dtype;
    size_t n;
    void *data;
} vec;

static double get(const vec *v, size_t i)
{
    return v->dtype == PG_FLOAT32 ? (double)((float *)v->data)[i]
                                  : ((double *)v->data)[i];
}

static void set(vec *v, size_t i, double x)
{
    if (v->dtype == PG_FLOAT32)
        ((float *)v->data)[i] = (float)x;
    else
        ((double *)v->data)[i] = x;
}

static vec new_vec(pg_dtype dtype, size_t n)
{
    vec v = {dtype, n, pg_malloc(n * pg_dtype_size(dtype))};
    pg_error err;
    if (!v.data)
        need(pg_fail_memory(&err, n), &err);
    for (size_t i = 0; i < n; i++)
        set(&v, i, 0);
    return v;
}

static vec copy_vec(const vec *v)
{
    vec copy = new_vec(v->dtype, v->n);
    memcpy(copy.data, v->data, v->n * pg_dtype_size(v->dtype));
    return copy;
}

static vec random_vec(pg_dtype dtype, size_t n)
{
    vec v = new_vec(dtype, n);
    pg_array a = random_array(PG_FLOAT64, 1, &n, ANY);
    for (size_t i = 0; i < n; i++)
        set(&v, i, ((double *)a.data)[i]);
    pg_array_release(&a);
    return v;
}

static void free_vec(vec *v)
{
    pg_free(v->data, v->n * pg_dtype_size(v->dtype));
}

/* Compares element i within `roundings` roundings of numbers of this
   magnitude. */
static void expect(const char *kernel, const vec *found, size_t i,
                   double expected, double magnitude, double roundings)
{
    double precision = found->dtype == PG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    if (!is_near(get(found, i), expected, roundings * precision * magnitude))
        fail("%s of %s, %s: element %zu is %.17g, not %.17g", kernel,
             pg_dtype_name(found->dtype), pg_kernels_name(), i, get(found, i),
             expected);
}

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

static double activation(pg_activation f, double z)
{
    switch (f) {
    case PG_ACTIVATION_SIGMOID:
        return sigmoid(z);
    case PG_ACTIVATION_TANH:
        return tanh(z);
    case PG_ACTIVATION_RELU:
        return z < 0 ? 0 : z;
    case PG_ACTIVATION_LEAKY_RELU:
        return z < 0 ? 0.01 * z : z;
    case PG_ACTIVATION_GELU:
        return gelu(z);
    case PG_ACTIVATIONS:
        break;
    }
    return (double)NAN;
}

/* The derivative where the activation's output is a; gelu's at a. */
static double derivative(pg_activation f, double a)
{
    switch (f) {
    case PG_ACTIVATION_SIGMOID:
        return a * (1 - a);
    case PG_ACTIVATION_TANH:
        return 1 - a * a;
    case PG_ACTIVATION_RELU:
        return a > 0 ? 1 : 0;
    case PG_ACTIVATION_LEAKY_RELU:
        return a > 0 ? 1 : 0.01;
    case PG_ACTIVATION_GELU:
        return gelu_derivative(a);
    case PG_ACTIVATIONS:
        break;
    }
    return (double)NAN;
}

/* --- single numbers ------------------------------------------------------- */

/* The C library's functions of some angles, logarithms and edges. */
static void test_functions(const pg_kernels *kernels, pg_dtype dtype)
{
#define TWIN(op, name) [op] = name,
    static double (*const twins[PG_UNARY_COUNT])(double) = {
        PG_FUNCTION_LIST(TWIN)};
    static const double edges[] = {0,
                                   -0.0,
                                   1,
                                   -1,
                                   1e-300,
                                   1e-5,
                                   0.7,
                                   1.5,
                                   -0.3,
                                   1e4,
                                   1e6,
                                   -1e22,
                                   1e-310,
                                   3e38,
                                   1.5707963267948966,
                                   1e-40,
                                   -745,
                                   1048576,
                                   -2,
                                   (double)INFINITY,
                                   (double)-INFINITY,
                                   (double)NAN};
    size_t count = sizeof edges / sizeof *edges;
    for (pg_unary_op op = 0; op < PG_UNARY_COUNT; op++) {
        if (!twins[op])
            continue;
        size_t n = count + (size_t)random_between(0, 600);
        vec x = random_vec(dtype, n), out = new_vec(dtype, n);
        for (size_t i = 0; i < count; i++)
            set(&x, (size_t)random_between(0, (int64_t)n - 1), edges[i]);
        kernels->function[op](out.data, x.data, n);
        for (size_t i = 0; i < n; i++) {
            double expected = twins[op](get(&x, i));
            if (dtype == PG_FLOAT32)
                expected = (double)(float)expected;
            bool is_gelu = op == PG_GELU || op == PG_GELU_DERIVATIVE;
            double magnitude = fabs(expected);
            if (op == PG_GELU_DERIVATIVE && fabs(get(&x, i)) < 2)
                magnitude = 1; /* 0 lies between */
            expect("function", &out, i, expected, magnitude, is_gelu ? 6 : 3);
        }
        kernels->function[op](x.data, x.data, n);
        if (memcmp(x.data, out.data, n * pg_dtype_size(dtype)) != 0)
            fail("function %d in place differs", (int)op);
        free_vec(&out);
        free_vec(&x);
    }
}

static void test_single_numbers(const pg_kernels *kernels, pg_dtype dtype)
{
    size_t n = (size_t)random_between(0, 200);
    vec x = random_vec(dtype, n), out = new_vec(dtype, n);
    kernels->function[PG_EXP](out.data, x.data, n);
    for (size_t i = 0; i < n; i++)
        expect("exp", &out, i, exp(get(&x, i)), exp(get(&x, i)), 3);
    kernels->function[PG_SIGMOID](out.data, x.data, n);
    for (size_t i = 0; i < n; i++)
        expect("sigmoid", &out, i, sigmoid(get(&x, i)), 1, 4);

    vec scaled = copy_vec(&x);
    kernels->scale(scaled.data, 0.3, n);
    for (size_t i = 0; i < n; i++)
        expect("scale", &scaled, i, get(&x, i) * 0.3, fabs(get(&x, i)), 2);

    uint8_t bytes[200];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)random_between(0, 255);
    kernels->from_bytes(out.data, bytes, 1.0 / 255, n);
    for (size_t i = 0; i < n; i++)
        expect("from_bytes", &out, i, bytes[i] / 255.0, 1, 2);

    for (pg_activation f = 0; f < PG_ACTIVATIONS; f++) {
        vec d = copy_vec(&x), a = random_vec(dtype, n);
        kernels->activation_gradient[f](d.data, a.data, n);
        for (size_t i = 0; i < n; i++) {
            double y = get(&a, i), expected = get(&x, i) * derivative(f, y);
            expect("activation_gradient", &d, i, expected,
                   fabs(get(&x, i)) * (1 + y * y), 6);
        }
        free_vec(&d);
        free_vec(&a);
    }

    if (!kernels->all_finite(x.data, n))
        fail("all_finite of finite numbers");
    for (int k = 0; k < 3 && n > 0; k++) {
        size_t i = (size_t)random_between(0, (int64_t)n - 1);
        double before = get(&x, i);
        set(&x, i, k == 0 ? INFINITY : k == 1 ? -INFINITY : NAN);
        if (kernels->all_finite(x.data, n))
            fail("all_finite with %g at %zu of %zu", get(&x, i), i, n);
        set(&x, i, before);
    }
    free_vec(&scaled);
    free_vec(&out);
    free_vec(&x);
}

/* --- rows ----------------------------------------------------------------- */

/* z (rows,cols) += b, and a = f(z), also where a is z */
static void test_bias_activation(const pg_kernels *kernels, pg_dtype dtype,
                                 size_t rows, size_t cols)
{
    vec z = random_vec(dtype, rows * cols), b = random_vec(dtype, cols);
    for (pg_activation f = 0; f < PG_ACTIVATIONS; f++) {
        vec sums = copy_vec(&z), alone = copy_vec(&z), both = copy_vec(&z);
        vec out = new_vec(dtype, z.n);
        kernels->add_bias(alone.data, b.data, rows, cols);
        kernels->bias_activation[f](out.data, sums.data, b.data, rows, cols);
        kernels->bias_activation[f](both.data, both.data, b.data, rows, cols);
        for (size_t i = 0; i < z.n; i++) {
            double sum = get(&z, i) + get(&b, i % cols);
            double magnitude = 1 + fabs(get(&z, i)) + fabs(get(&b, i % cols));
            expect("bias_activation", &out, i, activation(f, sum), magnitude,
                   6);
            expect("bias_activation's z", &sums, i, sum, magnitude, 1);
            expect("add_bias", &alone, i, get(&sums, i), 0, 0);
            expect("bias_activation in place", &both, i, get(&out, i), 0, 0);
        }
        vec *all[] = {&sums, &alone, &both, &out};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free_vec(all[i]);
    }
    free_vec(&z);
    free_vec(&b);
}

/* p = softmax(z + b) by rows, then the gradient and loss of cross-entropy. */
static void test_softmax_and_cross_entropy(const pg_kernels *kernels,
                                           pg_dtype dtype, size_t rows,
                                           size_t cols)
{
    double loss = 0, factor = 0.01;
    int32_t labels[40];
    vec z = random_vec(dtype, rows * cols), b = random_vec(dtype, cols);
    vec p = copy_vec(&z);
    kernels->bias_output[PG_LOSS_CROSS_ENTROPY](p.data, b.data, rows, cols);
    for (size_t i = 0; i < z.n; i++) {
        double sum = 0;
        for (size_t k = 0; k < cols; k++)
            sum += exp(get(&z, i / cols * cols + k) + get(&b, k));
        expect("bias_softmax", &p, i, exp(get(&z, i) + get(&b, i % cols)) / sum,
               1, 16);
    }
    vec gradient = copy_vec(&p);
    for (size_t row = 0; row < rows; row++)
        labels[row] = (int32_t)random_between(0, (int64_t)cols - 1);
    double found = kernels->cross_entropy_gradient(gradient.data, labels,
                                                   factor, rows, cols);
    for (size_t i = 0; i < z.n; i++) {
        bool is_label = i % cols == (size_t)labels[i / cols];
        expect("cross_entropy_gradient", &gradient, i,
               (get(&p, i) - is_label) * factor, factor, 4);
        loss -= is_label ? log(get(&p, i) + 1e-9) : 0;
    }
    if (!is_near(found, loss, 1e-12 * (1 + fabs(loss))))
        fail("cross_entropy_gradient gives the loss %.17g, not %.17g", found,
             loss);
    free_vec(&gradient);
    free_vec(&p);
    free_vec(&z);
    free_vec(&b);
}

/* Numbers of 0 .. 1, some of them 0. */
static vec random_targets(pg_dtype dtype, size_t n)
{
    vec t = new_vec(dtype, n);
    for (size_t i = 0; i < n; i++)
        set(&t, i,
            random_between(0, 3) == 0 ? 0
                                      : (double)random_between(1, 1000) / 1000);
    return t;
}

/* The loss of the output a, or score z, with the target t, and its derivative
   by the score; pair is the second target of binary cross-entropy, total the
   sum of the row's targets. */
static double loss_twin(pg_loss kind, double a, double t, double pair,
                        double total, double *derivative_by_score)
{
    switch (kind) {
    case PG_LOSS_CROSS_ENTROPY:
        *derivative_by_score = a * total - t;
        return -t * log(a + 1e-9);
    case PG_LOSS_BINARY_CROSS_ENTROPY:
        *derivative_by_score = t * sigmoid(a) - pair * (1 - sigmoid(a));
        return -t * log(1 - sigmoid(a)) - pair * log(sigmoid(a));
    case PG_LOSS_MSE:
        *derivative_by_score = 2 * (a - t);
        return (a - t) * (a - t);
    case PG_LOSSES:
        break;
    }
    return (double)NAN;
}

/* Outputs of random scores, their loss and gradient for random targets. */
static void test_loss(const pg_kernels *kernels, pg_dtype dtype, pg_loss kind,
                      size_t rows, size_t cols)
{
    double loss = 0, factor = 0.03;
    size_t each = kind == PG_LOSS_BINARY_CROSS_ENTROPY ? 2 : 1;
    vec z = random_vec(dtype, rows * cols), b = random_vec(dtype, cols);
    vec t = random_targets(dtype, each * rows * cols), a = copy_vec(&z);
    kernels->bias_output[kind](a.data, b.data, rows, cols);
    vec gradient = copy_vec(&a);
    double found =
        kernels->loss_gradient[kind](gradient.data, t.data, factor, rows, cols);
    for (size_t i = 0; i < z.n; i++) {
        double expected = 0, total = 0;
        for (size_t k = 0; k < cols && each == 1; k++)
            total += get(&t, i / cols * cols + k);
        if (kind != PG_LOSS_CROSS_ENTROPY)
            expect("bias_output", &a, i, get(&z, i) + get(&b, i % cols),
                   fabs(get(&z, i)) + fabs(get(&b, i % cols)), 1);
        loss += loss_twin(kind, get(&a, i), get(&t, each * i),
                          get(&t, each * i + each - 1), total, &expected);
        expect("loss_gradient", &gradient, i, expected * factor,
               factor * (2 + total + fabs(get(&a, i))), 8 + (double)cols);
    }
    if (!is_near(found, loss, 1e-12 * (1 + fabs(loss))))
        fail("loss_gradient of loss %d gives %.17g, not %.17g", kind, found,
             loss);
    free_vec(&gradient);
    free_vec(&a);
    free_vec(&t);
    free_vec(&z);
    free_vec(&b);
}

/* Scores far from 0, where exp and log alone would give infinities or 0. */
static void test_far_scores(const pg_kernels *kernels, pg_dtype dtype)
{
    static const double scores[] = {-1000, -80, -40, 0, 40, 80, 1000};
    enum { N = sizeof scores / sizeof *scores };
    for (int label = 0; label < 2; label++)
        for (size_t i = 0; i < N; i++) {
            vec z = new_vec(dtype, 1), t = new_vec(dtype, 2);
            double wrong = label ? -scores[i] : scores[i];
            double expected = wrong > 700 ? wrong : log1p(exp(wrong));
            set(&z, 0, scores[i]);
            set(&t, (size_t)label, 1);
            double found = kernels->loss_gradient[PG_LOSS_BINARY_CROSS_ENTROPY](
                z.data, t.data, 1, 1, 1);
            if (!is_near(found, expected, 1e-14 * expected))
                fail("the loss of the score %g, label %d, is %.17g, not %.17g",
                     scores[i], label, found, expected);
            expect("loss_gradient far from 0", &z, 0,
                   sigmoid(scores[i]) - label, 1, 4);
            free_vec(&z);
            free_vec(&t);
        }
}

/* The gradient for one-hot rows has the bits of that for labels. */
static void test_targets(const pg_kernels *kernels, pg_dtype dtype, size_t rows,
                         size_t cols)
{
    int32_t labels[40];
    vec hot = new_vec(dtype, rows * cols), t = copy_vec(&hot), u = copy_vec(&t);
    vec scale = random_vec(dtype, cols), shift = random_vec(dtype, cols);
    vec p = random_targets(dtype, rows * cols), q = copy_vec(&p);
    for (size_t row = 0; row < rows; row++) {
        labels[row] = (int32_t)random_between(0, (int64_t)cols - 1);
        set(&hot, row * cols + (size_t)labels[row], 1);
    }
    kernels->targets_of_rows(t.data, p.data, scale.data, shift.data, rows,
                             cols);
    kernels->targets_of_labels(u.data, labels, scale.data, shift.data, rows,
                               cols);
    for (size_t i = 0; i < t.n; i++) {
        double factor = get(&scale, i % cols), term = get(&shift, i % cols);
        expect("targets_of_rows", &t, i, get(&p, i) * factor + term,
               fabs(factor) + fabs(term), 2);
        expect("targets_of_labels", &u, i, get(&hot, i) * factor + term,
               fabs(factor) + fabs(term), 2);
    }
    double of_rows = kernels->loss_gradient[PG_LOSS_CROSS_ENTROPY](
        p.data, hot.data, 0.01, rows, cols);
    double of_labels =
        kernels->cross_entropy_gradient(q.data, labels, 0.01, rows, cols);
    for (size_t i = 0; i < p.n; i++)
        expect("loss_gradient of one-hot rows", &p, i, get(&q, i), 0, 0);
    if (!is_near(of_rows, of_labels, 1e-14 * fabs(of_labels)))
        fail("one-hot rows have the loss %.17g, their labels %.17g", of_rows,
             of_labels);
    vec *all[] = {&hot, &t, &u, &scale, &shift, &p, &q};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free_vec(all[i]);
}

/* sums[j] += d[0,j] + d[1,j] + ... */
static void test_add_rows(const pg_kernels *kernels, pg_dtype dtype,
                          size_t rows, size_t cols)
{
    vec d = random_vec(dtype, rows * cols), before = random_vec(dtype, cols);
    vec sums = copy_vec(&before);
    kernels->add_rows(sums.data, d.data, rows, cols);
    for (size_t j = 0; j < cols; j++) {
        double expected = get(&before, j), magnitude = fabs(expected);
        for (size_t i = 0; i < rows; i++) {
            expected += get(&d, i * cols + j);
            magnitude += fabs(get(&d, i * cols + j));
        }
        expect("add_rows", &sums, j, expected, magnitude, (double)rows + 1);
    }
    free_vec(&sums);
    free_vec(&before);
    free_vec(&d);
}

/* --- compressed rows ------------------------------------------------------ */

/* A random matrix (major,minor) that is mostly zero, as a tile, and dense.
   Values are codes of a table, or stand beside the entries. */
typedef struct sparse_matrix {
    double dense[PG_SPARSE_ROWS][PG_TILE];
    pg_segment segments[PG_SPARSE_ROWS];
    uint16_t entries[PG_SPARSE_ROWS * PG_TILE];
    vec values, table;
    pg_tile tile;
} sparse_matrix;

static void random_sparse_matrix(sparse_matrix *m, pg_dtype dtype, bool coded)
{
    size_t count = 0;
    memset(m, 0, sizeof *m);
    m->table = random_vec(dtype, 256);
    m->values = random_vec(dtype, PG_SPARSE_ROWS * PG_TILE);
    m->tile =
        (pg_tile){m->segments, m->entries, coded ? NULL : m->values.data, 0};
    for (uint32_t major = 0; major < PG_SPARSE_ROWS; major++) {
        size_t first = count;
        if (random_between(0, 3) == 0)
            continue;
        for (size_t minor = 0; minor < PG_TILE; minor++) {
            if (random_between(0, 4) > 0)
                continue;
            size_t code = coded ? (size_t)random_between(0, 255) : 0;
            m->dense[major][minor] =
                coded ? get(&m->table, code) : get(&m->values, count);
            m->entries[count++] = (uint16_t)(minor | code << 8);
        }
        m->segments[m->tile.count++] =
            (pg_segment){major, (uint32_t)(count - first)};
    }
}

static void test_convolve(const pg_kernels *kernels, pg_dtype dtype)
{
    enum { MOST_TAPS = 30 };
    size_t lanes = kernels->lanes, offsets[MOST_TAPS];
    size_t outputs = (size_t)random_between(0, 9);
    size_t taps = (size_t)random_between(0, MOST_TAPS);
    size_t n = (size_t)random_between(1, 20 * (int64_t)lanes);
    size_t leading = (n / lanes + 1 + (size_t)random_between(0, 2)) * lanes;
    size_t farthest = 0;
    for (size_t t = 0; t < taps; t++) {
        offsets[t] = (size_t)random_between(0, 50);
        farthest = offsets[t] > farthest ? offsets[t] : farthest;
    }
    size_t row = taps + (size_t)random_between(0, 3);
    vec weights = random_vec(dtype, outputs * row);
    vec x = random_vec(dtype, farthest + n + lanes);
    vec out = new_vec(dtype, outputs * leading);
    kernels->convolve(out.data, leading, outputs, weights.data, row, taps,
                      x.data, offsets, n);
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < n; i++) {
            double expected = 0, magnitude = 0;
            for (size_t t = 0; t < taps; t++) {
                double term =
                    get(&weights, o * row + t) * get(&x, offsets[t] + i);
                expected += term;
                magnitude += fabs(term);
            }
            expect("convolve", &out, o * leading + i, expected, magnitude,
                   MOST_TAPS);
        }
    free_vec(&weights);
    free_vec(&x);
    free_vec(&out);
}

static void test_correlate(const pg_kernels *kernels, pg_dtype dtype)
{
    enum { MOST_TAPS = 15 };
    size_t lanes = kernels->lanes, offsets[MOST_TAPS];
    size_t outputs = (size_t)random_between(0, 9);
    size_t taps = (size_t)random_between(0, MOST_TAPS);
    size_t rows = (size_t)random_between(1, 4);
    size_t n = (size_t)random_between(1, 3 * (int64_t)lanes);
    size_t pitch = (n / lanes + 1) * lanes;
    size_t x_pitch = (size_t)random_between(0, 60);
    size_t leading = rows * pitch + (size_t)random_between(0, 5);
    for (size_t t = 0; t < taps; t++)
        offsets[t] = (size_t)random_between(0, 50);
    vec g = random_vec(dtype, outputs * leading);
    vec x = random_vec(dtype, 50 + rows * x_pitch + n + lanes);
    vec before = random_vec(dtype, outputs * taps), sums = copy_vec(&before);
    for (size_t o = 0; o < outputs; o++)
        for (size_t r = 0; r < rows; r++)
            for (size_t i = n; i < pitch; i++)
                set(&g, o * leading + r * pitch + i, 0);
    kernels->correlate(sums.data, outputs, g.data, leading, pitch, x.data,
                       offsets, taps, x_pitch, rows, n);
    for (size_t o = 0; o < outputs; o++)
        for (size_t t = 0; t < taps; t++) {
            double expected = get(&before, o * taps + t);
            double magnitude = fabs(expected);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < n; i++) {
                    double term = get(&g, o * leading + r * pitch + i) *
                                  get(&x, offsets[t] + r * x_pitch + i);
                    expected += term;
                    magnitude += fabs(term);
                }
            expect("correlate", &sums, o * taps + t, expected, magnitude,
                   (double)(rows * n + 1));
        }
    free_vec(&sums);
    free_vec(&before);
    free_vec(&x);
    free_vec(&g);
}

/* Both ways: the second undoes the first. */
static void test_lanes(const pg_kernels *kernels, pg_dtype dtype)
{
    enum { MOST_PIXELS = 40 };
    size_t lanes = kernels->lanes, places[MOST_PIXELS];
    size_t n = (size_t)random_between(0, MOST_PIXELS);
    size_t images = (size_t)random_between(1, (int64_t)lanes);
    size_t leading = n + (size_t)random_between(0, 5);
    size_t step = (size_t)random_between(1, 3) * lanes;
    vec in = random_vec(dtype, images * leading);
    vec placed = new_vec(dtype, MOST_PIXELS * 3 * lanes);
    vec dense = new_vec(dtype, n * lanes), back = copy_vec(&in);
    for (size_t p = 0; p < n; p++)
        places[p] = (n - 1 - p) * step;
    kernels->images_to_lanes(placed.data, places, in.data, leading, images, n);
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < lanes; i++) {
            double expected = i < images ? get(&in, i * leading + p) : 0;
            expect("images_to_lanes", &placed, places[p] + i, expected, 0, 0);
            set(&dense, p * lanes + i, expected);
            if (i < images)
                set(&back, i * leading + p, 0);
        }
    kernels->lanes_to_images(back.data, leading, images, dense.data, n);
    for (size_t i = 0; i < images * leading; i++)
        expect("lanes_to_images", &back, i, get(&in, i), 0, 0);
    free_vec(&back);
    free_vec(&dense);
    free_vec(&placed);
    free_vec(&in);
}

/* Small whole numbers, some NaN, so that there are equal pixels. */
static vec random_pixels(pg_dtype dtype, size_t n)
{
    vec v = new_vec(dtype, n);
    for (size_t i = 0; i < n; i++)
        set(&v, i,
            random_between(0, 20) == 0 ? (double)NAN
                                       : (double)random_between(-3, 3));
    return v;
}

static double position(const vec *v, size_t i)
{
    return v->dtype == PG_FLOAT32 ? (double)((uint32_t *)v->data)[i]
                                  : (double)((uint64_t *)v->data)[i];
}

static void test_pool(const pg_kernels *kernels, pg_dtype dtype)
{
    enum { MOST = 6 };
    size_t lanes = kernels->lanes, height = 5, width = 7;
    size_t n = (size_t)random_between(0, MOST);
    pg_span rows, columns[MOST];
    rows.first = (size_t)random_between(0, 3);
    rows.end = (size_t)random_between((int64_t)rows.first + 1, 5);
    for (size_t w = 0; w < n; w++) {
        columns[w].first = (size_t)random_between(0, 5);
        columns[w].end =
            (size_t)random_between((int64_t)columns[w].first + 1, 7);
    }
    vec x = random_pixels(dtype, height * width * lanes);
    vec finite = random_vec(dtype, height * width * lanes);
    vec g = random_vec(dtype, n * lanes), spread = copy_vec(&finite);
    vec greatest = new_vec(dtype, n * lanes), alone = copy_vec(&greatest);
    vec at = copy_vec(&greatest), mean = copy_vec(&greatest);
    vec expected = copy_vec(&finite);
    kernels->max_pool(greatest.data, at.data, x.data, width, rows, columns, n);
    kernels->max_pool(alone.data, NULL, x.data, width, rows, columns, n);
    kernels->mean_pool(mean.data, finite.data, width, rows, columns, n, 3);
    kernels->mean_pool_gradient(spread.data, g.data, width, rows, columns, n,
                                3);
    for (size_t w = 0; w < n * lanes; w++) {
        pg_span across = columns[w / lanes];
        size_t lane = w % lanes, best = SIZE_MAX;
        double sum = 0, magnitude = 0;
        for (size_t i = rows.first; i < rows.end; i++)
            for (size_t j = across.first; j < across.end; j++) {
                size_t p = (i * width + j) * lanes + lane;
                if (best == SIZE_MAX || isnan(get(&x, p)) ||
                    get(&x, p) > get(&x, best))
                    best = p;
                sum += get(&finite, p) / 3;
                magnitude += fabs(get(&finite, p));
                set(&expected, p, get(&expected, p) + get(&g, w) / 3);
            }
        expect("max_pool", &greatest, w, get(&x, best), 0, 0);
        expect("max_pool without positions", &alone, w, get(&x, best), 0, 0);
        expect("mean_pool", &mean, w, sum, magnitude, 40);
        if (position(&at, w) != (double)(best / lanes + 1))
            fail("max_pool of %s, %s: the position is %g, not %zu",
                 pg_dtype_name(dtype), pg_kernels_name(), position(&at, w),
                 best / lanes + 1);
    }
    for (size_t p = 0; p < spread.n; p++)
        expect("mean_pool_gradient", &spread, p, get(&expected, p), 10, 20);
    vec *all[] = {&x,     &finite, &g,    &spread,  &greatest,
                  &alone, &at,     &mean, &expected};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free_vec(all[i]);
}

/* out (major) += dense . in (minor), rows of `vectors` registers; and
   transposed, out (minor) += dense' . in (major). */
static void test_multiply_sparse(const pg_kernels *kernels, pg_dtype dtype,
                                 bool coded, bool transposed)
{
    static sparse_matrix m;
    size_t vectors = (size_t)random_between(1, (int64_t)kernels->most_vectors);
    size_t cols = vectors * kernels->lanes;
    size_t leading = cols + (size_t)random_between(0, 2) * kernels->lanes;
    size_t out_rows = transposed ? PG_TILE : PG_SPARSE_ROWS;
    size_t in_rows = transposed ? PG_SPARSE_ROWS : PG_TILE;
    size_t out_leading = transposed ? cols : leading;
    size_t in_leading = transposed ? leading : cols;
    random_sparse_matrix(&m, dtype, coded);
    vec before = random_vec(dtype, out_rows * out_leading);
    vec in = random_vec(dtype, in_rows * in_leading);
    vec out = copy_vec(&before);
    if (transposed)
        kernels->multiply_sparse_transposed(out.data, in.data, in_leading,
                                            vectors, &m.tile, m.table.data);
    else
        kernels->multiply_sparse(out.data, out_leading, in.data, vectors,
                                 &m.tile, m.table.data);
    for (size_t i = 0; i < out_rows; i++)
        for (size_t j = 0; j < out_leading; j++) {
            double expected = get(&before, i * out_leading + j);
            double magnitude = fabs(expected);
            for (size_t k = 0; k < in_rows && j < cols; k++) {
                double v = transposed ? m.dense[k][i] : m.dense[i][k];
                double term = v * get(&in, k * in_leading + j);
                expected += term;
                magnitude += fabs(term);
            }
            expect(transposed ? "multiply_sparse_transposed"
                              : "multiply_sparse",
                   &out, i * out_leading + j, expected, magnitude, 32);
        }
    free_vec(&m.values);
    free_vec(&m.table);
    free_vec(&before);
    free_vec(&in);
    free_vec(&out);
}

/* --- dropout -------------------------------------------------------------- */

static uint32_t mix32(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6b;
    h ^= h >> 13;
    h *= 0xc2b2ae35;
    h ^= h >> 16;
    return h;
}

static uint64_t mix_in(uint64_t h, uint64_t next)
{
    uint64_t z = (h ^ next) + 0x9e3779b97f4a7c15;
    z ^= z >> 30;
    z *= 0xbf58476d1ce4e5b9;
    z ^= z >> 27;
    z *= 0x94d049bb133111eb;
    z ^= z >> 31;
    return z;
}

/* The formula in kernels.c, also in place. Numbers that are dropped may be NaN.
 */
static void test_drop(const pg_kernels *kernels, pg_dtype dtype, size_t rows,
                      size_t cols)
{
    const pg_drop drop = {.p = (double)random_between(0, 99) / 100,
                          .key = (uint64_t)random_between(0, (int64_t)1 << 53),
                          .iteration = (uint64_t)random_between(0, 1 << 20),
                          .layer = (uint64_t)random_between(0, 15),
                          .first = (uint64_t)random_between(0, 1 << 20)};
    double below = round(drop.p * 0x1p32);
    vec x = random_vec(dtype, rows * cols), out = new_vec(dtype, x.n);
    set(&x, (size_t)random_between(0, (int64_t)x.n - 1), (double)NAN);
    kernels->drop(out.data, x.data, &drop, rows, cols);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            uint64_t key = mix_in(0, drop.key);
            key = mix_in(key, drop.iteration);
            key = mix_in(key, drop.layer);
            key = mix_in(key, drop.first + i);
            uint32_t h = mix32((uint32_t)j + (uint32_t)key);
            h = mix32(h ^ (uint32_t)(key >> 32));
            double kept = get(&x, i * cols + j) / (1 - drop.p);
            expect("drop", &out, i * cols + j, h < below ? 0 : kept, fabs(kept),
                   h < below ? 0 : 2);
        }
    kernels->drop(x.data, x.data, &drop, rows, cols);
    if (memcmp(x.data, out.data, x.n * pg_dtype_size(dtype)) != 0)
        fail("drop in place differs");
    free_vec(&out);
    free_vec(&x);
}

/* --- optimizers ----------------------------------------------------------- */

/* One step of a weight w with its states s and t, as PyTorch's documents have
   it (torch.optim), weight decay first. */
static void take_step(const pg_optimizer_settings *o, double *w, double *s,
                      double *t, double g, double step)
{
    if (o->kind == PG_OPTIMIZER_ADAMW)
        *w *= 1 - o->rate * o->weight_decay;
    else
        g += o->weight_decay * *w;
    switch (o->kind) {
    case PG_OPTIMIZER_SGD:
        *w -= o->rate * g;
        break;
    case PG_OPTIMIZER_MOMENTUM:
        *s = step == 1 ? g : o->momentum * *s + (1 - o->dampening) * g;
        *w -= o->rate * *s;
        break;
    case PG_OPTIMIZER_NESTEROV:
        *s = step == 1 ? g : o->momentum * *s + g;
        *w -= o->rate * (g + o->momentum * *s);
        break;
    case PG_OPTIMIZER_RMSPROP:
        *s = o->alpha * *s + (1 - o->alpha) * g * g;
        *t = o->momentum * *t + g / (sqrt(*s) + o->eps);
        *w -= o->rate * *t;
        break;
    case PG_OPTIMIZER_ADAM:
    case PG_OPTIMIZER_ADAMW:
        *s = o->beta1 * *s + (1 - o->beta1) * g;
        *t = o->beta2 * *t + (1 - o->beta2) * g * g;
        *w -= o->rate * (*s / (1 - pow(o->beta1, step))) /
              (sqrt(*t / (1 - pow(o->beta2, step))) + o->eps);
        break;
    default:
        *w = (double)NAN;
    }
}

static void test_optimizer(const pg_kernels *kernels, pg_dtype dtype,
                           pg_optimizer_kind kind)
{
    enum { STEPS = 4, MOST = 60 };
    double w[MOST], s[MOST] = {0}, t[MOST] = {0};
    size_t n = (size_t)random_between(1, MOST);
    const pg_optimizer_settings settings = {.kind = kind,
                                            .rate = 0.05,
                                            .weight_decay = 0.1,
                                            .momentum = 0.9,
                                            .dampening = 0.1,
                                            .alpha = 0.9,
                                            .beta1 = 0.9,
                                            .beta2 = 0.99,
                                            .eps = 1e-4};
    vec weights = random_vec(dtype, n), state1 = new_vec(dtype, n);
    vec state2 = new_vec(dtype, n), gradient = {0};
    for (size_t i = 0; i < n; i++)
        w[i] = get(&weights, i);
    for (int step = 1; step <= STEPS; step++) {
        gradient = random_vec(dtype, n);
        if (!kernels->optimize[kind](weights.data, state1.data, state2.data,
                                     gradient.data, &settings, (uint64_t)step,
                                     n))
            fail("optimizer %d: weights are not finite", kind);
        for (size_t i = 0; i < n; i++) {
            take_step(&settings, &w[i], &s[i], &t[i], get(&gradient, i), step);
            expect("optimize", &weights, i, w[i], 1 + fabs(w[i]), 32);
        }
        if (step < STEPS)
            free_vec(&gradient);
    }
    set(&gradient, n - 1, INFINITY);
    if (kernels->optimize[kind](weights.data, state1.data, state2.data,
                                gradient.data, &settings, STEPS + 1, n))
        fail("optimizer %d: an infinite gradient leaves finite weights", kind);
    free_vec(&gradient);
    free_vec(&state1);
    free_vec(&state2);
    free_vec(&weights);
}

void test_kernels(void)
{
    for (pg_dtype dtype = PG_FLOAT32; dtype <= PG_FLOAT64; dtype++) {
        const pg_kernels *kernels = pg_kernels_for(dtype);
        for (int trial = 0; trial < TRIALS; trial++) {
            size_t rows = (size_t)random_between(1, 40);
            size_t cols = (size_t)random_between(1, 40);
            test_single_numbers(kernels, dtype);
            test_functions(kernels, dtype);
            test_bias_activation(kernels, dtype, rows, cols);
            test_softmax_and_cross_entropy(kernels, dtype, rows, cols);
            for (pg_loss kind = 0; kind < PG_LOSSES; kind++)
                test_loss(kernels, dtype, kind, rows, cols);
            test_far_scores(kernels, dtype);
            test_targets(kernels, dtype, rows, cols);
            test_add_rows(kernels, dtype, rows, cols);
            test_drop(kernels, dtype, rows, cols);
            test_multiply_sparse(kernels, dtype, trial % 2, trial / 2 % 2);
            test_convolve(kernels, dtype);
            test_correlate(kernels, dtype);
            test_lanes(kernels, dtype);
            test_pool(kernels, dtype);
            for (pg_optimizer_kind kind = 0; kind < PG_OPTIMIZERS; kind++)
                test_optimizer(kernels, dtype, kind);
        }
    }
}
