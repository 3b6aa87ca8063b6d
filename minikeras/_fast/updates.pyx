"""The driver of updates: takes a flat function to the arrays of one step.

Separate from the steps, so that each of these is its arithmetic and little else. What
is not for compiled code (other dtypes, weights that are no single run of numbers,
arrays that overlap) is refused here, and the kernel hands it to the reference.
"""

from libc.stdint cimport int32_t, int64_t
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    PyArray_DATA,
    PyArray_FROMANY,
    PyArray_ITEMSIZE,
    PyArray_NBYTES,
    PyArray_NDIM,
    PyArray_SIZE,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport (
    LARGE,
    is_flat,
    is_native,
    is_writeable,
    same_shape,
)

import_array()


cdef bint updated(
    const Update* kernel, PyObject** arrays, const double* numbers
) except -1:
    """Updates the first arrays; False, and nothing is done, if they are not for us.

    What changes must be one run in C order. What doesn't is copied if it is none.
    """
    cdef char* data[MOST_ARRAYS]
    cdef ndarray array, first
    cdef list copies = None
    cdef Py_ssize_t n
    cdef int i, type
    if is_native(<object> arrays[0], NPY_FLOAT):
        type = NPY_FLOAT
    elif is_native(<object> arrays[0], NPY_DOUBLE):
        type = NPY_DOUBLE
    else:
        return False
    first = <ndarray> arrays[0]
    for i in range(kernel.count):
        if not is_native(<object> arrays[i], type):
            return False
        array = <ndarray> arrays[i]
        if not same_shape(array, first):
            return False
        if i < kernel.changing:
            if not (is_flat(array) and is_writeable(array)):
                return False
        elif not is_flat(array):
            array = PyArray_FROMANY(array, type, 0, 0, NPY_ARRAY_CARRAY_RO)
            copies = copies or []
            copies.append(array)
        data[i] = <char*> PyArray_DATA(array)
    if any_overlap(data, kernel.count, PyArray_NBYTES(first)):
        return False

    n = PyArray_SIZE(first)
    if n < LARGE:
        run(kernel, type, data, numbers, n)
    else:
        with nogil:
            run(kernel, type, data, numbers, n)
    return True


cdef inline void run(
    const Update* kernel, int type, char** data, const double* numbers, Py_ssize_t n
) noexcept nogil:
    if type == NPY_FLOAT:
        kernel.of_float32(<float**> data, numbers, n)
    else:
        kernel.of_float64(<double**> data, numbers, n)


cdef inline bint any_overlap(char** data, int count, Py_ssize_t size) noexcept:
    """Tells if two runs of `size` bytes have a byte in common."""
    cdef int i, j
    for i in range(count):
        for j in range(i):
            if data[i] < data[j] + size and data[j] < data[i] + size:
                return True
    return False


cdef double number(object x) except? -1:
    """Returns what a 0-d array holds."""
    cdef ndarray array
    if is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE):
        array = <ndarray> x
        if PyArray_NDIM(array) == 0 and is_flat(array):
            if PyArray_ITEMSIZE(array) == 4:
                return (<float*> PyArray_DATA(array))[0]
            return (<double*> PyArray_DATA(array))[0]
    elif is_native(x, NPY_INT64) or is_native(x, NPY_INT32):
        array = <ndarray> x
        if PyArray_NDIM(array) == 0 and is_flat(array):
            if PyArray_ITEMSIZE(array) == 4:
                return (<int32_t*> PyArray_DATA(array))[0]
            return <double> (<int64_t*> PyArray_DATA(array))[0]
    return float(x)
