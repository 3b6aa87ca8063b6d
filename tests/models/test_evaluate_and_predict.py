"""evaluate, predict, and their relatives for single batches."""

import numpy as np
import pytest

from minikeras import Model, callbacks, layers
from tests.models.small_models import line, small_model


def test_evaluate_gives_loss_then_metrics():
    model = small_model(metrics=["mae", "mse"])
    x, y = line()
    values = model.evaluate(x, y, verbose=0)
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert values == [named["loss"], named["mae"], named["mse"]]
    assert list(named) == ["loss", "mae", "mse"]
    assert isinstance(small_model().evaluate(x, y, verbose=0), float)


def test_evaluate_after_an_early_stop_sees_all_batches():
    model = small_model()
    before = model.evaluate(*line(), batch_size=4, verbose=0)
    model.stop_training = True
    assert model.evaluate(*line(), batch_size=4, verbose=0) == before


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


def test_predict_keeps_the_keys_of_a_dict_in_their_places():
    class Two(Model):
        def call(self, inputs):
            return {"b": inputs * 2.0, "a": inputs}

    out = Two().predict(np.ones((3, 1)), verbose=0)
    assert list(out) == ["b", "a"]
    assert (out["b"] == 2).all()
    assert (out["a"] == 1).all()


@pytest.mark.parametrize("shape", [(3, 3), (3, 1, 2), (2,)])
def test_inputs_of_another_shape_than_promised_are_refused(shape):
    with pytest.raises(ValueError, match="incompatible"):
        small_model().predict(np.ones(shape), verbose=0)


def test_train_on_batch_and_test_on_batch():
    model = small_model(metrics=["mae"])
    x, y = line(4)
    before = model.test_on_batch(x, y)
    loss, mae = model.train_on_batch(x, y)
    assert (loss, mae) == tuple(before)
    assert model.test_on_batch(x, y, return_dict=True)["loss"] < loss


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


def test_evaluate_refuses_arguments_that_it_does_not_know():
    with pytest.raises(ValueError, match=r"not recognized.*\{'setps': 1\}"):
        small_model().evaluate(*line(), setps=1)
