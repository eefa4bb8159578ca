/*
 * open.h -- the open function of each part of the module.
 *
 * They are in the order in which module.c calls them. Each adds its functions
 * to the module's table, which is on top of the stack.
 */
#ifndef PG_BIND_OPEN_H
#define PG_BIND_OPEN_H

#include <lua.h>

void l_open_interrupt(lua_State *L); /* before the first function is added */
void l_open_shape(lua_State *L);
void l_open_array(lua_State *L); /* before the first array method is added */
void l_open_nested_table(lua_State *L);
void l_open_index(lua_State *L);
void l_open_views(lua_State *L);
void l_open_repeat(lua_State *L);
void l_open_checksum(lua_State *L);
void l_open_create(lua_State *L);
void l_open_elementwise(lua_State *L);
void l_open_reduce(lua_State *L);
void l_open_sort(lua_State *L);
void l_open_statistics(lua_State *L);
void l_open_standardise(lua_State *L);
void l_open_select(lua_State *L);
void l_open_linalg(lua_State *L);
void l_open_lapack(lua_State *L);
void l_open_convolution(lua_State *L);
void l_open_softmax(lua_State *L);
void l_open_dropout(lua_State *L);
void l_open_backward(lua_State *L);
void l_open_random(lua_State *L);
void l_open_random_state(lua_State *L);
void l_open_split(lua_State *L);
void l_open_archive(lua_State *L);
void l_open_load(lua_State *L);
void l_open_file(lua_State *L);
void l_open_png(lua_State *L);
void l_open_png_folder(lua_State *L);
void l_open_csv(lua_State *L);
void l_open_initialization(lua_State *L);
void l_open_notebook(lua_State *L);
void l_open_descent(lua_State *L);
void l_open_trainer(lua_State *L);
void l_open_comm(lua_State *L);
void l_open_runtime(lua_State *L);
void l_open_process(lua_State *L);
void l_open_user_call(lua_State *L);
void l_open_tracer(lua_State *L);
void l_open_memory(lua_State *L);

#endif
