/* Mutations of NPY files: of any bytes, of the dictionary's words, and whole
   new files whose lengths agree. */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "mutator.h"

enum { MAGIC = 6, LONGEST_TEXT = 512 };

#define PICK(list) (list)[mutator_random(sizeof(list) / sizeof *(list))]

typedef struct text {
    char bytes[LONGEST_TEXT];
    size_t n;
} text;

static void add(text *t, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof t->bytes - t->n;
    va_start(arguments, format);
    int n = vsnprintf(t->bytes + t->n, room, format, arguments);
    va_end(arguments);
    t->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void add_descr(text *t, size_t *size)
{
    static const char *const names[] = {
        "float64", "single", "int8", "bool", "half", "uint16",
        "d",       "?",      "l",    "e",    "B",    "longlong"};
    static const char *const orders[] = {"<", ">", "|", "=", "", "<"};
    static const char *const refused[] = {"'<U3'",
                                          "'|S4'",
                                          "'<c16'",
                                          "'|O'",
                                          "'<M8[us]'",
                                          "'|V7'",
                                          "[('x', '<f8'), ('y', '<i4', (2,))]",
                                          "('<f8', (2,))",
                                          "{}",
                                          "'<f16'",
                                          "None"};
    static const size_t sizes[] = {1, 2, 4, 8};
    const char *quote = mutator_random(4) ? "'" : "\"";
    const char *prefix = mutator_random(8) ? "" : mutator_random(2) ? "u" : "b";
    size_t kind = mutator_random(12);
    *size = PICK(sizes);
    if (kind == 0)
        add(t, "%s", PICK(refused));
    else if (kind < 3)
        add(t, "%s%s%s%s", prefix, quote, PICK(names), quote);
    else
        add(t, "%s%s%s%c%zu%s", prefix, quote, PICK(orders),
            "fiub"[mutator_random(4)], *size, quote);
}

/* A shape, which multiplies *bytes by its lengths. */
static void add_shape(text *t, size_t *bytes)
{
    static const char *const lengths[] = {"1", "2", "3", "5", "0", "1"};
    static const char *const large[] = {
        "65536", "4294967296", "1L",
        "+1",    "-1",         "9223372036854775807",
        "0x1",   "1.0",        "18446744073709551616",
        "01"};
    size_t ndim = mutator_random(mutator_random(8) ? 4 : 10);
    add(t, "(");
    for (size_t i = 0; i < ndim; i++) {
        const char *length = PICK(lengths);
        *bytes *= (size_t)(*length - '0');
        add(t, "%s%s%s", mutator_random(30) ? length : PICK(large),
            i + 1 < ndim || ndim == 1 || !mutator_random(4) ? "," : "",
            mutator_random(4) ? " " : "");
    }
    add(t, ")");
}

static void add_dictionary(text *t, size_t *bytes)
{
    static const char *const separators[] = {", ", ", ",   ", ",
                                             ",",  " ,\n", ",, "};
    static const char *const orders[] = {"False", "False", "False",
                                         "True",  "True",  "1"};
    size_t first = mutator_random(3), size = 1, count = 1;
    const char *quote = mutator_random(4) ? "'" : "\"";
    add(t, "{");
    for (size_t i = 0; i < 3; i++) {
        switch ((first + i) % 3) {
        case 0:
            add(t, "%sdescr%s: ", quote, quote);
            add_descr(t, &size);
            break;
        case 1:
            add(t, "%sfortran_order%s:%s", quote, quote, PICK(orders));
            break;
        default:
            add(t, "%sshape%s: ", quote, quote);
            add_shape(t, &count);
        }
        if (i < 2 || mutator_random(4))
            add(t, "%s", PICK(separators));
    }
    add(t, "}");
    *bytes = size * count;
}

/* Writes a file whose dictionary is t, padded to `align` bytes, with `bytes`
   bytes of elements; returns its length, 0 if that is more than room. */
static size_t write_file(uint8_t *data, size_t room, const text *t,
                         size_t bytes, size_t align)
{
    unsigned version = 1 + (unsigned)mutator_random(3);
    size_t preamble = version == 1 ? MAGIC + 4 : MAGIC + 6;
    size_t header = (preamble + t->n + 1 + align - 1) / align * align;
    if (header > room || bytes > room - header)
        return 0;
    memcpy(data, "\x93NUMPY", MAGIC);
    data[MAGIC] = (uint8_t)version;
    data[MAGIC + 1] = 0;
    pg_bytes_put(data + MAGIC + 2, header - preamble, version == 1 ? 2 : 4);
    memcpy(data + preamble, t->bytes, t->n);
    memset(data + preamble + t->n, ' ', header - preamble - t->n);
    data[header - 1] = '\n';
    for (size_t i = 0; i < bytes; i++)
        data[header + i] = (uint8_t)mutator_random(256);
    return header + bytes;
}

/* Adds bytes behind the elements, or takes some away. */
static size_t change_length(uint8_t *data, size_t n, size_t room)
{
    size_t count = 1 + mutator_random(16);
    if (mutator_random(2))
        return n > count ? n - count : n;
    if (count > room - n)
        return n;
    memset(data + n, 0, count);
    return n + count;
}

/* Replaces a byte of the header by one that the dictionary's syntax has. */
static void change_syntax(uint8_t *data, size_t n)
{
    static const char syntax[] = "{}()[],:'\" \n<>|=0123456789bfiuLTF\\#";
    if (n > MAGIC)
        data[MAGIC + mutator_random(n < 128 ? n - MAGIC : 128 - MAGIC)] =
            (uint8_t)syntax[mutator_random(sizeof syntax - 1)];
}

size_t mutate_npy(uint8_t *data, size_t n, size_t room)
{
    static const size_t alignments[] = {64, 16, 1};
    text t = {.n = 0};
    size_t bytes, made;
    switch (mutator_random(6)) {
    case 0:
        add_dictionary(&t, &bytes);
        made = write_file(data, room, &t, bytes, PICK(alignments));
        return made ? made : n;
    case 1:
        change_syntax(data, n);
        return n;
    case 2:
        return change_length(data, n, room);
    default:
        return LLVMFuzzerMutate(data, n, room);
    }
}
