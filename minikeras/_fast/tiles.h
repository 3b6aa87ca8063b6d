/* Products of matrices, a tile of the result at a time.

   In C, because Cython has no type for a vector. tile.h is compiled for float and
   double and for each instruction set; the best that the processor has is chosen once.
   They use the fused multiply-add where there is one: a product is a contraction (class
   D). */

#ifndef MINIKERAS_TILES_H
#define MINIKERAS_TILES_H

#include <string.h>

#include "strip.h"

#define PASTED(a, b, c) a##_##b##_##c
#define NAME_OF(a, b, c) PASTED(a, b, c)
#define NAMED(name) NAME_OF(name, NUMBER, SET)

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define PREFETCH(place) __builtin_prefetch(place, 1)
#else
#define ALWAYS_INLINE inline
#define PREFETCH(place) ((void)0)
#endif

/* A loop of at most 16 turns without a jump: an array that only such loops index is in
   registers. */
#if defined(__GNUC__) && !defined(__clang__)
#define EACH(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)
#else
#define EACH(i, count) for (int i = 0; i < (count); i++)
#endif

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
#define ROWS 12 /* 24 registers of 32 for a tile; two for the panel, one for x */
#define NUMBER float
#define INTEGER int
#include "tile.h"
#define NUMBER double
#define INTEGER long long
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define SET avx2
#define LINE_BYTES 32
#define ROWS 6 /* 12 registers of 16 for a tile */
#define NUMBER float
#define INTEGER int
#include "tile.h"
#define NUMBER double
#define INTEGER long long
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS
#pragma GCC pop_options
#endif

#define SET any
#define LINE_BYTES 16
#define ROWS 4 /* 8 registers of 16 for a tile; without a fused operation, two for x */
#define NUMBER float
#define INTEGER int
#include "tile.h"
#define NUMBER double
#define INTEGER long long
#include "tile.h"
#undef SET
#undef LINE_BYTES
#undef ROWS

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#if defined(__GNUC__)
#define LINE(type, bytes) ((bytes) / (ptrdiff_t)sizeof(type))
#else
#define LINE(type, bytes) 1
#endif
#define TILES(type, set, bytes, rows)                                                  \
    {                                                                                  \
        LINE(type, bytes),                                                             \
        rows,                                                                          \
        fill_##type##_##set,                                                           \
        fill_turned_##type##_##set,                                                    \
        pack_##type##_##set,                                                           \
        combine_rows_##type##_##set,                                                   \
        dots_##type##_##set,                                                           \
        finish_##type##_##set,                                                         \
    }

/* Gives the functions of an instruction set by its name, or of the best set if `name`
   is NULL; returns the name of what was chosen, or NULL if the processor has not got
   it. */
static const char *choose_tiles(const char *name, Tiles *floats, Tiles *doubles)
{
#define OFFER(set, bytes, rows, has)                                                   \
    if ((has) && (name == NULL || strcmp(name, #set) == 0)) {                          \
        *floats = (Tiles)TILES(float, set, bytes, rows);                               \
        *doubles = (Tiles)TILES(double, set, bytes, rows);                             \
        return #set;                                                                   \
    }
#ifdef MINIKERAS_CHOOSES
    int fused;
    __builtin_cpu_init();
    fused = __builtin_cpu_supports("fma");
    OFFER(avx512, 64, 12, fused && __builtin_cpu_supports("avx512f"))
    OFFER(avx2, 32, 6, fused && __builtin_cpu_supports("avx2"))
#endif
    OFFER(any, 16, 4, 1)
    return NULL;
}

#endif
