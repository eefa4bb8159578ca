/*
 * png_folder.h -- PNG pictures in a folder for each class.
 *
 * The classes are the folders in a folder, sorted by the bytes of their names,
 * and a class has the files in its folder whose names end in .png, in upper or
 * lower case, sorted likewise. Names that begin with a dot are passed over;
 * other files and folders are counted, but not read. Links are followed.
 */
#ifndef PG_PNG_FOLDER_H
#define PG_PNG_FOLDER_H

#include "array/array.h"
#include "io/name_list.h"

typedef struct pg_png_folder {
    const char *path;      /* the caller's */
    pg_name_list classes;  /* the first `count` names are folders */
    size_t count;          /* of classes */
    pg_name_list *files;   /* of each class: the first ones are pictures */
    size_t *first;         /* of each class: the number of pictures before it */
    size_t rooms;          /* that files and first have */
    size_t others;         /* files and folders that are left out */
    char first_other[256]; /* one of them, below the folder */
} pg_png_folder;

/* Lists the folder at path. PG_EIO if one cannot be listed, PG_EFORMAT where
   there is no class, or a class has no picture. */
pg_status pg_png_folder_open(pg_png_folder *f, const char *path, pg_error *err);

/* The number of pictures. */
size_t pg_png_folder_size(const pg_png_folder *f);

/* *pictures (n, height, width) of grey or (n, 3, height, width) of colours,
   uint8; *labels (n, int64) = the number of each picture's class. Files are
   read as pg_png_load does, on several threads. An alpha channel that is opaque
   everywhere is left out. PG_EFORMAT for a picture of another size or kind than
   the first, and one with transparent pixels; the message names the file, the
   first one in order. PG_EARG for pictures of more than max_bytes. */
pg_status pg_png_folder_load(pg_array *pictures, pg_array *labels,
                             const pg_png_folder *f, uint64_t max_bytes,
                             pg_error *err);

/* Frees the memory; allowed on a zeroed struct. */
void pg_png_folder_close(pg_png_folder *f);

#endif
