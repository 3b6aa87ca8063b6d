"""The driver of updates: takes a flat function to the arrays of one step.

Separate from the steps, so that each of these is its arithmetic and little else. What
is not for compiled code (other dtypes, weights that are no single run of numbers,
arrays that overlap) is refused here, and the kernel hands it to the reference.
"""

from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    PyArray_CheckExact,
    PyArray_DATA,
    PyArray_FROMANY,
    PyArray_ITEMSIZE,
    PyArray_NBYTES,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
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
from minikeras._fast.tasks cimport noting, perform_parts

import_array()

cdef enum:
    GRAIN = LARGE // 2  # numbers of a weight that are worth a thread

ctypedef void (*flat_update)(char**, const double*, Py_ssize_t) noexcept nogil

cdef struct Step:
    # The arguments of a task: an update of some arrays.
    flat_update flat
    Pace pace
    int count
    int itemsize
    char* data[MOST_ARRAYS]
    double numbers[MOST_NUMBERS]
    Watched rate
    Watched step
    Watched product


cdef Update update(
    int changing, int count, int numbers, void* of_float32, void* of_float64
):
    """Describes an update of floats that does the same in each step."""
    return Update(changing, count, numbers, of_float32, of_float64, NULL, NULL, NULL, 0)


cdef Update paced(Update kernel, Pace pace, int numbers=1):
    """Describes the update if its first numbers depend on the learning rate."""
    kernel.pace, kernel.paced = pace, numbers
    return kernel


cdef Update counting(Update kernel, void* of_int32, void* of_int64):
    """Describes the update if it takes integers, too."""
    kernel.of_int32, kernel.of_int64 = of_int32, of_int64
    return kernel


cdef void at_the_rate(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    """The learning rate."""
    numbers[0] = rate


# --- From a call to a task ------------------------------------------------------------

cdef bint updated(
    const Update* kernel, PyObject** arrays, const double* numbers, object rate=None,
    object step=None, object product=None,
) except -1:
    """Updates the first arrays; False, and nothing is done, if they are not for us.

    What changes must be one run in C order. What doesn't is copied if it is none.
    `numbers` are those that stay the same; `rate`, `step` and `product` are None if the
    update takes none.
    """
    cdef Step work
    cdef ndarray array, first
    cdef list copies = None
    cdef void* flat = NULL
    cdef int i, type
    if not PyArray_CheckExact(<object> arrays[0]):
        return False
    first = <ndarray> arrays[0]
    type = PyArray_TYPE(first)
    if type == NPY_FLOAT:
        flat = kernel.of_float32
    elif type == NPY_DOUBLE:
        flat = kernel.of_float64
    elif type == NPY_INT32:
        flat = kernel.of_int32
    elif type == NPY_INT64:
        flat = kernel.of_int64
    if flat is NULL:
        return False
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
            if noting():
                return False
            array = PyArray_FROMANY(array, type, 0, 0, NPY_ARRAY_CARRAY_RO)
            copies = copies or []
            copies.append(array)
        work.data[i] = <char*> PyArray_DATA(array)
    if any_overlap(work.data, kernel.count, PyArray_NBYTES(first)):
        return False
    if not (
        watch(rate, &work.rate)
        and watch(step, &work.step)
        and watch(product, &work.product)
    ):
        return False
    work.flat, work.pace = <flat_update> flat, kernel.pace
    work.count, work.itemsize = kernel.count, PyArray_ITEMSIZE(first)
    for i in range(kernel.numbers):
        work.numbers[kernel.paced + i] = numbers[i]
    perform_parts(
        update_part, &work, sizeof(Step), PyArray_SIZE(first), GRAIN,
        kernel.pace is NULL,
    )
    return True


cdef void update_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Updates the numbers from begin to end."""
    cdef const Step* work = <const Step*> arguments
    cdef char* data[MOST_ARRAYS]
    cdef double numbers[MOST_NUMBERS]
    cdef int i
    for i in range(work.count):
        data[i] = work.data[i] + begin * work.itemsize
    memcpy(numbers, work.numbers, sizeof(work.numbers))
    if work.pace is not NULL:
        work.pace(
            number_now(&work.rate),
            number_now(&work.step),
            number_now(&work.product),
            numbers,
        )
    work.flat(data, numbers, end - begin)


cdef inline bint any_overlap(char** data, int count, Py_ssize_t size) noexcept:
    """Tells if two runs of `size` bytes have a byte in common."""
    cdef int i, j
    for i in range(count):
        for j in range(i):
            if data[i] < data[j] + size and data[j] < data[i] + size:
                return True
    return False


# --- Numbers that change from step to step --------------------------------------------

cdef bint watch(object x, Watched* number) except -1:
    """Finds where a task is to read a number; False if it can't know that.

    A number of another type is read now, which will not do for a replay.
    """
    cdef ndarray array
    number.data, number.type, number.value = NULL, 0, 0
    if x is None:
        return True
    if PyArray_CheckExact(x):
        array = <ndarray> x
        number.type = PyArray_TYPE(array)
        if (
            number.type == NPY_FLOAT
            or number.type == NPY_DOUBLE
            or number.type == NPY_INT32
            or number.type == NPY_INT64
        ) and (
            is_native(x, number.type) and PyArray_NDIM(array) == 0 and is_flat(array)
        ):
            number.data = PyArray_DATA(array)
            return True
    if noting() and not (PyFloat_CheckExact(x) or PyLong_CheckExact(x)):
        return False
    number.value = float(x)
    return True


cdef inline double number_now(const Watched* number) noexcept nogil:
    """Returns what a number is now."""
    if number.data is NULL:
        return number.value
    if number.type == NPY_FLOAT:
        return (<const float*> number.data)[0]
    if number.type == NPY_DOUBLE:
        return (<const double*> number.data)[0]
    if number.type == NPY_INT32:
        return (<const int32_t*> number.data)[0]
    return <double> (<const int64_t*> number.data)[0]
