"""Training: histories, weights, results and callbacks of short runs of `fit`.

The first case holds the arrays; the others name them: `"x": "inputs"` stands for the
array of that name, also in `validation_data`. Every model is a Sequential of an Input
and Dense layers, and starts from the weights of the name given as `start`.
"""

import contextlib
import io
from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import as_arrays, public, reset

Case = dict[str, Any]

FEATURES, HIDDEN, CLASSES, SAMPLES = 12, 5, 4, 70
CLASSIFIER = [
    {"units": HIDDEN, "activation": "relu"},
    {"units": CLASSES, "activation": "softmax"},
]
DETECTOR = [{"units": 1, "activation": "sigmoid"}]
ADAM = {"class": "optimizers.Adam", "keywords": {"learning_rate": 0.01}}
SGD = {"class": "optimizers.SGD", "keywords": {"learning_rate": 0.1, "momentum": 0.9}}
CROSSENTROPY = {
    "optimizer": ADAM,
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
}
TRAINING = {"x": "inputs", "y": "one_hot", "epochs": 3, "shuffle": False, "verbose": 0}
ARRAYS_OF_FIT = ("x", "y", "sample_weight")


def record() -> list[Case]:
    """Returns the arrays, then the runs."""
    arrays = make_arrays()
    runs = [
        run(arrays, name, layers, compiled, TRAINING | fitted)
        for name, layers, compiled, fitted in [*classifiers(), *others(), *windows()]
    ]
    inputs = {"name": "arrays", **arrays}
    more = [on_batches(arrays), twice(arrays), frozen(arrays), callback_order(arrays)]
    return [inputs, *runs, *more]


def make_arrays() -> dict[str, np.ndarray]:
    """Returns inputs in which the classes can be told apart, targets and weights."""
    generator = np.random.default_rng(12)
    labels = np.arange(SAMPLES, dtype="int32") * 7 % 10 % CLASSES
    centres = generator.normal(size=(CLASSES, FEATURES))
    inputs = centres[labels] + generator.normal(size=(SAMPLES, FEATURES))
    first = generator.uniform(-0.5, 0.5, size=(FEATURES, HIDDEN))
    second = generator.uniform(-0.7, 0.7, size=(HIDDEN, CLASSES))
    arrays = {
        "inputs": inputs,
        "one_hot": np.eye(CLASSES)[labels],
        "target": np.tanh(inputs[:, :2].sum(axis=1)),
        "sample_weight": np.arange(SAMPLES) % 5 * 0.5,
        "kernel_1": first,
        "bias_1": np.zeros(HIDDEN),
        "kernel_2": second,
        "bias_2": np.zeros(CLASSES),
        "detector_kernel": first[:, :1],
        "detector_bias": np.full(1, 0.25),
    }
    short = {
        name: np.round(array, 2).astype("float32") for name, array in arrays.items()
    }
    return short | {"labels": labels, "is_two": (labels == 2).astype("int32")}


def classifiers() -> list[tuple]:
    """Returns the classifier under the arguments of `fit`."""
    held_out = {"validation_data": ["inputs[:20]", "one_hot[:20]"]}
    weighted = {
        "validation_data": ["inputs[:20]", "one_hot[:20]", "sample_weight[:20]"]
    }
    both = CROSSENTROPY | {"weighted_metrics": ["accuracy", "mse"]}
    return [
        ("plain", CLASSIFIER, CROSSENTROPY, {}),
        ("validation data", CLASSIFIER, CROSSENTROPY, held_out),
        ("validation split", CLASSIFIER, CROSSENTROPY, {"validation_split": 0.3}),
        (
            "validation split of weighted samples",
            CLASSIFIER,
            both,
            {"validation_split": 0.3, "sample_weight": "sample_weight"},
        ),
        ("weighted validation data", CLASSIFIER, both, weighted),
        (
            "class weights",
            CLASSIFIER,
            both,
            {"class_weight": {0: 3.0, 2: 0.5}, **held_out},
        ),
        ("sample weights", CLASSIFIER, both, {"sample_weight": "sample_weight"}),
    ]


def others() -> list[tuple]:
    """Returns other losses, metrics and optimizers."""
    name = "sparse_categorical_crossentropy"
    sparse = {"loss": name, "metrics": ["accuracy", name]}
    binary = {"loss": "binary_crossentropy", "metrics": ["acc", "mse"]}
    squared = {"loss": "mse", "metrics": ["mae", "accuracy"]}
    sum_loss = {
        "class": "losses.CategoricalCrossentropy",
        "keywords": {"reduction": "sum", "label_smoothing": 0.1},
    }
    adamw = {
        "class": "optimizers.AdamW",
        "keywords": {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 0.5},
    }
    averaged = {
        "class": "optimizers.SGD",
        "keywords": {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5},
    }
    labels, is_two = {"y": "labels"}, {"y": "is_two"}
    return [
        ("sparse labels", CLASSIFIER, sparse | {"optimizer": SGD}, labels),
        (
            "class weights of sparse labels",
            CLASSIFIER,
            sparse | {"optimizer": SGD},
            labels | {"class_weight": {1: 4.0}},
        ),
        ("default optimizer", DETECTOR, binary, is_two),
        ("squared error", DETECTOR, squared | {"optimizer": SGD}, {"y": "target"}),
        ("decay and clipping", DETECTOR, binary | {"optimizer": adamw}, is_two),
        ("averaged weights", DETECTOR, squared | {"optimizer": averaged}, is_two),
        ("summed loss", CLASSIFIER, {"optimizer": ADAM, "loss": sum_loss}, {}),
    ]


def windows() -> list[tuple]:
    """Returns what decides how many steps and epochs there are."""
    held_out = {"validation_data": ["inputs[:20]", "is_two[:20]"], "y": "is_two"}
    compiled = {"optimizer": SGD, "loss": "mse"}
    settings: dict[str, dict[str, Any]] = {
        "batch of 16": {"batch_size": 16},
        "one batch": {"batch_size": 100},
        "initial epoch": {"initial_epoch": 2, "epochs": 4},
        "validation frequency": {"validation_freq": 2, "epochs": 5, **held_out},
        "validation in some epochs": {
            "validation_freq": [1, 3],
            "epochs": 4,
            **held_out,
        },
        "validation batches": {
            "validation_batch_size": 8,
            "validation_steps": 2,
            **held_out,
        },
        "steps without a batch size": {"steps_per_epoch": 2},
    }
    return [
        (what, DETECTOR, compiled, {"y": "is_two", **fitted})
        for what, fitted in settings.items()
    ]


def run(
    arrays: dict[str, np.ndarray], name: str, layers: list, compiled: Case, fitted: Case
) -> Case:
    """Returns what fit, evaluate and predict give."""
    model = make_model(arrays, layers, compiled)
    history = model.fit(**with_arrays(fitted, arrays))
    x, y = arrays["inputs"], arrays[fitted["y"]]
    evaluated = model.evaluate(x, y, batch_size=20, verbose=0)
    return {
        "name": name,
        "layers": layers,
        "start": start_of(layers),
        "compile": compiled,
        "fit": fitted,
        "history": short(history.history),
        "epoch": history.epoch,
        "params": history.params,
        "weights": [as_arrays(weight) for weight in model.weights],
        "evaluate": evaluated,
        "predict": model.predict(x[:3], verbose=0),
    }


def short(history: dict[str, list[float]]) -> dict[str, np.ndarray]:
    """Returns a history as float32 arrays: the floats in it are float32 numbers."""
    return {key: np.array(values, "float32") for key, values in history.items()}


def on_batches(arrays: dict[str, np.ndarray]) -> Case:
    """Returns what the methods that take one batch give, in turn."""
    compiled = CROSSENTROPY | {"weighted_metrics": ["mae"]}
    model = make_model(arrays, CLASSIFIER, compiled)
    x, y, weights = arrays["inputs"], arrays["one_hot"], arrays["sample_weight"]
    steps = [
        ("train_on_batch", slice(0, 10), {}),
        ("train_on_batch", slice(10, 30), {"return_dict": True}),
        ("train_on_batch", slice(30, 40), {"sample_weight": "sample_weight"}),
        ("train_on_batch", slice(30, 40), {"class_weight": {0: 2.0, 3: 0.0}}),
        ("test_on_batch", slice(0, 25), {}),
        ("test_on_batch", slice(0, 25), {"sample_weight": "sample_weight"}),
        ("test_on_batch", slice(0, 25), {"return_dict": True}),
    ]
    results = []
    for method, rows, keywords in steps:
        arguments = dict(keywords)
        if "sample_weight" in arguments:
            arguments["sample_weight"] = weights[rows]
        result = getattr(model, method)(x[rows], y[rows], **arguments)
        results.append(
            {
                "method": method,
                "rows": [rows.start, rows.stop],
                "keywords": keywords,
                "result": result,
            }
        )
    return {
        "name": "batch by batch",
        "layers": CLASSIFIER,
        "start": start_of(CLASSIFIER),
        "compile": compiled,
        "calls": results,
        "predict_on_batch": model.predict_on_batch(x[:3]),
        "weights": [as_arrays(weight) for weight in model.weights],
    }


def twice(arrays: dict[str, np.ndarray]) -> Case:
    """Returns that a second fit goes on, and that compiling anew starts afresh."""
    compiled = {"optimizer": ADAM, "loss": "mse"}
    fitted = TRAINING | {"y": "is_two", "epochs": 1}
    model = make_model(arrays, DETECTOR, compiled)
    losses, iterations = [], []
    for compile_first in (False, False, True):
        if compile_first:
            model.compile(optimizer=made(ADAM), loss="mse")
        history = model.fit(**with_arrays(fitted, arrays))
        losses.append(history.history["loss"][0])
        iterations.append(int(model.optimizer.iterations))
    return {
        "name": "fit, fit, compile, fit",
        "layers": DETECTOR,
        "start": start_of(DETECTOR),
        "compile": compiled,
        "fit": fitted,
        "losses": losses,
        "iterations": iterations,
        "weights": [as_arrays(weight) for weight in model.weights],
    }


def frozen(arrays: dict[str, np.ndarray]) -> Case:
    """Returns that a layer frozen before compile keeps its weights, without slots."""
    model = make_model(arrays, CLASSIFIER, None)
    model.layers[0].trainable = False
    model.compile(optimizer=made(ADAM), loss="categorical_crossentropy")
    history = model.fit(**with_arrays(TRAINING, arrays))
    return {
        "name": "first layer frozen",
        "layers": CLASSIFIER,
        "start": start_of(CLASSIFIER),
        "compile": {"optimizer": ADAM, "loss": "categorical_crossentropy"},
        "fit": TRAINING,
        "history": short(history.history),
        "trainable_weights": [weight.path for weight in model.trainable_weights],
        "non_trainable_weights": [w.path for w in model.non_trainable_weights],
        "optimizer_variables": [v.path for v in model.optimizer.variables],
        "weights": [as_arrays(weight) for weight in model.weights],
    }


def callback_order(arrays: dict[str, np.ndarray]) -> Case:
    """Returns every call of a callback: its hook, its index and its logs."""
    calls: list[Any] = []

    class Recorder(keras.callbacks.Callback):
        """Writes down each hook."""

    def hook(name: str) -> Any:
        def record_call(self: Any, *arguments: Any, logs: Any = None) -> None:
            *index, logs = arguments if logs is None else (*arguments, logs)
            if name.startswith("on_predict") and logs:
                logs = {key: list(value.shape) for key, value in logs.items()}
            calls.append([name, *index, logs])

        return record_call

    hooks = [
        f"on_{what}_{edge}" for what in ("train", "test", "predict") for edge in ENDS
    ]
    for name in [*hooks, "on_epoch_begin", "on_epoch_end"]:
        setattr(Recorder, name, hook(name))
    model = make_model(arrays, CLASSIFIER, CROSSENTROPY)
    fitted = TRAINING | {"validation_split": 0.5, "batch_size": 20, "epochs": 2}
    with contextlib.redirect_stdout(io.StringIO()):
        recorder = Recorder()
        model.fit(**with_arrays(fitted, arrays), callbacks=[recorder])
        params_of_fit = recorder.params
        x, y = arrays["inputs"], arrays["one_hot"]
        model.evaluate(x, y, batch_size=40, verbose=0, callbacks=[recorder])
        model.predict(x, batch_size=40, verbose=0, callbacks=[recorder])
    return {
        "name": "callbacks",
        "layers": CLASSIFIER,
        "start": start_of(CLASSIFIER),
        "compile": CROSSENTROPY,
        "fit": fitted,
        "evaluate": {"batch_size": 40},
        "predict": {"batch_size": 40},
        "params_of_fit": params_of_fit,
        "params_of_predict": recorder.params,
        "calls": calls,
    }


ENDS = ("begin", "end", "batch_begin", "batch_end")


def make_model(
    arrays: dict[str, np.ndarray], layers: list[Case], compiled: Case | None
) -> keras.Sequential:
    """Returns a Sequential of Dense layers with the recorded starting weights."""
    reset()
    model = keras.Sequential([keras.Input((FEATURES,))])
    for keywords in layers:
        model.add(keras.layers.Dense(**keywords))
    model.set_weights([arrays[name] for name in start_of(layers)])
    if compiled is not None:
        model.compile(**{key: made(value) for key, value in compiled.items()})
    return model


def start_of(layers: list[Case]) -> list[str]:
    """Returns the names of the arrays that a model starts from."""
    if layers is DETECTOR:
        return ["detector_kernel", "detector_bias"]
    return ["kernel_1", "bias_1", "kernel_2", "bias_2"]


def made(value: Any) -> Any:
    """Returns the object that a class and keywords describe, or else the value."""
    if isinstance(value, dict) and "class" in value:
        return public(value["class"])(**value["keywords"])
    return value


def with_arrays(fitted: Case, arrays: dict[str, np.ndarray]) -> Case:
    """Returns the arguments of fit with arrays for the names of arrays."""

    def array(name: str) -> np.ndarray:
        name, _, rows = name.partition("[:")
        return arrays[name][: int(rows.rstrip("]"))] if rows else arrays[name]

    arguments = dict(fitted)
    for key in ARRAYS_OF_FIT:
        if key in arguments:
            arguments[key] = array(arguments[key])
    if "validation_data" in arguments:
        names = arguments["validation_data"]
        arguments["validation_data"] = tuple(array(name) for name in names)
    return arguments
