"""The weights of attention from scores, a few rows at a time, and their gradients.

Separate from heads.pyx, which multiplies matrices: this is arithmetic in rows, compiled
for each instruction set.
"""

from cython cimport floating
from libc.math cimport INFINITY
from libc.string cimport memset

from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one
from minikeras._fast.heads cimport TILE, Block, Looking, padded

cdef extern from "lanes.h":
    float largest_of_row_float(const float* row, Py_ssize_t n) noexcept nogil
    double largest_of_row_double(const double* row, Py_ssize_t n) noexcept nogil
    float sum_of_row_float(const float* row, Py_ssize_t n) noexcept nogil
    double sum_of_row_double(const double* row, Py_ssize_t n) noexcept nogil
    float product_of_rows_float(
        const float* x, const float* y, Py_ssize_t n
    ) noexcept nogil
    double product_of_rows_double(
        const double* x, const double* y, Py_ssize_t n
    ) noexcept nogil


# --- One row --------------------------------------------------------------------------

cdef inline floating largest_of(const floating* x, Py_ssize_t n) noexcept nogil:
    if floating is float:
        return largest_of_row_float(x, n)
    else:
        return largest_of_row_double(x, n)


cdef inline floating sum_of(const floating* x, Py_ssize_t n) noexcept nogil:
    if floating is float:
        return sum_of_row_float(x, n)
    else:
        return sum_of_row_double(x, n)


cdef inline floating product_of(
    const floating* x, const floating* y, Py_ssize_t n
) noexcept nogil:
    if floating is float:
        return product_of_rows_float(x, y, n)
    else:
        return product_of_rows_double(x, y, n)


cdef inline void hide(
    floating* scores, const unsigned char* mask, Py_ssize_t distance, Py_ssize_t n
) noexcept nogil:
    """Makes the scores -inf where the mask is 0."""
    cdef Py_ssize_t j
    if distance == 1:
        for j in range(n):
            scores[j] = scores[j] if mask[j] else <floating> -INFINITY
    else:
        for j in range(n):
            scores[j] = scores[j] if mask[j * distance] else <floating> -INFINITY


cdef inline bint sees_something(
    const unsigned char* mask, Py_ssize_t distance, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        if mask[j * distance]:
            return True
    return False


cdef inline Py_ssize_t seen_from(
    const Looking* look, const Block* block, Py_ssize_t i
) noexcept nogil:
    """Returns how many keys query i of a block may see, apart from its mask."""
    return min(look.keys, block.first + i + 1) if look.causal else look.keys


cdef cloned weigh(
    const Looking* look, const Block* block, const unsigned char* mask,
    floating* scores, floating* inverse_sums
) noexcept nogil:
    """Turns the rows of a block into weights that still are to be multiplied by
    inverse_sums; 0 for what is hidden, and all 0 where that is everything.

    One kind of work for all rows, then the next: reducing a row to one number takes
    long, but several rows can be on their way.
    """
    cdef floating largest[TILE]
    cdef floating scale = <floating> look.scale
    cdef Py_ssize_t i, j, seen, n = padded(block.width)
    cdef floating* row = scores
    check(block.rows <= TILE)
    if look.scale <= 0:     # the largest score is not the largest product
        for i in range(block.rows):
            for j in range(block.width):
                row[j] = row[j] * scale
            row += block.distance
        scale, row = 1, scores
    for i in range(block.rows):
        seen = seen_from(look, block, i)
        if mask is not NULL:
            hide(row, mask + i * look.mask_query, look.mask_key, seen)
        for j in range(seen, n):
            row[j] = <floating> -INFINITY
        largest[i] = largest_of(row, n)
        row += block.distance
    row = scores
    for i in range(block.rows):
        for j in range(n):
            row[j] = exp_one((row[j] - largest[i]) * scale)
        for j in range(n, block.filled):
            row[j] = 0
        row += block.distance
    row = scores
    for i in range(block.rows):
        inverse_sums[i] = 1 / sum_of(row, n)
        row += block.distance
    if mask is not NULL:
        forget_blind(look, block, mask, scores, inverse_sums)


cdef inline void forget_blind(
    const Looking* look, const Block* block, const unsigned char* mask,
    floating* scores, floating* inverse_sums
) noexcept nogil:
    """Sets the weights to 0 of queries that see nothing: theirs are nan."""
    cdef Py_ssize_t i
    for i in range(block.rows):
        if not sees_something(
            mask + i * look.mask_query, look.mask_key, seen_from(look, block, i)
        ):
            memset(scores, 0, block.filled * sizeof(floating))
            inverse_sums[i] = 0
        scores += block.distance


cdef cloned differentiate(
    const Looking* look, const Block* block, const floating* inverse_sums,
    floating* weights, floating* grads
) noexcept nogil:
    """weights_ij = p_ij and grads_ij = scale · p_ij (grads_ij - Σ_l p_il grads_il)."""
    cdef floating means[TILE]
    cdef floating scale = <floating> look.scale
    cdef Py_ssize_t i, j, n = padded(block.width)
    cdef floating* x = weights
    cdef floating* g = grads
    for i in range(block.rows):
        for j in range(block.width, block.filled):
            g[j] = 0            # weights are 0 there, but 0 · nan is not
        means[i] = inverse_sums[i] * product_of(x, g, n)
        x += block.distance
        g += block.distance
    for i in range(block.rows):
        for j in range(n):
            weights[j] = weights[j] * inverse_sums[i]
            grads[j] = scale * (weights[j] * (grads[j] - means[i]))
        weights += block.distance
        grads += block.distance


cdef cloned divide_rows(
    floating* found, Py_ssize_t distance, const floating* inverse_sums, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """found_ij *= inverse_sums_i."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(columns):
            found[j] = found[j] * inverse_sums[i]
        found += distance
