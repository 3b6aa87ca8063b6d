"""Copies from any layout to one run, as a walk."""

from numpy cimport ndarray, npy_intp

from minikeras._fast.walk cimport Walk

cdef void* copying(int itemsize) noexcept
cdef npy_intp plan_copy(Walk* walk, ndarray x, const int* order) noexcept
cdef void copy_in_order(const Walk* walk, npy_intp blocks, char* copy) noexcept nogil
