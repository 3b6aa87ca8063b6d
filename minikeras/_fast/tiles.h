/* Products of matrices, a tile of the result at a time.

   In C, because Cython has no type for a vector. tile.h is compiled for float and
   double and for each instruction set; the best that the processor has is chosen once.
   They use the fused multiply-add where there is one: a product is a contraction (class
   D). */

#ifndef MINIKERAS_TILES_H
#define MINIKERAS_TILES_H

#include <stddef.h>

/* How many bytes of a row of the result are computed together. */
#define TILE_BYTES 64

/* out = x panel. The panel and out are TILE_BYTES wide. `x_row`, `x_column`,
   `panel_row` and `out_row` are the distances of rows and columns in memory, counted in
   numbers. */
typedef void (*product_of_floats)(
    const float *x, ptrdiff_t x_row, ptrdiff_t x_column, const float *panel,
    ptrdiff_t panel_row, float *out, ptrdiff_t out_row, ptrdiff_t rows,
    ptrdiff_t depth);
typedef void (*product_of_doubles)(
    const double *x, ptrdiff_t x_row, ptrdiff_t x_column, const double *panel,
    ptrdiff_t panel_row, double *out, ptrdiff_t out_row, ptrdiff_t rows,
    ptrdiff_t depth);

#define PASTED(a, b, c) a##_##b##_##c
#define NAME_OF(a, b, c) PASTED(a, b, c)
#define NAMED(name) NAME_OF(name, NUMBER, SET)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=fast")
#endif

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define MINIKERAS_CHOOSES

#pragma GCC push_options
#pragma GCC target("avx512f,fma")
#define SET avx512
#define LINE_BYTES 64
#define ROWS 8 /* one register of 64 bytes each, of 32 */
#define NUMBER float
#include "tile.h"
#define NUMBER double
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define SET avx2
#define LINE_BYTES 32
#define ROWS 6 /* two registers of 32 bytes each, of 16 */
#define NUMBER float
#include "tile.h"
#define NUMBER double
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS
#pragma GCC pop_options
#endif

#define SET any
#define LINE_BYTES 16
#define ROWS 3 /* four registers of 16 bytes each, of 16 */
#define NUMBER float
#include "tile.h"
#define NUMBER double
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

/* Gives the functions that are best for this processor. */
static void choose_products(product_of_floats *floats, product_of_doubles *doubles)
{
    *floats = product_float_any;
    *doubles = product_double_any;
#ifdef MINIKERAS_CHOOSES
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) {
        *floats = product_float_avx512;
        *doubles = product_double_avx512;
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        *floats = product_float_avx2;
        *doubles = product_double_avx2;
    }
#endif
}

#endif
