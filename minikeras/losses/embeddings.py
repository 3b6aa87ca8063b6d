"""The circle loss: embeddings of one class together, those of others apart."""

from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import TensorLike


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """Returns log(1 + Σ_same exp(γ a (d - m)) · Σ_other exp(γ b (1 - m - d))).

    d = max(1 - cosine, 0) is the distance to each reference, a = m + d and b = max(1 +
    m - d, 0) are how much it matters.  References are the samples themselves by
    default; then `remove_diagonal` leaves out the pair of a sample with itself.
    Samples without loss are masked: a mean is over the others.

    Shapes: labels (n,) or (n, 1), embeddings of length 1 (n, d) → (n,).
    Source: Sun and others, Circle Loss, 2020, equation 6.
    """
    embeddings = as_tensor(y_pred)
    labels = cast(as_tensor(y_true), "int32")
    others = embeddings if ref_embeddings is None else as_tensor(ref_embeddings)
    other_labels = (
        labels if ref_labels is None else cast(as_tensor(ref_labels), "int32")
    )
    distance = ops.maximum(1.0 - ops.matmul(embeddings, ops.transpose(others)), 0.0)
    same = ops.equal(ops.reshape(labels, (-1, 1)), ops.reshape(other_labels, (1, -1)))
    other = ops.logical_not(same)
    if remove_diagonal:
        rows, columns = same.shape
        same = ops.logical_and(
            same, ops.logical_not(ops.eye(rows, columns, dtype=bool))
        )
    near = gamma * (margin + distance) * (distance - margin)
    away = gamma * ops.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance)
    nothing = float("-inf")
    values = ops.softplus(
        ops.logsumexp(ops.where(same, near, nothing), axis=1)
        + ops.logsumexp(ops.where(other, away, nothing), axis=1)
    )
    values._keras_mask = values > 0
    return values
