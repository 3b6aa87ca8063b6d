"""The product of two matrices of any strides, blocked for the caches, on all threads.

Separate from matmul.pyx, which knows of arrays: this is plain C, and other kernels call
it. product.pxd tells how, and README.md how it works.
"""

from minikeras._fast.checks cimport check
from minikeras._fast.tasks cimport (
    SCRATCH_PRODUCT_OWN,
    SCRATCH_PRODUCT_SHARED,
    in_parallel,
    scratch,
)

cdef extern from "tiles.h":
    const char* choose_tiles(const char* name, Tiles* floats, Tiles* doubles)

cdef Tiles of_floats
cdef Tiles of_doubles
choose_tiles(NULL, &of_floats, &of_doubles)

cdef enum:
    DEPTH = 256             # rows of a panel that stay in the first cache
    MOST_ROWS = 256         # rows of x that stay, DEPTH deep, in the second
    PACKED = 1 << 22        # bytes of y that are packed at a time
    IN_PLACE = 1 << 15      # bytes of y that are read where they are
    UNIT = 1 << 21          # multiplications that are worth a piece of their own: 40 µs
    GRAIN = 1 << 14         # numbers to pack that are worth a thread

cdef struct Plan:
    # A product of some columns of y, which are packed, and some terms of each sum.
    Product product
    const Tiles* tiles
    Py_ssize_t wide         # columns of a panel
    Py_ssize_t panels
    char* packed            # y in panels of the whole depth, one after the other
    bint y_in_place         # whether only a panel that is not full is packed
    bint x_packed
    Py_ssize_t block_rows   # the result in blocks of so many rows
    Py_ssize_t block_panels     # and so many panels
    Py_ssize_t blocks_across


# --- Plans ----------------------------------------------------------------------------

cdef void product(const Product* p) noexcept nogil:
    """out_ij = Σ_l x_il y_lj on all threads."""
    multiply(p, p.rows * p.depth * p.columns >= UNIT)


cdef void product_alone(const Product* p) noexcept nogil:
    """out_ij = Σ_l x_il y_lj on this thread."""
    multiply(p, False)


cdef void multiply(const Product* p, bint parallel) noexcept nogil:
    """Takes as many columns, and as many terms of the sums, as are packed at a time."""
    cdef Py_ssize_t line_bytes = 2 * tiles(p.itemsize).line * <Py_ssize_t> p.itemsize
    cdef Py_ssize_t most_depth = PACKED // line_bytes
    cdef Py_ssize_t depth = min(max(p.depth, <Py_ssize_t> 1), most_depth)
    cdef Py_ssize_t columns = most_depth // depth * 2 * tiles(p.itemsize).line
    cdef Py_ssize_t first, start, i
    cdef Plan plan
    if p.rows == 0:
        return
    for i in range(ceiling(p.columns, columns)):
        first, start = i * columns, 0
        while True:
            plan.product = p[0]
            take_part(
                &plan.product, first, min(columns, p.columns - first), start,
                min(depth, p.depth - start),
            )
            make_plan(&plan)
            run_plan(&plan, parallel)
            start += depth
            if start >= p.depth:
                break


cdef void take_part(
    Product* p, Py_ssize_t first, Py_ssize_t columns, Py_ssize_t start, Py_ssize_t depth
) noexcept nogil:
    """Leaves of a product some columns, and some terms of the sums."""
    cdef Py_ssize_t itemsize = p.itemsize
    p.x = <char*> p.x + start * p.x_column * itemsize
    p.y = <char*> p.y + (start * p.y_row + first * p.y_column) * itemsize
    p.out = <char*> p.out + first * itemsize
    p.adds = p.adds or start > 0
    if start + depth < p.depth:     # there is more to add
        p.bias, p.rectifies = NULL, False
    if p.bias is not NULL:
        p.bias = <char*> p.bias + first * itemsize
    p.columns, p.depth = columns, depth


cdef void make_plan(Plan* plan) noexcept nogil:
    """Decides what to pack, and in which blocks the result is made."""
    cdef Product* p = &plan.product
    cdef Py_ssize_t fitting, blocks_down
    plan.tiles = tiles(p.itemsize)
    plan.wide = 2 * plan.tiles.line
    plan.panels = (p.columns + plan.wide - 1) // plan.wide
    # To pack y pays if it is used often, or is too large to be read again and again.
    plan.y_in_place = p.y_column == 1 and (
        p.rows <= 2 * plan.tiles.rows
        or p.depth * p.columns * <Py_ssize_t> p.itemsize <= IN_PLACE
    )
    # To pack x pays if its rows are no runs of numbers, and each is used for several
    # panels.
    plan.x_packed = p.x_column != 1 and plan.panels > 1

    fitting = UNIT // max(<Py_ssize_t> 1, p.depth * p.columns) // plan.wide * plan.wide
    plan.block_rows = min(max(plan.wide, fitting), <Py_ssize_t> MOST_ROWS)
    blocks_down = (p.rows + plan.block_rows - 1) // plan.block_rows
    plan.block_panels = plan.panels
    while blocks_down * ceiling(plan.panels, plan.block_panels) < 16 and (
        plan.block_rows * p.depth * plan.wide * plan.block_panels > UNIT
        and plan.block_panels >= 8
    ):
        plan.block_panels = ceiling(plan.block_panels, 2)
    plan.blocks_across = ceiling(plan.panels, plan.block_panels)


cdef void run_plan(Plan* plan, bint parallel) noexcept nogil:
    cdef Product* p = &plan.product
    cdef Py_ssize_t blocks = (
        ceiling(p.rows, plan.block_rows) * plan.blocks_across
    )
    plan.packed = <char*> scratch(
        SCRATCH_PRODUCT_SHARED, plan.panels * plan.wide * p.depth * p.itemsize
    )
    if parallel:
        in_parallel(
            pack_panels, plan, plan.panels, ceiling(GRAIN, plan.wide * p.depth)
        )
        in_parallel(fill_blocks, plan, blocks, 1)
    else:
        pack_panels(plan, 0, plan.panels)
        fill_blocks(plan, 0, blocks)


cdef inline Py_ssize_t ceiling(Py_ssize_t n, Py_ssize_t size) noexcept nogil:
    """Returns how many parts of a size n has, the last of which may be smaller."""
    return (n + size - 1) // size


# --- Parts of a plan ------------------------------------------------------------------

cdef void pack_panels(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Packs some panels of y."""
    cdef const Plan* plan = <Plan*> arguments
    cdef const Product* p = &plan.product
    cdef Py_ssize_t i, columns
    for i in range(begin, end):
        columns = min(plan.wide, p.columns - i * plan.wide)
        if not (plan.y_in_place and columns % plan.tiles.line == 0):
            plan.tiles.pack(
                <char*> p.y + i * plan.wide * p.y_column * <Py_ssize_t> p.itemsize,
                p.y_row, p.y_column,
                plan.packed + i * plan.wide * p.depth * <Py_ssize_t> p.itemsize,
                p.depth, columns,
            )


cdef void fill_blocks(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Computes some blocks of the result; those side by side follow each other."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t i, first_row, first_panel, rows, panels
    for i in range(begin, end):
        first_row = i // plan.blocks_across * plan.block_rows
        first_panel = i % plan.blocks_across * plan.block_panels
        rows = min(plan.block_rows, plan.product.rows - first_row)
        panels = min(plan.block_panels, plan.panels - first_panel)
        fill_block(plan, first_row, rows, first_panel, panels)


cdef void fill_block(
    const Plan* plan, Py_ssize_t first_row, Py_ssize_t rows, Py_ssize_t first_panel,
    Py_ssize_t panels
) noexcept nogil:
    """Computes one block, DEPTH terms of its sums at a time."""
    cdef const Product* p = &plan.product
    cdef Py_ssize_t itemsize = p.itemsize, start = 0, i
    cdef const char* x = <char*> p.x + first_row * p.x_row * itemsize
    cdef char* packed = NULL
    cdef Strip strip
    strip.x_row, strip.x_column, strip.x_segment = p.x_row, p.x_column, 0
    strip.panel_segment, strip.segments = 0, 1
    strip.out_row = p.out_row
    strip.rows = rows
    if plan.x_packed:
        packed = <char*> scratch(
            SCRATCH_PRODUCT_OWN, ceiling(rows, plan.wide) * plan.wide * DEPTH * itemsize
        )
    while True:
        strip.depth = min(<Py_ssize_t> DEPTH, p.depth - start)
        strip.adds = p.adds or start > 0
        strip.bias, strip.rectifies = NULL, False
        strip.x = x + start * p.x_column * itemsize
        if plan.x_packed:
            pack_rows(plan, strip.x, rows, strip.depth, packed)
        for i in range(first_panel, first_panel + panels):
            strip.columns = min(plan.wide, p.columns - i * plan.wide)
            strip.out = <char*> p.out + (
                first_row * p.out_row + i * plan.wide
            ) * itemsize
            if start + strip.depth == p.depth:
                strip.rectifies = p.rectifies
                if p.bias is not NULL:
                    strip.bias = <char*> p.bias + i * plan.wide * itemsize
            place_panel(plan, &strip, i, start)
            if plan.x_packed:
                fill_from_packed(plan, strip, packed)
            else:
                plan.tiles.fill(&strip)
        start += strip.depth
        if start >= p.depth:
            break


cdef inline void place_panel(
    const Plan* plan, Strip* strip, Py_ssize_t i, Py_ssize_t start
) noexcept nogil:
    """Tells a strip where panel i is, from row `start` on: in y or packed."""
    cdef const Product* p = &plan.product
    cdef Py_ssize_t itemsize = p.itemsize
    if plan.y_in_place and strip.columns % plan.tiles.line == 0:
        strip.panel = <char*> p.y + (start * p.y_row + i * plan.wide) * itemsize
        strip.panel_row = p.y_row
    else:
        strip.panel_row = panel_row(plan.tiles, strip.columns)
        strip.panel = plan.packed + (
            i * plan.wide * p.depth + start * strip.panel_row
        ) * itemsize


cdef void pack_rows(
    const Plan* plan, const void* x, Py_ssize_t rows, Py_ssize_t depth, char* packed
) noexcept nogil:
    """Packs rows of x as pack_panels does columns of y: as many as fit into a panel."""
    cdef const Product* p = &plan.product
    cdef Py_ssize_t i, first, itemsize = p.itemsize
    for i in range(ceiling(rows, plan.wide)):
        first = i * plan.wide
        plan.tiles.pack(
            <char*> x + first * p.x_row * itemsize, p.x_column, p.x_row,
            packed + first * DEPTH * itemsize, depth, min(plan.wide, rows - first),
        )


cdef void fill_from_packed(
    const Plan* plan, Strip strip, const char* packed
) noexcept nogil:
    """Fills a strip, x being packed in panels of its rows."""
    cdef Py_ssize_t i, first, rows = strip.rows, itemsize = plan.product.itemsize
    cdef char* out = <char*> strip.out
    strip.x_row = 1
    for i in range(ceiling(rows, plan.wide)):
        first = i * plan.wide
        strip.rows = min(plan.wide, rows - first)
        strip.x = packed + first * DEPTH * itemsize
        strip.x_column = panel_row(plan.tiles, strip.rows)
        strip.out = out + first * strip.out_row * itemsize
        plan.tiles.fill(&strip)


# --- Instruction sets -----------------------------------------------------------------

cdef const Tiles* tiles(size_t itemsize) noexcept nogil:
    """Returns how floats (of 4 bytes) or doubles (of 8) are multiplied."""
    check(itemsize == 4 or itemsize == 8)
    return &of_floats if itemsize == 4 else &of_doubles


def instruction_sets():
    """Returns the names of those that this processor has, the best first."""
    cdef Tiles unused
    return [
        name for name in ("avx512", "avx2", "any")
        if choose_tiles(name.encode(), &unused, &unused) is not NULL
    ]


def choose_instructions(name):
    """Multiplies with one of the instruction_sets(): all of them should be right."""
    if name not in instruction_sets():
        raise ValueError(
            f"Expected one of {instruction_sets()} as instructions; got {name!r}."
        )
    choose_tiles(name.encode(), &of_floats, &of_doubles)
