"""The driver of updates: takes a flat function to the arrays of one step.

Separate from the steps, so that each of these is its arithmetic and little else. What
is not for compiled code (other dtypes, weights that are no single run of numbers,
arrays that overlap) is refused here, and the kernel hands it to the reference.
"""

from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset
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
from minikeras._fast.tasks cimport Tape, Task, noting, perform_parts

import_array()

cdef enum:
    GRAIN = LARGE // 2  # numbers of a weight that are worth a thread

ctypedef void (*flat_update)(char**, const double*, Py_ssize_t) noexcept nogil

cdef struct Step:
    # The arguments of a task: an update of some arrays.
    flat_update flat
    Pace pace
    int changing
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
    work.changing = kernel.changing
    memset(work.numbers, 0, sizeof(work.numbers))
    for i in range(kernel.numbers):
        work.numbers[kernel.paced + i] = numbers[i]
    perform_parts(
        update_part, &work, sizeof(Step), PyArray_SIZE(first), GRAIN,
        PyArray_SIZE(first) if kernel.pace is NULL else 0,
    )
    return True


cdef void update_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Updates the numbers from begin to end."""
    cdef const Step* work = <const Step*> arguments
    cdef double numbers[MOST_NUMBERS]
    numbers_now(work, numbers)
    update_run(work, work.data, numbers, begin, end)


cdef inline void numbers_now(const Step* work, double* numbers) noexcept nogil:
    """Finds the numbers of this step."""
    memcpy(numbers, work.numbers, sizeof(work.numbers))
    if work.pace is not NULL:
        work.pace(
            number_now(&work.rate),
            number_now(&work.step),
            number_now(&work.product),
            numbers,
        )


cdef inline void update_run(
    const Step* work, char* const* arrays, const double* numbers, Py_ssize_t begin,
    Py_ssize_t end,
) noexcept nogil:
    """Updates a run of numbers of some arrays."""
    cdef char* data[MOST_ARRAYS]
    cdef int i
    for i in range(work.count):
        data[i] = arrays[i] + begin * work.itemsize
    work.flat(data, numbers, end - begin)


cdef inline bint any_overlap(char** data, int count, Py_ssize_t size) noexcept:
    """Tells if two runs of `size` bytes have a byte in common."""
    cdef int i, j
    for i in range(count):
        for j in range(i):
            if meet(data[i], size, data[j], size):
                return True
    return False


# --- All weights in one pass ----------------------------------------------------------

cdef struct Piece:
    # The arrays of one weight.
    char* data[MOST_ARRAYS]
    Py_ssize_t end      # of its numbers, behind those of the weights before

cdef struct Joined:
    # The arguments of a task: one update of many weights.
    Step step           # what they share; its `data` mean nothing
    int count
    Piece pieces[1]     # as many as `count`


def join_updates(Tape tape):
    """Makes one task of the last two of a tape, if they are one update of two weights.

    The numbers that all weights share are computed once then, and small weights are
    shared out to threads together. Returns if it did.
    """
    cdef Task* second = tape.tasks + tape.count - 1
    cdef Task* first = second - 1
    cdef const Step* step
    cdef Joined* joined
    cdef Piece* piece
    cdef Task task
    cdef size_t size
    cdef int count, call
    if tape.count < 2 or second.part != update_part or second.pieces:
        return False
    if first.part == joined_part:
        count = (<Joined*> first.arguments).count
    elif first.part == update_part:
        count = 1
    else:
        return False
    step = <const Step*> second.arguments
    if not same_update(<const Step*> first.arguments, step):
        return False
    size = sizeof(Joined) + count * sizeof(Piece)
    joined = <Joined*> malloc(size)
    if joined is NULL:
        raise MemoryError()
    if first.part == joined_part:
        memcpy(joined, first.arguments, size - sizeof(Piece))
    else:
        joined.step = (<const Step*> first.arguments)[0]
        memcpy(joined.pieces[0].data, joined.step.data, sizeof(joined.step.data))
        joined.pieces[0].end = first.units
    piece = joined.pieces + count
    memcpy(piece.data, step.data, sizeof(step.data))
    piece.end = first.units + second.units
    joined.count = count + 1
    if not independent(joined):
        free(joined)
        return False
    task, call = second[0], first.call
    task.part, task.arguments, task.units = joined_part, joined, piece.end
    tape.cut(tape.count - 2)
    try:
        tape.append(task, size)
    finally:
        free(joined)
    tape.tasks[tape.count - 1].call = call
    return True


cdef bint same_update(const Step* first, const Step* second) noexcept:
    """Tells if two steps differ in their arrays only."""
    return (
        first.flat == second.flat
        and first.pace == second.pace
        and first.count == second.count
        and first.itemsize == second.itemsize
        and memcmp(first.numbers, second.numbers, sizeof(first.numbers)) == 0
        and same_number(&first.rate, &second.rate)
        and same_number(&first.step, &second.step)
        and same_number(&first.product, &second.product)
    )


cdef bint same_number(const Watched* first, const Watched* second) noexcept:
    return (
        first.data == second.data
        and first.type == second.type
        and first.value == second.value
    )


cdef bint independent(const Joined* joined) noexcept:
    """Tells if the last piece changes nothing that others have, nor they what it has.

    Nor may it change the learning rate.
    """
    cdef const Step* step = &joined.step
    cdef const Piece* last = joined.pieces + joined.count - 1
    cdef const Piece* other
    cdef const Watched* numbers[3]
    cdef Py_ssize_t size = (last.end - (last - 1).end) * step.itemsize, others, begin = 0
    cdef int i, j, k
    numbers[0], numbers[1], numbers[2] = &step.rate, &step.step, &step.product
    for i in range(step.changing):
        for k in range(3):
            if meet(last.data[i], size, <char*> numbers[k].data, 1):
                return False
    for k in range(joined.count - 1):
        other = joined.pieces + k
        others = (other.end - begin) * step.itemsize
        begin = other.end
        for i in range(step.count):
            for j in range(step.count):
                if (i < step.changing or j < step.changing) and meet(
                    last.data[i], size, other.data[j], others
                ):
                    return False
    return True


cdef inline bint meet(
    const char* x, Py_ssize_t size, const char* y, Py_ssize_t others
) noexcept:
    """Tells if two runs of bytes have one in common."""
    return x < y + others and y < x + size


cdef void joined_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Updates the numbers from begin to end, counted through all weights."""
    cdef const Joined* joined = <const Joined*> arguments
    cdef const Piece* piece = joined.pieces
    cdef double numbers[MOST_NUMBERS]
    cdef Py_ssize_t start = 0
    numbers_now(&joined.step, numbers)
    while piece.end <= begin:
        start = piece.end
        piece += 1
    while begin < end:
        update_run(
            &joined.step, piece.data, numbers, begin - start, min(end, piece.end) - start
        )
        begin = start = piece.end
        piece += 1


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
