"""Pooling, and its gradients. Contract: minikeras/kernels/reference/pooling.py.

What is here looks at arrays; pooling.h computes, a row of windows, or of elements, at a
time. Rows do not depend on each other. `max_pool_pick`, which only second derivatives
need, is left to the reference.
"""

from cpython.tuple cimport PyTuple_CheckExact
from numpy cimport (
    NPY_CORDER,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_UINT8,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_NDIM,
    PyArray_NewCopy,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport is_flat, is_native, is_writeable, otherwise
from minikeras._fast.tasks cimport noting, perform_parts
from minikeras._fast.windows cimport flat_result, has_shape

cdef extern from "pooling.h":
    ctypedef struct Windows:
        void* large
        void* small
        unsigned char* places
        Py_ssize_t channels
        Py_ssize_t side[3]
        Py_ssize_t count[3]
        Py_ssize_t size[3]
        Py_ssize_t stride[3]
        Py_ssize_t before[3]
    ctypedef void (*RowsOfWindows)(
        const Windows*, Py_ssize_t, Py_ssize_t
    ) noexcept nogil
    ctypedef struct Pooling:
        RowsOfWindows maxima
        RowsOfWindows maxima_grad
        RowsOfWindows maxima_grad_apart
        RowsOfWindows averages
        RowsOfWindows averages_grad
    const char* choose_pooling(const char* name, Pooling* floats, Pooling* doubles)

import_array()

cdef enum:
    MOST_AXES = 5
    WORK = 1 << 15      # numbers that are worth a thread: some 10 µs

cdef Pooling of_floats
cdef Pooling of_doubles
choose_pooling(NULL, &of_floats, &of_doubles)

cdef struct Rows:
    Windows windows
    RowsOfWindows function


cdef void do_rows(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    cdef Rows* rows = <Rows*> arguments
    rows.function(&rows.windows, begin, end)


# --- Kernels --------------------------------------------------------------------------

def max_pool(x, *, pool_size, strides, padding, out=None):
    """max over the members of each window, nan if there is one; and its place."""
    cdef Windows windows
    cdef npy_intp shape[MOST_AXES]
    cdef object largest = None, places = None, largest_out = None, places_out = None
    cdef int type, ndim
    if describe(x, pool_size, strides, padding, &windows, shape):
        x = in_c_order(x)
        if x is not None and fit_in_bytes(&windows):
            largest_out, places_out = (None, None) if out is None else out
            type, ndim = PyArray_TYPE(<ndarray> x), PyArray_NDIM(<ndarray> x)
            largest = target(largest_out, type, ndim, shape, (x,))
            places = target(places_out, NPY_UINT8, ndim, shape, (x,))
    if largest is None or places is None:
        return otherwise(
            "max_pool", (x,), parameters(pool_size, strides, padding, out)
        )
    windows.large = PyArray_DATA(x)
    windows.small = PyArray_DATA(largest)
    windows.places = <unsigned char*> PyArray_DATA(places)
    perform_rows(&windows, functions_for(x).maxima, windows.count, largest, 4)
    if out is None:
        return largest, places
    finished(largest, largest_out)
    finished(places, places_out)
    return out


def max_pool_grad(grad, places, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w over the windows whose first maximum is element i."""
    cdef Windows windows
    cdef npy_intp shape[MOST_AXES]
    cdef object result = None, small_grad = None, small_places = None
    if (
        describe(x, pool_size, strides, padding, &windows, shape)
        and fit_in_bytes(&windows)
        and is_native(grad, PyArray_TYPE(<ndarray> x))
        and is_native(places, NPY_UINT8)
        and has_shape(grad, PyArray_NDIM(<ndarray> x), shape)
        and has_shape(places, PyArray_NDIM(<ndarray> x), shape)
    ):
        small_grad, small_places = in_c_order(grad), in_c_order(places)
        if small_grad is not None and small_places is not None:
            result = target(
                out, PyArray_TYPE(<ndarray> x), PyArray_NDIM(<ndarray> x),
                PyArray_DIMS(<ndarray> x), (grad, places),
            )
    if result is None:
        return otherwise(
            "max_pool_grad", (grad, places, x),
            parameters(pool_size, strides, padding, out),
        )
    windows.large = PyArray_DATA(result)
    windows.small = PyArray_DATA(small_grad)
    windows.places = <unsigned char*> PyArray_DATA(small_places)
    perform_rows(
        &windows,
        functions_for(x).maxima_grad_apart if are_apart(&windows)
        else functions_for(x).maxima_grad,
        windows.side, result, 1,
    )
    return finished(result, out)


def average_pool(x, *, pool_size, strides, padding, out=None):
    """out_w = the mean over the members of window w."""
    cdef Windows windows
    cdef npy_intp shape[MOST_AXES]
    cdef object result = None
    if describe(x, pool_size, strides, padding, &windows, shape):
        x = in_c_order(x)
        if x is not None:
            result = target(
                out, PyArray_TYPE(<ndarray> x), PyArray_NDIM(<ndarray> x), shape, (x,)
            )
    if result is None:
        return otherwise(
            "average_pool", (x,), parameters(pool_size, strides, padding, out)
        )
    windows.large = PyArray_DATA(x)
    windows.small = PyArray_DATA(result)
    perform_rows(&windows, functions_for(x).averages, windows.count, result, 4)
    return finished(result, out)


def average_pool_grad(grad, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w / (members of w) over the windows w that element i is in."""
    cdef Windows windows
    cdef npy_intp shape[MOST_AXES]
    cdef object result = None, small = None
    if (
        describe(x, pool_size, strides, padding, &windows, shape)
        and is_native(grad, PyArray_TYPE(<ndarray> x))
        and has_shape(grad, PyArray_NDIM(<ndarray> x), shape)
    ):
        small = in_c_order(grad)
        if small is not None:
            result = target(
                out, PyArray_TYPE(<ndarray> x), PyArray_NDIM(<ndarray> x),
                PyArray_DIMS(<ndarray> x), (grad,),
            )
    if result is None:
        return otherwise(
            "average_pool_grad", (grad, x),
            parameters(pool_size, strides, padding, out),
        )
    windows.large = PyArray_DATA(result)
    windows.small = PyArray_DATA(small)
    perform_rows(&windows, functions_for(x).averages_grad, windows.side, result, 1)
    return finished(result, out)


# --- Arrays ---------------------------------------------------------------------------

cdef bint describe(
    object x, object pool_size, object strides, object padding, Windows* windows,
    npy_intp* shape
) except -1:
    """Fills in all but the memory, and the shape of the result.

    Returns False for what is not for compiled code, or is an error.
    """
    cdef int dims, i, axis
    cdef bint same = padding == "same"
    cdef npy_intp* sides
    cdef Py_ssize_t reach
    if not (
        (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE))
        and PyTuple_CheckExact(pool_size)
        and PyTuple_CheckExact(strides)
        and (same or padding == "valid")
    ):
        return False
    dims = PyArray_NDIM(<ndarray> x) - 2
    sides = PyArray_DIMS(<ndarray> x)
    if not (
        1 <= dims <= 3
        and len(pool_size) == dims
        and len(strides) == dims
        and PyArray_SIZE(<ndarray> x) > 0
    ):
        return False
    for i in range(3 - dims):
        windows.side[i] = windows.count[i] = windows.size[i] = windows.stride[i] = 1
        windows.before[i] = 0
    for axis in range(dims):
        i = 3 - dims + axis
        windows.side[i] = sides[axis + 1]
        windows.size[i] = pool_size[axis]
        windows.stride[i] = strides[axis]
        if windows.size[i] < 1 or windows.stride[i] < 1:
            return False
        windows.before[i] = 0
        if same:
            windows.count[i] = (windows.side[i] - 1) // windows.stride[i] + 1
            reach = (windows.count[i] - 1) * windows.stride[i] + windows.size[i]
            windows.before[i] = max(reach - windows.side[i], 0) // 2
        elif windows.size[i] <= windows.side[i]:
            reach = windows.side[i] - windows.size[i]
            windows.count[i] = reach // windows.stride[i] + 1
        else:
            return False
        shape[axis + 1] = windows.count[i]
    shape[0], shape[dims + 1] = sides[0], sides[dims + 1]
    windows.channels = sides[dims + 1]
    return True


cdef bint fit_in_bytes(const Windows* windows) noexcept:
    """Tells if the places in a window are numbered by bytes."""
    return windows.size[0] * windows.size[1] * windows.size[2] <= 256


cdef bint are_apart(const Windows* windows) noexcept:
    """Tells if no element is in two windows."""
    cdef int i
    for i in range(3):
        if windows.size[i] > windows.stride[i] and windows.count[i] > 1:
            return False
    return True


cdef ndarray in_c_order(ndarray x):
    """Returns x as one run of numbers, a copy if need be; None if there may be none."""
    if is_flat(x):
        return x
    return None if noting() else PyArray_NewCopy(x, NPY_CORDER)


cdef object target(
    object out, int type, int ndim, const npy_intp* shape, tuple inputs
):
    """Returns `out` if it is one run of numbers of its own, else a new array for it.

    None if there may be no copy, or `out` is not fit to hold the result at all.
    """
    cdef object result
    if out is None:
        return PyArray_EMPTY(ndim, shape, type, 0)
    if not (is_native(out, type) and has_shape(out, ndim, shape) and is_writeable(out)):
        return None
    result = flat_result(out, type, ndim, shape, inputs)
    if result is None and not noting():
        result = PyArray_EMPTY(ndim, shape, type, 0)
    return result


cdef object finished(object result, object out):
    """Returns the result, in `out` if it was given."""
    if out is None or result is out:
        return result
    PyArray_CopyInto(out, result)
    return out


cdef Pooling functions_for(ndarray x) noexcept:
    return of_floats if PyArray_TYPE(x) == NPY_FLOAT else of_doubles


cdef int perform_rows(
    const Windows* windows, RowsOfWindows function, const Py_ssize_t* lines,
    ndarray written, Py_ssize_t reads
) except -1:
    """Performs all rows of what is written; each number of it takes so many reads.

    `lines` are how many there are along each axis.
    """
    cdef Rows rows = Rows(windows[0], function)
    cdef Py_ssize_t numbers = lines[2] * windows.channels
    return perform_parts(
        do_rows, &rows, sizeof(rows), PyArray_SIZE(written) // numbers,
        1 + WORK // (numbers * reads), PyArray_DIMS(written)[0],
    )


def instruction_sets():
    """Returns the names of those that this processor has, the best first."""
    cdef Pooling unused
    return [
        name for name in ("avx512", "avx2", "any")
        if choose_pooling(name.encode(), &unused, &unused) is not NULL
    ]


def choose_instructions(name):
    """Pools with one of the instruction_sets(): all of them should be right."""
    if name not in instruction_sets():
        raise ValueError(
            f"Expected one of {instruction_sets()} as instructions; got {name!r}."
        )
    choose_pooling(name.encode(), &of_floats, &of_doubles)


cdef dict parameters(object pool_size, object strides, object padding, object out):
    return {
        "pool_size": pool_size, "strides": strides, "padding": padding, "out": out
    }
