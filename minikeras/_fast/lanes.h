/* Rows reduced in sixteen lanes: lane j has the numbers j, j + 16, j + 32, ...

   In C, because Cython has no type for a vector, and of a loop over lanes in an array gcc
   makes sixteen scalars. In the end lanes j and j + 8 are added, then j and j + 4, and so
   on: the same order, and so the same bits, for every instruction set. The length n of a
   row is a multiple of 16.

   This file includes itself, for each type of NUMBER. */

#if !defined(NUMBER) && !defined(MINIKERAS_LANES_H)
#define MINIKERAS_LANES_H

#include <math.h>
#include <stddef.h>

#define PASTED_NAME(a, b) a##_##b
#define NAME_FOR(a, b) PASTED_NAME(a, b)
#define FOR(name) NAME_FOR(name, NUMBER)

#if defined(__GNUC__)
#define WIDTH 16
#define IN_PLACE static inline __attribute__((always_inline))
#else
#define WIDTH 1 /* slower, and as right */
#define IN_PLACE static inline
#endif

#define NUMBER float
#define INTEGER int
#include "lanes.h"
#define NUMBER double
#define INTEGER long long
#include "lanes.h"

#undef FOR
#undef WIDTH
#undef IN_PLACE

#elif defined(NUMBER)

#if defined(__GNUC__)
typedef NUMBER FOR(lanes) __attribute__((
    vector_size(WIDTH * sizeof(NUMBER)), aligned(sizeof(NUMBER)), may_alias));
typedef INTEGER FOR(lane_bits) __attribute__((
    vector_size(WIDTH * sizeof(NUMBER)), aligned(sizeof(NUMBER)), may_alias));
#else
typedef NUMBER FOR(lanes);
#endif

/* Returns the sum of all lanes, and adds them up where they are. */
IN_PLACE NUMBER FOR(sum_of_lanes)(NUMBER *x)
{
    for (int half = WIDTH / 2; half; half /= 2)
        for (int j = 0; j < half; j++)
            x[j] += x[j + half];
    return x[0];
}

/* Returns the largest number of a row, without regard for nan. */
IN_PLACE NUMBER FOR(largest_of_row)(const NUMBER *row, ptrdiff_t n)
{
    const FOR(lanes) zero = {0};
    FOR(lanes) largest = zero - (NUMBER)INFINITY;
    NUMBER x[WIDTH];
    for (ptrdiff_t i = 0; i < n; i += WIDTH) {
        const FOR(lanes) next = *(const FOR(lanes) *)(row + i);
#if defined(__GNUC__)
        const FOR(lane_bits) larger = next > largest;
        largest = (FOR(lanes))(
            ((FOR(lane_bits))next & larger) | ((FOR(lane_bits))largest & ~larger));
#else
        largest = next > largest ? next : largest;
#endif
    }
    *(FOR(lanes) *)x = largest;
    for (int half = WIDTH / 2; half; half /= 2)
        for (int j = 0; j < half; j++)
            x[j] = x[j] > x[j + half] ? x[j] : x[j + half];
    return x[0];
}

/* Returns the sum of a row. */
IN_PLACE NUMBER FOR(sum_of_row)(const NUMBER *row, ptrdiff_t n)
{
    FOR(lanes) sum = {0};
    NUMBER lanes[WIDTH];
    for (ptrdiff_t i = 0; i < n; i += WIDTH)
        sum += *(const FOR(lanes) *)(row + i);
    *(FOR(lanes) *)lanes = sum;
    return FOR(sum_of_lanes)(lanes);
}

/* Returns the sum of the products of two rows. */
IN_PLACE NUMBER FOR(product_of_rows)(const NUMBER *x, const NUMBER *y, ptrdiff_t n)
{
    FOR(lanes) sum = {0};
    NUMBER lanes[WIDTH];
    for (ptrdiff_t i = 0; i < n; i += WIDTH)
        sum += *(const FOR(lanes) *)(x + i) * *(const FOR(lanes) *)(y + i);
    *(FOR(lanes) *)lanes = sum;
    return FOR(sum_of_lanes)(lanes);
}

#undef NUMBER
#undef INTEGER
#endif
