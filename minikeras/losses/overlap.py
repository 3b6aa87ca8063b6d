"""Losses of sets: how little of two regions is shared, for segmentation."""

from minikeras import config
from minikeras.losses.pairs import in_one_dtype
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import Axis, TensorLike


def dice(y_true: TensorLike, y_pred: TensorLike, axis: Axis | None = None) -> Tensor:
    """Returns 1 - 2 |T ∩ P| / (|T| + |P|), sizes being sums along `axis`.

    >>> float(dice([1.0, 1.0, 0.0], [1.0, 0.0, 0.0])).__round__(4)
    0.3333

    Shapes: (n, ...), (n, ...) → (), or what the axes leave.  Range: [0, 1].
    Source: Milletari and others, V-Net, 2016.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    sizes = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1.0 - 2.0 * both / (sizes + config.epsilon())


def tversky(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis | None = None,
) -> Tensor:
    """Returns 1 - |T ∩ P| / (|T ∩ P| + α |T \\ P| + β |P \\ T|), sums along `axis`.

    With α = β = ½ it is `dice`.

    Shapes: (n, ...), (n, ...) → (), or what the axes leave.  Range: [0, 1].
    Source: Salehi and others, Tversky Loss Function for Image Segmentation, 2017.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1.0 - y_pred), axis=axis)
    invented = ops.sum((1.0 - y_true) * y_pred, axis=axis)
    return 1.0 - both / (both + alpha * missed + beta * invented + config.epsilon())
