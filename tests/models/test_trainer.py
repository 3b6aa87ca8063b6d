"""compile, fit, evaluate, predict: results, order of events, mistakes."""

import copy
import functools
import operator
import pickle

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, callbacks, layers, metrics, ops, utils


def small_model(units=1, **compiled):
    utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(units)])
    model.compile(**({"optimizer": "sgd", "loss": "mse"} | compiled))
    return model


def line(samples=20):
    x = np.linspace(-1, 1, 2 * samples, dtype="float32").reshape(samples, 2)
    return x, x.sum(axis=1, keepdims=True)


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


def test_events_come_in_order():
    events = []

    class Listener(callbacks.Callback):
        pass

    for name in vars(callbacks.Callback):
        if name.startswith("on_"):
            setattr(
                Listener, name, lambda self, *args, name=name: events.append(name[3:])
            )
    model = small_model()
    model.fit(
        *line(8), batch_size=4, validation_split=0.5, callbacks=[Listener()], verbose=0
    )
    assert events == [
        "train_begin",
        "epoch_begin",
        "train_batch_begin",
        "train_batch_end",
        "test_begin",
        "test_batch_begin",
        "test_batch_end",
        "test_end",
        "epoch_end",
        "train_end",
    ]


def test_logs_are_sorted_floats():
    seen = []
    model = small_model(metrics=["mae"])
    listener = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs)
    )
    model.fit(*line(), validation_split=0.2, callbacks=[listener], verbose=0)
    assert list(seen[0]) == ["loss", "mae", "val_loss", "val_mae"]
    assert all(type(value) is float for value in seen[0].values())


def test_a_callback_can_stop_training():
    model = small_model()

    def stop(epoch, logs):
        model.stop_training = epoch == 1

    history = model.fit(
        *line(),
        epochs=9,
        callbacks=callbacks.LambdaCallback(on_epoch_end=stop),
        verbose=0,
    )
    assert history.epoch == [0, 1]


def test_errors_of_callbacks_arrive_and_training_ends_properly():
    ended = []

    def fail(batch, logs):
        raise KeyError("mine")

    model = small_model()
    listener = callbacks.LambdaCallback(
        on_train_batch_end=fail, on_train_end=lambda logs: ended.append(True)
    )
    with pytest.raises(KeyError, match="mine"):
        model.fit(*line(), callbacks=[listener], verbose=0)
    assert ended == [True]
    model.fit(*line(), verbose=0)


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


def test_evaluate_gives_loss_then_metrics():
    model = small_model(metrics=["mae", "mse"])
    x, y = line()
    values = model.evaluate(x, y, verbose=0)
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert values == [named["loss"], named["mae"], named["mse"]]
    assert list(named) == ["loss", "mae", "mse"]
    assert isinstance(small_model().evaluate(x, y, verbose=0), float)


def test_predict_joins_the_batches():
    model = small_model()
    x, _ = line(7)
    out = model.predict(x, batch_size=3, verbose=0)
    assert out.shape == (7, 1)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, model(x), rtol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(x), out, rtol=1e-6)


def test_predict_with_several_outputs_keeps_their_structure():
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            return {"a": self.dense(inputs), "b": [inputs]}

    out = Two().predict(line(7)[0], batch_size=3, verbose=0)
    assert out["a"].shape == (7, 1)
    assert out["b"][0].shape == (7, 2)


def test_train_on_batch_and_test_on_batch():
    model = small_model(metrics=["mae"])
    x, y = line(4)
    before = model.test_on_batch(x, y)
    loss, mae = model.train_on_batch(x, y)
    assert (loss, mae) == tuple(before)
    assert model.test_on_batch(x, y, return_dict=True)["loss"] < loss


def test_a_train_step_of_ones_own():
    class Mine(Sequential):
        def train_step(self, data):
            x, y = data
            loss = ops.mean(ops.square(self(x, training=True) - y))
            for v in self.trainable_variables:
                v.zero_grad()
            loss.backward()
            gradients = [v.value.grad for v in self.trainable_variables]
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"mine": loss.detach()}

    model = Mine([Input((2,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    history = model.fit(*line(), epochs=3, verbose=0)
    assert history.history["mine"][0] > history.history["mine"][-1]


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


@pytest.mark.parametrize(
    ("compiled", "match"),
    [
        ({"optimizer": "adma"}, "optimizer"),
        ({"metrics": "mae"}, "list"),
        ({"steps_per_execution": 0}, "steps_per_execution"),
        ({"jit_compile": "yes"}, "jit_compile"),
        ({"jit_compile": True, "run_eagerly": True}, "exclude"),
    ],
)
def test_mistakes_found_by_compile(compiled, match):
    with pytest.raises(ValueError, match=match):
        small_model(**compiled)


@pytest.mark.parametrize(
    ("compiled", "match"),
    [
        ({"loss": "Mse"}, "Could not interpret loss"),
        ({"loss": None}, "No loss to compute"),
        ({"metrics": ["nope"]}, "Could not interpret metric"),
        ({"metrics": [None]}, "None"),
        ({"loss_weights": [1.0, 2.0]}, "loss_weights"),
    ],
)
def test_mistakes_found_at_the_first_batch(compiled, match):
    with pytest.raises(ValueError, match=match):
        small_model(**compiled).fit(*line(), verbose=0)


@pytest.mark.parametrize(
    ("labels", "match"),
    [([0, 1, 5], "5"), ([0, -1, 1], "-1"), ([0.5, 1.0, 0.0], "0.5|whole|integer")],
)
def test_bad_labels_are_found_before_any_weight_changes(labels, match):
    utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(3, activation="softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    before = model.get_weights()
    with pytest.raises((ValueError, IndexError), match=match):
        model.fit(np.ones((3, 2)), np.array(labels), verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_an_uncompiled_model_says_what_to_do():
    model = Sequential([Input((2,)), layers.Dense(1)])
    for method in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match=r"must call `compile\(\)`"):
            method(*line())
    assert model.predict(line()[0], verbose=0).shape == (20, 1)


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


def test_a_pipe_gets_one_line_per_epoch(capsys):
    small_model().fit(*line(), epochs=2)
    out = capsys.readouterr().out
    assert out.startswith("Epoch 1/2\n1/1 - ")
    assert "\x1b" not in out
    assert out.count("\n") == 4


def test_targets_that_would_broadcast_silently_are_refused():
    model = small_model(units=3)
    with pytest.raises(ValueError, match=r"\(20, 1\).*\(20, 3\)"):
        model.fit(*line(), batch_size=20, verbose=0)


def test_evaluate_after_an_early_stop_sees_all_batches():
    model = small_model()
    before = model.evaluate(*line(), batch_size=4, verbose=0)
    model.stop_training = True
    assert model.evaluate(*line(), batch_size=4, verbose=0) == before


def test_predict_keeps_the_keys_of_a_dict_in_their_places():
    class Two(Model):
        def call(self, inputs):
            return {"b": inputs * 2.0, "a": inputs}

    out = Two().predict(np.ones((3, 1)), verbose=0)
    assert list(out) == ["b", "a"]
    assert (out["b"] == 2).all()
    assert (out["a"] == 1).all()


def test_a_model_that_trains_itself_needs_no_loss_and_resets_its_metrics():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.seen = metrics.Sum(name="seen")

        def train_step(self, data):
            x, y = data
            loss = ops.mean(ops.square(self.dense(x) - y))
            self.zero_grad()
            loss.backward()
            weights = self.trainable_variables
            self.optimizer.apply([w.value.grad for w in weights], weights)
            self.seen.update_state(1.0)
            return {"seen": self.seen.result()}

    model = Own()
    model.compile(optimizer="sgd")
    history = model.fit(*line(), batch_size=10, epochs=2, verbose=0)
    assert history.history["seen"] == [2.0, 2.0]


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


def test_a_train_step_may_return_what_all_metrics_say():
    class Guide(Sequential):
        def train_step(self, data):
            x, y = data
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
            self.zero_grad()
            loss.backward()
            weights = self.trainable_variables
            self.optimizer.apply([w.value.grad for w in weights], weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss.detach())
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    histories = []
    for jit_compile in (False, True):
        utils.set_random_seed(1)
        model = Guide([Input((2,)), layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"], jit_compile=jit_compile)
        histories.append(model.fit(*line(), batch_size=4, epochs=2, verbose=0).history)
        assert model.metrics_names == ["loss", "compile_metrics"]
    assert sorted(histories[0]) == ["loss", "mae"]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("shape", [(3, 3), (3, 1, 2), (2,)])
def test_inputs_of_another_shape_than_promised_are_refused(shape):
    with pytest.raises(ValueError, match="incompatible"):
        small_model().predict(np.ones(shape), verbose=0)


def test_misspelt_names_get_a_suggestion():
    with pytest.raises(ValueError, match=r"Did you mean .*'adam'"):
        small_model(optimizer="adma")


def test_targets_in_a_tuple_with_the_inputs_are_missed():
    x, y = line()
    for fitted in (False, True):
        model = small_model()
        if fitted:
            model.fit(x, y, verbose=0)
        for method in (model.fit, model.evaluate, model.train_on_batch):
            with pytest.raises(ValueError, match=r"pass y\. x is a tuple of 2: were"):
                method((x, y))


def test_missing_targets_are_asked_for_everywhere():
    x, y = line()
    for fitted in (False, True):
        model = small_model()
        if fitted:
            model.fit(x, y, verbose=0)
        for method in (model.evaluate, model.train_on_batch, model.test_on_batch):
            with pytest.raises(ValueError, match="needs targets: pass y"):
                method(x)
        with pytest.raises(ValueError, match="needs targets: pass y"):
            model.fit(x, y, validation_data=(x,), verbose=0)


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


def test_a_metric_that_does_not_fit_is_found_before_any_weight_changes():
    model = Sequential([Input((3,)), layers.Dense(4, activation="softmax")])
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=["mean_squared_error"]
    )
    before = model.get_weights()
    x, y = np.ones((6, 3), "float32"), np.array([0, 1, 2, 3, 0, 1])
    with pytest.raises(ValueError, match="shape"):
        model.fit(x, y, verbose=0)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_validation_data_are_looked_at_before_any_weight_changes():
    model = Sequential([Input((2,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    x = np.ones((3, 2))
    for validation in [(x, np.array([0, 1, 9])), (np.ones((3, 5)), np.zeros(3))]:
        with pytest.raises(ValueError, match=r"9|incompatible"):
            model.fit(x, np.zeros(3), validation_data=validation, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_errors_of_metrics_arrive_and_the_next_fit_works():
    class Failing(metrics.Mean):
        calls = 0

        def update_state(self, values, sample_weight=None):
            Failing.calls += 1
            if Failing.calls == 3:
                raise KeyError("mine")

    class Watched(Sequential):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            self.failing.update_state(y)
            return super().compute_metrics(x, y, y_pred, sample_weight)

    ended = []
    model = Watched([Input((2,)), layers.Dense(1)])
    model.failing = Failing(name="failing")
    model.compile("sgd", "mse")
    listener = callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(True))
    with pytest.raises(KeyError, match="mine"):
        model.fit(*line(), batch_size=4, callbacks=[listener], verbose=0)
    assert ended == [True]
    model.fit(*line(), verbose=0)


def test_a_model_in_float16_trains_with_its_loss_scaled():
    utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(1, dtype="mixed_float16")])
    model.dtype_policy = "mixed_float16"
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.2
    history = model.fit(*line(), epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.1 * history["loss"][0]


class Stops(callbacks.Callback):
    """Ends evaluation and prediction after some batches, and counts them."""

    def __init__(self, after):
        super().__init__()
        self.after = after
        self.batches = 0

    def on_test_batch_end(self, batch, logs=None):
        self.batches += 1
        self.model.stop_evaluating = self.batches == self.after

    def on_predict_batch_end(self, batch, logs=None):
        self.batches += 1
        self.model.stop_predicting = self.batches == self.after


def test_a_callback_stops_evaluation():
    model, (x, y), stops = small_model(), line(), Stops(after=2)
    found = model.evaluate(x, y, batch_size=5, callbacks=stops)
    assert stops.batches == 2
    assert found == pytest.approx(model.evaluate(x[:10], y[:10]))
    assert model.evaluate(x, y, batch_size=5, callbacks=stops)
    assert stops.batches == 6


def test_a_callback_stops_prediction():
    model, (x, _), stops = small_model(), line(), Stops(after=3)
    assert model.predict(x, batch_size=5, callbacks=stops).shape == (15, 1)
    assert model.predict(x, batch_size=5, callbacks=stops).shape == (20, 1)
