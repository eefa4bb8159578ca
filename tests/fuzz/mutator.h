/*
 * mutator.h -- mutators that know the formats: most of what they make has the
 * right checksums, lengths and offsets, so that a fuzzer comes past the checks
 * of these.
 *
 * A mutator changes n bytes of data in place, may make them as many as room,
 * and returns their number. One seed makes the same of the same data.
 */
#ifndef MUTATOR_H
#define MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own mutations: bits, bytes, words of the dictionary. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t room);

/* Seeds mutator_random. */
void mutator_seed(unsigned seed);

/* A random number below n, which is at least 1. */
size_t mutator_random(size_t n);

size_t mutate_npy(uint8_t *data, size_t n, size_t room);
size_t mutate_zip(uint8_t *data, size_t n, size_t room);
size_t mutate_png(uint8_t *data, size_t n, size_t room);

/* Writes a number of small size, of all ones, or near a power of two, into the
   first n bytes: little-endian. */
void mutator_put_number(uint8_t *data, size_t n);

/* Deflates (with window bits as zlib's, negative for raw data) or inflates n
   bytes. Return the number of bytes in out, or 0 where room is too small or
   the data are damaged. */
size_t mutator_deflate(uint8_t *out, size_t room, const uint8_t *data, size_t n,
                       int window_bits);
size_t mutator_inflate(uint8_t *out, size_t room, const uint8_t *data, size_t n,
                       int window_bits);

#endif
