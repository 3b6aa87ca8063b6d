"""Functions of one number, from exp to erf. Contract: kernels/reference/elementwise.py.

Separate from elementwise.pyx, because these are approximations: see elementary.pxd.
"""

from cython cimport floating

from minikeras._fast.arrays cimport Elementwise, arithmetic, unary
from minikeras._fast.clones cimport cloned


cdef cloned exp_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = exp_one(x[i])

cdef Elementwise EXP = arithmetic(
    "exp", <void*> exp_flat[float], <void*> exp_flat[double]
)

def exp(x, *, out=None):
    """out_i = eˣ, x = x_i."""
    return unary(&EXP, x, out)
