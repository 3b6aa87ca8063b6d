"""Sums up the gradient of a convolution's kernel.

For each tap it is a product of matrices, xᵀ · grad over all places where the tap meets
x: the rows of a strip (strip.h) are channels, those of several taps where they lie side
by side in x; its sums go over places, and its panel is some columns of the gradient.

Images fall into a fixed number of blocks. Each has its own sum, and they are added in
order: so the bits do not depend on the number of threads.
"""

from cython cimport floating
from libc.string cimport memset

from minikeras._fast.channelwise cimport add_products, is_channelwise
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.product cimport Strip, Tiles, panel_row, tiles
from minikeras._fast.tasks cimport (
    SCRATCH_OWN,
    SCRATCH_SHARED,
    in_parallel,
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
    list_regions,
    places_of,
    reads_within,
    taps_of,
)

cdef enum:
    BLOCKS = 8          # so many sums there are, or up to UNITS
    UNITS = 16          # pieces of work there should be
    SUMS = 1 << 23      # bytes of all of them together
    PLACES = 256        # so many there are at least in a band of an image
    SMALL = 128         # a region of fewer places is added for many images at a time
    CACHED = 128 << 10  # bytes of x and of the gradient that are gone over repeatedly
    WORK = 1 << 20      # multiplications that are worth a thread: some 20 µs
    ADDING = 1 << 14    # additions that are

cdef struct Plan:
    # How to do it. Images, or bands of them along the middle axis, fall into blocks; a
    # unit of work is one panel of columns of the sum of one block. A sum is a panel
    # after the other, so that what is added to lies together. If it goes channel by
    # channel, all channels are one panel, with a row for each tap.
    KernelGrad task
    const Tiles* tiles
    bint channelwise
    Py_ssize_t wide                 # columns of a panel
    Py_ssize_t panels               # of all groups
    Py_ssize_t rows                 # of a panel: channels of all taps
    Py_ssize_t bands
    Py_ssize_t band
    Py_ssize_t blocks
    Py_ssize_t x_image              # distances in x of images, and of places along each
    Py_ssize_t x_steps[AXES]        # axis, in numbers
    Py_ssize_t place_steps[AXES]    # the same in the result, in places
    Py_ssize_t tap_steps[AXES]      # distances of taps, in rows
    Region* regions
    Py_ssize_t region_count
    char* sums

cdef struct Part:
    # What is added to a panel of a sum at a time: what comes from some images.
    char* sum
    Py_ssize_t first        # of the filters of the panel, counted in all groups
    Py_ssize_t columns
    Py_ssize_t group
    const char* x
    const char* grad        # of the panel, at the first place
    Py_ssize_t place        # distance of places in it
    Py_ssize_t images

cdef struct Walk:
    # The places of a region in some images. Sums go along the last axis, which are the
    # terms of a segment, and along the one before, the segments.
    const char* x
    const char* grad
    Py_ssize_t counts[AXES + 1]
    Py_ssize_t x_steps[AXES + 1]
    Py_ssize_t grad_steps[AXES + 1]


# --- Plans ----------------------------------------------------------------------------

cdef bint correlate(void* arguments) noexcept nogil:
    """Runs a KernelGrad: sums up each block, and adds the sums."""
    cdef Plan plan
    cdef Window* window = &plan.task.window
    cdef Py_ssize_t units, work
    plan.task = (<KernelGrad*> arguments)[0]
    make_plan(&plan)
    if plan.panels * plan.rows == 0:
        return True
    units = plan.blocks * plan.panels
    work = window.images * places_of(window) * plan.rows * plan.panels * plan.wide
    in_parallel(sum_blocks, &plan, units, (WORK - 1) // (work // units + 1) + 1)
    in_parallel(
        add_sums, &plan, plan.panels * plan.rows,
        (ADDING - 1) // (plan.blocks * plan.wide) + 1,
    )
    return True


cdef void make_plan(Plan* plan) noexcept nogil:
    """Works out sizes, distances and blocks: from shapes alone, not from threads."""
    cdef KernelGrad* task = &plan.task
    cdef Window* window = &task.window
    cdef Py_ssize_t x = window.groups * window.channels, place = 1, bytes, size, enough
    cdef int i
    plan.tiles = tiles(task.itemsize)
    plan.wide = 2 * plan.tiles.line
    plan.channelwise = is_channelwise(window)
    if plan.channelwise:
        plan.wide = window.filters = window.groups
        window.groups = 1
    plan.panels = window.groups * ((window.filters + plan.wide - 1) // plan.wide)
    plan.rows = window.channels
    for i in range(AXES - 1, -1, -1):
        plan.x_steps[i], plan.place_steps[i], plan.tap_steps[i] = x, place, plan.rows
        x *= window.axes[i].size
        place *= window.axes[i].count
        plan.rows *= window.axes[i].taps
    plan.x_image = x

    size = max(<Py_ssize_t> 1, plan.panels * plan.rows * plan.wide * task.itemsize)
    plan.blocks = max(<Py_ssize_t> BLOCKS, UNITS // max(<Py_ssize_t> 1, plan.panels))
    plan.blocks = min(plan.blocks, SUMS // size)
    plan.bands = 1
    if plan.blocks > window.images > 0:     # images are few: cut them
        enough = max(<Py_ssize_t> 1, places_of(window) // PLACES)
        plan.bands = max(<Py_ssize_t> 1, min(plan.blocks // window.images, enough))
        plan.bands = min(plan.bands, window.axes[1].count)
    plan.band = (window.axes[1].count + plan.bands - 1) // plan.bands
    plan.blocks = max(<Py_ssize_t> 1, min(plan.blocks, window.images * plan.bands))

    plan.region_count = count_regions(window, False, &bytes)
    bytes += -bytes % 64
    plan.regions = <Region*> scratch(SCRATCH_SHARED, bytes + plan.blocks * size)
    plan.sums = <char*> plan.regions + bytes
    list_regions(window, False, plan.regions)


cdef inline char* sum_of(
    const Plan* plan, Py_ssize_t block, Py_ssize_t panel
) noexcept nogil:
    """Returns where a block has a panel of its sum."""
    return plan.sums + (
        (block * plan.panels + panel) * plan.rows * plan.wide * plan.task.itemsize
    )


cdef void place_panel(const Plan* plan, Py_ssize_t panel, Part* part) noexcept nogil:
    """Tells a part which filters a panel has."""
    cdef const Window* window = &plan.task.window
    cdef Py_ssize_t of_group = plan.panels // window.groups
    part.group = panel // of_group
    part.first = panel % of_group * plan.wide
    part.columns = min(plan.wide, window.filters - part.first)
    part.first += part.group * window.filters


cdef void add_sums(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Writes some rows of the result, counted panel by panel: the sum of all blocks."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t filters = plan.task.window.groups * plan.task.window.filters
    cdef Py_ssize_t panel, row, rows, distance = plan.panels * plan.rows * plan.wide
    cdef Part part
    while begin < end:
        panel, row = begin // plan.rows, begin % plan.rows
        rows = min(end - begin, plan.rows - row)
        place_panel(plan, panel, &part)
        if plan.task.itemsize == sizeof(float):
            add_rows(
                <float*> plan.task.out + row * filters + part.first, filters,
                <float*> sum_of(plan, 0, panel) + row * plan.wide, plan.wide, distance,
                plan.blocks, rows, part.columns,
            )
        else:
            add_rows(
                <double*> plan.task.out + row * filters + part.first, filters,
                <double*> sum_of(plan, 0, panel) + row * plan.wide, plan.wide, distance,
                plan.blocks, rows, part.columns,
            )
        begin += rows


cdef cloned add_rows(
    floating* out, Py_ssize_t out_row, const floating* sums, Py_ssize_t wide,
    Py_ssize_t distance, Py_ssize_t blocks, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """out[i, j] = sums[0, i, j] + sums[1, i, j] + …, in order."""
    cdef Py_ssize_t i, j, block
    cdef const floating* term
    for i in range(rows):
        for j in range(columns):
            out[j] = sums[j]
        for block in range(1, blocks):
            term = sums + block * distance
            for j in range(columns):
                out[j] += term[j]
        out += out_row
        sums += wide


# --- Blocks ---------------------------------------------------------------------------

cdef void sum_blocks(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Sums up some units, each in its own place."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t bands = plan.task.window.images * plan.bands, i, block
    cdef Part part
    for i in range(begin, end):
        block = i // plan.panels
        place_panel(plan, i % plan.panels, &part)
        part.sum = sum_of(plan, block, i % plan.panels)
        memset(part.sum, 0, plan.rows * plan.wide * plan.task.itemsize)
        add_bands(
            plan, part, block * bands // plan.blocks, (block + 1) * bands // plan.blocks
        )


cdef void add_bands(
    const Plan* plan, Part part, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    """Adds some bands of images; the small regions of whole images together.

    The gradient is read in whole lines, and the lines of a panel again and again. So
    where it has more columns than the panel, or no whole lines, its columns are packed.
    """
    cdef const KernelGrad* task = &plan.task
    cdef Py_ssize_t filters = task.window.groups * task.window.filters, band, image
    cdef Py_ssize_t packed = -1
    cdef bint full = part.columns % plan.tiles.line == 0
    cdef bint alone = plan.bands > 1 or not full
    part.images = 1
    for band in range(first, end):
        image = band // plan.bands
        part.x = task.x + image * plan.x_image * task.itemsize
        place_grad(plan, &part, image)
        if not plan.channelwise and (not full or filters > plan.wide):
            pack_grad(plan, &part, image != packed)
            packed = image
        add_places(plan, &part, band % plan.bands * plan.band, False)
        if alone:
            add_places(plan, &part, band % plan.bands * plan.band, True)
    if not alone:
        part.x = task.x + first * plan.x_image * task.itemsize
        place_grad(plan, &part, first)
        part.images = end - first
        add_places(plan, &part, 0, True)


cdef inline void place_grad(
    const Plan* plan, Part* part, Py_ssize_t image
) noexcept nogil:
    """Tells a part where the gradient of an image is."""
    cdef const Window* window = &plan.task.window
    part.place = window.groups * window.filters
    part.grad = plan.task.grad + (
        image * places_of(window) * part.place + part.first
    ) * plan.task.itemsize


cdef inline void pack_grad(const Plan* plan, Part* part, bint is_new) noexcept nogil:
    """Makes a part read its columns of the gradient of an image from a panel."""
    cdef Py_ssize_t row = panel_row(plan.tiles, part.columns)
    cdef Py_ssize_t places = places_of(&plan.task.window)
    cdef void* panel = scratch(SCRATCH_OWN, places * row * plan.task.itemsize)
    if is_new:
        plan.tiles.pack(part.grad, part.place, 1, panel, places, part.columns)
    part.grad, part.place = <char*> panel, row


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
                last.source_step * plan.x_steps[2] + part.place
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
    walk.counts[0], walk.x_steps[0] = part.images, plan.x_image
    walk.grad_steps[0] = places_of(&plan.task.window) * part.place
    for i in range(AXES):
        span = &region.spans[i]
        x += span.source * plan.x_steps[i]
        grad += span.place * plan.place_steps[i] * part.place
        walk.counts[i + 1] = span.count
        walk.x_steps[i + 1] = span.source_step * plan.x_steps[i]
        walk.grad_steps[i + 1] = (
            span.place_step * plan.place_steps[i] * part.place
        )
    if walk.counts[AXES] < FEW:
        exchange(&walk, longest(&walk, AXES + 1), AXES)
    exchange(&walk, longest(&walk, AXES), AXES - 1)
    strip.x_row = 1
    strip.depth, strip.segments = walk.counts[AXES], walk.counts[AXES - 1]
    strip.x_column, strip.x_segment = walk.x_steps[AXES], walk.x_steps[AXES - 1]
    strip.panel_row = walk.grad_steps[AXES]
    strip.panel_segment = walk.grad_steps[AXES - 1]
    strip.out_row, strip.columns = plan.wide, part.columns
    strip.adds, strip.bias, strip.rectifies = True, NULL, False
    for i in range(walk.counts[0]):
        for j in range(walk.counts[1]):
            walk.x = part.x + (x + i * walk.x_steps[0] + j * walk.x_steps[1]) * itemsize
            walk.grad = part.grad + (
                grad + i * walk.grad_steps[0] + j * walk.grad_steps[1]
            ) * itemsize
            if plan.channelwise:
                add_channels(plan, part, region, &walk, &strip)
            else:
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
    strip.panel = walk.grad
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
                strip.out = part.sum + out * plan.wide * itemsize
                check(reads_within(
                    &strip, plan.task.x, window.images * plan.x_image, itemsize
                ))
                plan.tiles.fill(&strip)


cdef void add_channels(
    const Plan* plan, const Part* part, const Region* region, const Walk* walk,
    const Strip* strip
) noexcept nogil:
    """Adds to a row for each tap what all channels met there."""
    cdef const Span* outer = &region.spans[0]
    cdef const Span* middle = &region.spans[1]
    cdef const Span* last = &region.spans[2]
    cdef Py_ssize_t itemsize = plan.task.itemsize, i, j, k, s, x, tap
    for i in range(outer.taps):
        for j in range(middle.taps):
            for k in range(last.taps):
                x = (
                    i * outer.source_tap * plan.x_steps[0]
                    + j * middle.source_tap * plan.x_steps[1]
                    + k * last.source_tap * plan.x_steps[2]
                )
                tap = (
                    (outer.tap + i) * plan.tap_steps[0]
                    + (middle.tap + j) * plan.tap_steps[1]
                    + (last.tap + k) * plan.tap_steps[2]
                )
                for s in range(strip.segments):
                    add_products(
                        itemsize, part.sum + tap * plan.wide * itemsize, 0,
                        walk.x + (x + s * strip.x_segment) * itemsize, strip.x_column,
                        walk.grad + s * strip.panel_segment * itemsize,
                        strip.panel_row, strip.depth, strip.columns,
                    )
