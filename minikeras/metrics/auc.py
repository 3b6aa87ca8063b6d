"""The area under a curve that thresholds draw: ROC, precision-recall, and its gain."""

from collections.abc import Sequence
from typing import Any

from minikeras import config
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.metrics.confusion import count, limits_of, weights_like
from minikeras.metrics.metric import Metric
from minikeras.ops import functions as ops
from minikeras.values.room import take_room
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


class AUC(Metric):
    """The area under a curve, by a sum over thresholds.

    curve: "ROC" is the true positive rate over the false positive rate, "PR" precision
    over recall, "PRGAIN" their gains over an answer that is always yes.
    summation_method: "interpolation" between the points (for PR of the counts, not of
    the precision), or the lower ("minoring") or the upper ("majoring") of two.
    num_thresholds: > 1, spaced evenly in [0, 1], unless `thresholds` are given.
    multi_label: an area for each column of (n, labels), and their mean, weighted by
    `label_weights`; otherwise those weigh the answers.

    >>> auc = AUC(num_thresholds=3)
    >>> auc.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    >>> float(auc.result())
    0.75

    Raises: ValueError for a curve or method there is none of, or too few thresholds.
    Source: Davis and Goadrich, The Relationship Between Precision-Recall and ROC
    Curves, 2006; Flach and Kull, Precision-Recall-Gain Curves, 2015.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DType | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = one_of("AUC curve", curve, CURVES)
        self.summation_method = one_of(
            "AUC summation method", summation_method, SUMMATIONS
        )
        self.given_thresholds = None if thresholds is None else sorted(thresholds)
        inner = self.given_thresholds
        if inner is None:
            if num_thresholds <= 1:
                raise ValueError(
                    "Argument `num_thresholds` must be an integer > 1. Received: "
                    f"num_thresholds={num_thresholds}"
                )
            take_room((num_thresholds, 4), "float64")  # as a list takes it
            last = num_thresholds - 1
            inner = [i / last for i in range(1, last)]
        # A bit further than all predictions, so that the curve has both its ends.
        epsilon = config.epsilon()
        self.thresholds = [-epsilon, *inner, 1.0 + epsilon]
        self.num_thresholds = len(self.thresholds)
        self.limits = limits_of(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else list(label_weights)
        self.weights_of_labels: Variable | None = None
        if self.label_weights is not None:
            self.weights_of_labels = limits_of(self.label_weights)
        self.from_logits = from_logits
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self.counters: list[Variable] = []
        if not multi_label:
            self.make_counters(())
        elif num_labels:
            self.make_counters((num_labels,))

    def make_counters(self, labels: tuple[int, ...]) -> None:
        """Creates the counts at each threshold, for each label if there are several."""
        names = "true_positives", "false_positives", "true_negatives", "false_negatives"
        self.counters = [
            self.add_variable((self.num_thresholds, *labels), "zeros", name=name)
            for name in names
        ]
        vars(self).update({counter.name: counter for counter in self.counters})

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Counts the answers of one batch at each threshold.

        Shapes: (n, ...), (n, ...), weights (n,) or (n, ...); all (n, labels) with
        `multi_label`.
        """
        predicted = as_tensor(y_pred)
        if self.multi_label and not self.counters:
            if predicted.ndim != 2:
                raise ValueError(
                    "`y_pred` must have rank 2 when `multi_label=True`; got shape "
                    f"{predicted.shape}."
                )
            self.make_counters(predicted.shape[1:])
        if self.from_logits:
            predicted = ops.sigmoid(predicted)
        dtype = self.counters[0].dtype
        true, predicted = cast(as_tensor(y_true), dtype), cast(predicted, dtype)
        predicted, true = squeeze_or_expand(predicted, true)
        weights = weights_like(true, sample_weight)
        if self.weights_of_labels is not None and not self.multi_label:
            by_label: Tensor = cast(self.weights_of_labels, dtype)
            weights = by_label if weights is None else weights * by_label
        if weights is not None:
            weights = ops.broadcast_to(weights, predicted.shape)
        if not self.multi_label:
            true, predicted = ops.reshape(true, (-1,)), ops.reshape(predicted, (-1,))
            weights = None if weights is None else ops.reshape(weights, (-1,))
        counts = count(true, predicted, self.thresholds, self.limits, weights)
        for counter, counted in zip(self.counters, counts, strict=True):
            counter.assign_add(counted)

    def result(self) -> Tensor:
        if not self.counters:
            return ops.zeros((), self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            parts = self.parts_of_precision_recall()
        else:
            x, y = self.points()
            lower, upper = y[1:], y[:-1]
            if self.summation_method == "interpolation":
                height = (lower + upper) / 2.0
            elif self.summation_method == "minoring":
                height = ops.minimum(lower, upper)
            else:
                height = ops.maximum(lower, upper)
            parts = (x[:-1] - x[1:]) * height
        area = ops.sum(parts, axis=0)
        if not self.multi_label:
            return area
        if self.weights_of_labels is None:
            return ops.mean(area)
        weights = self.weights_of_labels
        return ops.divide_no_nan(ops.sum(area * weights), ops.sum(weights))

    def points(self) -> tuple[Tensor, Tensor]:
        """Returns the curve: (x, y) at each threshold, from the right to the left."""
        tp, fp, tn, fn = self.counters
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return ops.divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, ops.divide_no_nan(tp, tp + fp)
        odds = ops.divide_no_nan(tp + fn, tn + fp)
        none = ops.equal(tp, 0.0)
        recall_gain = 1.0 - odds * ops.divide_no_nan(fn, tp)
        precision_gain = 1.0 - odds * ops.divide_no_nan(fp, tp)
        recall_gain = ops.where(none, 0.0, recall_gain)
        return ops.maximum(recall_gain, 0.0), ops.where(none, 1.0, precision_gain)

    def parts_of_precision_recall(self) -> Tensor:
        """Returns the area between each two thresholds, under precision over recall.

        Between them true positives grow in proportion to all positives, so precision
        does not follow a straight line: with slope s and intercept c of TP over P it is
        the integral of (s + c / P) over TP.
        """
        tp, fp, _, fn = self.counters
        positives = tp + fp
        more = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(
            more, ops.maximum(positives[:-1] - positives[1:], 0.0)
        )
        intercept = tp[1:] - slope * positives[1:]
        both = ops.logical_and(positives[:-1] > 0, positives[1:] > 0)
        ratio = ops.divide_no_nan(positives[:-1], ops.maximum(positives[1:], 0.0))
        ratio = ops.where(both, ratio, ops.ones_like(ratio))
        total = ops.maximum(tp[1:] + fn[1:], 0.0)
        return ops.divide_no_nan(slope * (more + intercept * ops.log(ratio)), total)

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        if self.given_thresholds is not None:
            config["thresholds"] = self.given_thresholds
        return config


def one_of(what: str, given: str, known: tuple[str, ...]) -> str:
    """Returns the one of the known names that is given, whatever its capitals."""
    for name in known:
        if str(given).lower() == name.lower():
            return name
    raise ValueError(f"Invalid {what} value: {given!r}. Expected values are {known}.")
