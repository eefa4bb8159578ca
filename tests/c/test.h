/*
 * test.h -- counted failures, random arrays and elements for the C tests.
 */
#ifndef TEST_H
#define TEST_H

#include "perigee.h"

/* Counts a failure, and prints the first ones, printf-style. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with a message if a call failed that a test needs. */
void need(pg_status status, const pg_error *err);

/* A random integer in low .. high. */
int64_t random_between(int64_t low, int64_t high);

/* A random rank 0 to 4 and short lengths, 0 among them. */
void random_shape(int *ndim, size_t *shape);

/* How random elements are chosen. */
typedef enum values {
    QUARTERS, /* floats: small multiples of 1/4; integers: small */
    ANY       /* floats: normals; integers: all bits */
} values;

/* A new array, or a view of one with permuted axes, steps and reversed axes. */
pg_array random_array(pg_dtype dtype, int ndim, const size_t *shape, values v);
pg_array random_view(pg_dtype dtype, int ndim, const size_t *shape, values v);

/* The address of the element at a row-major index of a shape to which a
   broadcasts. */
void *element_at(const pg_array *a, size_t index, int ndim,
                 const size_t *shape);

/* An element of any dtype: an integer or bool in i, a float in f. */
typedef struct value {
    bool is_float;
    __int128 i;
    double f;
} value;
value load(const void *element, pg_dtype dtype);

/* The value as a double. */
double number(value v);

/* True if two elements of a dtype are equal, or both NaN. */
bool same_element(const void *x, const void *y, pg_dtype dtype);

/* True if x is within tolerance of y, or both are NaN or the same infinity. */
bool is_near(double x, double y, double tolerance);

/* The twins of gelu and its derivative, also far out. */
double gelu(double x);
double gelu_derivative(double x);

/* The path of the file that test_archives writes, as the program was told; NULL
   for a temporary one. */
extern const char *test_file;

/* The tests, one function for each file. */
void test_refusals(void);
void test_arrays(void);
void test_kernels(void);
void test_shards(void);
void test_dropout(void);
void test_archives(void);
void test_crc32(void);

#endif
