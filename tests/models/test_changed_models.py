"""What is changed on a model holds for the next batch, recorded or not."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.callbacks import Callback, ProgbarLogger
from minikeras.config import use_backend
from tests.models.recorded_models import (
    DoubledForGood,
    X,
    Y,
    model_with,
    needs_kernels,
    trained,
)


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
