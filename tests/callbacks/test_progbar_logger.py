"""ProgbarLogger: what fit, evaluate and predict print, as Keras prints it."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.callbacks import Callback, ProgbarLogger
from minikeras.models import Sequential
from minikeras.optimizers import SGD
from minikeras.utils import progbar
from tests.golden import golden_files

CASES = [case for case in golden_files.read("printed") if "method" in case]

X = (np.arange(70 * 3) % 11 / 11).reshape(70, 3).astype("float32")
Y = (np.arange(70) % 2).astype("float32").reshape(70, 1)


class StoppedClock:
    """Stands still, so that times read 0s, in the place of the module `time`."""

    @staticmethod
    def time():
        return 1_000_000.0


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    monkeypatch.setattr(progbar, "time", StoppedClock)


def compiled_model():
    """A model with zero weights."""
    model = Sequential([layers.Input((3,)), layers.Dense(1)])
    model.set_weights([np.zeros((3, 1)), np.zeros(1)])
    model.compile(optimizer=SGD(0.5), loss="mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_prints_what_keras_prints(case, capsys):
    arrays = (X,) if case["method"] == "predict" else (X, Y)
    getattr(compiled_model(), case["method"])(*arrays, **case["keywords"])
    assert capsys.readouterr().out == case["printed"]


def test_auto_is_a_line_per_epoch_where_output_is_no_terminal(capsys):
    compiled_model().fit(X, Y, epochs=2, shuffle=False, verbose=2)
    lines = capsys.readouterr().out
    compiled_model().fit(X, Y, epochs=2, shuffle=False)
    assert capsys.readouterr().out == lines


def test_verbose_0_prints_nothing(capsys):
    compiled_model().fit(X, Y, epochs=2, verbose=0)
    assert capsys.readouterr().out == ""


def test_auto_is_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    compiled_model().fit(X, Y, shuffle=False)
    assert "━" in capsys.readouterr().out


class Batches:
    """Three batches; the number of them is found only by counting."""

    def __iter__(self):
        for start in (0, 30, 60):
            yield X[start : start + 30], Y[start : start + 30]


def test_the_first_epoch_tells_how_many_steps_the_next_ones_have(capsys):
    compiled_model().fit(Batches(), epochs=2, verbose=1)
    first, second = capsys.readouterr().out.split("Epoch 2/2\n")
    assert "      1/Unknown \x1b[1m0s" in first
    assert "\x1b[1m3/3\x1b[0m" in first
    assert second.startswith("\r\x1b[1m1/3\x1b[0m")


def test_other_values_of_verbose_print_the_header_only(capsys):
    compiled_model().fit(X, Y, epochs=2, verbose=3)
    assert capsys.readouterr().out == "Epoch 1/2\nEpoch 2/2\n"


class AddsValue(Callback):
    """Adds to the logs of an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["rate"] = 0.25


def test_a_value_that_a_callback_adds_is_on_the_bar(capsys):
    history = compiled_model().fit(X, Y, verbose=2, callbacks=[AddsValue()])
    assert capsys.readouterr().out.endswith(" - rate: 0.2500\n")
    assert history.history["rate"] == [0.25]


class Stops(Callback):
    """Ends the training after the first batch."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True


def test_an_epoch_that_was_stopped_ends_with_a_full_bar(capsys):
    compiled_model().fit(X, Y, verbose=2, callbacks=Stops())
    assert capsys.readouterr().out.startswith("3/3 - ")


def test_a_logger_of_the_user_replaces_ours(capsys):
    compiled_model().fit(X, Y, verbose=2, callbacks=[ProgbarLogger()])
    assert capsys.readouterr().out.count("\n") == 1


class Evaluates(Callback):
    """Evaluates after every epoch, on its own."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.evaluate(X, Y, verbose=2)


def test_an_evaluation_by_a_callback_has_its_own_line(capsys):
    compiled_model().fit(X, Y, verbose=0, callbacks=[Evaluates()])
    assert capsys.readouterr().out.count("3/3 - 0s") == 1
