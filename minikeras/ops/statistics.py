"""Values in order of size: medians and quantiles; and vectors scaled to length one.

Apart from `reduction` because these sort, and build on it.
"""

import math
import operator
from typing import Any

from minikeras import config
from minikeras.kernels.shapes.shape_dtype import normalized_axes
from minikeras.ops.indexing import sort
from minikeras.ops.reduction import axes, norm
from minikeras.ops.shape import moveaxis
from minikeras.primitives import elementwise, indexing, reduction, shape
from minikeras.values.tensor import Tensor, as_float
from minikeras.values.types import Axis, TensorLike

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def median(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Returns the middle value, or the mean of the two in the middle; nan if one is."""
    return quantile(x, 0.5, axis=axis, keepdims=keepdims)


def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Returns the values below which a share q of the numbers lies; nan if one is nan.

    It is found at place q·(n - 1) of the n sorted numbers, and `method` says what that
    is between two of them: "linear", "lower", "higher", "midpoint" or "nearest".

    Shapes: x (a, n) → (a,) for axis=1, and (m, a) if q is a list of m shares.
    Raises: ValueError for another method, or a share outside of [0, 1].
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    x = as_float(x)
    reduced = normalized_axes(axes(axis), x.ndim)
    lines = sort(lines_along(x, reduced))
    shares: Any = q if hasattr(q, "__len__") else [q]
    results = [quantile_of_lines(lines, float(share), method) for share in shares]
    if keepdims:
        results = [shape.expand_dims(x, axis=tuple(sorted(reduced))) for x in results]
    if not hasattr(q, "__len__"):
        return results[0]
    return shape.concatenate(*(shape.expand_dims(x, axis=0) for x in results), axis=0)


def lines_along(x: Tensor, reduced: tuple[int, ...]) -> Tensor:
    """Returns x with the axes that are reduced merged into a last one."""
    kept = tuple(side for i, side in enumerate(x.shape) if i not in reduced)
    x = moveaxis(x, reduced, tuple(range(-len(reduced), 0)))
    return shape.reshape(x, shape=(*kept, -1))


def quantile_of_lines(lines: Tensor, share: float, method: str) -> Tensor:
    """Returns the quantile along the last axis, which is sorted."""
    if not 0 <= share <= 1:
        raise ValueError(f"A quantile needs a share from 0 to 1; got {share}.")
    side = lines.shape[-1]
    if side == 0:
        raise ValueError(
            "There is no quantile of nothing: the axis reduced has size 0."
        )
    # Of a symbolic axis only the shape of the result matters, as if it had one place.
    place = share * ((1 if side is None else side) - 1)
    lower, upper = at(lines, math.floor(place)), at(lines, math.ceil(place))
    if method == "linear":
        step = elementwise.subtract(upper, lower)
        value = elementwise.add(lower, elementwise.multiply(step, place % 1))
    elif method == "midpoint":
        value = elementwise.divide(elementwise.add(lower, upper), 2.0)
    elif method == "nearest":
        value = at(lines, round(place))
    else:
        value = lower if method == "lower" else upper
    last = at(lines, -1)  # nan is sorted to the end
    return elementwise.where(elementwise.isnan(last), last, value)


def at(lines: Tensor, i: int) -> Tensor:
    """Returns element i along the last axis."""
    return indexing.getitem(lines, key=(..., i))


def normalize(
    x: TensorLike, axis: Axis | None = -1, order: int = 2, epsilon: float | None = None
) -> Tensor:
    """Scales vectors to length 1: x / max(‖x‖, epsilon), with the `order`-norm.

    Raises: ValueError if `order` is no positive integer.
    """
    try:
        order = operator.index(order)
    except TypeError:
        order = 0
    if order < 1:
        raise ValueError("normalize needs a positive integer as order.")
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        total = reduction.sum(elementwise.square(x), axis=axes(axis), keepdims=True)
        scale = elementwise.rsqrt(elementwise.maximum(total, epsilon**2))
        return elementwise.multiply(x, scale)
    length = norm(x, order, axis, keepdims=True)
    return elementwise.divide(x, elementwise.maximum(length, epsilon))
