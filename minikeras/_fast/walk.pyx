"""Takes a flat function through arrays of any layout, block by block.

Separate from arrays.pyx, because here an array is no more than a place and its strides.
Axes are merged where they can be, and what does not lie in one run goes through a tile
on the stack: a flat function never meets a stride.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsDouble, PyLong_AsLongLong, PyLong_CheckExact
from libc.stdlib cimport labs
from libc.string cimport memcpy
from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_FLAGS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    import_array,
    ndarray,
    npy_int32,
    npy_int64,
    npy_intp,
    npy_uint8,
    npy_uint32,
    npy_uint64,
)

from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned

import_array()

cdef enum:
    TILE_BYTES = 4096   # of a buffer on the stack: four of them fit the L1 cache
    SHORT = 64          # a row of fewer numbers is not worth a call of its own
    LONG = 1 << 14      # a row of more numbers is cut, for the threads to share


# --- What is walked -------------------------------------------------------------------


cdef void place(Walk* walk, int i, ndarray array) noexcept:
    """Makes an array the i-th of the walk."""
    cdef int axis, missing = walk.ndim - PyArray_NDIM(array)
    walk.data[i] = <char*> PyArray_DATA(array)
    walk.is_number[i] = False
    walk.itemsize[i] = PyArray_ITEMSIZE(array)
    walk.aligned[i] = PyArray_FLAGS(array) & NPY_ARRAY_ALIGNED != 0
    for axis in range(walk.ndim):
        if axis < missing or PyArray_DIMS(array)[axis - missing] == 1:
            walk.strides[i][axis] = 0
        else:
            walk.strides[i][axis] = PyArray_STRIDES(array)[axis - missing]


cdef void place_run(Walk* walk, int i, ndarray array) noexcept:
    """Makes an array that is one run the i-th of a walk along a single axis."""
    walk.data[i] = <char*> PyArray_DATA(array)
    walk.is_number[i] = False
    walk.itemsize[i] = PyArray_ITEMSIZE(array)
    walk.strides[i][0] = walk.itemsize[i]
    walk.aligned[i] = True


cdef bint place_number(Walk* walk, int i, object number, int type):
    """Makes a Python number the i-th array of the walk; returns if it is one.

    It must be one of the type: a float is no int, and an int may be too large.
    """
    cdef int axis
    try:
        if type == NPY_FLOAT or type == NPY_DOUBLE:
            if not keep_float(walk, i, number, type):
                return False
        elif not keep_integer(walk, i, number, type):
            return False
    except OverflowError:
        return False
    walk.is_number[i] = True
    walk.aligned[i] = True
    for axis in range(walk.ndim):
        walk.strides[i][axis] = 0
    return True


cdef bint keep_float(Walk* walk, int i, object number, int type) except -1:
    """Writes a number to the walk as a float; returns if it is one."""
    cdef double value
    cdef float rounded_value
    if PyFloat_CheckExact(number):
        value = PyFloat_AS_DOUBLE(number)
    elif PyLong_CheckExact(number):
        value = PyLong_AsDouble(number)
    else:
        return False
    if type == NPY_FLOAT:
        rounded_value = <float> value
        memcpy(&walk.numbers[i], &rounded_value, sizeof(float))
        walk.itemsize[i] = sizeof(float)
    else:
        walk.numbers[i] = value
        walk.itemsize[i] = sizeof(double)
    return True


cdef bint keep_integer(Walk* walk, int i, object number, int type) except -1:
    """Writes a number to the walk as an integer; returns if it is one."""
    cdef npy_int64 value
    cdef npy_int32 short_value
    if not PyLong_CheckExact(number):
        return False
    value = PyLong_AsLongLong(number)
    short_value = <npy_int32> value
    if type == NPY_INT32 and short_value == value:
        memcpy(&walk.numbers[i], &short_value, sizeof(short_value))
        walk.itemsize[i] = sizeof(short_value)
    elif type == NPY_INT64:
        memcpy(&walk.numbers[i], &value, sizeof(value))
        walk.itemsize[i] = sizeof(value)
    else:
        return False
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
    while axis > 0 and labs(key[axis - 1]) < labs(key[axis]):
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


cdef npy_intp plan_blocks(Walk* walk) noexcept:
    """Decides what a block is, and which arrays have theirs in one run.

    A block is a piece of a row (of the last axis), or some whole rows where they are
    short. Returns how many blocks there are.
    """
    cdef int i, axis, last = walk.ndim - 1
    cdef npy_intp columns = walk.shape[last]
    cdef npy_intp rows = walk.shape[last - 1] if last > 0 else 1
    cdef npy_intp planes = 1
    cdef npy_intp room = TILE_BYTES  # for numbers in a tile
    cdef bint rows_are_runs = True
    cdef bint rows_follow = True  # each other, or are all the same
    for axis in range(last - 1):
        planes *= walk.shape[axis]
    if planes * rows * columns == 0:
        walk.block_rows = walk.block_columns = 1
        return 0
    walk.rows, walk.columns = rows, columns
    for i in range(walk.arrays):
        room = min(room, TILE_BYTES // walk.itemsize[i])
        walk.column_stride[i] = walk.strides[i][last]
        walk.row_stride[i] = walk.strides[i][last - 1] if last > 0 else 0
        walk.in_place[i] = (
            walk.aligned[i] and walk.column_stride[i] == walk.itemsize[i]
        )
        rows_are_runs = rows_are_runs and walk.in_place[i]
        rows_follow = rows_follow and (
            walk.row_stride[i] == 0
            or walk.row_stride[i] == columns * walk.column_stride[i]
        )

    if rows == 1 or columns > room // 2:
        walk.block_rows = 1
        walk.block_columns = min(columns, LONG if rows_are_runs else room)
    elif rows_are_runs and not rows_follow and columns >= SHORT:
        walk.block_rows, walk.block_columns = 1, columns
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
    walk.blocks_across = (columns + walk.block_columns - 1) // walk.block_columns
    walk.blocks_down = (rows + walk.block_rows - 1) // walk.block_rows
    return planes * walk.blocks_down * walk.blocks_across


cdef void walk_through(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Calls the flat function on the blocks from begin to end of a planned walk."""
    cdef const Walk* walk = <const Walk*> arguments
    cdef char tiles[MOST_INPUTS + 1][TILE_BYTES]
    cdef npy_intp index[MOST_DIMS]
    cdef char* data[MOST_INPUTS + 1]
    cdef npy_intp row = 0, column = 0, plane = 0
    cdef Py_ssize_t block
    if begin > 0:  # else there is nothing to divide, not even in an empty array
        row = begin // walk.blocks_across
        column = begin % walk.blocks_across * walk.block_columns
        plane = row // walk.blocks_down
        row = row % walk.blocks_down * walk.block_rows
    find_plane(walk, plane, index, data)
    for block in range(begin, end):
        do_block(walk, data, row, column, block == begin, tiles)
        column += walk.block_columns
        if column >= walk.columns:
            column = 0
            row += walk.block_rows
            if row >= walk.rows:
                row = 0
                next_plane(walk, index, data)


cdef inline void find_plane(
    const Walk* walk, npy_intp plane, npy_intp* index, char** data
) noexcept nogil:
    """Finds the index of the plane of that number, and where it begins in each array.
    """
    cdef int i, axis
    for i in range(walk.arrays):
        if i < walk.arrays - 1 and walk.is_number[i]:
            data[i] = <char*> &walk.numbers[i]
        else:
            data[i] = walk.data[i]
    for axis in range(walk.ndim - 3, -1, -1):
        index[axis] = 0
        if plane > 0:
            index[axis] = plane % walk.shape[axis]
            plane = plane // walk.shape[axis]
            for i in range(walk.arrays):
                data[i] += index[axis] * walk.strides[i][axis]


cdef inline void next_plane(
    const Walk* walk, npy_intp* index, char** data
) noexcept nogil:
    """Counts the index of a plane up, as an odometer does."""
    cdef int i, axis = walk.ndim - 3
    while axis >= 0:
        index[axis] += 1
        for i in range(walk.arrays):
            data[i] += walk.strides[i][axis]
        if index[axis] < walk.shape[axis]:
            return
        index[axis] = 0
        for i in range(walk.arrays):
            data[i] -= walk.strides[i][axis] * walk.shape[axis]
        axis -= 1


cdef inline void do_block(
    const Walk* walk, char** plane, npy_intp row, npy_intp column, bint first,
    char (*tiles)[TILE_BYTES],
) noexcept nogil:
    """Calls a flat function on the block of a plane that begins at [row, column].

    An array that has the block in one run is read, or written, in place. The others
    have a tile: inputs are gathered into it, the result is scattered from it.
    """
    cdef char* data[MOST_INPUTS + 1]
    cdef npy_intp rows = min(walk.block_rows, walk.rows - row)
    cdef npy_intp columns = min(walk.block_columns, walk.columns - column)
    cdef int i, result = walk.arrays - 1
    for i in range(walk.arrays):
        data[i] = plane[i] + row * walk.row_stride[i] + column * walk.column_stride[i]
        if i < result and not walk.in_place[i]:
            check(rows * columns * walk.itemsize[i] <= TILE_BYTES)
            if first or not walk.repeats[i]:  # else the tile has it already
                gather(
                    data[i], walk.row_stride[i], walk.column_stride[i], rows, columns,
                    walk.itemsize[i], tiles[i],
                )
            data[i] = tiles[i]
    if walk.in_place[result]:
        call(walk.flat, result, data, data[result], rows * columns)
    else:
        check(rows * columns * walk.itemsize[result] <= TILE_BYTES)
        call(walk.flat, result, data, tiles[result], rows * columns)
        scatter(
            tiles[result], rows, columns, walk.itemsize[result],
            data[result], walk.row_stride[result], walk.column_stride[result],
        )


ctypedef fused item:
    npy_uint8
    npy_uint32
    npy_uint64


cdef cloned gather(
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
        gather_items(
            source, row_stride, column_stride, rows, columns, <npy_uint64*> tile
        )
    elif itemsize == 4:
        gather_items(
            source, row_stride, column_stride, rows, columns, <npy_uint32*> tile
        )
    else:
        check(itemsize == 1)
        gather_items(
            source, row_stride, column_stride, rows, columns, <npy_uint8*> tile
        )


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
        scatter_items(
            <npy_uint64*> tile, rows, columns, target, row_stride, column_stride
        )
    elif itemsize == 4:
        scatter_items(
            <npy_uint32*> tile, rows, columns, target, row_stride, column_stride
        )
    else:
        check(itemsize == 1)
        scatter_items(
            <npy_uint8*> tile, rows, columns, target, row_stride, column_stride
        )


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
