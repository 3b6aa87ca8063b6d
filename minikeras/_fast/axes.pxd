"""The driver of reductions: from any axes of any layout to functions of runs and columns.

Separate, as the driver of elementwise kernels is: a kernel is its arithmetic. To the
driver an array is (outer, n, inner), of which the n are reduced. If inner is 1 there
are `outer` runs, else n rows of columns. Runs and columns do not depend on each other,
so threads share them; what has few but long ones may also be reduced in blocks.
"""

from numpy cimport ndarray, npy_intp

from minikeras._fast.tasks cimport Run

cdef enum:
    TILE = 256          # columns whose partial results are on the stack at a time
    # A kernel that can be split reduces these at a time, and combines the results in
    # order of their index. So the sizes are a part of what a sum is, to the last bit.
    BLOCK = 1 << 14     # numbers of a run
    ROWS = 256          # rows of columns
    GRAIN = 1 << 15     # numbers that are worth a thread


cdef struct Reduction:
    # A kernel: its name, and its functions for each type T of its input,
    #     void runs(const T* x, U* out, Py_ssize_t count, Py_ssize_t n)
    #     void columns(
    #         const T* x, U* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
    #     )
    # of `count` runs of n, one after the other, and of up to TILE columns of n numbers,
    # `stride` apart. `in_blocks` reduces what is longer than a block, or is NULL.
    const char* name
    void* runs_of_float32
    void* runs_of_float64
    void* columns_of_float32
    void* columns_of_float64
    Run in_blocks
    Py_ssize_t grain
    bint gives_index    # U is int32, not T; and there is one axis, or all are one
    bint needs_one      # n must not be 0


cdef struct Reduce:
    # The arguments of a task.
    const Reduction* kernel
    bint is_float32
    const char* x
    char* out
    Py_ssize_t outer
    Py_ssize_t n
    Py_ssize_t inner
    Py_ssize_t tiles    # of columns


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
cdef bint understood(object axis, int ndim, bint only_one, bint* axes)
cdef bint are_together(
    ndarray x, const bint* axes, Py_ssize_t* outer, Py_ssize_t* n, Py_ssize_t* inner
) noexcept
cdef bint is_result(object out, int type, int ndim, const npy_intp* shape) noexcept
