"""Signatures: names, order and defaults of the arguments of Keras's functions."""

import inspect
from typing import Any

from tests.golden.keras_calls import public

Case = dict[str, Any]

NAMESPACES = (
    "activations",
    "constraints",
    "initializers",
    "layers",
    "ops",
    "random",
    "regularizers",
)


def record() -> list[Case]:
    """Returns a case for each namespace: the signatures of what is public in it."""
    return [
        {"name": namespace, "signatures": signatures(namespace)}
        for namespace in NAMESPACES
    ]


def signatures(namespace: str) -> dict[str, str]:
    """Returns {name: signature} of the functions and classes of a namespace."""
    things = vars(public(namespace))
    return {
        name: str(inspect.signature(thing))
        for name, thing in sorted(things.items())
        if callable(thing) and not name.startswith("_")
    }
