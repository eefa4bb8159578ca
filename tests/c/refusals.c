/* Calls that must be refused: what no binding checks for a caller in C. Each
   has a rank, axis, count or shape that is wrong, and the status that it must
   return; outputs must be empty. Two calls do less than they are asked for. */
#include "test.h"

#include <string.h>

enum { TOO_MANY = 12 };

/* Checks that a call failed as it must, and left nothing in out. */
static void refuse(const char *call, pg_status expected, pg_status found,
                   pg_array *out, const pg_error *err)
{
    if (found != expected || err->message[0] == '\0' ||
        (out && (out->storage || out->ndim != 0)))
        fail("%s: %s was expected, found %s: %s", call, pg_strerror(expected),
             pg_strerror(found), err->message);
    if (out)
        pg_array_release(out);
}

#define REFUSE(expected, call)                     \
    do {                                           \
        err.message[0] = '\0';                     \
        memset(&out, 0, sizeof out);               \
        refuse(#call, expected, call, &out, &err); \
    } while (0)

static const size_t ones[TOO_MANY] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const size_t longest[TOO_MANY] = {
    SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX,
    SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};

static void refuse_ranks(const pg_array *a, pg_random *g)
{
    pg_error err;
    pg_array out;
    const pg_scalar one = {.kind = 'i', .as.i = 1};
    const pg_choice choice = {.population = 3, .replace = true};
    const int wrong[] = {TOO_MANY, PG_MAXDIM + 1, -1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int n = wrong[i];
        REFUSE(PG_ESHAPE, pg_full(&out, PG_FLOAT64, n, ones, one, &err));
        REFUSE(PG_ESHAPE, pg_full(&out, PG_UINT8, n, longest, one, &err));
        REFUSE(PG_ESHAPE, pg_array_new(&out, PG_INT8, n, ones, &err));
        REFUSE(PG_ESHAPE, pg_array_zeros(&out, PG_INT8, n, ones, &err));
        REFUSE(PG_ESHAPE, pg_array_broadcast_view(&out, a, n, ones, &err));
        REFUSE(PG_ESHAPE, pg_array_broadcast_view(&out, a, n, longest, &err));
        REFUSE(PG_ESHAPE, pg_array_reshape(&out, a, n, ones, &err));
        REFUSE(PG_ESHAPE,
               pg_draw(&out, n, ones, pg_random_uniform, 0, 1, g, &err));
        REFUSE(PG_ESHAPE, pg_draw_integers(&out, n, ones, 0, 9, g, &err));
        REFUSE(PG_ESHAPE, pg_choose(&out, n, ones, &choice, g, &err));
    }
    char text[PG_SHAPE_TEXT];
    if (strlen(pg_shape_text_of(text, TOO_MANY, longest)) >= sizeof text)
        fail("pg_shape_text_of wrote beyond its buffer");
}

/* a has rank 2. */
static void refuse_axes(const pg_array *a)
{
    pg_error err;
    pg_array out;
    const pg_array *const two[] = {a, a};
    const int wrong[] = {2, TOO_MANY, -2, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int axis = wrong[i];
        for (pg_reduce_op op = 0; op < PG_REDUCE_COUNT; op++)
            if (axis >= 2 && axis < 32)
                REFUSE(PG_EARG,
                       pg_reduce(&out, op, a, PG_AXIS(axis), false, &err));
        REFUSE(PG_EARG, pg_cumsum(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_softmax(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_log_softmax(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_sort(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_argsort(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_take(&out, a, a, axis, &err));
        REFUSE(PG_EARG, pg_concat(&out, two, 2, axis, &err));
        REFUSE(PG_EARG, pg_squeeze_view(&out, a, axis, &err));
        REFUSE(PG_EARG, pg_permute_view(&out, a, (int[]){0, axis}, 2, &err));
        axis = axis == 2 ? 3 : axis;
        REFUSE(PG_EARG, pg_stack(&out, two, 2, axis, &err));
        REFUSE(PG_EARG, pg_expand_view(&out, a, axis, &err));
    }
    REFUSE(PG_EARG, pg_permute_view(&out, a, (int[]){1, 1}, 2, &err));
    REFUSE(PG_EARG, pg_permute_view(&out, a, (int[]){0, 1, 2}, 3, &err));
    REFUSE(PG_EARG, pg_permute_view(&out, a, NULL, -1, &err));
    REFUSE(PG_EARG, pg_concat(&out, NULL, 0, 0, &err));
    REFUSE(PG_EARG, pg_stack(&out, NULL, 0, 0, &err));
    REFUSE(PG_EINDEX, pg_index_view(&out, a, NULL, 3, &err));
}

/* Refuses an axis of an array of rank 0, and one axis more than the highest
   rank has. */
static void refuse_extremes(void)
{
    pg_error err;
    pg_array none, most, out;
    double one = 1;
    pg_array_borrow(&none, &one, PG_FLOAT64, 0, NULL);
    pg_array_borrow(&most, &one, PG_FLOAT64, PG_MAXDIM, ones);
    const pg_array *const arrays[] = {&none, &none}, *const full[] = {&most};
    REFUSE(PG_EARG, pg_concat(&out, arrays, 2, 0, &err));
    REFUSE(PG_EARG, pg_sort(&out, &none, 0, &err));
    REFUSE(PG_EARG, pg_take(&out, &none, &none, 0, &err));
    REFUSE(PG_EARG, pg_assign_taken(&none, &none, &none, &err));
    REFUSE(PG_EARG, pg_cumsum(&out, &none, 0, &err));
    REFUSE(PG_ESHAPE, pg_stack(&out, full, 1, 0, &err));
    REFUSE(PG_ESHAPE, pg_expand_view(&out, &most, 0, &err));
    REFUSE(PG_ESHAPE, pg_dot(&out, &none, &most, &err));
}

/* A row that is longer than BLAS counts, of one number, and too many layers. */
static void refuse_networks(pg_random *g)
{
    pg_error err;
    pg_array out, x, W, b, one, *result = &out;
    float number = 1;
    const size_t column[2] = {1, (size_t)INT32_MAX + 1}, single[2] = {1, 1};
    pg_array_borrow(&one, &number, PG_FLOAT32, 2, single);
    pg_array_borrow(&b, &number, PG_FLOAT32, 2, single);
    need(pg_array_broadcast_view(&W, &one, 2, column, &err), &err);
    need(pg_array_broadcast_view(&x, &one, 2, column, &err), &err);
    pg_network network = {.layers = 1, .W = {&W}, .b = {&b}};
    REFUSE(PG_ESHAPE, pg_forward(&result, &network, &x, &err));
    network.layers = PG_MAX_LAYERS + 1;
    REFUSE(PG_EARG, pg_forward(&result, &network, &x, &err));
    REFUSE(PG_EARG, pg_network_initialize(&network, PG_FLOAT32, ones, g, &err));
}

/* The sparse plan of a network without a hidden layer is dense, and has the
   reason. */
static void check_plan(void)
{
    pg_error err;
    pg_array x, labels, W, b;
    pg_trainer *trainer;
    char why[PG_PLAN_TEXT];
    const size_t shape[2] = {2, 3}, row[2] = {1, 2}, two = 2;
    need(pg_array_zeros(&x, PG_FLOAT32, 2, shape, &err), &err);
    need(pg_array_zeros(&labels, PG_INT32, 1, &two, &err), &err);
    need(pg_array_zeros(&W, PG_FLOAT32, 2, shape, &err), &err);
    need(pg_array_zeros(&b, PG_FLOAT32, 2, row, &err), &err);
    pg_network network = {.layers = 1, .W = {&W}, .b = {&b}};
    const pg_loss_options options = {0};
    need(pg_trainer_new(&trainer, &x, 1, &labels, &options, &network,
                        PG_PLAN_SPARSE, &err),
         &err);
    if (pg_trainer_plan(why, trainer) != PG_PLAN_DENSE ||
        strcmp(why, "there is no hidden layer") != 0)
        fail("a sparse plan without a hidden layer: %s", why);
    pg_trainer_free(trainer);
    pg_array_release(&x);
    pg_array_release(&labels);
    pg_array_release(&W);
    pg_array_release(&b);
}

/* Borrowed elements are not placed. */
static void check_place(void)
{
    pg_array a;
    double one = 1;
    uint64_t memory[PG_STORAGE_HEADER / sizeof(uint64_t) + 1];
    pg_array_borrow(&a, &one, PG_FLOAT64, 0, NULL);
    pg_array_place(&a, memory, sizeof one);
    if (a.data != &one || a.is_placed)
        fail("borrowed elements were placed");
}

void test_refusals(void)
{
    pg_error err;
    pg_array a;
    pg_random random;
    const size_t shape[2] = {3, 1};
    pg_random_seed(&random, 1);
    need(pg_array_zeros(&a, PG_INT64, 2, shape, &err), &err);
    refuse_ranks(&a, &random);
    refuse_axes(&a);
    refuse_extremes();
    refuse_networks(&random);
    check_plan();
    check_place();
    pg_array_release(&a);
}
