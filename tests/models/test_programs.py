"""Programs: which there are, what they share, and whose their results are."""

import copy
import gc
import pickle

import numpy as np
import pytest

from minikeras import Model, Tensor, layers, ops
from minikeras.autograd import no_grad
from minikeras.autograd.recording import collector_paused
from minikeras.callbacks import Callback
from minikeras.config import set_epsilon, use_backend
from minikeras.kernels.kernel_set import watched
from minikeras.utils import set_random_seed
from minikeras.values.backends import fast, using
from tests.models.recorded_models import (
    X,
    Y,
    is_recorded,
    model_with,
    needs_kernels,
    trained,
)


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
    assert replayed._programs.program("test").run
    assert replayed._programs.program("predict").run


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
