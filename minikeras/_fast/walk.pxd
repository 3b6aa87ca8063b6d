"""Takes a flat function through arrays of any layout; walk.pyx explains how."""

from numpy cimport ndarray, npy_intp

cdef enum:
    MOST_DIMS = 64      # of a NumPy array
    MOST_INPUTS = 3     # of an elementwise kernel

ctypedef void (*flat1)(const void*, void*, Py_ssize_t) noexcept nogil
ctypedef void (*flat2)(const void*, const void*, void*, Py_ssize_t) noexcept nogil
ctypedef void (*flat3)(
    const void*, const void*, const void*, void*, Py_ssize_t
) noexcept nogil


cdef inline void call(
    void* flat, int count, char** inputs, char* out, Py_ssize_t n
) noexcept nogil:
    """Calls a flat function with the number of inputs that it has."""
    if count == 1:
        (<flat1> flat)(inputs[0], out, n)
    elif count == 2:
        (<flat2> flat)(inputs[0], inputs[1], out, n)
    else:
        (<flat3> flat)(inputs[0], inputs[1], inputs[2], out, n)


cdef struct Walk:
    # The arrays of one call, seen under one shape; the last of them is the result. It is
    # plain data: the arguments of a task, whose units are the blocks.
    # Along an axis where an array is broadcast, its stride is 0.
    void* flat
    int arrays
    int ndim
    npy_intp shape[MOST_DIMS]
    npy_intp strides[MOST_INPUTS + 1][MOST_DIMS]
    char* data[MOST_INPUTS + 1]
    int itemsize[MOST_INPUTS + 1]
    bint aligned[MOST_INPUTS + 1]
    bint is_number[MOST_INPUTS]     # a Python number: it is in here, and `data` is not
    double numbers[MOST_INPUTS]     # memory for it, in the type of the kernel
    # What plan_blocks finds. A plane is the last two axes.
    npy_intp rows
    npy_intp columns
    npy_intp block_rows
    npy_intp block_columns
    npy_intp blocks_across  # a plane
    npy_intp blocks_down
    npy_intp row_stride[MOST_INPUTS + 1]
    npy_intp column_stride[MOST_INPUTS + 1]
    bint in_place[MOST_INPUTS + 1]  # has each block in one run
    bint repeats[MOST_INPUTS + 1]   # has the same numbers in every block


cdef void place(Walk* walk, int i, ndarray array) noexcept
cdef void place_run(Walk* walk, int i, ndarray array) noexcept
cdef bint place_number(Walk* walk, int i, object number, int type)
cdef void merge_axes(Walk* walk) noexcept
cdef npy_intp plan_blocks(Walk* walk) noexcept
cdef void walk_through(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil
