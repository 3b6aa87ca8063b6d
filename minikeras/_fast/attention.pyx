"""Attention, a block of queries at a time. Contract: kernels/reference/attention.py.

For each head, keys and values are packed into panels once; then the scores of a block of
queries are one product, their weights a pass over rows, and what is found another
product. Of causal attention the half that is hidden is not computed, but for the last
panel of each block. Only the weights of one block are ever in memory; the gradient
computes them again. Heads do not depend on each other: threads share them.
"""

from cython cimport floating
from libc.math cimport INFINITY
from libc.string cimport memset
from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FLAGS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport is_native, is_writeable, otherwise
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one
from minikeras._fast.product cimport Strip, Tiles, panel_row, tiles
from minikeras._fast.tasks cimport SCRATCH_OWN, noting, perform_parts, scratch

import_array()

cdef extern from "lanes.h":
    float largest_of_row_float(const float* row, Py_ssize_t n) noexcept nogil
    double largest_of_row_double(const double* row, Py_ssize_t n) noexcept nogil
    float sum_of_row_float(const float* row, Py_ssize_t n) noexcept nogil
    double sum_of_row_double(const double* row, Py_ssize_t n) noexcept nogil
    float product_of_rows_float(
        const float* x, const float* y, Py_ssize_t n
    ) noexcept nogil
    double product_of_rows_double(
        const double* x, const double* y, Py_ssize_t n
    ) noexcept nogil

cdef enum:
    LANES = 16              # what rows are padded to: no line of a register is longer
    BLOCK = 36              # queries, unless there are so many keys that
    SCORES = 1 << 16        # scores are more than stay in the second cache
    GRAIN = 1 << 18         # multiplications that are worth a thread

cdef struct Heads:
    # An array (samples, times, heads, features), with distances in numbers; or NULL.
    char* data
    Py_ssize_t sample
    Py_ssize_t time
    Py_ssize_t head
    Py_ssize_t feature

cdef struct Looking:
    # The arguments of a task.
    Heads query
    Heads key
    Heads value
    Heads found         # the result, or its gradient
    Heads query_grad
    Heads key_grad
    Heads value_grad
    const unsigned char* mask       # or NULL; distances in bytes
    Py_ssize_t mask_sample
    Py_ssize_t mask_head
    Py_ssize_t mask_query
    Py_ssize_t mask_key
    Py_ssize_t heads
    Py_ssize_t queries
    Py_ssize_t keys
    Py_ssize_t features
    Py_ssize_t found_features
    bint causal
    double scale

cdef struct Panels:
    # A matrix of `depth` rows, packed: see strip.h.
    char* data
    Py_ssize_t depth
    Py_ssize_t columns

cdef struct Block:
    # Some queries of one head, and the rows of their scores.
    Py_ssize_t first
    Py_ssize_t rows
    Py_ssize_t width        # keys that are computed: no later one is seen
    Py_ssize_t distance     # of rows of scores


# --- Rows of scores -------------------------------------------------------------------

cdef inline floating largest_of(const floating* x, Py_ssize_t n) noexcept nogil:
    if floating is float:
        return largest_of_row_float(x, n)
    else:
        return largest_of_row_double(x, n)


cdef inline floating sum_of(const floating* x, Py_ssize_t n) noexcept nogil:
    if floating is float:
        return sum_of_row_float(x, n)
    else:
        return sum_of_row_double(x, n)


cdef inline floating product_of(
    const floating* x, const floating* y, Py_ssize_t n
) noexcept nogil:
    if floating is float:
        return product_of_rows_float(x, y, n)
    else:
        return product_of_rows_double(x, y, n)


cdef inline void hide(
    floating* scores, const unsigned char* mask, Py_ssize_t distance, Py_ssize_t n
) noexcept nogil:
    """Makes the scores -inf where the mask is 0."""
    cdef Py_ssize_t j
    if distance == 1:
        for j in range(n):
            scores[j] = scores[j] if mask[j] else <floating> -INFINITY
    else:
        for j in range(n):
            scores[j] = scores[j] if mask[j * distance] else <floating> -INFINITY


cdef inline bint sees_something(
    const unsigned char* mask, Py_ssize_t distance, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        if mask[j * distance]:
            return True
    return False


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) // LANES * LANES


cdef inline Py_ssize_t seen_from(
    const Looking* look, const Block* block, Py_ssize_t i
) noexcept nogil:
    """Returns how many keys query i of a block may see, apart from its mask."""
    return min(look.keys, block.first + i + 1) if look.causal else look.keys


cdef cloned weigh(
    const Looking* look, const Block* block, const unsigned char* mask,
    floating* scores, floating* inverse_sums
) noexcept nogil:
    """Turns the rows of a block into weights that still are to be multiplied by
    inverse_sums; 0 for what is hidden, and all 0 where that is everything.

    One kind of work for all rows, then the next: reducing a row to one number takes
    long, but several rows can be on their way.
    """
    cdef floating largest[BLOCK]
    cdef floating scale = <floating> look.scale
    cdef Py_ssize_t i, j, n
    cdef floating* row = scores
    if look.scale <= 0:     # the largest score is not the largest product
        for i in range(block.rows):
            for j in range(block.width):
                row[j] = row[j] * scale
            row += block.distance
        scale, row = 1, scores
    for i in range(block.rows):
        n = seen_from(look, block, i)
        if mask is not NULL:
            hide(row, mask + i * look.mask_query, look.mask_key, n)
        for j in range(n, padded(n)):
            row[j] = <floating> -INFINITY
        largest[i] = largest_of(row, padded(n))
        row += block.distance
    row = scores
    for i in range(block.rows):
        n = padded(seen_from(look, block, i))
        for j in range(n):
            row[j] = exp_one((row[j] - largest[i]) * scale)
        for j in range(n, padded(block.width)):
            row[j] = 0
        row += block.distance
    row = scores
    for i in range(block.rows):
        inverse_sums[i] = 1 / sum_of(row, padded(seen_from(look, block, i)))
        row += block.distance
    if mask is not NULL:
        forget_blind(look, block, mask, scores, inverse_sums)


cdef inline void forget_blind(
    const Looking* look, const Block* block, const unsigned char* mask,
    floating* scores, floating* inverse_sums
) noexcept nogil:
    """Sets the weights to 0 of queries that see nothing: theirs are nan."""
    cdef Py_ssize_t i
    for i in range(block.rows):
        if not sees_something(
            mask + i * look.mask_query, look.mask_key, seen_from(look, block, i)
        ):
            memset(scores, 0, padded(block.width) * sizeof(floating))
            inverse_sums[i] = 0
        scores += block.distance


cdef cloned differentiate(
    const Looking* look, const Block* block, const floating* inverse_sums,
    floating* weights, floating* grads
) noexcept nogil:
    """weights_ij = p_ij and grads_ij = scale · p_ij (grads_ij - Σ_l p_il grads_il)."""
    cdef Py_ssize_t i, j, wide = padded(block.width)
    cdef floating scale = <floating> look.scale, mean
    for i in range(block.rows):
        for j in range(block.width, wide):
            grads[j] = 0        # weights are 0 there, but 0 · nan is not
        mean = inverse_sums[i] * product_of(weights, grads, wide)
        for j in range(wide):
            weights[j] = weights[j] * inverse_sums[i]
            grads[j] = scale * (weights[j] * (grads[j] - mean))
        weights += block.distance
        grads += block.distance


cdef cloned divide_rows(
    floating* found, Py_ssize_t distance, const floating* inverse_sums, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """found_ij *= inverse_sums_i."""
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(columns):
            found[j] = found[j] * inverse_sums[i]
        found += distance


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
    return max(<Py_ssize_t> 1, min(<Py_ssize_t> BLOCK, SCORES // max(1, look.keys)))


cdef inline Block block_from(const Looking* look, Py_ssize_t first) noexcept nogil:
    """Describes the block of queries that begins with the first."""
    cdef Block block
    block.first = first
    block.rows = min(rows_of_block(look), look.queries - first)
    block.width = look.keys
    if look.causal:
        block.width = min(look.keys, first + block.rows)
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
    cdef floating inverse_sums[BLOCK]
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
        block = block_from(look, first)
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
    cdef floating inverse_sums[BLOCK]
    cdef Block block
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
        block = block_from(look, first)
        score(
            look, &block, tiled, query, &keys_across, mask, <floating*> weights,
            inverse_sums,
        )
        multiply(
            tiled, itemsize, grad + first * look.found.time * itemsize,
            look.found.time, look.found.feature, block.rows, &values_across, 0,
            look.found_features, to_full_line(tiled, block.width), weight_grads,
            block.distance, False,
        )
        differentiate(
            look, &block, inverse_sums, <floating*> weights, <floating*> weight_grads
        )
        multiply(
            tiled, itemsize, weights, 1, block.distance, block.width, &grads, first,
            block.rows, look.found_features, value_grad, look.value_grad.time, True,
        )
        multiply(
            tiled, itemsize, weight_grads, 1, block.distance, block.width, &queries,
            first, block.rows, look.features, key_grad, look.key_grad.time, True,
        )
        multiply(
            tiled, itemsize, weight_grads, block.distance, 1, block.rows, &keys, 0,
            block.width, look.features, query_grad, look.query_grad.time, False,
        )
        if mask is not NULL:
            average_all_back(
                look, &block, inverse_sums, <const floating*> grad,
                <floating*> value_grad,
            )
        query_grad += block.rows * look.query_grad.time * itemsize
        first += block.rows


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
    cdef Py_ssize_t scores = rows_of_block(look) * (padded(look.keys) + LANES)
    cdef Py_ssize_t numbers = (
        scores
        + size_of_panels(tiled, look.features, look.keys)
        + size_of_panels(tiled, look.keys, look.found_features)
    )
    if look.query_grad.data is not NULL:
        numbers += (
            scores
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


# --- Arrays ---------------------------------------------------------------------------

def attention(query, key, value, *, causal, scale, out=None):
    """out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j), for each head."""
    cdef object result = looked(query, key, value, None, causal, scale, out)
    if result is None:
        result = otherwise(
            "attention", (query, key, value),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def masked_attention(query, key, value, mask, *, causal, scale, out=None):
    """Does the same where only those keys are seen for which `mask` is True."""
    cdef object result = None
    if is_native(mask, NPY_BOOL):
        result = looked(query, key, value, mask, causal, scale, out)
    if result is None:
        result = otherwise(
            "masked_attention", (query, key, value, mask),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def attention_grad(grad, query, key, value, *, causal, scale, out=None):
    """The gradients of `attention` with respect to query, key and value."""
    cdef object result = looked_back(grad, query, key, value, None, causal, scale, out)
    if result is None:
        result = otherwise(
            "attention_grad", (grad, query, key, value),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


def masked_attention_grad(grad, query, key, value, mask, *, causal, scale, out=None):
    """The gradients of `masked_attention` with respect to query, key and value."""
    cdef object result = None
    if is_native(mask, NPY_BOOL):
        result = looked_back(grad, query, key, value, mask, causal, scale, out)
    if result is None:
        result = otherwise(
            "masked_attention_grad", (grad, query, key, value, mask),
            {"causal": causal, "scale": scale, "out": out},
        )
    return result


cdef object looked(
    object query, object key, object value, object mask, object causal, object scale,
    object out
):
    """Attends; returns None if this is not for compiled code."""
    cdef Looking look
    cdef npy_intp shape[4]
    cdef ndarray result
    if not describe(query, key, value, mask, causal, scale, &look, shape):
        return None
    result = result_for(out, <ndarray> query, shape)
    if result is None or not locate(result, &look.found):
        return None
    run(&look, PyArray_TYPE(<ndarray> query), shape[0])
    return finished(result, out)


cdef object looked_back(
    object grad, object query, object key, object value, object mask, object causal,
    object scale, object out
):
    """Computes gradients; returns None if this is not for compiled code."""
    cdef Looking look
    cdef npy_intp shape[4]
    cdef ndarray query_grad, key_grad, value_grad
    cdef object into = (None, None, None) if out is None else out
    if not describe(query, key, value, mask, causal, scale, &look, shape):
        return None
    if not (
        is_native(grad, PyArray_TYPE(<ndarray> query))
        and has_shape(<ndarray> grad, shape)
        and locate(<ndarray> grad, &look.found)
    ):
        return None
    query_grad = result_for(into[0], <ndarray> query, PyArray_DIMS(<ndarray> query))
    key_grad = result_for(into[1], <ndarray> query, PyArray_DIMS(<ndarray> key))
    value_grad = result_for(into[2], <ndarray> query, PyArray_DIMS(<ndarray> value))
    if query_grad is None or key_grad is None or value_grad is None:
        return None
    if not (
        locate(query_grad, &look.query_grad)
        and locate(key_grad, &look.key_grad)
        and locate(value_grad, &look.value_grad)
    ):
        return None
    run(&look, PyArray_TYPE(<ndarray> query), shape[0])
    return (
        finished(query_grad, into[0]),
        finished(key_grad, into[1]),
        finished(value_grad, into[2]),
    )


cdef void run(Looking* look, int type, Py_ssize_t samples):
    """Runs the task: all heads of all samples."""
    cdef Py_ssize_t each = (
        look.queries * look.keys * (look.features + look.found_features)
    )
    perform_parts(
        find_floats if type == NPY_FLOAT else find_doubles, look, sizeof(Looking),
        samples * look.heads, max(<Py_ssize_t> 1, GRAIN // max(1, each)), False,
    )


cdef bint describe(
    object query, object key, object value, object mask, object causal, object scale,
    Looking* look, npy_intp* shape
) except -1:
    """Fills in what is given, and the shape of the result; False if that won't do."""
    cdef npy_intp* q
    cdef npy_intp* k
    cdef npy_intp* v
    cdef int type
    if not PyArray_CheckExact(query):
        return False
    type = PyArray_TYPE(<ndarray> query)
    if not (
        (type == NPY_FLOAT or type == NPY_DOUBLE)
        and is_native(query, type)
        and is_native(key, type)
        and is_native(value, type)
        and locate(<ndarray> query, &look.query)
        and locate(<ndarray> key, &look.key)
        and locate(<ndarray> value, &look.value)
    ):
        return False
    q, k, v = (
        PyArray_DIMS(<ndarray> query), PyArray_DIMS(<ndarray> key),
        PyArray_DIMS(<ndarray> value),
    )
    if not (
        q[0] == k[0] and k[0] == v[0] and k[1] == v[1] and q[2] == k[2]
        and k[2] == v[2] and q[3] == k[3]
    ):
        return False
    shape[0], shape[1], shape[2], shape[3] = q[0], q[1], q[2], v[3]
    look.queries, look.keys, look.heads = q[1], k[1], q[2]
    look.features, look.found_features = q[3], v[3]
    look.causal, look.scale = causal, scale
    look.query_grad.data = look.key_grad.data = look.value_grad.data = NULL
    look.mask = NULL
    if look.keys == 0 or look.features == 0:
        return False    # nothing to find
    return mask is None or describe_mask(<ndarray> mask, look, q[0])


cdef bint describe_mask(ndarray mask, Looking* look, Py_ssize_t samples):
    """Fills in where the mask is; False if it does not fit."""
    cdef npy_intp* sides = PyArray_DIMS(mask)
    cdef npy_intp* distances = PyArray_STRIDES(mask)
    if PyArray_NDIM(mask) != 4 or not (
        (sides[0] == 1 or sides[0] == samples)
        and (sides[1] == 1 or sides[1] == look.heads)
        and (sides[2] == 1 or sides[2] == look.queries)
        and (sides[3] == 1 or sides[3] == look.keys)
    ):
        return False
    look.mask = <const unsigned char*> PyArray_DATA(mask)
    look.mask_sample = 0 if sides[0] == 1 else distances[0]
    look.mask_head = 0 if sides[1] == 1 else distances[1]
    look.mask_query = 0 if sides[2] == 1 else distances[2]
    look.mask_key = 0 if sides[3] == 1 else distances[3]
    return True


cdef bint locate(ndarray x, Heads* heads):
    """Fills in where an array is; False if its numbers are at odd distances."""
    cdef npy_intp* distances = PyArray_STRIDES(x)
    cdef Py_ssize_t itemsize = PyArray_ITEMSIZE(x)
    cdef int axis
    if PyArray_NDIM(x) != 4 or not PyArray_FLAGS(x) & NPY_ARRAY_ALIGNED:
        return False
    for axis in range(4):
        if distances[axis] % itemsize:
            return False
    heads.data = <char*> PyArray_DATA(x)
    heads.sample, heads.time = distances[0] // itemsize, distances[1] // itemsize
    heads.head, heads.feature = distances[2] // itemsize, distances[3] // itemsize
    return True


cdef bint has_shape(ndarray x, const npy_intp* shape):
    cdef int axis
    if PyArray_NDIM(x) != 4:
        return False
    for axis in range(4):
        if PyArray_DIMS(x)[axis] != shape[axis]:
            return False
    return True


cdef ndarray result_for(object out, ndarray like, npy_intp* shape):
    """Returns where to write a result: `out` if its rows are runs of numbers.

    Else an array to copy from; None if `out` does not fit, or nothing may be copied.
    """
    cdef int type = PyArray_TYPE(like)
    if out is not None:
        if not (
            is_native(out, type) and is_writeable(<ndarray> out)
            and has_shape(<ndarray> out, shape)
        ):
            return None
        if (
            PyArray_STRIDES(<ndarray> out)[3] == PyArray_ITEMSIZE(like)
            and PyArray_FLAGS(<ndarray> out) & NPY_ARRAY_ALIGNED
        ):
            return <ndarray> out
        if noting():
            return None
    return PyArray_EMPTY(4, shape, type, 0)


cdef object finished(ndarray result, object out):
    """Returns the result in `out`."""
    if out is None or result is out:
        return result
    PyArray_CopyInto(<ndarray> out, result)
    return out
