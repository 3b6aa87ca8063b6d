"""Running tasks, on the threads of pool.h, and noting them on a tape.

Separate from the kernels, because all of them share one pool and one question: is this
call to be done, or to be noted?
"""

import os

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy
from numpy cimport PyArray_BYTES, PyArray_STRIDES, ndarray

cdef extern from "pool.h":
    double pool_clock() noexcept nogil
    void pool_begin() noexcept nogil
    void* pool_scratch(int slot, size_t bytes) noexcept nogil
    void pool_prepare() noexcept nogil
    int pool_threads() noexcept nogil
    void pool_set_threads(int threads) noexcept nogil
    void pool_set_worth_waking(Py_ssize_t grains) noexcept nogil
    void pool_run(
        Part part, void* arguments, Py_ssize_t units, Py_ssize_t grain
    ) noexcept nogil

cdef extern from *:
    # The tape that this thread notes tasks on, or NULL.
    """
    static THREAD_LOCAL void *current_tape;
    """
    void* current_tape

cdef extern from *:
    """
    #if defined(__GLIBC__)
    #include <malloc.h>
    #define return_freed_memory() malloc_trim(0)
    #else
    #define return_freed_memory() 0
    #endif
    """
    int return_freed_memory() nogil

pool_prepare()


# --- Running --------------------------------------------------------------------------

cdef bint perform(
    Run run, void* arguments, size_t size, Py_ssize_t work
) except -1:
    """Runs a task of about `work` operations, or notes it; False if it refused.

    A task refuses what needs an error, such as an index that is out of range, before it
    has changed anything. The kernel then asks `otherwise`, which raises.
    """
    cdef bint done
    if current_tape is not NULL:
        (<Tape> current_tape).append(
            Task(run, NULL, arguments, 0, 0, 0, 0, 0, 0, 0), size
        )
        return True
    if work < LARGE_WORK:
        return run(arguments)
    with nogil:
        pool_begin()
        done = run(arguments)
    return done


cdef int perform_parts(
    Part part, void* arguments, size_t size, Py_ssize_t units, Py_ssize_t grain,
    Py_ssize_t pieces
) except -1:
    """Runs part(arguments, begin, end) over all `units`, in any order, or notes it.

    `grain` is the fewest units that are worth a thread: some 10 µs of work. If the
    units can be cut into so many `pieces`, all alike, that piece i of the results needs
    nothing but piece i of the inputs, each being cut from end to end, the task can be a
    link of a chain: samples one by one, or the elements of flat arrays. 0 is no.
    """
    if current_tape is not NULL:
        (<Tape> current_tape).append(
            Task(NULL, part, arguments, units, grain, pieces, 0, 0, 0, 0), size
        )
    elif units < grain:
        part(arguments, 0, units)
    else:
        with nogil:
            pool_begin()
            pool_run(part, arguments, units, grain)
    return 0


cdef int perform_prepared(
    Run prepare, Part part, void* arguments, size_t size, Py_ssize_t units,
    Py_ssize_t grain, Py_ssize_t pieces
) except -1:
    """Runs prepare(arguments), which must not refuse, and then as perform_parts.

    What it has to remember for the parts it writes into the arguments. Inputs that it
    reads need not be cut into pieces.
    """
    if current_tape is not NULL:
        (<Tape> current_tape).append(
            Task(prepare, part, arguments, units, grain, pieces, 0, 0, 0, 0), size
        )
    elif units < grain:
        prepare(arguments)
        part(arguments, 0, units)
    else:
        with nogil:
            pool_begin()
            prepare(arguments)
            pool_run(part, arguments, units, grain)
    return 0


cdef void in_parallel(
    Part part, void* arguments, Py_ssize_t units, Py_ssize_t grain
) noexcept nogil:
    """Runs part(arguments, begin, end) over all `units`, in pieces; for inside a task.

    The pieces may be cut anywhere and run in any order, and the result must not depend
    on it. Inside of a part, and while another thread uses the pool, it is one piece.
    """
    pool_run(part, arguments, units, grain)


cdef bint run_task(const Task* task) noexcept nogil:
    """Runs a task of a tape; False if it refused, or is a call from Python."""
    if task.part is NULL:
        return task.run is not NULL and task.run(task.arguments)
    if task.run is not NULL:
        task.run(task.arguments)
    pool_run(task.part, task.arguments, task.units, task.grain)
    return True


cdef enum:
    PIECE_BYTES = 1 << 17   # of rows that are worth a thread's copying: some 10 µs


cdef void chain_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Runs the tasks of a chain on the tiles from `begin` to `end`, one by one."""
    cdef const Task* first = <const Task*> arguments
    cdef Py_ssize_t tile, start, stop, units
    cdef int i
    for tile in range(begin, end):
        start = tile * first.tile
        stop = min(start + first.tile, first.cuts)
        for i in range(first.chain):
            units = first[i].units // first.cuts
            first[i].part(first[i].arguments, start * units, stop * units)


cdef void run_chain(const Task* first) noexcept nogil:
    """Runs the tasks of a chain, tile by tile."""
    cdef Py_ssize_t tiles = (first.cuts - 1) // first.tile + 1
    cdef Py_ssize_t units = first.units // first.cuts * first.tile
    if first.run is not NULL:
        first.run(first.arguments)
    pool_run(chain_part, <void*> first, tiles, (first.grain - 1) // units + 1)


cdef void* scratch(int slot, size_t bytes) noexcept nogil:
    """Returns memory of the calling thread, at a multiple of 64 bytes.

    It holds anything, and is valid until the same slot is asked for again.
    """
    return pool_scratch(slot, bytes)


# --- Feeding --------------------------------------------------------------------------

cdef struct Copying:
    # Rows that go from a table into the inputs of a program.
    const int64_t* numbers
    const Column* columns
    int count


cdef void copy_rows(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Copies the rows of the inputs from `begin` to `end`, column by column."""
    cdef const Copying* a = <const Copying*> arguments
    cdef const Column* column
    cdef Py_ssize_t i
    cdef int j
    for j in range(a.count):
        column = a.columns + j
        for i in range(begin, end):
            memcpy(
                column.target + i * column.bytes,
                column.source + a.numbers[i] * column.stride,
                column.bytes,
            )


cdef class Feed:
    """Copies rows of arrays, the columns of a table, into the inputs of a program.

    `done` counts the batches that a tape has run with it, to their end.

    Raises: ValueError if a row of a column is not as a row of its input, or is not in
    one piece: `Feed.fits` tells.

    >>> import numpy as np
    >>> Feed.fits([np.zeros((5, 2))], [np.zeros((3, 2))])
    True
    """

    def __cinit__(self, list columns, list inputs):
        cdef ndarray source, target
        if not Feed.fits(columns, inputs):
            raise ValueError("Rows of these columns can't be copied into these inputs.")
        self.kept = columns, inputs
        self.count = len(columns)
        self.rows = len(inputs[0])
        self.most = len(columns[0])
        self.columns = <Column*> calloc(self.count, sizeof(Column))
        if self.columns is NULL:
            raise MemoryError()
        for i in range(self.count):
            source, target = columns[i], inputs[i]
            self.columns[i].source = PyArray_BYTES(source)
            self.columns[i].stride = PyArray_STRIDES(source)[0]
            self.columns[i].target = PyArray_BYTES(target)
            self.columns[i].bytes = target.nbytes // self.rows
            self.bytes += self.columns[i].bytes

    def __dealloc__(self):
        free(self.columns)

    @staticmethod
    def fits(list columns, list inputs):
        """Tells if rows of the columns can be copied into the inputs as they are."""
        return bool(inputs) and len(inputs[0]) > 0 and all(
            len(column) == len(columns[0])
            and len(target) == len(inputs[0])
            and column.dtype == target.dtype
            and column.shape[1:] == target.shape[1:]
            and column[:1].flags.c_contiguous
            and target.flags.c_contiguous
            and target.nbytes > 0
            for column, target in zip(columns, inputs, strict=True)
        )

    cdef bint copy(self, const int64_t* numbers) noexcept nogil:
        """Copies the rows of these numbers; False if there is none of one of them."""
        cdef Copying copying = Copying(numbers, self.columns, self.count)
        cdef Py_ssize_t i
        for i in range(self.rows):
            if not 0 <= numbers[i] < self.most:
                return False
        pool_run(copy_rows, &copying, self.rows, PIECE_BYTES // self.bytes + 1)
        return True


# --- Noting ---------------------------------------------------------------------------

cdef bint noting() noexcept:
    """Tells if tasks are being noted: a kernel must then not make copies for itself."""
    return current_tape is not NULL


cdef bint refused() noexcept:
    """Says that the kernel at hand can't be a task; returns if that was asked."""
    if current_tape is NULL:
        return False
    (<Tape> current_tape).refused = True
    return True


cdef class Tape:
    """Kernel calls, ready to be made again and again without asking what they are.

    Of a compiled kernel the tape has the tasks; any other is called from Python, in
    the same loop.

    >>> import numpy as np
    >>> from minikeras._fast.elementwise import add
    >>> tape, x, out = Tape(), np.ones(3), np.zeros(3)
    >>> tape.add(add, (x, x), {"out": out})
    True
    >>> out
    array([0., 0., 0.])
    >>> tape.run()
    >>> out
    array([2., 2., 2.])
    """

    def __cinit__(self):
        self.calls = []

    def __dealloc__(self):
        self.cut(0)
        free(self.tasks)

    def add(self, kernel, tuple inputs, dict parameters):
        """Appends kernel(*inputs, **parameters); tells if it was noted as tasks.

        Nothing is computed. The arrays are kept.
        """
        cdef int first = self.count, i
        cdef bint noted = (
            getattr(kernel, "__module__", "").startswith("minikeras._fast.")
            and self.note(kernel, inputs, parameters)
        )
        if not noted:
            self.append(Task(NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0), 0)
        for i in range(first, self.count):
            self.tasks[i].call = len(self.calls)
        self.calls.append((kernel, inputs, parameters))
        return noted

    def pieces(self):
        """Returns into how many pieces the last call can be cut; 0 if it can't be.

        Piece i of its results depends on nothing but the pieces i of its inputs, all of
        them being cut from end to end into as many.
        """
        cdef Task* last = self.tasks + self.count - 1
        if self.count == 0:
            return 0
        if self.count > 1 and self.tasks[self.count - 2].call == last.call:
            return 0  # a part of it can
        return last.pieces

    def begins(self):
        """Tells if the last call has something to do before its pieces.

        So it can only be the first of a chain; and not all of its inputs are cut.
        """
        return self.count > 0 and self.tasks[self.count - 1].run is not NULL

    def chain(self, int length, Py_ssize_t cuts, Py_ssize_t tile):
        """Lets the last calls go through memory together, cut into so many pieces.

        They run tile by tile, of some pieces each, so that what one has written the
        next finds in the cache. Where a later one has a result, or an earlier one has
        written an input of it, the two arrays must be one and the same.
        """
        cdef Task* first = self.tasks + self.count - length
        first.chain, first.cuts, first.tile = length, cuts, tile

    def chains(self):
        """Returns (how many tasks, cuts, tile) of each chain, in order."""
        cdef int i = 0
        found = []
        while i < self.count:
            if self.tasks[i].chain > 1:
                found.append(
                    (self.tasks[i].chain, self.tasks[i].cuts, self.tasks[i].tile)
                )
            i += max(1, self.tasks[i].chain)
        return found

    def run(self):
        """Makes all calls in order; raises what one of them raises, and goes no further.

        The GIL is released from one call from Python to the next.
        """
        cdef int i = 0
        pool_begin()
        while i < self.count:
            with nogil:
                i = self.go(i)
            if i < self.count:
                i = self.call_and_pass(i)

    def run_batches(self, Feed feed not None, ndarray order, double seconds):
        """Runs for one batch of rows after the other; `feed.done` says for how many.

        `order` has the numbers of their rows, and `feed` copies these into the inputs
        before each run. It stops with the batch that ends after so many seconds: what
        only Python can do, such as heeding Ctrl-C, is not put off for longer.
        """
        cdef int64_t[::1] rows = order
        cdef Py_ssize_t batches = rows.shape[0] // feed.rows
        cdef double end = pool_clock() + seconds
        cdef bint known = True, late = False
        cdef int i
        feed.done = 0
        pool_begin()
        while feed.done < batches and not late:
            with nogil:
                i = self.count
                while known and i == self.count and feed.done < batches and not late:
                    known = feed.copy(&rows[feed.done * feed.rows])
                    if known:
                        i = self.go(0)
                        feed.done += i == self.count
                    late = pool_clock() > end
            if not known:
                raise IndexError(f"There is no row of one of the numbers {order}.")
            if i < self.count:  # the rest of a run needs Python
                while i < self.count:
                    i = self.call_and_pass(i)
                    with nogil:
                        i = self.go(i)
                feed.done += 1

    cdef int go(self, int i) noexcept nogil:
        """Runs tasks from the i-th on; returns the first that needs Python."""
        cdef Task* task
        while i < self.count:
            task = self.tasks + i
            if task.chain > 1:
                run_chain(task)
                i += task.chain
            elif run_task(task):
                i += 1
            else:
                break
        return i

    def __len__(self):
        return self.count

    cdef int call_and_pass(self, int i) except -1:
        """Makes the i-th task's call from Python; returns the first task after it.

        It has no task, or the task refused to do it.
        """
        cdef int position = self.tasks[i].call
        kernel, inputs, parameters = self.calls[position]
        kernel(*inputs, **parameters)
        while i < self.count and self.tasks[i].call == position:
            i += 1
        return i

    cdef bint note(self, kernel, tuple inputs, dict parameters) except -1:
        """Appends the tasks of a compiled kernel; False if it has none for these."""
        global current_tape
        cdef int count = self.count
        cdef void* outer = current_tape
        self.refused = False
        current_tape = <void*> self
        try:
            kernel(*inputs, **parameters)
        except:
            self.refused = True
            raise
        finally:
            current_tape = outer
            if self.refused:
                self.cut(count)
        return self.count > count

    cdef int append(self, Task task, size_t size) except -1:
        cdef void* arguments
        cdef Task* tasks
        if self.count == self.room:
            tasks = <Task*> realloc(self.tasks, (2 * self.room + 4) * sizeof(Task))
            if tasks is NULL:
                raise MemoryError()
            self.tasks = tasks
            self.room = 2 * self.room + 4
        arguments = malloc(size)
        if arguments is NULL and size > 0:
            raise MemoryError()
        memcpy(arguments, task.arguments, size)
        task.arguments = arguments
        self.tasks[self.count] = task
        self.count += 1
        return 0

    cdef void cut(self, int count) noexcept:
        while self.count > count:
            self.count -= 1
            free(self.tasks[self.count].arguments)


# --- Memory ---------------------------------------------------------------------------

def give_back_memory():
    """Has malloc return to the system what was freed, if it is one that keeps it.

    glibc keeps blocks up to 32 MiB, once one of their size was freed.
    """
    with nogil:
        return_freed_memory()


# --- Threads --------------------------------------------------------------------------

def threads():
    """Returns how many threads a large task may run on, this one included."""
    return pool_threads()


def set_threads(int count):
    """Chooses how many threads a large task may run on; 1 is none but this one.

    No result depends on it.
    """
    if count < 1:
        raise ValueError(f"Expected 1 thread or more; got {count}.")
    pool_set_threads(count)


def wake_for(Py_ssize_t grains):
    """Chooses how much work a call must have to wake threads, in grains of 10 µs.

    12 unless chosen; 0 always wakes them, as tests want it. No result depends on it.
    """
    pool_set_worth_waking(grains)


def default_threads():
    """Returns what OMP_NUM_THREADS says, else how many processors we may use."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdigit() and int(first) > 0:
        return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


set_threads(default_threads())
