"""Philox 4×64-10: four random words from a counter and a key.

Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011), section 3.3.
"""

from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__SIZEOF_INT128__)
        static inline uint64_t minikeras_product(
            uint64_t x, uint64_t y, uint64_t* low
        ) {
            unsigned __int128 product = (unsigned __int128) x * y;
            *low = (uint64_t) product;
            return (uint64_t) (product >> 64);
        }
    #else
        static inline uint64_t minikeras_product(
            uint64_t x, uint64_t y, uint64_t* low
        ) {
            uint64_t x_low = (uint32_t) x, y_low = (uint32_t) y;
            uint64_t cross = (x >> 32) * y_low + (x_low * y_low >> 32);
            uint64_t other = x_low * (y >> 32) + (uint32_t) cross;
            *low = x * y;
            return (x >> 32) * (y >> 32) + (cross >> 32) + (other >> 32);
        }
    #endif
    """
    # Returns ⌊x y / 2⁶⁴⌋, and the rest in `low`.
    uint64_t product "minikeras_product"(
        uint64_t x, uint64_t y, uint64_t* low
    ) noexcept nogil

cdef enum:
    ROUNDS = 10

cdef struct State:
    uint64_t counter
    uint64_t keys[ROUNDS][2]    # two words for each round


cdef inline void philox(const State* state, uint64_t i, uint64_t* words) noexcept nogil:
    """Scrambles the counter (i, 0, counter, 0) under the key (seed, 0)."""
    cdef uint64_t x0 = i, x1 = 0, x2 = state.counter, x3 = 0
    cdef uint64_t high_0, high_2, low_0 = 0, low_2 = 0
    cdef int turn
    for turn in range(ROUNDS):
        high_0 = product(x0, 0xD2E7470EE14C6C93ULL, &low_0)
        high_2 = product(x2, 0xCA5A826395121157ULL, &low_2)
        x0 = high_2 ^ x1 ^ state.keys[turn][0]
        x1 = low_2
        x2 = high_0 ^ x3 ^ state.keys[turn][1]
        x3 = low_0
    words[0], words[1], words[2], words[3] = x0, x1, x2, x3


cdef inline void first_words(
    const State* state, Py_ssize_t start, Py_ssize_t count, uint64_t* first
) noexcept nogil:
    """The first word of each block that belongs to elements start, start + 1, …"""
    cdef uint64_t words[4]
    cdef Py_ssize_t i
    for i in range(count):
        philox(state, <uint64_t> (start + i + 1), words)
        first[i] = words[0]


cdef inline void first_two_words(
    const State* state, Py_ssize_t start, Py_ssize_t count, uint64_t* first,
    uint64_t* second,
) noexcept nogil:
    cdef uint64_t words[4]
    cdef Py_ssize_t i
    for i in range(count):
        philox(state, <uint64_t> (start + i + 1), words)
        first[i], second[i] = words[0], words[1]


cdef inline State state_of(object state) except *:
    """Returns the counter and the keys that come of (seed, 0), modulo 2⁶⁴."""
    cdef State result
    cdef uint64_t key_0 = int(state[0]) & 0xFFFFFFFFFFFFFFFF, key_1 = 0
    cdef int turn
    result.counter = int(state[1]) & 0xFFFFFFFFFFFFFFFF
    for turn in range(ROUNDS):
        result.keys[turn][0], result.keys[turn][1] = key_0, key_1
        key_0 += 0x9E3779B97F4A7C15ULL
        key_1 += 0xBB67AE8584CAA73BULL
    return result
