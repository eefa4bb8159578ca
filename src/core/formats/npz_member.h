/*
 * npz_member.h -- a member of an NPZ archive that is being read.
 */
#ifndef PG_NPZ_MEMBER_H
#define PG_NPZ_MEMBER_H

#include "formats/npz.h"

/* A member as a source of an NPY file, behind its header. */
typedef struct pg_npz_member {
    pg_zip_stream stream;
    char label[PG_ERROR_SIZE]; /* for messages */
    pg_source source;
    pg_npy_header header;
} pg_npz_member;

/* Opens the i-th member, and reads its array's header. Allocated: the stream's
   buffer is too large for a stack. pg_npz_member_close must follow in either
   case. */
pg_status pg_npz_member_open(pg_npz_member **out, const pg_npz *npz, size_t i,
                             pg_error *err);
void pg_npz_member_close(pg_npz_member *m);

/* "FILE: member 'NAME'", into PG_ERROR_SIZE bytes. */
void pg_npz_label(char *label, const pg_npz *npz, size_t i);

/* The rows of the i-th member that are got; NULL: all. */
const pg_rows_range *pg_npz_rows_of(const pg_npz *npz, size_t i);

/* *bytes = those that the array of the header takes in memory, or its rows.
   PG_EARG if they are more than max_bytes, or if the member unpacks to more
   where all of it is read. */
pg_status pg_npz_member_check(size_t *bytes, const pg_npz *npz,
                              const pg_npz_member *m, const pg_rows_range *rows,
                              const pg_npy_header *h, pg_error *err);

/* Reads or maps the array of an open member, on this thread. */
pg_status pg_npz_member_get(pg_array *out, const pg_npz *npz, pg_npz_member *m,
                            const pg_rows_range *rows, pg_error *err);

#endif
