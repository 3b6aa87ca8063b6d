"""fit: what it learns, what it reports, and in which order it goes through the data."""

import copy
import functools
import operator
import pickle
import re
import warnings

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, callbacks, layers, metrics, ops, utils
from tests.models.small_models import line, small_model


def test_fit_learns_a_line():
    model = small_model(optimizer="adam")
    model.optimizer.learning_rate = 0.05
    history = model.fit(*line(), epochs=60, batch_size=5, verbose=0)
    assert history.history["loss"][-1] < 1e-3 < history.history["loss"][0]


def test_the_same_seed_gives_the_same_bits():
    def weights():
        utils.set_random_seed(7)
        model = Sequential(
            [layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(1)]
        )
        model.compile(optimizer="rmsprop", loss="mse")
        model.fit(*line(), epochs=3, batch_size=4, verbose=0)
        return model.get_weights()

    for a, b in zip(weights(), weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_loss_of_an_epoch_is_the_mean_over_samples():
    x = np.zeros((5, 2), "float32")
    y = np.array([1.0, 1.0, 1.0, 1.0, 3.0], "float32")
    model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer="sgd", loss="mse")
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert history.history["loss"] == pytest.approx([2.6])


def test_initial_epoch_and_validation_freq():
    model = small_model()
    history = model.fit(
        *line(),
        initial_epoch=3,
        epochs=7,
        validation_split=0.5,
        validation_freq=2,
        verbose=0,
    )
    assert history.epoch == [3, 4, 5, 6]
    assert len(history.history["val_loss"]) == 2
    with pytest.raises(ValueError, match="validation_freq"):
        model.fit(*line(), validation_split=0.5, validation_freq="often", verbose=0)


def test_epochs_of_a_number_of_steps_go_on_through_the_data():
    seen = []

    class Watching(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs, training=None):
            if training:
                seen.append(np.asarray(inputs)[:, 0].tolist())
            return self.dense(inputs)

    model = Watching()
    model.compile(optimizer="sgd", loss="mse")
    x = np.arange(8, dtype="float32").reshape(4, 2) / 8
    model.fit(
        x, x[:, :1], batch_size=1, epochs=2, steps_per_epoch=2, shuffle=False, verbose=0
    )
    assert functools.reduce(operator.iadd, seen, []) == [0.0, 0.25, 0.5, 0.75]


def test_data_that_run_out_end_the_epoch_with_a_warning():
    model = small_model()
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(*line(4), batch_size=2, steps_per_epoch=3, verbose=0)


def test_callbacks_hear_of_every_execution():
    heard = []
    model = small_model(steps_per_execution=3)
    listener = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: heard.append(batch)
    )
    model.fit(*line(20), batch_size=2, callbacks=[listener], verbose=0)
    assert heard == [2, 5, 8, 9]
    assert int(model.optimizer.iterations) == 10


def test_a_generator_of_batches():
    x, y = line(6)
    model = small_model()
    history = model.fit(
        ((x[i : i + 2], y[i : i + 2]) for i in (0, 2, 4)), epochs=1, verbose=0
    )
    assert int(model.optimizer.iterations) == 3
    assert len(history.history["loss"]) == 1


def test_freezing_after_fit_takes_effect():
    model = small_model()
    model.fit(*line(), verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.add(layers.Dense(1))
    model.compile(optimizer="sgd", loss="mse")
    model.fit(*line(), verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_recompiling_keeps_metrics_and_makes_a_new_optimizer():
    model = small_model(metrics=["mae"])
    model.fit(*line(), verbose=0)
    model.compile(optimizer="sgd", loss="mse")
    assert int(model.optimizer.iterations) == 0
    assert "mae" in model.fit(*line(), verbose=0).history


def test_class_weight_multiplies_into_the_loss():
    x = np.zeros((5, 2), "float32")
    y = np.array([[1.0], [0.0], [0.0], [0.0], [0.0]])
    model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer="sgd", loss="mse")
    history = model.fit(x, y, class_weight={1: 10.0}, verbose=0)
    assert history.history["loss"] == pytest.approx([2.0])
    with pytest.raises(ValueError, match="together"):
        model.fit(x, y, class_weight={1: 2.0}, sample_weight=np.ones(5), verbose=0)


def test_regularizers_enter_the_loss_and_not_the_metrics():
    model = Sequential(
        [
            Input((2,)),
            layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2"),
        ]
    )
    model.compile(optimizer="sgd", loss="mse", metrics=["mse"])
    x = np.zeros((4, 2), "float32")
    values = model.evaluate(x, np.zeros((4, 1)), verbose=0)
    assert values == pytest.approx([0.02, 0.0])


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (lambda y_true, y_pred: ops.mean(y_pred), "lambda"),
        (functools.partial(metrics.binary_accuracy, threshold=0.3), "partial"),
    ],
)
def test_a_function_without_a_name_of_its_own_counts_too(metric, name):
    history = small_model(metrics=[metric]).fit(*line(), verbose=0).history
    assert sorted(history) == sorted(["loss", name])


def test_a_pipe_gets_one_line_per_epoch(capsys):
    small_model().fit(*line(), epochs=2)
    out = capsys.readouterr().out
    assert out.startswith("Epoch 1/2\n1/1 - ")
    assert "\x1b" not in out
    assert out.count("\n") == 4


def test_state_in_layers_changes_once_per_step():
    class Counting(layers.Layer):
        def build(self, input_shape):
            self.count = self.add_weight((), "zeros", trainable=False, name="count")

        def call(self, inputs, training=False):
            if training:
                self.count.assign_add(1.0)
            return inputs

    model = Sequential([Input((2,)), Counting(), layers.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(2):
        model.fit(*line(), batch_size=10, verbose=0)
    assert float(model.layers[0].count) == 4


def test_a_layer_frozen_as_an_epoch_begins_stays_as_it_is():
    model = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    kernels = []

    def freeze(epoch, logs):
        kernels.append(model.layers[0].get_weights()[0])
        model.layers[0].trainable = epoch == 0

    listener = callbacks.LambdaCallback(on_epoch_begin=freeze)
    model.fit(*line(), epochs=3, callbacks=[listener], verbose=0)
    kernels.append(model.layers[0].get_weights()[0])
    assert (kernels[0] != kernels[1]).any()
    np.testing.assert_array_equal(kernels[1], kernels[3])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_copy_of_a_trained_model_trains_on(jit_compile):
    model = small_model(optimizer="adam", jit_compile=jit_compile)
    model.fit(*line(), batch_size=4, verbose=0)
    copies = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    model.fit(*line(), batch_size=4, shuffle=False, verbose=0)
    for again in copies:
        again.fit(*line(), batch_size=4, shuffle=False, verbose=0)
        for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_model_in_float16_trains_with_its_loss_scaled():
    utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(1, dtype="mixed_float16")])
    model.dtype_policy = "mixed_float16"
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.2
    history = model.fit(*line(), epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.1 * history["loss"][0]


CLASSES_OF_TWO = ("softmax", 2, "sparse_categorical_crossentropy")
YES_OR_NO = ("sigmoid", 1, "binary_crossentropy")


@pytest.mark.parametrize(
    ("ending", "class_weight", "unknown"),
    [
        (CLASSES_OF_TWO, {0: 1.0, 1: 2.0}, None),
        (CLASSES_OF_TWO, {1: 1.0, 2: 2.0}, r"\[2\]"),
        (CLASSES_OF_TWO, {-1: 1.0, 1: 2.0}, r"\[-1\]"),
        (YES_OR_NO, {0: 1.0, 1: 2.0}, None),
        (YES_OR_NO, {1: 1.0, 2: 2.0}, r"\[2\]"),
        ((None, 1, "hinge"), {-1: 1.0, 1: 2.0}, None),
    ],
)
@pytest.mark.parametrize("as_arrays", [True, False])
def test_weights_of_classes_that_there_are_none_of_are_said(
    ending, class_weight, unknown, as_arrays
):
    activation, units, loss = ending
    model = Sequential([Input((2,)), layers.Dense(units, activation)])
    model.compile("sgd", loss)
    x, y = line()[0], np.arange(20) % 2
    given = (x, y) if as_arrays else (iter([(x, y)]),)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*given, class_weight=class_weight, verbose=0)
    said = [str(warning.message) for warning in caught]
    assert len(said) == (unknown is not None)
    for message in said:
        assert re.search(f"class_weight has weights for {unknown}.*0 to 1", message)


class Penalized(layers.Layer):
    """Adds the mean of what it gets to the loss."""

    def call(self, inputs):
        self.add_loss(ops.mean(inputs))
        return inputs


@pytest.mark.parametrize(
    ("layer", "penalty"),
    [
        (Penalized(), 0.4),
        (layers.Activation("linear", activity_regularizer="l1"), 0.004),
        (layers.ActivityRegularization(l1=1.0), 0.4),
    ],
    ids=lambda given: getattr(given, "name", None),
)
def test_what_layers_add_enters_the_loss_and_not_the_metrics(layer, penalty):
    x = np.full((4, 1), 0.4, "float32")
    model = Sequential([Input((1,)), layer])
    model.compile("sgd", "mse", metrics=["mse"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # there is nothing to train
        history = model.fit(x, x, verbose=0).history
    assert history["loss"] == pytest.approx([penalty])
    assert history["mse"] == [0.0]
    assert model.evaluate(x, x, verbose=0) == pytest.approx([penalty, 0.0])


class CountingCalls(layers.Layer):
    """Counts its calls, in training or not."""

    def build(self, input_shape):
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def call(self, inputs):
        self.count.assign_add(1.0)
        return inputs


def test_the_look_at_the_first_batch_leaves_no_trace_in_layers():
    model = Sequential([Input((2,)), CountingCalls(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(*line(), batch_size=10, verbose=0)
    assert float(model.layers[0].count) == 2
    model.evaluate(*line(8), batch_size=4, verbose=0)
    assert float(model.layers[0].count) == 4
