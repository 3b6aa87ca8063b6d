"""Configurations: what `get_config` says, keys in order, and serialized objects."""

from typing import Any

import keras

from tests.golden.keras_calls import public, reset

Case = dict[str, Any]

LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("Dense", {"units": 3}),
    (
        "Dense",
        {
            "units": 3,
            "activation": "relu",
            "use_bias": False,
            "kernel_initializer": "he_normal",
            "name": "hidden",
            "trainable": False,
        },
    ),
    ("Activation", {"activation": "softmax"}),
    ("Flatten", {}),
    ("Dropout", {"rate": 0.25}),
    ("Dropout", {"rate": 0.5, "noise_shape": [None, 1], "seed": 7}),
    ("InputLayer", {"shape": (4,)}),
    ("InputLayer", {"batch_shape": (2, 3), "dtype": "int32", "name": "codes"}),
]
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.5, "momentum": 0.9, "nesterov": True, "clipnorm": 1.0}),
    ("RMSprop", {}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "use_ema": True, "name": "mine"}),
    ("AdamW", {}),
]
LOSSES: list[tuple[str, dict[str, Any]]] = [
    ("MeanSquaredError", {}),
    ("MeanAbsoluteError", {"reduction": "sum", "name": "distance"}),
    ("BinaryCrossentropy", {"from_logits": True}),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0}),
]
METRICS: list[tuple[str, dict[str, Any]]] = [
    ("Mean", {}),
    ("Sum", {"name": "total"}),
    ("Accuracy", {}),
    ("BinaryAccuracy", {"threshold": 0.3}),
    ("CategoricalAccuracy", {}),
    ("SparseCategoricalAccuracy", {}),
    ("TopKCategoricalAccuracy", {}),
    ("SparseTopKCategoricalAccuracy", {"k": 2}),
    ("MeanSquaredError", {}),
    ("MeanAbsoluteError", {}),
    ("RootMeanSquaredError", {}),
    ("BinaryCrossentropy", {}),
    ("CategoricalCrossentropy", {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}),
]
INITIALIZERS: list[tuple[str, dict[str, Any]]] = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 2.0}),
    ("Orthogonal", {}),
    ("RandomNormal", {}),
    ("RandomUniform", {"seed": 1}),
    ("TruncatedNormal", {}),
    ("VarianceScaling", {}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeNormal", {}),
    ("HeUniform", {}),
    ("LecunNormal", {}),
    ("LecunUniform", {}),
]
FAMILIES = {
    "layers": LAYERS,
    "optimizers": OPTIMIZERS,
    "losses": LOSSES,
    "metrics": METRICS,
    "initializers": INITIALIZERS,
}


def record() -> list[Case]:
    """Returns a case for each object, and those of whole models and of serialize."""
    cases = []
    for family, objects in FAMILIES.items():
        for name, keywords in objects:
            reset()
            path = f"{family}.{name}"
            made = public(path)(**keywords)
            cases.append(
                {
                    "name": f"{path} {keywords}",
                    "class": path,
                    "keywords": keywords,
                    "config": made.get_config(),
                }
            )
    return [*cases, *model_cases(), *serialized_cases()]


def model_cases() -> list[Case]:
    """Returns the configurations of a Sequential that is built and of one not."""
    reset()
    fresh = keras.Sequential([keras.layers.Dense(2)], name="fresh")
    built = keras.Sequential([keras.Input((3,)), keras.layers.Flatten()], name="built")
    return [
        {"name": f"Sequential {model.name}", "config": model.get_config()}
        for model in (fresh, built)
    ]


def serialized_cases() -> list[Case]:
    """Returns what `serialize` gives for functions and objects."""
    reset()
    objects = {
        "activations": keras.activations.relu,
        "losses": keras.losses.MeanSquaredError(),
        "metrics": keras.metrics.Mean(),
        "initializers": keras.initializers.HeNormal(seed=3),
        "layers": keras.layers.Dense(2),
    }
    cases = [
        {
            "name": f"{family}.serialize",
            "call": f"{family}.serialize",
            "result": public(f"{family}.serialize")(thing),
        }
        for family, thing in objects.items()
    ]
    result = keras.losses.serialize(keras.losses.mean_squared_error)
    case = {"call": "losses.serialize", "result": result}
    return [*cases, {"name": "losses.serialize a function", **case}]
