"""The driver of reductions; axes.pxd tells what it drives.

Reduced axes that lie together need no copy: before, of and behind them are three sizes.
Others are moved to the end, in a copy to scratch memory, which is a part of the task.
What is not for compiled code goes to the set of kernels that `arrays.fall_back_on` was
given.
"""

from cpython.long cimport PyLong_AsLong, PyLong_CheckExact
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
)

from minikeras._fast.arrays cimport (
    MOST_DIMS,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
)
from minikeras._fast.copies cimport copy_in_order, plan_copy
from minikeras._fast.tasks cimport (
    SCRATCH_COPY,
    in_parallel,
    noting,
    perform,
    perform_parts,
    scratch,
)
from minikeras._fast.walk cimport Walk

import_array()

cdef enum:
    LONG = 128          # more numbers than this are a long run, to look for one in
    NARROW = 8          # fewer columns than this are no better than a run each

cdef struct Moved:
    # The arguments of a task: a copy, and the reduction of it.
    Walk walk
    Py_ssize_t blocks
    Py_ssize_t bytes
    Reduce work

ctypedef void (*of_runs)(const void*, void*, Py_ssize_t, Py_ssize_t) noexcept nogil
ctypedef void (*of_columns)(
    const void*, void*, Py_ssize_t, Py_ssize_t, Py_ssize_t
) noexcept nogil


cdef object reduced(
    const Reduction* kernel, object x, object axis, object keepdims, object out
):
    """Returns the kernel of x over an axis, several or all, in `out` if that is given."""
    cdef bint axes[MOST_DIMS]
    cdef npy_intp shape[MOST_DIMS]
    cdef int i, ndim = 0
    cdef bint keep = keepdims
    cdef object result = None
    if (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)) and understood(
        axis, PyArray_NDIM(<ndarray> x), kernel.gives_index, axes
    ):
        for i in range(PyArray_NDIM(<ndarray> x)):
            if keep or not axes[i]:
                shape[ndim] = 1 if axes[i] else PyArray_DIMS(<ndarray> x)[i]
                ndim += 1
        result = reduced_axes(kernel, x, axes, ndim, shape, out)
    if result is None:
        parameters = {"axis": axis, "keepdims": keepdims, "out": out}
        result = otherwise(kernel.name.decode(), (x,), parameters)
    return result


cdef bint understood(object axis, int ndim, bint only_one, bint* axes):
    """Marks the axes meant by None, an int or a tuple; returns if all is as it should."""
    cdef Py_ssize_t i
    for i in range(ndim):
        axes[i] = axis is None
    if axis is None:
        return True
    if PyLong_CheckExact(axis):
        return marked(axis, ndim, axes)
    if only_one or not PyTuple_CheckExact(axis):
        return False
    for i in range(PyTuple_GET_SIZE(axis)):
        if not marked(<object> PyTuple_GET_ITEM(axis, i), ndim, axes):
            return False
    return True


cdef bint marked(object axis, int ndim, bint* axes):
    """Marks an axis; returns if there is such a one, and it was not marked before."""
    cdef long i
    if not PyLong_CheckExact(axis):
        return False
    try:
        i = PyLong_AsLong(axis)
    except OverflowError:
        return False
    if i < 0:
        i += ndim
    if i < 0 or i >= ndim or axes[i]:
        return False
    axes[i] = True
    return True


cdef object reduced_axes(
    const Reduction* kernel, ndarray x, const bint* axes, int ndim,
    const npy_intp* shape, object out,
):
    """Returns the kernel of x over the axes marked, an array of the shape given.

    Returns None if this is not for compiled code.
    """
    cdef Reduce work
    cdef bint together
    cdef ndarray result
    cdef int type = PyArray_TYPE(x)
    cdef int type_of_result = NPY_INT32 if kernel.gives_index else type
    if out is not None and not is_result(out, type_of_result, ndim, shape):
        return None
    together = are_together(x, axes, &work.outer, &work.n, &work.inner)
    if work.n == 0 and kernel.needs_one:
        return None
    if noting():
        if out is None or not is_flat(out) or overlap(x, out):
            return None
    elif kernel.gives_index and work.n > LONG and work.inner < NARROW:
        return None  # NumPy's search of a long run is faster
    if out is not None and is_flat(out) and not overlap(x, out):
        result = out
    else:
        result = PyArray_EMPTY(ndim, <npy_intp*> shape, type_of_result, 0)
    work.kernel = kernel
    work.is_float32 = type == NPY_FLOAT
    work.x = <const char*> PyArray_DATA(x)
    work.out = <char*> PyArray_DATA(result)
    work.tiles = (work.inner + TILE - 1) // TILE
    if together and is_flat(x):
        do(&work)
    else:
        do_moved(&work, x, axes, together)
    if out is None or out is result:
        return result
    PyArray_CopyInto(out, result)
    return out


cdef int do(Reduce* work) except -1:
    """Performs a reduction, in whatever pieces it has."""
    if is_in_blocks(work):
        perform(
            work.kernel.in_blocks, work, sizeof(Reduce),
            work.outer * work.n * work.inner,
        )
    elif work.inner == 1:
        perform_parts(
            runs_part, work, sizeof(Reduce), work.outer, grain(work), 0
        )
    else:
        perform_parts(
            columns_part, work, sizeof(Reduce), work.outer * work.tiles, grain(work),
            0,
        )
    return 0


cdef inline bint is_in_blocks(const Reduce* work) noexcept nogil:
    return work.kernel.in_blocks is not NULL and work.n > (
        BLOCK if work.inner == 1 else ROWS
    )


cdef inline Py_ssize_t grain(const Reduce* work) noexcept nogil:
    """Returns how many runs, or tiles of columns, are worth a thread."""
    return max(1, work.kernel.grain // max(1, work.n * next_tile(work.inner)))


cdef int do_moved(Reduce* work, ndarray x, const bint* axes, bint together) except -1:
    """Performs a reduction of an array that is to be copied, its axes moved."""
    cdef Moved moved
    cdef int order[MOST_DIMS]
    cdef int i, count = 0
    for i in range(PyArray_NDIM(x)):
        if together or not axes[i]:
            order[count] = i
            count += 1
    for i in range(PyArray_NDIM(x)):
        if not together and axes[i]:
            order[count] = i
            count += 1
    moved.work = work[0]
    moved.bytes = PyArray_SIZE(x) * PyArray_ITEMSIZE(x)
    moved.blocks = plan_copy(&moved.walk, x, order)
    perform(reduce_moved, &moved, sizeof(Moved), PyArray_SIZE(x))
    return 0


cdef bint reduce_moved(void* arguments) noexcept nogil:
    """Copies an array to scratch memory, and reduces it there."""
    cdef Moved moved = (<Moved*> arguments)[0]
    cdef char* copy = <char*> scratch(SCRATCH_COPY, moved.bytes)
    copy_in_order(&moved.walk, moved.blocks, copy)
    moved.work.x = copy
    if is_in_blocks(&moved.work):
        return moved.work.kernel.in_blocks(&moved.work)
    if moved.work.inner == 1:
        in_parallel(runs_part, &moved.work, moved.work.outer, grain(&moved.work))
    else:
        in_parallel(
            columns_part, &moved.work, moved.work.outer * moved.work.tiles,
            grain(&moved.work),
        )
    return True


cdef void runs_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Reduces the runs from begin to end."""
    cdef const Reduce* work = <const Reduce*> arguments
    cdef Py_ssize_t itemsize = sizeof(float) if work.is_float32 else sizeof(double)
    cdef Py_ssize_t out_size = sizeof(int) if work.kernel.gives_index else itemsize
    cdef of_runs function = <of_runs> (
        work.kernel.runs_of_float32 if work.is_float32 else work.kernel.runs_of_float64
    )
    function(
        work.x + begin * work.n * itemsize, work.out + begin * out_size, end - begin,
        work.n,
    )


cdef void columns_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Reduces the tiles of columns from begin to end."""
    cdef const Reduce* work = <const Reduce*> arguments
    cdef Py_ssize_t itemsize = sizeof(float) if work.is_float32 else sizeof(double)
    cdef Py_ssize_t out_size = sizeof(int) if work.kernel.gives_index else itemsize
    cdef of_columns function = <of_columns> (
        work.kernel.columns_of_float32 if work.is_float32
        else work.kernel.columns_of_float64
    )
    cdef Py_ssize_t unit, outer, first
    for unit in range(begin, end):
        outer = unit // work.tiles
        first = unit % work.tiles * TILE
        function(
            work.x + (outer * work.n * work.inner + first) * itemsize,
            work.out + (outer * work.inner + first) * out_size,
            work.n, next_tile(work.inner - first), work.inner,
        )


cdef bint is_result(object out, int type, int ndim, const npy_intp* shape) noexcept:
    """Tells if a result of this type and shape can be written to `out`."""
    cdef int i
    if not (
        is_native(out, type)
        and is_writeable(out)
        and PyArray_NDIM(<ndarray> out) == ndim
    ):
        return False
    for i in range(ndim):
        if PyArray_DIMS(<ndarray> out)[i] != shape[i]:
            return False
    return True


cdef bint are_together(
    ndarray x, const bint* axes, Py_ssize_t* outer, Py_ssize_t* n, Py_ssize_t* inner
) noexcept:
    """Finds the sizes before, of and behind the axes marked.

    Returns if no other axis lies between them. If one does, the sizes are those after
    moving them to the end.
    """
    cdef npy_intp* shape = PyArray_DIMS(x)
    cdef bint together = True
    cdef int i
    outer[0] = n[0] = inner[0] = 1
    for i in range(PyArray_NDIM(x)):
        if shape[i] == 1:
            continue
        if not axes[i]:
            inner[0] *= shape[i]
        else:
            together = together and (inner[0] == 1 or n[0] == 1)
            if n[0] == 1:
                outer[0], inner[0] = inner[0], 1
            n[0] *= shape[i]
    if not together:
        outer[0] *= inner[0]
        inner[0] = 1
    return together
