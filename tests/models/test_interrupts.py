"""Ctrl-C: heard within a second, with weights of a whole step, and fit works again."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.models.interrupts import WholeSteps

PROGRAM = """
import sys, time
import numpy as np
import minikeras
from minikeras import Input, Sequential, callbacks, layers, utils

way = sys.argv[1]
x = np.random.default_rng(0).normal(size=(4000, 64)).astype("float32")
y = x[:, :1]

def made():
    utils.set_random_seed(1)
    model = Sequential([Input((64,)), layers.Dense(64, "relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(1))
    model.compile("adam", "mse", jit_compile=way == "recorded")
    return model

class Telling(callbacks.Callback):
    ended = 0

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            print("trains", flush=True)

    def on_train_batch_end(self, batch, logs=None):
        if way == "sleeping" and batch == 2:
            print("trains", flush=True)
            time.sleep(60)

    def on_train_end(self, logs=None):
        Telling.ended += 1

class Quiet(callbacks.Callback):
    on_epoch_begin = Telling.on_epoch_begin
    on_train_end = Telling.on_train_end

model = made()
listener = Telling() if way == "sleeping" else Quiet()
try:
    model.fit(x, y, batch_size=8, epochs=10**6, verbose=0, callbacks=[listener])
except KeyboardInterrupt:
    print("stopped", flush=True)
assert Telling.ended == 1
steps = int(model.optimizer.iterations)
again = made()
epochs, rest = divmod(steps, 500)

class Stop(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == steps:
            self.model.stop_training = True

again.fit(x, y, batch_size=8, epochs=epochs + 1, verbose=0, callbacks=[Stop()])
for a, b in zip(model.variables, again.variables, strict=True):
    np.testing.assert_array_equal(a, b)
for a, b in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
    np.testing.assert_array_equal(a, b)
model.fit(x, y, batch_size=500, verbose=0)
print("whole", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C in another way")
@pytest.mark.parametrize("way", ["recorded", "run", "sleeping"])
def test_ctrl_c_stops_within_a_second_after_a_whole_step(way):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, way], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "trains\n"
        time.sleep(0.05)
        before = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        assert time.perf_counter() - before < 1
        assert process.stdout.readline() == "whole\n"
    assert process.returncode == 0


def run_steps(done, presses=1, error=None):
    """Runs two steps, with Ctrl-C pressed so many times in the first one."""
    with WholeSteps() as whole_steps:
        for number in range(2):
            whole_steps.begin()
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
            if error is not None:
                raise error
            done.append(number)
            whole_steps.end()


def be_interrupted_between_steps():
    with WholeSteps():
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")


def test_it_waits_for_the_step_that_runs():
    done = []
    with pytest.raises(KeyboardInterrupt):
        run_steps(done)
    assert done == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_between_steps_it_comes_at_once():
    with pytest.raises(KeyboardInterrupt):
        be_interrupted_between_steps()


def test_a_second_one_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt):
        run_steps(done, presses=2)
    assert done == []


def test_an_error_of_the_step_does_not_swallow_it():
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_steps([], error=ValueError("of the step"))
    assert isinstance(stopped.value.__context__, ValueError)


def test_a_handler_of_the_programs_own_stays():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *args: heard.append(args))
    try:
        with WholeSteps() as whole_steps:
            whole_steps.begin()
            signal.raise_signal(signal.SIGINT)
            whole_steps.end()
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(heard) == 1


def test_other_threads_leave_signals_alone():
    errors = []

    def work():
        try:
            with WholeSteps() as whole_steps:
                whole_steps.begin()
                whole_steps.end()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors


class Pressing(layers.Layer):
    """Presses Ctrl-C in the middle of the first step."""

    pressed = False

    def call(self, inputs, training=False):
        if training and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)
        return inputs


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_a_step_that_has_begun_is_done(method):
    model = Sequential([Input((2,)), Pressing(), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((6, 2), "float32"), np.zeros((6, 1), "float32")
    before = model.get_weights()
    settings = {"batch_size": 2, "verbose": 0} if method == "fit" else {}
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(x, y, **settings)
    assert int(model.optimizer.iterations) == 1
    assert (before[0] != model.get_weights()[0]).any()
    model.fit(x, y, verbose=0)
