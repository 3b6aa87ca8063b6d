"""Casts, for assignments: they are casts to memory that is there."""

from numpy cimport ndarray

cdef object cast_to_type(ndarray x, int type, object out)
