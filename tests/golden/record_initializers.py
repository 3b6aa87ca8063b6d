"""Initializers: constants exactly; for random ones what is drawn from, not the draws.

The streams of random numbers differ between backends of Keras already, so a case holds
the distribution and its parameters, which follow from the shape.
"""

from typing import Any
from unittest import mock

import keras
import numpy as np

from tests.golden.keras_calls import as_arrays, outcome_of, public

Case = dict[str, Any]

CONSTANTS: list[tuple[str, dict[str, Any], tuple[int, ...], str | None]] = [
    ("Zeros", {}, (2, 3), None),
    ("Zeros", {}, (), None),
    ("Zeros", {}, (2,), "int32"),
    ("Ones", {}, (2, 3), None),
    ("Ones", {}, (0, 3), None),
    ("Ones", {}, (2,), "float64"),
    ("Ones", {}, (2,), "bool"),
    ("Constant", {}, (2,), None),
    ("Constant", {"value": -1.5}, (2, 2), None),
    ("Constant", {"value": [1.0, 2.0]}, (2, 2), None),
    ("Constant", {"value": 3}, (2,), "int32"),
    ("Identity", {}, (3, 3), None),
    ("Identity", {"gain": 2.5}, (2, 3), None),
]
SHAPES = [(100, 50), (3, 3, 8, 16), (7,), ()]
RANDOM: list[tuple[str, dict[str, Any]]] = [
    ("RandomNormal", {}),
    ("RandomNormal", {"mean": 2.0, "stddev": 0.5}),
    ("TruncatedNormal", {}),
    ("RandomUniform", {}),
    ("RandomUniform", {"minval": 1.0, "maxval": 3.0}),
]
SCALED: list[tuple[str, dict[str, Any]]] = [
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeUniform", {}),
    ("HeNormal", {}),
    ("LecunUniform", {}),
    ("LecunNormal", {}),
    ("VarianceScaling", {}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"}),
    (
        "VarianceScaling",
        {"mode": "fan_avg", "distribution": "untruncated_normal"},
    ),
    ("VarianceScaling", {"distribution": "normal"}),
    ("GlorotUniform", {"input_axes": [0], "output_axes": [1, 2]}),
]
REFUSED: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Identity", {}, (2, 2, 2)),
    ("Identity", {}, (2,)),
    ("Orthogonal", {}, (3,)),
    ("VarianceScaling", {"scale": -1.0}, (2, 2)),
    ("VarianceScaling", {"scale": 0.0}, (2, 2)),
    ("VarianceScaling", {"mode": "fan"}, (2, 2)),
    ("VarianceScaling", {"distribution": "gauss"}, (2, 2)),
    ("RandomNormal", {"seed": "one"}, (2, 2)),
]


def record() -> list[Case]:
    """Returns the constant, the random and the refused initializers."""
    cases = [constant_case(*arguments) for arguments in CONSTANTS]
    cases += [random_case(name, keywords, (100, 50)) for name, keywords in RANDOM]
    for name, keywords in SCALED:
        shapes = [(4, 6, 5)] if "input_axes" in keywords else SHAPES
        cases += [random_case(name, keywords, shape) for shape in shapes]
    cases += [refused_case(*arguments) for arguments in REFUSED]
    return [*cases, *orthogonal_cases()]


def constant_case(
    name: str, keywords: dict, shape: tuple[int, ...], dtype: str | None
) -> Case:
    """Returns the values of an initializer that draws nothing."""
    values = public(f"initializers.{name}")(**keywords)(shape, dtype=dtype)
    return case(name, keywords, shape, f" {dtype}" if dtype else "") | {
        "dtype": dtype,
        "result": as_arrays(values),
    }


def random_case(name: str, keywords: dict, shape: tuple[int, ...]) -> Case:
    """Returns which distribution an initializer asks for, with which parameters."""
    module = "keras.src.initializers.random_initializers.random"
    initializer = public(f"initializers.{name}")(**keywords)
    with mock.patch(module) as random:
        initializer(shape)
    ((distribution, _, named),) = random.method_calls
    parameters = {
        key: value
        for key, value in named.items()
        if key in ("mean", "stddev", "minval", "maxval")
    }
    return case(name, keywords, shape) | {
        "distribution": distribution,
        "parameters": parameters,
    }


def refused_case(name: str, keywords: dict, shape: tuple[int, ...]) -> Case:
    """Returns the exception for arguments or a shape that are not possible."""
    return case(name, keywords, shape, " refused") | outcome_of(
        lambda: public(f"initializers.{name}")(**keywords)(shape)
    )


def orthogonal_cases() -> list[Case]:
    """Returns the products of the rows or columns: gain² on the diagonal, else 0."""
    cases = []
    for gain, shape in ((1.0, (4, 3)), (2.0, (2, 5)), (0.5, (2, 2, 3))):
        drawn = keras.initializers.Orthogonal(gain=gain, seed=0)(shape)
        flat = as_arrays(drawn).reshape(-1, shape[-1])
        shorter = flat if flat.shape[0] < flat.shape[1] else flat.T
        gram = np.round(shorter @ shorter.T, 5) + 0.0  # + 0.0 makes -0.0 a plain 0.0
        cases.append(case("Orthogonal", {"gain": gain}, shape) | {"gram": gram})
    return cases


def case(name: str, keywords: dict, shape: tuple[int, ...], suffix: str = "") -> Case:
    """Returns the description of an initializer called for a shape."""
    return {
        "name": f"{name} {keywords} {shape}{suffix}",
        "class": f"initializers.{name}",
        "keywords": keywords,
        "shape": shape,
    }
