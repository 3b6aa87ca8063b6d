"""What one head of attention is given: where its arrays are, and which part of them.

Tasks for attention.pyx are here too. heads.pyx tells how they go about it.
"""

cdef enum:
    LANES = 16              # what rows are padded to: no line of a register is longer
    TILE = 12               # queries whose scores are one product: as tiles are high

cdef struct Heads:
    # An array (samples, times, heads, features), with distances in numbers; or NULL.
    char* data
    Py_ssize_t sample
    Py_ssize_t time
    Py_ssize_t head
    Py_ssize_t feature

cdef struct Looking:
    # The arguments of a task.
    Heads query
    Heads key
    Heads value
    Heads found         # the result, or its gradient
    Heads query_grad
    Heads key_grad
    Heads value_grad
    const unsigned char* mask       # or NULL; distances in bytes
    Py_ssize_t mask_sample
    Py_ssize_t mask_head
    Py_ssize_t mask_query
    Py_ssize_t mask_key
    Py_ssize_t heads
    Py_ssize_t queries
    Py_ssize_t keys
    Py_ssize_t features
    Py_ssize_t found_features
    bint causal
    double scale

cdef struct Block:
    # Some queries of one head, and the rows of their scores.
    Py_ssize_t first
    Py_ssize_t rows
    Py_ssize_t width        # keys that are computed: no later one is seen
    Py_ssize_t filled       # columns that are made 0 behind them
    Py_ssize_t distance     # of rows of scores


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) // LANES * LANES


cdef void find_floats(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil
cdef void find_doubles(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil
