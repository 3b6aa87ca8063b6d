"""Constraints: where they put weights, their names and configurations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Sequential, constraints, layers
from minikeras.constraints import get


def matrix(*rows):
    return np.array(rows, "float32")


@pytest.mark.parametrize(
    ("constraint", "weight", "expected"),
    [
        (constraints.Constraint(), matrix([-3, 1]), matrix([-3, 1])),
        (constraints.MaxNorm(2), matrix([3, 1], [4, 0]), matrix([1.2, 1], [1.6, 0])),
        (
            constraints.MaxNorm(2, axis=1),
            matrix([3, 4], [0, 0]),
            matrix([1.2, 1.6], [0, 0]),
        ),
        (constraints.UnitNorm(), matrix([3, 0], [4, 0]), matrix([0.6, 0], [0.8, 0])),
        (
            constraints.UnitNorm(axis=[0, 1]),
            matrix([3, 0], [4, 0]),
            matrix([0.6, 0], [0.8, 0]),
        ),
        (
            constraints.MinMaxNorm(1.0, 2.0, rate=0.5),
            matrix([3, 0.1], [4, 0]),
            matrix([2.1, 0.55], [2.8, 0]),
        ),
        (constraints.NonNeg(), matrix([-1, 2, 0]), matrix([0, 2, 0])),
    ],
)
def test_weights_are_put_where_keras_puts_them(constraint, weight, expected):
    out = constraint(weight)
    np.testing.assert_allclose(np.asarray(out), expected, rtol=1e-6)


def test_names_have_the_defaults_of_keras():
    assert get("max_norm").get_config() == {"max_value": 2, "axis": 0}
    assert get("unit_norm").get_config() == {"axis": 0}
    assert type(get("NonNeg")) is type(get("non_neg")) is constraints.NonNeg
    assert get("min_max_norm").get_config() == {
        "min_value": 0.0,
        "max_value": 1.0,
        "rate": 1.0,
        "axis": 0,
    }
    with pytest.raises(ValueError, match="constraint identifier: 'nonneg'"):
        get("nonneg")


def test_get_takes_all_that_keras_takes():
    assert get(None) is None
    assert get(abs) is abs
    assert type(get(constraints.NonNeg)) is constraints.NonNeg
    assert get({"class_name": "MaxNorm", "config": {"max_value": 3}}).max_value == 3
    with pytest.raises(ValueError, match="identifier: 3"):
        get(3)


@pytest.mark.parametrize("name", constraints.CLASSES)
def test_configurations_make_the_same_constraint(name):
    constraint = constraints.CLASSES[name]()
    config = constraints.serialize(constraint)
    assert (config["module"], config["class_name"]) == ("keras.constraints", name)
    again = constraints.deserialize(config)
    assert type(again) is type(constraint)
    assert again.get_config() == constraint.get_config()


def test_custom_objects_name_classes_of_ones_own():
    class Zero(constraints.Constraint):
        def __call__(self, w):
            return 0 * w

    config = constraints.serialize(Zero())
    assert type(constraints.deserialize(config, {"Zero": Zero})) is Zero
    assert type(constraints.deserialize("Zero", {"Zero": Zero})) is Zero
    assert constraints.serialize(None) is None


# --- Laws -----------------------------------------------------------------------------

EPSILON = 1e-7  # what is added to lengths that something is divided by
AXES = st.sampled_from([0, 1, (0, 1)])
matrices = st.builds(
    lambda rows, columns, scale, seed: (
        scale * np.random.default_rng(seed).normal(size=(rows, columns))
    ),
    *(st.integers(1, 5), st.integers(1, 5)),
    *(st.sampled_from([1e-2, 1.0, 1e3]), st.integers(0, 99)),
)


def lengths(w, axis):
    return np.sqrt(np.square(np.asarray(w)).sum(axis=axis))


@given(w=matrices, axis=AXES, limit=st.sampled_from([0.5, 2.0]))
def test_no_vector_is_longer_than_the_limit_and_short_ones_stay(w, axis, limit):
    bounded = constraints.MaxNorm(limit, axis)(w)
    assert (lengths(bounded, axis) <= limit).all()
    if (lengths(w, axis) <= limit).all():
        np.testing.assert_allclose(bounded, w, atol=EPSILON)


@given(w=matrices, axis=AXES)
def test_unit_vectors_have_their_direction_and_the_length_one(w, axis):
    unit = np.asarray(constraints.UnitNorm(axis)(w))
    before = lengths(w, axis)
    np.testing.assert_allclose(lengths(unit, axis), before / (before + EPSILON))
    assert (np.sign(unit) == np.sign(w)).all()


@given(w=matrices, axis=AXES, rate=st.sampled_from([0.5, 1.0]))
def test_lengths_come_into_the_range_all_at_once_or_by_a_rate(w, axis, rate):
    before = lengths(w, axis)
    moved = lengths(constraints.MinMaxNorm(0.5, 1.0, rate, axis)(w), axis)
    wanted = rate * np.clip(before, 0.5, 1.0) + (1 - rate) * before
    np.testing.assert_allclose(moved, wanted * before / (before + EPSILON))


@given(w=matrices)
def test_what_is_not_negative_stays(w):
    bounded = np.asarray(constraints.NonNeg()(w))
    np.testing.assert_array_equal(bounded, np.where(w > 0, w, 0.0))


def test_a_layer_keeps_to_its_constraints():
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(4, kernel_constraint="unit_norm", bias_constraint="non_neg"),
        ]
    )
    model.compile("sgd", "mse")
    x = np.ones((8, 3), "float32")
    model.fit(x, -np.ones((8, 4), "float32"), epochs=3, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(lengths(kernel, 0), 1.0, rtol=1e-5)
    assert (bias >= 0).all()
