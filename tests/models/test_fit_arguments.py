"""Arguments that make no sense are refused at once, with a word about what does."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, config, layers

X = np.ones((6, 3), "float32")
Y = np.zeros((6, 1), "float32")


def dense():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def batches():
    while True:
        yield X, Y


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"epochs": "2"}, TypeError, "epochs must be an integer; got '2'"),
        ({"epochs": 1.5}, TypeError, "epochs"),
        ({"epochs": -1}, ValueError, "epochs must be 0 or more"),
        ({"initial_epoch": -1}, ValueError, "initial_epoch"),
        ({"verbose": "yes"}, ValueError, "verbose must be 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be a positive integer"),
        ({"batch_size": -4}, ValueError, "batch_size"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch must be 1 or more"),
        ({"steps_per_epoch": 2.0}, TypeError, "steps_per_epoch"),
        (
            {"validation_data": (X, Y), "validation_steps": -1},
            ValueError,
            "validation_steps",
        ),
        ({"validation_freq": 0}, ValueError, "validation_freq"),
        ({"shuffle": "yes"}, ValueError, "shuffle must be"),
        ({"validation_split": -0.1}, ValueError, "validation_split"),
        (
            {"validation_data": (X, Y), "validation_batch_size": 0},
            ValueError,
            "batch_size",
        ),
        ({"validation_data": (X, Y, Y, Y)}, ValueError, "a tuple of 4"),
    ],
)
def test_they_are_refused_before_any_weight_changes(arguments, error, match):
    model = dense()
    before = model.get_weights()
    heard = []
    listener = callbacks.LambdaCallback(on_train_begin=lambda logs: heard.append(logs))
    settings = {"verbose": 0, "callbacks": [listener]} | arguments
    with pytest.raises(error, match=match):
        model.fit(X, Y, **settings)
    assert not heard
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"validation_split": 0.5}, "validation_split is for arrays"),
        ({"y": Y}, "y must not be given beside it"),
        ({"sample_weight": Y}, "sample_weight must not be given beside it"),
    ],
)
def test_what_does_not_go_with_generators(arguments, match):
    with pytest.raises(ValueError, match=match):
        dense().fit(batches(), steps_per_epoch=2, verbose=0, **arguments)


def test_a_generator_has_no_second_epoch():
    with pytest.raises(ValueError, match=r"read only once.*steps_per_epoch"):
        dense().fit(((X, Y) for _ in range(3)), epochs=2, verbose=0)


@pytest.mark.parametrize("epochs", [0, np.int64(2), 3])
def test_epochs_that_there_are(epochs):
    assert dense().fit(X, Y, epochs=epochs, verbose=0).epoch == list(range(epochs))


def test_limits_of_the_configuration_hold_with_a_warning():
    model = dense()
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    try:
        with pytest.warns(UserWarning, match="Limiting") as warned:
            history = model.fit(X, Y, epochs=5, batch_size=1, verbose=0)
        assert {str(w.message).split(",")[0] for w in warned} == {
            "Limiting epochs to 2",
            "Limiting steps_per_epoch to 3",
        }
        assert history.epoch == [0, 1]
        assert int(model.optimizer.iterations) == 6
        with pytest.warns(UserWarning, match="Limiting steps to 3"):
            assert model.predict(X, batch_size=1, verbose=0).shape == (3, 1)
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
