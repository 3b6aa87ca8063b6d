"""The driver of reductions: from any axes of any layout to functions of runs.

Separate, as the driver of elementwise kernels is: a kernel is its arithmetic.
"""

from numpy cimport ndarray, npy_intp

cdef enum:
    TILE = 512          # columns whose partial results are on the stack at a time


cdef struct Reduction:
    # A kernel: its name, and its function for each type T of its input,
    #     void f(const T* x, U* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner)
    # where x is (outer, n, inner) in C order and the n are to be reduced.
    const char* name
    void* of_float32
    void* of_float64
    bint gives_index    # U is int32, not T; and there is one axis, or all are one
    bint needs_one      # n must not be 0


cdef inline Py_ssize_t next_tile(Py_ssize_t rest) noexcept nogil:
    """Returns how many columns of the rest fill a tile."""
    return rest if rest < TILE else TILE


cdef object reduced(
    const Reduction* kernel, object x, object axis, object keepdims, object out
)
cdef object reduced_axes(
    const Reduction* kernel, ndarray x, const bint* axes, int ndim,
    const npy_intp* shape, object out,
)
