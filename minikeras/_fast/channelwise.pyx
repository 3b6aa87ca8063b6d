"""Sums of products channel by channel. See channelwise.pxd."""

from cython cimport floating

from minikeras._fast.clones cimport cloned, cloned_fused


cdef void add_products(
    Py_ssize_t itemsize, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row,
    const void* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """out[i, j] += x[i, j] y[i, j], row by row; a distance of 0 repeats a row."""
    if itemsize == sizeof(float):
        add_flat(
            <float*> out, out_row, <const float*> x, x_row, <const float*> y, y_row,
            rows, columns,
        )
    else:
        add_flat(
            <double*> out, out_row, <const double*> x, x_row, <const double*> y, y_row,
            rows, columns,
        )


cdef cloned_fused add_flat(
    floating* out, Py_ssize_t out_row, const floating* x, Py_ssize_t x_row,
    const floating* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(columns):
            out[j] += x[j] * y[j]
        out += out_row
        x += x_row
        y += y_row


cdef void finish(
    Py_ssize_t itemsize, void* out, Py_ssize_t out_row, const void* bias, bint rectifies,
    Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """Adds a bias to each row, unless NULL, and then takes relu if asked to."""
    if itemsize == sizeof(float):
        finish_flat(<float*> out, out_row, <float*> bias, rectifies, rows, columns)
    else:
        finish_flat(<double*> out, out_row, <double*> bias, rectifies, rows, columns)


cdef cloned finish_flat(
    floating* out, Py_ssize_t out_row, const floating* bias, bint rectifies,
    Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(rows):
        if bias is not NULL:
            for j in range(columns):
                out[j] += bias[j]
        if rectifies:
            for j in range(columns):    # nan is not below 0, and stays
                out[j] = <floating> 0 if out[j] <= 0 else out[j]
        out += out_row
