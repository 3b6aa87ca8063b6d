"""The driver: takes a flat function to arrays of any layout.

Separate, so that a kernel is its arithmetic and nothing else. There are two ways.
Arrays of one shape in C order are one run each: the function is called once. All else,
broadcast, strided, unaligned or a Python number, is walked in blocks, and what is no
run is copied to a tile on the stack first: a function never meets a stride.

What is not for compiled code (other dtypes, subclasses of ndarray, shapes that do not
broadcast, results that overlap an input) goes to the set of kernels that `fall_back_on`
was given, which answers or raises.
"""

from cpython.object cimport PyObject
from libc.string cimport memcmp
from numpy cimport (
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_STRIDES,
    import_array,
    npy_intp,
)

from minikeras._fast.walk cimport (
    Walk,
    call,
    merge_axes,
    place,
    place_number,
    place_run,
    plan_blocks,
    walk_through,
)
from minikeras._fast.tasks cimport perform_parts, refused

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyArray_Descr:
        pass
    enum: NPY_KEEPORDER
    PyArray_Descr* PyArray_DescrFromType(int type)
    ndarray PyArray_NewLikeArray(
        ndarray prototype, int order, PyArray_Descr* descr, int subok
    )

import_array()

cdef object _otherwise = None


def fall_back_on(kernels):
    """Makes `kernels` answer what compiled code does not."""
    global _otherwise
    _otherwise = kernels


cdef object otherwise(str name, tuple inputs, dict parameters):
    """Calls the kernel of that name in the set that answers what we don't."""
    if refused():  # while a program is linked: it will call us from Python
        return parameters.get("out")
    if _otherwise is None:
        raise TypeError(
            f"{name} is compiled for float32 and float64 arrays that fit together, and "
            "got something else. Import it from minikeras.kernels.fast, which knows "
            "the kernels for everything else."
        )
    return getattr(_otherwise, name)(*inputs, **parameters)


# --- Any array ------------------------------------------------------------------------


cdef bint same_shape(ndarray x, ndarray y) noexcept:
    cdef int ndim = PyArray_NDIM(x)
    return PyArray_NDIM(y) == ndim and memcmp(
        PyArray_DIMS(x), PyArray_DIMS(y), ndim * sizeof(npy_intp)
    ) == 0


cdef bint is_same_view(ndarray x, ndarray y) noexcept:
    """Tells if each number of x is where the same number of y is."""
    return (
        PyArray_DATA(x) == PyArray_DATA(y)
        and PyArray_ITEMSIZE(x) == PyArray_ITEMSIZE(y)
        and same_shape(x, y)
        and memcmp(
            PyArray_STRIDES(x), PyArray_STRIDES(y), PyArray_NDIM(x) * sizeof(npy_intp)
        ) == 0
    )


cdef bint overlap(ndarray x, ndarray y) noexcept:
    """Tells if some byte between x's first and last lies between y's, too."""
    cdef char* x_first = <char*> PyArray_DATA(x)
    cdef char* y_first = <char*> PyArray_DATA(y)
    cdef char* x_end = x_first + PyArray_ITEMSIZE(x)
    cdef char* y_end = y_first + PyArray_ITEMSIZE(y)
    if PyArray_SIZE(x) == 0 or PyArray_SIZE(y) == 0:
        return False
    widen(x, &x_first, &x_end)
    widen(y, &y_first, &y_end)
    return x_first < y_end and y_first < x_end


cdef void widen(ndarray x, char** first, char** end) noexcept:
    """Moves `first` and `end` apart until all of x lies between them."""
    cdef int axis
    cdef npy_intp reach
    for axis in range(PyArray_NDIM(x)):
        reach = (PyArray_DIMS(x)[axis] - 1) * PyArray_STRIDES(x)[axis]
        if reach < 0:
            first[0] += reach
        else:
            end[0] += reach


cdef ndarray empty_like(ndarray x, int type):
    """Returns a new array of x's shape, its axes in the order that x has in memory."""
    if PyArray_FLAGS(x) & NPY_ARRAY_C_CONTIGUOUS:
        return PyArray_EMPTY(PyArray_NDIM(x), PyArray_DIMS(x), type, 0)
    return PyArray_NewLikeArray(x, NPY_KEEPORDER, PyArray_DescrFromType(type), 0)


# --- Elementwise kernels --------------------------------------------------------------


cdef Elementwise arithmetic(const char* name, void* of_float32, void* of_float64):
    """Describes a kernel from floats to floats."""
    return Elementwise(
        name, of_float32, of_float64, NULL, NULL, NULL, False, False, LARGE
    )


cdef Elementwise comparison(const char* name, void* of_float32, void* of_float64):
    """Describes a kernel from floats to bool."""
    return Elementwise(
        name, of_float32, of_float64, NULL, NULL, NULL, True, False, LARGE
    )


cdef Elementwise selection(const char* name, void* of_float32, void* of_float64):
    """Describes a kernel from a bool and floats to floats."""
    return Elementwise(
        name, of_float32, of_float64, NULL, NULL, NULL, False, True, LARGE
    )


cdef Elementwise logic(const char* name, void* of_bool):
    """Describes a kernel from bool to bool."""
    return Elementwise(name, NULL, NULL, of_bool, NULL, NULL, True, False, LARGE)


cdef Elementwise with_integers(Elementwise kernel, void* of_int32, void* of_int64):
    """Describes the kernel if it takes integers, too."""
    kernel.of_int32, kernel.of_int64 = of_int32, of_int64
    return kernel


cdef Elementwise costly(Elementwise kernel):
    """Describes the kernel if a number takes it as long as several additions."""
    kernel.grain = LARGE // 4
    return kernel


cdef object unary(const Elementwise* kernel, object x, object out):
    """Returns kernel(x), written to `out` unless that is None."""
    cdef object result = mapped(kernel, 1, x, None, None, out)
    if result is None:
        result = otherwise(kernel.name.decode(), (x,), {"out": out})
    return result


cdef object binary(const Elementwise* kernel, object x, object y, object out):
    """Returns kernel(x, y), written to `out` unless that is None."""
    cdef object result = mapped(kernel, 2, x, y, None, out)
    if result is None:
        result = otherwise(kernel.name.decode(), (x, y), {"out": out})
    return result


cdef object ternary(
    const Elementwise* kernel, object x, object y, object z, object out
):
    """Returns kernel(x, y, z), written to `out` unless that is None."""
    cdef object result = mapped(kernel, 3, x, y, z, out)
    if result is None:
        result = otherwise(kernel.name.decode(), (x, y, z), {"out": out})
    return result


cdef object mapped(
    const Elementwise* kernel, int count, object x, object y, object z, object out
):
    """Returns the kernel of `count` inputs; None if they are not for compiled code."""
    cdef PyObject* inputs[MOST_INPUTS]
    cdef int types[MOST_INPUTS + 1]
    cdef int i, type
    cdef void* flat = NULL
    inputs[0], inputs[1], inputs[2] = <PyObject*> x, <PyObject*> y, <PyObject*> z
    type = type_of_arrays(kernel, count, inputs)
    if type == NPY_FLOAT:
        flat = kernel.of_float32
    elif type == NPY_DOUBLE:
        flat = kernel.of_float64
    elif type == NPY_BOOL:
        flat = kernel.of_bool
    elif type == NPY_INT32:
        flat = kernel.of_int32
    elif type == NPY_INT64:
        flat = kernel.of_int64
    if flat is NULL:
        return None
    for i in range(count):
        types[i] = type
    if kernel.selects:
        types[0] = NPY_BOOL
    types[count] = NPY_BOOL if kernel.gives_bool else type
    return applied(flat, count, inputs, types, out, kernel.grain)


cdef int type_of_arrays(
    const Elementwise* kernel, int count, PyObject** inputs
) noexcept:
    """Returns the type that all arrays among the inputs have; -1 if there is none."""
    cdef int i, type = -1
    for i in range(count):
        if kernel.selects and i == 0:
            if not is_native(<object> inputs[0], NPY_BOOL):
                return -1
        elif PyArray_CheckExact(<object> inputs[i]):
            if type == -1:
                type = PyArray_TYPE(<ndarray> inputs[i])
            if not is_native(<object> inputs[i], type):
                return -1
    return type


cdef object applied(
    void* flat, int count, PyObject** inputs, const int* types, object out,
    Py_ssize_t grain,
):
    """Returns what a flat function makes of inputs, each an array or a Python number.

    `types` are those of its pointers, the result's the last. Every array among the
    inputs must be native and of its type. Returns None if they are not for compiled
    code. `grain`: how many numbers are worth a thread.
    """
    cdef char* data[MOST_INPUTS + 1]
    cdef ndarray array = None
    cdef ndarray result
    cdef bint with_numbers = False
    cdef Flat work
    cdef Py_ssize_t n
    cdef int i
    for i in range(count):
        data[i] = NULL
        if not PyArray_CheckExact(<object> inputs[i]):
            with_numbers = True
            continue
        if not is_flat(<ndarray> inputs[i]):
            return applied_in_blocks(flat, count, inputs, types, out, grain)
        if array is None:
            array = <ndarray> inputs[i]
        elif not same_shape(<ndarray> inputs[i], array):
            return applied_in_blocks(flat, count, inputs, types, out, grain)
        data[i] = <char*> PyArray_DATA(<ndarray> inputs[i])

    if out is None:
        result = PyArray_EMPTY(
            PyArray_NDIM(array), PyArray_DIMS(array), types[count], 0
        )
    elif (
        is_native(out, types[count])
        and is_flat(out)
        and is_writeable(out)
        and same_shape(out, array)
    ):
        result = out
        for i in range(count):
            if (
                data[i] is not NULL
                and not is_same_view(<ndarray> inputs[i], result)
                and overlap(<ndarray> inputs[i], result)
            ):
                return None
    else:
        return applied_in_blocks(flat, count, inputs, types, out, grain)

    n = PyArray_SIZE(array)
    data[count] = <char*> PyArray_DATA(result)
    if with_numbers:
        return run_with_numbers(flat, count, inputs, types, data, result, grain)
    for i in range(count):
        work.itemsize[i] = PyArray_ITEMSIZE(<ndarray> inputs[i])
        work.data[i] = data[i]
    work.flat, work.count = flat, count
    work.itemsize[count] = PyArray_ITEMSIZE(result)
    work.data[count] = data[count]
    perform_parts(flat_part, &work, sizeof(Flat), n, grain, n)
    return result


cdef struct Flat:
    # A flat function and its arrays, the result last: the arguments of a task.
    void* flat
    int count
    char* data[MOST_INPUTS + 1]
    int itemsize[MOST_INPUTS + 1]


cdef void flat_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Calls a flat function for the numbers from `begin` to `end`."""
    cdef Flat* work = <Flat*> arguments
    cdef char* data[MOST_INPUTS + 1]
    cdef int i
    for i in range(work.count + 1):
        data[i] = work.data[i] + begin * work.itemsize[i]
    call(work.flat, work.count, data, data[work.count], end - begin)


# --- Numbers, and arrays of any layout ------------------------------------------------


cdef object run_with_numbers(
    void* flat, int count, PyObject** inputs, const int* types, char** data,
    ndarray out, Py_ssize_t grain,
):
    """Does the rest of `applied` for runs as long as `out` and for Python numbers.

    `data` has NULL for a number.
    """
    cdef Walk walk
    cdef int i
    walk.arrays = count + 1
    walk.ndim = 1
    walk.shape[0] = PyArray_SIZE(out)
    for i in range(count):
        if data[i] is not NULL:
            place_run(&walk, i, <ndarray> inputs[i])
        elif not place_number(&walk, i, <object> inputs[i], types[i]):
            return None
    place_run(&walk, count, out)
    run(&walk, flat, grain)
    return out


cdef object applied_in_blocks(
    void* flat, int count, PyObject** inputs, const int* types, object out,
    Py_ssize_t grain,
):
    """Does what `applied` does, whatever the layout."""
    cdef Walk walk
    cdef ndarray result
    cdef int i
    if not broadcast(&walk, count, inputs):
        return None
    result = result_array(&walk, count, inputs, types[count], out)
    if result is None:
        return None
    for i in range(count):
        if PyArray_CheckExact(<object> inputs[i]):
            place(&walk, i, <ndarray> inputs[i])
        elif not place_number(&walk, i, <object> inputs[i], types[i]):
            return None
    place(&walk, count, result)
    merge_axes(&walk)
    run(&walk, flat, grain)
    return result


cdef int run(Walk* walk, void* flat, Py_ssize_t grain) except -1:
    """Calls a flat function on all blocks of a walk whose axes are merged."""
    cdef npy_intp blocks = plan_blocks(walk)
    walk.flat = flat
    grain = max(1, grain // (walk.block_rows * walk.block_columns))
    return perform_parts(walk_through, walk, sizeof(Walk), blocks, grain, 0)


cdef bint broadcast(Walk* walk, int count, PyObject** inputs) noexcept:
    """Finds the shape that all inputs broadcast to; returns if there is one."""
    cdef int i, axis, missing
    cdef npy_intp size
    cdef ndarray array
    walk.arrays = count + 1
    walk.ndim = 0
    for i in range(count):
        if PyArray_CheckExact(<object> inputs[i]):
            walk.ndim = max(walk.ndim, PyArray_NDIM(<ndarray> inputs[i]))
    for axis in range(walk.ndim):
        walk.shape[axis] = 1
    for i in range(count):
        if PyArray_CheckExact(<object> inputs[i]):
            array = <ndarray> inputs[i]
            missing = walk.ndim - PyArray_NDIM(array)
            for axis in range(missing, walk.ndim):
                size = PyArray_DIMS(array)[axis - missing]
                if walk.shape[axis] == 1:
                    walk.shape[axis] = size
                elif size != 1 and size != walk.shape[axis]:
                    return False
    return True


cdef ndarray result_array(
    Walk* walk, int count, PyObject** inputs, int type, object out
):
    """Returns `out`, or a new array if that is None, or None if it can't be used.

    A new one lies in memory like the first input that has a number for each of its own:
    the strides of what is repeated, a gradient of a mean, say nothing.
    """
    cdef ndarray array
    cdef int i
    if out is None:
        for i in range(count):
            if PyArray_CheckExact(<object> inputs[i]):
                array = <ndarray> inputs[i]
                if has_shape(array, walk) and not repeats(array):
                    return empty_like(array, type)
        return PyArray_EMPTY(walk.ndim, walk.shape, type, 0)
    if not (is_native(out, type) and is_writeable(out) and has_shape(out, walk)):
        return None
    for i in range(count):
        if PyArray_CheckExact(<object> inputs[i]):
            array = <ndarray> inputs[i]
            if overlap(array, out) and not is_same_view(array, out):
                return None
    return out


cdef bint repeats(ndarray x) noexcept:
    """Tells if a number of x is at several places, along an axis that it has not."""
    cdef int axis
    for axis in range(PyArray_NDIM(x)):
        if PyArray_STRIDES(x)[axis] == 0 and PyArray_DIMS(x)[axis] > 1:
            return True
    return False


cdef bint has_shape(ndarray x, const Walk* walk) noexcept:
    return PyArray_NDIM(x) == walk.ndim and memcmp(
        PyArray_DIMS(x), walk.shape, walk.ndim * sizeof(npy_intp)
    ) == 0
