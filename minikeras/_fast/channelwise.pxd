"""Sums of products channel by channel: of convolutions with a filter for each channel.

A tile of a product would have a single column of use there. Apart from convolution.pyx
and kernel_grad.pyx, which both come here.
"""

from minikeras._fast.windows cimport Window


cdef inline bint is_channelwise(const Window* window) noexcept nogil:
    """Tells if each channel has a filter of its own, and one only."""
    return window.groups > 1 and window.channels == 1 and window.filters == 1


cdef void add_products(
    Py_ssize_t itemsize, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row,
    const void* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil
cdef void finish(
    Py_ssize_t itemsize, void* out, Py_ssize_t out_row, const void* bias, bint rectifies,
    Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil
