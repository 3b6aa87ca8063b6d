"""What a user's type checker and editor know of our names.

pytest runs these programs; `make lint` has mypy check them, and with them each
`assert_type` and that each error marked as ignored is one.
"""

from typing import Any, assert_type

import numpy as np
import pytest

from minikeras import (
    Input,
    Layer,
    Model,
    Scalar,
    Sequential,
    Tensor,
    Variable,
    callbacks,
    config,
    layers,
    losses,
    metrics,
    no_grad,
    optimizers,
)


def test_an_expression_has_the_class_of_its_operands() -> None:
    x, v = Tensor([1.0, 2.0], requires_grad=True), Variable([1.0, 2.0])
    assert_type(2.0 * x + np.ones(2), Tensor)
    assert_type(1.0 - x, Tensor)
    assert_type(v + 1, Tensor)
    assert_type(v.assign([3.0, 4.0]), Variable)
    assert_type(x @ v, Tensor)
    assert_type(x < v, Tensor)
    assert_type(x[0], Tensor)
    assert_type(list(x), list[Tensor])
    assert_type(x.detach().numpy(), np.ndarray)
    assert_type(x.dtype, str)
    assert_type(Scalar(2.0) ** 2 + 1, Scalar)
    assert_type(Scalar(2.0).item(), float)
    with no_grad():
        assert_type(-x, Tensor)


def test_a_size_is_an_integer_unless_one_asks() -> None:
    rows: int = Tensor([[1.0, 2.0]]).shape[0]
    assert rows == 1
    if Input((3,)).shape[0] is not None:
        raise AssertionError("the size of the batch is not known")


class Double(Layer):
    """A layer of the user's own, with annotations."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.factor = self.add_weight((), "ones", name="factor")

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return inputs * self.factor + inputs


class Stop(callbacks.Callback):
    """A callback of the user's own."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert_type(self.model, Model)
        self.model.stop_training = epoch + 1 < self.params["epochs"]


def test_a_model_is_built_and_trained() -> None:
    model = Sequential([Input((4,)), layers.Dense(3, activation="relu"), Double()])
    model.compile(optimizers.Adam(0.01), losses.MeanSquaredError(), metrics=["mae"])
    x, y = np.ones((8, 4)), np.ones((8, 3))
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[Stop()])
    assert_type(history, callbacks.History)
    assert history.epoch == [0]
    loss, error = model.evaluate(x, y, verbose=0)
    assert min(loss, error) >= 0.0
    assert_type(model.layers[0].get_weights(), list[np.ndarray])


def test_losses_metrics_and_settings_tell_what_they_return() -> None:
    assert_type(losses.mean_squared_error([1.0], [2.0]), Tensor)
    assert_type(losses.get("mse"), Any)
    mean = metrics.Mean()
    assert_type(mean([1.0, 2.0]), Tensor)
    assert_type(config.backend(), str)
    assert_type(optimizers.get("sgd"), optimizers.Optimizer)


def test_what_would_fail_is_found_before_it_runs() -> None:
    with pytest.raises(TypeError):
        Tensor("text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="units"):
        layers.Dense("3")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        metrics.Mean(nmae="mean")  # type: ignore[call-arg]
