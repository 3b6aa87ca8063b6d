"""One head of attention, some queries at a time: products, and passes over rows.

Keys and values are packed into panels once. Then the scores of a tile of queries are a
product, their weights a pass over rows that stay in the first cache, and what is found
another product. Of causal attention what is hidden from a whole tile is not computed.
The gradient computes weights again, and adds the shares of several tiles to the
gradients of keys and values at once.
"""

from cython cimport floating
from libc.string cimport memset

from minikeras._fast.checks cimport check
from minikeras._fast.product cimport Strip, Tiles, panel_row, tiles
from minikeras._fast.tasks cimport SCRATCH_OWN, scratch
from minikeras._fast.weights cimport differentiate, divide_rows, weigh

cdef enum:
    BLOCK = 4 * TILE        # queries whose shares of gradients are added at once, unless
    SCORES = 1 << 16        # there are more scores than stay in the second cache

cdef struct Panels:
    # A matrix of `depth` rows, packed: see strip.h.
    char* data
    Py_ssize_t depth
    Py_ssize_t columns


# --- Products -------------------------------------------------------------------------

cdef inline Py_ssize_t count_panels(
    const Tiles* tiles, Py_ssize_t columns
) noexcept nogil:
    return (columns + 2 * tiles.line - 1) // (2 * tiles.line)


cdef inline Py_ssize_t size_of_panels(
    const Tiles* tiles, Py_ssize_t depth, Py_ssize_t columns
) noexcept nogil:
    """Returns how many numbers a packed matrix has."""
    return count_panels(tiles, columns) * 2 * tiles.line * depth


cdef Panels pack(
    const Tiles* tiles, Py_ssize_t itemsize, const char* y, Py_ssize_t y_row,
    Py_ssize_t y_column, Py_ssize_t depth, Py_ssize_t columns, char** room
) noexcept nogil:
    """Packs a matrix into the beginning of `room`, and moves that on."""
    cdef Panels packed = Panels(room[0], depth, columns)
    cdef Py_ssize_t i, first, wide = 2 * tiles.line
    for i in range(count_panels(tiles, columns)):
        first = i * wide
        tiles.pack(
            y + first * y_column * itemsize, y_row, y_column,
            room[0] + first * depth * itemsize, depth, min(wide, columns - first),
        )
    room[0] += size_of_panels(tiles, depth, columns) * itemsize
    return packed


cdef void multiply(
    const Tiles* tiles, Py_ssize_t itemsize, const char* x, Py_ssize_t x_row,
    Py_ssize_t x_column, Py_ssize_t rows, const Panels* y, Py_ssize_t from_row,
    Py_ssize_t depth, Py_ssize_t columns, char* out, Py_ssize_t out_row, bint adds
) noexcept nogil:
    """out = x y, or out += that, with `depth` rows of y and some of its columns."""
    cdef Strip strip
    cdef Py_ssize_t i, first, wide = 2 * tiles.line
    check(from_row + depth <= y.depth)
    strip.x, strip.x_row, strip.x_column, strip.x_segment = x, x_row, x_column, 0
    strip.panel_segment, strip.segments, strip.depth = 0, 1, depth
    strip.out_row, strip.rows, strip.adds = out_row, rows, adds
    strip.bias, strip.rectifies = NULL, False
    for i in range(count_panels(tiles, columns)):
        first = i * wide
        strip.panel_row = panel_row(tiles, y.columns - first)
        strip.panel = y.data + (first * y.depth + from_row * strip.panel_row) * itemsize
        strip.columns = min(strip.panel_row, columns - first)
        strip.out = out + first * itemsize
        tiles.fill(&strip)


# --- One head -------------------------------------------------------------------------

cdef inline Py_ssize_t rows_of_block(const Looking* look) noexcept nogil:
    """Returns how many queries a block of the gradient has: several tiles, or one."""
    cdef Py_ssize_t fitting = SCORES // max(1, look.keys) // TILE * TILE
    return max(<Py_ssize_t> TILE, min(<Py_ssize_t> BLOCK, fitting))


cdef inline Block block_from(
    const Looking* look, Py_ssize_t first, Py_ssize_t rows
) noexcept nogil:
    """Describes a block of so many queries, or of those that are left."""
    cdef Block block
    block.first = first
    block.rows = min(rows, look.queries - first)
    block.width = look.keys
    if look.causal:
        block.width = min(look.keys, first + block.rows)
    block.filled = padded(block.width)
    # Rows are some cache lines longer than needed: a power of two apart they would
    # compete for the same places.
    block.distance = padded(look.keys) + LANES
    return block


cdef inline char* place(
    const Heads* x, Py_ssize_t sample, Py_ssize_t head, Py_ssize_t itemsize
) noexcept nogil:
    return x.data + (sample * x.sample + head * x.head) * itemsize


cdef inline const unsigned char* mask_of(
    const Looking* look, Py_ssize_t sample, Py_ssize_t head
) noexcept nogil:
    if look.mask is NULL:
        return NULL
    return look.mask + sample * look.mask_sample + head * look.mask_head


cdef void score(
    const Looking* look, const Block* block, const Tiles* tiles, const char* query,
    const Panels* keys, const unsigned char* mask, floating* scores,
    floating* inverse_sums
) noexcept nogil:
    """Computes the weights of a block, but for their inverse_sums."""
    multiply(
        tiles, sizeof(floating),
        query + block.first * look.query.time * <Py_ssize_t> sizeof(floating),
        look.query.time, look.query.feature, block.rows, keys, 0, look.features,
        to_full_line(tiles, block.width), <char*> scores, block.distance, False,
    )
    if mask is not NULL:
        mask += block.first * look.mask_query
    weigh(look, block, mask, scores, inverse_sums)


cdef inline Py_ssize_t to_full_line(
    const Tiles* tiles, Py_ssize_t columns
) noexcept nogil:
    """Returns how many columns to compute so that no tile is cut; scores have room."""
    return (columns + tiles.line - 1) // tiles.line * tiles.line


cdef void find(
    const Looking* look, Py_ssize_t sample, Py_ssize_t head, char* room, floating like
) noexcept nogil:
    """Computes what all queries of one head find."""
    cdef const Tiles* tiled = tiles(sizeof(floating))
    cdef Py_ssize_t itemsize = sizeof(floating), first = 0
    cdef const char* query = place(&look.query, sample, head, itemsize)
    cdef const char* value = place(&look.value, sample, head, itemsize)
    cdef char* found = place(&look.found, sample, head, itemsize)
    cdef const unsigned char* mask = mask_of(look, sample, head)
    cdef floating inverse_sums[TILE]
    cdef Block block
    cdef Panels keys = pack(
        tiled, itemsize, place(&look.key, sample, head, itemsize), look.key.feature,
        look.key.time, look.features, look.keys, &room,
    )
    cdef Panels values = pack(
        tiled, itemsize, value, look.value.time, look.value.feature, look.keys,
        look.found_features, &room,
    )
    cdef floating* weights = <floating*> room
    while first < look.queries:
        block = block_from(look, first, TILE)
        score(look, &block, tiled, query, &keys, mask, weights, inverse_sums)
        multiply(
            tiled, itemsize, room, block.distance, 1, block.rows, &values, 0,
            block.width, look.found_features, found, look.found.time, False,
        )
        divide_rows(
            <floating*> found, look.found.time, inverse_sums, block.rows,
            look.found_features,
        )
        if mask is not NULL:
            average_all(
                look, &block, inverse_sums, <const floating*> value, <floating*> found
            )
        found += block.rows * look.found.time * itemsize
        first += block.rows


cdef void average_all(
    const Looking* look, const Block* block, const floating* inverse_sums,
    const floating* value, floating* found
) noexcept nogil:
    """found_i = the average of all values, where query i sees nothing."""
    cdef Py_ssize_t i, j, l
    cdef double total
    for i in range(block.rows):
        if inverse_sums[i] == 0:
            for l in range(look.found_features):
                total = 0
                for j in range(look.keys):
                    total += value[j * look.value.time + l * look.value.feature]
                found[i * look.found.time + l] = <floating> (total / look.keys)


cdef void find_back(
    const Looking* look, Py_ssize_t sample, Py_ssize_t head, char* room, floating like
) noexcept nogil:
    """Computes the gradients of all queries, keys and values of one head."""
    cdef const Tiles* tiled = tiles(sizeof(floating))
    cdef Py_ssize_t itemsize = sizeof(floating), first = 0, i, size
    cdef const char* query = place(&look.query, sample, head, itemsize)
    cdef const char* key = place(&look.key, sample, head, itemsize)
    cdef const char* grad = place(&look.found, sample, head, itemsize)
    cdef char* query_grad = place(&look.query_grad, sample, head, itemsize)
    cdef char* key_grad = place(&look.key_grad, sample, head, itemsize)
    cdef char* value_grad = place(&look.value_grad, sample, head, itemsize)
    cdef const unsigned char* mask = mask_of(look, sample, head)
    cdef Block block, tile
    cdef Panels keys_across = pack(
        tiled, itemsize, key, look.key.feature, look.key.time, look.features,
        look.keys, &room,
    )
    cdef Panels values_across = pack(
        tiled, itemsize, place(&look.value, sample, head, itemsize),
        look.value.feature, look.value.time, look.found_features, look.keys, &room,
    )
    cdef Panels keys = pack(
        tiled, itemsize, key, look.key.time, look.key.feature, look.keys,
        look.features, &room,
    )
    cdef Panels queries = pack(
        tiled, itemsize, query, look.query.time, look.query.feature, look.queries,
        look.features, &room,
    )
    cdef Panels grads = pack(
        tiled, itemsize, grad, look.found.time, look.found.feature, look.queries,
        look.found_features, &room,
    )
    cdef char* weights = room
    cdef char* weight_grads
    size = rows_of_block(look) * (padded(look.keys) + LANES) * itemsize
    weight_grads = room + size
    for i in range(look.keys):
        memset(key_grad + i * look.key_grad.time * itemsize, 0, look.features * itemsize)
        memset(
            value_grad + i * look.value_grad.time * itemsize, 0,
            look.found_features * itemsize,
        )
    while first < look.queries:
        block = block_from(look, first, rows_of_block(look))
        for i in range(0, block.rows, 12):      # TILE: a step must be a literal
            tile = block_from(look, first + i, TILE)
            tile.filled = block.filled
            differentiate_tile(
                look, &tile, tiled, query, grad, &keys_across, &values_across, &keys,
                mask, <floating*> weights + i * block.distance,
                <floating*> weight_grads + i * block.distance, query_grad, value_grad,
            )
        multiply(
            tiled, itemsize, weights, 1, block.distance, block.width, &grads, first,
            block.rows, look.found_features, value_grad, look.value_grad.time, True,
        )
        multiply(
            tiled, itemsize, weight_grads, 1, block.distance, block.width, &queries,
            first, block.rows, look.features, key_grad, look.key_grad.time, True,
        )
        first += block.rows


cdef void differentiate_tile(
    const Looking* look, const Block* tile, const Tiles* tiles, const char* query,
    const char* grad, const Panels* keys_across, const Panels* values_across,
    const Panels* keys, const unsigned char* mask, floating* weights,
    floating* weight_grads, char* query_grad, char* value_grad
) noexcept nogil:
    """Computes weights and their gradients, and from these those of the queries."""
    cdef floating inverse_sums[TILE]
    cdef Py_ssize_t itemsize = sizeof(floating)
    score(look, tile, tiles, query, keys_across, mask, weights, inverse_sums)
    multiply(
        tiles, itemsize, grad + tile.first * look.found.time * itemsize,
        look.found.time, look.found.feature, tile.rows, values_across, 0,
        look.found_features, to_full_line(tiles, tile.width), <char*> weight_grads,
        tile.distance, False,
    )
    differentiate(look, tile, inverse_sums, weights, weight_grads)
    multiply(
        tiles, itemsize, <char*> weight_grads, tile.distance, 1, tile.rows, keys, 0,
        tile.width, look.features,
        query_grad + tile.first * look.query_grad.time * itemsize,
        look.query_grad.time, False,
    )
    if mask is not NULL:
        average_all_back(
            look, tile, inverse_sums, <const floating*> grad, <floating*> value_grad
        )


cdef void average_all_back(
    const Looking* look, const Block* block, const floating* inverse_sums,
    const floating* grad, floating* value_grad
) noexcept nogil:
    """Where query i sees nothing, each value gets its share of grad_i."""
    cdef Py_ssize_t i, j, l
    cdef floating share
    grad += block.first * look.found.time
    for i in range(block.rows):
        if inverse_sums[i] == 0:
            for l in range(look.found_features):
                share = grad[i * look.found.time + l * look.found.feature] / look.keys
                for j in range(look.keys):
                    value_grad[j * look.value_grad.time + l] += share


# --- Tasks ----------------------------------------------------------------------------

cdef Py_ssize_t room_for(const Looking* look, Py_ssize_t itemsize) noexcept nogil:
    """Returns how many bytes a head needs for panels and scores, forward or back."""
    cdef const Tiles* tiled = tiles(itemsize)
    cdef Py_ssize_t row = padded(look.keys) + LANES
    cdef Py_ssize_t numbers = (
        TILE * row
        + size_of_panels(tiled, look.features, look.keys)
        + size_of_panels(tiled, look.keys, look.found_features)
    )
    if look.query_grad.data is not NULL:
        numbers += (
            2 * rows_of_block(look) * row
            + size_of_panels(tiled, look.found_features, look.keys)
            + size_of_panels(tiled, look.keys, look.features)
            + size_of_panels(tiled, look.queries, look.features)
            + size_of_panels(tiled, look.queries, look.found_features)
        )
    return numbers * itemsize


cdef void find_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end, floating like
) noexcept nogil:
    """Does the heads from begin to end, forward or back."""
    cdef const Looking* look = <const Looking*> arguments
    cdef char* room = <char*> scratch(SCRATCH_OWN, room_for(look, sizeof(floating)))
    cdef Py_ssize_t i
    for i in range(begin, end):
        if look.query_grad.data is NULL:
            find(look, i // look.heads, i % look.heads, room, like)
        else:
            find_back(look, i // look.heads, i % look.heads, room, like)


cdef void find_floats(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    find_part(arguments, begin, end, <float> 0)


cdef void find_doubles(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    find_part(arguments, begin, end, <double> 0)
