/*
 * png_chunks.h -- whether bytes are a whole PNG file.
 *
 * A PNG file (ISO/IEC 15948) is a signature of 8 bytes and chunks: the length
 * of the data (4 bytes, the most significant first), a name of 4 letters, the
 * data, and the CRC-32 of name and data. IHDR comes first and says the size,
 * IDAT chunks hold the pixels, deflated, IEND comes last.
 */
#ifndef PG_PNG_CHUNKS_H
#define PG_PNG_CHUNKS_H

#include "base/status.h"

/* The fields of IHDR, which libpng checks, and what the other chunks add. */
typedef struct pg_png_header {
    uint32_t width, height;
    unsigned bits; /* of a sample */
    unsigned type; /* of the colours */
    bool interlaced;
    bool transparent;  /* chunk tRNS adds alpha */
    uint64_t deflated; /* bytes of all IDAT chunks */
} pg_png_header;

/* PG_EFORMAT, with the file's name and the chunk, unless all chunks up to IEND
   are there and agree with their checksums, and as many pixels as are claimed
   can have been deflated to as many bytes as there are. Pictures of few bits a
   pixel, which are widened to bytes, are held to the same bound above 64 MB.
   What stands behind IEND is nobody's. libpng looks at none of this before it
   asks for memory, and not at all at what follows the last pixel. */
pg_status pg_png_chunks_check(pg_png_header *header, const unsigned char *bytes,
                              size_t n, const char *path, pg_error *err);

#endif
