"""Steps are recorded by themselves only where that can change nothing."""

import dataclasses
from decimal import Decimal

import numpy as np
import pytest

from minikeras import (
    Model,
    Variable,
    constraints,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    regularizers,
)
from minikeras.config import use_backend
from minikeras.models.capturable import Snapshot, is_capturable
from tests.models.recorded_models import (
    Doubled,
    DoubledForGood,
    X,
    Y,
    is_recorded,
    model_with,
    needs_kernels,
    trained,
)


class Renamed(DoubledForGood):
    """Overrides nothing that computes."""

    def get_config(self):
        return super().get_config()


class Tripled(DoubledForGood):
    """Overrides what computes, and does not say that this may be recorded."""

    def call(self, inputs):
        return inputs * 3.0


def test_what_minikeras_defines_is_capturable():
    assert is_capturable(layers.Dense(1))
    assert is_capturable(optimizers.Adam())
    assert is_capturable(losses.mean_squared_error)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [(Doubled, False), (DoubledForGood, True), (Renamed, True), (Tripled, False)],
)
def test_a_class_says_so_and_an_override_has_to_say_it_anew(layer, expected):
    assert is_capturable(layer()) is expected


@needs_kernels
def test_a_model_of_ours_is_recorded_by_itself():
    model = trained(model_with(layers.Dense(4, "relu"), measured=["mae"]))
    assert "matmul" in model.train_program.listing()


@needs_kernels
@pytest.mark.parametrize(
    "make",
    [
        lambda: model_with(Doubled()),
        lambda: model_with(layers.Dense(2, activation=lambda x: x * 2.0)),
        lambda: model_with(loss=lambda y, p: ops.mean(ops.abs(y - p))),
        lambda: model_with(measured=[lambda y, p: ops.mean(ops.abs(y - p))]),
        lambda: model_with(optimizer=optimizers.SGD(lambda: 0.1)),
        lambda: model_with(jit_compile=False),
        lambda: model_with(run_eagerly=True),
    ],
)
def test_code_of_others_runs_in_every_step(make):
    assert not is_recorded(trained(make()))


@needs_kernels
def test_another_backend_is_recorded_on_request_only():
    model = model_with()
    with use_backend("numpy"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(RuntimeError, match="the backend is 'numpy'"):
        model.train_program  # noqa: B018


@needs_kernels
def test_the_error_says_what_is_in_the_way():
    with pytest.raises(RuntimeError, match=r"Doubled is not of minikeras.*capturable"):
        trained(model_with(Doubled())).train_program  # noqa: B018


@needs_kernels
def test_a_layer_that_counts_its_calls_is_right():
    class Counting(layers.Layer):
        calls = 0

        def call(self, inputs):
            Counting.calls += 1
            return inputs

    model = trained(model_with(Counting()))
    assert Counting.calls >= 6
    assert not is_recorded(model)


@needs_kernels
def test_a_subclassed_model_that_says_so_is_recorded():
    class Scores(Model):
        capturable = True

        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    model = Scores()
    model.compile("sgd", "mse")
    assert is_recorded(trained(model))


@needs_kernels
def test_a_step_that_cannot_be_recorded_runs_as_usual_and_leaves_nothing_changed():
    class Peeking(DoubledForGood):
        capturable = True

        def call(self, inputs):
            known = not inputs.symbolic
            return inputs * (3.0 if known and float(ops.sum(inputs)) > 0 else 2.0)

    weights = []
    for options in ({}, {"jit_compile": False}):
        model = model_with(
            Peeking(), layers.Dropout(0.5, seed=4), optimizer="adam", **options
        )
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        trained(model, shuffle=False)
        weights.append([np.array(v) for v in model.variables])
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


@needs_kernels
def test_code_of_others_without_a_dict_of_attributes_runs_in_every_step():
    class Multiplying:
        __slots__ = ()

        def __call__(self, x):
            return x * 2.0

    assert not is_recorded(trained(model_with(layers.Dense(2, Multiplying()))))


def test_a_snapshot_holds_until_something_changes():
    model = model_with(layers.Dropout(0.5), measured=[metrics.MeanSquaredError()])
    model.fit(X, Y, verbose=0)
    snapshot = Snapshot(model)
    assert snapshot.still_holds()
    model.layers[0].rate = 0.25
    assert not snapshot.still_holds()
    assert Snapshot(model).settings != snapshot.settings


class Scaled(DoubledForGood):
    """Multiplies by a number that it learns."""

    capturable = True

    def __init__(self):
        super().__init__()
        self.scale = Variable(1.0)
        self.others = [Variable(2.0)]

    def call(self, inputs):
        return inputs * self.scale * self.others[0]


@pytest.mark.parametrize("where", ["attribute", "list"])
def test_another_variable_of_the_same_value_is_another_variable(where):
    model = model_with(Scaled())
    snapshot = Snapshot(model)
    assert snapshot.still_holds()
    if where == "attribute":
        model.layers[0].scale = Variable(1.0)
    else:
        model.layers[0].others[0] = Variable(2.0)
    assert not snapshot.still_holds()


class Factors(DoubledForGood):
    """Has all kinds of settings."""

    capturable = True

    def __init__(self):
        super().__init__()
        self.number = np.float32(1.0)
        self.nested = {"a": ({"b": 1.0},)}
        self.chosen = {1, 2}
        self.history = 1
        first, second = layers.Dense(3), layers.Dense(3)
        self.one_after_the_other = [first, first, second]
        self.scale = Variable(1.0)


def change_the_order(layer):
    layer.one_after_the_other[1] = layer.one_after_the_other[2]


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: setattr(layer, "number", np.float32(2.0)),
        lambda layer: layer.nested["a"][0].update(b=2.0),
        lambda layer: layer.chosen.add(3),
        lambda layer: setattr(layer, "history", 2),
        change_the_order,
        lambda layer: setattr(layer.scale, "regularizer", regularizers.L2(0.1)),
        lambda layer: setattr(layer.scale, "constraint", constraints.NonNeg()),
        lambda layer: setattr(layer.scale, "trainable", False),
    ],
)
def test_every_kind_of_setting_is_one(change):
    layer = Factors()
    model = model_with(layer)
    snapshot = Snapshot(model)
    assert snapshot.still_holds()
    assert Snapshot(model).settings == snapshot.settings
    change(layer)
    assert not snapshot.still_holds()
    assert Snapshot(model).settings != snapshot.settings


@dataclasses.dataclass(slots=True)
class Factor:
    """A user's object that has its attributes in slots."""

    value: float

    def __float__(self):
        return self.value


class TimesSetting(DoubledForGood):
    """Multiplies by what its setting is as a float."""

    def __init__(self, setting):
        super().__init__()
        self.setting = setting

    def call(self, inputs):
        return inputs * float(self.setting)


def replace(setting):
    def change(layer):
        layer.setting = setting

    return change


def set_value(layer):
    layer.setting.value = 4.0


@needs_kernels
@pytest.mark.parametrize(
    ("setting", "change"),
    [
        (Decimal(2), replace(Decimal(4))),
        (np.array(2.0), replace(np.array(4.0))),
        (Factor(2.0), replace(Factor(4.0))),
        (Factor(2.0), set_value),
    ],
)
def test_settings_of_every_type_are_heeded_where_steps_have_to_be_recorded(
    setting, change
):
    layer = TimesSetting(setting)
    model = trained(model_with(layer, jit_compile=True))
    model.layers[-1].bias.assign([0.0])
    with use_backend("fast"):
        before = [model.predict(X, verbose=0) for _ in range(2)][-1]
        change(layer)
        after = model.predict(X, verbose=0)
    np.testing.assert_array_equal(after, before * 2.0)


def test_settings_are_equal_again_when_a_change_is_taken_back():
    model = model_with(layers.Dropout(0.5))
    before = Snapshot(model).settings
    model.layers[0].rate = 0.25
    model.layers[0].rate = 0.5
    assert Snapshot(model).settings == before
