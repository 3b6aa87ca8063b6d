"""Losses from logits. Contract: kernels/reference/losses.py.

The softmax of a row is computed in float64, whatever the dtype of the logits.
"""

from cython cimport floating
from libc.math cimport INFINITY, fabs, fabsf
from libc.stdint cimport int32_t, int64_t
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_ARRAY_FORCECAST,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
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
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
    same_shape,
)
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one, log1p_one, log_one
from minikeras._fast.tasks cimport (
    SCRATCH_SHARED,
    in_parallel,
    noting,
    perform,
    perform_parts,
    scratch,
)

import_array()

cdef enum:
    LANES = 8           # partial sums: a vector of float64
    TILE = 512          # classes whose exponentials are kept on the stack at a time
    GRAIN = LARGE // 8  # logits that are worth a thread


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


cdef struct Rows:
    # The arguments of a task: logits, losses, and targets or labels, whatever they are.
    bint is_float32
    int type            # of the labels
    const char* logits
    const char* targets
    char* out
    int64_t* labels     # in the task: the labels as they are to be read
    Py_ssize_t rows
    Py_ssize_t classes


def softmax_cross_entropy(logits, targets, *, out=None):
    """out = -Σ_j t_j log softmax(x)_j for each row x of logits."""
    cdef Rows work
    cdef ndarray x, t, result
    if not (
        are_logits(logits)
        and is_native(targets, PyArray_TYPE(<ndarray> logits))
        and same_shape(logits, targets)
        and (out is None or is_result(out, logits))
        and not (noting() and needs_copies(logits, targets, out))
    ):
        return otherwise("softmax_cross_entropy", (logits, targets), {"out": out})
    x, t = in_c_order(logits), in_c_order(targets)
    result = result_for(x, t, out)
    describe(&work, x, t, result)
    perform_parts(
        cross_entropy_part, &work, sizeof(Rows), work.rows, grain(work.classes), 0
    )
    return copied(result, out)


cdef void cross_entropy_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Computes the losses from begin to end."""
    cdef const Rows* work = <const Rows*> arguments
    cdef Py_ssize_t first = begin * work.classes
    if work.is_float32:
        softmax_cross_entropy_rows(
            <const float*> work.logits + first, <const float*> work.targets + first,
            <float*> work.out + begin, end - begin, work.classes,
        )
    else:
        softmax_cross_entropy_rows(
            <const double*> work.logits + first, <const double*> work.targets + first,
            <double*> work.out + begin, end - begin, work.classes,
        )


def sparse_softmax_cross_entropy(logits, labels, *, out=None):
    """out = -log softmax(x)_label for each row x of logits.

    Raises: ValueError if a label is not in [0, classes).
    """
    cdef Rows work
    cdef ndarray x, chosen, result
    if not (
        are_logits(logits)
        and PyArray_CheckExact(labels)
        and PyArray_ISINTEGER(<ndarray> labels)
        and is_row_shape(labels, logits)
        and (out is None or is_result(out, logits))
        and not (noting() and needs_copies(logits, labels, out))
    ):
        return otherwise("sparse_softmax_cross_entropy", (logits, labels), {"out": out})
    x, chosen = in_c_order(logits), <ndarray> labels
    work.type = PyArray_TYPE(chosen)
    if not (is_native(labels, NPY_INT32) or is_native(labels, NPY_INT64)) or (
        not is_flat(chosen)
    ):
        if noting():
            return otherwise(
                "sparse_softmax_cross_entropy", (logits, labels), {"out": out}
            )
        # A uint64 too large for int64 turns negative here, and is refused below.
        chosen = PyArray_FROMANY(
            labels, NPY_INT64, 0, 0, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_FORCECAST
        )
        work.type = NPY_INT64
    result = result_for(x, chosen, out)
    describe(&work, x, chosen, result)
    if not perform(
        sparse_cross_entropy, &work, sizeof(Rows), work.rows * work.classes
    ):
        return otherwise("sparse_softmax_cross_entropy", (logits, labels), {"out": out})
    return copied(result, out)


cdef bint sparse_cross_entropy(void* arguments) noexcept nogil:
    """Computes all losses; False, and nothing is done, if a label is out of range."""
    cdef Rows work = (<const Rows*> arguments)[0]
    cdef Py_ssize_t i
    if work.type == NPY_INT64:
        work.labels = <int64_t*> work.targets
    else:
        work.labels = <int64_t*> scratch(SCRATCH_SHARED, work.rows * sizeof(int64_t))
        for i in range(work.rows):
            work.labels[i] = (<const int32_t*> work.targets)[i]
    if not all_in_range(work.labels, work.rows, work.classes):
        return False
    in_parallel(sparse_cross_entropy_part, &work, work.rows, grain(work.classes))
    return True


cdef void sparse_cross_entropy_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Computes the losses from begin to end."""
    cdef const Rows* work = <const Rows*> arguments
    cdef Py_ssize_t first = begin * work.classes
    if work.is_float32:
        sparse_softmax_cross_entropy_rows(
            <const float*> work.logits + first, work.labels + begin,
            <float*> work.out + begin, end - begin, work.classes,
        )
    else:
        sparse_softmax_cross_entropy_rows(
            <const double*> work.logits + first, work.labels + begin,
            <double*> work.out + begin, end - begin, work.classes,
        )


cdef inline Py_ssize_t grain(Py_ssize_t classes) noexcept nogil:
    """Returns how many rows are worth a thread."""
    return max(1, GRAIN // max(1, classes))


cdef void describe(Rows* work, ndarray x, ndarray targets, ndarray out) noexcept:
    work.is_float32 = PyArray_TYPE(x) == NPY_FLOAT
    work.logits = <const char*> PyArray_DATA(x)
    work.targets = <const char*> PyArray_DATA(targets)
    work.out = <char*> PyArray_DATA(out)
    work.rows, work.classes = PyArray_SIZE(out), PyArray_DIMS(x)[PyArray_NDIM(x) - 1]


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


cdef bint needs_copies(ndarray logits, ndarray targets, object out) noexcept:
    """Tells if an array is to be copied or made, which a task can't do."""
    return (
        out is None
        or not (is_flat(logits) and is_flat(targets) and is_flat(<ndarray> out))
        or overlap(<ndarray> out, logits)
        or overlap(<ndarray> out, targets)
    )


cdef ndarray in_c_order(ndarray x):
    if is_flat(x):
        return x
    return PyArray_FROMANY(x, PyArray_TYPE(x), 0, 0, NPY_ARRAY_CARRAY_RO)


cdef ndarray result_for(ndarray logits, ndarray targets, object out):
    """Returns `out` if the losses can be written straight to it, else a new array."""
    if not needs_copies(logits, targets, out):
        return out
    return PyArray_EMPTY(
        PyArray_NDIM(logits) - 1, PyArray_DIMS(logits), PyArray_TYPE(logits), 0
    )


cdef ndarray copied(ndarray losses, object out):
    """Returns out with the losses in it, or the losses if it is None."""
    if out is None or out is losses:
        return losses
    PyArray_CopyInto(out, losses)
    return out


cdef bint all_in_range(
    const int64_t* labels, Py_ssize_t n, Py_ssize_t classes
) noexcept nogil:
    """Tells if all labels are in [0, classes)."""
    cdef Py_ssize_t i
    for i in range(n):
        if labels[i] < 0 or labels[i] >= classes:
            return False
    return True
