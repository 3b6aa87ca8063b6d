"""F-scores: precision and recall in one number."""

from typing import Any

from minikeras import config
from minikeras.metrics.metric import Metric
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """The weighted harmonic mean of precision p and recall r.

        (1 + β²) p r / (β² p + r)

    average: None gives a score for each class, "macro" their mean, "weighted" that with
    the number of samples of each class, "micro" one score of all answers together.
    threshold: in (0, 1]; without one the highest score of each row is the answer.

    Shapes: (n, classes), (n, classes) of 0 and 1 and of scores → (classes,) or ().
    Raises: ValueError for other averages, β ≤ 0, other thresholds or shapes.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in AVERAGES:
            raise ValueError(
                f"Invalid `average` argument value. Expected one of: {AVERAGES}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0.0:
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float > 0. "
                f"Received: beta={beta} of type '{type(beta)}'"
            )
        if threshold is not None and not (
            isinstance(threshold, float) and 0.0 < threshold <= 1.0
        ):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float with "
                f"0 < threshold <= 1. Received: threshold={threshold}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.counters: list[Variable] = []

    def make_counters(self, true: tuple[Any, ...], predicted: tuple[Any, ...]) -> None:
        """Creates the counts, once it is known how many classes there are."""
        if len(true) != 2 or len(predicted) != 2:
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, "
                f"output_dim). Received input shapes: y_pred.shape={predicted} and "
                f"y_true.shape={true}."
            )
        shape = () if self.average == "micro" else predicted[1:]
        names = "true_positives", "false_positives", "false_negatives"
        self.counters = [
            self.add_variable(shape, "zeros", self.dtype, name=name)
            for name in (*names, "intermediate_weights")
        ]
        vars(self).update({counter.name: counter for counter in self.counters})

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Counts the answers of one batch."""
        true, scores = as_tensor(y_true, self.dtype), as_tensor(y_pred, self.dtype)
        if not self.counters:
            self.make_counters(true.shape, scores.shape)
        if self.threshold is None:
            highest = ops.max(scores, axis=-1, keepdims=True)
            # A row of zeros has no answer.
            some = ops.greater(ops.abs(scores), 1e-9)
            answers = ops.logical_and(ops.greater_equal(scores, highest), some)
        else:
            answers = ops.greater(scores, self.threshold)
        predicted = ops.cast(answers, self.dtype)
        axis = None if self.average == "micro" else 0
        kinds = [
            predicted * true,
            predicted * (1.0 - true),
            (1.0 - predicted) * true,
            true,
        ]
        if sample_weight is not None:
            weights = ops.expand_dims(as_tensor(sample_weight, self.dtype), 1)
            kinds = [kind * weights for kind in kinds]
        for counter, kind in zip(self.counters, kinds, strict=True):
            counter.assign_add(ops.sum(kind, axis=axis))

    def result(self) -> Tensor:
        if not self.counters:
            return ops.zeros((), self.dtype)
        tp, fp, fn, of_class = self.counters
        epsilon = config.epsilon()
        precision = tp / (tp + fp + epsilon)
        recall = tp / (tp + fn + epsilon)
        beta = self.beta**2
        score = precision * recall / (beta * precision + recall + epsilon) * (1 + beta)
        if self.average == "weighted":
            return ops.sum(score * (of_class / (ops.sum(of_class) + epsilon)))
        return score if self.average is None else ops.mean(score)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: 2 p r / (p + r)."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
