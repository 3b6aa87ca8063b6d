"""Convolutions and the way back to their inputs.

Separate from convolution.pyx, which knows of arrays.
"""

from minikeras._fast.windows cimport Window

cdef struct Sweep:
    # A convolution of `source`, or the way back: the same with x for the result.
    Window window
    bint back
    Py_ssize_t itemsize
    const char* source
    const char* kernel
    const char* bias    # or NULL
    char* out
    bint rectifies

cdef int perform_sweep(const Sweep* sweep) except -1
