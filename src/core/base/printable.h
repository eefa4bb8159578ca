/*
 * printable.h -- UTF-8, and text without characters that a terminal would obey.
 *
 * Messages quote names from other people's files and scripts. Not printable
 * are the control characters of ASCII and Unicode (U+0080 to U+009F), line
 * separators, marks that change the direction of writing or hide text, and
 * bytes that are not UTF-8, which a terminal may take for such characters.
 *
 * The core and the host, which do not link each other, both use it: so it is
 * inline.
 */
#ifndef PG_PRINTABLE_H
#define PG_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The code point at the start of a zero-terminated text, and its length in
   bytes; -1 and 1 if it is not valid UTF-8. */
static inline long pg_code_point(const char *text, size_t *length)
{
    static const long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
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
    if (code < smallest[n] || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000))
        return -1;
    *length = n;
    return code;
}

/* True if text begins with a printable character; *length is its bytes. */
static inline bool pg_is_printable(const char *text, size_t *length)
{
    long code = pg_code_point(text, length);
    return code >= ' ' && (code < 0x7f || code > 0x9f) && code != 0x200e &&
           code != 0x200f && (code < 0x2028 || code > 0x202e) &&
           (code < 0x2066 || code > 0x206f) && code != 0x61c &&
           (code < 0xfff9 || code > 0xfffb);
}

/* Replaces each character that is not printable by a question mark, in place,
   except for those in `kept`. */
static inline void pg_make_printable(char *text, const char *kept)
{
    char *out = text;
    for (size_t n; *text; text += n) {
        if (pg_is_printable(text, &n) || strchr(kept, *text)) {
            memmove(out, text, n);
            out += n;
        } else {
            *out++ = '?';
        }
    }
    *out = '\0';
}

#endif
