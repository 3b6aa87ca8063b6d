"""Losses as classes: a function, its keywords, and a reduction."""

from typing import Any

from minikeras.losses import crossentropy, embeddings, hinges, overlap, regression
from minikeras.losses.loss import LossFunctionWrapper
from minikeras.values.types import Axis, DType


class MeanSquaredError(LossFunctionWrapper):
    """The mean of (y_true - y_pred)²."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of |y_true - y_pred|."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of 100 |y_true - y_pred| / |y_true|."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            regression.mean_absolute_percentage_error, reduction, name, dtype
        )


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of (log(1 + y_true) - log(1 + y_pred))²."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            regression.mean_squared_logarithmic_error, reduction, name, dtype
        )


class Huber(LossFunctionWrapper):
    """A square that goes on as a line beyond `delta`; see `huber`."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.huber, reduction, name, dtype, delta=delta)

    def get_config(self) -> dict[str, Any]:
        return without_default(super().get_config(), delta=1.0)


class LogCosh(LossFunctionWrapper):
    """The mean of log cosh(y_pred - y_true); see `log_cosh`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(regression.log_cosh, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between vectors; see `cosine_similarity`."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            regression.cosine_similarity, reduction, name, dtype, axis=axis
        )

    def get_config(self) -> dict[str, Any]:
        return without_default(super().get_config(), axis=-1)


class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true · y_pred, 0); see `hinge`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(hinges.hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true · y_pred, 0)²; see `squared_hinge`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(hinges.squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """max(best wrong score - right score + 1, 0); see `categorical_hinge`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(hinges.categorical_hinge, reduction, name, dtype)


class BinaryCrossentropy(LossFunctionWrapper):
    """The crossentropy of yes-or-no targets; see `binary_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            crossentropy.binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """A crossentropy in which what is known well counts less;
    see `binary_focal_crossentropy`.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            crossentropy.binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of one-hot targets; see `categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            crossentropy.categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """A crossentropy in which what is known well counts less;
    see `categorical_focal_crossentropy`.
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            crossentropy.categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            alpha=alpha,
            gamma=gamma,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of class numbers; see `sparse_categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            crossentropy.sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        return without_default(super().get_config(), axis=-1)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """(1 - p^q) / q of the right class: robust against labels that are wrong.

    q: in (0, 1).
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: DType | None = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1); got {q!r}.")
        super().__init__(
            crossentropy.categorical_generalized_cross_entropy,
            reduction,
            name,
            dtype,
            q=q,
        )


class CTC(LossFunctionWrapper):
    """The loss of labels without their times; see `ctc`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(crossentropy.ctc, reduction, name, dtype)


class KLDivergence(LossFunctionWrapper):
    """Σ t log(t / p), how far p is from t; see `kl_divergence`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(crossentropy.kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """The mean of p - t log p, for counts t; see `poisson`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(crossentropy.poisson, reduction, name, dtype)


class Dice(LossFunctionWrapper):
    """1 - 2 |T ∩ P| / (|T| + |P|), for segmentation; see `dice`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axis | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(overlap.dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """1 - |T ∩ P| / (|T ∩ P| + α |T \\ P| + β |P \\ T|); see `tversky`."""

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axis | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            overlap.tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis
        )


class Circle(LossFunctionWrapper):
    """Embeddings of one class together, those of others apart; see `circle`."""

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            embeddings.circle,
            reduction,
            name,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )


def without_default(config: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Returns a configuration without what has its default value.

    Keras does not save these keywords at all, and reads them if they are there.
    """
    return {
        key: value
        for key, value in config.items()
        if key not in defaults or value != defaults[key]
    }
