"""The driver of random kernels: from a state and a shape to a task."""

from libc.stdint cimport uint64_t
from numpy cimport ndarray

from minikeras._fast.philox cimport State
from minikeras._fast.tasks cimport Part


cdef struct Draw:
    # The arguments of a task: where the state is, what to draw, and where to.
    const char* seed
    char* counter
    int type_of_state
    int type            # of the numbers
    void* out
    double first        # two parameters, of floats
    double second
    uint64_t least      # and of integers
    uint64_t width


cdef bint watch_state(object state, Draw* work)
cdef State state_now(const Draw* work) noexcept nogil
cdef uint64_t word_at(const char* place, int type) noexcept nogil
cdef ndarray result_for(object shape, object dtype, object out, int type, int other)
cdef object drawn(Part part, Draw* work, ndarray result, object out)
