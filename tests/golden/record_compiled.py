"""Losses and metrics for several outputs: logs, their order, and what is refused."""

from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import outcome_of

Case = dict[str, Any]

X = [np.array([[0.25], [0.75]], "float32"), np.array([[1.0], [2.0]], "float32")]
YA, YB = np.array([[1.0], [0.5]], "float32"), np.array([[0.0], [1.0]], "float32")
W = np.array([1.0, 3.0], "float32")
LIST, NAMED, KEYED = [YA, YB], {"a": YA, "b": YB}, {"x": YA, "y": YB}

# (what, structure of the outputs, targets, weights of samples, arguments of compile)
CASES: list[tuple[str, str, Any, Any, Case]] = [
    ("one loss", "list", LIST, None, {"loss": "mse"}),
    ("in a tuple", "tuple", (YA, YB), None, {"loss": "mse"}),
    ("metric each", "list", LIST, None, {"loss": "mse", "metrics": ["mae", "mse"]}),
    ("metrics too few", "list", LIST, None, {"loss": "mse", "metrics": ["mae"]}),
    (
        "lists of metrics",
        "list",
        LIST,
        None,
        {"loss": ["mse", "mae"], "metrics": [["mae"], ["mse", "mae"]]},
    ),
    (
        "by name",
        "list",
        LIST,
        W,
        {
            "loss": {"a": "mse", "b": "mae"},
            "metrics": {"a": "mae"},
            "weighted_metrics": {"b": ["mse"]},
        },
    ),
    ("targets by name", "list", NAMED, None, {"loss": {"a": "mse", "b": "mae"}}),
    ("one without loss", "list", LIST, None, {"loss": ["mse", None]}),
    ("one without targets", "list", [YA], None, {"loss": ["mse", None]}),
    ("a name missing", "list", LIST, None, {"loss": {"a": "mse"}}),
    ("a wrong name", "list", LIST, None, {"loss": {"a": "mse", "c": "mse"}}),
    (
        "a wrong name in metrics",
        "list",
        LIST,
        None,
        {"loss": "mse", "metrics": {"c": "mse"}},
    ),
    (
        "weights of losses",
        "list",
        LIST,
        None,
        {"loss": ["mse", "mae"], "loss_weights": [1.0, 2.0]},
    ),
    (
        "weights of losses by name",
        "list",
        LIST,
        None,
        {"loss": {"a": "mse", "b": "mae"}, "loss_weights": {"a": 1.0, "b": 0.5}},
    ),
    ("one weight", "list", LIST, None, {"loss": "mse", "loss_weights": 2.0}),
    (
        "too few weights",
        "list",
        LIST,
        None,
        {"loss": ["mse", "mse"], "loss_weights": [2.0]},
    ),
    ("three losses", "list", LIST, None, {"loss": ["mse", "mse", "mse"]}),
    ("keys", "dict", KEYED, None, {"loss": "mse"}),
    (
        "by key",
        "dict",
        KEYED,
        None,
        {
            "loss": {"x": "mse", "y": "mae"},
            "metrics": {"x": "mae", "y": ["mse", "mae"]},
        },
    ),
    ("one key", "dict", KEYED, None, {"loss": {"x": "mse"}}),
    ("a list for keys", "dict", KEYED, None, {"loss": ["mse", "mae"]}),
    ("another key", "dict", KEYED, None, {"loss": {"a": "mse", "b": "mae"}}),
    (
        "weights of samples by key",
        "dict",
        KEYED,
        {"x": W, "y": W * 2},
        {"loss": "mse", "weighted_metrics": {"x": "mae"}},
    ),
    (
        "weights of samples in a list",
        "list",
        LIST,
        [W, W * 2],
        {"loss": "mse", "weighted_metrics": ["mae", "mae"]},
    ),
    ("weights of samples for all", "list", LIST, W, {"loss": "mse"}),
    (
        "a metric twice, weighted too",
        "list",
        LIST,
        W,
        {"loss": "mse", "metrics": ["mae"] * 2, "weighted_metrics": ["mae"] * 2},
    ),
    ("nested", "nested", {"p": LIST}, None, {"loss": "mse"}),
    (
        "losses and metrics nested",
        "nested",
        {"p": LIST},
        None,
        {"loss": {"p": ["mse", "mae"]}, "metrics": {"p": ["mae", "mse"]}},
    ),
    (
        "by name for one",
        "one",
        YA,
        None,
        {"loss": {"a": "mse"}, "metrics": {"a": "mae"}},
    ),
    ("a wrong name for one", "one", YA, None, {"loss": {"z": "mse"}}),
    ("one in a list", "onelist", YA, None, {"loss": "mse", "metrics": ["mae", "mse"]}),
    ("accuracies", "list", LIST, None, {"loss": "mse", "metrics": ["acc", "accuracy"]}),
    (
        "one without metrics",
        "list",
        LIST,
        None,
        {"loss": "mse", "metrics": [[], "mae"]},
    ),
    ("no targets", "list", None, None, {"loss": "mse"}),
]


def model_of(structure: str) -> keras.Model:
    """Returns a model that puts its two inputs out, named a and b."""
    inputs = [keras.Input((1,)), keras.Input((1,))]
    a, b = (
        keras.layers.Activation("linear", name=name)(x)
        for name, x in zip("ab", inputs, strict=True)
    )
    outputs = {
        "list": [a, b],
        "tuple": (a, b),
        "dict": {"x": a, "y": b},
        "nested": {"p": [a, b]},
        "one": a,
        "onelist": [a],
    }
    return keras.Model(inputs, outputs[structure])


def record() -> list[Case]:
    """Returns what evaluate says for each way to give losses and metrics."""
    return [
        {
            "name": what,
            "structure": structure,
            "x": X,
            "y": y,
            "sample_weight": weight,
            "settings": settings,
            **outcome_of(lambda case=case: answers(*case[1:])),
        }
        for case in CASES
        for what, structure, y, weight, settings in [case]
    ]


def answers(structure: str, y: Any, weight: Any, settings: Case) -> Case:
    """Returns the logs, the same as a list, and the names of the metrics."""
    model = model_of(structure)
    model.compile(**settings)
    logs = model.evaluate(X, y, sample_weight=weight, verbose=0, return_dict=True)
    in_order = model.evaluate(X, y, sample_weight=weight, verbose=0)
    return {"logs": logs, "in_order": in_order, "names": model.metrics_names}
