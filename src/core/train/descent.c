/* A list of arrays as one buffer, on which an optimizer makes its steps. */

#include "train/descent.h"

#include <string.h>

#include "array/cast.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "kernels/kernels.h"

/* The shape of an array, and where its elements begin in a buffer. */
typedef struct descent_part {
    int ndim;
    size_t shape[PG_MAXDIM];
    size_t first, size; /* elements */
} descent_part;

struct pg_descent {
    pg_dtype dtype;
    size_t parts, elements;    /* of a buffer */
    char *weights, *gradients; /* buffers, in one block of memory */
    size_t buffer_bytes;
    pg_sum_buffers buffers; /* of exchanges with other ranks */
    pg_optimizer optimizer;
    descent_part part[];
};

/* --- making --------------------------------------------------------------- */

/* The number of elements of all arrays, which have one dtype of floats. */
static pg_status count_elements(size_t *elements, const pg_array *const *arrays,
                                size_t count, pg_error *err)
{
    *elements = 0;
    for (size_t i = 0; i < count; i++) {
        const pg_array *a = arrays[i];
        if (!pg_dtype_is_float(a->dtype) || a->dtype != arrays[0]->dtype)
            return pg_fail(err, PG_EDTYPE,
                           "weights are all float32 or all float64: array %zu "
                           "is %s, the first is %s",
                           i + 1, pg_dtype_name(a->dtype),
                           pg_dtype_name(arrays[0]->dtype));
        if (pg_array_size(a) > SIZE_MAX / 64 - *elements)
            return pg_fail_memory(err, SIZE_MAX);
        *elements += pg_array_size(a);
    }
    return PG_OK;
}

/* Bytes of a descent with its parts. */
static size_t struct_bytes(size_t parts)
{
    return sizeof(pg_descent) + parts * sizeof(descent_part);
}

pg_status pg_descent_new(pg_descent **descent, const pg_array *const *arrays,
                         size_t count, pg_error *err)
{
    size_t elements;
    *descent = NULL;
    pg_assert(count > 0 && count < SIZE_MAX / 2 / sizeof(descent_part));
    pg_status status = count_elements(&elements, arrays, count, err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = arrays[0]->dtype;
    pg_descent *d = pg_malloc(struct_bytes(count));
    if (!d)
        return pg_fail_memory(err, struct_bytes(count));
    size_t bytes = pg_size_lines(elements * pg_dtype_size(dtype));
    *d = (pg_descent){.dtype = dtype,
                      .parts = count,
                      .elements = elements,
                      .buffer_bytes = 2 * bytes,
                      .weights = pg_malloc(2 * bytes)};
    if (!d->weights) {
        pg_free(d, struct_bytes(count));
        return pg_fail_memory(err, 2 * bytes);
    }
    d->gradients = d->weights + bytes;
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        descent_part *p = &d->part[i];
        *p = (descent_part){.ndim = arrays[i]->ndim,
                            .first = first,
                            .size = pg_array_size(arrays[i])};
        memcpy(p->shape, arrays[i]->shape, sizeof p->shape);
        first += p->size;
    }
    *descent = d;
    return PG_OK;
}

void pg_descent_free(pg_descent *d)
{
    if (!d)
        return;
    pg_optimizer_free(&d->optimizer);
    pg_sum_buffers_free(&d->buffers);
    pg_free(d->weights, d->buffer_bytes);
    pg_free(d, struct_bytes(d->parts));
}

/* --- copies --------------------------------------------------------------- */

/* Part i of a buffer as an array. */
static void borrow_part(pg_array *a, const pg_descent *d, const void *buffer,
                        size_t i)
{
    const descent_part *p = &d->part[i];
    pg_array_borrow(a, (char *)buffer + p->first * pg_dtype_size(d->dtype),
                    d->dtype, p->ndim, p->shape);
}

static pg_status check_arrays(const pg_descent *d,
                              const pg_array *const *arrays, pg_error *err)
{
    char text[PG_SHAPE_TEXT], wanted[PG_SHAPE_TEXT];
    for (size_t i = 0; i < d->parts; i++) {
        pg_array part;
        borrow_part(&part, d, d->weights, i);
        if (!pg_array_same_shape(arrays[i], &part))
            return pg_fail(err, PG_ESHAPE,
                           "array %zu has shape %s, and the weight has %s",
                           i + 1, pg_shape_text(text, arrays[i]),
                           pg_shape_text(wanted, &part));
        if (arrays[i]->dtype != d->dtype)
            return pg_fail(err, PG_EDTYPE, "array %zu is %s, and not %s", i + 1,
                           pg_dtype_name(arrays[i]->dtype),
                           pg_dtype_name(d->dtype));
    }
    return PG_OK;
}

static void pack(const pg_descent *d, void *buffer,
                 const pg_array *const *arrays)
{
    pg_array part;
    for (size_t i = 0; i < d->parts; i++) {
        borrow_part(&part, d, buffer, i);
        pg_cast_array(&part, arrays[i]);
    }
}

/* With interrupts disabled, as all arrays change or none. */
static void unpack(const pg_descent *d, const pg_array *const *arrays,
                   const void *buffer)
{
    pg_array part;
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    for (size_t i = 0; i < d->parts; i++) {
        borrow_part(&part, d, buffer, i);
        pg_cast_array(arrays[i], &part);
    }
    pg_set_interrupt(interrupt);
}

/* --- the step ------------------------------------------------------------- */

/* Names a part of the buffer that is not finite; PG_OK if there is none. */
static pg_status check_finite(size_t *culprit, const pg_descent *d,
                              const char *buffer, const char *what,
                              pg_error *err)
{
    const pg_kernels *k = pg_kernels_for(d->dtype);
    if (k->all_finite(buffer, d->elements))
        return PG_OK;
    size_t i = 0;
    while (i + 1 < d->parts &&
           k->all_finite(buffer + d->part[i].first * pg_dtype_size(d->dtype),
                         d->part[i].size))
        i++;
    *culprit = i;
    return pg_fail(err, PG_EFINITE, "%s", what);
}

pg_status pg_descent_add_ranks(double *loss, int *first, pg_descent *d,
                               const pg_array *const *gradients,
                               const pg_descent_share *own, pg_error *err)
{
    pg_comm *comm = own->comm;
    const size_t size = (size_t)comm->size;
    const pg_sum_tree tree = pg_sum_tree_of(size);
    pg_node_sum sum = {.node = (uint32_t)(tree.leaves + (size_t)comm->rank),
                       .loss = own->loss,
                       .gradients = d->gradients};
    pg_status status = check_arrays(d, gradients, err);
    if (status == PG_OK)
        pack(d, d->gradients, gradients);
    status = pg_unless_interrupted(status, err);
    pg_rank_sums sums = {.sums = &sum,
                         .n = own->has_rows && status == PG_OK,
                         .of_all = size,
                         .count = d->elements,
                         .dtype = d->dtype,
                         .weight = own->weight,
                         .tag = own->tag,
                         .status = status};
    *loss = 0;
    if (own->is_fast)
        status = pg_sums_exchange_fast(loss, d->gradients, comm, &sums, err);
    else
        status = pg_sums_exchange(loss, d->gradients, comm, &d->buffers, &tree,
                                  &sums, err);
    if (status != PG_OK)
        return status;
    double weight = 0;
    for (int r = 0; r < comm->size; r++)
        weight += comm->meetings[r].weight;
    if (weight == 0)
        return pg_fail(err, PG_EARG,
                       "class_weight: the classes of all rows of the step have "
                       "the weight 0");
    *loss /= weight;
    *first = 0;
    while (comm->meetings[*first].nodes == 0)
        ++*first;
    pg_kernels_for(d->dtype)->scale(d->gradients, 1 / weight, d->elements);
    unpack(d, gradients, d->gradients);
    return PG_OK;
}

pg_status pg_descent_step(size_t *culprit, pg_descent *d,
                          const pg_array *const *weights,
                          const pg_array *const *gradients,
                          const pg_optimizer_settings *settings, pg_error *err)
{
    pg_optimizer other = {0};
    bool is_other = settings->kind != d->optimizer.kind;
    pg_status status = check_arrays(d, weights, err);
    if (status == PG_OK)
        status = check_arrays(d, gradients, err);
    if (status == PG_OK && is_other)
        status = pg_optimizer_new(&other, settings->kind, d->dtype, d->elements,
                                  err);
    if (status == PG_OK) {
        pack(d, d->weights, weights);
        pack(d, d->gradients, gradients);
        status = pg_check_interrupt(err);
    }
    if (status == PG_OK)
        status = check_finite(culprit, d, d->gradients, "the gradient of", err);
    if (status == PG_OK &&
        !pg_optimizer_step(is_other ? &other : &d->optimizer, d->weights,
                           d->gradients, d->dtype, d->elements, settings))
        status = check_finite(culprit, d, d->weights, "the new", err);
    if (status != PG_OK) {
        pg_optimizer_free(&other);
        return status;
    }
    if (is_other) {
        pg_optimizer_free(&d->optimizer);
        d->optimizer = other;
    }
    unpack(d, weights, d->weights);
    return PG_OK;
}

/* --- the optimizer's states ----------------------------------------------- */

pg_optimizer_kind pg_descent_optimizer(uint64_t *steps, const pg_descent *d)
{
    *steps = d->optimizer.steps;
    return d->optimizer.kind;
}

static pg_status check_state(const pg_descent *d, int state,
                             const pg_array *const *arrays, pg_error *err)
{
    pg_status status = pg_optimizer_check_state(&d->optimizer, state, err);
    return status == PG_OK ? check_arrays(d, arrays, err) : status;
}

pg_status pg_descent_read_state(const pg_array *const *into,
                                const pg_descent *d, int state, pg_error *err)
{
    pg_status status = check_state(d, state, into, err);
    if (status == PG_OK)
        unpack(d, into, pg_optimizer_state(&d->optimizer, state));
    return status;
}

pg_status pg_descent_write_state(pg_descent *d, int state,
                                 const pg_array *const *from, pg_error *err)
{
    pg_status status = check_state(d, state, from, err);
    if (status != PG_OK)
        return status;
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    pack(d, pg_optimizer_state(&d->optimizer, state), from);
    pg_set_interrupt(interrupt);
    return PG_OK;
}

pg_status pg_descent_set_optimizer(pg_descent *d, pg_optimizer_kind optimizer,
                                   uint64_t steps, pg_error *err)
{
    return pg_optimizer_replace(&d->optimizer, optimizer, d->dtype, d->elements,
                                steps, err);
}
