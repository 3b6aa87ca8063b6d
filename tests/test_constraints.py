"""Constraints: where they put weights, their names and configurations."""

import numpy as np
import pytest

from minikeras import constraints
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
