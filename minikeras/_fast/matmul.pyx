"""Products of matrices and of stacks of them. Contract: kernels/reference/matmul.py.

What is here looks at arrays; product.pyx computes.
"""

from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
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
    MOST_DIMS,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
)
from minikeras._fast.product cimport Product, product, product_alone, product_of
from minikeras._fast.tasks cimport in_parallel, noting, perform

import_array()

cdef enum:
    WORK = 1 << 19      # multiplications that are worth a thread: 10 µs

cdef struct Products:
    # Products of one size: the first, and where the others are. `out` is in C order.
    Product first
    Py_ssize_t count
    int axes
    npy_intp sizes[MOST_DIMS]
    npy_intp x_strides[MOST_DIMS]   # in bytes; 0 where a matrix is repeated
    npy_intp y_strides[MOST_DIMS]


# --- Tasks ----------------------------------------------------------------------------

cdef bint multiply(void* arguments) noexcept nogil:
    """Computes all products: large ones one by one, each on all threads."""
    cdef Products* products = <Products*> arguments
    cdef Product* first = &products.first
    cdef Py_ssize_t i, work = max(
        <Py_ssize_t> 1, first.rows * first.depth * first.columns
    )
    if products.count == 1:
        product(first)
    elif work < 8 * WORK:
        in_parallel(multiply_some, products, products.count, (WORK + work - 1) // work)
    else:
        for i in range(products.count):
            multiply_one(products, i, True)
    return True


cdef void multiply_some(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(begin, end):
        multiply_one(<Products*> arguments, i, False)


cdef inline void multiply_one(
    const Products* products, Py_ssize_t i, bint on_all_threads
) noexcept nogil:
    """Computes product i, counted in C order."""
    cdef Product one = products.first
    cdef Py_ssize_t rest = i
    cdef int axis
    one.out = <char*> one.out + i * one.rows * one.columns * <Py_ssize_t> one.itemsize
    for axis in range(products.axes - 1, -1, -1):
        one.x = <char*> one.x + rest % products.sizes[axis] * products.x_strides[axis]
        one.y = <char*> one.y + rest % products.sizes[axis] * products.y_strides[axis]
        rest = rest // products.sizes[axis]
    if on_all_threads:
        product(&one)
    else:
        product_alone(&one)


# --- Kernels --------------------------------------------------------------------------

def matmul(x, y, *, out=None):
    """out_ij = Σ_l x_il y_lj over the last two axes; the axes before them broadcast."""
    cdef object result = multiplied(x, y, None, False, out)
    if result is None:
        result = otherwise("matmul", (x, y), {"out": out})
    return result


def matmul_bias(x, y, bias, *, out=None):
    """out_ij = Σ_l x_il y_lj + bias_j, with the bits of matmul and add."""
    cdef object result = None
    if is_row_for(bias, x, y):
        result = multiplied(x, y, bias, False, out)
    if result is None:
        result = otherwise("matmul_bias", (x, y, bias), {"out": out})
    return result


def matmul_bias_relu(x, y, bias, *, out=None):
    """out_ij = max(Σ_l x_il y_lj + bias_j, 0), with the bits of matmul, add and relu."""
    cdef object result = None
    if is_row_for(bias, x, y):
        result = multiplied(x, y, bias, True, out)
    if result is None:
        result = otherwise("matmul_bias_relu", (x, y, bias), {"out": out})
    return result


cdef bint is_row_for(object bias, object x, object y) noexcept:
    """Tells if `bias` is a run of as many numbers of x's type as y has columns."""
    return (
        PyArray_CheckExact(x)
        and is_native(bias, PyArray_TYPE(<ndarray> x))
        and PyArray_NDIM(<ndarray> bias) == 1
        and is_flat(bias)
        and PyArray_CheckExact(y)
        and PyArray_NDIM(<ndarray> y) >= 2
        and PyArray_DIMS(<ndarray> bias)[0]
        == PyArray_DIMS(<ndarray> y)[PyArray_NDIM(<ndarray> y) - 1]
    )


cdef object multiplied(
    object x, object y, object bias, bint rectifies, object out
):
    """Returns a product, perhaps with a bias; None if it is not for compiled code."""
    cdef Products products
    cdef npy_intp shape[MOST_DIMS]
    cdef ndarray result
    cdef int i, ndim, type
    if not (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)):
        return None
    type = PyArray_TYPE(<ndarray> x)
    if not (is_native(y, type) and describe(x, y, &products)):
        return None
    ndim = products.axes + 2
    for i in range(products.axes):
        shape[i] = products.sizes[i]
    shape[ndim - 2], shape[ndim - 1] = products.first.rows, products.first.columns
    if out is not None and not takes(out, type, ndim, shape):
        return None
    result = out
    if (
        out is None
        or not is_flat(out)
        or overlap(out, x)
        or overlap(out, y)
        or bias is not None and overlap(out, bias)
    ):
        if noting():
            return None
        result = PyArray_EMPTY(ndim, shape, type, 0)

    if PyArray_NDIM(<ndarray> y) == 2 and is_flat(x):  # one product with many rows
        products.first.rows *= products.count
        products.first.x_row, products.first.x_column = products.first.depth, 1
        products.count, products.axes = 1, 0
    products.first.out = PyArray_DATA(result)
    if bias is not None:
        products.first.bias = PyArray_DATA(<ndarray> bias)
    products.first.rectifies = rectifies
    perform(
        multiply, &products, sizeof(products),
        PyArray_SIZE(result) * max(<Py_ssize_t> 1, products.first.depth),
    )
    if out is None or result is out:
        return result
    PyArray_CopyInto(out, result)
    return out


# --- Arrays ---------------------------------------------------------------------------

cdef bint describe(ndarray x, ndarray y, Products* products) noexcept:
    """Fills in all but the result; tells if x and y fit and are made of whole numbers."""
    cdef int x_ndim = PyArray_NDIM(x), y_ndim = PyArray_NDIM(y), i
    cdef Py_ssize_t size = PyArray_ITEMSIZE(x)
    cdef npy_intp* x_ends   # the last two strides
    cdef npy_intp* y_ends
    cdef Product* first = &products.first
    if x_ndim < 2 or y_ndim < 2:
        return False
    if PyArray_DIMS(x)[x_ndim - 1] != PyArray_DIMS(y)[y_ndim - 2]:
        return False
    if not PyArray_FLAGS(x) & PyArray_FLAGS(y) & NPY_ARRAY_ALIGNED:
        return False
    x_ends, y_ends = PyArray_STRIDES(x) + x_ndim - 2, PyArray_STRIDES(y) + y_ndim - 2
    if x_ends[0] % size or x_ends[1] % size or y_ends[0] % size or y_ends[1] % size:
        return False
    first[0] = product_of(
        size, PyArray_DIMS(x)[x_ndim - 2], PyArray_DIMS(x)[x_ndim - 1],
        PyArray_DIMS(y)[y_ndim - 1],
    )
    first.x, first.x_row, first.x_column = (
        PyArray_DATA(x), x_ends[0] // size, x_ends[1] // size
    )
    first.y, first.y_row, first.y_column = (
        PyArray_DATA(y), y_ends[0] // size, y_ends[1] // size
    )
    products.axes = max(x_ndim, y_ndim) - 2
    products.count = 1
    for i in range(products.axes):
        products.sizes[i] = 1
    if not (
        widen(x, products, products.x_strides)
        and widen(y, products, products.y_strides)
        and widen(x, products, products.x_strides)
    ):
        return False
    for i in range(products.axes):
        products.count *= products.sizes[i]
    return True


cdef bint widen(ndarray x, Products* products, npy_intp* strides) noexcept:
    """Widens the stack to that of x, and fills in the strides; tells if x fits."""
    cdef int axis, missing = products.axes + 2 - PyArray_NDIM(x)
    cdef npy_intp size
    for axis in range(products.axes):
        size = 1 if axis < missing else PyArray_DIMS(x)[axis - missing]
        if products.sizes[axis] == 1:
            products.sizes[axis] = size
        if size != 1 and size != products.sizes[axis]:
            return False
        strides[axis] = 0 if size == 1 else PyArray_STRIDES(x)[axis - missing]
    return True


cdef bint takes(object out, int type, int ndim, const npy_intp* shape) noexcept:
    """Tells if `out` has this type and this shape."""
    cdef int axis
    if not is_native(out, type) or PyArray_NDIM(<ndarray> out) != ndim:
        return False
    for axis in range(ndim):
        if PyArray_DIMS(<ndarray> out)[axis] != shape[axis]:
            return False
    return is_writeable(out)
