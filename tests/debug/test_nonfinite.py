"""The first nan or inf is found with its kernel, its layer and its batch."""

import re
import warnings

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, ops, optimizers
from minikeras.debug.nonfinite import NonFiniteFinder
from minikeras.models import Model
from minikeras.models.nonfinite_watch import NonFiniteWatch
from minikeras.utils import set_random_seed
from minikeras.utils.seeding import get_random_state

X = np.linspace(0.1, 2.0, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1, keepdims=True)


class Logarithm(layers.Layer):
    """Takes the logarithm of what may become negative."""

    capturable = True

    def call(self, inputs):
        return ops.log(inputs)


class Shaken(layers.Layer):
    """Draws from NumPy's own generator."""

    def call(self, inputs):
        return inputs + np.random.normal()  # noqa: NPY002


class SquareRoot(layers.Layer):
    """Has an infinite derivative at 0."""

    capturable = True

    def call(self, inputs):
        return ops.sqrt(inputs)


def make_model(*middle, rate=0.01):
    set_random_seed(1)
    model = Sequential([Input((2,)), *middle, layers.Dense(1, name="last")])
    model.compile(optimizers.SGD(rate), "mse")
    return model


def message_of(model, x=X, y=Y, **fitted):
    """Returns what fit warns of, once, and the weights that it ends with."""
    with pytest.warns(RuntimeWarning) as caught:
        model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False, **fitted)
    [warning] = [str(w.message) for w in caught if "loss of epoch" in str(w.message)]
    return warning


def test_the_layer_and_the_kernel_are_named():
    message = message_of(make_model(Logarithm(name="careless")), x=X - 1.0)
    assert "loss of epoch 1 is nan. It began with batch 0" in message
    assert "in layer 'careless', where kernel log made nan (shape (4, 2))" in message


def test_the_first_batch_that_went_wrong_is_named():
    x = X.copy()
    x[9] = -1.0
    message = message_of(make_model(Logarithm(name="careless")), x=x)
    assert "It began with batch 2 (from 0): in layer 'careless'" in message


def batches(x):
    """Yields batches of four, for ever."""
    while True:
        for start in range(0, len(x), 4):
            yield x[start : start + 4], Y[start : start + 4]


@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_the_batch_of_a_generator_is_named(jit_compile):
    x = X.copy()
    x[9] = np.nan
    model = make_model()
    model.jit_compile = jit_compile
    message = message_of(model, batches(x), None, steps_per_epoch=3)
    assert "It began with batch 2 (from 0): there is nan in its x." in message
    x[9] = -1.0  # the second epoch of another training
    model = make_model(Logarithm())
    message = message_of(model, batches(x), None, steps_per_epoch=2)
    assert "epoch 2 is nan. It began with batch 0 (from 0): its data are" in message


def test_a_training_that_diverges_is_explained():
    message = message_of(make_model(layers.Dense(8, name="wide"), rate=1e4))
    assert "loss of epoch" in message
    assert "made inf" in message


def test_the_derivative_of_a_layer_is_told_from_the_layer():
    model = make_model(
        layers.Dense(2, name="first", kernel_initializer="zeros"),
        SquareRoot(name="root"),
    )
    message = message_of(model)
    assert "batch 0 (from 0): in the derivative of layer 'root'" in message


@pytest.mark.parametrize(("part", "name"), [(0, "x"), (1, "y")])
@pytest.mark.parametrize("what", ["nan", "inf"])
def test_data_that_are_no_numbers_are_said(part, name, what):
    data = [X.copy(), Y.copy()]
    data[part][6] = float(what)
    message = message_of(make_model(), *data)
    assert f"batch 1 (from 0): there is {what} in its {name}. Clean" in message


def large_model():
    """Returns a model that is not copied for so few data."""
    return make_model(layers.Dense(400_000))


@pytest.mark.parametrize(("part", "name"), [(0, "x"), (1, "y")])
@pytest.mark.parametrize("what", ["nan", "inf"])
def test_for_a_large_model_the_data_of_the_batch_are_looked_at(part, name, what):
    data = [X.copy(), Y.copy()]
    data[part][6] = float(what)
    message = message_of(large_model(), *data)
    assert f"batch 1 (from 0): there is {what} in its {name}. Clean" in message


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_for_a_large_model_and_good_data_the_callback_is_named():
    model = large_model()
    model.compile(optimizers.SGD(1e4), "mse")
    message = message_of(model)
    assert "(from 0): its data are finite. callbacks.NonFiniteReport()" in message


def test_it_is_said_once_and_changes_nothing():
    def weights(**fitted):
        model = make_model(layers.Dropout(0.3), layers.Dense(4), rate=3e3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, Y, batch_size=4, epochs=6, verbose=0, **fitted)
        told = [w for w in caught if "loss of epoch" in str(w.message)]
        return model.get_weights(), model.history.history, told

    as_it_is = weights()
    watched = weights(callbacks=[callbacks.NonFiniteReport()])
    assert len(as_it_is[2]) == 1
    assert watched[2] == []
    for a, b in zip(as_it_is[0], watched[0], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_equal(as_it_is[1], watched[1])


def test_the_look_draws_nothing_from_the_generators_of_the_program(monkeypatch):
    look, states = NonFiniteWatch.look, []

    def between(*args):
        states.append(get_random_state())
        look(*args)
        states.append(get_random_state())

    monkeypatch.setattr(NonFiniteWatch, "look", between)
    model = make_model(Shaken(), layers.Dense(4), rate=3e3)
    assert "It began with batch" in message_of(model)
    assert len(states) == 6
    for before, after in zip(states[::2], states[1::2], strict=True):
        np.testing.assert_equal(before, after)


def test_nothing_is_said_of_a_training_that_is_well():
    make_model().fit(X, Y, epochs=2, verbose=0)  # warnings are errors here


def test_where_batches_come_once_the_callback_is_named():
    def batches():
        for _ in range(3):
            yield X - 1.0, Y

    model = make_model(Logarithm())
    with pytest.warns(RuntimeWarning, match=r"NonFiniteReport\(\) watches every step"):
        model.fit(batches(), steps_per_epoch=3, verbose=0)


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_weights_that_the_last_step_of_an_epoch_spoilt_are_named():
    model = make_model()
    model.compile(optimizers.SGD(3e38), "mse")
    with pytest.warns(RuntimeWarning, match="Weight .*last/kernel was not finite when"):
        model.fit(X, 100 * Y, batch_size=12, epochs=2, verbose=0)


class OwnStep(Model):
    """Trains in its own way."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.steps = 0

    def call(self, inputs):
        return self.dense(ops.log(inputs))

    def train_step(self, data):
        self.steps += 1
        return super().train_step(data)


def test_a_step_of_ones_own_is_not_run_again():
    model = OwnStep()
    model.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning, match="loss of epoch 1 is nan"):
        model.fit(X - 1.0, Y, batch_size=4, verbose=0)
    assert model.steps == 3


class RecordedOwnStep(OwnStep):
    """Is trained many steps at a time."""

    capturable = True


@pytest.mark.parametrize("what", ["nan", "inf"])
def test_for_a_recorded_step_of_ones_own_the_batch_is_named(what):
    x, y = np.repeat(X, 2, axis=0), np.repeat(Y, 2, axis=0)
    x[20] = float(what)
    model = RecordedOwnStep()
    model.compile("sgd", "mse", jit_compile=True)
    message = message_of(model, x, y)
    assert f"It began with batch 5 (from 0): there is {what} in its x" in message


def test_of_steps_that_ran_in_one_call_all_are_named():
    x, y = np.repeat(X, 2, axis=0), np.repeat(Y, 2, axis=0)
    x[14] = -1.0  # in batch 3
    model = RecordedOwnStep()
    model.compile("sgd", "mse", jit_compile=True)
    message = message_of(model, x, y)
    # Unless the machine was so busy that a call came back after fewer.
    match = re.search(r"one of batches (\d) to (\d)|began with batch (3)", message)
    assert (match[1] or match[3]) <= "3" <= (match[2] or match[3])
    assert "(from 0): " in message


@pytest.mark.parametrize("jit_compile", [True, False, "auto"])
def test_the_report_names_batch_layer_and_kernel(capsys, jit_compile):
    x = X.copy()
    x[9] = -1.0
    model = make_model(Logarithm(name="careless"))
    model.compile("sgd", "mse", jit_compile=jit_compile)
    report = callbacks.NonFiniteReport()
    model.fit(
        x, Y, batch_size=2, epochs=2, verbose=0, shuffle=False, callbacks=[report]
    )
    assert (report.epoch, report.batch) == (0, 4)
    [finding] = report.findings
    assert finding.where == "layer 'careless'"
    assert (finding.kernel, finding.what, finding.derivative) == ("log", "nan", False)
    out = capsys.readouterr().out
    assert out.count("Epoch 1, batch 4 (from 0): the loss or a weight is nan") == 1
    assert "  - layer 'careless', where kernel log made nan (shape (2, 2))" in out
    assert model.jit_compile == jit_compile


def test_the_report_reads_from_any_iterable(capsys):
    batches = iter([(X, Y), (X - 1.0, Y)])
    report = callbacks.NonFiniteReport()
    make_model(Logarithm()).fit(batches, verbose=0, callbacks=[report])
    assert report.batch == 1


def test_nested_layers_have_a_path():
    inner = Sequential([layers.Dense(2), Logarithm(name="careless")], name="inner")
    finder = NonFiniteFinder()
    model = Sequential([Input((2,)), inner])
    with finder.watching():
        model(-X)
        model(X)
    assert finder.nan.where == "layer 'inner/careless'"


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_an_update_is_told_from_layers_and_losses():
    model = make_model()
    model.compile(optimizers.SGD(3e38), "mse")
    report = callbacks.NonFiniteReport()
    model.fit(X, 100 * Y, batch_size=12, verbose=0, callbacks=[report])
    assert report.findings[0].where == f"the update of {model.optimizer.name}"


def test_the_kernels_are_put_back_after_an_exception():
    class Fails(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyError("mine")

    before = X_kernels()
    with pytest.raises(KeyError, match="mine"):
        make_model().fit(
            X, Y, verbose=0, callbacks=[callbacks.NonFiniteReport(), Fails()]
        )
    assert X_kernels() is before


def X_kernels():
    """Returns the kernels that Tensors compute with here."""
    return ops.convert_to_tensor(X).active.kernels
