"""What files may name: the classes and functions of minikeras, and those of yours.

Nothing is ever imported for a file, and no attribute is looked up that it names: what
is in none of the tables here does not exist for it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

Thing = TypeVar("Thing")

# {module as Keras writes it: {name: class or function}}; the packages enter theirs.
MODULES: dict[str, dict[str, Any]] = {}

# {class: (module, name)}, the other way round.
_PUBLIC_NAMES: dict[type, tuple[str, str]] = {}

# Where a bare name of a function is looked for.
FUNCTION_MODULES = (
    "keras.activations",
    "keras.losses",
    "keras.metrics",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
)

LONGEST_NAME = 200  # of a module

_REGISTERED: dict[str, Any] = {}
_REGISTERED_NAMES: dict[Any, str] = {}


class _Scope(threading.local):
    """The custom objects of the innermost CustomObjectScope of this thread."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}


_scope = _Scope()


def enter(module: str, things: Mapping[str, Any] | Sequence[Any]) -> None:
    """Lets files name these classes and functions of a module.

    A class is written down under the first name that it is entered with.
    """
    if isinstance(things, Mapping):
        named = dict(things)
    else:
        named = {thing.__name__: thing for thing in things}
    table = MODULES.setdefault(module, {})
    for name, thing in named.items():
        table[name] = thing
        if isinstance(thing, type):
            _PUBLIC_NAMES.setdefault(thing, (module, name))


def public_name(cls: type) -> tuple[str, str] | None:
    """Returns (module, name) for a class of minikeras, None for other classes."""
    return _PUBLIC_NAMES.get(cls)


def look_up(module: str | None, name: str) -> Any:
    """Returns what a file means by a name in a module of Keras; None if nothing.

    Keras writes some classes under the file that they are defined in, such as
    `keras.src.backend.torch.optimizers.torch_adam`: the first part that is a namespace
    says which.
    """
    if not isinstance(module, str) or len(module) > LONGEST_NAME:
        return None
    found = MODULES.get(module, {}).get(name)
    if found is None and module.startswith("keras.src."):
        parts = module.split(".")[2:]
        if parts[:2] == ["optimizers", "schedules"]:
            parts = ["optimizers.schedules"]
        tables = (MODULES.get(f"keras.{part}", {}) for part in parts)
        found = next((table[name] for table in tables if name in table), None)
    return found


def look_up_function(name: str) -> Any:
    """Returns the function of minikeras of a bare name, None if there is none."""
    tables = (MODULES.get(module, {}) for module in FUNCTION_MODULES)
    return next((table[name] for table in tables if name in table), None)


class CustomObjectScope:
    """A block in which files and configurations may name more classes and functions.

    >>> class Mine: ...
    >>> with CustomObjectScope({"Mine": Mine}):
    ...     get_registered_object("Mine") is Mine
    True

    Of two blocks inside each other only the inner one counts, as in Keras.
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._outer: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._outer.append(_scope.objects)
        _scope.objects = dict(self.custom_objects)
        return self

    def __exit__(self, *exception: object) -> None:
        _scope.objects = self._outer.pop()


custom_object_scope = CustomObjectScope


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Thing], Thing]:
    """Returns a decorator that lets files name a class or a function of yours.

    It goes by `package>name`; `name` is that of the class unless given.

    >>> @register_keras_serializable(package="example")
    ... def double(x):
    ...     return 2 * x
    >>> get_registered_name(double)
    'example>double'

    Raises: ValueError for a class without `get_config`.
    """

    def register(thing: Thing) -> Thing:
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                f"A class needs a get_config() method to be registered; "
                f"{thing.__name__} has none."
            )
        own_name = getattr(thing, "__name__", type(thing).__name__)
        registered_name = f"{package}>{name or own_name}"
        _REGISTERED[registered_name] = thing
        _REGISTERED_NAMES[thing] = registered_name
        return thing

    return register


def get_custom_objects() -> dict[str, Any]:
    """Returns the table of registered classes and functions itself, to read or change.

    Those of a CustomObjectScope are not in it.
    """
    return _REGISTERED


def get_registered_name(obj: Any) -> str:
    """Returns `package>name` for a registered class or function, else its own name."""
    try:
        return _REGISTERED_NAMES[obj]
    except (KeyError, TypeError):  # not registered; not hashable
        return str(obj.__name__)


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Returns the class or function of a name, None if there is none.

    The scope comes first, then what is registered, then the two tables given.
    """
    for table in (_scope.objects, _REGISTERED, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None


def all_custom_objects(custom_objects: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the given objects with those of the scope and those registered."""
    return {**(custom_objects or {}), **_scope.objects, **_REGISTERED}
