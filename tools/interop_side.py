"""One side of `interop.py`: writes all models with one package, or reads them.

    python -m tools.interop_side write|read keras|minikeras FOLDER

Writing leaves for each model a .keras file, a .weights.h5 file, and what it computes as
an .npz file. Reading prints, as JSON, how far what was loaded is from that.
"""

import importlib
import json
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tools.interop_models import models

# What may differ how much: bits that are carried not at all, what is computed from them
# by another library by its roundings.
LIMITS = {
    "weights": 0.0,
    "optimizer": 0.0,
    "outputs": 1e-6,
    "evaluated": 1e-5,
    "trained": 1e-4,
}


def numbers(tensor: Any) -> np.ndarray:
    """Returns the numbers of a tensor of either package."""
    tensor = tensor.detach() if hasattr(tensor, "detach") else tensor
    return np.array(tensor.numpy() if hasattr(tensor, "numpy") else tensor)


def inputs_for(model: Any) -> Any:
    """Returns numbers that the model takes, always the same."""
    generator = np.random.default_rng(3)
    arrays = []
    for x in getattr(model, "inputs", None) or []:
        shape = (6, *x.shape[1:])
        if str(x.dtype).startswith("int"):
            arrays.append(generator.integers(0, 9, shape).astype("int32"))
        else:
            arrays.append(generator.normal(size=shape).astype("float32"))
    if not arrays:
        return generator.normal(size=(6, 4)).astype("float32")
    if model.name.startswith("named"):
        return {x.name: array for x, array in zip(model.inputs, arrays, strict=True)}
    return arrays[0] if len(arrays) == 1 else arrays


def computed(keras: Any, model: Any, x: Any = None) -> dict[str, np.ndarray]:
    """Returns what can be compared: weights, optimizer, outputs, losses and metrics.

    A compiled model is trained for two more steps by this.
    """
    x = inputs_for(model) if x is None else x
    found = {f"weights {i}": numbers(w) for i, w in enumerate(model.weights)}
    outputs = [numbers(out) for out in keras.tree.flatten(model(x))]
    found |= {f"outputs {i}": out for i, out in enumerate(outputs)}
    if not getattr(model, "compiled", False):
        return found
    variables = model.optimizer.variables
    found |= {f"optimizer {i}": numbers(v) for i, v in enumerate(variables)}
    y = outputs[0] * 0.5
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    found |= {f"evaluated {key}": np.array(v) for key, v in results.items()}
    model.fit(x, y, batch_size=3, shuffle=False, verbose=0)
    found |= {f"trained {i}": numbers(w) for i, w in enumerate(model.weights)}
    return found


def write(keras: Any, folder: Path) -> None:
    """Builds, trains and saves all models."""
    generator = np.random.default_rng(5)
    for name, build in models(keras).items():
        try:
            model = build(keras)
            for weight in model.weights:
                if "int" not in str(weight.dtype):
                    value = generator.uniform(0.1, 0.9, tuple(weight.shape))
                    weight.assign(value.astype(str(weight.dtype)))
            if getattr(model, "compiled", False):
                x = inputs_for(model)
                y = numbers(keras.tree.flatten(model(x))[0]) - 1.0
                model.fit(x, y, batch_size=3, shuffle=False, verbose=0)
            model.save(folder / f"{name}.keras")
            model.save_weights(folder / f"{name}.weights.h5")
            np.savez(folder / f"{name}.npz", **computed(keras, model))
        except Exception:
            (folder / f"{name}.error").write_text(traceback.format_exc(limit=-3))


def read(keras: Any, folder: Path) -> dict[str, dict[str, Any]]:
    """Loads all models; returns {name: {what: how far it is from what was saved}}."""
    results = {}
    for name, build in models(keras).items():
        if (folder / f"{name}.error").exists():
            text = (folder / f"{name}.error").read_text()
            results[name] = {"error": f"not written: {text}"}
        elif (folder / f"{name}.npz").exists():
            try:
                results[name] = compared(keras, build, folder, name)
            except Exception:
                results[name] = {"error": traceback.format_exc(limit=-3)}
    return results


def compared(keras: Any, build: Any, folder: Path, name: str) -> dict[str, Any]:
    """Loads one model, as a whole and its weights alone, and compares."""
    built = build(keras)  # registers the classes that it needs
    model = keras.saving.load_model(folder / f"{name}.keras")
    built.load_weights(folder / f"{name}.weights.h5")
    with np.load(folder / f"{name}.npz") as file:
        expected = dict(file)
    found = computed(keras, model)
    alone = {f"weights {i}": numbers(w) for i, w in enumerate(built.weights)}
    if found.keys() != expected.keys():
        return {"error": f"differ in {sorted(found.keys() ^ expected.keys())}"}
    furthest: dict[str, float] = {}
    for key, value in expected.items():
        kind = key.partition(" ")[0]
        difference = distance(value, found[key])
        if kind == "weights":
            difference = max(difference, distance(value, alone[key]))
        furthest[kind] = max(furthest.get(kind, 0.0), difference)
    return furthest


def distance(expected: np.ndarray, found: np.ndarray) -> float:
    """Returns the largest difference, relative to numbers above 1.

    Infinity for another shape or dtype.
    """
    kinds = expected.dtype.kind + found.dtype.kind
    if expected.shape != found.shape or (
        expected.dtype != found.dtype and not set(kinds) <= set("iu")
    ):
        return float("inf")
    if not expected.size:
        return 0.0
    both = expected.astype("float64"), found.astype("float64")
    return float(np.max(np.abs(both[0] - both[1]) / np.maximum(1.0, np.abs(both[0]))))


def main() -> None:
    """Does what the command line says."""
    task, package, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    keras = importlib.import_module(package)
    if task == "write":
        write(keras, Path(folder))
    else:
        json.dump(read(keras, Path(folder)), sys.stdout)


if __name__ == "__main__":
    main()
