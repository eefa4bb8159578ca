/* Pictures in a folder for each class, listed first, then read on several
   threads. */

#include "formats/png_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "formats/png.h"

enum { LONGEST_PATH = 4096 };

/* --- the list ------------------------------------------------------------- */

/* Counts a name that is left out: "class/name", or "name". */
static void leave_out(pg_png_folder *f, const char *class, const char *name)
{
    if (f->others++ == 0)
        snprintf(f->first_other, sizeof f->first_other, "%s%s%s",
                 class ? class : "", class ? "/" : "", name);
}

/* Writes "folder/a" or "folder/a/b". */
static pg_status join(char *path, const char *folder, const char *a,
                      const char *b, pg_error *err)
{
    int n = snprintf(path, LONGEST_PATH, "%s/%s%s%s", folder, a, b ? "/" : "",
                     b ? b : "");
    if (n < 0 || n >= LONGEST_PATH)
        return pg_fail(err, PG_EIO, "%.600s: the path is too long", folder);
    return PG_OK;
}

static bool is_picture(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".png") == 0;
}

/* Tells if there is a folder at path. A link that leads nowhere is none; any
   other failure is an error, as a missing class would be a silent one. */
static pg_status is_folder(bool *is, const char *path, pg_error *err)
{
    struct stat info;
    int result;
    PG_RETRY(result, stat(path, &info));
    *is = result == 0 && S_ISDIR(info.st_mode);
    return result == 0 || errno == ENOENT || errno == ELOOP || errno == ENOTDIR
               ? PG_OK
               : pg_fail_system(err, path);
}

/* Moves the names that pass to the front of the list, in their order. */
static pg_status find_classes(pg_png_folder *f, pg_error *err)
{
    char path[LONGEST_PATH];
    bool is = false;
    for (size_t i = 0; i < f->classes.count; i++) {
        const char *name = f->classes.names[i];
        pg_status status = join(path, f->path, name, NULL, err);
        if (status == PG_OK)
            status = is_folder(&is, path, err);
        if (status != PG_OK)
            return status;
        if (is)
            f->classes.names[f->count++] = name;
        else
            leave_out(f, NULL, name);
    }
    if (f->count > 0)
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: a folder for each class was expected, and there is "
                   "none",
                   f->path);
}

/* Lists the pictures of a class. */
static pg_status list_class(pg_png_folder *f, size_t class, pg_error *err)
{
    char path[LONGEST_PATH];
    const char *name = f->classes.names[class];
    pg_name_list *list = &f->files[class];
    size_t count = 0;
    pg_status status = join(path, f->path, name, NULL, err);
    if (status == PG_OK)
        status = pg_name_list_read(list, path, err);
    if (status != PG_OK)
        return status;
    for (size_t i = 0; i < list->count; i++)
        if (is_picture(list->names[i]))
            list->names[count++] = list->names[i];
        else
            leave_out(f, name, list->names[i]);
    list->count = count;
    f->first[class + 1] = f->first[class] + count;
    if (count > 0)
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: it has no PNG picture (a name that ends in .png)%s",
                   path, f->others > 0 ? ", but other files" : "");
}

pg_status pg_png_folder_open(pg_png_folder *f, const char *path, pg_error *err)
{
    memset(f, 0, sizeof *f);
    f->path = path;
    pg_status status = pg_name_list_read(&f->classes, path, err);
    if (status == PG_OK)
        status = find_classes(f, err);
    if (status == PG_OK) {
        size_t files = f->count * sizeof *f->files;
        size_t first = (f->count + 1) * sizeof *f->first;
        f->rooms = f->count;
        f->files = pg_malloc(files);
        f->first = pg_malloc(first);
        if (f->files)
            memset(f->files, 0, files);
        if (f->first)
            memset(f->first, 0, first);
        if (!f->files || !f->first)
            status = pg_fail_memory(err, files + first);
    }
    for (size_t i = 0; i < f->count && status == PG_OK; i++)
        status = list_class(f, i, err);
    status = pg_unless_interrupted(status, err);
    if (status != PG_OK)
        pg_png_folder_close(f);
    return status;
}

void pg_png_folder_close(pg_png_folder *f)
{
    for (size_t i = 0; f->files && i < f->rooms; i++)
        pg_name_list_free(&f->files[i]);
    pg_free(f->files, f->rooms * sizeof *f->files);
    pg_free(f->first, (f->rooms + 1) * sizeof *f->first);
    pg_name_list_free(&f->classes);
    memset(f, 0, sizeof *f);
}

size_t pg_png_folder_size(const pg_png_folder *f)
{
    return f->first[f->count];
}

/* The class of the i-th picture. */
static size_t class_of(const pg_png_folder *f, size_t i)
{
    size_t low = 0, high = f->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (f->first[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static pg_status path_of(char *path, const pg_png_folder *f, size_t i,
                         pg_error *err)
{
    size_t class = class_of(f, i);
    return join(path, f->path, f->classes.names[class],
                f->files[class].names[i - f->first[class]], err);
}

/* --- a picture ------------------------------------------------------------ */

/* Bytes between the samples of one pixel and the next: with alpha, if any. */
static size_t samples_of(const pg_array *a)
{
    return a->ndim == 3 ? a->shape[2] : 1;
}

static size_t colours_of(size_t samples)
{
    return samples < 3 ? 1 : 3;
}

static bool has_alpha(const pg_array *a)
{
    return samples_of(a) % 2 == 0;
}

static pg_status check_opaque(const pg_array *a, const char *path,
                              pg_error *err)
{
    const unsigned char *at = a->data;
    size_t samples = samples_of(a), n = a->shape[0] * a->shape[1];
    for (size_t i = 0; has_alpha(a) && i < n; i++)
        if (at[i * samples + samples - 1] != 255)
            return pg_fail(err, PG_EFORMAT,
                           "%.600s: a picture with transparent pixels (row "
                           "%zu, column %zu): opaque ones were expected",
                           path, i / a->shape[1] + 1, i % a->shape[1] + 1);
    return PG_OK;
}

/* The height, width and colours of pictures. */
typedef struct picture_form {
    size_t height, width, colours;
} picture_form;

static picture_form form_of(const size_t shape[PG_PNG_NDIM])
{
    return (picture_form){shape[0], shape[1], colours_of(shape[2])};
}

/* Reads the form of a picture, without its pixels. */
static pg_status read_form(picture_form *out, const char *path, pg_error *err)
{
    size_t shape[PG_PNG_NDIM];
    pg_status status = pg_png_shape(shape, path, err);
    *out = form_of(shape);
    return status;
}

/* Copies a picture's samples without alpha: all of one colour, then those of
   the next. */
static void copy_samples(unsigned char *out, const pg_array *a)
{
    const unsigned char *in = a->data;
    size_t samples = samples_of(a), n = a->shape[0] * a->shape[1];
    for (size_t colour = 0; colour < colours_of(samples); colour++)
        for (size_t i = 0; i < n; i++)
            *out++ = in[i * samples + colour];
}

/* --- all pictures --------------------------------------------------------- */

enum { FILES = 16 }; /* that a job reads */

/* The end of a job; without an error for PG_OK. */
typedef struct outcome {
    pg_status status;
    pg_error err;
} outcome;

typedef struct loading {
    const pg_png_folder *folder;
    picture_form form;
    unsigned char *out;
    outcome *outcomes;
    atomic_size_t failed; /* the first job that has failed; later ones end */
} loading;

static const char *colours_text(size_t colours)
{
    return colours == 3 ? "of colours" : "of grey";
}

/* PG_EFORMAT unless a picture has the form of the first. */
static pg_status check_form(const loading *l, const picture_form *found,
                            const char *path, pg_error *err)
{
    char first[LONGEST_PATH];
    if (found->height == l->form.height && found->width == l->form.width &&
        found->colours == l->form.colours)
        return PG_OK;
    pg_status status = path_of(first, l->folder, 0, err);
    if (status != PG_OK)
        return status;
    return pg_fail(err, PG_EFORMAT,
                   "%.400s: %zu x %zu pixels %s expected, as in %.400s, found "
                   "%zu x %zu %s",
                   path, l->form.height, l->form.width,
                   colours_text(l->form.colours), first, found->height,
                   found->width, colours_text(found->colours));
}

static pg_status load_picture(const loading *l, size_t i, pg_error *err)
{
    char path[LONGEST_PATH];
    picture_form found;
    pg_array a;
    size_t pixels = l->form.height * l->form.width;
    size_t bytes = pixels * l->form.colours, with_alpha = bytes + pixels;
    pg_status status = path_of(path, l->folder, i, err);
    if (status != PG_OK)
        return status;
    status = pg_png_load(&a, path, with_alpha, err);
    if (status == PG_EARG) { /* too large for the first one's form */
        status = read_form(&found, path, err);
        return status == PG_OK ? check_form(l, &found, path, err) : status;
    }
    if (status != PG_OK)
        return status;
    const size_t shape[] = {a.shape[0], a.shape[1], samples_of(&a)};
    found = form_of(shape);
    status = check_form(l, &found, path, err);
    if (status == PG_OK)
        status = check_opaque(&a, path, err);
    if (status == PG_OK)
        copy_samples(l->out + i * bytes, &a);
    pg_array_release(&a);
    return status;
}

static void load_some(void *context, size_t job)
{
    loading *l = context;
    outcome *o = &l->outcomes[job];
    size_t n = pg_png_folder_size(l->folder);
    size_t end = pg_size_min(n, (job + 1) * FILES);
    for (size_t i = job * FILES; i < end && o->status == PG_OK; i++)
        if (job <= atomic_load(&l->failed) && !pg_interrupted())
            o->status = load_picture(l, i, &o->err);
    if (o->status == PG_OK)
        return;
    size_t before = atomic_load(&l->failed);
    while (job < before &&
           !atomic_compare_exchange_weak(&l->failed, &before, job))
        ;
}

static pg_status load_all(loading *l, pg_error *err)
{
    size_t jobs = pg_size_divide_up(pg_png_folder_size(l->folder), FILES);
    size_t bytes = jobs * sizeof *l->outcomes;
    l->outcomes = pg_malloc(bytes);
    if (!l->outcomes)
        return pg_fail_memory(err, bytes);
    for (size_t job = 0; job < jobs; job++)
        l->outcomes[job].status = PG_OK;
    atomic_init(&l->failed, SIZE_MAX);
    pg_parallel_for(jobs, jobs > 1, load_some, l);
    pg_status status = pg_check_interrupt(err);
    size_t failed = atomic_load(&l->failed);
    if (status == PG_OK && failed < jobs) {
        status = l->outcomes[failed].status;
        *err = l->outcomes[failed].err;
    }
    pg_free(l->outcomes, bytes);
    return status;
}

/* Reads the first picture, whose form all must have. */
static pg_status find_form(picture_form *out, const pg_png_folder *f,
                           pg_error *err)
{
    char path[LONGEST_PATH];
    pg_status status = path_of(path, f, 0, err);
    return status == PG_OK ? read_form(out, path, err) : status;
}

static pg_status new_pictures(pg_array *out, const picture_form *form,
                              const pg_png_folder *f, uint64_t max_bytes,
                              pg_error *err)
{
    size_t n = pg_png_folder_size(f), bytes = n;
    size_t grey[] = {n, form->height, form->width};
    size_t colours[] = {n, form->colours, form->height, form->width};
    bool fits = pg_size_multiply(&bytes, bytes, form->height) &&
                pg_size_multiply(&bytes, bytes, form->width) &&
                pg_size_multiply(&bytes, bytes, form->colours);
    if (!fits || bytes > max_bytes)
        return pg_fail(err, PG_EARG,
                       "%.600s: %zu pictures of %zu x %zu pixels %s take more "
                       "than max_bytes = %" PRIu64,
                       f->path, n, form->height, form->width,
                       colours_text(form->colours), max_bytes);
    bool is_grey = form->colours == 1;
    return pg_array_new(out, PG_UINT8, is_grey ? 3 : 4,
                        is_grey ? grey : colours, err);
}

static pg_status fill_labels(pg_array *out, const pg_png_folder *f,
                             pg_error *err)
{
    size_t n = pg_png_folder_size(f);
    pg_status status = pg_array_new(out, PG_INT64, 1, &n, err);
    int64_t *labels = out->data;
    for (size_t class = 0; class < f->count && status == PG_OK; class ++)
        for (size_t i = f->first[class]; i < f->first[class + 1]; i++)
            labels[i] = (int64_t) class;
    return status;
}

pg_status pg_png_folder_load(pg_array *pictures, pg_array *labels,
                             const pg_png_folder *f, uint64_t max_bytes,
                             pg_error *err)
{
    void *library;
    loading l = {.folder = f};
    memset(pictures, 0, sizeof *pictures);
    memset(labels, 0, sizeof *labels);
    pg_status status = pg_png_hold(&library, err);
    if (status != PG_OK)
        return status;
    status = find_form(&l.form, f, err);
    if (status == PG_OK)
        status = new_pictures(pictures, &l.form, f, max_bytes, err);
    if (status == PG_OK) {
        l.out = pictures->data;
        status = load_all(&l, err);
    }
    if (status == PG_OK)
        status = fill_labels(labels, f, err);
    pg_png_drop(library);
    if (status != PG_OK)
        pg_array_release(pictures);
    return status;
}
