"""Layers as configurations: their arguments, and the shapes they were built for."""

from typing import Any, Self

from minikeras import dtype_policies, regularizers
from minikeras.layers.shapes import as_shape
from minikeras.ops.constructor_arguments import (
    accepted_by,
    arguments_by_name,
    is_plain,
)

# The arguments of every layer.
BASE = ("name", "trainable", "dtype", "activity_regularizer", "autocast")


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
