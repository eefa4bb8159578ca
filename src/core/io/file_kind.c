/* The signatures of files, and guesses of the kind of a text. */

#include "io/file_kind.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The bytes at an offset in files of one kind. */
typedef struct signature {
    size_t at, length;
    const char *bytes, *kind;
} signature;

/* Length and bytes of a literal, which may contain zeros. A 7 or an E behind a
   hexadecimal escape would belong to it, so it is \x37 or \x45. */
#define BYTES(text) sizeof(text) - 1, text

static const signature signatures[] = {
    {0, BYTES("\x93NUMPY"), "an NPY array"},
    {0, BYTES("PK\3\4"), "a ZIP archive"},
    {0, BYTES("\x80\2"), "a Python pickle"},
    {0, BYTES("\x80\3"), "a Python pickle"},
    {0, BYTES("\x80\4\x95"), "a Python pickle"},
    {0, BYTES("\x80\5\x95"), "a Python pickle"},
    {0, BYTES("(dp0\n"), "a Python pickle"},
    {0, BYTES("(lp0\n"), "a Python pickle"},
    {0, BYTES("cnumpy"), "a Python pickle"},
    {0, BYTES("\x1f\x8b"), "a gzip file (gunzip unpacks it)"},
    {0, BYTES("BZh"), "a bzip2 file (bunzip2 unpacks it)"},
    {0, BYTES("\xfd\x37zXZ\0"), "an xz file (unxz unpacks it)"},
    {0, BYTES("\x28\xb5\x2f\xfd"), "a zstd file (unzstd unpacks it)"},
    {0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7-Zip archive"},
    {257, BYTES("ustar"), "a tar archive"},
    {0, BYTES("\x89HDF\r\n\x1a\n"), "an HDF5 file"},
    {0, BYTES("MATLAB 5.0"), "a MATLAB file"},
    {0, BYTES("PAR1"), "a Parquet file"},
    {0, BYTES("ARROW1"), "an Arrow file"},
    {0, BYTES("SQLite format 3"), "an SQLite database"},
    {8, BYTES("{\""), "a safetensors file"},
    {0, BYTES("\0\0\x08\1"), "an IDX file of labels"},
    {0, BYTES("\0\0\x08\3"), "an IDX file of pictures"},
    {0, BYTES("\x89PNG\r\n\x1a\n"), "a PNG picture"},
    {0, BYTES("\xff\xd8\xff"), "a JPEG picture"},
    {0, BYTES("GIF8"), "a GIF picture"},
    {0, BYTES("BM"), "a BMP picture"},
    {0, BYTES("II*\0"), "a TIFF picture"},
    {0, BYTES("MM\0*"), "a TIFF picture"},
    {0, BYTES("RIFF"), "a RIFF file (sound, video or WebP)"},
    {0, BYTES("%PDF"), "a PDF document"},
    {0, BYTES("\x7f\x45LF"), "a program"},
    {0, BYTES("version https://git-lfs"),
     "a pointer of Git LFS (git lfs pull fetches the file)"},
    {0, BYTES("\xff\xfe"), "text in UTF-16"},
    {0, BYTES("\xfe\xff"), "text in UTF-16"},
};

/* --- text ----------------------------------------------------------------- */

/* isspace in the C locale. */
static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool has_word(const unsigned char *text, size_t n, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= n; i++)
        if (strncasecmp((const char *)text + i, word, length) == 0)
            return true;
    return false;
}

static const char *kind_of_text(const unsigned char *text, size_t n)
{
    const unsigned char *end = memchr(text, '\n', n);
    size_t line = end ? (size_t)(end - text) : n;
    if (n > 0 && *text == '<')
        return has_word(text, n, "<html") || has_word(text, n, "<!doctype html")
                   ? "an HTML page"
                   : "an XML file";
    if (n > 0 && (*text == '{' || *text == '['))
        return "a JSON file";
    if (memchr(text, ',', line) || memchr(text, ';', line))
        return "a CSV file";
    return memchr(text, '\t', line) ? "a file of columns between tabs"
                                    : "a text file";
}

const char *pg_file_kind(const unsigned char *first, size_t n)
{
    static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark */
    if (n == 0)
        return "an empty file";
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const signature *s = &signatures[i];
        if (n >= s->at + s->length &&
            memcmp(first + s->at, s->bytes, s->length) == 0)
            return s->kind;
    }
    for (size_t i = 0; i < n; i++)
        if ((first[i] < ' ' && !is_space(first[i])) || first[i] == 0x7f)
            return NULL; /* not text */
    size_t skipped = n >= 3 && memcmp(first, mark, 3) == 0 ? 3 : 0;
    while (skipped < n && is_space(first[skipped]))
        skipped++;
    return kind_of_text(first + skipped, n - skipped);
}

const char *pg_file_reader(char text[PG_READER_TEXT], const char *kind)
{
    static const struct {
        const char *kind, *function;
    } readers[] = {
        {"an NPY array", "pg.load"},
        {"a ZIP archive", "pg.load"},
        {"an IDX file of labels", "pg.load"},
        {"an IDX file of pictures", "pg.load"},
        {"a PNG picture", "pg.load_png"},
        {"a CSV file", "pg.read_csv"},
        {"a file of columns between tabs", "pg.read_csv"},
    };
    *text = '\0';
    for (size_t i = 0; kind && i < sizeof readers / sizeof *readers; i++)
        if (strcmp(kind, readers[i].kind) == 0)
            snprintf(text, PG_READER_TEXT, " (%s reads it)",
                     readers[i].function);
    return text;
}
