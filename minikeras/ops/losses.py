"""Crossentropies: how badly a prediction tells the truth, one number per example.

From logits they are primitives of their own, for a probability that was rounded to 0 or
1 has lost what the loss needs.
"""

from minikeras import config
from minikeras.ops.shape import differ, moveaxis
from minikeras.primitives import elementwise, indexing, losses, reduction, shape
from minikeras.values.tensor import (
    Tensor,
    as_float,
    as_tensor,
    as_tensors,
    cast,
    promote_to_float,
)
from minikeras.values.types import TensorLike


def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """Returns -t log p - (1 - t) log(1 - p), element by element.

    p is `output`, limited to [ε, 1 - ε] with ε = config.epsilon(); or its sigmoid, if
    it holds logits.

    Shapes: target t and output have one shape, which is that of the result.
    Raises: ValueError if they have not.
    """
    target, output = same_kind(target, output)
    if from_logits:
        return losses.sigmoid_cross_entropy(output, target)
    output = limited(output)
    true = elementwise.multiply(target, elementwise.log(output))
    false = elementwise.multiply(
        elementwise.subtract(1.0, target),
        elementwise.log(elementwise.subtract(1.0, output)),
    )
    return elementwise.negative(elementwise.add(true, false))


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Returns -Σ_j t_j log p_j along an axis.

    p is `output`, divided by its sum and limited to [ε, 1 - ε] with ε =
    config.epsilon(); or its softmax, if it holds logits.

    Shapes: target t and output (..., classes) → (...).
    Raises: ValueError if the shapes differ or have no axis.
    """
    target, output = same_kind(target, output)
    if target.ndim == 0:
        raise ValueError("categorical_crossentropy needs an axis of classes; got none.")
    if from_logits:
        if axis not in (-1, target.ndim - 1):
            target, output = moveaxis(target, axis, -1), moveaxis(output, axis, -1)
        return losses.softmax_cross_entropy(output, target)
    surprise = elementwise.multiply(target, log_probabilities(output, axis))
    return elementwise.negative(reduction.sum(surprise, axis=axis, keepdims=False))


def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Returns -log p_t, the target t being the number of the right class.

    p is `output`, divided by its sum along the axis and limited to [ε, 1 - ε] with
    ε = config.epsilon(); or its softmax, if it holds logits.

    Shapes: target (...) or (..., 1), output (..., classes) → (...).
    Raises: ValueError if the shapes do not fit; ValueError or IndexError if a target is
    not in [0, classes).
    """
    output, labels = as_float(output), as_tensor(target)
    if output.ndim == 0:
        raise ValueError("sparse_categorical_crossentropy needs an axis of classes.")
    labels = cast(labels, "int32") if labels.data.dtype.kind not in "iu" else labels
    if labels.ndim == output.ndim and labels.shape[-1] == 1:
        labels = shape.squeeze(labels, axis=-1)
    if axis not in (-1, output.ndim - 1):
        output = moveaxis(output, axis, -1)
    if differ(labels.shape, output.shape[:-1]):
        raise ValueError(
            "sparse_categorical_crossentropy needs targets of the shape of output "
            f"without its classes; got target {labels.shape} and output {output.shape}."
        )
    if from_logits:
        return losses.sparse_softmax_cross_entropy(output, labels)
    column = shape.expand_dims(labels, axis=-1)
    # An index of -1 would count from the end: beyond the end it is refused.
    column = elementwise.where(
        elementwise.less(column, 0), output.shape[-1] or 0, column
    )
    chosen = indexing.take_along_axis(log_probabilities(output, -1), column, axis=-1)
    return elementwise.negative(shape.squeeze(chosen, axis=-1))


def same_kind(target: TensorLike, output: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns both as floating-point Tensors of one dtype and one shape."""
    target, output = as_tensors(promote_to_float(target, output))
    if differ(target.shape, output.shape):
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}."
        )
    return target, output


def log_probabilities(output: Tensor, axis: int) -> Tensor:
    """Returns log of the output made a distribution, and kept from 0 and 1."""
    total = reduction.sum(output, axis=axis, keepdims=True)
    return elementwise.log(limited(elementwise.divide(output, total)))


def limited(output: Tensor) -> Tensor:
    """Keeps probabilities from 0 and 1, where logarithms are infinite."""
    epsilon = config.epsilon()
    return elementwise.clip(output, minimum=epsilon, maximum=1.0 - epsilon)
