"""Steps are recorded by themselves only where that can change nothing."""

import copy
import dataclasses
import gc
import pickle
import threading
from decimal import Decimal

import numpy as np
import pytest

from minikeras import (
    Input,
    Model,
    Sequential,
    Tensor,
    Variable,
    constraints,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    regularizers,
)
from minikeras.autograd import no_grad
from minikeras.autograd.recording import collector_paused
from minikeras.callbacks import Callback, ProgbarLogger
from minikeras.config import set_epsilon, use_backend
from minikeras.kernels.kernel_set import watched
from minikeras.models.capturable import Snapshot, is_capturable
from minikeras.utils import set_random_seed
from minikeras.values.backends import fast, using

needs_kernels = pytest.mark.skipif(fast is None, reason="nothing is compiled")

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Doubled(layers.Layer):
    """A user's layer that says nothing about recording."""

    def call(self, inputs):
        return inputs * 2.0


class DoubledForGood(Doubled):
    capturable = True


class Renamed(DoubledForGood):
    """Overrides nothing that computes."""

    def get_config(self):
        return super().get_config()


class Tripled(DoubledForGood):
    """Overrides what computes, and does not say that this may be recorded."""

    def call(self, inputs):
        return inputs * 3.0


def model_with(*inside, loss="mse", optimizer="sgd", measured=None, **options):
    model = Sequential([Input((3,)), *inside, layers.Dense(1)])
    model.compile(optimizer, loss, metrics=measured, **options)
    return model


def trained(model, **options):
    with use_backend("fast"):
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, **options)
    return model


def is_recorded(model):
    try:
        model.train_program  # noqa: B018  # it raises if there is none
    except RuntimeError:
        return False
    return True


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
def test_what_a_callback_changes_between_batches_holds_for_the_next_batch():
    class Quieter(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.layers[0].rate = 0.9 if batch % 2 else 0.1

    results = []
    for jit_compile in ("auto", False):
        model = model_with(layers.Dropout(0.5, seed=2), jit_compile=jit_compile)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        trained(model, callbacks=[Quieter()], shuffle=False)
        trained(model, callbacks=[Quieter()], shuffle=False)
        results.append(model.get_weights())
    np.testing.assert_array_equal(results[0][0], results[1][0])


class Setting(Callback):
    """Sets a factor of a layer before every batch, whatever that is for."""

    def on_train_batch_begin(self, batch, logs=None):
        self.model.layers[0].factor = batch + 1.0

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin


class Multiplied(DoubledForGood):
    capturable = True

    def __init__(self):
        super().__init__()
        self.factor = 1.0

    def call(self, inputs):
        return inputs * self.factor


@needs_kernels
def test_what_a_callback_changes_before_a_batch_holds_for_that_batch():
    results = []
    for jit_compile in ("auto", False):
        model = model_with(Multiplied(), jit_compile=jit_compile)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        run = {"callbacks": [Setting()], "verbose": 0, "batch_size": 8}
        with use_backend("fast"):
            for _ in range(2):
                trained(model, callbacks=[Setting()], shuffle=False)
                results += [model.predict(X, **run), model.evaluate(X, Y, **run)]
    for a, b in zip(results[:4], results[4:], strict=True):
        np.testing.assert_array_equal(a, b)


class SettingBar(ProgbarLogger):
    """A bar of a user's, that does what it likes."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.layers[0].factor = batch + 1.0


@needs_kernels
def test_what_a_bar_of_a_user_changes_holds_for_the_next_batch():
    results = []
    for jit_compile in ("auto", False):
        model = model_with(Multiplied(), jit_compile=jit_compile)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        trained(model, callbacks=[SettingBar()], shuffle=False)
        results.append(model.get_weights()[0])
    np.testing.assert_array_equal(*results)


@needs_kernels
@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_a_thawed_layer_is_trained_though_a_prediction_came_between(jit_compile):
    layer = layers.Dense(4)
    model = trained(model_with(layer, jit_compile=jit_compile))
    layer.trainable = False
    trained(model)
    layer.trainable = True
    model.predict(X, verbose=0)
    before = layer.kernel.numpy().copy()
    trained(model)
    assert (layer.kernel.numpy() != before).all()


@needs_kernels
def test_what_a_generator_changes_holds_for_the_batch_that_it_yields():
    def batches(model):
        for number in range(12):
            model.layers[0].factor = number / 4
            yield X[:8], Y[:8]

    results = []
    for jit_compile in ("auto", False):
        model = model_with(Multiplied(), jit_compile=jit_compile)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        with use_backend("fast"):
            model.fit(batches(model), verbose=0)
            results.append(model.predict(batches(model), verbose=0))
    np.testing.assert_array_equal(*results)


@needs_kernels
def test_a_prediction_between_two_batches_leaves_the_logs_of_training_alone():
    class Predicting(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.predict(X[:4], verbose=0)

    histories = []
    for jit_compile in ("auto", False):
        model = model_with(layers.Dense(9, "relu"), jit_compile=jit_compile)
        model.set_weights([np.full(w.shape, 0.1) for w in model.get_weights()])
        for _ in range(2):
            trained(model, callbacks=[Predicting()], shuffle=False)
            histories.append(model.history.history)
    assert histories[:2] == histories[2:]


@needs_kernels
def test_evaluate_and_predict_are_recorded_and_agree_with_running():
    replayed, eager = (model_with(measured=["mae"], jit_compile=j) for j in ("auto", 0))
    eager.set_weights(replayed.get_weights())
    with use_backend("fast"):
        for _ in range(3):
            assert replayed.evaluate(X, Y, batch_size=5, verbose=0) == eager.evaluate(
                X, Y, batch_size=5, verbose=0
            )
            np.testing.assert_array_equal(
                replayed.predict(X, batch_size=5, verbose=0),
                eager.predict(X, batch_size=5, verbose=0),
            )
    assert replayed.programs.program("test").run
    assert replayed.programs.program("predict").run


@needs_kernels
def test_predictions_are_the_callers_to_keep():
    model = model_with()
    with use_backend("fast"):
        first = [model.predict_on_batch(X[i : i + 4]) for i in range(8)]
        again = [model(X[i : i + 4]).numpy() for i in range(8)]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


@needs_kernels
def test_a_copy_of_a_trained_model_trains_by_itself():
    model = trained(model_with())
    for made in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        before = model.get_weights()[0].copy()
        trained(made)
        np.testing.assert_array_equal(model.get_weights()[0], before)
        assert (made.get_weights()[0] != before).any()


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


@needs_kernels
def test_code_of_others_without_a_dict_of_attributes_runs_in_every_step():
    class Multiplying:
        __slots__ = ()

        def __call__(self, x):
            return x * 2.0

    assert not is_recorded(trained(model_with(layers.Dense(2, Multiplying()))))


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


@needs_kernels
def test_two_models_in_two_threads_end_as_they_do_one_after_the_other():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 300)).astype("float32")
    y = rng.normal(size=(256, 1)).astype("float32")

    def train(width):
        # The names of threads' choices are their own, and so are weights from a seed.
        model = Sequential([Input((300,)), layers.Dense(width, "relu")])
        model.add(layers.Dense(1))
        generator = np.random.default_rng(width)
        model.set_weights(
            [generator.normal(size=w.shape) * 0.05 for w in model.get_weights()]
        )
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=64, epochs=10, verbose=0, shuffle=False)
        return model.get_weights()

    with use_backend("fast"):
        alone = [train(width) for width in (200, 300)]
    together = {}

    def work(width):
        with use_backend("fast"):
            together[width] = train(width)

    threads = [threading.Thread(target=work, args=(width,)) for width in (200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, width in zip(alone, (200, 300), strict=True):
        for a, b in zip(expected, together[width], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_predictions_leave_no_cycles(jit_compile):
    model = model_with(jit_compile=jit_compile)
    for _ in range(3):
        model.predict_on_batch(X)
    gc.collect()
    with collector_paused():
        for _ in range(3):
            model.predict_on_batch(X)
        assert gc.collect() == 0


@needs_kernels
def test_one_model_predicts_in_two_threads_as_in_one():
    model = model_with(layers.Dense(256, "relu"), layers.Dense(256, "relu"))
    inputs = [np.tile(X, (20, 1)), np.tile(-X, (20, 1))]
    with use_backend("fast"):
        expected = [model(x).numpy() for x in inputs]
        for _ in range(3):
            model.predict(inputs[0], batch_size=480, verbose=0)
    wrong = [0, 0]

    def work(number):
        with use_backend("fast"):
            for _ in range(40):
                found = model.predict(inputs[number], batch_size=480, verbose=0)
                wrong[number] += not np.array_equal(found, expected[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0, 0]


@needs_kernels
def test_inputs_of_other_names_are_another_program():
    class Named(Model):
        capturable = True

        def call(self, inputs):
            return inputs["x"] + inputs["y"] if "y" in inputs else inputs["x"]

    model = Named()
    with use_backend("fast"):
        for _ in range(3):
            both = model.predict({"x": X, "y": X}, verbose=0)
        for _ in range(3):
            one = model.predict({"x": X, "z": X}, verbose=0)
    np.testing.assert_array_equal(both, 2 * X)
    np.testing.assert_array_equal(one, X)


@needs_kernels
def test_each_program_keeps_the_structure_of_its_outputs():
    class Named(Model):
        capturable = True

        def call(self, inputs):
            return {"y": inputs * 2.0} if inputs.shape[0] == 8 else [inputs * 2.0]

    model = Named()
    with use_backend("fast"):
        for _ in range(4):
            assert model.predict(X[:8], verbose=0).keys() == {"y"}
            assert isinstance(model.predict(X[:5], verbose=0), list)


@needs_kernels
def test_another_epsilon_is_another_program():
    results = []
    for jit_compile in ("auto", False):
        model = model_with(
            layers.Dense(3, "softmax"),
            loss="kl_divergence",
            jit_compile=jit_compile,
        )
        model.set_weights([np.full(w.shape, 0.1) for w in model.get_weights()])
        try:
            for value in (1e-7, 0.3):
                set_epsilon(value)
                trained(model, shuffle=False)
        finally:
            set_epsilon(1e-7)
        results.append(model.get_weights())
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


@needs_kernels
def test_every_kernel_set_is_watched_by_its_own_observer():
    calls = []
    sets = [
        watched(fast, lambda *call, number=number: calls.append(number))
        for number in (0, 1)
    ]
    model = model_with(jit_compile=True)
    for kernels in sets:
        with using(Tensor, kernels):
            for _ in range(4):
                model.predict(X, verbose=0)
    assert calls.count(0) == calls.count(1) > 0


@needs_kernels
def test_training_without_gradients_is_an_error_after_a_recording_too():
    model = trained(model_with())
    with use_backend("fast"), no_grad(), pytest.raises(RuntimeError, match="gradient"):
        model.fit(X, Y, batch_size=8, verbose=0)


class Listening(Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
@pytest.mark.parametrize(
    "kernels", ["numpy", pytest.param("fast", marks=needs_kernels)]
)
@pytest.mark.parametrize("x", [X, X[:23], np.repeat(X, 2, axis=1)[:, ::2]])
def test_many_steps_in_one_call_give_the_bits_of_one_by_one(shuffle, kernels, x):
    results = []
    for callbacks in ([], [Listening()]):
        set_random_seed(3)
        model = model_with(layers.Dropout(0.5), optimizer="adam", jit_compile=True)
        with use_backend(kernels):
            history = model.fit(
                x,
                Y[: len(x)],
                batch_size=5,
                epochs=3,
                shuffle=shuffle,
                verbose=0,
                callbacks=callbacks,
                validation_data=(X, Y),
            )
        results.append((history.history, model.get_weights()))
    np.testing.assert_equal(results[0], results[1])


class Penalized(layers.Layer):
    capturable = True

    def call(self, inputs):
        self.add_loss(ops.mean(ops.square(inputs)))
        return inputs


@needs_kernels
def test_losses_of_a_step_that_was_recorded_are_not_those_of_another_one():
    model = model_with(Penalized(), layers.Dense(2, kernel_regularizer="l2"))
    with use_backend("fast"):
        model.train_on_batch(X[:8], Y[:8])
        run = [float(loss) for loss in model.losses]
        np.testing.assert_allclose(run[0], np.mean(X[:8] ** 2), rtol=1e-5)
        for start in (8, 16, 0):
            model.train_on_batch(X[start : start + 8], Y[start : start + 8])
            kernel = model.layers[1].kernel.numpy()
            [penalty] = model.losses  # as in Keras on JAX
            np.testing.assert_allclose(penalty, 0.01 * np.sum(kernel**2), rtol=1e-5)
        model.train_on_batch(X[:4], Y[:4])
        assert len(model.losses) == 2
        model.train_on_batch(X[:8], Y[:8])
        assert len(model.losses) == 1
    assert is_recorded(model)


class MultipliedByAll(layers.Layer):
    """Has a factor in common with all of its class."""

    capturable = True
    factor = 1.0

    def call(self, inputs):
        return inputs * self.factor


@needs_kernels
def test_what_is_changed_on_a_class_of_a_user_is_heeded(monkeypatch):
    model = model_with(MultipliedByAll())
    with use_backend("fast"):
        for _ in range(3):
            before = model.predict(X, batch_size=8, verbose=0)
        monkeypatch.setattr(MultipliedByAll, "factor", 3.0)
        after = model.predict(X, batch_size=8, verbose=0)
    np.testing.assert_allclose(after, 3 * before, rtol=1e-5)
