"""Fills the result of a convolution, or the gradient of what it goes over, with strips.

A strip (strip.h) is a product of matrices: its rows are places of the result at equal
distances, its sums go over runs of numbers of the source, one for each row of the
kernel, and its columns are filters, packed side by side. README.md tells more.
"""

from libc.string cimport memcpy, memset

from minikeras._fast.channelwise cimport add_products, finish, is_channelwise
from minikeras._fast.checks cimport check
from minikeras._fast.product cimport Strip, Tiles, panel_row, tiles
from minikeras._fast.tasks cimport (
    SCRATCH_SHARED,
    in_parallel,
    perform_prepared,
    scratch,
)
from minikeras._fast.windows cimport (
    AXES,
    FEW,
    Axis,
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
    PIECES = 16         # into so many pieces a call is cut, where images are few
    WORK = 1 << 20      # multiplications that are worth a thread: some 20 µs
    PACKING = 1 << 14   # numbers to pack that are worth a thread

cdef struct Plan:
    # How to do it. A group has `inner` numbers at each place of the source and `columns`
    # at each of the result, in panels of `wide` columns. If it goes channel by channel,
    # all channels are one group and one panel, with a row for each tap.
    Sweep sweep
    const Tiles* tiles
    bint channelwise
    Py_ssize_t inner
    Py_ssize_t columns
    Py_ssize_t wide
    Py_ssize_t panels               # of one group
    Py_ssize_t depth                # terms of a sum with all taps
    Py_ssize_t bands                # parts of an image, along the middle axis
    Py_ssize_t band
    Py_ssize_t source_image         # distances of images, and of places along each
    Py_ssize_t source_steps[AXES]   # axis, in numbers
    Py_ssize_t out_image
    Py_ssize_t out_steps[AXES]
    Py_ssize_t tap_steps[AXES]      # distances of taps, in rows of a panel
    Region* regions
    Py_ssize_t region_count
    char* packed

cdef struct Walk:
    # The places of a region in some images. Rows of strips go along the last axis.
    const char* source
    char* out
    Py_ssize_t counts[AXES + 1]
    Py_ssize_t source_steps[AXES + 1]
    Py_ssize_t out_steps[AXES + 1]


# --- Plans ----------------------------------------------------------------------------

cdef int perform_sweep(const Sweep* sweep) except -1:
    """Computes a convolution, or the way back, now or in a replay."""
    cdef Plan plan
    cdef Py_ssize_t bands, of_band, images = sweep.window.images
    plan.sweep = sweep[0]
    make_plan(&plan)
    bands = images * plan.bands
    of_band = work_of_panels(&plan) * (places_of(&plan.sweep.window) // plan.bands + 1)
    return perform_prepared(
        prepare, fill_bands, &plan, sizeof(plan), bands, (WORK - 1) // of_band + 1,
        images if plan.bands == 1 else 0,
    )


cdef inline Py_ssize_t work_of_panels(const Plan* plan) noexcept nogil:
    """Returns how many multiplications one place of the result takes."""
    return max(
        <Py_ssize_t> 1,
        plan.sweep.window.groups * plan.panels * plan.depth * plan.wide,
    )


cdef void make_plan(Plan* plan) noexcept nogil:
    """Works out sizes and distances, and how to cut the work."""
    cdef Sweep* sweep = &plan.sweep
    cdef Window* window = &sweep.window
    cdef Axis* axis
    cdef Py_ssize_t source, out, taps, rows
    cdef int i
    plan.tiles = tiles(sweep.itemsize)
    plan.channelwise = is_channelwise(window)
    if plan.channelwise:
        window.channels = window.filters = window.groups
        window.groups = 1
    plan.inner = window.filters if sweep.back else window.channels
    plan.columns = window.channels if sweep.back else window.filters
    plan.wide = 2 * plan.tiles.line
    plan.panels = (plan.columns + plan.wide - 1) // plan.wide
    taps = plan.inner
    if plan.channelwise:
        plan.wide, plan.panels, taps = plan.columns, 1, 1
    plan.depth = taps_of(window) * taps
    source, out = window.groups * plan.inner, window.groups * plan.columns
    for i in range(AXES - 1, -1, -1):
        axis = &window.axes[i]
        plan.source_steps[i], plan.out_steps[i], plan.tap_steps[i] = source, out, taps
        source *= axis.count if sweep.back else axis.size
        out *= axis.size if sweep.back else axis.count
        taps *= axis.taps
    plan.source_image, plan.out_image = source, out
    # An image is one piece of work, unless there are few of them.
    axis = &window.axes[1]
    rows = axis.size if sweep.back else axis.count
    plan.bands = max(1, min(rows, PIECES // max(<Py_ssize_t> 1, window.images)))
    plan.band = (rows + plan.bands - 1) // plan.bands


cdef bint prepare(void* arguments) noexcept nogil:
    """Lists which places go together, and packs the kernel."""
    cdef Plan* plan = <Plan*> arguments
    cdef Window* window = &plan.sweep.window
    cdef Py_ssize_t panels = window.groups * plan.panels, bytes, packed, of_panel
    packed = panels * plan.wide * plan.depth * plan.sweep.itemsize
    plan.region_count = count_regions(window, plan.sweep.back, &bytes)
    bytes += -bytes % 64
    plan.regions = <Region*> scratch(SCRATCH_SHARED, bytes + packed)
    plan.packed = <char*> plan.regions + bytes
    list_regions(window, plan.sweep.back, plan.regions)
    of_panel = max(<Py_ssize_t> 1, plan.depth * plan.wide)
    in_parallel(pack_panels, plan, panels, (PACKING - 1) // of_panel + 1)
    return True


cdef void pack_panels(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Packs the kernel: for each group panels of columns; for the way back reversed."""
    cdef const Plan* plan = <Plan*> arguments
    cdef const Window* window = &plan.sweep.window
    cdef Py_ssize_t itemsize = plan.sweep.itemsize, i, first, columns, t
    cdef Py_ssize_t filters = window.groups * window.filters, taps = taps_of(window)
    cdef Py_ssize_t row = plan.wide * itemsize
    cdef const char* weights
    cdef char* panel
    if plan.channelwise:
        for t in range(taps):
            memcpy(
                plan.packed + (taps - 1 - t if plan.sweep.back else t) * row,
                plan.sweep.kernel + t * row, row,
            )
        return
    for i in range(begin, end):
        first = i % plan.panels * plan.wide
        columns = min(plan.wide, plan.columns - first)
        row = panel_row(plan.tiles, columns)
        panel = plan.packed + i * plan.wide * plan.depth * itemsize
        weights = plan.sweep.kernel + i // plan.panels * window.filters * itemsize
        if not plan.sweep.back:
            plan.tiles.pack(
                weights + first * itemsize, filters, 1, panel, plan.depth, columns
            )
            continue
        for t in range(taps):
            plan.tiles.pack(
                weights + (t * window.channels + first) * filters * itemsize,
                1, filters, panel + (taps - 1 - t) * plan.inner * row * itemsize,
                plan.inner, columns,
            )


# --- Strips ---------------------------------------------------------------------------

cdef void fill_bands(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Fills some bands of the result. Several whole images are done together."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t i, first
    if plan.bands == 1:
        for i in range(begin, end):
            fill_places(plan, i, 1, 0, plan.band, False)
        fill_places(plan, begin, end - begin, 0, plan.band, True)
        return
    for i in range(begin, end):
        first = i % plan.bands * plan.band
        fill_places(plan, i // plan.bands, 1, first, plan.band, False)
        fill_places(plan, i // plan.bands, 1, first, plan.band, True)


cdef void fill_places(
    const Plan* plan, Py_ssize_t image, Py_ssize_t images, Py_ssize_t first,
    Py_ssize_t band, bint small
) noexcept nogil:
    """Fills a band of some images: the small regions, or the others."""
    cdef Region region
    cdef Py_ssize_t i
    for i in range(plan.region_count):
        if plan.regions[i].small == small:
            region = plan.regions[i]
            if cut_to_band(&region, first, band):
                fill_region(plan, &region, image, images)


cdef void fill_region(
    const Plan* plan, const Region* region, Py_ssize_t image, Py_ssize_t images
) noexcept nogil:
    """Fills all columns of the places of a region."""
    cdef const Sweep* sweep = &plan.sweep
    cdef Py_ssize_t source = image * plan.source_image, out = image * plan.out_image
    cdef Py_ssize_t panel, first, group
    cdef const Span* span
    cdef Walk walk
    cdef Strip strip
    cdef int i, longest = 0
    walk.counts[0] = images
    walk.source_steps[0], walk.out_steps[0] = plan.source_image, plan.out_image
    for i in range(AXES):
        span = &region.spans[i]
        source += span.source * plan.source_steps[i]
        out += span.place * plan.out_steps[i]
        walk.counts[i + 1] = span.count
        walk.source_steps[i + 1] = span.source_step * plan.source_steps[i]
        walk.out_steps[i + 1] = span.place_step * plan.out_steps[i]
    for i in range(AXES + 1):
        if walk.counts[i] >= walk.counts[longest]:
            longest = i
    if walk.counts[AXES] < FEW:
        exchange(&walk, longest)
    strip.rows = walk.counts[AXES]
    strip.x_row, strip.out_row = walk.source_steps[AXES], walk.out_steps[AXES]
    strip.x_column = 1
    for panel in range(sweep.window.groups * plan.panels):
        group = panel // plan.panels
        first = panel % plan.panels * plan.wide
        strip.columns = min(plan.wide, plan.columns - first)
        strip.panel_row = panel_row(plan.tiles, strip.columns)
        strip.panel = plan.packed + panel * plan.wide * plan.depth * sweep.itemsize
        strip.bias = NULL
        if sweep.bias is not NULL:
            strip.bias = sweep.bias + (group * plan.columns + first) * sweep.itemsize
        walk.source = sweep.source + (source + group * plan.inner) * sweep.itemsize
        walk.out = sweep.out + (
            out + group * plan.columns + first
        ) * sweep.itemsize
        fill_columns(plan, region, &walk, &strip)


cdef inline void exchange(Walk* walk, int i) noexcept nogil:
    """Lets the rows of strips go along another axis."""
    cdef int last = AXES
    walk.counts[i], walk.counts[last] = walk.counts[last], walk.counts[i]
    walk.source_steps[i], walk.source_steps[last] = (
        walk.source_steps[last], walk.source_steps[i]
    )
    walk.out_steps[i], walk.out_steps[last] = (
        walk.out_steps[last], walk.out_steps[i]
    )


cdef void fill_columns(
    const Plan* plan, const Region* region, const Walk* walk, Strip* strip
) noexcept nogil:
    """Fills the columns of one panel, strip by strip."""
    cdef Py_ssize_t itemsize = plan.sweep.itemsize, i, j, k
    cdef const char* source
    cdef char* out
    for i in range(walk.counts[0]):
        for j in range(walk.counts[1]):
            source = walk.source + (
                i * walk.source_steps[0] + j * walk.source_steps[1]
            ) * itemsize
            out = walk.out + (
                i * walk.out_steps[0] + j * walk.out_steps[1]
            ) * itemsize
            for k in range(walk.counts[2]):
                strip.x, strip.out = source, out
                if plan.channelwise:
                    fill_channels(plan, region, strip)
                else:
                    fill_strip(plan, region, strip[0])
                source += walk.source_steps[2] * itemsize
                out += walk.out_steps[2] * itemsize


cdef void fill_strip(
    const Plan* plan, const Region* region, Strip strip
) noexcept nogil:
    """Fills one strip: adds up what the taps give, as many at a time as are in line.

    Taps along the last axis whose numbers lie side by side, in the source and in the
    panel, are one run; those along the middle axis are the segments of the sum then.
    """
    cdef const Span* outer = &region.spans[0]
    cdef const Span* middle = &region.spans[1]
    cdef const Span* last = &region.spans[2]
    cdef Py_ssize_t rows[AXES]      # distances of taps in the panel, and in the source
    cdef Py_ssize_t numbers[AXES]
    cdef Py_ssize_t itemsize = plan.sweep.itemsize, size = strip.panel_row * itemsize
    cdef Py_ssize_t first = 0, turns, i, j
    cdef const char* x = <char*> strip.x
    cdef const char* panel = <char*> strip.panel
    cdef const void* bias = strip.bias
    for i in range(AXES):
        rows[i] = region.spans[i].tap_step * plan.tap_steps[i]
        numbers[i] = region.spans[i].source_tap * plan.source_steps[i]
        first += region.spans[i].tap * plan.tap_steps[i]
    panel += first * size
    strip.depth = plan.inner
    if rows[2] == plan.inner and numbers[2] == plan.inner:
        strip.depth *= last.taps
        strip.segments, turns = middle.taps, 1
        strip.panel_segment, strip.x_segment = rows[1] * strip.panel_row, numbers[1]
    else:
        strip.segments, turns = last.taps, middle.taps
        strip.panel_segment, strip.x_segment = rows[2] * strip.panel_row, numbers[2]
    if outer.taps * middle.taps * last.taps == 0:   # nothing but a bias comes here
        strip.segments, turns = 0, 1
    for i in range(max(<Py_ssize_t> 1, outer.taps)):
        for j in range(turns):
            strip.x = x + (i * numbers[0] + j * numbers[1]) * itemsize
            strip.panel = panel + (i * rows[0] + j * rows[1]) * size
            strip.adds = i + j > 0
            strip.bias, strip.rectifies = NULL, False
            if i + 1 >= outer.taps and j + 1 >= turns:
                strip.bias, strip.rectifies = bias, plan.sweep.rectifies
            check(reads_within(
                &strip, plan.sweep.source,
                plan.sweep.window.images * plan.source_image, itemsize,
            ))
            plan.tiles.fill(&strip)


cdef void fill_channels(
    const Plan* plan, const Region* region, const Strip* strip
) noexcept nogil:
    """Fills one strip, of all channels: adds up what the taps give, one by one."""
    cdef const Span* outer = &region.spans[0]
    cdef const Span* middle = &region.spans[1]
    cdef const Span* last = &region.spans[2]
    cdef Py_ssize_t itemsize = plan.sweep.itemsize, i, j, k, x, tap
    for i in range(strip.rows):
        memset(
            <char*> strip.out + i * strip.out_row * itemsize, 0,
            strip.columns * itemsize,
        )
    for i in range(outer.taps):
        for j in range(middle.taps):
            for k in range(last.taps):
                x = (
                    i * outer.source_tap * plan.source_steps[0]
                    + j * middle.source_tap * plan.source_steps[1]
                    + k * last.source_tap * plan.source_steps[2]
                )
                tap = (
                    (outer.tap + i * outer.tap_step) * plan.tap_steps[0]
                    + (middle.tap + j * middle.tap_step) * plan.tap_steps[1]
                    + (last.tap + k * last.tap_step) * plan.tap_steps[2]
                )
                add_products(
                    itemsize, strip.out, strip.out_row,
                    <const char*> strip.x + x * itemsize, strip.x_row,
                    <const char*> strip.panel + tap * plan.wide * itemsize, 0,
                    strip.rows, strip.columns,
                )
    if strip.bias is not NULL or plan.sweep.rectifies:
        finish(
            itemsize, strip.out, strip.out_row, strip.bias, plan.sweep.rectifies,
            strip.rows, strip.columns,
        )
