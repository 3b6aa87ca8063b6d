"""The product of two matrices of any strides, blocked for the caches, on all threads.

Separate from matmul.pyx, which knows of arrays: this is plain C, and other kernels call
it. product.pxd tells how, and README.md how it works.
"""

from libc.string cimport memcpy

from minikeras._fast.checks cimport check
from minikeras._fast.tasks cimport (
    SCRATCH_PRODUCT_OWN,
    SCRATCH_PRODUCT_SHARED,
    Part,
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
    MOST_COLUMNS = 1024     # of y that are packed at a time,
    PACKED = 1 << 21        # and about how many bytes
    IN_PLACE = 1 << 15      # bytes of y that are read where they are
    FAR = 1 << 11           # bytes between what meets in the same places of a cache
    TOGETHER = 8            # rows of y that are packed side by side
    BLOCK = 1 << 21         # multiplications of a block of the result: 40 µs
    LEAST = 1 << 19         # that are worth a thread: 10 µs
    LEAST_OF_VECTOR = 1 << 17   # if each needs a number of its own
    LEAST_TO_PACK = 1 << 14     # numbers

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
    multiply(p, True)


cdef void product_alone(const Product* p) noexcept nogil:
    """out_ij = Σ_l x_il y_lj on this thread."""
    multiply(p, False)


cdef void multiply(const Product* p, bint parallel) noexcept nogil:
    """Chooses how to compute a product; most choices change no bit of it."""
    cdef Product turned
    if p.rows == 0 or p.columns == 0:
        return
    if p.rows == 1 or p.columns == 1:
        if multiply_vector(p, parallel):
            return
    if is_better_turned(p):
        turned = transposed(p)
        multiply_matrices(&turned, parallel)
    else:
        multiply_matrices(p, parallel)


cdef bint is_better_turned(const Product* p) noexcept nogil:
    """Tells if outᵀ = yᵀ xᵀ is sooner done: same sums, other sides to pack and tile."""
    cdef Py_ssize_t line = tiles(p.itemsize).line
    if p.bias is not NULL:
        return False
    if p.out_column != 1:
        return True
    if p.y_column != 1 and p.y_row == 1:    # y has to be packed: is it the larger one?
        return p.rows * (p.depth + p.columns) < p.depth * p.columns
    # Few columns fill no line, and many rows could.
    return p.x_row == 1 and 4 * p.columns < 3 * line and p.rows >= 2 * line


cdef Product transposed(const Product* p) noexcept nogil:
    """Returns outᵀ = yᵀ xᵀ."""
    cdef Product turned = p[0]
    turned.rows, turned.columns = p.columns, p.rows
    turned.x, turned.x_row, turned.x_column = p.y, p.y_column, p.y_row
    turned.y, turned.y_row, turned.y_column = p.x, p.x_column, p.x_row
    turned.out_row, turned.out_column = p.out_column, p.out_row
    return turned


cdef void multiply_matrices(const Product* p, bint parallel) noexcept nogil:
    """Takes as many columns, and as many terms of the sums, as are packed at a time."""
    cdef Py_ssize_t columns, depth, first, i, start
    cdef Plan plan
    columns = min(p.columns, <Py_ssize_t> MOST_COLUMNS)
    depth = PACKED // (columns * <Py_ssize_t> p.itemsize)
    depth = even_part(p.depth, max(depth, <Py_ssize_t> DEPTH))
    for i in range(ceiling(p.columns, columns)):
        first, start = i * columns, 0
        while True:
            plan.product = p[0]
            take_part(
                &plan.product, first, min(columns, p.columns - first), start,
                min(depth, p.depth - start),
            )
            make_plan(&plan, parallel)
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
    p.out = <char*> p.out + first * p.out_column * itemsize
    p.adds = p.adds or start > 0
    if start + depth < p.depth:     # there is more to add
        p.bias, p.rectifies = NULL, False
    if p.bias is not NULL:
        p.bias = <char*> p.bias + first * itemsize
    p.columns, p.depth = columns, depth


cdef void make_plan(Plan* plan, bint parallel) noexcept nogil:
    """Decides what to pack, and in which blocks the result is made."""
    cdef Product* p = &plan.product
    cdef Py_ssize_t rows, least_panels
    plan.tiles = tiles(p.itemsize)
    plan.wide = 2 * plan.tiles.line
    plan.panels = ceiling(p.columns, plan.wide)
    # To pack y pays if it is used often, or is too large to be read again and again.
    plan.y_in_place = p.y_column == 1 and (
        p.rows <= 4 * plan.tiles.rows
        or p.depth * p.columns * <Py_ssize_t> p.itemsize <= IN_PLACE
    )
    # To pack x pays if what a tile reads of it is far apart, and read for several panels.
    plan.x_packed = p.x_column != 1 and plan.panels > 1 and (
        p.x_row != 1 or p.x_column * <Py_ssize_t> p.itemsize >= FAR
    ) or plan.panels >= 8 and p.x_row * <Py_ssize_t> p.itemsize % (2 * FAR) == 0

    rows = BLOCK // max(<Py_ssize_t> 1, p.depth * p.columns) // plan.wide * plan.wide
    plan.block_rows = min(max(plan.wide, rows), <Py_ssize_t> MOST_ROWS, p.rows)
    plan.block_panels = plan.panels
    least_panels = 8 if plan.x_packed else 1    # that pay for packing x again
    while parallel and blocks_of(plan) < 16 and work_of_block(plan) > LEAST:
        if plan.block_rows > plan.wide:
            plan.block_rows = ceiling(plan.block_rows, 2 * plan.wide) * plan.wide
        elif plan.block_panels >= 2 * least_panels:
            plan.block_panels = ceiling(plan.block_panels, 2)
        else:
            break
    plan.blocks_across = ceiling(plan.panels, plan.block_panels)


cdef inline Py_ssize_t blocks_of(const Plan* plan) noexcept nogil:
    """Returns how many blocks there are."""
    return ceiling(plan.product.rows, plan.block_rows) * ceiling(
        plan.panels, plan.block_panels
    )


cdef inline Py_ssize_t work_of_block(const Plan* plan) noexcept nogil:
    return max(
        <Py_ssize_t> 1,
        plan.block_rows * plan.block_panels * plan.wide * plan.product.depth,
    )


cdef void run_plan(Plan* plan, bint parallel) noexcept nogil:
    """Packs y, then computes block after block."""
    cdef Product* p = &plan.product
    cdef Py_ssize_t blocks = blocks_of(plan)
    cdef Py_ssize_t pieces = ceiling(p.depth, TOGETHER)
    cdef Part pack = pack_rows_of_y
    cdef Py_ssize_t numbers = TOGETHER * p.columns      # of a piece
    if p.y_column != 1:
        pack, pieces, numbers = pack_columns_of_y, plan.panels, plan.wide * p.depth
    plan.packed = <char*> scratch(
        SCRATCH_PRODUCT_SHARED, plan.panels * plan.wide * p.depth * p.itemsize
    )
    if parallel:
        in_parallel(pack, plan, pieces, ceiling(LEAST_TO_PACK, numbers + 1))
        in_parallel(fill_blocks, plan, blocks, ceiling(LEAST, work_of_block(plan)))
    else:
        pack(plan, 0, pieces)
        fill_blocks(plan, 0, blocks)


cdef inline Py_ssize_t even_part(Py_ssize_t n, Py_ssize_t most) noexcept nogil:
    """Returns the size of parts of n, as few and as even as parts of `most` can be."""
    return ceiling(n, max(<Py_ssize_t> 1, ceiling(n, most)))


cdef inline Py_ssize_t ceiling(Py_ssize_t n, Py_ssize_t size) noexcept nogil:
    """Returns how many parts of a size n has, the last of which may be smaller."""
    return (n + size - 1) // size


# --- A matrix and a vector ------------------------------------------------------------

cdef struct VectorPlan:
    # out_i = Σ_l a_il v_l
    const Tiles* tiles
    Py_ssize_t itemsize
    Py_ssize_t rows
    Py_ssize_t depth
    const char* a
    Py_ssize_t a_row
    Py_ssize_t a_column
    const char* v
    Py_ssize_t v_step
    char* out
    Py_ssize_t out_step
    bint adds
    const char* bias
    Py_ssize_t bias_step
    bint rectifies


cdef bint multiply_vector(const Product* p, bint parallel) noexcept nogil:
    """Multiplies where one side is a vector; False if it is one for tiles."""
    cdef VectorPlan plan
    cdef Py_ssize_t itemsize = p.itemsize, least, i
    cdef char* v
    plan.tiles = tiles(p.itemsize)
    plan.itemsize, plan.depth = itemsize, p.depth
    plan.out, plan.adds = <char*> p.out, p.adds
    plan.bias, plan.rectifies = <char*> p.bias, p.rectifies
    if p.columns == 1:
        plan.rows, plan.a = p.rows, <char*> p.x
        plan.a_row, plan.a_column = p.x_row, p.x_column
        plan.v, plan.v_step = <char*> p.y, p.y_row
        plan.out_step, plan.bias_step = p.out_row, 0
    else:
        plan.rows, plan.a = p.columns, <char*> p.y
        plan.a_row, plan.a_column = p.y_column, p.y_row
        plan.v, plan.v_step = <char*> p.x, p.x_column
        plan.out_step, plan.bias_step = p.out_column, 1

    # In short runs, a tile that has to be packed is sooner filled.
    if (plan.depth if plan.a_column == 1 else plan.rows) < 2 * plan.tiles.line:
        return False
    if plan.a_column == 1:
        if plan.v_step != 1:
            v = <char*> scratch(SCRATCH_PRODUCT_SHARED, plan.depth * itemsize)
            for i in range(plan.depth):
                memcpy(v + i * itemsize, plan.v + i * plan.v_step * itemsize, itemsize)
            plan.v = v
    elif plan.a_row != 1 or plan.out_step != 1:
        return False
    if parallel:
        least = ceiling(LEAST_OF_VECTOR, plan.depth + 1)
        in_parallel(multiply_rows, &plan, plan.rows, least)
    else:
        multiply_rows(&plan, 0, plan.rows)
    return True


cdef void multiply_rows(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Computes some numbers of a product with a vector."""
    cdef const VectorPlan* plan = <VectorPlan*> arguments
    cdef Py_ssize_t count = end - begin
    cdef const char* a = plan.a + begin * plan.a_row * plan.itemsize
    cdef char* out = plan.out + begin * plan.out_step * plan.itemsize
    cdef const char* bias = plan.bias
    if plan.a_column == 1:
        plan.tiles.dots(
            a, plan.a_row, plan.v, out, plan.out_step, count, plan.depth, plan.adds
        )
    else:
        plan.tiles.combine_rows(
            a, plan.a_column, plan.v, plan.v_step, out, plan.depth, count, plan.adds
        )
    if bias is not NULL:
        bias += begin * plan.bias_step * plan.itemsize
    if bias is not NULL or plan.rectifies:
        plan.tiles.finish(
            out, plan.out_step, bias, plan.bias_step, count, plan.rectifies
        )


# --- Parts of a plan ------------------------------------------------------------------

cdef void pack_rows_of_y(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Packs some rows of y, TOGETHER at a time: so it is read from end to end."""
    cdef const Plan* plan = <Plan*> arguments
    cdef const Product* p = &plan.product
    cdef Py_ssize_t i, panel, first
    for i in range(begin, end):
        first = i * TOGETHER
        for panel in range(plan.panels):
            pack_part(plan, panel, first, min(<Py_ssize_t> TOGETHER, p.depth - first))


cdef void pack_columns_of_y(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Packs some panels of y."""
    cdef const Plan* plan = <Plan*> arguments
    cdef Py_ssize_t panel
    for panel in range(begin, end):
        pack_part(plan, panel, 0, plan.product.depth)


cdef inline void pack_part(
    const Plan* plan, Py_ssize_t panel, Py_ssize_t first, Py_ssize_t depth
) noexcept nogil:
    """Packs some rows of a panel, unless it is read where it is."""
    cdef const Product* p = &plan.product
    cdef Py_ssize_t itemsize = p.itemsize, start = panel * plan.wide
    cdef Py_ssize_t columns = min(plan.wide, p.columns - start)
    if plan.y_in_place and columns % plan.tiles.line == 0:
        return
    plan.tiles.pack(
        <char*> p.y + (first * p.y_row + start * p.y_column) * itemsize,
        p.y_row, p.y_column,
        plan.packed
        + (start * p.depth + first * panel_row(plan.tiles, columns)) * itemsize,
        depth, columns,
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
    cdef Py_ssize_t depth = even_part(p.depth, DEPTH)
    cdef const char* x = <char*> p.x + first_row * p.x_row * itemsize
    cdef char* packed = NULL
    cdef Strip strip
    strip.x_row, strip.x_column, strip.x_segment = p.x_row, p.x_column, 0
    strip.panel_segment, strip.segments = 0, 1
    strip.out_row = p.out_row if p.out_column == 1 else p.out_column
    strip.rows = rows
    if plan.x_packed:
        packed = <char*> scratch(
            SCRATCH_PRODUCT_OWN, ceiling(rows, plan.wide) * plan.wide * DEPTH * itemsize
        )
    while True:
        strip.depth = min(depth, p.depth - start)
        strip.adds = p.adds or start > 0
        strip.bias, strip.rectifies = NULL, False
        strip.x = x + start * p.x_column * itemsize
        if plan.x_packed:
            pack_rows(plan, strip.x, rows, strip.depth, packed)
        for i in range(first_panel, first_panel + panels):
            strip.columns = min(plan.wide, p.columns - i * plan.wide)
            strip.out = <char*> p.out + (
                first_row * p.out_row + i * plan.wide * p.out_column
            ) * itemsize
            if start + strip.depth == p.depth:
                strip.rectifies = p.rectifies
                if p.bias is not NULL:
                    strip.bias = <char*> p.bias + i * plan.wide * itemsize
            place_panel(plan, &strip, i, start)
            if plan.x_packed:
                fill_from_packed(plan, strip, packed)
            else:
                fill(plan, &strip)
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
        strip.out = out + first * plan.product.out_row * itemsize
        fill(plan, &strip)


cdef inline void fill(const Plan* plan, const Strip* strip) noexcept nogil:
    if plan.product.out_column == 1:
        plan.tiles.fill(strip)
    else:
        plan.tiles.fill_turned(strip)


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
