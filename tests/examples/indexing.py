"""Calls of the kernels that pick elements by position."""

import numpy as np
from hypothesis import strategies as st

from minikeras.kernels.reference import reference
from tests.examples.call import Call
from tests.strategies import GENTLE, arrays, axis_of, distinct_arrays, shapes

INDEX_DTYPES = ("int32", "int64")
FEW_AXES = shapes(min_dims=1, max_dims=3)


@st.composite
def items(draw, dtype, purpose):
    x = draw(arrays(dtype, values=values_for(purpose)))
    return Call((x,), {"key": draw(keys_of(x.shape))})


@st.composite
def item_gradients(draw, dtype, purpose):
    [x], parameters = draw(items(dtype, purpose))
    part = reference.getitem(x, **parameters)
    grad = draw(arrays(dtype, part.shape, values_for(purpose)))
    return Call((grad, x), parameters)


@st.composite
def keys_of(draw, shape):
    """Draws ints and slices, perhaps a None, perhaps ... in place of some axes."""
    ellipsis_at = draw(st.integers(0, len(shape)))
    key = [draw(part_of(n)) for n in shape]
    skipped = draw(st.integers(0, len(shape) - ellipsis_at))
    if skipped or draw(st.booleans()):
        key[ellipsis_at : ellipsis_at + skipped] = [...]
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), None)
    return key[0] if len(key) == 1 and draw(st.booleans()) else tuple(key)


@st.composite
def part_of(draw, side):
    """Draws an int (where there is a place) or a slice for an axis."""
    if side and draw(st.booleans()):
        return draw(st.integers(-side, side - 1))
    bound = st.none() | st.integers(-side - 1, side + 1)
    step = st.none() | st.sampled_from((1, 2, -1, -2))
    return slice(draw(bound), draw(bound), draw(step))


@st.composite
def takes(draw, dtype, purpose):
    x = draw(arrays(dtype, FEW_AXES, values_for(purpose)))
    axis = draw(axis_of(x.shape))
    shape = draw(shapes(max_dims=2, max_side=4)) if x.shape[axis] else (0,)
    return Call((x, draw(indices_for(x.shape[axis], shape))), {"axis": axis})


@st.composite
def take_gradients(draw, dtype, purpose):
    (x, indices), parameters = draw(takes(dtype, purpose))
    picked = reference.take(x, indices, **parameters)
    grad = draw(arrays(dtype, picked.shape, values_for(purpose)))
    return Call((grad, x, indices), parameters)


@st.composite
def takes_along_axes(draw, dtype, purpose):
    """Axes other than the one picked along broadcast: sides of 1 in x or in indices."""
    shape = list(draw(FEW_AXES))
    axis = draw(axis_of(shape))
    count = draw(st.integers(0, 4)) if shape[axis] else 0
    of_x = [n if i == axis % len(shape) else draw(side(n)) for i, n in enumerate(shape)]
    of_indices = [draw(side(n)) for n in shape]
    of_indices[axis] = count
    x = draw(arrays(dtype, tuple(of_x), values_for(purpose)))
    indices = draw(indices_for(shape[axis], tuple(of_indices)))
    return Call((x, indices), {"axis": axis})


@st.composite
def take_along_axis_gradients(draw, dtype, purpose):
    (x, indices), parameters = draw(takes_along_axes(dtype, purpose))
    picked = reference.take_along_axis(x, indices, **parameters)
    grad = draw(arrays(dtype, picked.shape, values_for(purpose)))
    return Call((grad, x, indices), parameters)


@st.composite
def one_hots(draw, dtype, purpose):
    classes = draw(st.integers(0, 6))
    values = (*range(classes), -1, -2, classes, classes + 1)
    index_dtype = draw(st.sampled_from(INDEX_DTYPES))
    indices = draw(arrays(index_dtype, shapes(max_dims=3), values))
    return Call((indices,), {"classes": classes, "dtype": dtype})


@st.composite
def sorts(draw, dtype, purpose):
    ties = arrays(dtype, shapes(min_dims=1))
    x = draw(ties if purpose == "values" else distinct_arrays(dtype, FEW_AXES))
    return Call((x,), {"axis": draw(axis_of(x.shape))})


@st.composite
def indices_for(draw, count, shape):
    """Draws an array of indices into an axis with `count` places, some from its end."""
    dtype = draw(st.sampled_from(INDEX_DTYPES))
    if count == 0:
        return np.zeros(shape, dtype)
    values = (*range(count), *range(-count, 0))
    return draw(arrays(dtype, shape, values))


def side(n):
    """Draws a size that broadcasts to n."""
    return st.sampled_from((n, n, 1))


def values_for(purpose):
    """Returns smooth functions' usual values; None is for all that there are."""
    return None if purpose == "values" else GENTLE


EXAMPLES = {
    "getitem": items,
    "getitem_grad": item_gradients,
    "take": takes,
    "take_grad": take_gradients,
    "take_along_axis": takes_along_axes,
    "take_along_axis_grad": take_along_axis_gradients,
    "one_hot": one_hots,
    "argsort": sorts,
}
