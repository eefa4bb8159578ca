/*
 * each_dtype.h -- includes the template file PG_TEMPLATE once for each dtype.
 *
 * A template is code that is compiled for each dtype, as a long macro would be,
 * but that a debugger can step through. It uses
 *
 *   NAMED(f)  a name of the dtype's own: f_INT8
 *   DTYPE     the dtype: PG_INT8
 *   T         its C type: int8_t
 *   KIND      its kind: 'i'
 *
 * The list is PG_DTYPES (dtype.h); the preprocessor can include no file from
 * within a macro. No include guard: it is included for each template.
 */
#include "array/dtype.h"

#ifndef NAMED
#define PG_PASTE(a, b) a##b
#define PG_PASTE_EXPANDED(a, b) PG_PASTE(a, b)
#define NAMED(f) PG_PASTE_EXPANDED(f##_, NAME)
#define DTYPE PG_PASTE_EXPANDED(PG_, NAME)
#endif

#ifdef PG_TEMPLATE

PG_EXPECT_DTYPES(11);

#define NAME BOOL
#define T bool
#define KIND 'b'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME INT8
#define T int8_t
#define KIND 'i'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME INT16
#define T int16_t
#define KIND 'i'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME INT32
#define T int32_t
#define KIND 'i'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME INT64
#define T int64_t
#define KIND 'i'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME UINT8
#define T uint8_t
#define KIND 'u'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME UINT16
#define T uint16_t
#define KIND 'u'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME UINT32
#define T uint32_t
#define KIND 'u'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME UINT64
#define T uint64_t
#define KIND 'u'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME FLOAT32
#define T float
#define KIND 'f'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#define NAME FLOAT64
#define T double
#define KIND 'f'
#include PG_TEMPLATE
#undef NAME
#undef T
#undef KIND

#undef PG_TEMPLATE
#endif
