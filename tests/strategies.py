"""What property tests draw: shapes, layouts, values, and arrays made of the three.

An array is drawn as a shape, then a layout, then values from a short list.  So a
failure shrinks to a small shape, C layout and the first values of the list: readable.

    arrays("float32")                                   anything: nan, inf, 0-d, empty …
    arrays("float64", values=away_from(0))              for derivatives of abs or log
    arrays("float64", shape=shapes(2, 2, min_side=1))   matrices that are not empty
    distinct_arrays("float64")                          no ties: for max, sort
    broadcastable_pairs("float32")                      two whose shapes broadcast
"""

import math
from functools import cache

import numpy as np
from hypothesis import strategies as st

DIMS = (0, 1, 2, 3, 1, 2, 3, 4, 5)  # two and three are likelier than none and five
MAX_SIDE = 7
MAX_SIZE = 200  # numbers in one array: plain Python loops have to get through them too
BLOCK_EDGES = (8, 9, 15, 16, 17, 31, 33, 64, 65, 127, 129, 257)
DRAWN_ONE_BY_ONE = 3  # numbers; larger arrays are filled by a random generator
SEEDS = st.integers(0, 2**16)

# --- Shapes ---------------------------------------------------------------------------


@st.composite
def shapes(draw, min_dims=0, max_dims=5, min_side=0, max_side=MAX_SIDE):
    """Draws a shape.

    Now and then one side is 0, or lies near the edge of a kernel's block.
    """
    dims = draw(st.sampled_from([n for n in DIMS if min_dims <= n <= max_dims]))
    side = st.integers(max(min_side, min(1, max_side)), max_side)
    sides = draw(st.lists(side, min_size=dims, max_size=dims))
    if sides:
        rare = draw(st.integers(0, 15))
        place = draw(st.integers(0, len(sides) - 1))
        if rare == 15 and min_side == 0:
            sides[place] = 0
        elif rare >= 13 and max_side == MAX_SIDE:
            sides[place] = draw(st.sampled_from(BLOCK_EDGES))
    return limited(sides, max(2, min_side))


def limited(sides, smallest):
    """Cuts the largest sides until the array is small enough for plain Python loops."""
    sides = list(sides)
    while math.prod(sides) > MAX_SIZE and max(sides) > smallest:
        largest = sides.index(max(sides))
        sides[largest] = max(smallest, MAX_SIZE * sides[largest] // math.prod(sides))
    return tuple(sides)


@st.composite
def broadcastable_shapes(draw, count=2, min_dims=0, max_dims=5, min_side=0):
    """Draws `count` shapes that broadcast together: equal, shorter, sides of 1."""
    full = draw(shapes(max_dims=max_dims, min_dims=min_dims, min_side=min_side))
    drawn = []
    for _ in range(count):
        kind = draw(st.sampled_from(["same", "same", "short", "stretched"]))
        sides = list(full)
        if kind == "short":
            sides = sides[draw(st.integers(0, len(full) - min_dims)) :]
        elif kind == "stretched" and full:
            for i in draw(st.sets(st.integers(0, len(full) - 1), min_size=1)):
                sides[i] = 1
        drawn.append(tuple(sides))
    return tuple(drawn)


def axis_of(shape):
    """Draws one axis of a shape that has at least one, counted from either end."""
    return st.integers(-len(shape), len(shape) - 1)


@st.composite
def axes_of(draw, shape):
    """Draws what a reduction takes: None, an axis, or a tuple of different axes."""
    kind = draw(st.sampled_from(["all", "one", "some", "some"]))
    if kind == "all":
        return None
    if kind == "one" and shape:
        return draw(axis_of(shape))
    axes = draw(st.permutations(range(len(shape))))
    kept = axes[: draw(st.integers(0, len(shape)))]
    return tuple(axis - len(shape) if draw(st.booleans()) else axis for axis in kept)


# --- Values: sequences, the simplest first --------------------------------------------

FEW = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5)


def special_values(dtype):
    """Returns what one forgets: nan, ±inf, -0, subnormals, the limits."""
    limits = np.finfo(dtype)
    return (
        *(np.nan, np.inf, -np.inf, -0.0),
        *(limits.max, limits.min, limits.tiny, -limits.tiny, limits.eps),
        *(limits.smallest_subnormal, -limits.smallest_subnormal, limits.tiny / 4),
    )


@cache
def spread_values(low=-30.0, high=30.0, count=200):
    """Returns numbers of any size between two, the same ones every time.

    Four decimals are easy to read, and all the binary digits are used.
    """
    generator = np.random.default_rng(0)
    return tuple(np.round(generator.uniform(low, high, count), 4).tolist())


@cache
def values_for(dtype):
    """Returns all that a kernel may meet: simple, special and spread numbers.

    Almost half of the floats are special, and most of those are nan, an infinity or 0.
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return (False, True)
    if dtype.kind == "u":
        return (0, 1, 2, 3, 7)
    if dtype.kind == "i":
        return (0, 1, -1, 2, -2, 3, 7, -5)
    special = special_values(dtype)
    magnitudes = tuple(
        float(f"{digits}e{exponent}")
        for digits, exponent in zip(
            spread_values(-9, 9, 20), range(-20, 20, 2), strict=True
        )
    )
    likely = 8 * (np.nan, np.inf, -np.inf, -0.0, 0.0)
    return FEW + special + likely + spread_values(count=20) + magnitudes


def away_from(*points, distance=0.125, low=-3.0, high=3.0):
    """Returns numbers of [low, high] at least `distance` from each of `points`.

    For derivatives: finite differences must not step over a kink or a singularity.
    """
    candidates = (*(n / 2 for n in range(-6, 7)), *spread_values(low, high))
    kept = {
        x
        for x in candidates
        if low <= x <= high and all(abs(x - point) >= distance for point in points)
    }
    return tuple(sorted(kept, key=lambda x: (x * 2 % 1 != 0, abs(x - 1), x)))


GENTLE = away_from()  # for smooth functions: no kinks, nothing large

# --- Layouts: the same values, another place in memory --------------------------------


def in_c_order(x):
    return np.array(x, order="C")


def in_fortran_order(x):
    return np.array(x, order="F")


def permuted(x):
    """The axes turned by one: from three on, neither C nor Fortran order."""
    axes = (*range(1, x.ndim), *range(min(x.ndim, 1)))
    back = np.argsort(axes).astype(int)
    return np.array(x.transpose(axes), order="C").transpose(back)


def strided(x):
    """Every second element along each axis of a larger array."""
    base = empty_base([2 * n for n in x.shape], x.dtype)
    view = base[(..., *[slice(None, None, 2)] * x.ndim)]
    view[...] = x
    return view


def reversed_in_memory(x):
    backwards = (..., *[slice(None, None, -1)] * x.ndim)
    base = np.array(x[backwards], order="C")
    return base[backwards]


def offset(x):
    """A window in the middle of a larger array."""
    base = empty_base([n + 2 for n in x.shape], x.dtype)
    view = base[(..., *[slice(1, -1)] * x.ndim)]
    view[...] = x
    return view


def unaligned(x):
    """Starts one byte after where the processor would like it to."""
    buffer = np.zeros(x.nbytes + 1, np.uint8)
    view = buffer[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def read_only(x):
    x = np.array(x, order="C")
    x.flags.writeable = False
    return x


def broadcast(x):
    """All of an array made of one part, with stride 0 along the first axis.

    The one layout that cannot hold every value: the first part is repeated.
    """
    if x.ndim == 0 or x.shape[0] == 0:
        return in_c_order(x)
    return np.broadcast_to(np.array(x[:1], order="C"), x.shape)


def empty_base(shape, dtype):
    """Returns an array full of what nobody should read: nan, or the largest number."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.full(shape, np.nan, dtype)
    return np.full(shape, True if dtype.kind == "b" else np.iinfo(dtype).max, dtype)


WRITABLE_LAYOUTS = (
    in_c_order,
    in_fortran_order,
    permuted,
    strided,
    reversed_in_memory,
    offset,
    unaligned,
)
LAYOUTS = (*WRITABLE_LAYOUTS, read_only, broadcast)

# --- Arrays ---------------------------------------------------------------------------


@st.composite
def arrays(draw, dtype="float64", shape=None, values=None, layouts=LAYOUTS):
    """Draws an array of `dtype`.

    `shape` is a shape or a strategy for one (any shape), `values` a sequence, the
    simplest first (`values_for(dtype)`), `layouts` the functions above to choose from.
    Without `values`, an array has few different ones: nan is in some, not in all.
    """
    if shape is None:
        shape = shapes()
    if isinstance(shape, st.SearchStrategy):
        shape = draw(shape)
    layout = draw(st.sampled_from(layouts))
    if values is None:
        values = draw(few_of(values_for(dtype)))
    return layout(draw(filled(dtype, shape, values)))


@st.composite
def few_of(draw, values):
    """Draws one to six of the values: so nan is in some arrays, not in all.

    Every third time the first value, the simplest, is among them.  One draw decides all
    that: of many small ones Hypothesis likes to make all alike.
    """
    generator = np.random.default_rng(draw(SEEDS))
    chosen = generator.integers(0, len(values), generator.integers(1, 7))
    if generator.integers(3) == 0:
        chosen[0] = 0
    return tuple(values[i] for i in chosen)


@st.composite
def filled(draw, dtype, shape, values):
    """Draws a C array of `shape` whose elements are among `values`."""
    size = math.prod(shape)
    if size <= DRAWN_ONE_BY_ONE:
        index = st.integers(0, len(values) - 1)
        indices = draw(st.lists(index, min_size=size, max_size=size))
    else:
        generator = np.random.default_rng(draw(SEEDS))
        indices = generator.integers(0, len(values), size)
    return np.array([values[i] for i in indices], dtype).reshape(shape)


@st.composite
def distinct_arrays(draw, dtype="float64", shape=None, spacing=0.25, layouts=None):
    """Draws an array without ties: its elements are at least `spacing` apart."""
    if shape is None:
        shape = shapes()
    if isinstance(shape, st.SearchStrategy):
        shape = draw(shape)
    layout = draw(st.sampled_from(layouts or WRITABLE_LAYOUTS))
    size = math.prod(shape)
    order = np.random.default_rng(draw(SEEDS)).permutation(size)
    return layout(((order - size // 2) * spacing).astype(dtype).reshape(shape))


@st.composite
def same_shape(
    draw, dtype="float64", count=2, shape=None, values=None, layouts=LAYOUTS
):
    """Draws `count` arrays of one shape, each with values and a layout of its own."""
    shape = draw(shapes() if shape is None else shape)
    return tuple(draw(arrays(dtype, shape, values, layouts)) for _ in range(count))


@st.composite
def broadcastable(
    draw, dtype="float64", count=2, values=None, layouts=LAYOUTS, **limits
):
    """Draws `count` arrays whose shapes broadcast together.

    `limits` are those of `broadcastable_shapes`.
    """
    drawn = draw(broadcastable_shapes(count, **limits))
    return tuple(draw(arrays(dtype, shape, values, layouts)) for shape in drawn)


def broadcastable_pairs(dtype="float64", values=None, layouts=LAYOUTS, **limits):
    """Draws two arrays whose shapes broadcast together."""
    return broadcastable(dtype, 2, values, layouts, **limits)
