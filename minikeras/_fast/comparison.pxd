"""Casts: an assignment is one to memory that is there, and so is a copy of any layout."""

from numpy cimport ndarray

cdef object cast_to_type(ndarray x, int type, object out)
cdef bint can_cast(int source_type, int target_type) noexcept
