/* Sums in float64 over rows and over columns, of float and of double.

   In C, because Cython has no type for a vector: these loops live on conversions from
   float, and compilers convert in two steps what a processor loads in one. They are
   inlined into `cloned` functions, and so compiled for each instruction set. All add
   in the same order on all of them. sums.pxd says what each does. */

#ifndef MINIKERAS_SUMS_H
#define MINIKERAS_SUMS_H

#include <stddef.h>

#if defined(__GNUC__)
#define SUMS_INLINE static inline __attribute__((always_inline))
#define WIDTH 8
typedef double wide __attribute__((vector_size(64), aligned(8), may_alias));
typedef float float_line __attribute__((vector_size(32), aligned(4), may_alias));
typedef wide double_line;
#define WIDENED(line) __builtin_convertvector(line, wide)
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi" /* nothing is handed to other files */
#endif
#else
#define SUMS_INLINE static inline /* one number: slower, and as right */
#define WIDTH 1
typedef double wide;
typedef float float_line;
typedef double double_line;
#define WIDENED(line) ((double)(line))
#endif

#define LINE(NUMBER, place) (*(const NUMBER##_line *)(place))
#define WIDE(NUMBER, place) WIDENED(LINE(NUMBER, place))
#define WIDE_AT(place) (*(wide *)(place))

/* The sum of 4 · WIDTH partial sums, of which each is one of a line. */
SUMS_INLINE double folded(wide a, wide b, wide c, wide d)
{
    double lanes[WIDTH], total = 0;
    WIDE_AT(lanes) = (a + b) + (c + d);
#if defined(__GNUC__)
    for (int half = WIDTH / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lanes[j] += lanes[j + half];
#endif
    total = lanes[0];
    return total;
}

#define SUMS_OF(NUMBER)                                                                \
                                                                                       \
    SUMS_INLINE void add_rows_##NUMBER(                                                \
        const NUMBER *x, double *sums, ptrdiff_t rows, ptrdiff_t stride,               \
        ptrdiff_t columns)                                                             \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + 2 * WIDTH <= columns; j += 2 * WIDTH) {                             \
            const NUMBER *row = x + j;                                                 \
            wide a = WIDE_AT(sums + j), b = WIDE_AT(sums + j + WIDTH);                 \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride) {                      \
                a += WIDE(NUMBER, row);                                                \
                b += WIDE(NUMBER, row + WIDTH);                                        \
            }                                                                          \
            WIDE_AT(sums + j) = a;                                                     \
            WIDE_AT(sums + j + WIDTH) = b;                                             \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++)                                    \
                sums[k] += x[i * stride + k];                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void add_squares_##NUMBER(                                             \
        const NUMBER *x, const double *means, double *sums, ptrdiff_t rows,            \
        ptrdiff_t stride, ptrdiff_t columns)                                           \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + 2 * WIDTH <= columns; j += 2 * WIDTH) {                             \
            const NUMBER *row = x + j;                                                 \
            const wide m = WIDE_AT(means + j), n = WIDE_AT(means + j + WIDTH);         \
            wide a = WIDE_AT(sums + j), b = WIDE_AT(sums + j + WIDTH);                 \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride) {                      \
                const wide c = WIDE(NUMBER, row) - m;                                  \
                const wide d = WIDE(NUMBER, row + WIDTH) - n;                          \
                a += c * c;                                                            \
                b += d * d;                                                            \
            }                                                                          \
            WIDE_AT(sums + j) = a;                                                     \
            WIDE_AT(sums + j + WIDTH) = b;                                             \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double c = x[i * stride + k] - means[k];                         \
                sums[k] += c * c;                                                      \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void add_products_##NUMBER(                                            \
        const NUMBER *grad, const NUMBER *x, const double *means, double *sums,        \
        double *products, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns)         \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + WIDTH <= columns; j += WIDTH) {                                     \
            const NUMBER *row = x + j, *grad_row = grad + j;                           \
            const wide m = WIDE_AT(means + j);                                         \
            wide a = WIDE_AT(sums + j), b = WIDE_AT(products + j);                     \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride, grad_row += stride) {  \
                const wide g = WIDE(NUMBER, grad_row);                                 \
                a += g;                                                                \
                b += g * (WIDE(NUMBER, row) - m);                                      \
            }                                                                          \
            WIDE_AT(sums + j) = a;                                                     \
            WIDE_AT(products + j) = b;                                                 \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double g = grad[i * stride + k];                                 \
                sums[k] += g;                                                          \
                products[k] += g * (x[i * stride + k] - means[k]);                     \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void add_standardized_##NUMBER(                                        \
        const NUMBER *grad, const NUMBER *x, const double *row_means,                  \
        const double *row_scales, double *sums, double *products, ptrdiff_t rows,      \
        ptrdiff_t stride, ptrdiff_t columns)                                           \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + WIDTH <= columns; j += WIDTH) {                                     \
            const NUMBER *row = x + j, *grad_row = grad + j;                           \
            wide a = WIDE_AT(sums + j), b = WIDE_AT(products + j);                     \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride, grad_row += stride) {  \
                const wide g = WIDE(NUMBER, grad_row);                                 \
                a += g;                                                                \
                b += g * ((WIDE(NUMBER, row) - row_means[i]) * row_scales[i]);         \
            }                                                                          \
            WIDE_AT(sums + j) = a;                                                     \
            WIDE_AT(products + j) = b;                                                 \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double g = grad[i * stride + k];                                 \
                sums[k] += g;                                                          \
                products[k] +=                                                         \
                    g * ((x[i * stride + k] - row_means[i]) * row_scales[i]);          \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE double sum_of_row_##NUMBER(const NUMBER *x, ptrdiff_t n)               \
    {                                                                                  \
        wide a = {0}, b = {0}, c = {0}, d = {0};                                       \
        double rest = 0;                                                               \
        ptrdiff_t j = 0;                                                               \
        for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {                                   \
            a += WIDE(NUMBER, x + j);                                                  \
            b += WIDE(NUMBER, x + j + WIDTH);                                          \
            c += WIDE(NUMBER, x + j + 2 * WIDTH);                                      \
            d += WIDE(NUMBER, x + j + 3 * WIDTH);                                      \
        }                                                                              \
        for (; j + WIDTH <= n; j += WIDTH)                                             \
            a += WIDE(NUMBER, x + j);                                                  \
        for (; j < n; j++)                                                             \
            rest += x[j];                                                              \
        return folded(a, b, c, d) + rest;                                              \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE double squares_of_row_##NUMBER(                                        \
        const NUMBER *x, double mean, ptrdiff_t n)                                     \
    {                                                                                  \
        wide a = {0}, b = {0}, c = {0}, d = {0}, y;                                    \
        double rest = 0;                                                               \
        ptrdiff_t j = 0;                                                               \
        for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {                                   \
            y = WIDE(NUMBER, x + j) - mean;                                            \
            a += y * y;                                                                \
            y = WIDE(NUMBER, x + j + WIDTH) - mean;                                    \
            b += y * y;                                                                \
            y = WIDE(NUMBER, x + j + 2 * WIDTH) - mean;                                \
            c += y * y;                                                                \
            y = WIDE(NUMBER, x + j + 3 * WIDTH) - mean;                                \
            d += y * y;                                                                \
        }                                                                              \
        for (; j + WIDTH <= n; j += WIDTH) {                                           \
            y = WIDE(NUMBER, x + j) - mean;                                            \
            a += y * y;                                                                \
        }                                                                              \
        for (; j < n; j++)                                                             \
            rest += (x[j] - mean) * (x[j] - mean);                                     \
        return folded(a, b, c, d) + rest;                                              \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void weighted_sums_of_row_##NUMBER(                                    \
        const NUMBER *grad, const NUMBER *x, const NUMBER *gamma, NUMBER mean,         \
        NUMBER scale, ptrdiff_t n, double *sum, double *product_sum)                   \
    {                                                                                  \
        const wide zero = {0};                                                         \
        wide a = {0}, b = {0};                                                         \
        double rest = 0, product_rest = 0;                                             \
        ptrdiff_t j = 0;                                                               \
        for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {                                   \
            NUMBER##_line s = {0}, p = {0};                                            \
            for (ptrdiff_t k = j; k < j + 4 * WIDTH; k += WIDTH) {                     \
                const NUMBER##_line w = LINE(NUMBER, grad + k) * LINE(NUMBER, gamma + k); \
                s += w;                                                                \
                p += w * ((LINE(NUMBER, x + k) - mean) * scale);                       \
            }                                                                          \
            a += WIDENED(s);                                                           \
            b += WIDENED(p);                                                           \
        }                                                                              \
        for (; j + WIDTH <= n; j += WIDTH) {                                           \
            const NUMBER##_line w = LINE(NUMBER, grad + j) * LINE(NUMBER, gamma + j);  \
            a += WIDENED(w);                                                           \
            b += WIDENED(w * ((LINE(NUMBER, x + j) - mean) * scale));                  \
        }                                                                              \
        for (; j < n; j++) {                                                           \
            const NUMBER w = grad[j] * gamma[j];                                       \
            rest += w;                                                                 \
            product_rest += w * ((x[j] - mean) * scale);                               \
        }                                                                              \
        *sum = folded(a, zero, zero, zero) + rest;                                     \
        *product_sum = folded(b, zero, zero, zero) + product_rest;                     \
    }

SUMS_OF(float)
SUMS_OF(double)

#endif
