"""Reads and writes golden files: cases as Keras answered them, one per line of JSON.

It is apart from the recorders because the tests read with it and must not need Keras.

An array is written as an object with its dtype as the key, `{"float32":[[0.5,1.0]]}`,
and with its shape beside it when it is empty. A tuple is `{"tuple": [...]}`, a
dictionary whose keys are no strings `{"pairs": [[key, value], ...]}`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
DTYPES = frozenset({"bool", *INTEGERS, "float32", "float64"})


def read(family: str) -> list[dict[str, Any]]:
    """Returns the recorded cases of a family, such as `"losses"`."""
    return from_text((FOLDER / f"{family}.json").read_text(encoding="utf-8"))


def write(family: str, recorded_with: dict[str, str], cases: list[dict]) -> None:
    """Writes the cases of a family; their names must differ."""
    names = [case["name"] for case in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"Case names must be unique in {family}; repeated: {repeated}")
    text = to_text(recorded_with, cases)
    (FOLDER / f"{family}.json").write_text(text, encoding="utf-8")


def to_text(recorded_with: dict[str, str], cases: list[dict]) -> str:
    """Returns the text of a golden file, with a line for each case."""
    lines = ",\n".join(
        json.dumps(_encode(case), ensure_ascii=False, separators=(",", ":"))
        for case in cases
    )
    header = json.dumps(recorded_with)
    return f'{{"recorded_with": {header},\n"cases": [\n{lines}\n]}}\n'


def from_text(text: str) -> list[dict[str, Any]]:
    """Returns the cases in the text of a golden file."""
    return json.loads(text, object_hook=_decode_object)["cases"]


def _encode(value: Any) -> Any:
    """Turns a value into what JSON can hold."""
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(np.asarray(value))
    if isinstance(value, tuple):
        return {"tuple": [_encode(item) for item in value]}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, dict):
        return {"pairs": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A golden file can't hold a {type(value).__name__}: {value!r}")


def _encode_array(array: np.ndarray) -> dict[str, Any]:
    """Writes each number with the fewest digits that give it back in its dtype."""
    name = str(array.dtype)
    if name not in DTYPES:
        raise TypeError(f"A golden file can't hold an array of {name}.")
    if name == "float32":
        shortest = [float(str(number)) for number in array.ravel()]
        values = np.array(shortest, dtype=object).reshape(array.shape).tolist()
    else:
        values = array.tolist()
    if array.size == 0:
        return {name: values, "shape": list(array.shape)}
    return {name: values}


def _decode_object(encoded: dict[str, Any]) -> Any:
    """Turns one JSON object back into the array, tuple or dictionary that it was."""
    first = next(iter(encoded), None)
    if first in DTYPES and encoded.keys() <= {first, "shape"}:
        array = np.array(encoded[first], dtype=first)
        return array.reshape(encoded.get("shape", array.shape))
    if encoded.keys() == {"tuple"}:
        return tuple(encoded["tuple"])
    if encoded.keys() == {"pairs"}:
        return dict(encoded["pairs"])
    return encoded
