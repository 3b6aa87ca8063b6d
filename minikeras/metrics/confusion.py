"""Counts of right and wrong answers at thresholds, and what follows from them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minikeras import config
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.metrics.metric import Metric
from minikeras.ops import functions as ops
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable

LEAST = -1e10  # the score of a class that is not among the top k


class Counts(NamedTuple):
    """How many answers of each kind there are, at each threshold."""

    true_positives: Tensor
    false_positives: Tensor
    true_negatives: Tensor
    false_negatives: Tensor


class AtThresholds(Metric):
    """Counts answers of some kinds at thresholds: a prediction above one is a yes.

    `kinds` are the counts that are kept, each in a variable of its name.
    """

    kinds: tuple[str, ...] = Counts._fields
    # The names of the variables, where they are not those of the kinds.
    variable_names: tuple[str, ...] = ()

    def __init__(
        self,
        thresholds: Sequence[float],
        name: str | None = None,
        dtype: DType | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.thresholds = list(thresholds)
        self.top_k = top_k
        self.class_id = class_id
        self.limits = limits_of(self.thresholds)
        self.counters = [
            self.add_variable((len(self.thresholds),), "zeros", name=variable)
            for variable in self.variable_names or self.kinds
        ]
        vars(self).update({counter.name: counter for counter in self.counters})

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Counts the answers of one batch.

        Shapes: (n, ...), (n, ...), weights (n,) or (n, ...).
        """
        dtype = self.counters[0].dtype
        true, predicted = cast(as_tensor(y_true), dtype), cast(as_tensor(y_pred), dtype)
        predicted, true = squeeze_or_expand(predicted, true)
        weights = weights_like(true, sample_weight)
        if self.top_k is not None:
            predicted = only_top_k(predicted, self.top_k)
        if self.class_id is not None:
            if predicted.ndim == 1:
                raise ValueError(
                    f"{self.name} counts class {self.class_id} alone, so predictions "
                    "need shape (n, classes); got shape "
                    f"{predicted.shape}."
                )
            true, predicted = self.column_of(true), self.column_of(predicted)
        if weights is not None:
            weights = ops.reshape(ops.broadcast_to(weights, predicted.shape), (-1,))
        counts = count(
            ops.reshape(true, (-1,)),
            ops.reshape(predicted, (-1,)),
            self.thresholds,
            self.limits,
            weights,
        )
        for counter, kind in zip(self.counters, self.kinds, strict=True):
            counter.assign_add(getattr(counts, kind))

    def column_of(self, values: Tensor) -> Tensor:
        """Returns the column of the class that alone counts, as (..., 1).

        Raises: ValueError if there is no such class.
        """
        classes, place = values.shape[-1], self.class_id or 0
        if classes is not None and not -classes <= place < classes:
            raise ValueError(
                f"{self.name} counts class {place} alone; got values of shape "
                f"{values.shape}, of {classes} classes."
            )
        return ops.expand_dims(values[..., place], -1)

    def share(self, part: str, other: str) -> Tensor:
        """Returns part / (part + other) at each threshold; 0 where there are none."""
        counted = dict(zip(self.kinds, self.counters, strict=True))
        return ops.divide_no_nan(counted[part], counted[part] + counted[other])


def count(
    true: Tensor,
    predicted: Tensor,
    thresholds: Sequence[float],
    limits: Tensor,
    weights: Tensor | None = None,
) -> Counts:
    """Counts answers at each threshold, or adds up their weights.

    `limits` are the thresholds in an array.  Where they are spaced evenly each
    prediction is put in the step that it reaches; a sum from the top then counts what
    is above each, in one pass.

    Shapes: true and predicted (n,) or (n, labels), weights of the same →
    (thresholds,) or (thresholds, labels).
    """
    yes = cast(ops.not_equal(true, 0), predicted.dtype)
    no = 1.0 - yes
    if weights is not None:
        yes, no = yes * weights, no * weights
    if evenly_spaced(thresholds):
        steps = steps_reached(predicted, thresholds)
        true_positives = sums_above(steps, yes, len(thresholds))
        false_positives = sums_above(steps, no, len(thresholds))
    else:
        limits = ops.reshape(cast(limits, predicted.dtype), (-1, *[1] * predicted.ndim))
        above = cast(ops.greater(ops.expand_dims(predicted, 0), limits), yes.dtype)
        true_positives = ops.sum(above * yes, axis=1)
        false_positives = ops.sum(above * no, axis=1)
    return Counts(
        true_positives,
        false_positives,
        ops.sum(no, axis=0) - false_positives,
        ops.sum(yes, axis=0) - true_positives,
    )


def limits_of(thresholds: Sequence[float]) -> Variable:
    """Returns thresholds in a Variable, which a recorded step can read."""
    return Variable(np.asarray(thresholds, floatx()), trainable=False, name="limits")


def evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether thresholds go from 0 to 1 in equal steps; the ends may be ε further."""
    count = len(thresholds)
    even = np.arange(count, dtype="float32") / max(count - 1, 1)
    return count >= 3 and bool(np.allclose(thresholds, even, atol=config.epsilon()))


def steps_reached(predicted: Tensor, thresholds: Sequence[float]) -> Tensor:
    """Returns above how many of evenly spaced thresholds each prediction is."""
    steps = ops.ceil(ops.clip(predicted, 0.0, 1.0) * float(len(thresholds) - 1))
    if thresholds[0] < 0.0 or thresholds[-1] > 1.0:
        steps = ops.maximum(steps, 1.0)  # the first is below all that there is
    return cast(steps, "int32")


def sums_above(steps: Tensor, values: Tensor, count: int) -> Tensor:
    """Returns for each threshold the sum of the values that are above it.

    Shapes: steps and values (n,) or (n, labels) → (count,) or (count, labels).
    """
    labels = values.shape[1:]
    places = ops.reshape(steps, (-1, 1))
    if labels:
        column = ops.broadcast_to(ops.arange(labels[0], dtype="int32"), steps.shape)
        places = ops.stack([ops.reshape(x, (-1,)) for x in (steps, column)], axis=1)
    # What is above k thresholds is at place k; nobody asks for those above none.
    reached = ops.scatter(places, ops.reshape(values, (-1,)), (count + 1, *labels))
    return ops.flip(ops.cumsum(ops.flip(reached[1:], axis=0), axis=0), axis=0)


def weights_like(true: Tensor, sample_weight: TensorLike | None) -> Tensor | None:
    """Returns weights with as many axes as the targets, or () for one for all."""
    if sample_weight is None:
        return None
    weights = cast(as_tensor(sample_weight), true.dtype)
    while 0 < weights.ndim < true.ndim:
        weights = ops.expand_dims(weights, -1)
    return ops.squeeze(weights, -1) if weights.ndim > true.ndim else weights


def only_top_k(predicted: Tensor, k: int) -> Tensor:
    """Returns scores with all but the k highest of each row far below any threshold."""
    classes = predicted.shape[-1]
    _, places = ops.top_k(predicted, k)
    chosen = ops.sum(ops.one_hot(places, classes, dtype="int32"), axis=-2)
    return ops.where(ops.greater(chosen, 0), predicted, LEAST)


def checked_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """Returns thresholds as a list; `default` for None.

    Raises: ValueError for one outside of [0, 1].
    """
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    invalid = [x for x in given if x is None or not 0 <= x <= 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid}")
    return given


class CountOfOneKind(AtThresholds):
    """The number of answers of one kind, or the sum of their weights."""

    variable_names = ("accumulator",)

    def __init__(
        self,
        thresholds: Any = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(checked_thresholds(thresholds), name, dtype)
        self.init_thresholds = thresholds

    def result(self) -> Tensor:
        [counter] = self.counters
        return first_alone(ops.copy(counter))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(CountOfOneKind):
    """How many predictions above the threshold are right."""

    kinds = ("true_positives",)


class FalsePositives(CountOfOneKind):
    """How many predictions above the threshold are wrong."""

    kinds = ("false_positives",)


class TrueNegatives(CountOfOneKind):
    """How many predictions that are not above the threshold are right."""

    kinds = ("true_negatives",)


class FalseNegatives(CountOfOneKind):
    """How many predictions that are not above the threshold are wrong."""

    kinds = ("false_negatives",)


class ShareOfTruePositives(AtThresholds):
    """The true positives among them and answers of another kind.

    With `top_k` only the k highest scores of a row can be a yes; with `class_id` one
    class alone counts.
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        default = 0.5 if top_k is None else LEAST
        super().__init__(
            checked_thresholds(thresholds, default), name, dtype, top_k, class_id
        )
        self.init_thresholds = thresholds

    def result(self) -> Tensor:
        return first_alone(self.share(*self.kinds))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(ShareOfTruePositives):
    """How many of the answers yes are right: TP / (TP + FP).

    >>> precision = Precision()
    >>> float(precision([0, 1, 1, 1], [1, 0, 1, 1])).__round__(4)
    0.6667
    """

    kinds = ("true_positives", "false_positives")


class Recall(ShareOfTruePositives):
    """How many of those to be found are found: TP / (TP + FN)."""

    kinds = ("true_positives", "false_negatives")


def first_alone(values: Tensor) -> Tensor:
    """Returns the value at the only threshold as a number, several as they are."""
    return values[0] if values.shape == (1,) else values
