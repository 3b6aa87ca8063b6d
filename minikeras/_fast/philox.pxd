"""Random words from counters; philox.h explains them."""

from libc.stdint cimport uint64_t

cdef extern from "philox.h":
    ctypedef struct State "struct philox":
        pass

    # Returns ⌊x y / 2⁶⁴⌋, and the rest in `low`.
    uint64_t product "philox_product"(
        uint64_t x, uint64_t y, uint64_t* low
    ) noexcept nogil
    State state_of "philox_state"(uint64_t seed, uint64_t counter) noexcept nogil
    void all_words "philox_words"(
        const State* state, uint64_t i, uint64_t* words
    ) noexcept nogil
    void first_words "philox_first_words"(
        const State* state, uint64_t start, Py_ssize_t count, uint64_t* first
    ) noexcept nogil


cdef inline void first_two_words(
    const State* state, Py_ssize_t start, Py_ssize_t count, uint64_t* first,
    uint64_t* second,
) noexcept nogil:
    """The first two words of the elements start, start + 1, …"""
    cdef uint64_t words[4]
    cdef Py_ssize_t i
    for i in range(count):
        all_words(state, start + i, words)
        first[i], second[i] = words[0], words[1]
