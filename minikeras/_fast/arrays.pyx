"""The driver: takes a flat function to arrays of any layout.

Separate, so that a kernel is its arithmetic and nothing else. There are two ways.
Arrays of one shape in C order are one run each: the function is called once. All else,
broadcast, strided, unaligned or a Python number, is walked in blocks, and what is no
run is copied to a tile on the stack first: a function never meets a stride.

What is not for compiled code (other dtypes, subclasses of ndarray, shapes that do not
broadcast, results that overlap an input) goes to the set of kernels that `fall_back_on`
was given, which answers or raises.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsDouble, PyLong_CheckExact
from cpython.object cimport PyObject
from libc.string cimport memcmp, memcpy
from numpy cimport (
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ITEMSIZE,
    PyArray_NBYTES,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_STRIDES,
    import_array,
    npy_intp,
    npy_uint8,
    npy_uint32,
    npy_uint64,
)

from minikeras._fast.checks cimport check

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
    return Elementwise(name, of_float32, of_float64, NULL, False, False)


cdef Elementwise comparison(const char* name, void* of_float32, void* of_float64):
    """Describes a kernel from floats to bool."""
    return Elementwise(name, of_float32, of_float64, NULL, True, False)


cdef Elementwise selection(const char* name, void* of_float32, void* of_float64):
    """Describes a kernel from a bool and floats to floats."""
    return Elementwise(name, of_float32, of_float64, NULL, False, True)


cdef Elementwise logic(const char* name, void* of_bool):
    """Describes a kernel from bool to bool."""
    return Elementwise(name, NULL, NULL, of_bool, True, False)


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


cdef object ternary(const Elementwise* kernel, object x, object y, object z, object out):
    """Returns kernel(x, y, z), written to `out` unless that is None."""
    cdef object result = mapped(kernel, 3, x, y, z, out)
    if result is None:
        result = otherwise(kernel.name.decode(), (x, y, z), {"out": out})
    return result


ctypedef void (*flat1)(const void*, void*, Py_ssize_t) noexcept nogil
ctypedef void (*flat2)(const void*, const void*, void*, Py_ssize_t) noexcept nogil
ctypedef void (*flat3)(
    const void*, const void*, const void*, void*, Py_ssize_t
) noexcept nogil


cdef inline void call(
    void* flat, int count, char** inputs, char* out, Py_ssize_t n
) noexcept nogil:
    """Calls a flat function with the number of inputs that it has."""
    if count == 1:
        (<flat1> flat)(inputs[0], out, n)
    elif count == 2:
        (<flat2> flat)(inputs[0], inputs[1], out, n)
    else:
        (<flat3> flat)(inputs[0], inputs[1], inputs[2], out, n)


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
    if flat is NULL:
        return None
    for i in range(count):
        types[i] = type
    if kernel.selects:
        types[0] = NPY_BOOL
    types[count] = NPY_BOOL if kernel.gives_bool else type
    return applied(flat, count, inputs, types, out)


cdef int type_of_arrays(const Elementwise* kernel, int count, PyObject** inputs) noexcept:
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
    void* flat, int count, PyObject** inputs, const int* types, object out
):
    """Returns what a flat function makes of inputs, each an array or a Python number.

    `types` are those of its pointers, the result's the last. Every array among the
    inputs must be native and of its type. Returns None if this is not for compiled code.
    """
    cdef char* data[MOST_INPUTS]
    cdef ndarray array, result
    cdef Py_ssize_t n
    cdef int i
    if not PyArray_CheckExact(<object> inputs[count - 1]):
        return applied_in_blocks(flat, count, inputs, types, out)
    array = <ndarray> inputs[count - 1]
    for i in range(count):
        if not (
            PyArray_CheckExact(<object> inputs[i])
            and is_flat(<ndarray> inputs[i])
            and same_shape(<ndarray> inputs[i], array)
        ):
            return applied_in_blocks(flat, count, inputs, types, out)
        data[i] = <char*> PyArray_DATA(<ndarray> inputs[i])

    if out is None:
        result = PyArray_EMPTY(PyArray_NDIM(array), PyArray_DIMS(array), types[count], 0)
    elif (
        is_native(out, types[count])
        and is_flat(out)
        and is_writeable(out)
        and same_shape(out, array)
    ):
        result = out
        for i in range(count):
            if data[i] != PyArray_DATA(result) and overlap(result, <ndarray> inputs[i]):
                return None
    else:
        return applied_in_blocks(flat, count, inputs, types, out)

    n = PyArray_SIZE(array)
    if n < LARGE:
        call(flat, count, data, <char*> PyArray_DATA(result), n)
    else:
        with nogil:
            call(flat, count, data, <char*> PyArray_DATA(result), n)
    return result


# --- Walking in blocks ----------------------------------------------------------------

cdef enum:
    TILE_BYTES = TILE * 8

cdef struct Walk:
    # The arrays of one call, seen under one shape; the last of them is the result.
    # Along an axis where an array is broadcast, its stride is 0.
    int arrays
    int ndim
    npy_intp shape[MOST_DIMS]
    npy_intp strides[MOST_INPUTS + 1][MOST_DIMS]
    char* data[MOST_INPUTS + 1]
    int itemsize[MOST_INPUTS + 1]
    bint aligned[MOST_INPUTS + 1]
    # What plan_blocks adds: a plane is the last two axes.
    npy_intp rows
    npy_intp columns
    npy_intp block_rows
    npy_intp block_columns
    npy_intp row_stride[MOST_INPUTS + 1]
    npy_intp column_stride[MOST_INPUTS + 1]
    bint in_place[MOST_INPUTS + 1]  # has each block in one run
    bint repeats[MOST_INPUTS + 1]   # has the same numbers in every block


cdef object applied_in_blocks(
    void* flat, int count, PyObject** inputs, const int* types, object out
):
    """Does what `applied` does, whatever the layout."""
    cdef Walk walk
    cdef double numbers[MOST_INPUTS]
    cdef ndarray result
    cdef npy_intp n = 1
    cdef int i
    if not broadcast(&walk, count, inputs):
        return None
    result = result_array(&walk, count, inputs, types[count], out)
    if result is None:
        return None
    for i in range(count):
        if PyArray_CheckExact(<object> inputs[i]):
            place(&walk, i, <ndarray> inputs[i])
        elif not place_number(&walk, i, <object> inputs[i], types[i], &numbers[i]):
            return None
    place(&walk, count, result)
    for i in range(walk.ndim):
        n *= walk.shape[i]
    if n > 0:
        merge_axes(&walk)
        plan_blocks(&walk)
        if n < LARGE:
            walk_in_blocks(&walk, flat)
        else:
            with nogil:
                walk_in_blocks(&walk, flat)
    return result


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
    """Returns `out` if it can take the result, or a new array if it is None, or None."""
    cdef ndarray array
    cdef int i
    if out is None:
        for i in range(count):
            if PyArray_CheckExact(<object> inputs[i]):
                array = <ndarray> inputs[i]
                if has_shape(array, walk):
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


cdef bint has_shape(ndarray x, const Walk* walk) noexcept:
    return PyArray_NDIM(x) == walk.ndim and memcmp(
        PyArray_DIMS(x), walk.shape, walk.ndim * sizeof(npy_intp)
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


cdef void place(Walk* walk, int i, ndarray array) noexcept:
    """Makes an array the i-th of the walk."""
    cdef int axis, missing = walk.ndim - PyArray_NDIM(array)
    walk.data[i] = <char*> PyArray_DATA(array)
    walk.itemsize[i] = PyArray_ITEMSIZE(array)
    walk.aligned[i] = PyArray_FLAGS(array) & NPY_ARRAY_ALIGNED != 0
    for axis in range(walk.ndim):
        if axis < missing or PyArray_DIMS(array)[axis - missing] == 1:
            walk.strides[i][axis] = 0
        else:
            walk.strides[i][axis] = PyArray_STRIDES(array)[axis - missing]


cdef bint place_number(Walk* walk, int i, object number, int type, double* memory):
    """Makes a Python number the i-th array of the walk; returns if it is one."""
    cdef int axis
    cdef double value
    if PyFloat_CheckExact(number):
        value = PyFloat_AS_DOUBLE(number)
    elif PyLong_CheckExact(number):
        try:
            value = PyLong_AsDouble(number)
        except OverflowError:
            return False
    else:
        return False
    if type == NPY_FLOAT:
        (<float*> memory)[0] = <float> value
        walk.itemsize[i] = sizeof(float)
    elif type == NPY_DOUBLE:
        memory[0] = value
        walk.itemsize[i] = sizeof(double)
    else:
        return False
    walk.data[i] = <char*> memory
    walk.aligned[i] = True
    for axis in range(walk.ndim):
        walk.strides[i][axis] = 0
    return True


cdef void merge_axes(Walk* walk) noexcept:
    """Sorts the axes as the result lies in memory, and makes one of two where it can.

    Two neighbours are one if all arrays step over the inner one's end as over any other
    step. Afterwards there is at least one axis.
    """
    cdef int axis, kept = 0
    cdef int result = walk.arrays - 1
    for axis in range(1, walk.ndim):
        sink(walk, axis, walk.strides[result])
    for axis in range(walk.ndim):
        if walk.shape[axis] == 1:
            continue
        if kept > 0 and are_one(walk, kept - 1, axis):
            move_axis(walk, axis, kept - 1, walk.shape[kept - 1] * walk.shape[axis])
        else:
            move_axis(walk, axis, kept, walk.shape[axis])
            kept += 1
    if kept == 0:
        walk.shape[0] = 1
        for axis in range(walk.arrays):
            walk.strides[axis][0] = 0
        kept = 1
    walk.ndim = kept


cdef void sink(Walk* walk, int axis, const npy_intp* key) noexcept:
    """Moves an axis outwards past those of shorter strides: one step of a sort."""
    cdef int i
    while axis > 0 and abs(key[axis - 1]) < abs(key[axis]):
        swap(&walk.shape[axis - 1], &walk.shape[axis])
        for i in range(walk.arrays):
            swap(&walk.strides[i][axis - 1], &walk.strides[i][axis])
        axis -= 1


cdef inline void swap(npy_intp* x, npy_intp* y) noexcept:
    x[0], y[0] = y[0], x[0]


cdef bint are_one(const Walk* walk, int outer, int inner) noexcept:
    cdef int i
    for i in range(walk.arrays):
        if walk.strides[i][outer] != walk.strides[i][inner] * walk.shape[inner]:
            return False
    return True


cdef void move_axis(Walk* walk, int source, int target, npy_intp size) noexcept:
    cdef int i
    walk.shape[target] = size
    for i in range(walk.arrays):
        walk.strides[i][target] = walk.strides[i][source]


cdef void plan_blocks(Walk* walk) noexcept:
    """Decides what a block is, and which arrays have theirs in one run.

    A block is a piece of a row (of the last axis), or some whole rows where they are
    short.
    """
    cdef int i, axis, last = walk.ndim - 1
    cdef npy_intp columns = walk.shape[last]
    cdef npy_intp rows = walk.shape[last - 1] if last > 0 else 1
    cdef bint all_in_place = True
    cdef npy_intp room = TILE_BYTES  # for numbers in a tile
    walk.rows, walk.columns = rows, columns
    for i in range(walk.arrays):
        room = min(room, TILE_BYTES // walk.itemsize[i])
        walk.column_stride[i] = walk.strides[i][last]
        walk.row_stride[i] = walk.strides[i][last - 1] if last > 0 else 0
        walk.in_place[i] = (
            walk.aligned[i] and walk.column_stride[i] == walk.itemsize[i]
        )
        all_in_place = all_in_place and walk.in_place[i]

    if all_in_place and (rows == 1 or columns >= SHORT):
        walk.block_rows, walk.block_columns = 1, columns
    elif columns > room // 2:
        walk.block_rows, walk.block_columns = 1, min(columns, room)
    else:
        walk.block_rows, walk.block_columns = min(rows, room // columns), columns

    for i in range(walk.arrays):
        if walk.block_rows > 1:
            walk.in_place[i] = (
                walk.in_place[i]
                and walk.row_stride[i] == columns * walk.itemsize[i]
            )
        walk.repeats[i] = (
            (walk.column_stride[i] == 0 or walk.block_columns == columns)
            and (walk.row_stride[i] == 0 or walk.block_rows == rows)
        )
        for axis in range(last - 1):
            walk.repeats[i] = walk.repeats[i] and walk.strides[i][axis] == 0


cdef void walk_in_blocks(Walk* walk, void* flat) noexcept nogil:
    """Calls a flat function on each block of a planned walk."""
    cdef char tiles[MOST_INPUTS + 1][TILE_BYTES]
    cdef npy_intp index[MOST_DIMS]
    cdef npy_intp row, column, planes = 1
    cdef int i, axis
    cdef bint first = True
    for axis in range(walk.ndim - 2):
        planes *= walk.shape[axis]
        index[axis] = 0
    while planes > 0:
        row = 0
        while row < walk.rows:
            column = 0
            while column < walk.columns:
                do_block(walk, flat, row, column, first, tiles)
                first = False
                column += walk.block_columns
            row += walk.block_rows
        planes -= 1
        # Count the index of the plane up, as an odometer does.
        axis = walk.ndim - 3
        while axis >= 0:
            index[axis] += 1
            for i in range(walk.arrays):
                walk.data[i] += walk.strides[i][axis]
            if index[axis] < walk.shape[axis]:
                break
            index[axis] = 0
            for i in range(walk.arrays):
                walk.data[i] -= walk.strides[i][axis] * walk.shape[axis]
            axis -= 1


cdef inline void do_block(
    Walk* walk, void* flat, npy_intp row, npy_intp column, bint first,
    char (*tiles)[TILE_BYTES],
) noexcept nogil:
    """Calls a flat function on the block of a plane that begins at [row, column].

    An array that has the block in one run is read, or written, in place. The others
    have a tile: inputs are gathered into it, the result is scattered from it.
    """
    cdef char* data[MOST_INPUTS + 1]
    cdef char* target
    cdef npy_intp rows = min(walk.block_rows, walk.rows - row)
    cdef npy_intp columns = min(walk.block_columns, walk.columns - column)
    cdef int i, result = walk.arrays - 1
    for i in range(walk.arrays):
        data[i] = (
            walk.data[i] + row * walk.row_stride[i] + column * walk.column_stride[i]
        )
        if i < result and not walk.in_place[i]:
            check(rows * columns * walk.itemsize[i] <= TILE_BYTES)
            if first or not walk.repeats[i]:  # else the tile has it from the first block
                gather(
                    data[i], walk.row_stride[i], walk.column_stride[i], rows, columns,
                    walk.itemsize[i], tiles[i],
                )
            data[i] = tiles[i]
    if walk.in_place[result]:
        call(flat, result, data, data[result], rows * columns)
    else:
        check(rows * columns * walk.itemsize[result] <= TILE_BYTES)
        call(flat, result, data, tiles[result], rows * columns)
        scatter(
            tiles[result], rows, columns, walk.itemsize[result],
            data[result], walk.row_stride[result], walk.column_stride[result],
        )


ctypedef fused item:
    npy_uint8
    npy_uint32
    npy_uint64


cdef void gather(
    const char* source, npy_intp row_stride, npy_intp column_stride, npy_intp rows,
    npy_intp columns, int itemsize, char* tile,
) noexcept nogil:
    """Copies rows × columns numbers to one run."""
    cdef npy_intp row
    if column_stride == itemsize:
        for row in range(rows):
            memcpy(tile, source, columns * itemsize)
            tile += columns * itemsize
            source += row_stride
    elif itemsize == 8:
        gather_items(source, row_stride, column_stride, rows, columns, <npy_uint64*> tile)
    elif itemsize == 4:
        gather_items(source, row_stride, column_stride, rows, columns, <npy_uint32*> tile)
    else:
        check(itemsize == 1)
        gather_items(source, row_stride, column_stride, rows, columns, <npy_uint8*> tile)


cdef void gather_items(
    const char* source, npy_intp row_stride, npy_intp column_stride, npy_intp rows,
    npy_intp columns, item* tile,
) noexcept nogil:
    """Copies rows × columns numbers that may be unaligned: one memcpy is one load."""
    cdef npy_intp row, column
    cdef item number
    for row in range(rows):
        if column_stride == 0:
            memcpy(&number, source, sizeof(item))
            for column in range(columns):
                tile[column] = number
        else:
            for column in range(columns):
                memcpy(&tile[column], source + column * column_stride, sizeof(item))
        tile += columns
        source += row_stride


cdef void scatter(
    const char* tile, npy_intp rows, npy_intp columns, int itemsize,
    char* target, npy_intp row_stride, npy_intp column_stride,
) noexcept nogil:
    """Copies one run to where rows × columns numbers belong."""
    cdef npy_intp row
    if column_stride == itemsize:
        for row in range(rows):
            memcpy(target, tile, columns * itemsize)
            tile += columns * itemsize
            target += row_stride
    elif itemsize == 8:
        scatter_items(<npy_uint64*> tile, rows, columns, target, row_stride, column_stride)
    elif itemsize == 4:
        scatter_items(<npy_uint32*> tile, rows, columns, target, row_stride, column_stride)
    else:
        check(itemsize == 1)
        scatter_items(<npy_uint8*> tile, rows, columns, target, row_stride, column_stride)


cdef void scatter_items(
    const item* tile, npy_intp rows, npy_intp columns,
    char* target, npy_intp row_stride, npy_intp column_stride,
) noexcept nogil:
    cdef npy_intp row, column
    for row in range(rows):
        for column in range(columns):
            memcpy(target + column * column_stride, &tile[column], sizeof(item))
        tile += columns
        target += row_stride
