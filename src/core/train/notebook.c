/* The notebook's kernels on whole arrays. */

#include "train/notebook.h"

#include <math.h>
#include <stdio.h>

#include "array/copy.h"
#include "array/scalar.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "ops/labels.h"
#include "ops/map.h"
#include "ops/reduce.h"
#include "train/pass.h"
#include "train/targets.h"

/* --- outputs -------------------------------------------------------------- */

enum { MOST_NAMED = 5 * PG_MAX_LAYERS + 2, NAME_TEXT = 24 };

/* An array and its name: letters, and a number unless that is 0. */
typedef struct named {
    const pg_array *array;
    const char *letters;
    int number;
} named;

typedef struct output {
    pg_array *array;
    size_t shape[2];
    bool is_new; /* make_outputs made it */
} output;

/* The inputs and outputs of a call; zeroed but for dtype, the outputs'. */
typedef struct outputs {
    pg_dtype dtype;
    int named_count, count;
    named named[MOST_NAMED]; /* inputs, then outputs */
    output of[2 * PG_MAX_LAYERS];
} outputs;

static const char *name_text(char *text, const named *n)
{
    if (n->number)
        snprintf(text, NAME_TEXT, "%s%d", n->letters, n->number);
    else
        snprintf(text, NAME_TEXT, "%s", n->letters);
    return text;
}

static void add_input(outputs *o, const pg_array *a, const char *letters,
                      int number)
{
    o->named[o->named_count++] = (named){a, letters, number};
}

static void add_network(outputs *o, const pg_network *network)
{
    for (int l = 0; l < network->layers; l++) {
        add_input(o, network->W[l], "W", l + 1);
        add_input(o, network->b[l], "b", l + 1);
    }
}

/* Checks an output that has elements. */
static pg_status check_output(const outputs *o, const named *out,
                              const size_t *shape, pg_error *err)
{
    char name[NAME_TEXT], other[NAME_TEXT];
    char found[PG_SHAPE_TEXT], needed[PG_SHAPE_TEXT];
    const pg_array *a = out->array;
    int inputs = o->named_count - o->count;
    name_text(name, out);
    if (a->ndim != 2 || a->shape[0] != shape[0] || a->shape[1] != shape[1])
        return pg_fail(err, PG_ESHAPE, "out.%s of shape %s where %s is needed",
                       name, pg_shape_text(found, a),
                       pg_shape_text_of(needed, 2, shape));
    if (a->dtype != o->dtype)
        return pg_fail(err, PG_EDTYPE, "out.%s of dtype %s where %s is needed",
                       name, pg_dtype_name(a->dtype), pg_dtype_name(o->dtype));
    if (!pg_array_is_contiguous(a))
        return pg_fail(err, PG_EARG,
                       "out.%s is a view with gaps between its elements; an "
                       "array in row-major order is needed",
                       name);
    for (int i = 0; i < o->named_count; i++)
        if (pg_array_may_share_memory(a, o->named[i].array))
            return pg_fail(err, PG_EARG, "out.%s shares elements with %s%s",
                           name, i < inputs ? "" : "out.",
                           name_text(other, &o->named[i]));
    return PG_OK;
}

/* Adds an output of the shape (rows, columns). */
static pg_status add_output(outputs *o, pg_array *out, const char *letters,
                            int number, size_t rows, size_t columns,
                            pg_error *err)
{
    named n = {out, letters, number};
    size_t shape[2] = {rows, columns};
    pg_status status = out->storage ? check_output(o, &n, shape, err) : PG_OK;
    if (status != PG_OK)
        return status;
    o->named[o->named_count++] = n;
    o->of[o->count++] = (output){.array = out, .shape = {rows, columns}};
    return PG_OK;
}

/* Returns status; where it is an error, releases the outputs that were made. */
static pg_status end_outputs(outputs *o, pg_status status)
{
    for (int i = 0; i < o->count && status != PG_OK; i++)
        if (o->of[i].is_new) {
            pg_array_release(o->of[i].array);
            o->of[i].is_new = false;
        }
    return status;
}

/* Makes those that are empty; the storage of the others is written to. */
static pg_status make_outputs(outputs *o, pg_error *err)
{
    for (int i = 0; i < o->count; i++) {
        output *out = &o->of[i];
        if (out->array->storage) {
            pg_storage_mark_written(out->array->storage);
            continue;
        }
        pg_status status =
            pg_array_new(out->array, o->dtype, 2, out->shape, err);
        if (status != PG_OK)
            return end_outputs(o, status);
        out->is_new = true;
    }
    return PG_OK;
}

/* --- forward -------------------------------------------------------------- */

typedef struct forward {
    pg_pass pass;
    pg_array *const *a;
} forward;

/* A block goes through all layers while it is in cache; its activations are
   where they are to stay: pg_block_work. */
static double forward_block(void *context, const pg_workspace *own,
                            pg_gradients *gradients, size_t first, size_t n)
{
    const forward *f = context;
    const pg_layout *layout = &f->pass.layout;
    pg_workspace w = *own;
    pg_step_rows rows = {.x = pg_rows_block(&f->pass.rows, w.x, first, n),
                         .first = first,
                         .n = n};
    for (int l = 0; l < layout->layers; l++)
        w.a[l] =
            pg_layout_at(layout, f->a[l]->data, first * layout->width[l + 1]);
    (void)gradients;
    pg_step_forward(&w, f->pass.weights, &rows);
    return 0;
}

pg_status pg_forward(pg_array *const *a, const pg_network *network,
                     const pg_array *x, pg_error *err)
{
    pg_status status = pg_network_check_input(network, x, err);
    if (status != PG_OK)
        return status;
    forward f = {.a = a};
    pg_dtype dtype = pg_dtype_promote(x->dtype, network->W[0]->dtype);
    outputs o = {.dtype = dtype};
    add_input(&o, x, "x", 0);
    add_network(&o, network);
    for (int l = 0; l < network->layers && status == PG_OK; l++)
        status = add_output(&o, a[l], "A", l + 1, x->shape[0],
                            network->W[l]->shape[0], err);
    if (status == PG_OK)
        status = pg_pass_start(&f.pass, network, x, 1, dtype, err);
    if (status == PG_OK)
        status = make_outputs(&o, err);
    if (status == PG_OK)
        status = pg_pass_run(&f.pass, forward_block, &f, err);
    pg_pass_end(&f.pass);
    return end_outputs(&o, status);
}

/* --- gradient ------------------------------------------------------------- */

static pg_status check_activations(const pg_array *const *a, const pg_array *x,
                                   const pg_network *network, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tx[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    for (int l = 0; l < network->layers; l++) {
        const pg_array *W = network->W[l];
        if (!pg_dtype_is_float(a[l]->dtype))
            return pg_fail(err, PG_EDTYPE,
                           "A%d is %s; activations are float32 or float64",
                           l + 1, pg_dtype_name(a[l]->dtype));
        if (a[l]->ndim != 2 || a[l]->shape[0] != x->shape[0] ||
            a[l]->shape[1] != W->shape[0])
            return pg_fail(err, PG_ESHAPE,
                           "A%d of shape %s does not fit x of shape %s and "
                           "W%d of shape %s",
                           l + 1, pg_shape_text(ta, a[l]), pg_shape_text(tx, x),
                           l + 1, pg_shape_text(tw, W));
    }
    return PG_OK;
}

static pg_status add_gradient_arrays(outputs *o, const pg_network *gradients,
                                     const pg_array *x, const pg_array *y,
                                     const pg_array *const *a,
                                     const pg_network *network, pg_error *err)
{
    pg_status status = PG_OK;
    add_input(o, x, "x", 0);
    add_input(o, y, "y", 0);
    add_network(o, network);
    for (int l = 0; l < network->layers; l++)
        add_input(o, a[l], "A", l + 1);
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        const size_t *shape = network->W[l]->shape;
        status = add_output(o, gradients->W[l], "dW", l + 1, shape[0], shape[1],
                            err);
        if (status == PG_OK)
            status =
                add_output(o, gradients->b[l], "db", l + 1, 1, shape[0], err);
    }
    return status;
}

/* d = (a - y) / n */
static pg_status last_derivative(pg_array *d, const pg_array *a,
                                 const pg_array *y, pg_error *err)
{
    pg_array rows;
    pg_status status = pg_targets_rows(&rows, y, a, a->dtype, err);
    if (status == PG_OK)
        status = pg_binary(d, PG_SUBTRACT, a, &rows, err);
    if (status == PG_OK)
        status = pg_divide_by(d, (double)a->shape[0], err);
    pg_array_release(&rows);
    return status;
}

/* The arrays that a block reads, all of one dtype. */
typedef struct backward {
    pg_pass pass;
    pg_array a[PG_MAX_LAYERS]; /* contiguous; of the hidden layers */
    pg_array d;                /* (n, classes): of the last layer */
} backward;

/* pg_block_work. Nothing is written to the activations. They are outputs: what
   a derivative is computed from besides is computed again. */
static double gradient_block(void *context, const pg_workspace *own,
                             pg_gradients *gradients, size_t first, size_t n)
{
    const backward *b = context;
    const pg_layout *layout = &b->pass.layout;
    int last = layout->layers - 1;
    pg_workspace w = *own;
    pg_step_rows rows = {.x = pg_rows_block(&b->pass.rows, w.x, first, n),
                         .first = first,
                         .n = n};
    for (int l = 0; l < last; l++)
        w.a[l] =
            pg_layout_at(layout, b->a[l].data, first * layout->width[l + 1]);
    w.d[last] =
        pg_layout_at(layout, b->d.data, first * layout->width[last + 1]);
    pg_step_keep(&w, b->pass.weights, &rows);
    pg_step_backward(gradients, &w, b->pass.weights, &rows);
    return 0;
}

pg_status pg_gradient(const pg_network *gradients, const pg_array *x,
                      const pg_array *y, const pg_array *const *a,
                      const pg_network *network, pg_error *err)
{
    backward b = {0};
    int last = network->layers - 1;
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = check_activations(a, x, network, err);
    if (status != PG_OK)
        return status;
    outputs o = {.dtype = a[last]->dtype};
    const pg_layout *layout = &b.pass.layout;
    status = add_gradient_arrays(&o, gradients, x, y, a, network, err);
    if (status == PG_OK)
        status = last_derivative(&b.d, a[last], y, err);
    if (status == PG_OK)
        status = pg_pass_start(&b.pass, network, x, 1, b.d.dtype, err);
    for (int l = 0; l < last && status == PG_OK; l++)
        status = pg_array_as(&b.a[l], a[l], b.d.dtype, err);
    b.pass.shards.sums_gradients = true;
    pg_layout_keep(&b.pass.layout, NULL);
    if (status == PG_OK)
        status = pg_pass_run(&b.pass, gradient_block, &b, err);
    if (status == PG_OK)
        status = make_outputs(&o, err);
    if (status == PG_OK)
        pg_layout_unpack(layout, gradients, b.pass.shards.sums[0].gradients);
    for (int l = 0; l < last; l++)
        pg_array_release(&b.a[l]);
    pg_array_release(&b.d);
    pg_pass_end(&b.pass);
    return status;
}

/* --- update --------------------------------------------------------------- */

/* A gradient that shares elements with weights would change while these are
   updated: it is copied first. */
static pg_status apart(pg_array *out, const pg_array *gradient,
                       const pg_network *network, pg_error *err)
{
    for (int l = 0; l < network->layers; l++)
        if (pg_array_shares_storage(gradient, network->W[l]) ||
            pg_array_shares_storage(gradient, network->b[l]))
            return pg_array_copy(out, gradient, err);
    pg_array_view(out, gradient);
    return PG_OK;
}

/* Takes all memory first, so that an update is made whole or not at all. */
pg_status pg_update(const pg_network *network, const pg_network *gradients,
                    double rate, pg_error *err)
{
    pg_array parts[2 * PG_MAX_LAYERS] = {0};
    pg_status status = pg_network_check_gradients(gradients, network, err);
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    int layers = status == PG_OK ? network->layers : 0;
    for (int l = 0; l < layers && status == PG_OK; l++) {
        status = apart(&parts[2 * l], gradients->W[l], network, err);
        if (status == PG_OK)
            status = apart(&parts[2 * l + 1], gradients->b[l], network, err);
    }
    for (int l = 0; l < layers && status == PG_OK; l++) {
        status = pg_axpy(network->W[l], -rate, &parts[2 * l], err);
        if (status == PG_OK)
            status = pg_axpy(network->b[l], -rate, &parts[2 * l + 1], err);
    }
    for (int i = 0; i < 2 * layers; i++)
        pg_array_release(&parts[i]);
    pg_set_interrupt(interrupt);
    return status;
}

/* --- loss and accuracy ---------------------------------------------------- */

/* Most of y is zero, and log is slow; but 0 times a log that is not finite,
   such as that of a score in the place of a probability, is NaN. */
static double sum_of_logs(const double *a, const double *y, size_t n)
{
    double sum = 0;
    PG_EACH (i, n)
        if (y[i] != 0 || !(a[i] + 1e-9 > 0 && a[i] < INFINITY))
            sum += y[i] * log(a[i] + 1e-9);
    return sum;
}

pg_status pg_cross_entropy(double *loss, const pg_array *a, const pg_array *y,
                           pg_error *err)
{
    pg_array likely = {0}, wanted;
    pg_status status = pg_targets_rows(&wanted, y, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_as(&likely, a, PG_FLOAT64, err);
    if (status == PG_OK)
        *loss = -sum_of_logs(likely.data, wanted.data, pg_array_size(&likely)) /
                (double)a->shape[0];
    pg_array_release(&wanted);
    pg_array_release(&likely);
    return pg_unless_interrupted(status, err);
}

static pg_status mean_of(double *mean, const pg_array *a, pg_error *err)
{
    pg_array reduced;
    pg_scalar scalar = {0};
    pg_status status = pg_reduce(&reduced, PG_MEAN, a, PG_ALL, false, err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &reduced, err);
    *mean = scalar.as.f;
    pg_array_release(&reduced);
    return status;
}

pg_status pg_accuracy(double *accuracy, const pg_array *a, const pg_array *b,
                      pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    pg_shape_text(ta, a);
    if (!pg_array_same_shape(a, b))
        return pg_fail(
            err, PG_ESHAPE, "accuracy: shapes %s and %s are not the same%s", ta,
            pg_shape_text(tb, b), pg_column_hint(a->ndim == 2 ? a : b));
    if (pg_array_size(a) == 0)
        return pg_fail(err, PG_ESHAPE, "accuracy: there are no labels");
    if (a->ndim > 1)
        return pg_fail(err, PG_ESHAPE,
                       "accuracy: labels must be of rank 1, not of shape %s "
                       "(labels gives those of one-hot rows)",
                       ta);
    pg_array equal;
    pg_status status = pg_binary(&equal, PG_EQUAL, a, b, err);
    if (status == PG_OK)
        status = mean_of(accuracy, &equal, err);
    pg_array_release(&equal);
    return status;
}
