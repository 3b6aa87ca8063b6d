"""LSTM and GRU over sequences. Contract: minikeras/kernels/reference/recurrent.py.

Sequences do not see each other: a thread takes some of them through all steps, and
waits for nobody. A step is the products of inputs and states with their kernels, which
are packed once and stay in the cache, and a pass over the gates.
"""

from libc.string cimport memset
from numpy cimport (
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ISALIGNED,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport (
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
)
from minikeras._fast.checks cimport check
from minikeras._fast.gru cimport gru_grad_of_rows, gru_of_rows
from minikeras._fast.lstm cimport lstm_grad_of_rows, lstm_of_rows
from minikeras._fast.product cimport tiles
from minikeras._fast.sequences cimport (
    Matrix,
    Rows,
    Sequences,
    pack,
    width_of,
)
from minikeras._fast.tasks cimport (
    SCRATCH_SHARED,
    in_parallel,
    perform,
    refused,
    scratch,
)

import_array()

cdef enum:
    BLOCK = 16      # sequences that go through the steps together


# --- Tasks ----------------------------------------------------------------------------

ctypedef void (*OfRows)(
    const Sequences*, Py_ssize_t first, Py_ssize_t rows, void* like
) noexcept nogil

cdef struct Task:
    Sequences sequences
    OfRows of_rows
    bint transposed         # whether gradients are multiplied: by Uᵀ
    bint is_gru
    Py_ssize_t block        # sequences that a part takes together


cdef bint run(void* arguments) noexcept nogil:
    """Packs the recurrent kernel, and takes all sequences through all steps."""
    cdef Task task = (<Task*> arguments)[0]
    cdef Sequences* s = &task.sequences
    cdef Py_ssize_t blocks = (s.n + BLOCK - 1) // BLOCK
    cdef Py_ssize_t units = s.units, first = (2 if task.is_gru else 4) * units
    cdef Py_ssize_t wide = 4 * width_of(tiles(s.itemsize), units)
    cdef char* room = <char*> scratch(
        SCRATCH_SHARED, (s.inputs + 2 * units) * wide * s.itemsize
    )
    cdef Matrix candidate = s.recurrent_kernel
    candidate.data += first * candidate.column * s.itemsize
    task.block = (s.n + blocks - 1) // blocks
    if task.transposed:
        room = pack(
            &s.weights, room, &s.recurrent_kernel, first, units, True, s.itemsize
        )
        if task.is_gru:
            pack(&s.candidate, room, &candidate, units, units, True, s.itemsize)
    else:
        room = pack(
            &s.input_weights, room, &s.kernel, s.inputs,
            (3 if task.is_gru else 4) * units, False, s.itemsize,
        )
        room = pack(
            &s.weights, room, &s.recurrent_kernel, units, first, False, s.itemsize
        )
        if task.is_gru:
            pack(&s.candidate, room, &candidate, units, units, False, s.itemsize)
    in_parallel(blocks_of_rows, &task, blocks, 1)
    return True


cdef void blocks_of_rows(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Takes some blocks of sequences through all steps."""
    cdef const Task* task = <Task*> arguments
    cdef Py_ssize_t n = task.sequences.n, i
    for i in range(begin, end):
        check(i * task.block < n)
        task.of_rows(
            &task.sequences, i * task.block, min(task.block, n - i * task.block), NULL
        )


# --- Arrays ---------------------------------------------------------------------------

def lstm(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """c_t = f c_{t-1} + i g, h_t = o tanh(c_t), with gates of x_t W + h_{t-1} U + b."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (x, kernel, state, cell, mask, bias, recurrent_kernel)
    cdef tuple results = None
    if (
        starts(&task, x, recurrent_kernel, 4)
        and takes_inputs(s, x, kernel, 4)
        and takes(&s.state, state, x, s.n, 0, s.units)
        and takes(&s.cell, cell, x, s.n, 0, s.units)
        and takes_mask(s, mask)
        and takes_bias(&s.bias, bias, x, 4 * s.units)
    ):
        task.of_rows = <OfRows> (
            <void*> lstm_of_rows[float] if s.itemsize == 4
            else <void*> lstm_of_rows[double]
        )
        results = results_for(
            s, inputs, x, out, ((3, s.units), (3, s.units), (3, 4 * s.units))
        )
    if results is None:
        return otherwise("lstm", inputs, {"out": out})
    s.outputs = rows_of(results[0])
    s.cells = rows_of(results[1])
    s.gates = rows_of(results[2])
    do(&task)
    return delivered(results, out)


def lstm_grad(
    outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel, *,
    out=None,
):
    """δz, ∂L/∂h_0 and ∂L/∂c_0 of `lstm`, from the last step to the first."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, gates, recurrent_kernel, 4)
        and may_take(&s.outputs_grad, outputs_grad, gates, s.n, s.steps, s.units)
        and may_take(&s.state_grad, state_grad, gates, s.n, 0, s.units)
        and may_take(&s.cell_grad, cell_grad, gates, s.n, 0, s.units)
        and takes(&s.cells, cells, gates, s.n, s.steps, s.units)
        and takes(&s.gates, gates, gates, s.n, s.steps, 4 * s.units)
        and takes(&s.cell, cell, gates, s.n, 0, s.units)
        and takes_mask(s, mask)
    ):
        task.transposed = True
        task.of_rows = <OfRows> (
            <void*> lstm_grad_of_rows[float] if s.itemsize == 4
            else <void*> lstm_grad_of_rows[double]
        )
        results = results_for(
            s, inputs, gates, out, ((3, 4 * s.units), (2, s.units), (2, s.units))
        )
    if results is None:
        return otherwise("lstm_grad", inputs, {"out": out})
    s.z_grad = rows_of(results[0])
    s.first_state_grad = rows_of(results[1])
    s.first_cell_grad = rows_of(results[2])
    do(&task)
    return delivered(results, out)


def gru(
    x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel, *, reset_after,
    out=None,
):
    """h_t = z h_{t-1} + (1 - z) g, with gates z and r and a candidate g."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, x, recurrent_kernel, 3)
        and takes_inputs(s, x, kernel, 3)
        and takes(&s.state, state, x, s.n, 0, s.units)
        and takes_mask(s, mask)
        and takes_bias(&s.bias, bias, x, 3 * s.units)
        and takes_bias(&s.recurrent_bias, recurrent_bias, x, 3 * s.units)
    ):
        task.is_gru, s.reset_after = True, reset_after
        task.of_rows = <OfRows> (
            <void*> gru_of_rows[float] if s.itemsize == 4
            else <void*> gru_of_rows[double]
        )
        results = results_for(s, inputs, x, out, ((3, s.units), (3, 4 * s.units)))
    if results is None:
        parameters = {"reset_after": reset_after, "out": out}
        return otherwise("gru", inputs, parameters)
    s.outputs = rows_of(results[0])
    s.gates = rows_of(results[1])
    do(&task)
    return delivered(results, out)


def gru_grad(
    outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel, *,
    reset_after, out=None,
):
    """δz, δr, δg, then δq, then ∂L/∂h_0 of `gru`, from the last step to the first."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, gates, recurrent_kernel, 3)
        and may_take(&s.outputs_grad, outputs_grad, gates, s.n, s.steps, s.units)
        and may_take(&s.state_grad, state_grad, gates, s.n, 0, s.units)
        and takes(&s.outputs, outputs, gates, s.n, s.steps, s.units)
        and takes(&s.gates, gates, gates, s.n, s.steps, 4 * s.units)
        and takes(&s.state, state, gates, s.n, 0, s.units)
        and takes_mask(s, mask)
    ):
        task.is_gru, task.transposed, s.reset_after = True, True, reset_after
        task.of_rows = <OfRows> (
            <void*> gru_grad_of_rows[float] if s.itemsize == 4
            else <void*> gru_grad_of_rows[double]
        )
        results = results_for(
            s, inputs, gates, out, ((3, 3 * s.units), (3, s.units), (2, s.units))
        )
    if results is None:
        parameters = {"reset_after": reset_after, "out": out}
        return otherwise("gru_grad", inputs, parameters)
    s.z_grad = rows_of(results[0])
    s.q_grad = rows_of(results[1])
    s.first_state_grad = rows_of(results[2])
    do(&task)
    return delivered(results, out)


cdef int do(Task* task) except -1:
    """Does a task, or notes it."""
    cdef const Sequences* s = &task.sequences
    cdef Py_ssize_t products = 4 * s.units * (s.inputs + s.units)
    perform(run, task, sizeof(Task), s.n * s.steps * products)
    return 0


# --- What compiled code takes ---------------------------------------------------------

cdef bint starts(Task* task, object sequences, object kernel, int parts) except -1:
    """Takes the sizes from sequences (n, steps, ...) and the recurrent kernel (units,
    parts·units); False if they are not for compiled code.
    """
    cdef Sequences* s = &task.sequences
    cdef int type
    memset(task, 0, sizeof(Task))
    if not (PyArray_CheckExact(sequences) and PyArray_CheckExact(kernel)):
        return False
    type = PyArray_TYPE(<ndarray> sequences)
    if not (
        (type == NPY_FLOAT or type == NPY_DOUBLE)
        and is_native(sequences, type)
        and PyArray_NDIM(<ndarray> sequences) == 3
        and PyArray_NDIM(<ndarray> kernel) == 2
    ):
        return False
    s.itemsize = PyArray_ITEMSIZE(<ndarray> sequences)
    s.n = PyArray_DIMS(<ndarray> sequences)[0]
    s.steps = PyArray_DIMS(<ndarray> sequences)[1]
    s.units = PyArray_DIMS(<ndarray> kernel)[0]
    return s.n * s.steps * s.units > 0 and takes_matrix(
        &s.recurrent_kernel, kernel, sequences, s.units, parts * s.units
    )


cdef bint takes_inputs(Sequences* s, object x, object kernel, int parts):
    """Takes x (n, steps, inputs) and the kernel (inputs, parts·units)."""
    s.inputs = PyArray_DIMS(<ndarray> x)[2]
    return (
        s.inputs > 0
        and takes(&s.x, x, x, s.n, s.steps, s.inputs)
        and takes_matrix(&s.kernel, kernel, x, s.inputs, parts * s.units)
    )


cdef bint takes_matrix(
    Matrix* matrix, object x, ndarray like, Py_ssize_t rows, Py_ssize_t columns
):
    """Takes a matrix of the type of another array."""
    cdef npy_intp itemsize = PyArray_ITEMSIZE(like)
    cdef npy_intp* dims
    cdef npy_intp* strides
    if not (
        is_native(x, PyArray_TYPE(like))
        and PyArray_NDIM(<ndarray> x) == 2
        and PyArray_ISALIGNED(<ndarray> x)
    ):
        return False
    dims, strides = PyArray_DIMS(<ndarray> x), PyArray_STRIDES(<ndarray> x)
    matrix.data = <char*> PyArray_DATA(<ndarray> x)
    matrix.row, matrix.column = strides[0] // itemsize, strides[1] // itemsize
    return (
        dims[0] == rows
        and dims[1] == columns
        and strides[0] % itemsize == 0
        and strides[1] % itemsize == 0
    )


cdef bint takes(
    Rows* rows, object x, ndarray like, Py_ssize_t n, Py_ssize_t steps, Py_ssize_t size
):
    """Takes an array (n, steps, size), or (n, size) if there are no steps, of the type
    of another one, whose rows are runs of numbers.
    """
    cdef int ndim = 3 if steps else 2
    cdef npy_intp* dims
    cdef npy_intp* strides
    cdef npy_intp itemsize = PyArray_ITEMSIZE(like)
    if not (
        is_native(x, PyArray_TYPE(like))
        and PyArray_NDIM(<ndarray> x) == ndim
        and PyArray_ISALIGNED(<ndarray> x)
    ):
        return False
    dims, strides = PyArray_DIMS(<ndarray> x), PyArray_STRIDES(<ndarray> x)
    rows.data = <char*> PyArray_DATA(<ndarray> x)
    rows.row = strides[0] // itemsize
    rows.step = strides[1] // itemsize if steps else 0
    return (
        dims[0] == n
        and dims[ndim - 1] == size
        and (not steps or dims[1] == steps)
        and (strides[ndim - 1] == itemsize or size == 1)
        and strides[0] % itemsize == 0
        and strides[1] % itemsize == 0
    )


cdef bint may_take(
    Rows* rows, object x, ndarray like, Py_ssize_t n, Py_ssize_t steps, Py_ssize_t size
):
    """Takes an array, or None."""
    return x is None or takes(rows, x, like, n, steps, size)


cdef bint takes_bias(char** bias, object x, ndarray like, Py_ssize_t size):
    """Takes a bias, or None."""
    if x is None:
        return True
    if not (is_native(x, PyArray_TYPE(like)) and is_flat(x)):
        return False
    bias[0] = <char*> PyArray_DATA(<ndarray> x)
    return PyArray_NDIM(<ndarray> x) == 1 and PyArray_DIMS(<ndarray> x)[0] == size


cdef bint takes_mask(Sequences* s, object x):
    """Takes a mask, or None."""
    if x is None:
        return True
    if not (is_native(x, NPY_BOOL) and PyArray_NDIM(<ndarray> x) == 2):
        return False
    s.mask.data = <char*> PyArray_DATA(<ndarray> x)
    s.mask.row = PyArray_STRIDES(<ndarray> x)[0]
    s.mask.step = PyArray_STRIDES(<ndarray> x)[1]
    return (
        PyArray_DIMS(<ndarray> x)[0] == s.n and PyArray_DIMS(<ndarray> x)[1] == s.steps
    )


cdef tuple results_for(
    const Sequences* s, tuple inputs, ndarray like, object out, tuple sizes
):
    """Returns arrays for the results: those given, or new ones where these do not lie
    in C order; None if they are not for compiled code.

    `sizes` has (3, size) for a result (n, steps, size), and (2, size) for (n, size).
    """
    cdef list results = []
    cdef npy_intp dims[3]
    cdef int ndim
    if out is not None and not (isinstance(out, tuple) and len(out) == len(sizes)):
        return None
    for place, (ndim, size) in enumerate(sizes):
        dims[0], dims[1], dims[ndim - 1] = s.n, s.steps, size
        result = None if out is None else out[place]
        if result is not None:
            if not fits(result, like, ndim, dims):
                return None
            if not is_flat(result) or any_overlap(result, inputs):
                if refused():
                    return None
                result = None
        if result is None:
            result = PyArray_EMPTY(ndim, dims, PyArray_TYPE(like), 0)
        results.append(result)
    return tuple(results)


cdef bint fits(object x, ndarray like, int ndim, const npy_intp* dims):
    """Tells if a result can be written to x."""
    cdef int i
    if not (
        is_native(x, PyArray_TYPE(like))
        and is_writeable(x)
        and PyArray_NDIM(<ndarray> x) == ndim
    ):
        return False
    for i in range(ndim):
        if PyArray_DIMS(<ndarray> x)[i] != dims[i]:
            return False
    return True


cdef bint any_overlap(ndarray result, tuple inputs):
    """Tells if a result shares memory with an input."""
    for x in inputs:
        if x is not None and overlap(result, x):
            return True
    return False


cdef tuple delivered(tuple results, object out):
    """Copies results to where they were asked for, if they are not there yet."""
    if out is None:
        return results
    for result, wanted in zip(results, out):
        if result is not wanted:
            PyArray_CopyInto(wanted, result)
    return out


cdef Rows rows_of(ndarray x):
    """Describes a result, which is flat."""
    cdef npy_intp* strides = PyArray_STRIDES(x)
    cdef npy_intp itemsize = PyArray_ITEMSIZE(x)
    return Rows(
        <char*> PyArray_DATA(x), strides[0] // itemsize,
        strides[1] // itemsize if PyArray_NDIM(x) == 3 else 0,
    )
