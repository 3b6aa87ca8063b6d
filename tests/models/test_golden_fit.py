"""Short trainings against those of Keras: histories, weights, results, callbacks."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, callbacks, layers
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

ARRAYS, *CASES = read("fit")
RUNS = [case for case in CASES if "evaluate" in case and "calls" not in case]
BY_NAME = {case["name"]: case for case in CASES}


def made(value):
    """Returns the object that a class and keywords describe, or else the value."""
    if isinstance(value, dict) and "class" in value:
        found = minikeras
        for name in value["class"].split("."):
            found = getattr(found, name)
        return found(**value["keywords"])
    return value


def model_of(case, compiled=True):
    """Returns the Sequential of a case with its starting weights."""
    reset_names()
    model = Sequential([Input((12,))])
    for keywords in case["layers"]:
        model.add(layers.Dense(**keywords))
    model.set_weights([ARRAYS[name] for name in case["start"]])
    if compiled:
        model.compile(**{key: made(value) for key, value in case["compile"].items()})
    return model


def array(name):
    """Returns an array by its name, which may end in [:n]."""
    name, _, rows = name.partition("[:")
    return ARRAYS[name][: int(rows.rstrip("]"))] if rows else ARRAYS[name]


def arguments(fitted):
    """Returns the arguments of fit with arrays for their names."""
    changed = {
        key: array(fitted[key]) for key in ("x", "y", "sample_weight") if key in fitted
    }
    if "validation_data" in fitted:
        changed["validation_data"] = tuple(map(array, fitted["validation_data"]))
    return fitted | changed


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-4, atol=2e-5)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("case", RUNS, ids=lambda case: case["name"])
def test_fit_evaluate_predict(case):
    model = model_of(case)
    history = model.fit(**arguments(case["fit"]))
    assert list(history.history) == list(case["history"])
    for name, values in case["history"].items():
        close(history.history[name], values)
    assert history.epoch == case["epoch"]
    assert history.params == case["params"]
    for weight, expected in zip(model.weights, case["weights"], strict=True):
        close(weight, expected)
    x, y = ARRAYS["inputs"], ARRAYS[case["fit"]["y"]]
    close(model.evaluate(x, y, batch_size=20, verbose=0), case["evaluate"])
    close(model.predict(x[:3], verbose=0), case["predict"])


def test_batch_by_batch():
    case = BY_NAME["batch by batch"]
    model = model_of(case)
    for call in case["calls"]:
        rows = slice(*call["rows"])
        keywords = dict(call["keywords"])
        if "sample_weight" in keywords:
            keywords["sample_weight"] = ARRAYS["sample_weight"][rows]
        method = getattr(model, call["method"])
        result = method(ARRAYS["inputs"][rows], ARRAYS["one_hot"][rows], **keywords)
        if isinstance(result, dict):
            assert list(result) == list(call["result"])
            result, expected = list(result.values()), list(call["result"].values())
        else:
            expected = call["result"]
        close(result, expected)
    close(model.predict_on_batch(ARRAYS["inputs"][:3]), case["predict_on_batch"])
    for weight, expected in zip(model.weights, case["weights"], strict=True):
        close(weight, expected)


def test_a_second_fit_goes_on_and_compiling_starts_afresh():
    case = BY_NAME["fit, fit, compile, fit"]
    model = model_of(case)
    losses, iterations = [], []
    for compile_first in (False, False, True):
        if compile_first:
            model.compile(optimizer=made(case["compile"]["optimizer"]), loss="mse")
        losses += model.fit(**arguments(case["fit"])).history["loss"]
        iterations.append(int(model.optimizer.iterations))
    close(losses, case["losses"])
    assert iterations == case["iterations"]
    for weight, expected in zip(model.weights, case["weights"], strict=True):
        close(weight, expected)


def test_a_frozen_layer_keeps_its_weights_and_has_no_slots():
    case = BY_NAME["first layer frozen"]
    model = model_of(case, compiled=False)
    model.layers[0].trainable = False
    model.compile(**{key: made(value) for key, value in case["compile"].items()})
    history = model.fit(**arguments(case["fit"]))
    close(history.history["loss"], case["history"]["loss"])
    assert [w.path for w in model.trainable_weights] == case["trainable_weights"]
    assert [w.path for w in model.non_trainable_weights] == case[
        "non_trainable_weights"
    ]
    assert [v.path for v in model.optimizer.variables] == case["optimizer_variables"]
    for weight, expected in zip(model.weights, case["weights"], strict=True):
        close(weight, expected)


def test_callbacks_hear_the_same_calls_with_the_same_logs():
    case = BY_NAME["callbacks"]
    calls = []

    class Recorder(callbacks.Callback):
        """Writes down each event."""

    def hook(name):
        def note(self, *position, logs=None):
            *index, logs = position if logs is None else (*position, logs)
            if name.startswith("on_predict") and logs:
                logs = {key: list(value.shape) for key, value in logs.items()}
            calls.append([name, *index, logs])

        return note

    for name in vars(callbacks.Callback):
        if name.startswith("on_"):
            setattr(Recorder, name, hook(name))
    recorder = Recorder()
    model = model_of(case)
    model.fit(**arguments(case["fit"]), callbacks=[recorder])
    assert recorder.params == case["params_of_fit"]
    x, y = ARRAYS["inputs"], ARRAYS["one_hot"]
    model.evaluate(x, y, verbose=0, callbacks=[recorder], **case["evaluate"])
    model.predict(x, verbose=0, callbacks=[recorder], **case["predict"])
    assert recorder.params == case["params_of_predict"]
    assert [call[:-1] for call in calls] == [call[:-1] for call in case["calls"]]
    for (*_, logs), (*_, expected) in zip(calls, case["calls"], strict=True):
        assert list(logs) == list(expected)
        for key, value in logs.items():
            close(value, expected[key])
