"""How much of what varies is explained."""

from typing import Any

from minikeras.losses.pairs import squeeze_or_expand
from minikeras.metrics.metric import Metric
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """The coefficient of determination of each output.

        R² = 1 - Σ (t - p)² / Σ (t - mean t)²

    At most 1; 0 for always predicting the mean, and where the targets do not vary.
    class_aggregation: the mean over the outputs, that weighted by their variance, or
    None for all of them.
    num_regressors: as many explanations the score is reduced for, where there are
    enough samples: 1 - (1 - R²) (n - 1) / (n - num_regressors - 1).

    Shapes: (n, outputs), (n, outputs) → () or (outputs,).
    Raises: ValueError for other aggregations, numbers < 0, or shapes.
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{AGGREGATIONS}. Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self.sums: list[Variable] = []  # of t², t, (t - p)², and of the weights

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Adds up the squares of one batch."""
        true, predicted = squeeze_or_expand(
            as_tensor(y_true, self.dtype), as_tensor(y_pred, self.dtype)
        )
        if not self.sums:
            if true.ndim != 2 or predicted.ndim != 2:
                raise ValueError(
                    "R2Score expects 2D inputs with shape (batch_size, output_dim). "
                    f"Received input shapes: y_pred.shape={predicted.shape} and "
                    f"y_true.shape={true.shape}."
                )
            names = "squared_sum", "sum", "residual", "count"
            shape = predicted.shape[1:]
            self.sums = [self.add_variable(shape, "zeros", name=name) for name in names]
        weights = ops.ones_like(true)
        if sample_weight is not None:
            given = as_tensor(sample_weight, self.dtype)
            given = ops.expand_dims(given, 1) if given.ndim == 1 else given
            weights = ops.broadcast_to(given, true.shape)
        weighted = true * weights
        parts = true * weighted, weighted, ops.square(true - predicted) * weights
        for total, part in zip(self.sums, (*parts, weights), strict=True):
            total.assign_add(ops.sum(part, axis=0))
        self.num_samples.assign_add(float(true.size or 0))

    def result(self) -> Tensor:
        if not self.sums:
            return ops.zeros((), self.dtype)
        squares, total, residual, count = self.sums
        variation = squares - total * (total / count)
        scores = 1.0 - residual / variation
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        score = scores
        if self.class_aggregation == "uniform_average":
            score = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.sum(variation * scores) / ops.sum(variation)
        if not self.num_regressors:
            return score
        left = self.num_samples - (self.num_regressors + 1.0)
        enough = ops.greater(left, 0.0)
        left = ops.where(enough, left, 1.0)
        reduced = 1.0 - (1.0 - score) * (self.num_samples - 1.0) / left
        return ops.where(enough, reduced, score)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
