"""Loads that are interrupted: model and optimizer are as they were, or as loaded."""

import os
import signal
import threading

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, random
from minikeras.saving import load_weights, save_weights
from minikeras.saving.state import uninterrupted
from minikeras.values.variable import Variable
from tests.saving.states import assert_same, state


class Centred(layers.Layer):
    """A layer that loads its weight in a way of its own."""

    def build(self, input_shape):
        self.centre = self.add_weight(shape=input_shape[-1:], name="centre")

    def call(self, x):
        return x - self.centre

    def save_own_variables(self, store):
        store["minus_centre"] = -self.centre.numpy()

    def load_own_variables(self, store):
        self.centre.assign(-store["minus_centre"])


def trained(seed):
    random.set_seed(seed)
    model = Sequential(
        [Input((3,)), layers.Dense(4), layers.Dropout(0.5), Centred(), layers.Dense(3)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(seed).normal(size=(8, 3)).astype("float32")
    model.fit(x, x, verbose=0)
    return model


def interrupting(monkeypatch, number):
    """Lets Ctrl-C be pressed within the assignment of this number."""
    assign, count = Variable.assign, iter(range(10**6))

    def assign_and_press(variable, value):
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return assign(variable, value)

    monkeypatch.setattr(Variable, "assign", assign_and_press)
    return count


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C in another way")
@pytest.mark.parametrize("number", [0, 1, 5, 9, -1])
def test_ctrl_c_between_two_assignments(number, tmp_path, monkeypatch):
    path = tmp_path / "a.weights.h5"
    save_weights(trained(seed=1), path)
    model = trained(seed=2)
    before = state(model)
    assert any(key.startswith("optimizer") for key in before)
    with monkeypatch.context() as patch:
        count = interrupting(patch, 10**7)
        load_weights(model, path)
        assignments = next(count)
    after = state(model)
    model = trained(seed=2)
    assert_same(state(model), before)
    with monkeypatch.context() as patch:
        interrupting(patch, number % assignments)
        with pytest.raises(KeyboardInterrupt):
            load_weights(model, path)
    assert_same(state(model), before)
    load_weights(model, path)
    assert_same(state(model), after)


class Stopped(BaseException):
    pass


def test_any_other_exception_between_two_assignments(tmp_path, monkeypatch):
    path = tmp_path / "a.weights.h5"
    save_weights(trained(seed=1), path)
    model = trained(seed=2)
    before = state(model)
    assign, count = Variable.assign, iter(range(10**6))

    def stop(variable, value):
        if next(count) == 4:
            raise Stopped
        return assign(variable, value)

    monkeypatch.setattr(Variable, "assign", stop)
    with pytest.raises(Stopped):
        load_weights(model, path)
    assert_same(state(model), before)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C in another way")
def test_ctrl_c_is_heard_by_who_listens(monkeypatch):
    heard = []
    before = signal.signal(signal.SIGINT, lambda *arguments: heard.append(arguments[0]))
    try:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            assert not heard
        assert heard == [signal.SIGINT]
        os.kill(os.getpid(), signal.SIGINT)
        assert heard == [signal.SIGINT] * 2
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_load_too(tmp_path):
    path = tmp_path / "a.weights.h5"
    model = trained(seed=1)
    save_weights(model, path)
    other = trained(seed=2)
    thread = threading.Thread(target=load_weights, args=(other, path))
    thread.start()
    thread.join()
    assert_same(state(other), state(model))
