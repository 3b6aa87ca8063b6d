/* Philox 4x64-10: four random words from a counter and a key.

   In C, because Cython has no type for vectors, and gcc finds none for a product of
   64 by 64 bits. Element i, counted from 0, scrambles the counter (i + 1, 0, counter, 0)
   under the key (seed, 0). Most kernels want no more than the first of its four words:
   philox_first_words leaves out what only the others need, and computes once what is
   the same for all elements. Ten rounds of two products each are 8.9 ns for an element;
   this is 7.6 ns, and 4.5 ns where there is AVX-512.

   Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011),
   section 3.3. */

#ifndef MINIKERAS_PHILOX_H
#define MINIKERAS_PHILOX_H

#include <stddef.h>
#include <stdint.h>

#define PHILOX_ROUNDS 10
#define PHILOX_M0 0xD2E7470EE14C6C93ULL
#define PHILOX_M2 0xCA5A826395121157ULL
#define PHILOX_STEP_0 0x9E3779B97F4A7C15ULL
#define PHILOX_STEP_1 0xBB67AE8584CAA73BULL

struct philox {
    uint64_t counter;
    uint64_t keys[PHILOX_ROUNDS][2]; /* two words for each round */
};

/* Returns floor(x y / 2^64), and the rest in `low`. */
static inline uint64_t philox_product(uint64_t x, uint64_t y, uint64_t *low)
{
#if defined(__SIZEOF_INT128__)
    unsigned __int128 product = (unsigned __int128)x * y;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t x_low = (uint32_t)x, y_low = (uint32_t)y;
    uint64_t cross = (x >> 32) * y_low + (x_low * y_low >> 32);
    uint64_t other = x_low * (y >> 32) + (uint32_t)cross;
    *low = x * y;
    return (x >> 32) * (y >> 32) + (cross >> 32) + (other >> 32);
#endif
}

static inline struct philox philox_state(uint64_t seed, uint64_t counter)
{
    struct philox state;
    uint64_t key_0 = seed, key_1 = 0;
    state.counter = counter;
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        state.keys[round][0] = key_0;
        state.keys[round][1] = key_1;
        key_0 += PHILOX_STEP_0;
        key_1 += PHILOX_STEP_1;
    }
    return state;
}

/* The four words of element i. */
static inline void philox_words(const struct philox *state, uint64_t i, uint64_t *words)
{
    uint64_t x0 = i + 1, x1 = 0, x2 = state->counter, x3 = 0;
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t low_0, low_2;
        uint64_t high_0 = philox_product(x0, PHILOX_M0, &low_0);
        uint64_t high_2 = philox_product(x2, PHILOX_M2, &low_2);
        x0 = high_2 ^ x1 ^ state->keys[round][0];
        x1 = low_2;
        x2 = high_0 ^ x3 ^ state->keys[round][1];
        x3 = low_0;
    }
    words[0] = x0, words[1] = x1, words[2] = x2, words[3] = x3;
}

/* What rounds 0 and 1 make of the words that are no element's own: x2 of the counter
   and x1 = x3 = 0, and the x0 that comes of them. */
struct philox_shared {
    uint64_t x1;     /* after round 0 */
    uint64_t high_0; /* of round 1 */
    uint64_t low_0;
};

static struct philox_shared philox_share(const struct philox *state)
{
    struct philox_shared shared;
    uint64_t x0 = philox_product(state->counter, PHILOX_M2, &shared.x1)
                  ^ state->keys[0][0];
    shared.high_0 = philox_product(x0, PHILOX_M0, &shared.low_0);
    return shared;
}

#if defined(__GNUC__) && defined(__x86_64__)
#define PHILOX_HAS_VECTORS
#include <immintrin.h>

#define PHILOX_AVX512 __attribute__((target("avx512f,avx512dq")))
#define LANES 8
#define TOGETHER 4 /* vectors, so that none waits for its own last product */

/* floor(x y / 2^64) in each lane, from four products of 32 by 32 bits. */
PHILOX_AVX512 static inline __m512i philox_high(__m512i x, uint64_t y)
{
    __m512i y_low = _mm512_set1_epi64(y), y_high = _mm512_set1_epi64(y >> 32);
    __m512i x_high = _mm512_srli_epi64(x, 32);
    __m512i low = _mm512_srli_epi64(_mm512_mul_epu32(x, y_low), 32);
    __m512i cross = _mm512_add_epi64(_mm512_mul_epu32(x_high, y_low), low);
    __m512i cross_low = _mm512_and_si512(cross, _mm512_set1_epi64(0xFFFFFFFF));
    __m512i other = _mm512_add_epi64(_mm512_mul_epu32(x, y_high), cross_low);
    __m512i high = _mm512_add_epi64(_mm512_mul_epu32(x_high, y_high),
                                    _mm512_srli_epi64(cross, 32));
    return _mm512_add_epi64(high, _mm512_srli_epi64(other, 32));
}

PHILOX_AVX512 static inline __m512i philox_xor(__m512i x, __m512i y, uint64_t key)
{
    return _mm512_ternarylogic_epi64(x, y, _mm512_set1_epi64(key), 0x96);
}

/* Fills `first` with as many of the words as are a multiple of LANES * TOGETHER;
   returns how many. */
PHILOX_AVX512 static ptrdiff_t philox_first_vectors(const struct philox *state,
                                                    uint64_t start, ptrdiff_t count,
                                                    uint64_t *first)
{
    const struct philox_shared shared = philox_share(state);
    const __m512i m0 = _mm512_set1_epi64(PHILOX_M0), m2 = _mm512_set1_epi64(PHILOX_M2);
    const __m512i zero = _mm512_setzero_si512();
    const __m512i numbers = _mm512_set_epi64(8, 7, 6, 5, 4, 3, 2, 1);
    ptrdiff_t i;
    for (i = 0; i + LANES * TOGETHER <= count; i += LANES * TOGETHER) {
        __m512i x0[TOGETHER], x1[TOGETHER], x2[TOGETHER], x3[TOGETHER];
        for (int v = 0; v < TOGETHER; v++) {
            __m512i x = _mm512_add_epi64(_mm512_set1_epi64(start + i + v * LANES),
                                         numbers);
            x2[v] = philox_xor(philox_high(x, PHILOX_M0), zero, state->keys[0][1]);
            x3[v] = _mm512_mullo_epi64(x, m0);
        }
        for (int v = 0; v < TOGETHER; v++) {
            x0[v] = philox_xor(philox_high(x2[v], PHILOX_M2), zero,
                               shared.x1 ^ state->keys[1][0]);
            x1[v] = _mm512_mullo_epi64(x2[v], m2);
            x2[v] = philox_xor(x3[v], zero, shared.high_0 ^ state->keys[1][1]);
            x3[v] = _mm512_set1_epi64(shared.low_0);
        }
        for (int round = 2; round < 8; round++)
            for (int v = 0; v < TOGETHER; v++) {
                __m512i y0 = philox_xor(philox_high(x2[v], PHILOX_M2), x1[v],
                                        state->keys[round][0]);
                __m512i y2 = philox_xor(philox_high(x0[v], PHILOX_M0), x3[v],
                                        state->keys[round][1]);
                x1[v] = _mm512_mullo_epi64(x2[v], m2);
                x3[v] = _mm512_mullo_epi64(x0[v], m0);
                x0[v] = y0;
                x2[v] = y2;
            }
        for (int v = 0; v < TOGETHER; v++) {
            x1[v] = _mm512_mullo_epi64(x2[v], m2);
            x2[v] = philox_xor(philox_high(x0[v], PHILOX_M0), x3[v], state->keys[8][1]);
            x0[v] = philox_xor(philox_high(x2[v], PHILOX_M2), x1[v], state->keys[9][0]);
            _mm512_storeu_si512(first + i + v * LANES, x0[v]);
        }
    }
    return i;
}
#undef LANES
#undef TOGETHER
#endif

/* Fills `first` with word 0 of the elements start, start + 1, ... */
static inline void philox_first_words(const struct philox *state, uint64_t start,
                                      ptrdiff_t count, uint64_t *first)
{
    const struct philox_shared shared = philox_share(state);
    ptrdiff_t i = 0;
#ifdef PHILOX_HAS_VECTORS
    if (__builtin_cpu_supports("avx512dq"))
        i = philox_first_vectors(state, start, count, first);
#endif
    for (; i < count; i++) {
        uint64_t x0, x1, x2, x3, low_0, low_2;
        /* Round 0 and 1: the rest of them is shared. */
        x2 = philox_product(start + i + 1, PHILOX_M0, &x3) ^ state->keys[0][1];
        x0 = philox_product(x2, PHILOX_M2, &x1) ^ shared.x1 ^ state->keys[1][0];
        x2 = shared.high_0 ^ x3 ^ state->keys[1][1];
        x3 = shared.low_0;
        for (int round = 2; round < 8; round++) {
            uint64_t high_0 = philox_product(x0, PHILOX_M0, &low_0);
            uint64_t high_2 = philox_product(x2, PHILOX_M2, &low_2);
            x0 = high_2 ^ x1 ^ state->keys[round][0];
            x1 = low_2;
            x2 = high_0 ^ x3 ^ state->keys[round][1];
            x3 = low_0;
        }
        /* Round 8 without x0 and x3, round 9 with x0 alone. */
        x1 = x2 * PHILOX_M2;
        x2 = philox_product(x0, PHILOX_M0, &low_0) ^ x3 ^ state->keys[8][1];
        first[i] = philox_product(x2, PHILOX_M2, &low_2) ^ x1 ^ state->keys[9][0];
    }
}

#endif
