"""Products of matrices. Contract: kernels/reference/matmul.py.

Small products, where a call costs as much as the arithmetic, are computed here, in the
tiles of tiles.h. Large ones are left to NumPy's BLAS.
"""

from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FLAGS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport (
    LARGE,
    MOST_DIMS,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
)
from minikeras._fast.checks cimport check

import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_MatrixProduct2(object x, object y, ndarray out)

cdef extern from "tiles.h":
    const int TILE_BYTES
    ctypedef void (*product_of_floats)(
        const float* x, Py_ssize_t x_row, Py_ssize_t x_column, const float* panel,
        Py_ssize_t panel_row, float* out, Py_ssize_t out_row, Py_ssize_t rows,
        Py_ssize_t depth,
    ) noexcept nogil
    ctypedef void (*product_of_doubles)(
        const double* x, Py_ssize_t x_row, Py_ssize_t x_column, const double* panel,
        Py_ssize_t panel_row, double* out, Py_ssize_t out_row, Py_ssize_t rows,
        Py_ssize_t depth,
    ) noexcept nogil
    void choose_products(product_of_floats*, product_of_doubles*)

cdef product_of_floats product_float
cdef product_of_doubles product_double
choose_products(&product_float, &product_double)

cdef enum:
    SMALL = 1 << 18     # multiplications of a product that is ours
    TINY = 1 << 11      # of one that is ours even if it is long and thin
    DEEPEST = 1024      # terms in each sum of a product that is ours
    PANEL = 8192        # float64 numbers that DEEPEST rows of a tile have room in
    LAST_ROWS = 24      # of a narrow result: 17, and up to 7 for a multiple of 8
    FEW_ROWS = 16       # so few use y where it is: it does not pay to pack it

cdef struct Matrix:
    char* data
    Py_ssize_t rows
    Py_ssize_t columns
    Py_ssize_t row      # the distances of rows and columns in memory, in numbers
    Py_ssize_t column

cdef struct Stack:
    # Some matrices, as many as `sizes` says; where one is repeated its stride is 0.
    Matrix first
    npy_intp strides[MOST_DIMS]


# --- One product ----------------------------------------------------------------------

cdef void multiply(const Matrix* x, const Matrix* y, floating* out) noexcept nogil:
    """out_ij = Σ_l x_il y_lj, out in C order, a panel of columns after the other."""
    cdef Py_ssize_t wide = TILE_BYTES // <Py_ssize_t> sizeof(floating)
    cdef Py_ssize_t columns = y.columns, panel_row, width, first, j
    cdef double room[PANEL]
    cdef floating* panel
    for j in range((columns + wide - 1) // wide):
        # The last panel begins where it ends with y, and computes some columns again.
        first = max(<Py_ssize_t> 0, min(j * wide, columns - wide))
        width = min(wide, columns)
        panel = <floating*> y.data + first * y.column
        panel_row = y.row
        if width < wide or y.column != 1 or x.rows > FEW_ROWS:
            check(x.columns <= DEEPEST)
            pack(panel, y.row, y.column, <floating*> room, x.columns, width)
            panel = <floating*> room
            panel_row = wide
        if width == wide:
            fill(x, 0, x.rows, panel, panel_row, out + first, columns)
        else:
            fill_narrow(x, panel, out, width)


cdef inline void fill(
    const Matrix* x, Py_ssize_t start, Py_ssize_t rows, const floating* panel,
    Py_ssize_t panel_row, floating* out, Py_ssize_t out_row,
) noexcept nogil:
    """Writes the product of some rows of x and a panel, all columns of it."""
    cdef const floating* first = <floating*> x.data + start * x.row
    if floating is float:
        product_float(
            first, x.row, x.column, panel, panel_row, out, out_row, rows, x.columns
        )
    else:
        product_double(
            first, x.row, x.column, panel, panel_row, out, out_row, rows, x.columns
        )


cdef inline void fill_narrow(
    const Matrix* x, const floating* panel, floating* out, Py_ssize_t width
) noexcept nogil:
    """Writes the product of x and a panel, of which `out` has only `width` columns.

    Rows are written in order, so what a row writes beyond its columns, the next ones
    overwrite. That is no way to write the last rows: they go through a tile.
    """
    cdef Py_ssize_t wide = TILE_BYTES // <Py_ssize_t> sizeof(floating), start, i
    cdef double room[LAST_ROWS * 8]
    cdef floating* tile = <floating*> room
    start = max(<Py_ssize_t> 0, x.rows - wide // width - 1) // 8 * 8
    check(x.rows - start <= LAST_ROWS)
    fill(x, 0, start, panel, wide, out, width)
    fill(x, start, x.rows - start, panel, wide, tile, wide)
    for i in range(x.rows - start):
        memcpy(out + (start + i) * width, tile + i * wide, width * sizeof(floating))


cdef inline void pack(
    const floating* y, Py_ssize_t row, Py_ssize_t column, floating* panel,
    Py_ssize_t rows, Py_ssize_t width,
) noexcept nogil:
    """Copies `width` columns of y to a panel; what is left of the panel becomes 0."""
    cdef Py_ssize_t wide = TILE_BYTES // <Py_ssize_t> sizeof(floating), i, j
    if width < wide:
        memset(panel, 0, rows * TILE_BYTES)
    if column == 1 and width == wide:
        for i in range(rows):
            memcpy(panel + i * wide, y + i * row, TILE_BYTES)  # one or two instructions
    else:
        for j in range(width):
            for i in range(rows):
                panel[i * wide + j] = y[i * row + j * column]


# --- Stacks of matrices ---------------------------------------------------------------

def matmul(x, y, *, out=None):
    """out_ij = Σ_l x_il y_lj over the last two axes; the axes before them broadcast."""
    cdef Stack left, right
    cdef npy_intp sizes[MOST_DIMS]
    cdef ndarray result
    cdef Py_ssize_t count = 1, work
    cdef int i, type, ndim
    if not (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)):
        return otherwise("matmul", (x, y), {"out": out})
    type = PyArray_TYPE(<ndarray> x)
    if not (is_native(y, type) and looked_at(x, &left) and looked_at(y, &right)):
        return otherwise("matmul", (x, y), {"out": out})
    ndim = max(PyArray_NDIM(<ndarray> x), PyArray_NDIM(<ndarray> y))
    for i in range(ndim - 2):
        sizes[i] = 1
    if not (
        left.first.columns == right.first.rows
        and broadcast(x, &left, ndim, sizes)
        and broadcast(y, &right, ndim, sizes)
        and broadcast(x, &left, ndim, sizes)
    ):
        return otherwise("matmul", (x, y), {"out": out})
    sizes[ndim - 2], sizes[ndim - 1] = left.first.rows, right.first.columns
    if out is not None and not takes(out, type, ndim, sizes):
        return otherwise("matmul", (x, y), {"out": out})

    result = out
    if out is None or not is_flat(out) or overlap(out, x) or overlap(out, y):
        result = PyArray_EMPTY(ndim, sizes, type, 0)
    if PyArray_SIZE(result) == 0:
        return result if out is None else out
    for i in range(ndim - 2):
        count *= sizes[i]
    if PyArray_NDIM(<ndarray> y) == 2 and is_flat(x):  # one product with many rows
        left.first.rows *= count
        count = 1
    work = left.first.rows * left.first.columns * right.first.columns
    if not is_small(&left.first, &right.first):
        multiply_by_blas(x, y, result)
    elif work * count < LARGE:
        multiply_all(
            &left, &right, count, ndim, sizes, type, <char*> PyArray_DATA(result)
        )
    else:
        with nogil:
            multiply_all(
                &left, &right, count, ndim, sizes, type, <char*> PyArray_DATA(result)
            )
    if out is None or result is out:
        return result
    PyArray_CopyInto(out, result)
    return out


cdef bint is_small(const Matrix* x, const Matrix* y) noexcept:
    """Tells if we are at least as fast as BLAS, by measurement on one thread."""
    cdef Py_ssize_t work = x.rows * x.columns * y.columns
    if x.columns > DEEPEST or work > SMALL:
        return False
    return work <= TINY or (x.rows >= 8 and y.columns >= 4)


cdef multiply_by_blas(ndarray x, ndarray y, ndarray out):
    """Does the same for large products; `out` is in C order."""
    cdef Py_ssize_t depth = PyArray_DIMS(x)[PyArray_NDIM(x) - 1]
    if PyArray_NDIM(x) == 2 and PyArray_NDIM(y) == 2:
        PyArray_MatrixProduct2(x, y, out)
    elif PyArray_NDIM(y) == 2 and is_flat(x) and depth > 0:
        PyArray_MatrixProduct2(
            x.reshape(-1, depth), y, out.reshape(-1, PyArray_DIMS(y)[1])
        )
    else:
        otherwise("matmul", (x, y), {"out": out})


cdef void multiply_all(
    const Stack* x, const Stack* y, Py_ssize_t count, int ndim, const npy_intp* sizes,
    int type, char* out,
) noexcept nogil:
    """Multiplies matrix by matrix; `out` is in C order."""
    cdef Matrix left = x.first, right = y.first
    cdef Py_ssize_t size = left.rows * right.columns, i, rest
    cdef int axis
    for i in range(count):
        left.data, right.data = x.first.data, y.first.data
        rest = i
        for axis in range(ndim - 3, -1, -1):
            left.data += (rest % sizes[axis]) * x.strides[axis]
            right.data += (rest % sizes[axis]) * y.strides[axis]
            rest = rest // sizes[axis]
        if type == NPY_FLOAT:
            multiply(&left, &right, <float*> out + i * size)
        else:
            multiply(&left, &right, <double*> out + i * size)


cdef bint looked_at(ndarray x, Stack* stack) noexcept:
    """Fills in the first matrix; tells if x has matrices of whole, aligned numbers."""
    cdef int ndim = PyArray_NDIM(x)
    cdef Py_ssize_t itemsize = PyArray_ITEMSIZE(x)
    cdef npy_intp row, column
    if ndim < 2 or not PyArray_FLAGS(x) & NPY_ARRAY_ALIGNED:
        return False
    row, column = PyArray_STRIDES(x)[ndim - 2], PyArray_STRIDES(x)[ndim - 1]
    stack.first = Matrix(
        <char*> PyArray_DATA(x), PyArray_DIMS(x)[ndim - 2], PyArray_DIMS(x)[ndim - 1],
        row // itemsize, column // itemsize,
    )
    return row % itemsize == 0 and column % itemsize == 0


cdef bint broadcast(ndarray x, Stack* stack, int ndim, npy_intp* sizes) noexcept:
    """Widens the sizes to those of x; tells if they fit. Fills in the strides."""
    cdef int axis, missing = ndim - PyArray_NDIM(x)
    cdef npy_intp size
    for axis in range(ndim - 2):
        size = 1 if axis < missing else PyArray_DIMS(x)[axis - missing]
        if sizes[axis] == 1:
            sizes[axis] = size
        if size != 1 and size != sizes[axis]:
            return False
        stack.strides[axis] = 0 if size == 1 else PyArray_STRIDES(x)[axis - missing]
    return True


cdef bint takes(object out, int type, int ndim, const npy_intp* sizes) noexcept:
    """Tells if `out` has this type and these sizes."""
    cdef int axis
    if not is_native(out, type) or PyArray_NDIM(<ndarray> out) != ndim:
        return False
    for axis in range(ndim):
        if PyArray_DIMS(<ndarray> out)[axis] != sizes[axis]:
            return False
    return is_writeable(out)
