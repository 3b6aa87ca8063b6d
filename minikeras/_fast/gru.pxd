"""Some sequences through all steps of a GRU, and their gradients back."""

from cython cimport floating

from minikeras._fast.sequences cimport Sequences

cdef void gru_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil
cdef void gru_grad_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil
