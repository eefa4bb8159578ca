/*
 * kernels.h -- the inner loops of training, over contiguous float32 or
 * float64.
 *
 * kernels.c is compiled once for each target (portable C, AVX2 with FMA,
 * AVX-512) and each of the two types; the table for the machine is chosen when
 * it is first asked for, or pinned by $PERIGEE_KERNELS. An element's result
 * does not depend on where in an array it stands: tails run the same code.
 *
 * Outputs first, const inputs, sizes last; nothing allocates; pointers are to
 * elements of the table's type.
 */
#ifndef PG_KERNELS_H
#define PG_KERNELS_H

#include "array/dtype.h"
#include "kernels/activation.h"
#include "kernels/loss.h"
#include "kernels/operations.h"
#include "kernels/optimizers.h"
#include "kernels/span.h"
#include "kernels/tile.h"

/* A block of a layer's outputs in a training step, of which dropout drops some
   elements. Which ones is a function of these numbers, the row and the unit:
   the same for any number of threads, in both plans, and in a step that is made
   again. */
typedef struct pg_drop {
    double p; /* the probability, from 0 to below 1; rounded to 2^-32 */
    uint64_t key, iteration, layer;
    uint64_t first; /* the first row's position in the step, from 0 */
} pg_drop;

typedef struct pg_kernels {
    /* Elements of a register; multiply_sparse takes 1 to most_vectors of them
       at a time. */
    size_t lanes, most_vectors;

    /* For each entry of the tile, of value v: row major of out += v * row minor
       of in. Rows of in are `vectors` registers long and follow each other;
       those of out are out_leading elements apart. All are aligned to a
       register. table: the value of each code, where the tile has codes. */
    void (*multiply_sparse)(void *out, size_t out_leading, const void *in,
                            size_t vectors, const pg_tile *tile,
                            const void *table);

    /* Its transpose: row minor of out += v * row major of in. Here the rows of
       out follow each other, and those of in are in_leading elements apart. */
    void (*multiply_sparse_transposed)(void *out, const void *in,
                                       size_t in_leading, size_t vectors,
                                       const pg_tile *tile, const void *table);

    /* out (outputs, n) = the sums over all taps t of weights[o, t] *
       x[offsets[t] + i], added in their order. The rows of out are out_leading
       elements apart, those of weights weights_leading. Up to `lanes` - 1
       elements behind each row are read and written. */
    void (*convolve)(void *out, size_t out_leading, size_t outputs,
                     const void *weights, size_t weights_leading, size_t taps,
                     const void *x, const size_t *offsets, size_t n);

    /* sums (outputs, taps) += the sums over all rows r and i < n of
       g[o * g_leading + r * g_pitch + i] * x[offsets[t] + r * x_pitch + i]. Up
       to `lanes` - 1 elements behind each row are read: those of g must be
       0. */
    void (*correlate)(void *sums, size_t outputs, const void *g,
                      size_t g_leading, size_t g_pitch, const void *x,
                      const size_t *offsets, size_t taps, size_t x_pitch,
                      size_t rows, size_t n);

    /* out[places[p] + i] = in[i * in_leading + p] for the n pixels p of
       1 .. `lanes` images i; 0 for the lanes without an image. The places are
       multiples of `lanes`, and out is aligned to a register. */
    void (*images_to_lanes)(void *out, const size_t *places, const void *in,
                            size_t in_leading, size_t images, size_t n);

    /* out[i * out_leading + p] = in[p * lanes + i]: its inverse. */
    void (*lanes_to_images)(void *out, size_t out_leading, size_t images,
                            const void *in, size_t n);

    /* A row of n windows over images in lanes: x (height, width, lanes). Window
       w has the pixels rows x columns[w], of which there is at least one.
       max_pool: out (n, lanes) = the greatest pixels, and positions (n, lanes),
       unsigned integers of an element's size, their positions from 1; the first
       of equal pixels, the last NaN. positions may be NULL.
       mean_pool: out = the sums of the pixels / area.
       mean_pool_gradient: x += g (n, lanes) / area for the window's pixels. */
    void (*max_pool)(void *out, void *positions, const void *x, size_t width,
                     pg_span rows, const pg_span *columns, size_t n);
    void (*mean_pool)(void *out, const void *x, size_t width, pg_span rows,
                      const pg_span *columns, size_t n, double area);
    void (*mean_pool_gradient)(void *x, const void *g, size_t width,
                               pg_span rows, const pg_span *columns, size_t n,
                               double area);

    /* out[i] = f(x[i]) for PG_EXP, PG_SIGMOID and PG_FUNCTION_LIST, NULL for
       the others; out may be x. Within 2 ulp, tan within 3, with subnormal
       results, infinities and NaN as the C library has them. */
    void (*function[PG_UNARY_COUNT])(void *out, const void *x, size_t n);

    /* x[i] *= factor */
    void (*scale)(void *x, double factor, size_t n);

    /* out[i] = x[i] * factor, from bytes such as pixels */
    void (*from_bytes)(void *out, const uint8_t *x, double factor, size_t n);

    /* z (rows,cols) += b (cols) */
    void (*add_bias)(void *z, const void *b, size_t rows, size_t cols);

    /* z (rows,cols) += b (cols), and a (rows,cols) = f(z) for each activation
       f; a may be z */
    void (*bias_activation[PG_ACTIVATIONS])(void *a, void *z, const void *b,
                                            size_t rows, size_t cols);

    /* The last layer's outputs from z (rows,cols) and b (cols), for each loss.
       Cross-entropy: z = softmax(z + b) by rows; the row's maximum is
       subtracted first, for numerical stability. The others: z += b. */
    void (*bias_output[PG_LOSSES])(void *z, const void *b, size_t rows,
                                   size_t cols);

    /* The sum of the rows' losses, and in the place of the outputs a
       (rows,cols) the derivative of that sum by the scores z, times factor.
       t: the targets of all rows, one after the other.
       Cross-entropy, t (rows,cols): the sum of -t log(a + 1e-9); the
       derivative a sum(t) - t, sum(t) being the row's, is that without the
       1e-9, which the notebook leaves out, too.
       Binary cross-entropy, t (rows,cols,2): for each score z, t[0] of class 0
       and t[1] of class 1, the sum of t[0] log(1 + exp(z)) +
       t[1] log(1 + exp(-z)); sigmoid(z) (t[0] + t[1]) - t[1].
       Mean squared error, t (rows,cols): the sum of (z - t)^2; 2 (z - t). */
    double (*loss_gradient[PG_LOSSES])(void *a, const void *t, double factor,
                                       size_t rows, size_t cols);

    /* loss_gradient of cross-entropy for targets that are labels, without
       a row of them for each. */
    double (*cross_entropy_gradient)(void *p, const int32_t *labels,
                                     double factor, size_t rows, size_t cols);

    /* t (rows,cols) = y (rows,cols) * scale (cols) + shift (cols); of labels
       (rows), with their one-hot rows as y. */
    void (*targets_of_rows)(void *t, const void *y, const void *scale,
                            const void *shift, size_t rows, size_t cols);
    void (*targets_of_labels)(void *t, const int32_t *labels, const void *scale,
                              const void *shift, size_t rows, size_t cols);

    /* d[i] *= the derivative of an activation, from what its
       pg_derivative_source says: its output or its argument */
    void (*activation_gradient[PG_ACTIVATIONS])(void *d, const void *source,
                                                size_t n);

    /* out (rows,cols) = 0 where an element is dropped, else x / (1 - p); out
       may be x */
    void (*drop)(void *out, const void *x, const pg_drop *drop, size_t rows,
                 size_t cols);

    /* sums[j] += d[0,j] + d[1,j] + ... for d (rows,cols) */
    void (*add_rows)(void *sums, const void *d, size_t rows, size_t cols);

    /* Step number `step`, from 1, of n weights w: changes them, and the
       optimizer's states s and t of each, by the gradients g. A state that the
       optimizer does not have may be NULL. True if all new weights are
       finite. */
    bool (*optimize[PG_OPTIMIZERS])(void *w, void *s, void *t, const void *g,
                                    const pg_optimizer_settings *settings,
                                    uint64_t step, size_t n);

    /* True if all of x (n) is finite. */
    bool (*all_finite)(const void *x, size_t n);
} pg_kernels;

/* The chosen kernels for float32 or float64. */
const pg_kernels *pg_kernels_for(pg_dtype dtype);

/* "avx512", "avx2" or "portable". */
const char *pg_kernels_name(void);

/* Chooses by name, or the best where name is NULL. PG_EARG for a name that is
   not there, or that this processor cannot run: the message lists those it
   can. */
pg_status pg_kernels_choose(const char *name, pg_error *err);

#endif
