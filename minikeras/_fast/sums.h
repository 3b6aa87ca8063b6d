/* Sums in float64 over rows and over columns, of float and of double.

   In C, because Cython has no type for a vector, and these loops live on conversions
   from float that a processor makes as it loads. They are inlined into `cloned`
   functions, and so compiled for each instruction set, with the same order of additions
   in all of them. sums.pxd says what each function does. */

#ifndef MINIKERAS_SUMS_H
#define MINIKERAS_SUMS_H

#include <stddef.h>

#if defined(__GNUC__)
#define SUMS_INLINE static inline __attribute__((always_inline))
#define WIDTH 8
typedef double wide __attribute__((vector_size(64), aligned(8), may_alias));
typedef float float_line __attribute__((vector_size(32), aligned(4), may_alias));
typedef wide double_line;
/* Number by number: gcc 12 makes one instruction of this, and four of its own
   __builtin_convertvector. */
#define WIDENED(x) ((wide){x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]})
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi" /* nothing is handed to other files */
#define EACH_LINE(l) _Pragma("GCC unroll 2") for (int l = 0; l < 2; l++)
#else
#define EACH_LINE(l) for (int l = 0; l < 2; l++)
#endif
#else
#define SUMS_INLINE static inline /* one number: slower, and as right */
#define WIDTH 1
typedef double wide;
typedef float float_line;
typedef double double_line;
#define WIDENED(x) ((double)*(x))
#define EACH_LINE(l) for (int l = 0; l < 2; l++)
#endif

#define LINES (2 * WIDTH) /* numbers of the lines that are summed side by side */
#define LINE(NUMBER, place) (*(const NUMBER##_line *)(place))
#define WIDE(place) WIDENED((place))
#define WIDE_AT(place) (*(wide *)(place))

/* The sum of the numbers in two lines. */
SUMS_INLINE double folded(const wide lines[2])
{
    double lanes[WIDTH];
    WIDE_AT(lanes) = lines[0] + lines[1];
    for (int half = WIDTH / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lanes[j] += lanes[j + half];
    return lanes[0];
}

#define SUMS_OF(NUMBER)                                                                \
                                                                                       \
    SUMS_INLINE void add_rows_##NUMBER(                                                \
        const NUMBER *x, double *sums, ptrdiff_t rows, ptrdiff_t stride,               \
        ptrdiff_t columns)                                                             \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + LINES <= columns; j += LINES) {                                     \
            const NUMBER *row = x + j;                                                 \
            wide total[2];                                                             \
            EACH_LINE(l) total[l] = WIDE_AT(sums + j + l * WIDTH);                     \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride)                        \
                EACH_LINE(l) total[l] += WIDE(row + l * WIDTH);                        \
            EACH_LINE(l) WIDE_AT(sums + j + l * WIDTH) = total[l];                     \
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
        for (; j + LINES <= columns; j += LINES) {                                     \
            const NUMBER *row = x + j;                                                 \
            wide total[2], mean[2];                                                    \
            EACH_LINE(l) mean[l] = WIDE_AT(means + j + l * WIDTH);                     \
            EACH_LINE(l) total[l] = WIDE_AT(sums + j + l * WIDTH);                     \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride)                        \
                EACH_LINE(l) {                                                         \
                    const wide y = WIDE(row + l * WIDTH) - mean[l];                    \
                    total[l] += y * y;                                                 \
                }                                                                      \
            EACH_LINE(l) WIDE_AT(sums + j + l * WIDTH) = total[l];                     \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double y = x[i * stride + k] - means[k];                         \
                sums[k] += y * y;                                                      \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void add_products_##NUMBER(                                            \
        const NUMBER *grad, const NUMBER *x, const NUMBER *means, double *sums,        \
        double *products, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns)         \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + LINES <= columns; j += LINES) {                                     \
            const NUMBER *row = x + j, *grad_row = grad + j;                           \
            wide total[2], product[2], mean[2];                                        \
            EACH_LINE(l) mean[l] = WIDE(means + j + l * WIDTH);                        \
            EACH_LINE(l) total[l] = WIDE_AT(sums + j + l * WIDTH);                     \
            EACH_LINE(l) product[l] = WIDE_AT(products + j + l * WIDTH);               \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride, grad_row += stride)    \
                EACH_LINE(l) {                                                         \
                    const wide g = WIDE(grad_row + l * WIDTH);                         \
                    total[l] += g;                                                     \
                    product[l] += g * (WIDE(row + l * WIDTH) - mean[l]);               \
                }                                                                      \
            EACH_LINE(l) WIDE_AT(sums + j + l * WIDTH) = total[l];                     \
            EACH_LINE(l) WIDE_AT(products + j + l * WIDTH) = product[l];               \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double g = grad[i * stride + k];                                 \
                sums[k] += g;                                                          \
                products[k] += g * ((double)x[i * stride + k] - means[k]);             \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void add_standardized_##NUMBER(                                        \
        const NUMBER *grad, const NUMBER *x, const double *means,                      \
        const double *scales, double *sums, double *products, ptrdiff_t rows,          \
        ptrdiff_t stride, ptrdiff_t columns)                                           \
    {                                                                                  \
        ptrdiff_t j = 0;                                                               \
        for (; j + LINES <= columns; j += LINES) {                                     \
            const NUMBER *row = x + j, *grad_row = grad + j;                           \
            wide total[2], product[2];                                                 \
            EACH_LINE(l) total[l] = WIDE_AT(sums + j + l * WIDTH);                     \
            EACH_LINE(l) product[l] = WIDE_AT(products + j + l * WIDTH);               \
            for (ptrdiff_t i = 0; i < rows; i++, row += stride, grad_row += stride) {  \
                const double mean = means[i], scale = scales[i];                       \
                EACH_LINE(l) {                                                         \
                    const wide g = WIDE(grad_row + l * WIDTH);                         \
                    const wide y = WIDE(row + l * WIDTH) - mean;                       \
                    total[l] += g;                                                     \
                    product[l] += g * (y * scale);                                     \
                }                                                                      \
            }                                                                          \
            EACH_LINE(l) WIDE_AT(sums + j + l * WIDTH) = total[l];                     \
            EACH_LINE(l) WIDE_AT(products + j + l * WIDTH) = product[l];               \
        }                                                                              \
        for (ptrdiff_t i = 0; i < rows; i++)                                           \
            for (ptrdiff_t k = j; k < columns; k++) {                                  \
                const double g = grad[i * stride + k];                                 \
                sums[k] += g;                                                          \
                products[k] += g * ((x[i * stride + k] - means[i]) * scales[i]);       \
            }                                                                          \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE double sum_of_row_##NUMBER(const NUMBER *x, ptrdiff_t n)               \
    {                                                                                  \
        wide total[2];                                                                 \
        double rest = 0;                                                               \
        ptrdiff_t j = 0;                                                               \
        EACH_LINE(l) total[l] = (wide){0};                                             \
        for (; j + LINES <= n; j += LINES)                                             \
            EACH_LINE(l) total[l] += WIDE(x + j + l * WIDTH);                          \
        for (; j < n; j++)                                                             \
            rest += x[j];                                                              \
        return folded(total) + rest;                                                   \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE double squares_of_row_##NUMBER(                                        \
        const NUMBER *x, double mean, ptrdiff_t n)                                     \
    {                                                                                  \
        wide total[2];                                                                 \
        double rest = 0;                                                               \
        ptrdiff_t j = 0;                                                               \
        EACH_LINE(l) total[l] = (wide){0};                                             \
        for (; j + LINES <= n; j += LINES)                                             \
            EACH_LINE(l) {                                                             \
                const wide y = WIDE(x + j + l * WIDTH) - mean;                         \
                total[l] += y * y;                                                     \
            }                                                                          \
        for (; j < n; j++)                                                             \
            rest += (x[j] - mean) * (x[j] - mean);                                     \
        return folded(total) + rest;                                                   \
    }                                                                                  \
                                                                                       \
    SUMS_INLINE void weighted_sums_of_row_##NUMBER(                                    \
        const NUMBER *grad, const NUMBER *x, const NUMBER *gamma, NUMBER mean,         \
        ptrdiff_t n, double *sum, double *product_sum)                                 \
    {                                                                                  \
        wide total[2], product[2];                                                     \
        double rest = 0, product_rest = 0;                                             \
        const ptrdiff_t full = n - n % LINES;                                          \
        ptrdiff_t j = 0;                                                               \
        EACH_LINE(l) total[l] = (wide){0};                                             \
        EACH_LINE(l) product[l] = (wide){0};                                           \
        while (j < full) {                                                             \
            const ptrdiff_t end = j + 4 * LINES < full ? j + 4 * LINES : full;         \
            NUMBER##_line s[2], p[2];                                                  \
            EACH_LINE(l) s[l] = (NUMBER##_line){0};                                    \
            EACH_LINE(l) p[l] = (NUMBER##_line){0};                                    \
            for (; j < end; j += LINES)                                                \
                EACH_LINE(l) {                                                         \
                    const ptrdiff_t i = j + l * WIDTH;                                 \
                    const NUMBER##_line w =                                            \
                        LINE(NUMBER, grad + i) * LINE(NUMBER, gamma + i);              \
                    s[l] += w;                                                         \
                    p[l] += w * (LINE(NUMBER, x + i) - mean);                          \
                }                                                                      \
            EACH_LINE(l) total[l] += WIDENED(((NUMBER *)&s[l]));                       \
            EACH_LINE(l) product[l] += WIDENED(((NUMBER *)&p[l]));                     \
        }                                                                              \
        for (; j < n; j++) {                                                           \
            const NUMBER w = grad[j] * gamma[j];                                       \
            rest += w;                                                                 \
            product_rest += w * (x[j] - mean);                                         \
        }                                                                              \
        *sum = folded(total) + rest;                                                   \
        *product_sum = folded(product) + product_rest;                                 \
    }

SUMS_OF(float)
SUMS_OF(double)

#endif
