"""Filling and copying, for kernels that do it as a part of their work."""

from numpy cimport ndarray

cdef bint fill(ndarray out, object value) except -1
cdef bint takes_copies(ndarray out, tuple arrays) except -1
