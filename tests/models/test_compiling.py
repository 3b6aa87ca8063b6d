"""What compile() takes, what it keeps, and which metrics there are."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, losses, metrics, ops, optimizers
from minikeras.optimizers import LossScaleOptimizer

X = np.ones((6, 3), "float32")
Y = np.zeros((6, 1), "float32")


def dense(**settings):
    return Sequential([Input((3,)), layers.Dense(1, **settings)])


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", "SGD", optimizers.SGD, {"class_name": "SGD", "config": {}}],
)
@pytest.mark.parametrize("loss", ["mse", losses.MeanSquaredError(), ["mse"]])
def test_forms_of_optimizers_and_losses(optimizer, loss):
    model = dense()
    model.compile(optimizer() if isinstance(optimizer, type) else optimizer, loss)
    assert len(model.fit(X, Y, verbose=0).history["loss"]) == 1


def test_a_class_is_no_optimizer_and_the_error_says_what_to_write():
    with pytest.raises(ValueError, match=r"optimizer=Adam\(\)"):
        dense().compile(optimizers.Adam)


def test_a_model_without_an_optimizer_is_evaluated_but_not_trained():
    model = dense()
    model.compile(optimizer=None, loss="mse")
    assert model.evaluate(X, Y, verbose=0) >= 0
    with pytest.raises(ValueError, match="without an optimizer"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("steps", [0, -1])
def test_steps_per_execution_is_positive(steps):
    with pytest.raises(ValueError, match="steps_per_execution"):
        dense().compile(steps_per_execution=steps)


def test_steps_per_execution_may_be_left_to_us():
    model = dense()
    model.compile(steps_per_execution="auto")
    assert model.steps_per_execution == 1
    with pytest.raises(TypeError, match="steps_per_execution"):
        model.compile(steps_per_execution="two")


def test_float16_has_its_loss_scaled_unless_told_not_to():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.dtype_policy = "mixed_float16"
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, LossScaleOptimizer)
    assert model.optimizer.name == "loss_scale_optimizer"
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert not isinstance(model.optimizer, LossScaleOptimizer)
    own = LossScaleOptimizer(optimizers.SGD())
    model.compile(own, "mse")
    assert model.optimizer is own


def test_compiling_again_keeps_what_is_left_out():
    model = dense()
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.compile("adam")
    assert sorted(model.fit(X, Y, verbose=0).history) == ["loss", "mae"]
    model.compile(metrics=[])
    assert sorted(model.fit(X, Y, verbose=0).history) == ["loss"]


class Measuring(layers.Layer):
    """Has a metric of its own."""

    def __init__(self):
        super().__init__()
        self.inner = metrics.Mean(name="inner")

    def call(self, inputs):
        self.inner.update_state(ops.mean(inputs))
        return inputs


class Own(Model):
    """Has metrics in attributes, lists and dicts, and a layer with one."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.one = metrics.Mean(name="one")
        self.more = [metrics.Sum(name="two")]
        self.named = {"x": metrics.Mean(name="three")}
        self.measuring = Measuring()

    def call(self, inputs):
        return self.dense(self.measuring(inputs))


def test_metrics_are_found_wherever_they_are():
    model = Own()
    own = ["one", "two", "three", "inner"]
    assert model.metrics_names == own
    model.compile("sgd", "mse", metrics=[metrics.MeanAbsoluteError(name="mae")])
    assert model.metrics_names == ["loss", "compile_metrics", *own]
    history = model.fit(X, Y, verbose=0, batch_size=2).history
    assert sorted(history) == sorted(["loss", "mae", *own])
    assert history["inner"] == [1.0]
    paths = [variable.path for variable in model.metrics_variables]
    assert paths[:3] == ["loss/total", "loss/count", "mae/total"]


def test_metrics_of_models_inside_are_their_own_affair():
    inner = Own()
    inner.compile("sgd", "mse")
    model = Sequential([Input((3,)), inner])
    model.compile("sgd", "mse")
    assert model.metrics_names == ["loss", "inner"]


def test_a_metric_made_after_a_fit_is_there_in_the_next():
    model = Own()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    model.late = metrics.Sum(name="late")
    assert "late" in model.metrics_names
    assert "late" in model.fit(X, Y, verbose=0).history


def test_losses_added_with_several_elements_are_summed():
    class Adding(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.ones((3,)))
            return inputs

    model = Sequential([Input((1,)), Adding()])
    model.compile("sgd", "mse")
    assert model.evaluate(Y, Y, verbose=0) == 3.0
