/* printf in the C locale. */

#include "base/text.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

int pg_vtext(char *out, size_t room, const char *format, va_list args)
{
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = c_locale ? uselocale(c_locale) : (locale_t)0;
    int length = vsnprintf(out, room, format, args);
    /* printf writes the sign bit of a NaN. */
    for (char *at = out; room > 0 && (at = strstr(at, "-nan")) != NULL;)
        memmove(at, at + 1, strlen(at));
    if (c_locale) {
        uselocale(before);
        freelocale(c_locale);
    }
    return length;
}

int pg_text(char *out, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = pg_vtext(out, room, format, args);
    va_end(args);
    return length;
}
