"""Arithmetic, comparison and selection. Contract: kernels/reference/elementwise.py."""

from cython cimport floating

from minikeras._fast.arrays cimport Elementwise, arithmetic, binary
from minikeras._fast.clones cimport cloned


cdef cloned add_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] + y[i]

cdef Elementwise ADD = arithmetic(
    "add", <void*> add_flat[float], <void*> add_flat[double]
)

def add(x, y, *, out=None):
    """out_i = x_i + y_i."""
    return binary(&ADD, x, y, out)
