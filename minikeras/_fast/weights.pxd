"""Rows of scores that become weights, and what that does to gradients: see weights.pyx.
"""

from cython cimport floating

from minikeras._fast.clones cimport cloned
from minikeras._fast.heads cimport Block, Looking

cdef cloned weigh(
    const Looking* look, const Block* block, const unsigned char* mask,
    floating* scores, floating* inverse_sums
) noexcept nogil
cdef cloned differentiate(
    const Looking* look, const Block* block, const floating* inverse_sums,
    floating* weights, floating* grads
) noexcept nogil
cdef cloned divide_rows(
    floating* found, Py_ssize_t distance, const floating* inverse_sums, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil
