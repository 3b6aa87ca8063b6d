"""The gradient of a convolution's kernel: the task, in C all through.

Separate from convolution.pyx, which knows of arrays.
"""

from minikeras._fast.windows cimport Window

cdef struct KernelGrad:
    Window window
    Py_ssize_t itemsize
    const char* grad
    const char* x
    char* out

cdef bint correlate(void* arguments) noexcept nogil
