"""On scripted logs callbacks do what Keras's do: print, write, save, stop."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers, optimizers
from tests.golden import golden_files

CASES = [case for case in golden_files.read("callbacks") if "class" in case]

FUNCTIONS = {
    "halve": lambda epoch, rate: rate * 0.5,
    "of the epoch": lambda epoch: 0.1 / (epoch + 1),
    "no float": lambda epoch, rate: 1,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_callback_does_as_in_keras(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_text("epoch,loss,val_loss\n7,0.5,NA\n")
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.25), "mse", metrics=["accuracy", "mae"])
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    model.set_weights([np.zeros((1, 1))])
    saved = []
    for method, kind in (("save", "model"), ("save_weights", "weights")):
        monkeypatch.setattr(
            model,
            method,
            lambda path, kind=kind, **_: saved.append([path, kind]),
            raising=False,
        )

    kinds = [None]  # the classes of the error
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            callback = getattr(callbacks, case["class"])(
                **{key: made(value) for key, value in case["keywords"].items()}
            )
            logs = told(callback, model, case["epochs"])
        except Exception as raised:
            kinds = [cls.__name__ for cls in type(raised).__mro__]

    assert case.get("error") in kinds
    if "error" not in case:
        assert len(logs) == case["run"]
        np.testing.assert_equal(logs, case["logs"])
    assert capsys.readouterr().out == case["printed"]
    assert [w.category.__name__ for w in warned] == case["warnings"]
    assert float(model.get_weights()[0][0, 0]) == case["weight"]
    assert float(model.optimizer.learning_rate) == case["rate"]
    assert saved == case["saved"]
    assert files_here() == case["files"]


def made(value):
    """Returns the function that a case names, or else the value."""
    if isinstance(value, str) and value.startswith("function "):
        return FUNCTIONS[value.removeprefix("function ")]
    return value


def told(callback, model, epochs):
    """Tells a callback of epochs, and returns the logs of those that were run."""
    told = callbacks.CallbackList([callback], model=model, epochs=9)
    model.stop_training = False
    all_logs = []
    told.on_train_begin()
    for epoch, script in enumerate(epochs):
        told.on_epoch_begin(epoch)
        for batch, logs in enumerate(script["batches"]):
            told.on_train_batch_begin(batch)
            told.on_train_batch_end(batch, dict(logs))
            if model.stop_training:
                break
        model.set_weights([np.full((1, 1), float(epoch))])
        all_logs.append(dict(script["logs"]))
        callback.on_epoch_end(epoch, all_logs[-1])
        if model.stop_training:
            break
    told.on_train_end({})
    return all_logs


def files_here():
    """Returns what is in the files of this folder."""
    names = [name for name in sorted(os.listdir()) if os.path.isfile(name)]
    return {name: Path(name).read_bytes().decode() for name in names}
