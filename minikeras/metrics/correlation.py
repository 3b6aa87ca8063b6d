"""How far predictions rise and fall with what is true."""

from minikeras import config
from minikeras.losses.pairs import as_pair
from minikeras.metrics.metric import MeanMetricWrapper
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, TensorLike


def pearson_correlation(
    y_true: TensorLike, y_pred: TensorLike, axis: int = -1
) -> Tensor:
    """Returns Pearson's correlation of targets and predictions along `axis`.

        mean((t - mean t) (p - mean p)) / (std t · std p)

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).  Range: [-1, 1]; nan where one of them
    is constant.
    """
    true, predicted = as_pair(y_true, y_pred)
    true = true - ops.mean(true, axis=axis, keepdims=True)
    predicted = predicted - ops.mean(predicted, axis=axis, keepdims=True)
    true = true / ops.std(true, axis=axis, keepdims=True)
    predicted = predicted / ops.std(predicted, axis=axis, keepdims=True)
    return ops.mean(true * predicted, axis=axis)


def concordance_correlation(
    y_true: TensorLike, y_pred: TensorLike, axis: int = -1
) -> Tensor:
    """Returns Lin's concordance: a correlation that minds scale and offset too.

        2 cov(t, p) / (var t + var p + (mean t - mean p)²)

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).  Range: [-1, 1].
    Source: Lin, A Concordance Correlation Coefficient, 1989.
    """
    true, predicted = as_pair(y_true, y_pred)
    true_mean = ops.mean(true, axis=axis, keepdims=True)
    mean = ops.mean(predicted, axis=axis, keepdims=True)
    apart = ops.square(true_mean - mean)
    spread = ops.var(true, axis=axis, keepdims=True)
    spread = spread + ops.var(predicted, axis=axis, keepdims=True) + apart
    together = (true - true_mean) * (predicted - mean)
    return ops.mean(2.0 * together / (spread + config.epsilon()), axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of Pearson's correlations along `axis`; see `pearson_correlation`."""

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: DType | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of Lin's concordances along `axis`; see `concordance_correlation`."""

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: DType | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
