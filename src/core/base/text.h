/*
 * text.h -- printf with a decimal point in every locale.
 */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* snprintf and vsnprintf in the C locale; a NaN has no sign. */
int pg_text(char *out, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int pg_vtext(char *out, size_t room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
