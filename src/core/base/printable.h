/*
 * printable.h -- text in which nothing is left that a terminal would obey.
 *
 * Names and values come from files and scripts of others. Not printable are the
 * control characters of ASCII and of Unicode (U+0080 to U+009F), line
 * separators, marks that turn the direction of writing or hide text, and bytes
 * that are no UTF-8: a terminal may take them for such characters.
 */
#ifndef PG_PRINTABLE_H
#define PG_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The code point at `text`, which ends with a zero byte, and its length in
   bytes; -1 and 1 where there is no valid UTF-8. */
static inline long pg_code_point(const char *text, size_t *length)
{
    static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = bytes[0] < 0x80                       ? 1
               : bytes[0] >= 0xc2 && bytes[0] < 0xe0 ? 2
               : bytes[0] >= 0xe0 && bytes[0] < 0xf0 ? 3
               : bytes[0] >= 0xf0 && bytes[0] < 0xf5 ? 4
                                                     : 0;
    *length = 1;
    if (n <= 1)
        return n == 1 ? bytes[0] : -1;
    long code = bytes[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return -1;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return -1;
    *length = n;
    return code;
}

/* True for a printable character at `text`; its length in bytes. */
static inline bool pg_is_printable(const char *text, size_t *length)
{
    long code = pg_code_point(text, length);
    return code >= ' ' && (code < 0x7f || code > 0x9f) && code != 0x200e &&
           code != 0x200f && (code < 0x2028 || code > 0x202e) &&
           (code < 0x2066 || code > 0x206f) && code != 0x61c &&
           (code < 0xfff9 || code > 0xfffb);
}

/* Puts a question mark in the place of each character that is not printable,
   in place; those that `kept` lists stay. */
static inline void pg_make_printable(char *text, const char *kept)
{
    char *out = text;
    for (size_t n; *text; text += n) {
        bool stays = pg_is_printable(text, &n);
        for (const char *c = kept; *c; c++)
            stays = stays || *text == *c;
        if (!stays)
            *out++ = '?';
        for (size_t i = 0; stays && i < n; i++)
            *out++ = text[i];
    }
    *out = '\0';
}

#endif
