"""Windows that go over arrays, and where their taps meet what is there: spans.

Along one axis, most places of a convolution's result have all taps on the input; a few
near the borders have some of them. A span is a run of places that the same taps reach,
at equal distances, so that one product of matrices computes it: no input is padded, and
nothing is multiplied by zeros. The gradient of the input is a convolution too: its
places are those of the input, its sources those of the result, its taps reversed.
"""

from numpy cimport ndarray, npy_intp

from minikeras._fast.product cimport Strip

cdef enum:
    AXES = 3    # of a volume; an image has one of a single place before, a sequence two
    FEW = 4     # a tile of fewer rows than that wastes its time on fetching its panel

cdef struct Axis:
    # One axis of a convolution: x has `size` places, the result `count`.
    Py_ssize_t size
    Py_ssize_t count
    Py_ssize_t taps
    Py_ssize_t stride
    Py_ssize_t before
    Py_ssize_t dilation

cdef struct Window:
    Py_ssize_t images
    Py_ssize_t groups
    Py_ssize_t channels     # of one group
    Py_ssize_t filters      # of one group
    Axis axes[AXES]

cdef struct Span:
    # For i < count and m < taps: the number at
    #     place + i * place_step
    # gets something from the source at
    #     source + i * source_step + m * source_tap
    # by the tap at
    #     tap + m * tap_step
    Py_ssize_t place
    Py_ssize_t place_step
    Py_ssize_t count
    Py_ssize_t tap
    Py_ssize_t tap_step
    Py_ssize_t taps
    Py_ssize_t source
    Py_ssize_t source_step
    Py_ssize_t source_tap

cdef struct Region:
    # The places of one span along each axis. Before those of its middle axis there are
    # `before` others, in the order of the spans. It is `small` if it has few places
    # along both of the last axes.
    Span spans[AXES]
    Py_ssize_t before
    bint small

cdef bint describe(
    ndarray x, ndarray kernel, object strides, object padding, object dilation,
    Py_ssize_t groups, Window* window
) except -1
cdef void shape_of_result(const Window* window, int ndim, npy_intp* shape) noexcept
cdef bint has_shape(ndarray x, int ndim, const npy_intp* shape) noexcept
cdef object as_flat(ndarray x)
cdef object delivered(ndarray result, object out)
cdef object flat_result(
    object out, int type, int ndim, const npy_intp* shape, tuple inputs
)
cdef Py_ssize_t taps_of(const Window* window) noexcept nogil
cdef Py_ssize_t places_of(const Window* window) noexcept nogil
cdef Py_ssize_t count_regions(
    const Window* window, bint back, Py_ssize_t* bytes
) noexcept nogil
cdef void list_regions(
    const Window* window, bint back, Region* regions
) noexcept nogil
cdef bint cut_to_band(
    Region* region, Py_ssize_t first, Py_ssize_t band
) noexcept nogil

cdef inline bint reads_within(
    const Strip* strip, const char* numbers, Py_ssize_t count, Py_ssize_t itemsize
) noexcept nogil:
    """Tells if the x of a strip lies within so many numbers; for a check."""
    cdef Py_ssize_t first = <const char*> strip.x - numbers
    cdef Py_ssize_t reach = (
        (strip.rows - 1) * strip.x_row + (strip.segments - 1) * strip.x_segment
        + (strip.depth - 1) * strip.x_column
    )
    if strip.rows == 0 or strip.segments == 0 or strip.depth == 0:
        return True
    return first >= 0 and first + reach * itemsize < count * itemsize
