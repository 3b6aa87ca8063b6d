"""Callbacks on logs that a script gives: what they print, write, change and stop.

No model is trained here: each epoch sets the only weight of a model to the epoch's
number, and tells the callback of its batches and of its end. So the answers depend on
the callback alone, and are exact.
"""

import contextlib
import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import as_arrays, public, reset

Case = dict[str, Any]

NAN, INF = float("nan"), float("inf")

# Functions that cases name as "function ...".
FUNCTIONS = {
    "halve": lambda epoch, rate: rate * 0.5,
    "of the epoch": lambda epoch: 0.1 / (epoch + 1),
    "no float": lambda epoch, rate: 1,
}


def losses(*values: float) -> list[Case]:
    """Returns epochs without batches that end with these losses."""
    return [{"batches": [], "logs": {"loss": value}} for value in values]


def both(*pairs: tuple[float, float]) -> list[Case]:
    """Returns epochs that end with a loss and a validated accuracy."""
    return [
        {"batches": [], "logs": {"loss": loss, "val_accuracy": accuracy}}
        for loss, accuracy in pairs
    ]


def batches(*epochs: list[float]) -> list[Case]:
    """Returns epochs with batches of these losses."""
    return [
        {"batches": [{"loss": x} for x in values], "logs": {"loss": values[-1]}}
        for values in epochs
    ]


FALLING = losses(1.0, 0.5, 0.25, 0.125)
WAVES = losses(1.0, 0.5, 0.75, 0.625, 0.25, 0.5, 0.375, 0.5, 0.5)
PLATEAU = losses(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
ACCURACIES = both((1.0, 0.5), (0.5, 0.75), (0.25, 0.75), (0.25, 0.5), (0.25, 0.5))
IN_BATCHES = batches([3.0, 2.0, 1.5], [1.25, 1.75, 1.0], [0.5, 0.75, 0.25])

SCRIPTS: list[tuple[str, Case, list[Case]]] = [
    ("EarlyStopping", {"monitor": "loss"}, FALLING),
    ("EarlyStopping", {"monitor": "loss"}, PLATEAU),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "verbose": 1}, WAVES),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "min_delta": 0.3}, WAVES),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "min_delta": -0.3}, WAVES),
    ("EarlyStopping", {"monitor": "loss", "mode": "max", "patience": 1}, WAVES),
    ("EarlyStopping", {"monitor": "val_accuracy", "patience": 2}, ACCURACIES),
    ("EarlyStopping", {"monitor": "val_accuracy", "mode": "min"}, ACCURACIES),
    (
        "EarlyStopping",
        {"monitor": "loss", "patience": 2, "baseline": 0.3, "verbose": 1},
        WAVES,
    ),
    (
        "EarlyStopping",
        {"monitor": "loss", "patience": 3, "baseline": 0.7},
        losses(1.0, 0.9, 0.8, 0.75, 0.6, 0.6),
    ),
    (
        "EarlyStopping",
        {
            "monitor": "loss",
            "patience": 2,
            "restore_best_weights": True,
            "verbose": 1,
        },
        WAVES,
    ),
    (
        "EarlyStopping",
        {"monitor": "loss", "restore_best_weights": True, "patience": 9, "verbose": 1},
        WAVES,
    ),
    (
        "EarlyStopping",
        {"monitor": "loss", "restore_best_weights": True, "start_from_epoch": 3},
        WAVES,
    ),
    ("EarlyStopping", {"monitor": "loss", "start_from_epoch": 4}, PLATEAU),
    ("EarlyStopping", {"monitor": "loss"}, losses(NAN, NAN, 1.0)),
    ("EarlyStopping", {"monitor": "loss", "patience": 1}, losses(1.0, NAN, 0.5, INF)),
    (
        "EarlyStopping",
        {"monitor": "loss", "restore_best_weights": True},
        losses(NAN, NAN, 1.0),
    ),
    ("EarlyStopping", {}, FALLING),
    ("EarlyStopping", {"monitor": "val_unheard"}, FALLING),
    ("EarlyStopping", {"monitor": "val_unheard", "mode": "min"}, FALLING[:2]),
    ("EarlyStopping", {"monitor": "loss", "mode": "smallest"}, PLATEAU),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 2, "verbose": 1}, PLATEAU),
    (
        "ReduceLROnPlateau",
        {"monitor": "loss", "patience": 1, "factor": 0.5, "cooldown": 2, "verbose": 1},
        PLATEAU,
    ),
    (
        "ReduceLROnPlateau",
        {"monitor": "loss", "patience": 1, "min_lr": 0.03125, "factor": 0.5},
        PLATEAU,
    ),
    (
        "ReduceLROnPlateau",
        {"monitor": "val_accuracy", "patience": 1, "factor": 0.5},
        ACCURACIES,
    ),
    (
        "ReduceLROnPlateau",
        {"monitor": "loss", "patience": 1, "min_delta": 0.3, "factor": 0.5},
        WAVES,
    ),
    ("ReduceLROnPlateau", {}, FALLING[:2]),
    ("ReduceLROnPlateau", {"factor": 1.0}, FALLING),
    ("LearningRateScheduler", {"schedule": "function halve"}, FALLING),
    ("LearningRateScheduler", {"schedule": "function halve", "verbose": 1}, FALLING),
    ("LearningRateScheduler", {"schedule": "function of the epoch"}, FALLING),
    ("LearningRateScheduler", {"schedule": "function no float"}, FALLING),
    ("CSVLogger", {"filename": "log.csv"}, FALLING),
    ("CSVLogger", {"filename": "log.csv"}, ACCURACIES),
    ("CSVLogger", {"filename": "log.tsv", "separator": "\t"}, FALLING),
    (
        "CSVLogger",
        {"filename": "log.csv"},
        [
            {"batches": [], "logs": {"loss": 0.5, "name": "a, b", "list": [1, 2]}},
            {"batches": [], "logs": {"loss": 0.25}},
        ],
    ),
    ("CSVLogger", {"filename": "there.csv", "append": True}, FALLING),
    ("CSVLogger", {"filename": "new.csv", "append": True}, FALLING),
    ("CSVLogger", {"filename": "there.csv"}, FALLING),
    ("TerminateOnNaN", {}, batches([1.0, NAN, NAN], [1.0])),
    ("TerminateOnNaN", {}, batches([1.0, -INF, 1.0], [1.0])),
    ("TerminateOnNaN", {}, IN_BATCHES),
    ("TerminateOnNaN", {"raise_error": True}, batches([1.0, NAN, NAN])),
    ("ModelCheckpoint", {"filepath": "m.keras", "verbose": 1}, FALLING),
    ("ModelCheckpoint", {"filepath": "m.{epoch:02d}.keras"}, FALLING),
    (
        "ModelCheckpoint",
        {"filepath": "in/here/m.{epoch}-{loss:.2f}.keras", "verbose": 1},
        FALLING,
    ),
    (
        "ModelCheckpoint",
        {
            "filepath": "m.{epoch}.weights.h5",
            "save_weights_only": True,
            "save_best_only": True,
            "monitor": "loss",
            "verbose": 1,
        },
        WAVES,
    ),
    (
        "ModelCheckpoint",
        {
            "filepath": "m.keras",
            "save_best_only": True,
            "monitor": "val_accuracy",
            "initial_value_threshold": 0.6,
            "verbose": 1,
        },
        ACCURACIES,
    ),
    (
        "ModelCheckpoint",
        {"filepath": "m.keras", "save_best_only": True, "monitor": "loss"},
        losses(NAN, 1.0, 0.5),
    ),
    ("ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True}, FALLING),
    (
        "ModelCheckpoint",
        {"filepath": "m.{epoch}.{batch}.keras", "save_freq": 2, "verbose": 1},
        IN_BATCHES,
    ),
    (
        "ModelCheckpoint",
        {"filepath": "m.{epoch}.{batch}.keras", "save_freq": 4},
        IN_BATCHES,
    ),
    ("ModelCheckpoint", {"filepath": "m.{accuracy}.keras"}, FALLING),
    ("ModelCheckpoint", {"filepath": "m.zip"}, FALLING),
    ("ModelCheckpoint", {"filepath": "m.h5", "save_weights_only": True}, FALLING),
    ("ModelCheckpoint", {"filepath": "m.keras", "save_freq": "batch"}, FALLING),
]


def record() -> list[Case]:
    """Returns what each callback does on its script."""
    cases = []
    for number, (name, keywords, epochs) in enumerate(SCRIPTS):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path("there.csv").write_text("epoch,loss,val_loss\n7,0.5,NA\n")
            case = run(name, keywords, epochs)
        cases.append({"name": f"{number} {name} {keywords}", **case})
    return cases + [averaged(swap_on_epoch) for swap_on_epoch in (None, False, True)]


def run(name: str, keywords: Case, epochs: list[Case]) -> Case:
    """Returns what a callback does when it is told of epochs."""
    reset()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    rate = keras.optimizers.SGD(0.25)
    model.compile(rate, "mse", metrics=["accuracy", "mae"])
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    model.set_weights([np.zeros((1, 1))])
    saved: list[list[Any]] = []
    model.save = lambda path, **_: saved.append([str(path), "model"])
    model.save_weights = lambda path, **_: saved.append([str(path), "weights"])
    case: Case = {"class": name, "keywords": keywords, "epochs": epochs}
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy, about torch
        try:
            callback = public(f"callbacks.{name}")(
                **{key: made(value) for key, value in keywords.items()}
            )
            case |= told(callback, model, epochs)
        except Exception as error:
            case["error"] = type(error).__name__
    return case | {
        "printed": printed.getvalue(),
        "warnings": [w.category.__name__ for w in warned],
        "weight": float(model.get_weights()[0][0, 0]),
        "rate": float(keras.ops.convert_to_numpy(rate.learning_rate)),
        "saved": saved,
        "files": {
            name: Path(name).read_bytes().decode()
            for name in sorted(os.listdir())
            if os.path.isfile(name)
        },
    }


def averaged(swap_on_epoch: bool | None) -> Case:
    """Returns a training with averaged weights: what they are, and the logs."""
    reset()
    x = np.arange(12, dtype="float32").reshape(6, 2) / 8
    y = x[:, :1] - x[:, 1:]
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    sgd = keras.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5)
    model.compile(sgd, "mse")
    seen: list[Any] = []

    def see(where: str) -> Any:
        return lambda *_: seen.append([where, *as_arrays(model.get_weights())])

    used: list[Any] = []
    if swap_on_epoch is not None:
        used.append(keras.callbacks.SwapEMAWeights(swap_on_epoch))
    used.append(
        keras.callbacks.LambdaCallback(
            on_epoch_begin=see("epoch begins"),
            on_test_begin=see("test begins"),
            on_test_end=see("test ends"),
            on_epoch_end=see("epoch ends"),
            on_predict_begin=see("prediction begins"),
        )
    )
    fitted = {"batch_size": 2, "epochs": 3, "shuffle": False, "verbose": 0}
    history = model.fit(x, y, validation_data=(x, y), callbacks=used, **fitted)
    model.evaluate(x, y, verbose=0, callbacks=used)
    return {
        "name": f"averages, swap_on_epoch={swap_on_epoch}",
        "swap_on_epoch": swap_on_epoch,
        "x": x,
        "y": y,
        "fit": fitted,
        "history": history.history,
        "seen": seen,
        "weights": as_arrays(model.get_weights()),
    }


def made(value: Any) -> Any:
    """Returns the function that a case names, or else the value."""
    if isinstance(value, str) and value.startswith("function "):
        return FUNCTIONS[value.removeprefix("function ")]
    return value


def told(callback: Any, model: keras.Model, epochs: list[Case]) -> Case:
    """Tells a callback of epochs, and returns how many there were, and their logs."""
    callbacks = keras.callbacks.CallbackList([callback], model=model, epochs=9)
    model.stop_training = False
    all_logs = []
    callbacks.on_train_begin()
    for epoch, script in enumerate(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch, batch_logs in enumerate(script["batches"]):
            callbacks.on_train_batch_begin(batch)
            callbacks.on_train_batch_end(batch, dict(batch_logs))
            if model.stop_training:
                break
        model.set_weights([np.full((1, 1), float(epoch))])
        all_logs.append(dict(script["logs"]))
        callback.on_epoch_end(epoch, all_logs[-1])
        if model.stop_training:
            break
    callbacks.on_train_end({})
    return {"run": len(all_logs), "logs": all_logs}
