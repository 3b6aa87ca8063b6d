"""Mistakes are found by compile(), or before any weight has changed."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, utils
from tests.models.small_models import line, small_model


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


def test_misspelt_names_get_a_suggestion():
    with pytest.raises(ValueError, match=r"Did you mean .*'adam'"):
        small_model(optimizer="adma")


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


def test_targets_that_would_broadcast_silently_are_refused():
    model = small_model(units=3)
    with pytest.raises(ValueError, match=r"\(20, 1\).*\(20, 3\)"):
        model.fit(*line(), batch_size=20, verbose=0)


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


def test_an_uncompiled_model_says_what_to_do():
    model = Sequential([Input((2,)), layers.Dense(1)])
    for method in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match=r"must call `compile\(\)`"):
            method(*line())
    assert model.predict(line()[0], verbose=0).shape == (20, 1)


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


def test_half_of_a_graph_is_no_model():
    x = Input((3,))
    for half in ({"inputs": x}, {"outputs": x}):
        with pytest.raises(ValueError, match=r"as in Model\(inputs, outputs\)"):
            Model(**half)
    with pytest.raises(TypeError, match=r"as in Model\(inputs, outputs\)"):
        Model(x)


@pytest.mark.parametrize("tensor", [3, np.ones(2)])
def test_an_input_starts_from_symbolic_tensors_only(tensor):
    with pytest.raises(ValueError, match="is a symbolic one"):
        Input(tensor=tensor)


def test_sources_are_those_of_symbolic_tensors():
    with pytest.raises(TypeError, match="takes a symbolic tensor"):
        utils.get_source_inputs(3)
