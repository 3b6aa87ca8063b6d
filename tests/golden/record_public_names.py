"""Public names: each with its signature, for the names listed in keras_names.txt."""

import importlib
import inspect
from pathlib import Path
from typing import Any

Case = dict[str, Any]

LIST = Path(__file__).parent / "keras_names.txt"
ATTRIBUTE = "attribute"  # stands for the signature of what is not called


def record() -> list[Case]:
    """Returns a case for each namespace and class: {name: signature}.

    What a class has of another one in the list is recorded there only.
    """
    recorded: dict[type, dict[str, str]] = {}
    cases = []
    for place, names in listed_names().items():
        owner = found(place)
        signatures = {name: signature_of(owner, name) for name in names}
        if inspect.isclass(owner):
            for base, known in recorded.items():
                if issubclass(owner, base):
                    signatures = {
                        name: signature
                        for name, signature in signatures.items()
                        if known.get(name) != signature
                    }
            recorded[owner] = signatures
        cases.append({"name": place, "signatures": signatures})
    return cases


def listed_names() -> dict[str, list[str]]:
    """Returns {namespace or class: names} of the list, base classes first."""
    place, listed = "", dict[str, list[str]]()
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            listed[place] += line.split()
        elif line and not line.startswith("#"):
            place = line.rstrip(":")
            listed[place] = []
    return listed


def found(place: str) -> Any:
    """Returns the module or class at a path such as "keras.layers.Layer"."""
    try:
        return importlib.import_module(place)
    except ImportError:
        module, _, name = place.rpartition(".")
        return getattr(found(module), name)


def signature_of(owner: Any, name: str) -> str:
    """Returns "(x, axis=-1)", or that it is no function.

    Where `__new__` hides what a class takes, its `__init__` says it.
    """
    thing = inspect.getattr_static(owner, name, None)
    if thing is None:  # made in the constructor
        return ATTRIBUTE
    if isinstance(thing, staticmethod | classmethod):
        thing = getattr(owner, name)
    if not callable(thing):
        return ATTRIBUTE
    signature = inspect.signature(thing)
    if inspect.isclass(thing) and str(signature) == "(*args, **kwargs)":
        parameters = list(inspect.signature(thing.__init__).parameters.values())
        signature = inspect.Signature(parameters[1:])
    return str(without_annotations(signature))


def without_annotations(signature: inspect.Signature) -> inspect.Signature:
    """Returns a signature as all but a few functions of Keras have it."""
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return inspect.Signature(plain)
