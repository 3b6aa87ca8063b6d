"""Products of matrices for other kernels: whole ones, and strips of their own making.

`product` is for a task: it takes all threads. `product_alone` is for a part of one.
Both need no GIL and no Python object, and give the same bits.

    cdef Product p = product_of(sizeof(floating), rows, depth, columns)
    p.x, p.x_row = x, depth         # C order; for xᵀ: x_row = 1, x_column = rows
    p.y, p.y_row = y, columns
    p.out, p.out_row = out, columns
    product(&p)

Each number of the result is one chain of multiply-adds in the order of l, wherever the
product is cut. So its bits depend on neither threads nor neighbours, and a product of
some of the rows, or of some of the columns, has the bits of the whole one. (Where rows
that are runs meet a single vector, the chains are several, and the order is another.)

A kernel whose x is no matrix, such as a convolution, packs its own panels and fills
strips of the result with the functions in `tiles`; strip.h explains them.
"""

cdef extern from "strip.h":
    ctypedef struct Strip:
        const void* x
        Py_ssize_t x_row
        Py_ssize_t x_column
        Py_ssize_t x_segment
        const void* panel
        Py_ssize_t panel_row
        Py_ssize_t panel_segment
        Py_ssize_t segments
        Py_ssize_t depth
        void* out
        Py_ssize_t out_row
        Py_ssize_t rows
        Py_ssize_t columns
        bint adds
        const void* bias
        bint rectifies

    ctypedef void (*Fill)(const Strip* strip) noexcept nogil
    ctypedef void (*Pack)(
        const void* y, Py_ssize_t y_row, Py_ssize_t y_column, void* panel,
        Py_ssize_t depth, Py_ssize_t columns
    ) noexcept nogil

    ctypedef void (*CombineRows)(
        const void* y, Py_ssize_t y_row, const void* v, Py_ssize_t v_step, void* out,
        Py_ssize_t depth, Py_ssize_t columns, bint adds
    ) noexcept nogil
    ctypedef void (*Dots)(
        const void* x, Py_ssize_t x_row, const void* v, void* out, Py_ssize_t out_step,
        Py_ssize_t rows, Py_ssize_t depth, bint adds
    ) noexcept nogil
    ctypedef void (*Finish)(
        void* out, Py_ssize_t out_step, const void* bias, Py_ssize_t bias_step,
        Py_ssize_t count, bint rectifies
    ) noexcept nogil

    ctypedef struct Tiles:
        Py_ssize_t line
        Py_ssize_t rows
        Fill fill
        Fill fill_turned
        Pack pack
        CombineRows combine_rows
        Dots dots
        Finish finish


cdef struct Product:
    # out_ij = Σ_l x_il y_lj, or out_ij + that if it `adds`; then + bias_j, unless `bias`
    # is NULL; then, if it `rectifies`, relu. Distances are counted in numbers; of the
    # two of `out` one is 1. `out` may overlap nothing else.
    size_t itemsize             # 4 or 8: all numbers are floats, or all are doubles
    Py_ssize_t rows
    Py_ssize_t depth
    Py_ssize_t columns
    const void* x
    Py_ssize_t x_row
    Py_ssize_t x_column
    const void* y
    Py_ssize_t y_row
    Py_ssize_t y_column
    void* out
    Py_ssize_t out_row
    Py_ssize_t out_column
    bint adds
    const void* bias
    bint rectifies


cdef inline Product product_of(
    size_t itemsize, Py_ssize_t rows, Py_ssize_t depth, Py_ssize_t columns
) noexcept nogil:
    """Returns a description without data: plain, and of matrices in C order."""
    return Product(
        itemsize, rows, depth, columns, NULL, depth, 1, NULL, columns, 1, NULL, columns,
        1, False, NULL, False,
    )

cdef void product(const Product* p) noexcept nogil
cdef void product_alone(const Product* p) noexcept nogil

cdef const Tiles* tiles(size_t itemsize) noexcept nogil

cdef inline Py_ssize_t panel_row(const Tiles* tiles, Py_ssize_t columns) noexcept nogil:
    """Returns the distance of the rows of a panel with so many columns: 1 or 2 lines.

    A panel of `depth` rows has depth * panel_row(...) numbers.
    """
    return tiles.line if columns <= tiles.line else 2 * tiles.line
