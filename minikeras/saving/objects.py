"""Objects as configurations and back, from fixed tables: nothing is imported by name.

An object is saved as {module, class_name, config, registered_name}, as Keras does.
What comes back is looked up in the table that the caller gives: a file can name only
what is in it.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from inspect import signature
from typing import Any


def serialize_object(namespace: str, thing: Any) -> dict[str, Any]:
    """Returns {module, class_name, config, registered_name} for an object.

    >>> from minikeras.optimizers import SGD
    >>> serialize_object("optimizers", SGD())["class_name"]
    'SGD'
    """
    config = {
        "module": f"keras.{namespace}",
        "class_name": type(thing).__name__,
        "config": thing.get_config(),
        "registered_name": None,
    }
    if hasattr(thing, "get_build_config") and thing.get_build_config() is not None:
        config["build_config"] = thing.get_build_config()
    return config


def deserialize_object(
    config: Any,
    classes: Mapping[str, Any],
    kind: str,
    custom_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Makes an object from its configuration.

    `classes` maps class names to classes, `kind` says in errors what was looked for.

    Raises: ValueError for a class that is in neither table.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(
            f"The configuration of {a_or_an(kind)} has class_name and config; "
            f"got {config!r}."
        )
    name = config["class_name"]
    cls = (custom_objects or {}).get(name) or classes.get(name)
    if cls is None:
        raise ValueError(
            f"Unknown {kind} {name!r}. Known are {', '.join(sorted(classes))}. Pass a "
            "class of your own in custom_objects={name: class}."
        )
    if takes_custom_objects(cls):  # there are objects inside of this one
        return cls.from_config(config.get("config") or {}, custom_objects)
    return cls.from_config(config.get("config") or {})


def takes_custom_objects(cls: Any) -> bool:
    """Whether the from_config of a class hands custom objects on."""
    return "custom_objects" in signature(cls.from_config).parameters


def unknown(identifier: Any, kind: str, known: Iterable[str]) -> ValueError:
    """Returns the error for an identifier that names nothing, with what is near."""
    names = sorted(set(known))
    near = get_close_matches(str(identifier), names, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ValueError(
        f"Could not interpret {kind} identifier: {identifier!r}. "
        f"{hint or 'Known are ' + ', '.join(names) + '.'}"
    )


def a_or_an(noun: str) -> str:
    """Returns a noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
