/* Reads and writes CSV files, and finds the labels of a column's values. */
#include <stdlib.h>
#include <string.h>

#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/call.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/interrupt.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/formats/csv.h"

/* --- options -------------------------------------------------------------- */

/* The option that is one character, or `otherwise` where it is absent. */
static char check_character(lua_State *L, int arg, const char *name,
                            char otherwise)
{
    l_option_push(L, arg, name);
    if (!lua_isnil(L, -1) &&
        (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) != 1))
        l_option_error(L, name, "one character of ASCII");
    char c = lua_isnil(L, -1) ? otherwise : *lua_tostring(L, -1);
    lua_pop(L, 1);
    return c;
}

static void check_characters(lua_State *L, int arg, pg_csv_options *options)
{
    pg_error err;
    options->delimiter = check_character(L, arg, "delimiter", ',');
    options->decimal = check_character(L, arg, "decimal", '.');
    if (pg_csv_check_options(options, &err) != PG_OK)
        l_error(L, "%s: %s", l_call_function(L)->name, err.message);
}

/* Raises for a key of the option missing, at `list`, that is no position of its
   n texts. */
static void check_positions(lua_State *L, int list, size_t n)
{
    for (lua_pushnil(L); lua_next(L, list); lua_pop(L, 1))
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1 ||
            (lua_Unsigned)lua_tointeger(L, -2) > n)
            l_error(L,
                    "%s: missing must be a list of texts, which count in all "
                    "columns, not a table with the key %s",
                    l_call_function(L)->name, l_tolstring(L, -2));
}

/* Pushes a table that keeps the texts of the option missing, and a userdata
   with their addresses. */
static void push_missing(lua_State *L, int arg, pg_csv_options *options)
{
    enum { COUNT = 2 };
    static const char *const usual[COUNT] = {"", "NA"};
    l_option_push(L, arg, "missing");
    if (!lua_isnil(L, -1) && !lua_istable(L, -1))
        l_option_error(L, "missing", "a list of texts");
    size_t n = lua_isnil(L, -1) ? COUNT : lua_rawlen(L, -1);
    if (!lua_isnil(L, -1))
        check_positions(L, lua_gettop(L), n);
    lua_newtable(L);
    pg_csv_text *texts = lua_newuserdatauv(L, n * sizeof *texts, 0);
    for (size_t i = 0; i < n; i++) {
        if (lua_isnil(L, -3))
            lua_pushstring(L, usual[i]);
        else if (lua_rawgeti(L, -3, (lua_Integer)i + 1) != LUA_TSTRING)
            l_option_error(L, "missing", "a list of texts");
        texts[i].text = lua_tolstring(L, -1, &texts[i].n);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    options->missing = texts;
    options->missing_count = n;
    lua_remove(L, -3);
}

/* --- read_csv ------------------------------------------------------------- */

/* A reader is userdata, and closed when its function ends. */
#define L_CSV_READER "perigee.csv_reader"

static int l_reader_close(lua_State *L)
{
    pg_csv_close(l_userdata_check(L, 1, L_CSV_READER));
    return 0;
}

static pg_csv *push_reader(lua_State *L)
{
    pg_csv *csv = lua_newuserdatauv(L, sizeof *csv, 0);
    memset(csv, 0, sizeof *csv);
    luaL_setmetatable(L, L_CSV_READER);
    lua_toclose(L, -1);
    return csv;
}

/* *column = the one that the name or position on top names; false for a name
   that there is not. */
static bool check_column(size_t *column, lua_State *L, const pg_csv *csv,
                         const char *path)
{
    size_t n;
    if (lua_isinteger(L, -1)) {
        lua_Integer position = lua_tointeger(L, -1);
        if (position < 1 || (lua_Unsigned)position > csv->column_count)
            l_error(L, "read_csv: kinds: %s has columns 1 to %I, not %I", path,
                    (LUAI_UACINT)csv->column_count, (LUAI_UACINT)position);
        *column = (size_t)position - 1;
        return true;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        l_error(L, "read_csv: kinds are given by the columns' names");
    const char *name = lua_tolstring(L, -1, &n);
    return pg_csv_find(column, csv, name, n);
}

/* Has the columns of the table at `kinds` read as it says; false for a name
   that no column has, which is on top then. */
static bool set_kinds(lua_State *L, int kinds, pg_csv *csv, const char *path)
{
    static const char *const names[] = {"number", "text", NULL};
    size_t column;
    if (lua_isnil(L, kinds))
        return true;
    for (lua_pushnil(L); lua_next(L, kinds); lua_pop(L, 1)) {
        int kind = lua_type(L, -1) == LUA_TSTRING
                       ? l_find_name(names, lua_tostring(L, -1))
                       : -1;
        lua_pushvalue(L, -2);
        if (!check_column(&column, L, csv, path))
            return false;
        if (csv->columns[column].is_expected)
            l_error(L, "read_csv: kinds: column %I comes twice",
                    (LUAI_UACINT)column + 1);
        if (kind < 0)
            l_error(L,
                    "read_csv: kinds: a column is 'number' or 'text', not %s",
                    l_tolstring(L, -2));
        lua_pop(L, 1);
        pg_csv_expect(csv, column, kind == 0);
    }
    return true;
}

/* Pushes a list of the columns: arrays, and lists that are still empty. */
static void push_columns(lua_State *L, pg_csv *csv)
{
    int rows = csv->rows < INT32_MAX ? (int)csv->rows : 0;
    lua_newtable(L);
    for (size_t i = 0; i < csv->column_count; i++) {
        if (csv->columns[i].kind == PG_CSV_TEXTS)
            lua_createtable(L, rows, 0);
        else {
            *l_array_push(L) = csv->columns[i].array;
            csv->columns[i].array = (pg_array){0};
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Fills the lists of texts in the list of columns. */
static void read_texts(lua_State *L, int columns, pg_csv *csv)
{
    pg_error err;
    const pg_csv_text *texts;
    size_t rows, first = 0;
    for (;; first += rows) {
        l_check(L, pg_csv_next_texts(&texts, &rows, csv, &err), &err);
        if (rows == 0)
            return;
        size_t all = 0, text = 0;
        for (size_t i = 0; i < csv->column_count; i++)
            all += csv->columns[i].kind == PG_CSV_TEXTS;
        for (size_t i = 0; i < csv->column_count; i++) {
            if (csv->columns[i].kind != PG_CSV_TEXTS)
                continue;
            lua_rawgeti(L, columns, (lua_Integer)i + 1);
            for (size_t row = 0; row < rows; row++) {
                const pg_csv_text *t = &texts[row * all + text];
                lua_pushlstring(L, t->text, t->n);
                lua_rawseti(L, -2, (lua_Integer)(first + row) + 1);
            }
            lua_pop(L, 1);
            text++;
        }
    }
}

/* Pushes a list of the columns' names; without a header, of the positions. */
static void push_names(lua_State *L, const pg_csv *csv)
{
    lua_newtable(L);
    for (size_t i = 0; i < csv->column_count; i++) {
        pg_csv_text name = csv->columns[i].name;
        if (csv->options.header)
            lua_pushlstring(L, name.text, name.n);
        else
            lua_pushfstring(L, "%I", (LUAI_UACINT)i + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* read_csv(path [, options]) -> names, columns; or nil, the name of a kind that
   no column has, names */
static int l_csv_read(lua_State *L)
{
    enum { PATH = 1, OPTIONS, KINDS, MISSING, TEXTS, READER, NAMES, COLUMNS };
    static const char *const option_names[] = {
        "header", "delimiter", "decimal", "missing",
        "kinds",  "max_bytes", NULL};
    pg_error err;
    pg_csv_options options = {0};
    lua_settop(L, OPTIONS);
    const char *path = l_path_check(L, PATH);
    l_options_check(L, OPTIONS, option_names);
    options.header = l_option_boolean(L, OPTIONS, "header", true);
    options.max_bytes = l_option_max_bytes(L, OPTIONS);
    check_characters(L, OPTIONS, &options);
    l_option_push(L, OPTIONS, "kinds");
    if (!lua_isnil(L, KINDS) && !lua_istable(L, KINDS))
        l_option_error(L, "kinds", "a table of columns' kinds");
    push_missing(L, OPTIONS, &options);
    pg_csv *csv = push_reader(L);
    l_check(L, pg_csv_open(csv, path, &options, &err), &err);
    if (!set_kinds(L, KINDS, csv, path)) {
        lua_pushnil(L);
        lua_insert(L, -2);
        push_names(L, csv);
        return 3;
    }
    push_names(L, csv);
    l_check(L, pg_csv_read_numbers(csv, &err), &err);
    push_columns(L, csv);
    read_texts(L, COLUMNS, csv);
    pg_csv_close(csv);
    l_collector_step(L);
    return 2;
}

/* --- write_csv ------------------------------------------------------------ */

#define L_CSV_WRITER "perigee.csv_writer"

static int l_csv_writer_close(lua_State *L)
{
    pg_csv_writer_discard(l_userdata_check(L, 1, L_CSV_WRITER));
    return 0;
}

static pg_csv_writer *push_writer(lua_State *L)
{
    pg_csv_writer *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    luaL_setmetatable(L, L_CSV_WRITER);
    lua_toclose(L, -1);
    return w;
}

/* Pushes a userdata with the texts of the list at arg. */
static const pg_csv_text *push_texts(lua_State *L, int arg, size_t n)
{
    pg_csv_text *texts = lua_newuserdatauv(L, n * sizeof *texts, 0);
    for (size_t i = 0; i < n; i++) {
        if (lua_rawgeti(L, arg, (lua_Integer)i + 1) != LUA_TSTRING)
            l_error(L, "write_csv: a column's name is a text, not a %s",
                    luaL_typename(L, -1));
        texts[i].text = lua_tolstring(L, -1, &texts[i].n);
        lua_pop(L, 1);
    }
    return texts;
}

/* Takes rows first .. first + rows - 1 of the list on top, of column i. */
static void take_texts(lua_State *L, pg_csv_text *texts, size_t i, size_t first,
                       size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        int type = lua_rawgeti(L, -1, (lua_Integer)(first + row) + 1);
        if (type != LUA_TSTRING)
            l_error(L,
                    "write_csv: row %I of column %I, a list of texts, is a %s",
                    (LUAI_UACINT)(first + row) + 1, (LUAI_UACINT)i + 1,
                    lua_typename(L, type));
        texts[row].text = lua_tolstring(L, -1, &texts[row].n);
        lua_pop(L, 1);
    }
}

/* The cells of the array at arg in column i, of a list's array or a matrix. */
static pg_csv_cells cells_of(lua_State *L, int arg, size_t i, size_t first,
                             size_t rows)
{
    const pg_array *a = l_array_check(L, arg);
    l_argument_check(L,
                     a->ndim >= 1 && a->ndim <= 2 &&
                         first + rows <= a->shape[0] &&
                         (a->ndim == 1 || i < a->shape[1]),
                     arg < 0 ? 3 : arg, "its arrays have other shapes");
    const char *data = (const char *)a->data + (ptrdiff_t)first * a->strides[0];
    if (a->ndim == 2)
        data += (ptrdiff_t)i * a->strides[1];
    return (pg_csv_cells){
        .dtype = a->dtype, .elements = data, .stride = a->strides[0]};
}

/* write_csv(path, names, columns, rows [, options]) -> true. columns is a list
   of arrays (rows) and lists of texts, or an array (rows) or (rows, n). */
static int l_csv_write(lua_State *L)
{
    enum { PATH = 1, NAMES, COLUMNS, ROWS, OPTIONS };
    enum { BLOCK = 1 << 16 }; /* cells that are written at a time */
    static const char *const option_names[] = {"delimiter", "decimal", NULL};
    pg_error err;
    pg_csv_options options = {0};
    lua_settop(L, OPTIONS);
    const char *path = l_path_check(L, PATH);
    l_type_check(L, NAMES, LUA_TTABLE);
    bool is_list = lua_istable(L, COLUMNS);
    if (!is_list)
        l_array_check(L, COLUMNS);
    size_t rows = l_count_check(L, ROWS, "rows");
    l_options_check(L, OPTIONS, option_names);
    check_characters(L, OPTIONS, &options);
    size_t count = lua_rawlen(L, NAMES);
    l_argument_check(L, count > 0, NAMES, "there are no columns");
    size_t most = BLOCK / count + 1;
    pg_csv_writer *w = push_writer(L);
    pg_csv_text *texts =
        lua_newuserdatauv(L, is_list ? count * most * sizeof *texts : 1, 0);
    pg_csv_cells *cells = lua_newuserdatauv(L, count * sizeof *cells, 0);
    const pg_csv_text *names = push_texts(L, NAMES, count);
    pg_status status = pg_csv_writer_open(w, path, &options, &err);
    if (status == PG_OK)
        status = pg_csv_write_names(w, names, count, &err);
    for (size_t first = 0; first < rows && status == PG_OK; first += most) {
        size_t n = pg_size_min(most, rows - first);
        for (size_t i = 0; i < count; i++) {
            if (!is_list) {
                cells[i] = cells_of(L, COLUMNS, i, first, n);
                continue;
            }
            if (lua_rawgeti(L, COLUMNS, (lua_Integer)i + 1) == LUA_TTABLE) {
                cells[i] = (pg_csv_cells){.texts = texts + i * most};
                take_texts(L, texts + i * most, i, first, n);
            } else
                cells[i] = cells_of(L, -1, 0, first, n);
            lua_pop(L, 1);
        }
        status = pg_csv_write_rows(w, cells, count, n, &err);
    }
    if (status == PG_OK)
        status = pg_csv_writer_commit(w, &err);
    if (status != PG_OK)
        pg_csv_writer_discard(w); /* a coroutine that fails closes nothing */
    l_check(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* --- labels --------------------------------------------------------------- */

enum { POLL = 1 << 16 }; /* rows between polls for interrupts */

/* Replaces the table on top, whose keys are texts, by a sorted list of them. */
static void sort_keys(lua_State *L)
{
    size_t n = 0;
    int keys = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, keys); lua_pop(L, 1))
        n++;
    lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
    pg_csv_text *texts = lua_newuserdatauv(L, n * sizeof *texts, 0);
    n = 0;
    for (lua_pushnil(L); lua_next(L, keys); lua_pop(L, 1), n++)
        texts[n].text = lua_tolstring(L, -2, &texts[n].n);
    qsort(texts, n, sizeof *texts, pg_csv_compare_texts);
    for (size_t i = 0; i < n; i++) {
        lua_pushlstring(L, texts[i].text, texts[i].n);
        lua_rawseti(L, keys + 1, (lua_Integer)i + 1);
    }
    lua_settop(L, keys + 1);
    lua_remove(L, keys);
}

/* distinct(texts) -> a sorted list of the texts in a list, each once */
static int l_csv_distinct(lua_State *L)
{
    l_type_check(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    size_t n = lua_rawlen(L, 1);
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        if (i % POLL == 0)
            l_check_interrupt(L);
        if (lua_rawgeti(L, 1, (lua_Integer)i + 1) != LUA_TSTRING)
            l_error(L, "labels: row %I is no text", (LUAI_UACINT)i + 1);
        lua_pushboolean(L, true);
        lua_rawset(L, 2);
    }
    sort_keys(L);
    return 1;
}

/* Pushes a table of the indices, from 0, of the values in the list at arg. */
static void push_indices(lua_State *L, int arg)
{
    size_t n = lua_rawlen(L, arg);
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        int type = lua_rawgeti(L, arg, (lua_Integer)i + 1);
        if (type != LUA_TSTRING &&
            (type != LUA_TNUMBER || lua_tonumber(L, -1) != lua_tonumber(L, -1)))
            l_error(L, "labels: class %I is neither text nor number",
                    (LUAI_UACINT)i + 1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) != LUA_TNIL)
            l_error(L, "labels: class '%s' comes twice", l_tolstring(L, -2));
        lua_pop(L, 1);
        lua_pushinteger(L, (lua_Integer)i);
        lua_rawset(L, -3);
    }
}

/* indices(column, values) -> int64 array: the index, from 0, of each value of a
   column, an array or a list of texts, among `values`; or nil and the position
   of the first that isn't among them */
static int l_csv_indices(lua_State *L)
{
    enum { COLUMN = 1, VALUES, INDICES, LABELS };
    pg_error err;
    lua_settop(L, VALUES);
    l_type_check(L, VALUES, LUA_TTABLE);
    bool is_list = lua_istable(L, COLUMN);
    if (!is_list)
        l_argument_check(L, l_array_check(L, COLUMN)->ndim == 1, COLUMN,
                         "a column is of rank 1");
    push_indices(L, VALUES);
    pg_array *labels = l_array_push(L);
    const pg_array *a = is_list ? NULL : l_array_check(L, COLUMN);
    size_t n = a ? a->shape[0] : lua_rawlen(L, COLUMN);
    l_check(L, pg_array_new(labels, PG_INT64, 1, &n, &err), &err);
    int64_t *out = labels->data;
    for (size_t i = 0; i < n; i++) { /* nothing here makes an object */
        if (i % POLL == 0)
            l_check_interrupt(L);
        if (a)
            l_scalar_push(L, pg_scalar_load((const char *)a->data +
                                                (ptrdiff_t)i * a->strides[0],
                                            a->dtype));
        else
            lua_rawgeti(L, COLUMN, (lua_Integer)i + 1);
        if (lua_isnil(L, -1) || lua_rawget(L, INDICES) == LUA_TNIL) {
            lua_pushnil(L);
            lua_pushinteger(L, (lua_Integer)i + 1);
            return 2;
        }
        out[i] = lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    l_collector_step(L);
    return 1;
}

static const l_function functions[] = {
    {"read_csv", l_csv_read, 0, 2, 0},
    {"write_csv", l_csv_write, 0, 5, 0},
    {"distinct", l_csv_distinct, 0, 1, 0},
    {"indices", l_csv_indices, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

static void add_class(lua_State *L, const char *name, lua_CFunction close)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
}

void l_open_csv(lua_State *L)
{
    add_class(L, L_CSV_READER, l_reader_close);
    add_class(L, L_CSV_WRITER, l_csv_writer_close);
    l_add_functions(L, functions, NULL);
}
