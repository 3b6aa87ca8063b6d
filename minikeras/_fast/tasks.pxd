"""How compiled work is run: now, on several threads, or noted for a replay.

A kernel has two halves. The first looks at its arguments: what to do with which memory.
The second, the task, does it; it is C all through and needs no GIL. `perform` runs the
task or, while a program is being linked, notes it: the replay of a recorded step is a
list of such tasks. So a kernel must not read or write a number outside of its task.
"""

from libc.stdint cimport int64_t

ctypedef bint (*Run)(void* arguments) noexcept nogil
ctypedef void (*Part)(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil

cdef struct Task:
    # Either `run`, or `part` for each of `units`; or both, `run` then being what comes
    # before the parts. `arguments` are plain data: pointers into arrays, sizes, numbers.
    Run run
    Part part
    void* arguments
    Py_ssize_t units
    Py_ssize_t grain
    Py_ssize_t pieces   # that units and all arrays can be cut into; 0 is none
    int call            # on a tape: the kernel call that it is a part of
    int chain           # how many tasks from this one on run tile by tile; 0 is none
    Py_ssize_t cuts     # into so many pieces all arrays of the chain are cut
    Py_ssize_t tile     # and so many of these are a tile

cdef enum:
    LARGE_WORK = 1 << 15    # elementary operations that are worth releasing the GIL

cdef enum:
    # Slots of scratch memory. A Run takes SHARED ones before in_parallel, for all parts
    # to read; OWN ones are for inside a part. Those of products are for product.pyx.
    SCRATCH_SHARED = 0
    SCRATCH_OWN = 1
    SCRATCH_PRODUCT_SHARED = 2
    SCRATCH_PRODUCT_OWN = 3
    SCRATCH_COPY = 4        # an input in another order, for a Run that takes SHARED too

cdef bint perform(
    Run run, void* arguments, size_t size, Py_ssize_t work
) except -1
cdef int perform_parts(
    Part part, void* arguments, size_t size, Py_ssize_t units, Py_ssize_t grain,
    Py_ssize_t pieces
) except -1
cdef int perform_prepared(
    Run prepare, Part part, void* arguments, size_t size, Py_ssize_t units,
    Py_ssize_t grain, Py_ssize_t pieces
) except -1
cdef void in_parallel(
    Part part, void* arguments, Py_ssize_t units, Py_ssize_t grain
) noexcept nogil
cdef void* scratch(int slot, size_t bytes) noexcept nogil
cdef bint run_task(const Task* task) noexcept nogil
cdef bint noting() noexcept
cdef bint refused() noexcept


cdef struct Column:
    # An array whose rows go into an input.
    const char* source
    Py_ssize_t stride   # from row to row, in bytes
    char* target
    Py_ssize_t bytes    # of a row


cdef class Feed:
    cdef object kept    # the arrays, whose memory must stay
    cdef Column* columns
    cdef int count
    cdef readonly int done  # batches that were run to their end
    cdef Py_ssize_t rows    # of the inputs
    cdef Py_ssize_t most    # of the columns
    cdef Py_ssize_t bytes   # of a row of all of them

    cdef bint copy(self, const int64_t* numbers) noexcept nogil


cdef class Tape:
    # Tasks in order, each with its own copy of its arguments. One with neither `run`
    # nor `part` is a call from Python.
    cdef Task* tasks
    cdef int count
    cdef int room
    cdef bint refused
    cdef list calls

    cdef int call_and_pass(self, int i) except -1
    cdef int go(self, int i) noexcept nogil
    cdef bint note(self, kernel, tuple inputs, dict parameters) except -1
    cdef int append(self, Task task, size_t size) except -1
    cdef void cut(self, int count) noexcept
