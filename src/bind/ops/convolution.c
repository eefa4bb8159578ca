/* Convolutions and pooling of images. */
#include "core/images/convolution.h"

#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "core/images/pooling.h"

static const char *const option_names[] = {"stride", "padding", NULL};

/* Reads the value on top, which is `name`: a number of pixels, or {down,
   across}; and pops it. */
static void read_pixels(lua_State *L, const char *name, size_t pixels[2])
{
    static const char expected[] = "a number of pixels or {down, across}";
    bool is_pair = lua_istable(L, -1);
    if (is_pair && luaL_len(L, -1) != 2)
        l_option_error(L, name, expected);
    for (int i = 0; i < 2; i++) {
        int is_integer;
        if (is_pair)
            lua_geti(L, -1, i + 1);
        else
            lua_pushvalue(L, -1);
        lua_Integer value = lua_tointegerx(L, -1, &is_integer);
        if (!is_integer || value < 0 || lua_type(L, -1) != LUA_TNUMBER)
            l_option_error(L, name, expected);
        pixels[i] = (size_t)value;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Reads stride, whose default is in the window, and padding. */
static void read_options(lua_State *L, int arg, pg_window *window)
{
    l_options_check(L, arg, option_names);
    l_option_push(L, arg, "stride");
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    else
        read_pixels(L, "stride", window->stride);
    l_option_push(L, arg, "padding");
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    else
        read_pixels(L, "padding", window->padding);
}

/* Reads a window of pooling: its size at `size`, and the options. */
static void read_window(lua_State *L, int size, int options, pg_window *window)
{
    *window = (pg_window){.padding = {0, 0}};
    l_argument_expect(L, !lua_isnoneornil(L, size), size, "size");
    lua_pushvalue(L, size);
    read_pixels(L, "size", window->size);
    window->stride[0] = window->size[0];
    window->stride[1] = window->size[1];
    read_options(L, options, window);
}

/* conv2d(images, kernels [, {stride = 1, padding = 0}]) */
static int l_array_conv2d(lua_State *L)
{
    enum { IMAGES = 1, KERNELS, OPTIONS };
    pg_error err;
    const pg_array *images, *kernels;
    pg_window window = {.stride = {1, 1}};
    lua_settop(L, OPTIONS);
    read_options(L, OPTIONS, &window);
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &images, IMAGES, &kernels, KERNELS);
    return l_array_return(L, pg_conv2d(out, images, kernels, &window, &err),
                          &err);
}

/* max_pool2d(images, size [, {stride = size, padding = 0}]), operation 0, and
   avg_pool2d, 1 */
static int l_array_pool2d(lua_State *L)
{
    enum { IMAGES = 1, SIZE, OPTIONS };
    pg_error err;
    pg_window window;
    lua_settop(L, OPTIONS);
    read_window(L, SIZE, OPTIONS, &window);
    pg_array *out = l_array_push(L);
    const pg_array *images = l_array_to(L, IMAGES);
    pg_status status = l_call_operation(L)
                           ? pg_avg_pool2d(out, images, &window, &err)
                           : pg_max_pool2d(out, images, &window, &err);
    return l_array_return(L, status, &err);
}

/* Reads the shape of four lengths at arg. */
static void check_shape(lua_State *L, int arg, size_t shape[PG_MAXDIM])
{
    int next;
    l_type_check(L, arg, LUA_TTABLE);
    int rank = l_shape_check(L, arg, shape, &next, false);
    if (rank != 4)
        l_error(L, "a shape of 4 lengths expected, found %d", rank);
}

/* conv2d_input_gradient(g, kernels, shape [, options]), operation 0, and
   conv2d_kernel_gradient(g, images, shape [, options]), 1 */
static int l_conv2d_gradient(lua_State *L)
{
    enum { G = 1, OTHER, SHAPE, OPTIONS };
    pg_error err;
    const pg_array *g, *other;
    size_t shape[PG_MAXDIM];
    pg_window window = {.stride = {1, 1}};
    lua_settop(L, OPTIONS);
    check_shape(L, SHAPE, shape);
    read_options(L, OPTIONS, &window);
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &g, G, &other, OTHER);
    pg_status status =
        l_call_operation(L)
            ? pg_conv2d_kernel_gradient(out, g, other, shape, &window, &err)
            : pg_conv2d_input_gradient(out, g, other, shape, &window, &err);
    return l_array_return(L, status, &err);
}

/* max_pool2d_positions(images, size [, options]), operation 0; operation 1 is
   max_pool2d_with_positions -> out, positions */
static int l_max_pool2d_positions(lua_State *L)
{
    enum { IMAGES = 1, SIZE, OPTIONS };
    pg_error err;
    pg_window window;
    lua_settop(L, OPTIONS);
    read_window(L, SIZE, OPTIONS, &window);
    pg_array *out = l_array_push(L), *positions = l_array_push(L);
    const pg_array *images = l_array_to(L, IMAGES);
    l_array_return(
        L, pg_max_pool2d_positions(out, positions, images, &window, &err),
        &err);
    return l_call_operation(L) ? 2 : 1;
}

/* pool_scatter(g, positions, shape) */
static int l_pool_scatter(lua_State *L)
{
    enum { G = 1, POSITIONS, SHAPE };
    pg_error err;
    const pg_array *g, *positions;
    size_t shape[PG_MAXDIM];
    check_shape(L, SHAPE, shape);
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &g, G, &positions, POSITIONS);
    return l_array_return(L, pg_pool_scatter(out, g, positions, shape, &err),
                          &err);
}

/* pool_gather(images, positions) */
static int l_pool_gather(lua_State *L)
{
    enum { IMAGES = 1, POSITIONS };
    pg_error err;
    const pg_array *images, *positions;
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &images, IMAGES, &positions, POSITIONS);
    return l_array_return(L, pg_pool_gather(out, images, positions, &err),
                          &err);
}

/* avg_pool2d_gradient(g, size, shape [, options]) */
static int l_avg_pool2d_gradient(lua_State *L)
{
    enum { G = 1, SIZE, SHAPE, OPTIONS };
    pg_error err;
    size_t shape[PG_MAXDIM];
    pg_window window;
    lua_settop(L, OPTIONS);
    check_shape(L, SHAPE, shape);
    read_window(L, SIZE, OPTIONS, &window);
    pg_array *out = l_array_push(L);
    const pg_array *g = l_array_to(L, G);
    return l_array_return(
        L, pg_avg_pool2d_gradient(out, g, shape, &window, &err), &err);
}

static const l_function functions[] = {
    {"conv2d", l_array_conv2d, 2, 3, 0},
    {"max_pool2d", l_array_pool2d, 1, 3, 0},
    {"avg_pool2d", l_array_pool2d, 1, 3, 1},
    {NULL, NULL, 0, 0, 0},
};

/* Called by the rules of gradients. */
static const l_function gradients[] = {
    {"conv2d_input_gradient", l_conv2d_gradient, 2, 4, 0},
    {"conv2d_kernel_gradient", l_conv2d_gradient, 2, 4, 1},
    {"max_pool2d_positions", l_max_pool2d_positions, 1, 3, 0},
    {"max_pool2d_with_positions", l_max_pool2d_positions, 1, 3, 1},
    {"pool_scatter", l_pool_scatter, 2, 3, 0},
    {"pool_gather", l_pool_gather, 2, 2, 0},
    {"avg_pool2d_gradient", l_avg_pool2d_gradient, 1, 4, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_convolution(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_add_functions(L, gradients, NULL);
}
