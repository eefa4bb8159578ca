/* The dictionary of an NPY header, a Python literal, and the dtypes in it. */

#include "formats/npy_dictionary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* --- Python literals ---------------------------------------------------------

   Each function reads at the position *at of the text; if it returns true, *at
   is behind the text that it has read. */

/* Skips spaces, newlines, comments, and backslashes that join lines. */
static void skip_space(const char **at)
{
    for (;;) {
        *at += strspn(*at, " \t\n\v\f\r");
        if (**at == '#')
            *at += strcspn(*at, "\n");
        else if (**at == '\\' && strchr("\r\n", (*at)[1]) && (*at)[1])
            ++*at;
        else
            return;
    }
}

static bool accept(const char **at, const char *token)
{
    skip_space(at);
    size_t n = strlen(token);
    if (strncmp(*at, token, n) != 0)
        return false;
    *at += n;
    return true;
}

/* One of the words True and False. */
static bool read_bool(const char **at, bool *value)
{
    *value = accept(at, "True");
    return *value || accept(at, "False");
}

/* 12, and Python 2's 12L; 012 was octal, and is none now */
static bool read_length(const char **at, size_t *length)
{
    skip_space(at);
    if (**at < '0' || **at > '9')
        return false;
    char *end, first = **at;
    errno = 0;
    unsigned long long value = strtoull(*at, &end, 10);
    *length = (size_t)value;
    *at = end;
    accept(at, "L");
    return errno == 0 && value <= PTRDIFF_MAX && (first != '0' || value == 0);
}

/* (), (3,), (3, 4) */
static bool read_shape(const char **at, pg_npy_header *h)
{
    h->ndim = 0;
    if (!accept(at, "("))
        return false;
    while (!accept(at, ")")) {
        if (h->ndim == PG_MAXDIM || !read_length(at, &h->shape[h->ndim++]))
            return false;
        if (!accept(at, ",") && (h->ndim == 1 || **at != ')'))
            return false;
    }
    return true;
}

/* The value of n hexadecimal digits; -1 if there are fewer. */
static int read_hex(const char *at, int n)
{
    int value = 0;
    for (; n > 0; n--, at++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *digit = *at ? strchr(digits, *at) : NULL;
        if (!digit)
            return -1;
        int which = (int)(digit - digits);
        value = value * 16 + (which < 16 ? which : which - 6);
    }
    return value;
}

/* The character of the escape behind a backslash at *at; -1 for one that no
   dtype needs. */
static int read_escape(const char **at)
{
    char kind = **at;
    if (!kind)
        return -1;
    ++*at;
    if (kind == '\'' || kind == '"' || kind == '\\')
        return kind;
    int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 0;
    int value = digits ? read_hex(*at, digits) : -1;
    *at += value >= 0 ? digits : 0;
    return value > 0 && value < 0x80 ? value : -1;
}

/* Reads 'abc', "abc", '''abc''' and their like with u or r before them, behind
   the *used characters of out. */
static bool read_part(const char **at, char *out, size_t room, size_t *used)
{
    bool raw = **at == 'r' || **at == 'R';
    if (raw || **at == 'u' || **at == 'U')
        ++*at;
    char quote = **at;
    if (quote != '\'' && quote != '"')
        return false;
    char end[4] = {quote, quote, quote, '\0'};
    if (strncmp(*at, end, 3) != 0)
        end[1] = '\0';
    *at += strlen(end);
    while (strncmp(*at, end, strlen(end)) != 0) {
        int c = (unsigned char)**at;
        if (c == 0)
            return false;
        ++*at;
        if (c == '\\')
            c = raw ? -1 : read_escape(at);
        if (c < 0 || *used + 1 >= room)
            return false;
        out[(*used)++] = (char)c;
    }
    *at += strlen(end);
    return true;
}

/* Reads a string, or several beside each other, which Python joins. */
static bool read_string(const char **at, char *out, size_t room)
{
    size_t used = 0;
    skip_space(at);
    do {
        if (!read_part(at, out, room, &used))
            return false;
        skip_space(at);
    } while (**at && strchr("'\"uUrR", **at));
    out[used] = '\0';
    return true;
}

/* --- dtypes --------------------------------------------------------------- */

typedef struct spelling {
    const char *name, *descr; /* two characters: kind and bytes */
} spelling;

/* The letters and names of numpy.dtype, on a system whose long has 64 bits. */
static const spelling LETTERS[] = {
    {"?", "b1"}, {"b", "i1"}, {"B", "u1"}, {"h", "i2"},  {"H", "u2"},
    {"i", "i4"}, {"I", "u4"}, {"l", "i8"}, {"L", "u8"},  {"q", "i8"},
    {"Q", "u8"}, {"p", "i8"}, {"P", "u8"}, {"n", "i8"},  {"N", "u8"},
    {"e", "f2"}, {"f", "f4"}, {"d", "f8"}, {NULL, NULL},
};

static const spelling NAMES[] = {
    {"bool", "b1"},      {"bool_", "b1"},    {"bool8", "b1"},
    {"int8", "i1"},      {"int16", "i2"},    {"int32", "i4"},
    {"int64", "i8"},     {"uint8", "u1"},    {"uint16", "u2"},
    {"uint32", "u4"},    {"uint64", "u8"},   {"float16", "f2"},
    {"float32", "f4"},   {"float64", "f8"},  {"byte", "i1"},
    {"short", "i2"},     {"intc", "i4"},     {"int", "i8"},
    {"int_", "i8"},      {"int0", "i8"},     {"intp", "i8"},
    {"long", "i8"},      {"longlong", "i8"}, {"ubyte", "u1"},
    {"ushort", "u2"},    {"uintc", "u4"},    {"uint", "u8"},
    {"uint0", "u8"},     {"uintp", "u8"},    {"ulong", "u8"},
    {"ulonglong", "u8"}, {"half", "f2"},     {"single", "f4"},
    {"double", "f8"},    {"float", "f8"},    {"float_", "f8"},
    {NULL, NULL},
};

/* The kind and bytes that a spelling stands for; text itself for another. */
static const char *translate(const spelling *list, const char *text)
{
    for (; list->name; list++)
        if (strcmp(list->name, text) == 0)
            return list->descr;
    return text;
}

static bool has_order(const char *descr)
{
    return *descr && strchr("<>|=", *descr);
}

static bool parse_descr(pg_npy_header *h, const char *descr)
{
    const char *form = translate(NAMES, descr);
    h->is_swapped =
        *descr == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
    if (form == descr)
        form = translate(LETTERS, descr + has_order(descr));
    PG_EXPECT_FLOATS(2); /* float16 is read as float32 */
    h->is_half = strcmp(form, "f2") == 0;
    h->dtype = PG_FLOAT32;
    for (int d = 0; d < PG_DTYPE_COUNT; d++)
        if (strcmp(form, pg_dtype_descr((pg_dtype)d) + 1) == 0) {
            h->dtype = (pg_dtype)d;
            return true;
        }
    return h->is_half;
}

/* The length of the value at the start of text: up to the closing quote of a
   string, else up to the first comma outside of brackets. */
static size_t value_length(const char *text)
{
    size_t n = strspn(text, "uUrR");
    if (text[n] == '\'' || text[n] == '"')
        return n + strcspn(text + n + 1, text[n] == '"' ? "\"" : "'") + 2;
    n = 0;
    for (int depth = 0; text[n] && (depth > 0 || !strchr(",}", text[n])); n++) {
        depth += text[n] == '[' || text[n] == '(';
        depth -= text[n] == ']' || text[n] == ')';
    }
    return n;
}

/* The end of a message about a dtype that is not read: the NumPy expression
   that makes one that is. */
static const char *dtype_hint(const char *descr)
{
    switch (descr[has_order(descr)]) {
    case 'U':
    case 'S':
    case 'a':
        return "; names, labels = np.unique(texts, return_inverse=True) makes "
               "labels from 0 of texts";
    case 'O':
        return "; a.astype(float) makes numbers of Python objects that are "
               "some";
    case 'c':
    case 'F':
    case 'D':
        return "; a.real and a.imag are float arrays";
    case 'M':
    case 'm':
        return "; a.astype(np.int64) makes integers of times";
    case 'V':
    case '[':
        return "; a['name'] is one field of a structured array";
    case 'g':
    case 'f':
        return "; a.astype(np.float64) makes it one of them";
    default:
        return "";
    }
}

static pg_status read_descr(const char **at, pg_npy_header *h, const char *name,
                            pg_error *err)
{
    char descr[64] = "";
    skip_space(at);
    const char *value = *at; /* it may be a list of fields */
    if (read_string(at, descr, sizeof descr) && parse_descr(h, descr))
        return PG_OK;
    size_t shown = pg_size_min(value_length(value), strlen(value));
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: arrays of dtype %.*s are not read (bool, "
                   "integers, float16, float32 and float64 are)%s",
                   name, (int)pg_size_min(shown, 200), value,
                   dtype_hint(*value == '[' ? value : descr));
}

/* --- the dictionary ------------------------------------------------------- */

pg_status pg_npy_parse_dictionary(pg_npy_header *h, const char *text,
                                  size_t length, const char *name,
                                  pg_error *err)
{
    enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
    const char *at = text;
    int seen = 0;
    bool good = accept(&at, "{");
    while (good && !accept(&at, "}")) {
        char key[32];
        good = read_string(&at, key, sizeof key) && accept(&at, ":");
        if (good && strcmp(key, "descr") == 0) {
            pg_status status = read_descr(&at, h, name, err);
            if (status != PG_OK)
                return status;
            seen |= DESCR;
        } else if (good && strcmp(key, "fortran_order") == 0) {
            good = read_bool(&at, &h->fortran_order);
            seen |= ORDER;
        } else if (good && strcmp(key, "shape") == 0) {
            good = read_shape(&at, h);
            seen |= SHAPE;
        } else {
            good = false;
        }
        good = good && (accept(&at, ",") || *at == '}');
    }
    if (good)
        skip_space(&at);
    if (good && at == text + length && seen == (DESCR | ORDER | SHAPE))
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: an NPY header with 'descr', 'fortran_order' and "
                   "'shape' (rank at most %d) was expected, found: %.200s",
                   name, PG_MAXDIM, text);
}
