/* Random arrays and views of every dtype, and their elements one by one. */
#include "test.h"

#include <math.h>
#include <string.h>

static pg_random *generator(void)
{
    static pg_random random;
    static bool is_seeded;
    if (!is_seeded)
        pg_random_seed(&random, 1);
    is_seeded = true;
    return &random;
}

int64_t random_between(int64_t low, int64_t high)
{
    int64_t number;
    pg_random_integers(generator(), &number, 1, low, high);
    return number;
}

void random_shape(int *ndim, size_t *shape)
{
    *ndim = (int)random_between(0, 4);
    for (int i = 0; i < *ndim; i++)
        shape[i] = (size_t)random_between(random_between(0, 9) > 0, 7);
}

static value random_value(pg_dtype dtype, values v)
{
    double normal;
    int64_t small = random_between(-20, 20);
    if (pg_dtype_is_float(dtype)) {
        pg_random_normal(generator(), &normal, 1);
        return (value){true, 0, v == ANY ? normal : (double)small / 4};
    }
    return (value){false,
                   v == ANY ? random_between(INT64_MIN, INT64_MAX) : small, 0};
}

static void store(void *element, pg_dtype dtype, value v)
{
    switch (dtype) {
#define X(NAME, ctype, name, kind)                                \
    case PG_##NAME:                                               \
        *(ctype *)element = v.is_float ? (ctype)v.f : (ctype)v.i; \
        break;
        PG_DTYPES(X)
#undef X
    case PG_DTYPE_COUNT:
        break;
    }
}

value load(const void *element, pg_dtype dtype)
{
    switch (dtype) {
#define X(NAME, ctype, name, kind)                           \
    case PG_##NAME: {                                        \
        ctype x = *(const ctype *)element;                   \
        return kind == 'f' ? (value){true, 0, (double)x}     \
                           : (value){false, (__int128)x, 0}; \
    }
        PG_DTYPES(X)
#undef X
    case PG_DTYPE_COUNT:
        break;
    }
    return (value){0};
}

double number(value v)
{
    return v.is_float ? v.f : (double)v.i;
}

bool same_element(const void *x, const void *y, pg_dtype dtype)
{
    value a = load(x, dtype), b = load(y, dtype);
    return a.is_float ? a.f == b.f || (isnan(a.f) && isnan(b.f)) : a.i == b.i;
}

bool is_near(double x, double y, double tolerance)
{
    return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= tolerance;
}

void *element_at(const pg_array *a, size_t index, int ndim, const size_t *shape)
{
    char *element = a->data;
    for (int i = ndim - 1; i >= 0; i--) {
        size_t along = index % shape[i];
        int axis = i - (ndim - a->ndim);
        index /= shape[i];
        if (axis >= 0 && a->shape[axis] != 1)
            element += (ptrdiff_t)along * a->strides[axis];
    }
    return element;
}

pg_array random_array(pg_dtype dtype, int ndim, const size_t *shape, values v)
{
    pg_error err;
    pg_array a;
    need(pg_array_new(&a, dtype, ndim, shape, &err), &err);
    for (size_t i = 0; i < pg_array_size(&a); i++)
        store((char *)a.data + i * pg_dtype_size(dtype), dtype,
              random_value(dtype, v));
    return a;
}

/* A view of an array that is twice as long on each axis, which is permuted, and
   of which each axis gives its first half, every second element, or its first
   half backwards. */
pg_array random_view(pg_dtype dtype, int ndim, const size_t *shape, values v)
{
    pg_error err;
    pg_array base, permuted, view;
    int axes[PG_MAXDIM];
    size_t lengths[PG_MAXDIM];
    pg_index indices[PG_MAXDIM];
    for (int i = 0; i < ndim; i++) {
        int other = (int)random_between(0, i);
        axes[i] = axes[other];
        axes[other] = i;
    }
    for (int i = 0; i < ndim; i++) {
        int64_t n = (int64_t)shape[i], kind = random_between(n ? 0 : 2, 2);
        lengths[axes[i]] = 2 * shape[i];
        indices[i] = kind == 0 ? (pg_index){.first = n, .last = 1, .step = -1}
                     : kind == 1
                         ? (pg_index){.first = 1, .last = 2 * n - 1, .step = 2}
                         : (pg_index){.first = 1, .last = n, .step = 1};
        indices[i].kind = PG_INDEX_SLICE;
        indices[i].has_first = indices[i].has_last = true;
    }
    base = random_array(dtype, ndim, lengths, v);
    need(pg_permute_view(&permuted, &base, axes, ndim, &err), &err);
    need(pg_index_view(&view, &permuted, indices, ndim, &err), &err);
    pg_array_release(&permuted);
    pg_array_release(&base);
    return view;
}

/* The normal distribution's cumulative function. */
static long double cdf(double x)
{
    return erfcl(-(long double)x / sqrtl(2)) / 2;
}

double gelu(double x)
{
    return x == (double)-INFINITY ? -0.0 : (double)(x * cdf(x));
}

double gelu_derivative(double x)
{
    const long double density_at_0 = 0.398942280401432677939946L;
    long double density = density_at_0 * expl(-0.5L * x * x);
    return (double)(cdf(x) + (isinf(x) ? 0 : x * density));
}
