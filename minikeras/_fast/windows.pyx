"""Describes windows, and cuts their places into spans. See windows.pxd."""

from numpy cimport (
    NPY_CORDER,
    PyArray_CopyInto,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_NDIM,
    PyArray_NewCopy,
    import_array,
    npy_intp,
)

from minikeras._fast.arrays cimport is_flat, is_native, is_writeable, overlap
from minikeras._fast.tasks cimport noting

import_array()

# --- Windows --------------------------------------------------------------------------

cdef bint describe(
    ndarray x, ndarray kernel, object strides, object padding, object dilation,
    Py_ssize_t groups, Window* window
) except -1:
    """Fills in a window; tells if it fits over x, and has no more axes than a volume.

    x (n, *sizes, channels), kernel (*taps, channels / groups, filters).
    """
    cdef int axes = PyArray_NDIM(x) - 2, i
    cdef const npy_intp* sizes = PyArray_DIMS(x)
    cdef const npy_intp* taps = PyArray_DIMS(kernel)
    cdef Py_ssize_t reach, room, after
    cdef Axis* axis
    if not (
        1 <= axes <= AXES and PyArray_NDIM(kernel) == axes + 2 and groups >= 1
        and len(strides) == len(padding) == len(dilation) == axes
        and sizes[axes + 1] == groups * taps[axes] and taps[axes + 1] % groups == 0
    ):
        return False
    window.images, window.groups = sizes[0], groups
    window.channels, window.filters = taps[axes], taps[axes + 1] // groups
    for i in range(AXES):
        window.axes[i] = Axis(1, 1, 1, 1, 0, 1)
    for i in range(axes):
        axis = &window.axes[AXES - axes + i]
        axis.size, axis.taps = sizes[1 + i], taps[i]
        axis.stride, axis.dilation = strides[i], dilation[i]
        axis.before, after = padding[i]
        if axis.stride < 1 or axis.dilation < 1 or axis.before < 0 or after < 0:
            return False
        reach = (axis.taps - 1) * axis.dilation + 1
        room = axis.size + axis.before + after
        if axis.taps < 1 or reach > room:
            return False
        axis.count = (room - reach) // axis.stride + 1
    return True


cdef Py_ssize_t taps_of(const Window* window) noexcept nogil:
    """Returns how many taps the kernel has."""
    return window.axes[0].taps * window.axes[1].taps * window.axes[2].taps


cdef Py_ssize_t places_of(const Window* window) noexcept nogil:
    """Returns how many places there are in one image of the result."""
    return window.axes[0].count * window.axes[1].count * window.axes[2].count


# --- Arrays ---------------------------------------------------------------------------

cdef void shape_of_result(const Window* window, int ndim, npy_intp* shape) noexcept:
    """Writes (n, *counts, filters), for arrays of so many axes."""
    cdef int i
    shape[0], shape[ndim - 1] = window.images, window.groups * window.filters
    for i in range(ndim - 2):
        shape[1 + i] = window.axes[AXES + 2 - ndim + i].count


cdef bint has_shape(ndarray x, int ndim, const npy_intp* shape) noexcept:
    """Tells if x has this shape."""
    cdef int i
    if PyArray_NDIM(x) != ndim:
        return False
    for i in range(ndim):
        if PyArray_DIMS(x)[i] != shape[i]:
            return False
    return True


cdef object as_flat(ndarray x):
    """Returns x, or a copy that is one run of numbers; None if none may be made."""
    if is_flat(x):
        return x
    return None if noting() else PyArray_NewCopy(x, NPY_CORDER)


cdef object flat_result(
    object out, int type, int ndim, const npy_intp* shape, tuple inputs
):
    """Returns `out`, or a new array if that is not a run of numbers of its own.

    None if `out` is not what it should be, or if no copy may be made.
    """
    cdef bint own = out is not None
    if own and not (
        is_native(out, type) and has_shape(out, ndim, shape) and is_writeable(out)
    ):
        return None
    if own:
        own = is_flat(out)
        for x in inputs:
            own = own and not (x is not None and overlap(out, x))
    if own:
        return out
    if out is not None and noting():
        return None
    return PyArray_EMPTY(ndim, shape, type, 0)


cdef object delivered(ndarray result, object out):
    """Returns the result, in `out` if that is given."""
    if out is None or result is out:
        return result
    PyArray_CopyInto(out, result)
    return out


# --- Spans ----------------------------------------------------------------------------

cdef Py_ssize_t spans_of(const Axis* axis, Span* spans) noexcept nogil:
    """Writes the spans of a convolution's places, unless NULL; returns how many.

    Place o meets x at o · stride + t · dilation - before, for each tap t.
    """
    cdef Span every = Span(
        0, 1, axis.count, 0, 1, axis.taps, -axis.before, axis.stride, axis.dilation
    )
    return cut(&every, axis.size, spans)


cdef Py_ssize_t spans_back(const Axis* axis, Span* spans) noexcept nogil:
    """Writes the spans of the places of x, unless NULL; returns how many.

    Place i of x was met by o = (i + before - t · dilation) / stride, for each tap t for
    which that is a whole number. Which taps these are depends on i modulo the stride.
    They are taken from the last to the first, so that o grows: tap t is looked for at
    taps - 1 - t.
    """
    cdef Py_ssize_t n = 0, phase, first, distance = 1, taps, last
    cdef Span every
    while distance * axis.dilation % axis.stride:   # from one such tap to the next
        distance += 1
    for phase in range(min(axis.stride, axis.size)):
        first = 0
        while first < distance and (
            (phase + axis.before - first * axis.dilation) % axis.stride
        ):
            first += 1
        taps = 0
        if first < distance and first < axis.taps:
            taps = (axis.taps - 1 - first) // distance + 1
        last = first + (taps - 1) * distance
        every = Span(
            phase, axis.stride, (axis.size - 1 - phase) // axis.stride + 1,
            axis.taps - 1 - last, distance, taps,
            (phase + axis.before - last * axis.dilation) // axis.stride, 1,
            distance * axis.dilation // axis.stride,
        )
        n += cut(&every, axis.count, NULL if spans is NULL else spans + n)
    return n


cdef Py_ssize_t cut(const Span* every, Py_ssize_t size, Span* spans) noexcept nogil:
    """Cuts a run of places, and leaves each part the taps that meet [0, size)."""
    cdef Py_ssize_t n = 0, i, first, end, first_before = 0, end_before = 0
    cdef Span unused
    cdef Span* span = &unused
    for i in range(every.count):
        meet(every, i, size, &first, &end)
        if i == 0 or first != first_before or end != end_before:
            if spans is not NULL:
                span = spans + n
            n += 1
            span[0] = every[0]
            span.place += i * every.place_step
            span.source += i * every.source_step + first * every.source_tap
            span.tap += first * every.tap_step
            span.count, span.taps = 0, end - first
        span.count += 1
        first_before, end_before = first, end
    return n


cdef inline void meet(
    const Span* every, Py_ssize_t i, Py_ssize_t size, Py_ssize_t* first, Py_ssize_t* end
) noexcept nogil:
    """Finds the taps, from `first` to before `end`, with a source in [0, size)."""
    cdef Py_ssize_t source = every.source + i * every.source_step
    first[0] = end[0] = 0
    if source < 0:
        first[0] = (-source - 1) // every.source_tap + 1
    if source < size:
        end[0] = min(every.taps, (size - 1 - source) // every.source_tap + 1)
    if end[0] <= first[0]:
        first[0] = end[0] = 0


# --- Regions --------------------------------------------------------------------------

cdef Py_ssize_t count_regions(
    const Window* window, bint back, Py_ssize_t* bytes
) noexcept nogil:
    """Returns how many regions there are, and the room that list_regions needs."""
    cdef Py_ssize_t regions = 1, spans = 0, n
    cdef int i
    for i in range(AXES):
        n = spans_along(&window.axes[i], back, NULL)
        regions *= n
        spans += n
    bytes[0] = regions * sizeof(Region) + spans * sizeof(Span)
    return regions


cdef void list_regions(
    const Window* window, bint back, Region* regions
) noexcept nogil:
    """Writes all regions; what follows them in memory is used meanwhile."""
    cdef Py_ssize_t counts[AXES]
    cdef Span* spans[AXES]
    cdef Py_ssize_t i, j, k, before, bytes
    cdef Region* region = regions
    spans[0] = <Span*> (regions + count_regions(window, back, &bytes))
    for i in range(AXES):
        counts[i] = spans_along(&window.axes[i], back, spans[i])
        if i + 1 < AXES:
            spans[i + 1] = spans[i] + counts[i]
    for i in range(counts[0]):
        before = 0
        for j in range(counts[1]):
            for k in range(counts[2]):
                region.spans[0] = spans[0][i]
                region.spans[1] = spans[1][j]
                region.spans[2] = spans[2][k]
                region.before = before
                region.small = max(spans[1][j].count, spans[2][k].count) < FEW
                region += 1
            before += spans[1][j].count


cdef Py_ssize_t spans_along(const Axis* axis, bint back, Span* spans) noexcept nogil:
    return spans_back(axis, spans) if back else spans_of(axis, spans)


cdef bint cut_to_band(
    Region* region, Py_ssize_t first, Py_ssize_t band
) noexcept nogil:
    """Leaves of the places of the middle axis a band; tells if any remain."""
    cdef Span* middle = &region.spans[1]
    cdef Py_ssize_t begin = max(first, region.before) - region.before
    cdef Py_ssize_t end = min(first + band, region.before + middle.count)
    middle.place += begin * middle.place_step
    middle.source += begin * middle.source_step
    middle.count = end - region.before - begin
    return middle.count > 0
