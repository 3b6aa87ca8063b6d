"""Losses from logits. Contract: kernels/reference/losses.py.

The softmax of a row is computed in float64, whatever the dtype of the logits.
"""

from cython cimport floating
from libc.math cimport INFINITY, fabs, fabsf
from libc.stdint cimport int64_t
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_ARRAY_FORCECAST,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT64,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FROMANY,
    PyArray_ISINTEGER,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport (
    LARGE,
    Elementwise,
    arithmetic,
    binary,
    costly,
    is_native,
    is_writeable,
    otherwise,
    same_shape,
)
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one, log1p_one, log_one

import_array()

cdef enum:
    LANES = 8           # partial sums: a vector of float64
    TILE = 512          # classes whose exponentials are kept on the stack at a time


# --- Rows of logits -------------------------------------------------------------------

cdef inline double largest_of(const floating* x, Py_ssize_t n) noexcept nogil:
    """max_j x_j, nan left out: it comes back in the sum."""
    cdef floating lanes[LANES]
    cdef floating number
    cdef Py_ssize_t i, j
    for j in range(LANES):
        lanes[j] = <floating> -INFINITY
    for i in range(n // LANES):
        for j in range(LANES):
            number = x[i * LANES + j]
            lanes[j] = number if number > lanes[j] else lanes[j]
    for i in range(n - n % LANES, n):
        lanes[0] = x[i] if x[i] > lanes[0] else lanes[0]
    for j in range(1, LANES):
        lanes[0] = lanes[j] if lanes[j] > lanes[0] else lanes[0]
    return lanes[0]


cdef inline double log_total_of(
    const floating* x, double largest, Py_ssize_t n
) noexcept nogil:
    """log Σ_j exp(x_j - max)."""
    cdef double tile[TILE]
    cdef double lanes[LANES]
    cdef double total = 0
    cdef Py_ssize_t block, count, i, j
    for j in range(LANES):
        lanes[j] = 0
    for block in range((n + TILE - 1) // TILE):
        count = min(<Py_ssize_t> TILE, n - block * TILE)
        for i in range(count):
            tile[i] = exp_one(x[block * TILE + i] - largest)
        for i in range(count // LANES):
            for j in range(LANES):
                lanes[j] += tile[i * LANES + j]
        for i in range(count - count % LANES, count):
            lanes[i % LANES] += tile[i]
    for j in range(LANES):
        total += lanes[j]
    return log_one(total)


cdef cloned softmax_cross_entropy_rows(
    const floating* logits, const floating* targets, floating* out, Py_ssize_t rows,
    Py_ssize_t classes,
) noexcept nogil:
    """out_i = Σ_j t_ij (log Σ_l exp(x_il - max_i) - (x_ij - max_i))."""
    cdef double lanes[LANES]
    cdef double largest, log_total, loss, target, term
    cdef Py_ssize_t row, i, j
    for row in range(rows):
        largest = largest_of(logits, classes)
        log_total = log_total_of(logits, largest, classes)
        for j in range(LANES):
            lanes[j] = 0
        for i in range(classes // LANES):
            for j in range(LANES):
                target = targets[i * LANES + j]
                term = target * (log_total - (logits[i * LANES + j] - largest))
                lanes[j] += term if target != 0 else 0
        for i in range(classes - classes % LANES, classes):
            target = targets[i]
            term = target * (log_total - (logits[i] - largest))
            lanes[i % LANES] += term if target != 0 else 0
        loss = 0
        for j in range(LANES):
            loss += lanes[j]
        out[row] = <floating> loss
        logits += classes
        targets += classes


cdef cloned sparse_softmax_cross_entropy_rows(
    const floating* logits, const int64_t* labels, floating* out, Py_ssize_t rows,
    Py_ssize_t classes,
) noexcept nogil:
    """out_i = log Σ_l exp(x_il - max_i) - (x_i,label - max_i)."""
    cdef double largest, log_total
    cdef Py_ssize_t row
    for row in range(rows):
        check(0 <= labels[row] and labels[row] < classes)
        largest = largest_of(logits, classes)
        log_total = log_total_of(logits, largest, classes)
        out[row] = <floating> (log_total - (logits[labels[row]] - largest))
        logits += classes


def softmax_cross_entropy(logits, targets, *, out=None):
    """out = -Σ_j t_j log softmax(x)_j for each row x of logits."""
    cdef ndarray x, t, result
    cdef Py_ssize_t rows, classes
    cdef int type
    if not (
        are_logits(logits)
        and is_native(targets, PyArray_TYPE(<ndarray> logits))
        and same_shape(logits, targets)
        and (out is None or is_result(out, logits))
    ):
        return otherwise("softmax_cross_entropy", (logits, targets), {"out": out})
    type = PyArray_TYPE(<ndarray> logits)
    x = PyArray_FROMANY(logits, type, 0, 0, NPY_ARRAY_CARRAY_RO)
    t = PyArray_FROMANY(targets, type, 0, 0, NPY_ARRAY_CARRAY_RO)
    result = empty_result(x)
    rows, classes = PyArray_SIZE(result), PyArray_DIMS(x)[PyArray_NDIM(x) - 1]
    if PyArray_SIZE(x) < LARGE:
        softmax_cross_entropy_of(x, t, result, rows, classes)
    else:
        with nogil:
            softmax_cross_entropy_of(x, t, result, rows, classes)
    return copied(result, out)


cdef inline void softmax_cross_entropy_of(
    ndarray x, ndarray t, ndarray result, Py_ssize_t rows, Py_ssize_t classes
) noexcept nogil:
    if PyArray_TYPE(x) == NPY_FLOAT:
        softmax_cross_entropy_rows(
            <float*> PyArray_DATA(x), <float*> PyArray_DATA(t),
            <float*> PyArray_DATA(result), rows, classes,
        )
    else:
        softmax_cross_entropy_rows(
            <double*> PyArray_DATA(x), <double*> PyArray_DATA(t),
            <double*> PyArray_DATA(result), rows, classes,
        )


def sparse_softmax_cross_entropy(logits, labels, *, out=None):
    """out = -log softmax(x)_label for each row x of logits.

    Raises: ValueError if a label is not in [0, classes).
    """
    cdef ndarray x, chosen, result
    cdef Py_ssize_t rows, classes
    if not (
        are_logits(logits)
        and PyArray_CheckExact(labels)
        and PyArray_ISINTEGER(<ndarray> labels)
        and is_row_shape(labels, logits)
        and (out is None or is_result(out, logits))
    ):
        return otherwise("sparse_softmax_cross_entropy", (logits, labels), {"out": out})
    x = PyArray_FROMANY(
        logits, PyArray_TYPE(<ndarray> logits), 0, 0, NPY_ARRAY_CARRAY_RO
    )
    # A uint64 too large for int64 turns negative here, and is refused below.
    chosen = PyArray_FROMANY(
        labels, NPY_INT64, 0, 0, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_FORCECAST
    )
    rows, classes = PyArray_SIZE(chosen), PyArray_DIMS(x)[PyArray_NDIM(x) - 1]
    if not all_in_range(<int64_t*> PyArray_DATA(chosen), rows, classes):
        return otherwise("sparse_softmax_cross_entropy", (logits, labels), {"out": out})
    result = empty_result(x)
    if PyArray_SIZE(x) < LARGE:
        sparse_softmax_cross_entropy_of(x, chosen, result, rows, classes)
    else:
        with nogil:
            sparse_softmax_cross_entropy_of(x, chosen, result, rows, classes)
    return copied(result, out)


cdef inline void sparse_softmax_cross_entropy_of(
    ndarray x, ndarray labels, ndarray result, Py_ssize_t rows, Py_ssize_t classes
) noexcept nogil:
    if PyArray_TYPE(x) == NPY_FLOAT:
        sparse_softmax_cross_entropy_rows(
            <float*> PyArray_DATA(x), <int64_t*> PyArray_DATA(labels),
            <float*> PyArray_DATA(result), rows, classes,
        )
    else:
        sparse_softmax_cross_entropy_rows(
            <double*> PyArray_DATA(x), <int64_t*> PyArray_DATA(labels),
            <double*> PyArray_DATA(result), rows, classes,
        )


# --- Each logit by itself -------------------------------------------------------------

cdef cloned sigmoid_cross_entropy_flat(
    const floating* logits, const floating* targets, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_i = |x_i| · (1 - t_i if x_i > 0 else t_i) + log(1 + exp(-|x_i|))."""
    cdef floating size, against, linear
    cdef Py_ssize_t i
    for i in range(n):
        size = fabsf(logits[i]) if floating is float else fabs(logits[i])
        against = 1 - targets[i] if logits[i] > 0 else targets[i]
        linear = size * against
        linear = 0 if against == 0 else linear
        out[i] = linear + log1p_one(exp_one(-size))

cdef Elementwise SIGMOID_CROSS_ENTROPY = costly(
    arithmetic(
        "sigmoid_cross_entropy",
        <void*> sigmoid_cross_entropy_flat[float],
        <void*> sigmoid_cross_entropy_flat[double],
    )
)

def sigmoid_cross_entropy(logits, targets, *, out=None):
    """out = -t log σ(x) - (1 - t) log(1 - σ(x)), σ the sigmoid."""
    return binary(&SIGMOID_CROSS_ENTROPY, logits, targets, out)


# --- What fits ------------------------------------------------------------------------

cdef bint are_logits(object x) noexcept:
    """Tells if x is an array of floats with an axis of classes."""
    return (
        is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)
    ) and PyArray_NDIM(<ndarray> x) > 0


cdef bint is_row_shape(ndarray x, ndarray logits) noexcept:
    """Tells if x has one number for each row of logits."""
    cdef int i
    if PyArray_NDIM(x) != PyArray_NDIM(logits) - 1:
        return False
    for i in range(PyArray_NDIM(x)):
        if PyArray_DIMS(x)[i] != PyArray_DIMS(logits)[i]:
            return False
    return True


cdef bint is_result(object out, ndarray logits) noexcept:
    """Tells if the losses can be copied to out."""
    return (
        is_native(out, PyArray_TYPE(logits))
        and is_row_shape(<ndarray> out, logits)
        and is_writeable(<ndarray> out)
    )


cdef ndarray empty_result(ndarray logits):
    return PyArray_EMPTY(
        PyArray_NDIM(logits) - 1, PyArray_DIMS(logits), PyArray_TYPE(logits), 0
    )


cdef ndarray copied(ndarray losses, object out):
    """Returns out with the losses in it, or the losses if it is None."""
    if out is None:
        return losses
    PyArray_CopyInto(out, losses)
    return out


cdef bint all_in_range(
    const int64_t* labels, Py_ssize_t n, Py_ssize_t classes
) noexcept:
    """Tells if all labels are in [0, classes)."""
    cdef Py_ssize_t i
    for i in range(n):
        if labels[i] < 0 or labels[i] >= classes:
            return False
    return True
