"""Learning rates: what the golden cases do not show."""

import math

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, optimizers

X, Y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")


def fit(*used, rate=0.5, epochs=3):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(rate), "mse")
    return model.fit(X, Y, epochs=epochs, verbose=0, callbacks=list(used))


def test_an_error_inside_of_a_schedule_arrives_as_it_is():
    def schedule(epoch, rate):
        return rate * "2" ** 2

    with pytest.raises(TypeError, match="str"):
        fit(callbacks.LearningRateScheduler(schedule))


def test_a_function_of_c_gets_both():
    rates = fit(callbacks.LearningRateScheduler(math.hypot)).history["learning_rate"]
    np.testing.assert_allclose(rates, np.sqrt([0.25, 1.25, 5.25]), rtol=1e-6)


def test_what_is_no_schedule_is_refused():
    with pytest.raises(TypeError, match=r"takes a function .*; got 0\.1"):
        callbacks.LearningRateScheduler(0.1)


def test_a_rate_in_numpy_is_taken():
    history = fit(callbacks.LearningRateScheduler(lambda e, rate: np.float32(0.25)))
    assert history.history["learning_rate"] == [0.25] * 3


def test_a_rate_that_a_schedule_decides_cannot_be_set():
    decay = optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)
    with pytest.raises(TypeError, match="schedule"):
        fit(callbacks.LearningRateScheduler(lambda epoch: 0.1), rate=decay)


def test_arguments_that_nobody_knows_are_refused():
    with pytest.raises(TypeError, match=r"unknown arguments: epsilon.*min_delta"):
        callbacks.ReduceLROnPlateau(epsilon=1e-3)


def test_waiting_goes_on_where_it_was():
    one = callbacks.ReduceLROnPlateau("loss", patience=2)
    one.best, one.wait, one.cooldown_counter = 0.5, 1, 3
    other = callbacks.ReduceLROnPlateau("loss", patience=2)
    other.on_train_begin()
    other.set_state(one.get_state())
    assert (other.best, other.wait, other.cooldown_counter) == (0.5, 1, 3)


def test_a_rate_falls_to_the_least_and_no_further():
    flat = callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_lr=0.2)

    class Flat(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["loss"] = 1.0

    rates = fit(Flat(), flat, epochs=6).history["learning_rate"]
    assert math.isclose(rates[-1], 0.2, rel_tol=1e-6)
    assert rates[:3] == [0.5, 0.5, 0.25]
