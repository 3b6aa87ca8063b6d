"""Objects as configurations and back, from fixed tables: nothing is imported by name.

An object is saved as {module, class_name, config, registered_name}, as Keras does.
What comes back is looked up in tables: a file can name only what is in them.
"""

import types
from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from minikeras.saving.places import (
    ArgumentsError,
    ConfigurationError,
    names_near,
    reading,
    shown,
)
from minikeras.saving.registry import (
    MODULES,
    CustomObjectScope,
    all_custom_objects,
    get_registered_name,
    look_up,
    look_up_function,
    public_name,
)
from minikeras.saving.sharing import already_read, note_read, note_written
from minikeras.saving.tagged_values import (
    TAGGED,
    deserialize_value,
    serialize_tensor,
    serialize_value,
)
from minikeras.values.dtypes import standardize_dtype
from minikeras.values.tensor import Tensor

PLAIN = (str, bool, int, float)
HINT = (
    " Its from_config() must make the objects inside of it, and its __init__() take "
    "what get_config() gives."
)


def serialize_keras_object(obj: Any) -> Any:
    """Returns an object as a configuration that JSON can hold.

    Numbers, strings and None stay what they are, lists and dicts are gone through;
    objects become {module, class_name, config, registered_name}, with build_config and
    compile_config where they have any.

    >>> serialize_keras_object([1, slice(2, None)])[1]["class_name"]
    '__slice__'

    Raises: TypeError for an object without `get_config`; ValueError for a lambda.
    """
    if obj is None or isinstance(obj, PLAIN):
        return obj
    if isinstance(obj, list):
        return [serialize_keras_object(part) for part in obj]
    if isinstance(obj, tuple):
        return tuple(serialize_keras_object(part) for part in obj)
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, (bytes, slice, types.EllipsisType, np.ndarray, np.generic)):
        return serialize_value(obj)
    if isinstance(obj, np.dtype):
        return standardize_dtype(obj)
    if isinstance(obj, Tensor) and not hasattr(obj, "get_config"):
        return serialize_tensor(obj)
    if isinstance(obj, types.FunctionType):
        return serialize_function(obj)
    return serialize_instance(obj)


def serialize_function(function: Any) -> dict[str, Any]:
    """Returns the configuration of a function: its name, or the registered one.

    Raises: ValueError for a lambda that is not registered: it has no name.
    """
    name = get_registered_name(function)
    if name == "<lambda>":
        raise ValueError(
            "A lambda has no name that it could be saved by. Define a function with a "
            "name, and put @minikeras.saving.register_keras_serializable() above it."
        )
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def serialize_instance(thing: Any, namespace: str | None = None) -> dict[str, Any]:
    """Returns {module, class_name, config, registered_name, ...} for an object.

    Raises: TypeError if it has no `get_config`, or that returns no dict.
    """
    if isinstance(thing, type) or not hasattr(thing, "get_config"):
        raise TypeError(
            f"Cannot serialize {thing!r} of type {type(thing).__name__}: objects need "
            "a get_config() method."
        )
    config = thing.get_config()
    if not isinstance(config, dict):
        raise TypeError(
            f"get_config() of {thing!r} should return a dict; it returned {config!r}."
        )
    described = {
        **(getattr(thing, "saved_as", None) or name_of_class(type(thing), namespace)),
        "config": serialize_keras_object(config),
    }
    described["registered_name"] = described.pop("registered_name")  # Keras's order
    for key in ("build_config", "compile_config"):
        part = getattr(thing, f"get_{key}", lambda: None)()
        if part is not None:
            described[key] = serialize_keras_object(part)
    note_written(thing, described)
    return described


def name_of_class(cls: type, namespace: str | None = None) -> dict[str, Any]:
    """Returns {module, class_name, registered_name} for a class."""
    public = public_name(cls)
    if public is None and namespace and cls.__module__.startswith("minikeras."):
        public = f"keras.{namespace}", cls.__name__
    if public is not None:
        module, name = public
        # As in Keras: a name of its own for what is not among the public ones.
        own = name if module.startswith("keras.src.") else None
        return {"module": module, "class_name": name, "registered_name": own}
    return {
        "module": None if cls.__module__ == "__main__" else cls.__module__,
        "class_name": cls.__name__,
        "registered_name": get_registered_name(cls),
    }


def serialize_object(namespace: str, thing: Any) -> dict[str, Any]:
    """Returns the configuration of an object of a namespace.

    >>> from minikeras.optimizers import SGD
    >>> serialize_object("optimizers", SGD())["class_name"]
    'SGD'
    """
    if isinstance(thing, types.FunctionType):
        return serialize_function(thing)
    return serialize_instance(thing, namespace)


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """Makes the object that `serialize_keras_object` has described.

    Names are looked up among the registered objects, those of the scope and
    `custom_objects`, then in the fixed tables of minikeras.  `module_objects`, a dict,
    is one more table, in which also bare strings are looked up.

    >>> deserialize_keras_object({"class_name": "__slice__",
    ...     "config": {"start": 1, "stop": None, "step": None}})
    slice(1, None, None)

    Raises: ValueError for what is in no table, or configured wrongly, with the place
    in the configuration; it is a TypeError too where an argument is missing or
    unknown. ValueError for safe_mode=False: there is no unsafe mode.
    """
    module_objects = kwargs.pop("module_objects", None)
    if kwargs:
        raise TypeError(
            f"deserialize_keras_object() got unexpected arguments: {sorted(kwargs)}."
        )
    require_safe_mode(safe_mode)
    try:
        return deserialize_any(config, custom_objects or {}, module_objects or {})
    except ConfigurationError as error:
        error.is_within(config)
        raise


def require_safe_mode(safe_mode: bool) -> None:
    """Refuses what Keras's unsafe mode would do: to run code from a file."""
    if not safe_mode:
        raise ValueError(
            "safe_mode=False does not exist in minikeras: files never bring code of "
            "their own. Replace lambdas by named functions, and give them in "
            "custom_objects or register them."
        )


def deserialize_any(
    config: Any, custom_objects: Mapping[str, Any], classes: Mapping[str, Any]
) -> Any:
    """Makes an object, or a structure of objects, of its configuration."""
    if isinstance(config, str):
        known = {**classes, **all_custom_objects(custom_objects)}
        return known.get(config, config)
    if config is None or isinstance(config, PLAIN):
        return config
    if isinstance(config, (list, tuple)):
        return [deserialize_any(part, custom_objects, classes) for part in config]
    if not isinstance(config, dict):
        raise ConfigurationError(
            f"This is no configuration of an object: {shown(config)}.", config
        )
    if "class_name" not in config or "config" not in config:
        return {
            key: deserialize_any(part, custom_objects, classes)
            for key, part in config.items()
        }
    name = config["class_name"]
    if not isinstance(name, str):
        raise ConfigurationError(
            f"The class_name of a configuration is a string; got {shown(name)}.", config
        )
    if name.startswith("__") and name in TAGGED:
        with reading(config, name):
            return deserialize_value(name, config["config"])
    if name == "function":
        return deserialize_function(config, custom_objects)
    return deserialize_instance(config, classes, "class", custom_objects)


def deserialize_function(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """Returns the function that a configuration names.

    Raises: ValueError if none is known by that name.
    """
    name = config.get("config")
    if not isinstance(name, str):
        raise ArgumentsError(
            f"The config of a function is its name; got {shown(name)}.", config
        )
    custom = all_custom_objects(custom_objects)
    found = custom.get(name)
    if found is None:
        module = config.get("module")
        ours = module in ("builtins", None)
        found = look_up_function(name) if ours else look_up(module, name)
        if found is not None and config.get("registered_name") != name:
            check_registered_name(config)
    if found is None and ">" not in name:
        found = next((custom[key] for key in custom if key.endswith(f">{name}")), None)
    if found is None:
        raise not_found("function", name, config)
    return found


def deserialize_object(
    config: Any,
    classes: Mapping[str, Any],
    kind: str,
    custom_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Makes an object of one kind from its configuration.

    `classes` maps class names to classes, `kind` says in errors what was looked for.

    Raises: ValueError for a class that is in neither table.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ConfigurationError(
            f"The configuration of {a_or_an(kind)} has class_name and config; got "
            f"{shown(config)}.",
            config,
        )
    if config["class_name"] == "function":
        return deserialize_function(config, custom_objects)
    return deserialize_instance(config, classes, kind, custom_objects)


def deserialize_instance(
    config: Mapping[str, Any],
    classes: Mapping[str, Any],
    kind: str,
    custom_objects: Mapping[str, Any] | None,
) -> Any:
    """Makes an object, builds it and compiles it, as its configuration says."""
    found = already_read(dict(config))
    if found is not None:
        return found
    with reading(config, config["class_name"], HINT):
        cls = class_named(config, classes, kind, custom_objects)
        if isinstance(cls, types.FunctionType):
            return cls
        thing = made_of(config, cls, custom_objects)
    note_read(thing, dict(config))
    return thing


def made_of(
    config: Mapping[str, Any], cls: Any, custom_objects: Mapping[str, Any] | None
) -> Any:
    """Makes an object of a class, builds it and compiles it."""
    inner = {} if config.get("config") is None else config["config"]
    if not isinstance(inner, dict):
        raise ArgumentsError(
            f"The config of {config['class_name']} is a dict; got {shown(inner)}.",
            config,
        )
    if not hasattr(cls, "from_config"):
        raise ConfigurationError(
            f"{config['class_name']} has no from_config() to make an object with.",
            config,
        )
    with CustomObjectScope(all_custom_objects(custom_objects)):
        if takes_custom_objects(cls):  # there are objects inside of this one
            thing = cls.from_config(inner, custom_objects)
        else:
            thing = cls.from_config(inner)
        if config.get("build_config") and not getattr(thing, "built", True):
            thing.build_from_config(config["build_config"])
            thing.built = True
        if config.get("compile_config"):
            thing.compile_from_config(config["compile_config"])
    return thing


def class_named(
    config: Mapping[str, Any],
    classes: Mapping[str, Any],
    kind: str,
    custom_objects: Mapping[str, Any] | None,
) -> Any:
    """Returns the class that a configuration names.

    What is registered or given comes first, where the configuration is not that of a
    class of minikeras.
    """
    name = config["class_name"]
    custom = all_custom_objects(custom_objects)
    for key in (config.get("registered_name", name), name):
        if isinstance(key, str) and key in custom and config.get("registered_name", 1):
            return custom[key]
    found = classes.get(name) or look_up(config.get("module"), name)
    if found is not None:
        check_registered_name(config)
        return found
    if name not in custom:
        raise not_found(kind, name, config, classes)
    return custom[name]


def check_registered_name(config: Mapping[str, Any]) -> None:
    """Refuses a name of one's own beside that of a class of minikeras.

    It is for a class that nobody has registered: another must not take its place.
    """
    registered = config.get("registered_name")
    if registered and registered != config["class_name"]:
        raise ConfigurationError(
            f"registered_name={shown(registered)} was given for "
            f"{shown(config['class_name'])}, which is a class of minikeras, or a "
            "function. Register what has that name, give it in custom_objects, or "
            "leave registered_name out.",
            config,
        )


def not_found(
    kind: str, name: Any, config: Mapping[str, Any], classes: Mapping[str, Any] = {}
) -> ConfigurationError:
    """Returns the error for a name that is in no table."""
    known = classes or MODULES.get(str(config.get("module")), {})
    near = names_near(name, known)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    if classes and not near and str(config.get("module")) in MODULES:
        hint = f" Known are {', '.join(sorted(classes))}."
    return ConfigurationError(
        f"Unknown {kind} {shown(name)}, of module {shown(config.get('module'))}.{hint} "
        "What is your own must be decorated with "
        "@minikeras.saving.register_keras_serializable(), or given in "
        f"custom_objects={{{shown(name)}: {kind}}}.",
        config,
    )


def takes_custom_objects(cls: Any) -> bool:
    """Whether the from_config of a class hands custom objects on."""
    return "custom_objects" in signature(cls.from_config).parameters


def unknown(identifier: Any, kind: str, known: Iterable[str]) -> ValueError:
    """Returns the error for an identifier that names nothing, with what is near."""
    names = sorted(set(known))
    near = names_near(identifier, names)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ValueError(
        f"Could not interpret {kind} identifier: {shown(identifier)}. "
        f"{hint or 'Known are ' + ', '.join(names) + '.'}"
    )


def a_or_an(noun: str) -> str:
    """Returns a noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
