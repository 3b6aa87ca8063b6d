"""A change between two steps means the same whether steps are recorded or not."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, optimizers, regularizers
from minikeras.callbacks import Callback
from minikeras.config import use_backend
from minikeras.utils import set_random_seed
from minikeras.values.backends import fast

needs_kernels = pytest.mark.skipif(fast is None, reason="nothing is compiled")

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def at(event, number, action):
    """Returns a callback that does something to the model at one event of a kind."""

    def hear(self, position, logs=None):
        if position == number:
            action(self.model)

    return type("At", (Callback,), {event: hear})()


def fitted(jit_compile, callback, epochs=3):
    """Returns (the weights, the history) of a training that a callback takes part in.

    The last of the batches of an epoch is smaller than the others.
    """
    set_random_seed(2)
    hidden = layers.Dense(4, activation="tanh", name="hidden")
    model = Sequential([Input((3,)), hidden, layers.Dropout(0.5), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], jit_compile=jit_compile)
    with use_backend("fast"):
        history = model.fit(
            X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=[callback]
        )
    return model.get_weights(), history.history


def toggle(model):
    layer = model.get_layer("hidden")
    layer.trainable = not layer.trainable


def regularize(model):
    model.get_layer("hidden").kernel.regularizer = regularizers.L2(0.1)


def compile_anew(model):
    model.compile(optimizers.SGD(0.1), "mse", jit_compile=model.jit_compile)


def stop(model):
    model.stop_training = True


def train_on_another_batch(model):
    model.train_on_batch(-X[:4], Y[:4])


@needs_kernels
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    "action", [toggle, regularize, compile_anew, stop, train_on_another_batch]
)
@pytest.mark.parametrize(
    "event",
    ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"],
)
def test_a_change_in_a_callback_means_the_same_to_recorded_steps(event, action, number):
    (weights, logs), (recorded_weights, recorded_logs) = (
        fitted(jit_compile, at(event, number, action))
        for jit_compile in (False, "auto")
    )
    for a, b in zip(weights, recorded_weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert logs == recorded_logs


@pytest.mark.parametrize("jit_compile", [False, "auto"])
def test_a_layer_that_thaws_between_two_batches_is_trained_in_the_next_one(jit_compile):
    kernels = []
    layer = layers.Dense(2)
    model = Sequential([Input((3,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    layer.trainable = False

    class Thawing(Callback):
        def on_train_batch_end(self, batch, logs=None):
            kernels.append(layer.kernel.numpy().copy())
            layer.trainable = batch >= 1

    model.fit(X, Y, batch_size=4, verbose=0, callbacks=[Thawing()])
    frozen, still_frozen, thawed = kernels[:3]
    np.testing.assert_array_equal(frozen, still_frozen)
    assert (thawed != frozen).all()


@needs_kernels
@pytest.mark.parametrize("jit_compile", [False, "auto"])
def test_a_training_that_is_to_stop_ends_with_its_first_batch(jit_compile):
    (_, history) = fitted(jit_compile, at("on_epoch_begin", 1, stop))
    assert len(history["loss"]) == 2
    assert history["loss"][1] > 0.0


@needs_kernels
@pytest.mark.parametrize("jit_compile", [False, "auto"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_progress_knows_the_batch_that_an_error_broke_off(jit_compile, shuffle):
    inputs = np.zeros((24, 2), "int32")
    # Behind another layer the table is not looked up before training.
    model = Sequential([Input((2,), dtype="int32"), layers.Reshape((2,))])
    model.add(layers.Embedding(3, 2))
    model.compile("sgd", "mse", jit_compile=jit_compile)
    targets = np.ones((24, 2, 2), "float32")
    run = {"batch_size": 4, "verbose": 0, "shuffle": shuffle}
    with use_backend("fast"):
        model.fit(inputs, targets, epochs=2, **run)
        assert model.fit_progress.get_state() | {"seed": 0} == {
            "seed": 0,
            "epoch": 2,
            "step": 0,
        }
        before = model.optimizer.iterations.numpy().item()
        inputs[-1] = 3  # there is no such row
        with pytest.raises(IndexError):
            model.fit(inputs, targets, epochs=1, **run)
    done = model.optimizer.iterations.numpy().item() - before
    assert model.fit_progress.step == done
    assert shuffle or done == 5


@needs_kernels
def test_weights_hold_no_gradients_of_steps_before_those_that_were_recorded():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with use_backend("fast"):
        model.fit(X, Y, batch_size=4, verbose=0)
    assert all(weight.value.grad is None for weight in model.trainable_weights)
