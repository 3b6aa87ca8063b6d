"""The gradient of a convolution's kernel. Contract: kernels/reference/convolution.py.

For each tap it is a product of matrices, xᵀ · grad over all places where the tap meets
x: the rows of a strip (strip.h) are channels, those of several taps where they lie side
by side in x; its sums go over places, and its panel is the gradient as it lies there.

Images fall into a fixed number of blocks. Each has its own sum, and they are added in
order: so the bits do not depend on the number of threads.
"""

from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport is_flat, is_native, otherwise
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.product cimport Strip, Tiles, tiles
from minikeras._fast.tasks cimport (
    SCRATCH_OWN,
    SCRATCH_SHARED,
    in_parallel,
    perform,
    scratch,
)
from minikeras._fast.windows cimport (
    AXES,
    FEW,
    Region,
    Span,
    Window,
    count_regions,
    cut_to_band,
    describe,
    flat_result,
    has_shape,
    list_regions,
    places_of,
    reads_within,
    shape_of_result,
    taps_of,
)

import_array()

cdef enum:
    BLOCKS = 8          # so many sums there are, or up to UNITS
    UNITS = 16          # pieces of work there should be
    SUMS = 1 << 23      # bytes of all of them together
    PLACES = 256        # so many there are at least in a band of an image
    SMALL = 128         # a region of fewer places is added for many images at a time
    CACHED = 128 << 10   # bytes of x and of the gradient that are gone over repeatedly
    WORK = 1 << 20      # multiplications that are worth a thread: some 20 µs
    ADDING = 1 << 14    # additions that are

cdef struct KernelGrad:
    Window window
    Py_ssize_t itemsize
    const char* grad
    const char* x
    char* out

cdef struct Plan:
    # How to do it. Images, or bands of them along the middle axis, fall into blocks; a
    # unit of work is one panel of columns of the sum of one block.
    KernelGrad task
    const Tiles* tiles
    Py_ssize_t wide                 # columns of a panel
    Py_ssize_t panels               # of all groups
    Py_ssize_t size                 # of the result, in bytes
    Py_ssize_t bands
    Py_ssize_t band
    Py_ssize_t blocks
    Py_ssize_t x_image              # distances of images, and of places along each
    Py_ssize_t x_steps[AXES]        # axis, in numbers
    Py_ssize_t grad_image
    Py_ssize_t grad_steps[AXES]
    Py_ssize_t tap_steps[AXES]      # distances of taps in the result
    Region* regions
    Py_ssize_t region_count
    char* sums                      # of all blocks but the first, which has `out`

cdef struct Part:
    # What is added to a sum at a time: one of its panels, from some images.
    char* sum
    Py_ssize_t first        # of the filters that the panel has, counted in all groups
    Py_ssize_t columns
    Py_ssize_t group
    const char* x
    const char* grad
    Py_ssize_t images

cdef struct Walk:
    # The places of a region in some images. Sums go along the last axis, which are the
    # terms of a segment, and along the one before, the segments.
    const char* x
    const char* grad
    Py_ssize_t counts[AXES + 1]
    Py_ssize_t x_steps[AXES + 1]
    Py_ssize_t grad_steps[AXES + 1]


# --- Kernel ---------------------------------------------------------------------------

def convolution_kernel_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[t, c, f] = Σ_o x[o·strides + t·dilation - before, c] grad[o, f]."""
    result = correlated(grad, x, kernel, strides, padding, dilation, groups, out)
    if result is not None:
        return result
    return otherwise(
        "convolution_kernel_grad",
        (grad, x, kernel),
        {
            "strides": strides,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "out": out,
        },
    )


cdef object correlated(
    object grad, object x, object kernel, object strides, object padding,
    object dilation, object groups, object out
):
    """Returns the gradient of the kernel, or None if it is not for compiled code."""
    cdef KernelGrad task
    cdef Window* window = &task.window
    cdef npy_intp shape[AXES + 2]
    cdef int ndim, type
    if not (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)):
        return None
    type = PyArray_TYPE(<ndarray> x)
    if not (
        is_native(grad, type) and is_native(kernel, type)
        and is_flat(grad) and is_flat(x)
        and describe(x, kernel, strides, padding, dilation, groups, window)
    ):
        return None
    ndim = PyArray_NDIM(<ndarray> x)
    shape_of_result(window, ndim, shape)
    if not has_shape(grad, ndim, shape):
        return None
    result = flat_result(out, type, ndim, PyArray_DIMS(<ndarray> kernel), (grad, x))
    if result is None:
        return None
    task.itemsize = PyArray_ITEMSIZE(<ndarray> x)
    task.grad = <char*> PyArray_DATA(<ndarray> grad)
    task.x = <char*> PyArray_DATA(<ndarray> x)
    task.out = <char*> PyArray_DATA(<ndarray> result)
    perform(
        correlate, &task, sizeof(task),
        window.images * places_of(window) * taps_of(window)
        * window.groups * window.channels * window.filters,
    )
    return result


# --- Plans ----------------------------------------------------------------------------

cdef bint correlate(void* arguments) noexcept nogil:
    """Sums up each block, and adds the sums to the first."""
    cdef Plan plan
    cdef Window* window = &plan.task.window
    cdef Py_ssize_t units, work
    plan.task = (<KernelGrad*> arguments)[0]
    make_plan(&plan)
    if plan.size == 0:
        return True
    units = plan.blocks * plan.panels
    work = window.images * places_of(window) * (plan.size // plan.task.itemsize)
    in_parallel(sum_blocks, &plan, units, (WORK - 1) // (work // units + 1) + 1)
    if plan.blocks > 1:
        in_parallel(add_sums, &plan, plan.size // plan.task.itemsize, ADDING)
    return True


cdef void make_plan(Plan* plan) noexcept nogil:
    """Works out sizes, distances and blocks: from shapes alone, not from threads."""
    cdef KernelGrad* task = &plan.task
    cdef Window* window = &task.window
    cdef Py_ssize_t x, grad, tap, bytes, enough
    cdef int i
    plan.tiles = tiles(task.itemsize)
    plan.wide = 2 * plan.tiles.line
    plan.panels = window.groups * ((window.filters + plan.wide - 1) // plan.wide)
    x, grad = window.groups * window.channels, window.groups * window.filters
    tap = window.channels * grad
    for i in range(AXES - 1, -1, -1):
        plan.x_steps[i], plan.grad_steps[i], plan.tap_steps[i] = x, grad, tap
        x *= window.axes[i].size
        grad *= window.axes[i].count
        tap *= window.axes[i].taps
    plan.x_image, plan.grad_image, plan.size = x, grad, tap * task.itemsize

    plan.blocks = max(<Py_ssize_t> BLOCKS, UNITS // max(<Py_ssize_t> 1, plan.panels))
    plan.blocks = min(plan.blocks, SUMS // max(<Py_ssize_t> 1, plan.size))
    plan.bands = 1
    if plan.blocks > window.images > 0:     # images are few: cut them
        enough = max(<Py_ssize_t> 1, places_of(window) // PLACES)
        plan.bands = max(<Py_ssize_t> 1, min(plan.blocks // window.images, enough))
        plan.bands = min(plan.bands, window.axes[1].count)
    plan.band = (window.axes[1].count + plan.bands - 1) // plan.bands
    plan.blocks = max(<Py_ssize_t> 1, min(plan.blocks, window.images * plan.bands))

    plan.region_count = count_regions(window, False, &bytes)
    bytes += -bytes % 64
    plan.regions = <Region*> scratch(
        SCRATCH_SHARED, bytes + (plan.blocks - 1) * plan.size
    )
    plan.sums = <char*> plan.regions + bytes
    list_regions(window, False, plan.regions)


cdef inline char* sum_of(const Plan* plan, Py_ssize_t block) noexcept nogil:
    """Returns where a block has its sum: the first one in the result."""
    return plan.task.out if block == 0 else plan.sums + (block - 1) * plan.size


cdef void add_sums(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Adds some numbers of the other sums to the first, in order."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t block, first = begin * plan.task.itemsize
    for block in range(1, plan.blocks):
        if plan.task.itemsize == sizeof(float):
            add_flat(
                <float*> (plan.task.out + first),
                <float*> (sum_of(plan, block) + first), end - begin,
            )
        else:
            add_flat(
                <double*> (plan.task.out + first),
                <double*> (sum_of(plan, block) + first), end - begin,
            )


cdef cloned add_flat(
    floating* total, const floating* x, Py_ssize_t n
) noexcept nogil:
    """total[i] += x[i]."""
    cdef Py_ssize_t i
    for i in range(n):
        total[i] += x[i]


# --- Blocks ---------------------------------------------------------------------------

cdef void sum_blocks(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Sums up some units, each in its own place."""
    cdef const Plan* plan = <Plan*> arguments
    cdef const Window* window = &plan.task.window
    cdef Py_ssize_t bands = window.images * plan.bands, i, block, panel, of_group
    cdef Part part
    of_group = plan.panels // window.groups
    for i in range(begin, end):
        block, panel = i // plan.panels, i % plan.panels
        part.sum = sum_of(plan, block)
        part.group = panel // of_group
        part.first = panel % of_group * plan.wide
        part.columns = min(plan.wide, window.filters - part.first)
        part.first += part.group * window.filters
        clear(plan, &part)
        add_bands(
            plan, part, block * bands // plan.blocks, (block + 1) * bands // plan.blocks
        )


cdef void clear(const Plan* plan, const Part* part) noexcept nogil:
    """Writes zeros to a panel of a sum."""
    cdef const Window* window = &plan.task.window
    cdef Py_ssize_t itemsize = plan.task.itemsize, i
    cdef Py_ssize_t row = window.groups * window.filters * itemsize
    for i in range(taps_of(window) * window.channels):
        memset(part.sum + i * row + part.first * itemsize, 0, part.columns * itemsize)


cdef void add_bands(
    const Plan* plan, Part part, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    """Adds some bands of images; the small regions of whole images together.

    A panel is read in whole lines. Behind the last image there may be no memory, so
    that is read from a copy.
    """
    cdef const KernelGrad* task = &plan.task
    cdef Py_ssize_t band, image, together = 0
    cdef bint alone
    part.images = 1
    for band in range(first, end):
        image = band // plan.bands
        part.x = task.x + image * plan.x_image * task.itemsize
        part.grad = task.grad + image * plan.grad_image * task.itemsize
        alone = plan.bands > 1
        if image == task.window.images - 1 and task.window.filters % plan.tiles.line:
            part.grad = copied(part.grad, plan.grad_image * task.itemsize)
            alone = True
        add_places(plan, &part, band % plan.bands * plan.band, False)
        if alone:
            add_places(plan, &part, band % plan.bands * plan.band, True)
        else:
            together += 1
    if together:    # all of them, or all but the last: plan.bands is 1
        part.x = task.x + first * plan.x_image * task.itemsize
        part.grad = task.grad + first * plan.grad_image * task.itemsize
        part.images = together
        add_places(plan, &part, 0, True)


cdef const char* copied(const char* numbers, Py_ssize_t bytes) noexcept nogil:
    """Returns a copy that may be read two lines too far."""
    cdef char* copy = <char*> scratch(SCRATCH_OWN, bytes + 128)
    memcpy(copy, numbers, bytes)
    memset(copy + bytes, 0, 128)
    return copy


# --- Strips ---------------------------------------------------------------------------

cdef void add_places(
    const Plan* plan, const Part* part, Py_ssize_t first, bint small
) noexcept nogil:
    """Adds a band of some images: the small regions, or as much of the others at a time
    as stays in the cache.
    """
    cdef Py_ssize_t row, rows, i, start
    cdef Region region, piece
    cdef const Span* last
    for i in range(plan.region_count):
        region = plan.regions[i]
        last = &region.spans[2]
        if (
            last.count * region.spans[1].count < SMALL
        ) == small and cut_to_band(&region, first, plan.band):
            row = last.count * (
                last.source_step * plan.x_steps[2] + plan.grad_steps[2]
            ) * plan.task.itemsize
            rows = max(<Py_ssize_t> 1, CACHED // max(<Py_ssize_t> 1, row))
            start = region.before = 0
            while start < region.spans[1].count:
                piece = region
                cut_to_band(&piece, start, rows)
                add_region(plan, part, &piece)
                start += rows


cdef void add_region(
    const Plan* plan, const Part* part, const Region* region
) noexcept nogil:
    """Adds what all taps of a region meet."""
    cdef Py_ssize_t itemsize = plan.task.itemsize, x = 0, grad = 0, i, j
    cdef const Span* span
    cdef Walk walk
    cdef Strip strip
    walk.counts[0] = part.images
    walk.x_steps[0], walk.grad_steps[0] = plan.x_image, plan.grad_image
    for i in range(AXES):
        span = &region.spans[i]
        x += span.source * plan.x_steps[i]
        grad += span.place * plan.grad_steps[i]
        walk.counts[i + 1] = span.count
        walk.x_steps[i + 1] = span.source_step * plan.x_steps[i]
        walk.grad_steps[i + 1] = span.place_step * plan.grad_steps[i]
    if walk.counts[AXES] < FEW:
        exchange(&walk, longest(&walk, AXES + 1), AXES)
    exchange(&walk, longest(&walk, AXES), AXES - 1)
    strip.x_row = 1
    strip.depth, strip.segments = walk.counts[AXES], walk.counts[AXES - 1]
    strip.x_column, strip.x_segment = walk.x_steps[AXES], walk.x_steps[AXES - 1]
    strip.panel_row = walk.grad_steps[AXES]
    strip.panel_segment = walk.grad_steps[AXES - 1]
    strip.out_row = plan.task.window.groups * plan.task.window.filters
    strip.adds, strip.bias, strip.rectifies = True, NULL, False
    for i in range(walk.counts[0]):
        for j in range(walk.counts[1]):
            walk.x = part.x + (x + i * walk.x_steps[0] + j * walk.x_steps[1]) * itemsize
            walk.grad = part.grad + (
                grad + i * walk.grad_steps[0] + j * walk.grad_steps[1]
            ) * itemsize
            add_taps(plan, part, region, &walk, strip)


cdef inline int longest(const Walk* walk, int axes) noexcept nogil:
    """Returns the last of the axes with the most places."""
    cdef int i, found = 0
    for i in range(axes):
        if walk.counts[i] >= walk.counts[found]:
            found = i
    return found


cdef inline void exchange(Walk* walk, int i, int j) noexcept nogil:
    walk.counts[i], walk.counts[j] = walk.counts[j], walk.counts[i]
    walk.x_steps[i], walk.x_steps[j] = walk.x_steps[j], walk.x_steps[i]
    walk.grad_steps[i], walk.grad_steps[j] = walk.grad_steps[j], walk.grad_steps[i]


cdef void add_taps(
    const Plan* plan, const Part* part, const Region* region, const Walk* walk,
    Strip strip
) noexcept nogil:
    """Adds a strip for each tap, or for each row of taps.

    Taps along the last axis that lie side by side in x have their rows side by side in
    the result, too.
    """
    cdef const Window* window = &plan.task.window
    cdef const Span* outer = &region.spans[0]
    cdef const Span* middle = &region.spans[1]
    cdef const Span* last = &region.spans[2]
    cdef Py_ssize_t itemsize = plan.task.itemsize, strips = last.taps, i, j, k, x, out
    strip.panel, strip.columns = walk.grad + part.first * itemsize, part.columns
    strip.rows = window.channels
    if window.groups == 1 and last.source_tap == 1:
        strip.rows, strips = last.taps * window.channels, min(strips, 1)
    for i in range(outer.taps):
        for j in range(middle.taps):
            for k in range(strips):
                x = (
                    i * outer.source_tap * plan.x_steps[0]
                    + j * middle.source_tap * plan.x_steps[1]
                    + k * last.source_tap * plan.x_steps[2]
                )
                out = (
                    (outer.tap + i) * plan.tap_steps[0]
                    + (middle.tap + j) * plan.tap_steps[1]
                    + (last.tap + k) * plan.tap_steps[2]
                )
                strip.x = walk.x + (x + part.group * window.channels) * itemsize
                strip.out = part.sum + (out + part.first) * itemsize
                check(reads_within(
                    &strip, plan.task.x, window.images * plan.x_image, itemsize
                ))
                plan.tiles.fill(&strip)
