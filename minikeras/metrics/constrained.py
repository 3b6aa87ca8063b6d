"""One share of right answers at its best, where another is at least so large."""

from typing import Any

from minikeras.metrics.confusion import AtThresholds
from minikeras.ops import functions as ops
from minikeras.values.room import take_room
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType

SHARES = {
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "precision": ("true_positives", "false_positives"),
}


class BestShare(AtThresholds):
    """The largest `best` over all thresholds at which `given` is at least `value`.

    num_thresholds: ≥ 1, spaced evenly in [0, 1].
    Raises: ValueError for a value outside of [0, 1], or fewer thresholds.
    """

    best = ""
    given = ""

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        if not 0 <= value <= 1:
            raise ValueError(
                f"Argument `{self.given}` must be in the range [0, 1]. Received: "
                f"{self.given}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. Received: "
                f"num_thresholds={num_thresholds}"
            )
        thresholds = [0.5]
        if num_thresholds > 1:
            take_room((num_thresholds, 4), "float64")  # as a list takes it
            thresholds = [i / (num_thresholds - 1) for i in range(num_thresholds)]
        super().__init__(thresholds, name, dtype, class_id=class_id)
        self.value = value
        self.num_thresholds = num_thresholds

    def result(self) -> Tensor:
        enough = ops.greater_equal(self.share(*SHARES[self.given]), self.value)
        best = self.share(*SHARES[self.best])
        return ops.max(ops.where(enough, best, ops.zeros_like(best)))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self.given: self.value,
        }


class SensitivityAtSpecificity(BestShare):
    """The best TP / (TP + FN) where TN / (TN + FP) is at least `specificity`."""

    best, given = "sensitivity", "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(BestShare):
    """The best TN / (TN + FP) where TP / (TP + FN) is at least `sensitivity`."""

    best, given = "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(BestShare):
    """The best TP / (TP + FP) where TP / (TP + FN) is at least `recall`."""

    best, given = "precision", "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(BestShare):
    """The best TP / (TP + FN) where TP / (TP + FP) is at least `precision`."""

    best, given = "recall", "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
