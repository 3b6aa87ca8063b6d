"""Layers as configurations: their arguments, and the shapes they were built for."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Self

from minikeras import dtype_policies, regularizers
from minikeras.layers.shapes import as_shape

# The arguments of every layer.
BASE = ("name", "trainable", "dtype", "activity_regularizer", "autocast")

PLAIN = (bool, int, float, str, type(None))


class Configured:
    """The part of a layer that can be written down, and made again from that.

    A class that defines no `get_config` of its own has its arguments noted when it is
    made, in `__new__`: there they are as they were given, whatever `__init__` does with
    them.
    """

    name: str
    trainable: Any
    activity_regularizer: Any
    dtype_policy: Any
    build: Any
    _build_shapes: dict[str, Any]
    _arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Notes the arguments of a class that defines no get_config."""
        layer = super().__new__(cls)
        if cls.get_config is Configured.get_config:
            layer._arguments = arguments_by_name(cls.__init__, args, kwargs)
        return layer

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs to make an equal layer with new weights.

        By itself it knows arguments that are numbers, strings or None, and lists,
        tuples and dicts of them.

        Raises: NotImplementedError if there are others; then the class has to define
        this method.
        """
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(
                self.activity_regularizer
            )
        if type(self).get_config is not Configured.get_config:
            return config
        names, takes_all = accepted_by(type(self).__init__)
        accepted = {key: x for key, x in config.items() if takes_all or key in names}
        return accepted | self._plain_arguments()

    def _plain_arguments(self) -> dict[str, Any]:
        """Returns the arguments that the class adds to those of every layer."""
        arguments = {
            name: value for name, value in self._arguments.items() if name not in BASE
        }
        unknown = [name for name, value in arguments.items() if not is_plain(value)]
        if unknown:
            raise NotImplementedError(
                f"{type(self).__name__} was made with arguments that are no plain "
                f"values ({', '.join(sorted(unknown))}): it must define get_config(), "
                "with super().get_config() and these in it as configurations."
            )
        return arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a layer from what `get_config` returned."""
        return cls(**config)

    def get_build_config(self) -> dict[str, Any] | None:
        """Returns the shapes that the layer was built for, None if it was not."""
        if len(self._build_shapes) > 1:
            return {"shapes_dict": self._build_shapes}
        shapes = list(self._build_shapes.values())
        return {"input_shape": shapes[0]} if shapes else None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Creates the weights for the shapes that `get_build_config` returned."""
        if "input_shape" in config:
            self.build(as_shape(config["input_shape"]))
        elif "shapes_dict" in config:
            shapes = config["shapes_dict"].items()
            self.build(**{name: as_shape(shape) for name, shape in shapes})


@cache
def accepted_by(function: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    """Returns the names of what a function takes, and if it takes any others."""
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return frozenset(p.name for p in parameters), takes_all


def arguments_by_name(
    method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Returns what a method is called with, after `self`, and the defaults of the rest.

    Those in `*args` have a name with a star, and so no value that `from_config` could
    use.
    """
    signature = inspect.signature(method)
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return {}  # `__init__` will say what is wrong
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for parameter in list(signature.parameters.values())[1:]:
        value = bound.arguments[parameter.name]
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= value
        elif parameter.kind is parameter.VAR_POSITIONAL:
            found |= {f"*{parameter.name}": object()} if value else {}
        else:
            found[parameter.name] = value
    # What is not plain is not kept: it may be large, or hold weights.
    return {name: x if is_plain(x) else ... for name, x in found.items()}


def is_plain(value: Any) -> bool:
    """Whether a value is a number, a string or None, or a structure of these."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(x) for key, x in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return isinstance(value, PLAIN)
