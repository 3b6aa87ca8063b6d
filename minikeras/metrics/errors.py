"""Losses as metrics: their means over all samples."""

from typing import Any

from minikeras.losses import crossentropy, hinges, regression
from minikeras.losses.classes import without_default
from minikeras.losses.pairs import as_pair
from minikeras.metrics.metric import Mean, MeanMetricWrapper
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, TensorLike


class MeanSquaredError(MeanMetricWrapper):
    """The mean of (y_true - y_pred)²."""

    def __init__(
        self, name: str | None = "mean_squared_error", dtype: DType | None = None
    ) -> None:
        super().__init__(regression.mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """The square root of the mean of (y_true - y_pred)²."""

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: DType | None = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]  # a mean of two things, as in Keras
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        y_true, y_pred = as_pair(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of |y_true - y_pred|."""

    def __init__(
        self, name: str | None = "mean_absolute_error", dtype: DType | None = None
    ) -> None:
        super().__init__(regression.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of 100 |y_true - y_pred| / |y_true|."""

    def __init__(
        self,
        name: str | None = "mean_absolute_percentage_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of (log(1 + y_true) - log(1 + y_pred))²."""

    def __init__(
        self,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of log cosh(y_pred - y_true); see `losses.log_cosh`."""

    def __init__(
        self, name: str | None = "logcosh", dtype: DType | None = None
    ) -> None:
        super().__init__(regression.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between vectors along `axis`: 1 is the same way.

    As a loss it is minus that.
    """

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: DType | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(regression.cosine, name, dtype, axis=axis)

    def get_config(self) -> dict[str, Any]:
        return without_default(super().get_config(), axis=-1)


class Hinge(MeanMetricWrapper):
    """The mean of max(1 - y_true · y_pred, 0); see `losses.hinge`."""

    def __init__(self, name: str | None = "hinge", dtype: DType | None = None) -> None:
        super().__init__(hinges.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of max(1 - y_true · y_pred, 0)²; see `losses.squared_hinge`."""

    def __init__(
        self, name: str | None = "squared_hinge", dtype: DType | None = None
    ) -> None:
        super().__init__(hinges.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """max(best wrong score - right score + 1, 0); see `losses.categorical_hinge`."""

    def __init__(
        self, name: str | None = "categorical_hinge", dtype: DType | None = None
    ) -> None:
        super().__init__(hinges.categorical_hinge, name, dtype)


class KLDivergence(MeanMetricWrapper):
    """Σ t log(t / p), how far p is from t; see `losses.kl_divergence`."""

    def __init__(
        self, name: str | None = "kl_divergence", dtype: DType | None = None
    ) -> None:
        super().__init__(crossentropy.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The mean of p - t log p, for counts t; see `losses.poisson`."""

    def __init__(
        self, name: str | None = "poisson", dtype: DType | None = None
    ) -> None:
        super().__init__(crossentropy.poisson, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """The crossentropy of yes-or-no targets; see `losses.binary_crossentropy`."""

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            crossentropy.binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of one-hot targets; see `losses.categorical_crossentropy`."""

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            crossentropy.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of class numbers; the function is in `losses`."""

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            crossentropy.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
