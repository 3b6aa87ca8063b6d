"""Steps as functions, without state, and with arguments of a subclass."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, metrics, ops, utils
from tests.models.small_models import line

X = np.arange(12, dtype="float32").reshape(4, 3) / 10
Y = np.ones((4, 1), "float32")


def compiled(kind=Sequential, **settings):
    model = kind([Input((3,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"], **settings)
    return model


def test_functions_run_the_next_batches_of_an_iterator():
    model = compiled(steps_per_execution=2)
    model.evaluate(X, Y, verbose=0)
    model.make_test_function()
    model.make_train_function()
    model.make_predict_function()
    batches = iter([(X[:1], Y[:1]), (X[1:2], Y[1:2]), (X[2:3], Y[2:3])])
    model.reset_metrics()
    logs = model.test_function(batches)
    assert list(logs) == ["loss", "mae"]
    expected = model.evaluate(X[:2], Y[:2], verbose=0, return_dict=True)
    assert logs == pytest.approx(expected)
    assert model.predict_function(batches).shape == (1, 1)
    with pytest.raises(StopIteration):
        model.predict_function(batches)
    before = model.get_weights()
    model.train_function(iter([(X, Y)]))
    assert (before[0] != model.get_weights()[0]).any()


def test_functions_are_made_anew_on_request_only():
    model = compiled()
    model.make_train_function()
    first = model.train_function
    model.make_train_function()
    assert model.train_function is first
    model.make_train_function(force=True)
    assert model.train_function is not first


def test_a_loss_for_given_values_leaves_the_model_alone():
    model = compiled()
    model.fit(X, Y, verbose=0)
    state = [
        [np.array(v) for v in group]
        for group in (
            model.trainable_variables,
            model.non_trainable_variables,
            model.metrics_variables,
        )
    ]
    zeros = [0 * values for values in state[0]]
    y_pred = ops.zeros((4, 1))
    loss, after = model.stateless_compute_loss(
        zeros, state[1], state[2], x=X, y=ops.convert_to_tensor(Y), y_pred=y_pred
    )
    assert float(loss) == 1.0
    assert [np.array(x).tolist() for x in after[0]] == [x.tolist() for x in zeros]
    for values, group in zip(state[0], model.trainable_variables, strict=True):
        np.testing.assert_array_equal(values, group)
    with pytest.raises(ValueError, match="zip"):
        model.stateless_compute_loss(zeros[:1], state[1], state[2], X, Y, y_pred)


def test_a_loss_of_ones_own_hears_of_training():
    heard = []

    class Hearing(Sequential):
        def compute_loss(
            self, x=None, y=None, y_pred=None, sample_weight=None, training=True
        ):
            heard.append(training)
            return super().compute_loss(x, y, y_pred, sample_weight)

    model = compiled(Hearing)
    model.fit(X, Y, verbose=0)
    heard_in_fit = heard.copy()
    heard.clear()
    model.evaluate(X, Y, verbose=0)
    assert heard_in_fit[-1] is True
    assert heard[-1] is False


@pytest.mark.parametrize("logs", [None, 1.0, [1.0]])
def test_logs_are_a_dict(logs):
    class Returning(Sequential):
        def train_step(self, data):
            return logs

    with pytest.raises(TypeError, match="must return their logs"):
        compiled(Returning).fit(X, Y, verbose=0)


def test_logs_may_hold_numbers_and_arrays():
    class Returning(Sequential):
        def train_step(self, data):
            return {"b": 3, "a": {"d": ops.ones((2,)), "c": ops.ones((1,))}}

    history = compiled(Returning).fit(X, Y, verbose=0).history
    assert list(history) == ["c", "d", "b"]
    assert history["d"][0].tolist() == [1.0, 1.0]
    assert (history["c"], history["b"]) == ([1.0], [3.0])


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


def test_metrics_take_predictions_in_arrays():
    class InNumPy(Sequential):
        def test_step(self, data):
            x, y = data
            return self.compute_metrics(x, np.asarray(y), np.asarray(self(x)))

    ours, usual = compiled(InNumPy), compiled()
    found = ours.evaluate(X, Y, verbose=0, return_dict=True)
    expected = usual.evaluate(X, Y, verbose=0, return_dict=True)
    assert found["mae"] == pytest.approx(expected["mae"])
