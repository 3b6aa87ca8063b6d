"""The base class of losses, and how per-sample values become one number."""

from collections.abc import Callable
from typing import Any, Self

from minikeras import losses
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.ops import functions as ops
from minikeras.saving.objects import serialize_object
from minikeras.tree import map_structure
from minikeras.values.dtypes import floatx, standardize_dtype
from minikeras.values.naming import auto_name
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, Shape, Structure, TensorLike

REDUCTIONS = (
    None,
    "none",
    "sum",
    "mean",
    "sum_over_batch_size",
    "mean_with_sample_weight",
)


class Loss:
    """Compares targets with predictions, and reduces the result to one number.

    A subclass defines `call(y_true, y_pred)`, which returns a value per sample.

    reduction: "sum_over_batch_size" (or "mean") divides the weighted sum by the number
    of values, "mean_with_sample_weight" by the sum of the weights, "sum" by nothing;
    "none" leaves the values as they are.
    Raises: ValueError for another reduction.
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DType | None = None,
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(
                "Invalid value for argument `reduction`. Expected one of "
                f"{', '.join(map(repr, REDUCTIONS))}. Received: reduction={reduction!r}"
            )
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self.dtype = compute_dtype(dtype)

    # Whether targets may be class numbers, which no floating point should round.
    takes_labels = False
    # Whether predictions are divided by their sum, along the last axis.
    normalizes = False

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns a value per sample."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no call(y_true, y_pred)."
        )

    def __call__(
        self,
        y_true: Structure,
        y_pred: Structure,
        sample_weight: TensorLike | None = None,
    ) -> Tensor:
        """Returns the reduced loss; a mask on y_pred leaves out what it hides."""
        mask = getattr(y_pred, "_keras_mask", None)
        y_pred = map_structure(self._in_own_dtype, y_pred)
        convert = as_tensor if self.takes_labels else self._in_own_dtype
        y_true = map_structure(convert, y_true)
        if mask is not None and self.normalizes and isinstance(y_pred, Tensor):
            y_pred = ones_where_hidden(y_pred, mask)
        values = self.call(y_true, y_pred)
        if values is None:
            raise ValueError(
                f"The loss {self.name} returned None; expected a value per sample. "
                "Does it end with a return statement?"
            )
        mask_of_values = getattr(values, "_keras_mask", None)
        if mask is not None and mask_of_values is not None:
            mask = ops.logical_and(mask, mask_of_values)
        elif mask is None:
            mask = mask_of_values
        return reduce_weighted(values, sample_weight, mask, self.reduction, self.dtype)

    def _in_own_dtype(self, x: TensorLike) -> Tensor:
        """Returns a Tensor in the dtype of the loss."""
        return cast(as_tensor(x), self.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a loss from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A loss made from a function (y_true, y_pred, **keywords) → a value per sample."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self.keywords = keywords
        self.takes_labels = fn in losses.OF_LABELS
        self.normalizes = normalizes(fn, keywords)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            y_true, y_pred = squeeze_or_expand(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.keywords)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        config = super().get_config()
        if type(self) is LossFunctionWrapper:
            config["fn"] = serialize(self.fn)
        return {**config, **self.keywords}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a loss from what `get_config` returned; `fn` may be a name.

        Raises: ValueError if no function of ours, or of yours, has that name.
        """
        if isinstance(config.get("fn"), (str, dict)):
            fn = losses.deserialize(config["fn"], custom_objects)
            config = {**config, "fn": fn}
        return cls(**config)


def compute_dtype(dtype: Any) -> str:
    """Returns the dtype to compute in: as given, that of a policy, or floatx()."""
    return standardize_dtype(getattr(dtype, "compute_dtype", dtype) or floatx())


def reduce_weighted(
    values: TensorLike,
    sample_weight: TensorLike | None,
    mask: Tensor | None,
    reduction: str | None,
    dtype: DType,
) -> Tensor:
    """Returns the reduction of values · weights, over what the mask shows."""
    values = cast(as_tensor(values), dtype)
    if mask is not None:
        sample_weight = weights_under_mask(sample_weight, mask, reduction, dtype)
    if sample_weight is not None:
        weights = as_tensor(sample_weight, dtype)
        values, weights = squeeze_or_expand(values, weights)
        while weights.ndim and weights.ndim < values.ndim:
            weights = ops.expand_dims(weights, -1)
        check_weights(as_tensor(sample_weight).shape, weights.shape, values.shape)
        values = values * weights
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weights))
    if values.size == 0:
        return ops.sum(values)  # 0, not 0/0
    return ops.mean(values)


def normalizes(fn: Callable[..., Any], keywords: dict[str, Any]) -> bool:
    """Whether a loss divides each row of predictions by its sum."""
    return fn in losses.NORMALIZING and keywords.get("axis", -1) == -1


def ones_where_hidden(y_pred: Tensor, mask: Tensor) -> Tensor:
    """Returns predictions that are 1 wherever the mask hides them.

    A row of zeros, as recurrent layers put there, has no probabilities: 0/0.  A weight
    of 0 does not make a number of that, neither in the loss nor in its gradient.
    """
    if mask.shape != y_pred.shape[:-1]:
        return y_pred
    shown = ops.expand_dims(ops.cast(mask, "bool"), -1)
    return ops.where(shown, y_pred, ops.ones_like(y_pred))


def check_weights(given: Shape, shape: Shape, values: Shape) -> None:
    """Refuses weights, `given` and then filled up to `shape`, of other sizes."""
    sizes = zip(reversed(shape), reversed(values), strict=False)
    if any(n != m and 1 not in (n, m) and None not in (n, m) for n, m in sizes):
        raise ValueError(
            "sample_weight needs a weight per sample, or per value of the loss, which "
            f"has shape {values}; got shape {given}. Does the loss average over an "
            "axis that the weights have?"
        )


def weights_under_mask(
    sample_weight: TensorLike | None,
    mask: Tensor,
    reduction: str | None,
    dtype: DType,
) -> Tensor:
    """Returns weights that are 0 where the mask hides.

    Where the sum will be divided by the number of all values, the others are scaled up
    by total / shown: the mean is then over what is shown.
    """
    mask = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        total = float(mask.size or 0)  # of a symbolic mask it is not known
        mask = mask * (total / (ops.sum(mask) + 1e-7))
    if sample_weight is None:
        return mask
    weights = as_tensor(sample_weight, dtype)
    weights, mask = squeeze_or_expand(weights, mask)
    while weights.ndim and weights.ndim < mask.ndim:
        weights = ops.expand_dims(weights, -1)
    return weights * mask


def serialize(loss: Callable[..., Any]) -> dict[str, Any]:
    """Returns the configuration of a Loss, or of a function by its name."""
    return serialize_object("losses", loss)
