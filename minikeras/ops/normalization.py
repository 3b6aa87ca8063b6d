"""Normalization: numbers shifted and scaled to mean 0 and variance 1, or to size 1."""

import warnings
from typing import Any

from minikeras import config
from minikeras.kernels.shapes.shape_dtype import normalized_axes, normalized_axis
from minikeras.ops.creation import full
from minikeras.ops.reduction import axes
from minikeras.primitives import elementwise, normalization, reduction, shape
from minikeras.values.tensor import Tensor, as_float, as_tensors, promote_to_float
from minikeras.values.types import Axis, TensorLike


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """Returns (x - mean) / √(variance + ε) · scale + offset, for each channel.

    Shapes: `axis` of x is that of the channels; the others (channels,).
    Raises: ValueError if they have another shape, or x has no such axis.
    """
    given = [part for part in (scale, offset) if part is not None]
    x, *rest = as_tensors(promote_to_float(x, mean, variance, *given))
    axis = normalized_axis(axis, x.ndim)
    for part in rest:
        if part.ndim != 1:
            raise ValueError(
                "batch_normalization needs mean, variance, offset and scale with one "
                f"number per channel; got shape {part.shape}."
            )
    mean, variance, *scaling = (along_axes(part, x.ndim, (axis,)) for part in rest)
    gamma, beta = scales(x, scale, offset, scaling)
    return normalization.standardize(x, mean, variance, gamma, beta, epsilon=epsilon)


def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Returns (x - mean) / √(variance + ε) · gamma + beta, with moments along `axis`.

    `rms_scaling=True` leaves out the mean and beta: x / √(variance + ε) · gamma.

    Shapes: x (..., n) → out the same; gamma and beta have the sides of x along `axis`.
    Raises: ValueError if they have others, or x has no such axis.
    Source: Ba, Kiros and Hinton, Layer normalization (2016).
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(
            "layer_normalization() got an unexpected keyword argument "
            f"{next(iter(kwargs))!r}"
        )
    epsilon = config.epsilon() if epsilon is None else epsilon
    given = [part for part in (gamma, beta) if part is not None]
    x, *rest = as_tensors(promote_to_float(x, *given))
    reduced = tuple(sorted(normalized_axes(axes(axis), x.ndim)))
    scaling = [along_axes(part, x.ndim, reduced) for part in rest]
    gamma, beta = scales(x, gamma, beta, scaling)
    if rms_scaling:
        warnings.warn(
            "layer_normalization(rms_scaling=True) divides by the deviation, not by "
            "the root mean square: use rms_normalization for that.",
            UserWarning,
            stacklevel=2,
        )
        variance = reduction.variance(x, axis=reduced, keepdims=True)
        deviation = elementwise.rsqrt(elementwise.add(variance, epsilon))
        return elementwise.multiply(elementwise.multiply(x, deviation), gamma)
    y, _, _ = normalization.layer_normalization(
        x, gamma, beta, axis=reduced, epsilon=epsilon
    )
    return y


def rms_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> Tensor:
    """Returns x / √(mean of x² along `axis` + ε) · scale.

    Shapes: x (..., n) → out the same; the scale has the sides of x along `axis`.
    Raises: ValueError if it has others, or x has no such axis.
    Source: Zhang and Sennrich, Root mean square layer normalization (2019).
    """
    epsilon = config.epsilon() if epsilon is None else epsilon
    x = as_float(x)
    reduced = tuple(sorted(normalized_axes(axes(axis), x.ndim)))
    mean_square = reduction.mean(elementwise.square(x), axis=reduced, keepdims=True)
    y = elementwise.multiply(
        x, elementwise.rsqrt(elementwise.add(mean_square, epsilon))
    )
    if scale is None:
        return y
    y, scale = as_tensors(promote_to_float(y, scale))
    if scale.ndim:
        scale = along_axes(scale, x.ndim, reduced)
    return elementwise.multiply(y, scale)


def along_axes(x: Tensor, ndim: int, along: tuple[int, ...]) -> Tensor:
    """Returns x with its axes at the places `along` of `ndim`, and sizes of 1 between.

    Raises: ValueError if x has another number of axes.
    """
    if x.ndim != len(along):
        raise ValueError(
            f"What scales the axes {along} must have {len(along)} of them; got shape "
            f"{x.shape}."
        )
    sides = [1] * ndim
    for i, side in zip(along, x.shape, strict=True):
        sides[i] = side
    return shape.reshape(x, shape=tuple(sides))


def scales(
    x: Tensor, gamma: TensorLike | None, beta: TensorLike | None, given: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """Returns γ and β of one shape: ones and zeros for those that were not given."""
    like = given[0].shape if given else (1,) * x.ndim
    parts = iter(given)
    return (
        full(like, 1.0, x.dtype) if gamma is None else next(parts),
        full(like, 0.0, x.dtype) if beta is None else next(parts),
    )
