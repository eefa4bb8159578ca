/* Random splits of rows, for the library's pg.split. */
#include "bind/array/array.h"
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "bind/ops/random.h"
#include "core/statistics/split.h"

/* split_rows(all, train, test [, labels [, random]]) -> the positions for
   training and for testing */
static int l_split_rows(lua_State *L)
{
    enum { ALL = 1, TRAIN, TEST, LABELS, RANDOM, TRAINED, TESTED };
    pg_error err;
    lua_settop(L, RANDOM);
    pg_split_sizes sizes = {.all = l_count_check(L, ALL, "all"),
                            .train = l_count_check(L, TRAIN, "train"),
                            .test = l_count_check(L, TEST, "test")};
    pg_random *g = l_random_opt(L, RANDOM);
    if (!lua_isnil(L, LABELS))
        l_array_to(L, LABELS);
    pg_array *train = l_array_push(L);
    pg_array *test = l_array_push(L);
    pg_status status =
        lua_isnil(L, LABELS)
            ? pg_split(train, test, &sizes, g, &err)
            : pg_split_stratified(train, test, &sizes, l_array_check(L, LABELS),
                                  g, &err);
    l_check(L, status, &err);
    return 2;
}

static const l_function functions[] = {
    {"split_rows", l_split_rows, 0, 5, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_split(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
