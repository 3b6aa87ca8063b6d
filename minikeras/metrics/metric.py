"""The base class of metrics, and the mean, the sum and the mean of a function."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from minikeras import initializers, metrics
from minikeras.losses.loss import (
    compute_dtype,
    normalizes,
    ones_where_hidden,
    weights_under_mask,
)
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.ops import functions as ops
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object
from minikeras.values.dtypes import FLOATS, floatx
from minikeras.values.naming import auto_name
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, Identifier, ShapeLike, TensorLike
from minikeras.values.variable import Variable


class Metric:
    """Something measured over many batches.

    A subclass creates its state with `add_variable`, takes a batch in with
    `update_state`, and says in `result` where it stands.

    >>> from minikeras import metrics
    >>> accuracy = metrics.BinaryAccuracy()
    >>> accuracy.update_state([[1.0], [0.0]], [[0.8], [0.7]])
    >>> float(accuracy.result())
    0.5
    """

    def __init__(self, dtype: DType | None = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.dtype = compute_dtype(dtype)
        self._variables: list[Variable] = []

    @property
    def variables(self) -> list[Variable]:
        """The state: its own, then that of metrics in its attributes.

        A Variable that `add_variable` has not made is no state: it is not reset.
        """
        found = {id(variable): variable for variable in self._variables}
        for value in vars(self).values():
            for metric in metrics_in(value):
                found |= {id(variable): variable for variable in metric.variables}
        return list(found.values())

    def add_variable(
        self,
        shape: ShapeLike,
        initializer: Identifier | None,
        dtype: DType | None = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Creates a Variable of the metric's state, and returns it.

        `aggregation` is for training on several devices; here it changes nothing.

        Raises: RuntimeError if `__init__` has not called that of Metric.
        """
        if "_variables" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__}.__init__ must call super().__init__() before "
                "it creates state."
            )
        variable = Variable(
            initializers.get(initializer or "zeros"),
            tuple(shape),
            dtype or floatx(),
            trainable=False,
            name=name,
        )
        variable.path = f"{self.name.replace('/', '>')}/{variable.name}"
        self._variables.append(variable)
        return variable

    def add_weight(
        self,
        shape: ShapeLike = (),
        initializer: Identifier | None = None,
        dtype: DType | None = None,
        name: str | None = None,
    ) -> Variable:
        """Creates a Variable of the metric's state, and returns it."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Takes one batch in."""
        raise NotImplementedError(f"{type(self).__name__} defines no update_state().")

    def result(self) -> Tensor:
        """Returns where the metric stands, as a 0-d Tensor."""
        raise NotImplementedError(f"{type(self).__name__} defines no result().")

    def reset_state(self) -> None:
        """Starts anew: all state becomes 0."""
        k = Tensor.active.kernels
        for variable in self.variables:
            k.assign(variable.data, k.zeros_like(variable.data))

    def stateless_update_state(
        self, metric_variables: Sequence[TensorLike], *args: Any, **kwargs: Any
    ) -> list[Tensor]:
        """Returns the state that a batch makes of `metric_variables`.

        The metric's own state stays what it is.
        """
        with self.in_state(metric_variables):
            self.update_state(*args, **kwargs)
            return [ops.copy(variable) for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[TensorLike]) -> Tensor:
        """Returns where the metric would stand if its state were `metric_variables`."""
        with self.in_state(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """Returns the state of a metric that has seen nothing."""
        with self.in_state(self.variables):
            self.reset_state()
            return [ops.copy(variable) for variable in self.variables]

    @contextmanager
    def in_state(self, state: Sequence[TensorLike]) -> Iterator[None]:
        """Puts the metric into a state for a block, and back into its own after it.

        Raises: ValueError unless there is one array for each of its variables.
        """
        variables = self.variables
        if len(state) != len(variables):
            raise ValueError(
                f"`metric_variables` needs one array for each of the {len(variables)} "
                f"variables of {self.name}, in their order; got {len(state)}."
            )
        own = [ops.copy(variable) for variable in variables]
        try:
            for variable, value in zip(variables, state, strict=True):
                variable.assign(value)
            yield
        finally:
            for variable, value in zip(variables, own, strict=True):
                variable.assign(value)

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Takes one batch in, and returns where the metric stands."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a metric from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def metrics_in(value: Any) -> Iterator[Metric]:
    """Yields the metrics of an attribute: one, or those in lists and dicts."""
    if isinstance(value, Metric):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from metrics_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from metrics_in(part)


class Sum(Metric):
    """The weighted sum of all values."""

    def __init__(self, name: str | None = "sum", dtype: DType | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(
        self, values: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        values, _ = per_sample(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Tensor:
        return ops.copy(self.total)


class Mean(Metric):
    """The weighted mean of all values: Σ w·v / Σ w."""

    def __init__(self, name: str | None = "mean", dtype: DType | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    def update_state(
        self, values: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        values, weights = per_sample(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        if weights is None:
            count = (
                float(values.shape[0] or 0) if values.ndim else 1.0
            )  # None: symbolic
            self.count.assign_add(count)
        else:
            self.count.assign_add(ops.sum(weights))

    def result(self) -> Tensor:
        return ops.divide_no_nan(self.total, self.count)


class MeanMetricWrapper(Mean):
    """The mean of a function (y_true, y_pred, **keywords) → a value per sample."""

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: DType | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or auto_name(type(self).__name__), dtype)
        self.fn = fn
        self.keywords = kwargs

    def update_state(  # type: ignore[override]  # a mean of two things, as in Keras
        self,
        y_true: TensorLike,
        y_pred: TensorLike,
        sample_weight: TensorLike | None = None,
    ) -> None:
        mask = getattr(y_pred, "_keras_mask", None)
        y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
        if y_pred.dtype in FLOATS:
            y_pred = cast(y_pred, self.dtype)
        if mask is not None and normalizes(self.fn, self.keywords):
            y_pred = ones_where_hidden(y_pred, mask)
        values = self.fn(y_true, y_pred, **self.keywords)
        if mask is not None:
            sample_weight = weights_under_mask(sample_weight, mask, "sum", self.dtype)
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        config = super().get_config()
        if type(self) is MeanMetricWrapper:
            config["fn"] = serialize_keras_object(self.fn)
        return {**config, **self.keywords}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a metric from what `get_config` returned; `fn` may be a name.

        Raises: ValueError if no function of ours, or of yours, has that name.
        """
        fn = config.get("fn")
        if isinstance(fn, str):
            fn = metrics.function_named(fn, custom_objects)
        elif isinstance(fn, dict):
            fn = deserialize_keras_object(fn, custom_objects)
        return cls(**(config if fn is None else {**config, "fn": fn}))


def per_sample(
    values: TensorLike,
    sample_weight: TensorLike | None,
    reduce: Callable[..., Tensor],
    dtype: DType,
) -> tuple[Tensor, Tensor | None]:
    """Returns a weighted value for each sample, and the weights (None without).

    Axes that the weights lack are reduced before weighting, all others but the first
    after.  Values may be a single number.
    """
    mask = getattr(values, "_keras_mask", None)
    values = as_tensor(values, dtype)
    weights = None
    if sample_weight is not None:
        weights = as_tensor(sample_weight, dtype)
        if mask is not None:
            weights = weights * cast(mask, dtype)
        values, weights = squeeze_or_expand(values, weights)
        if weights.ndim < values.ndim:
            values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
        if weights.shape != values.shape:
            weights = weights_for(values, weights)
        values = values * weights
        if weights.ndim > 1:
            weights = reduce(weights, axis=tuple(range(1, weights.ndim)))
    if values.ndim > 1:
        values = reduce(values, axis=tuple(range(1, values.ndim)))
    return values, weights


def weights_for(values: Tensor, weights: Tensor) -> Tensor:
    """Returns weights in the shape of the values.

    Raises: ValueError if they cannot have it.
    """
    try:
        return ops.broadcast_to(weights, values.shape)
    except ValueError:
        raise ValueError(
            f"The sample_weight of a metric has shape {weights.shape}, its values have "
            f"shape {values.shape}: give one weight per sample, or one per value."
        ) from None
