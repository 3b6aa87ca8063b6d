"""Losses as metrics: their means over all samples."""

from minikeras.losses import crossentropy, regression
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


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of |y_true - y_pred|."""

    def __init__(
        self, name: str | None = "mean_absolute_error", dtype: DType | None = None
    ) -> None:
        super().__init__(regression.mean_absolute_error, name, dtype)


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
