"""Some sequences through all steps of an LSTM, and their gradients back."""

from cython cimport floating

from minikeras._fast.sequences cimport Sequences

cdef void lstm_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil
cdef void lstm_grad_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil
