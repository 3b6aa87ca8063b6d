"""What may be recorded without asking: a step in which all Python code is ours.

In a recorded step Python runs once.  Our classes are written so that this changes
nothing; what a user's code does between two operations nobody knows.  So a class of
ours may be recorded unless it says `capturable = False`, and a user's class may not
unless it says `capturable = True`.  A subclass that overrides how things are computed
has to say it anew.
"""

import itertools
from collections.abc import Iterable, Iterator
from operator import attrgetter
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

import numpy as np

from minikeras.autograd.value import Value
from minikeras.values.variable import Variable

PACKAGE = __name__.partition(".")[0]

# What a class may define without changing what a step does.
HARMLESS = {
    "__init__",
    "build",
    "compute_output_shape",
    "from_config",
    "get_config",
}

# What a step does with a Variable beside reading it.
treatment_of = attrgetter("trainable", "regularizer", "constraint")

PLAIN = (bool, int, float, complex, str, bytes, type(None))

# Attributes of a model, not of a layer, that are no part of how it computes, as None.
PASSED_OVER = dict.fromkeys(
    (
        "fit_progress",
        "history",
        "predict_function",
        "stop_evaluating",
        "stop_predicting",
        "stop_training",
        "test_function",
        "train_function",
        "_checked",
        "_programs",
        "_trained",
    )
)


def is_capturable(thing: Any) -> bool:
    """Whether the code of an object, or a function, may run once for all steps."""
    if isinstance(thing, FunctionType):
        return getattr(thing, "capturable", is_ours(thing))
    for cls in type(thing).__mro__:
        own = vars(cls)
        if "capturable" in own:
            return own["capturable"]
        if is_ours(cls):
            return True
        changes = {name for name, value in own.items() if callable_or_computed(value)}
        if changes - HARMLESS:
            return False
    return True


def is_ours(thing: Any) -> bool:
    """Whether a class or function is one of minikeras."""
    return str(thing.__module__).partition(".")[0] == PACKAGE


def callable_or_computed(value: Any) -> bool:
    """Whether a class attribute is code: a method or a property."""
    return callable(value) or isinstance(value, (property, staticmethod, classmethod))


def parts_of(thing: Any) -> Iterator[Any]:
    """Yields an object, and all objects and functions in its attributes, each once.

    Variables are among them; numbers, strings, arrays, classes and modules are not.
    """
    seen: set[int] = set()
    waiting = [thing]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, (*PLAIN, type, ModuleType)):
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            waiting += thing.values()
        elif isinstance(thing, (list, tuple, set)):
            waiting += thing
        elif is_part(thing):
            yield thing
            waiting += attributes_of(thing).values()


def is_part(thing: Any) -> bool:
    """Whether a program knows an object by its identity, and its attributes."""
    if isinstance(thing, (type, ModuleType)):
        return False
    if isinstance(thing, Value):
        return isinstance(thing, Variable)
    return hasattr(thing, "__dict__") or hasattr(type(thing), "__slots__")


numbers = itertools.count(1)


class Snapshot:
    """What a model is made of and how it is set, at one moment.

    `settings` is equal for two moments if a program of the one serves the other; each
    has a `number` of its own.  What is no object with attributes, no list, dict or set,
    such as an array, counts by its identity: a change inside of it goes unnoticed.
    """

    def __init__(self, model: Any) -> None:
        self.number = next(numbers)
        self.parts = list(parts_of(model))
        self.settings = tuple(map(settings_of, self.parts))
        self.variables = [x for x in self.parts if isinstance(x, Variable)]
        self.treated = list(map(treatment_of, self.variables))
        self.slotted = [(x, slots_of(x)) for x in self.parts if slots_of(x)]
        self.model, self.model_attributes = model, attributes_of(model)
        attributes = [
            vars(x)
            for x in self.parts
            if x is not model and not isinstance(x, Variable) and hasattr(x, "__dict__")
        ]
        attributes += [vars(cls) for cls in users_classes(self.parts)]
        inside = [
            x
            for values in (self.model_attributes, *attributes)
            for x in collections_in(list(values.values()))
        ]
        self.now = [*attributes, *inside]
        self.then = [x.copy() for x in self.now]
        # Two arrays of one number may be equal and not the same.
        self.held = [
            (x, key, value)
            for x in (vars(model), *self.now)
            for key, value in items_of(x)
            if isinstance(value, (Value, np.ndarray)) and key not in PASSED_OVER
        ]

    def still_holds(self) -> bool:
        """Whether all is as it was: the same objects in all attributes and collections.

        Much faster than another snapshot; may say no where nothing of importance has
        changed.
        """
        try:
            return (
                all(x[key] is value for x, key, value in self.held)
                and attributes_of(self.model) == self.model_attributes
                and self.now == self.then
                and self.treated == list(map(treatment_of, self.variables))
                and all(slots_of(x) == then for x, then in self.slotted)
            )
        except (LookupError, ValueError):  # something is gone, or does not compare
            return False


def items_of(collection: Any) -> list[tuple[Any, Any]]:
    """Returns what is in a dict by its keys, and in a list by its positions."""
    if isinstance(collection, dict):
        return list(collection.items())
    return list(enumerate(collection)) if isinstance(collection, list) else []


def collections_in(values: Any) -> Iterator[Any]:
    """Yields the collections in a collection, and those inside of them."""
    for x in values.values() if isinstance(values, dict) else values:
        if isinstance(x, (list, dict, set, tuple)):
            if not isinstance(x, tuple):
                yield x
            yield from collections_in(x)


def attributes_of(thing: Any) -> dict[str, Any]:
    """Returns the attributes of an object that say how it computes."""
    if isinstance(thing, FunctionType):
        return {}
    if isinstance(thing, Variable):
        trainable, regularizer, constraint = treatment_of(thing)
        return {
            "trainable": trainable,
            "regularizer": regularizer,
            "constraint": constraint,
        }
    attributes = getattr(thing, "__dict__", {})
    if "_programs" in attributes:  # a model
        return attributes | PASSED_OVER
    slots = slots_of(thing)
    return attributes | slots if slots else attributes


def slots_of(thing: Any) -> dict[str, Any]:
    """Returns the attributes that an object has in the slots of a user's classes."""
    if not hasattr(type(thing), "__slots__"):
        return {}
    return {
        name: getattr(thing, name)
        for cls in users_classes([thing])
        for name, value in vars(cls).items()
        if isinstance(value, MemberDescriptorType) and hasattr(thing, name)
    }


def settings_of(thing: Any) -> tuple[Any, ...]:
    """Returns what a program has built in of an object: which it is, its attributes.

    A Variable is read anew in every run; only which it is, and how it is trained,
    matters.
    """
    attributes = [*attributes_of(thing).items(), *shared_attributes_of(thing)]
    return id(thing), *((name, plain(value)) for name, value in attributes)


def shared_attributes_of(thing: Any) -> list[tuple[str, Any]]:
    """Returns the attributes that an object has from the classes of a user."""
    return [
        (name, value)
        for cls in users_classes([thing])
        for name, value in vars(cls).items()
        if not name.startswith("__")
        and not callable_or_computed(value)
        and not isinstance(value, MemberDescriptorType)
    ]


def users_classes(things: Iterable[Any]) -> list[type]:
    """Returns the classes of objects, and their bases, that are not of minikeras."""
    found = {cls for thing in things for cls in type(thing).__mro__}
    own = [cls for cls in found if not is_ours(cls) and cls.__module__ != "builtins"]
    return sorted(own, key=id)


def plain(value: Any) -> Any:
    """Returns a value that can be compared: what it cannot look into, by identity.

    Of Tensors it is ...: their numbers are none that a program could have built in.
    """
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, np.generic):
        return value.dtype.str, value.item()
    if isinstance(value, dict):
        return tuple((repr(key), plain(x)) for key, x in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(plain, value))
    if isinstance(value, set):
        return frozenset(map(plain, value))
    return id(value) if is_part(value) or not isinstance(value, Value) else ...
