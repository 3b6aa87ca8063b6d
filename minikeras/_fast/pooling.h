/* Pooling: windows over images, a row at a time.

   In C, because Cython has no type for a vector: channels lie side by side, and there
   are often few of them, so that a loop over the channels of one window would be all
   beginning and end. pooling_rows.h is compiled for float and double and for each instruction
   set; the best that the processor has is chosen once. No operation is fused or
   reordered: all sets give the same bits. */

#ifndef MINIKERAS_POOLING_H
#define MINIKERAS_POOLING_H

#include <stddef.h>
#include <string.h>

/* Windows over three axes of places; with fewer, the first ones have side 1. */
typedef struct {
    void *large;           /* (samples, side[0], side[1], side[2], channels) */
    void *small;           /* (samples, count[0], count[1], count[2], channels) */
    unsigned char *places; /* the same shape: where in each window its maximum is */
    ptrdiff_t channels;
    ptrdiff_t side[3];
    ptrdiff_t count[3]; /* windows along each axis */
    ptrdiff_t size[3];
    ptrdiff_t stride[3];
    ptrdiff_t before[3]; /* how far the first window begins before the first element */
} Windows;

/* From rows of `large` to rows of `small`, or back: rows begin ≤ row < end of the one
   that is written. */
typedef void (*RowsOfWindows)(const Windows *, ptrdiff_t begin, ptrdiff_t end);

typedef struct {
    RowsOfWindows maxima;              /* writes `small` and `places` */
    RowsOfWindows maxima_grad;         /* writes `large` */
    RowsOfWindows maxima_grad_apart;   /* the same for windows that do not overlap */
    RowsOfWindows averages;            /* writes `small` */
    RowsOfWindows averages_grad;       /* writes `large` */
} Pooling;

/* Along one axis: places first ≤ i < last of a window that begins at element `start`;
   or windows first ≤ w < last. */
typedef struct {
    ptrdiff_t start, first, last;
} Span;

/* Returns the places of a window that lie inside. */
static inline Span members_of(const Windows *windows, int axis, ptrdiff_t window)
{
    Span span;
    span.start = window * windows->stride[axis] - windows->before[axis];
    span.first = span.start < 0 ? -span.start : 0;
    span.last = windows->side[axis] - span.start;
    if (span.last > windows->size[axis])
        span.last = windows->size[axis];
    return span;
}

/* Returns the windows that an element is in; `start` is its distance from window 0. */
static inline Span windows_of(const Windows *windows, int axis, ptrdiff_t element)
{
    const ptrdiff_t size = windows->size[axis], stride = windows->stride[axis];
    Span span;
    span.start = element + windows->before[axis];
    span.first = span.start < size ? 0 : (span.start - size) / stride + 1;
    span.last = span.start / stride + 1;
    if (span.last > windows->count[axis])
        span.last = windows->count[axis];
    return span;
}

/* Returns how many members a window has that lie inside. */
static inline ptrdiff_t count_members(Span a, Span b, Span c)
{
    return (a.last - a.first) * (b.last - b.first) * (c.last - c.first);
}

/* Asks for memory that will be read soon; beyond the end of an array that does nothing. */
static inline void fetch(const void *from, size_t bytes)
{
#if defined(__GNUC__)
    for (size_t line = 0; line < bytes; line += 64)
        __builtin_prefetch((const char *)from + line);
#else
    (void)from, (void)bytes;
#endif
}

#define PASTED(a, b, c) a##_##b##_##c
#define NAME_OF(a, b, c) PASTED(a, b, c)
#define NAMED(name) NAME_OF(name, NUMBER, SET)

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define CONVERTED(x, type) __builtin_convertvector(x, type)
/* x where the mask is set, y elsewhere; both are of `type`, the mask of integers. */
#define CHOSEN(mask, x, y, type, integers)                                             \
    ((type)(((integers)(x) & (mask)) | ((integers)(y) & ~(mask))))
#else
#define ALWAYS_INLINE inline
#define CONVERTED(x, type) ((type)(x))
#define CHOSEN(mask, x, y, type, integers) ((mask) ? (x) : (y))
#endif

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define MINIKERAS_CHOOSES

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq")
#define SET avx512
#define LINE_BYTES 64
#define NUMBER float
#define INTEGER int
#include "pooling_rows.h"
#define NUMBER double
#define INTEGER long long
#include "pooling_rows.h"
#undef SET
#undef LINE_BYTES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2")
#define SET avx2
#define LINE_BYTES 32
#define NUMBER float
#define INTEGER int
#include "pooling_rows.h"
#define NUMBER double
#define INTEGER long long
#include "pooling_rows.h"
#undef SET
#undef LINE_BYTES
#pragma GCC pop_options
#endif

#define SET any
#define LINE_BYTES 16
#define NUMBER float
#define INTEGER int
#include "pooling_rows.h"
#define NUMBER double
#define INTEGER long long
#include "pooling_rows.h"
#undef SET
#undef LINE_BYTES

#define POOLING(type, set)                                                             \
    {maxima_##type##_##set, maxima_grad_##type##_##set,                                \
     maxima_grad_apart_##type##_##set, averages_##type##_##set,                        \
     averages_grad_##type##_##set}

/* Gives the functions of an instruction set by its name, or of the best set if `name`
   is NULL; returns the name of what was chosen, or NULL if the processor has not got
   it. */
static const char *choose_pooling(const char *name, Pooling *floats, Pooling *doubles)
{
#define OFFER(set, has)                                                                \
    if ((has) && (name == NULL || strcmp(name, #set) == 0)) {                          \
        *floats = (Pooling)POOLING(float, set);                                        \
        *doubles = (Pooling)POOLING(double, set);                                      \
        return #set;                                                                   \
    }
#ifdef MINIKERAS_CHOOSES
    __builtin_cpu_init();
    OFFER(avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                      && __builtin_cpu_supports("avx512vl")
                      && __builtin_cpu_supports("avx512dq"))
    OFFER(avx2, __builtin_cpu_supports("avx2"))
#endif
    OFFER(any, 1)
    return NULL;
}

#endif
