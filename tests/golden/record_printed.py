"""Printed text: progress bars, lines per epoch, summaries and reprs, to the byte.

While it is printed the clock stands still, so that times read `0s` and `0s/step` and,
as a bar is redrawn at most every 0.05 s, each epoch draws its first batch and its end.
The cases of `Progbar` alone set the clock themselves. All goes to a pipe, not to a
terminal; `columns` is what the environment says of the width.
"""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import layers

from tests.golden.keras_calls import reset

Case = dict[str, Any]

CLOCK = "keras.src.utils.progbar.time.time"
START = 1_000_000.0  # seconds; far from 0, as the real clock is

X = (np.arange(70 * 3) % 11 / 11).reshape(70, 3).astype("float32")
Y = (np.arange(70) % 2).astype("float32").reshape(70, 1)


def record() -> list[Case]:
    """Returns progress bars driven by hand, then fit and its kin, summaries, reprs."""
    return [*progress_bars(), *runs(), *summaries(), *reprs()]


def progress_bars() -> list[Case]:
    """Returns what each update of a bar writes, at a given time since its making."""
    return [
        progress_bar(
            "five steps",
            {"target": 5},
            [
                (0.5, 1, [("loss", 1.25)]),
                (0.52, 2, [("loss", 1.0)]),
                (1.5, 3, [("loss", 0.0005), ("accuracy", 0.5)]),
                (3.0, 4, [("loss", -0.75), ("accuracy", 0.0)]),
                (4.5, 5, [("loss", 0.001), ("accuracy", 1.0)]),
            ],
        ),
        progress_bar(
            "means of what is no state",
            {"target": 3, "stateful_metrics": ["lr"]},
            [
                (1.0, 1, [("loss", 4.0), ("lr", 0.1)]),
                (2.0, 2, [("loss", 2.0), ("lr", 0.2)]),
                (3.0, 3, [("loss", 9.0), ("lr", 0.3)]),
            ],
        ),
        progress_bar(
            "hours, minutes and a shorter line",
            {"target": 120},
            [
                (0.0, 0, []),
                (90.0, 1, [("a_long_name", 123456.789)]),
                (150.0, 61, [("a_long_name", 1.0)]),
                (170.0, 119, [("a_long_name", 1e-9)]),
                (171.4, 120, []),
            ],
        ),
        progress_bar(
            "unknown number of steps",
            {"target": None},
            [(1.0, 1, [("loss", 0.25)]), (1.2, 2, [("loss", 0.5)])],
        ),
        progress_bar(
            "microseconds of a unit",
            {"target": 2, "unit_name": "sample", "width": 7},
            [(0.0001, 1, []), (0.0003, 2, [])],
        ),
        progress_bar(
            "one line",
            {"target": 12, "verbose": 2},
            [(1.0, 1, [("loss", 2.0)]), (12.0, 12, [("loss", -2.0), ("mae", 0.5)])],
        ),
    ]


def progress_bar(what: str, keywords: Case, updates: list[tuple]) -> Case:
    """Returns a bar's answers to updates of (seconds, step, values)."""
    with mock.patch(CLOCK, return_value=START) as clock:
        bar = keras.utils.Progbar(**keywords)
        written = []
        for seconds, step, values in updates:
            clock.return_value = START + seconds
            with printed() as text:
                bar.update(step, values)
            written.append(text.getvalue())
    return {
        "name": f"Progbar: {what}",
        "keywords": keywords,
        "updates": [[seconds, step, values] for seconds, step, values in updates],
        "written": written,
    }


def runs() -> list[Case]:
    """Returns what fit, evaluate and predict print."""
    quarter = {"validation_split": 0.25}
    cases = [
        run("fit", {"epochs": 2, "verbose": verbose, **extra})
        for verbose in (1, 2)
        for extra in ({}, quarter)
    ]
    cases += [
        run("fit", {"epochs": 1, "verbose": 1}),
        run("fit", {"epochs": 1, "verbose": 2}),
        run("fit", {"epochs": 5, "initial_epoch": 4, "verbose": 2}),
        run("fit", {"epochs": 1, "verbose": 1, "batch_size": 1, "steps_per_epoch": 12}),
        run("evaluate", {"verbose": 1}),
        run("evaluate", {"verbose": 2}),
        run("predict", {"verbose": 1}),
        run("predict", {"verbose": 2}),
    ]
    return cases


def run(method: str, keywords: Case) -> Case:
    """Returns what a method of a model with zero weights prints."""
    reset()
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.set_weights([np.zeros((3, 1)), np.zeros(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse", metrics=["mae"])
    arrays = (X,) if method == "predict" else (X, Y)
    if method == "fit":
        keywords = {"shuffle": False, **keywords}
    with mock.patch(CLOCK, return_value=START), printed() as text:
        getattr(model, method)(*arrays, **keywords)
    return {
        "name": f"{method} {keywords}",
        "method": method,
        "keywords": keywords,
        "printed": text.getvalue(),
    }


def summaries() -> list[Case]:
    """Returns summaries of models before and after they are built, and trained."""
    cases = [summary(what, make, 80, {}) for what, make in MODELS.items()]
    cases += [
        summary("mixed", mixed, 120, {}),
        summary("mixed", mixed, 80, {"line_length": 60}),
        summary("mixed", mixed, 120, {"show_trainable": True}),
        summary("nested", nested, 80, {"expand_nested": True}),
    ]
    return cases


def summary(
    what: str, make: Callable[[], keras.Model], columns: int, keywords: Case
) -> Case:
    """Returns the text of a summary on so many columns."""
    reset()
    with mock.patch.dict(os.environ, {"COLUMNS": str(columns)}), printed() as text:
        make().summary(**keywords)
    return {
        "name": f"summary: {what} {columns} {keywords}",
        "model": what,
        "columns": columns,
        "keywords": keywords,
        "printed": text.getvalue(),
    }


def empty() -> keras.Sequential:
    """A Sequential without layers."""
    return keras.Sequential()


def unbuilt() -> keras.Sequential:
    """A Sequential that doesn't know its input."""
    return keras.Sequential([layers.Dense(3), layers.Dropout(0.5), layers.Dense(1)])


def issue() -> keras.Sequential:
    """The classifier of 100 inputs, 64 hidden units and 10 classes."""
    model = keras.Sequential([keras.Input((100,))])
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def trained() -> keras.Sequential:
    """A model after a step of Adam."""
    model = issue()
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.ones((2, 100)), np.ones((2, 10)), verbose=0)
    return model


def mixed() -> keras.Sequential:
    """Layers of all kinds, one frozen, one with a long name, on batches of 5."""
    model = keras.Sequential([keras.Input((28, 28), batch_size=5)], name="mixed[1]")
    model.add(layers.Flatten())
    model.add(layers.Dense(1000, name="a_layer_with_a_name_that_is_much_too_long"))
    model.add(layers.Activation("relu"))
    model.add(layers.Dropout(0.25))
    model.add(layers.Dense(10, use_bias=False, trainable=False))
    return model


def nested() -> keras.Sequential:
    """A Sequential in a Sequential."""
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    return keras.Sequential([keras.Input((4,)), inner, layers.Dense(1)])


MODELS: dict[str, Callable[[], keras.Model]] = {
    function.__name__: function for function in (empty, unbuilt, issue, trained, mixed)
}


def reprs() -> list[Case]:
    """Returns the reprs that Keras defines; the others are Python's."""
    reset()
    dense = layers.Dense(2)
    model = keras.Sequential([keras.Input((3,), name="features"), dense])
    fresh = layers.Dense(1)
    things: dict[str, Any] = {
        "built layer": dense,
        "fresh layer": fresh,
        "Dropout": layers.Dropout(0.5),
        "Flatten": layers.Flatten(),
        "Activation": layers.Activation("relu"),
        "built model": model,
        "fresh model": keras.Sequential([fresh], name="small"),
        "Input": keras.Input((3, None), dtype="int32"),
        "output": model.outputs[0],
        "variable": keras.Variable(np.array([1.0, 2.0], "float32"), name="pair"),
        "weight": dense.bias,
        "metric": keras.metrics.Mean(),
        "compiled metric": keras.metrics.BinaryAccuracy(name="hits"),
    }
    return [
        {"name": f"repr: {what}", "repr": repr(thing), "str": str(thing)}
        for what, thing in things.items()
    ]


@contextlib.contextmanager
def printed() -> Iterator[io.StringIO]:
    """Gives what is printed meanwhile, as a pipe would take it."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        yield text
