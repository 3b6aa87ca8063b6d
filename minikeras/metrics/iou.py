"""Intersection over union: how much of two regions is shared, for segmentation."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config
from minikeras.metrics.metric import Metric
from minikeras.ops import functions as ops
from minikeras.values.room import take_room
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable


class IoU(Metric):
    """The mean over some classes of TP / (TP + FP + FN).

    Classes come as numbers (`sparse_y_true`, `sparse_y_pred`) or as scores along
    `axis`, of which the highest counts.  Pairs with a class number outside of [0,
    num_classes), or with a target of `ignore_class`, are left out.  A class that
    neither has is left out of the mean.

    Shapes: classes (n, ...), scores (n, ..., num_classes), weights (n, ...) → ().
    Raises: ValueError for a target class that is none.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype or "int32", name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        # In a Variable, for a recorded step to read.
        self.targets = Variable(
            np.asarray(self.target_class_ids, "int32"), trainable=False, name="targets"
        )
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes),
            "zeros",
            self.dtype,
            name="total_confusion_matrix",
        )

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Counts the pairs of target and predicted class of one batch."""
        true, predicted = as_tensor(y_true), as_tensor(y_pred)
        if not self.sparse_y_true:
            true = ops.argmax(true, axis=self.axis)
        if not self.sparse_y_pred:
            predicted = ops.argmax(predicted, axis=self.axis)
        true = ops.reshape(cast(true, "int32"), (-1,))
        predicted = ops.reshape(cast(predicted, "int32"), (-1,))
        inside = ops.logical_and(self.is_class(true), self.is_class(predicted))
        if self.ignore_class is not None:
            inside = ops.logical_and(inside, ops.not_equal(true, self.ignore_class))
        weights = self.weights(sample_weight)
        weights = ops.where(inside, weights, ops.zeros_like(weights))
        pairs = ops.stack(
            [
                ops.where(inside, classes, ops.zeros_like(classes))
                for classes in (true, predicted)
            ],
            axis=1,
        )
        self.total_cm.assign_add(ops.scatter(pairs, weights, self.total_cm.shape))

    def is_class(self, numbers: Tensor) -> Tensor:
        """Says which numbers are those of classes."""
        return ops.logical_and(
            ops.greater_equal(numbers, 0), ops.less(numbers, self.num_classes)
        )

    def weights(self, sample_weight: TensorLike | None) -> Tensor:
        """Returns the weights of the pairs in a row, or one for all."""
        if sample_weight is None:
            return ops.ones((), self.dtype)
        weights = as_tensor(sample_weight)
        if "float" in weights.dtype and "int" in self.dtype:
            warnings.warn(
                f"The weights of {self.name} are {weights.dtype}, but it counts in "
                f"{self.dtype}: their fractions are cut off. Give it dtype='float32'.",
                UserWarning,
                stacklevel=3,
            )
        weights = cast(weights, self.dtype)
        return ops.reshape(weights, (-1,)) if weights.ndim > 1 else weights

    def result(self) -> Tensor:
        matrix = cast(self.total_cm, "float32")
        shared = ops.diag(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - shared
        some = ops.greater(union, 1e-9)
        share = ops.where(some, shared / (union + config.epsilon()), 0.0)
        share, some = ops.take(share, self.targets), ops.take(some, self.targets)
        return ops.sum(share) / (ops.sum(cast(some, "float32")) + config.epsilon())

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


class BinaryIoU(IoU):
    """The mean IoU of yes and no; a prediction of at least the threshold is a yes.

    Shapes: targets of 0 and 1 (n, ...), scores (n, ...) → ().
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        """Counts the pairs of target and answer of one batch."""
        answers = ops.greater_equal(as_tensor(y_pred, "float32"), self.threshold)
        super().update_state(y_true, cast(answers, "int32"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {
            "target_class_ids": self.target_class_ids,
            "threshold": self.threshold,
            "name": self.name,
            "dtype": self.dtype,
        }


class MeanIoU(IoU):
    """The mean IoU of all classes; see `IoU`."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        take_room((num_classes, 4), "float64")  # as the list of them takes it
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["target_class_ids"]
        return config


class OneHotIoU(IoU):
    """The mean IoU of some classes, of one-hot targets; see `IoU`."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            target_class_ids,
            name,
            dtype,
            ignore_class,
            False,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config


class OneHotMeanIoU(MeanIoU):
    """The mean IoU of all classes, of one-hot targets; see `IoU`."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config
