"""The driver of normalizations: finds out if arrays are rows of columns, and which.

Separate, because a batch normalization and a layer normalization are asked the same
way, and differ in their arithmetic. Compiled is what training is made of: x in C order,
with means over all axes but the last ones (of columns) or over the last ones (of rows).
A gradient may also be one that was broadcast, as that of an average is: its rows are
gathered chunk by chunk. All else goes to `otherwise`.
"""

from libc.string cimport memcpy
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
)

from minikeras._fast.arrays cimport (
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
    same_shape,
)
from minikeras._fast.axes cimport are_together, is_result, understood
from minikeras._fast.tasks cimport SCRATCH_SHARED, noting, perform, scratch

import_array()

cdef enum:
    CHUNK = 1 << 14     # numbers of a chunk
    FEWEST_ROWS = 32    # of a chunk: below, what is done once per chunk would show
    GRAIN = 1 << 16     # numbers that are worth a thread
    OPERATIONS = 8      # for each number, roughly


# --- Kernels --------------------------------------------------------------------------

cdef object normalized(
    const Kernel* kernel, object x, object gamma, object beta, object axis,
    object epsilon, object out,
):
    """Returns (y, mean, variance) of a normalization, in `out` unless that is None."""
    cdef Normalization work
    cdef bint averaged[MOST_DIMS]
    cdef ndarray y, mean, variance
    cdef object fresh
    if planned(&work, kernel.of_columns, x, axis, epsilon, averaged):
        if (
            fits(gamma, x, averaged, kernel.of_columns)
            and fits(beta, x, averaged, kernel.of_columns)
        ):
            y = result(x, NULL, False, out, 0)
            mean = result(x, averaged, True, out, 1)
            variance = result(x, averaged, True, out, 2)
            if (
                y is not None and mean is not None and variance is not None
                and not overlap(y, x)
            ):
                work.gamma = <const char*> PyArray_DATA(gamma)
                work.beta = <const char*> PyArray_DATA(beta)
                work.out = <char*> PyArray_DATA(y)
                work.mean = <char*> PyArray_DATA(mean)
                work.variance = <char*> PyArray_DATA(variance)
                do(kernel.run, &work)
                return (y, mean, variance) if out is None else out
            if not noting():
                fresh = normalized(kernel, x, gamma, beta, axis, epsilon, None)
                return moved(fresh, out)
    return otherwise(
        kernel.name.decode(),
        (x, gamma, beta),
        {"axis": axis, "epsilon": epsilon, "out": out},
    )


cdef object differentiated(
    const Kernel* kernel, object grad, object x, object mean, object variance,
    object gamma, object axis, object epsilon, object out,
):
    """Returns the gradients of (x, gamma, beta), in `out` unless that is None."""
    cdef Normalization work
    cdef bint averaged[MOST_DIMS]
    cdef ndarray x_grad, gamma_grad, beta_grad
    cdef object fresh
    if planned(&work, kernel.of_columns, x, axis, epsilon, averaged):
        if (
            fits(mean, x, averaged, True)
            and fits(variance, x, averaged, True)
            and fits(gamma, x, averaged, kernel.of_columns)
            and in_rows(&work, grad, x)
        ):
            x_grad = result(x, NULL, False, out, 0)
            gamma_grad = result(x, averaged, kernel.of_columns, out, 1)
            beta_grad = result(x, averaged, kernel.of_columns, out, 2)
            if (
                x_grad is not None and gamma_grad is not None and beta_grad is not None
                and not overlap(x_grad, x) and not overlap(x_grad, grad)
            ):
                work.mean = <char*> PyArray_DATA(mean)
                work.variance = <char*> PyArray_DATA(variance)
                work.gamma = <const char*> PyArray_DATA(gamma)
                work.out = <char*> PyArray_DATA(x_grad)
                work.gamma_grad = <char*> PyArray_DATA(gamma_grad)
                work.beta_grad = <char*> PyArray_DATA(beta_grad)
                do(kernel.run, &work)
                return (x_grad, gamma_grad, beta_grad) if out is None else out
            if not noting():
                fresh = differentiated(
                    kernel, grad, x, mean, variance, gamma, axis, epsilon, None
                )
                return moved(fresh, out)
    return otherwise(
        kernel.name.decode(),
        (grad, x, mean, variance, gamma),
        {"axis": axis, "epsilon": epsilon, "out": out},
    )


cdef object standardized(
    Run run, object x, object mean, object variance, object gamma, object beta,
    object epsilon, object out,
):
    """Returns (x - mean) / √(variance + ε) · gamma + beta, of columns."""
    cdef Normalization work
    cdef bint averaged[MOST_DIMS]
    cdef ndarray y
    cdef int last
    if is_number_array(x) and PyArray_NDIM(<ndarray> x) > 0:
        last = PyArray_NDIM(<ndarray> x) - 1
        axis = tuple(range(last))
        if planned(&work, True, x, axis, epsilon, averaged):
            if (
                fits(mean, x, averaged, True)
                and fits(variance, x, averaged, True)
                and fits(gamma, x, averaged, True)
                and fits(beta, x, averaged, True)
            ):
                y = result(x, NULL, False, None if out is None else (out,), 0)
                if y is not None and not overlap(y, x):
                    work.mean = <char*> PyArray_DATA(mean)
                    work.variance = <char*> PyArray_DATA(variance)
                    work.gamma = <const char*> PyArray_DATA(gamma)
                    work.beta = <const char*> PyArray_DATA(beta)
                    work.out = <char*> PyArray_DATA(y)
                    do(run, &work)
                    return y
    return otherwise(
        "standardize",
        (x, mean, variance, gamma, beta),
        {"epsilon": epsilon, "out": out},
    )


# --- Arrays ---------------------------------------------------------------------------

cdef bint planned(
    Normalization* work, bint of_columns, object x, object axis, object epsilon,
    bint* averaged,
):
    """Finds rows and columns, and marks the axes; returns if this is for us."""
    cdef Py_ssize_t outer, n, inner
    cdef ndarray array
    if not is_number_array(x) or not is_flat(x):
        return False
    array = x
    if not understood(axis, PyArray_NDIM(array), False, averaged):
        return False
    if not are_together(array, averaged, &outer, &n, &inner):
        return False
    if of_columns:
        work.rows, work.columns = n, inner
        if outer != 1:
            return False
    else:
        work.rows, work.columns = outer, n
        if inner != 1:
            return False
    if work.rows == 0 or work.columns == 0:
        return False
    work.is_float32 = PyArray_TYPE(array) == NPY_FLOAT
    work.itemsize = PyArray_ITEMSIZE(array)
    work.epsilon = epsilon
    work.x = <const char*> PyArray_DATA(array)
    work.chunk_rows = max(FEWEST_ROWS, CHUNK // work.columns)
    work.chunks = (work.rows + work.chunk_rows - 1) // work.chunk_rows
    work.grain = max(1, GRAIN // (work.chunk_rows * work.columns))
    return True


cdef bint is_number_array(object x) noexcept:
    return is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)


cdef bint fits(
    object operand, ndarray x, const bint* averaged, bint as_statistic
) noexcept:
    """Tells if an operand has the type of x, and size 1 along the axes averaged over.

    Unless it is as a statistic: then it has size 1 along the others.
    """
    cdef int i
    cdef bint one
    if not is_native(operand, PyArray_TYPE(x)) or not is_flat(operand):
        return False
    if PyArray_NDIM(<ndarray> operand) != PyArray_NDIM(x):
        return False
    for i in range(PyArray_NDIM(x)):
        one = averaged[i] == as_statistic
        if PyArray_DIMS(<ndarray> operand)[i] != (1 if one else PyArray_DIMS(x)[i]):
            return False
    return True


cdef ndarray result(
    ndarray x, const bint* averaged, bint as_statistic, object out, int place
):
    """Returns out[place] if it fits, a new array if `out` is None, else None.

    It has the shape of x, or, if axes are marked, that of a statistic or of a scale.
    """
    cdef npy_intp shape[MOST_DIMS]
    cdef int i, ndim = PyArray_NDIM(x)
    for i in range(ndim):
        shape[i] = PyArray_DIMS(x)[i]
        if averaged is not NULL and averaged[i] == as_statistic:
            shape[i] = 1
    if out is None:
        return PyArray_EMPTY(ndim, shape, PyArray_TYPE(x), 0)
    wanted = out[place]
    if is_result(wanted, PyArray_TYPE(x), ndim, shape) and is_flat(wanted):
        return wanted
    return None


cdef object moved(tuple fresh, object out):
    """Copies results to where they were wanted, in whatever layout; returns that."""
    cdef ndarray target
    for target, source in zip(out, fresh, strict=True):
        if PyArray_CopyInto(target, source) < 0:
            raise ValueError("A result does not fit into `out`.")
    return out


cdef bint in_rows(Normalization* work, object grad, ndarray x) noexcept:
    """Finds the rows of a gradient of the shape of x; returns if each is one run."""
    cdef Rows* rows = &work.grad
    cdef ndarray array
    cdef int i
    cdef Py_ssize_t columns = 1
    if not is_native(grad, PyArray_TYPE(x)) or not same_shape(grad, x):
        return False
    array = grad
    rows.data = <const char*> PyArray_DATA(array)
    rows.in_order = is_flat(array)
    if rows.in_order:
        return True
    if <size_t> rows.data % <size_t> work.itemsize:
        return False
    rows.ndim = PyArray_NDIM(array)
    while columns < work.columns:  # the axes that the columns are
        rows.ndim -= 1
        if (
            PyArray_DIMS(array)[rows.ndim] != 1
            and PyArray_STRIDES(array)[rows.ndim] != columns * work.itemsize
        ):
            return False
        columns *= PyArray_DIMS(array)[rows.ndim]
    for i in range(rows.ndim):
        rows.shape[i] = PyArray_DIMS(array)[i]
        rows.strides[i] = PyArray_STRIDES(array)[i]
        if rows.strides[i] % work.itemsize:
            return False
    return True


# --- Tasks ----------------------------------------------------------------------------

cdef int do(Run run, Normalization* work) except -1:
    perform(
        run, work, sizeof(Normalization), OPERATIONS * work.rows * work.columns
    )
    return 0


cdef double* partial_of(Normalization* work) noexcept nogil:
    """Takes memory for the partial sums; for a Run, before its parts."""
    work.partial = <double*> scratch(
        SCRATCH_SHARED, 2 * work.chunks * work.columns * sizeof(double)
    )
    return work.partial


cdef const char* grad_of_chunk(
    const Normalization* work, Py_ssize_t first, Py_ssize_t rows, int slot
) noexcept nogil:
    """Returns rows of the gradient one after the other: in place, or gathered."""
    cdef const Rows* grad = &work.grad
    cdef Py_ssize_t bytes = work.columns * work.itemsize
    cdef Py_ssize_t row, rest
    cdef const char* source
    cdef char* gathered
    cdef int i
    if grad.in_order:
        return grad.data + first * bytes
    gathered = <char*> scratch(slot, rows * bytes)
    for row in range(rows):
        source = grad.data
        rest = first + row
        for i in range(grad.ndim - 1, -1, -1):
            source += (rest % grad.shape[i]) * grad.strides[i]
            rest //= grad.shape[i]
        memcpy(gathered + row * bytes, source, bytes)
    return gathered
