"""How layers are built: when, for which shapes, and that they take no weights after."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from minikeras.layers.context import building, context
from minikeras.layers.input_spec import check_inputs
from minikeras.layers.notes import note_layer
from minikeras.layers.signatures import positions_of, required_of, shapes_by_name
from minikeras.layers.state import State
from minikeras.tree import map_structure
from minikeras.values.naming import path_of
from minikeras.values.stateless import no_scope


class Buildable(State):
    """The part of a layer that creates its weights, once the shapes are known."""

    call: Any
    input_spec: Any
    _is_building: bool
    _build_shapes: dict[str, Any]

    def build(self, input_shape: Any) -> None:
        """Creates the weights, now that the shape of the inputs is known."""
        self._build_shapes = {"input_shape": input_shape}
        self.built = not self._is_building

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets every `build` close its layer, also one that a user calls by hand."""
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = closing(cls.build)  # type: ignore[method-assign]

    def build_from(self, inputs: Any) -> None:
        """Runs `build` for these inputs."""
        self.build(map_structure(lambda x: None if x is None else x.shape, inputs))

    def _build_and_call(
        self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Builds this layer, and those inside that are built by being called."""
        with building(self):
            self._note_path()
            try:
                with no_scope():
                    self._build_for_call(inputs, args, kwargs)
            except Exception as error:
                note_layer(error, self, inputs)
                raise
            outputs = self(*args, **kwargs)  # type: ignore[operator]
        if outputs is None:
            context.returned_none = f'"{self.name}" ({type(self).__name__})'
        elif context.depth == 0:
            context.returned_none = None
        self._freeze_what_is_new()
        return outputs

    def _note_path(self) -> None:
        """Keeps the names of the scopes around: those of layers being built."""
        self._path = path_of("").rstrip("/")

    def _build_for_call(
        self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Runs `build` for the arguments of a call, if they fit.

        Raises: ValueError for inputs of another kind, TypeError if some are missing:
        a layer built for a wrong input would refuse the right one.
        """
        if self.input_spec is not None:
            check_inputs(self.input_spec, inputs, self.name)
        required = required_of(type(self).call)
        if missing := [name for name in required[len(args) :] if name not in kwargs]:
            raise TypeError(
                f'{type(self).__name__} "{self.name}" was called without '
                f"{', '.join(missing)}: it needs {', '.join(required)}."
            )
        shapes = self._shapes_for(type(self).build, inputs, kwargs)
        if shapes is None:
            self.build_from(inputs)
        else:
            self.build(**shapes)

    def _shapes_for(
        self, method: Callable[..., Any], inputs: Any, kwargs: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Returns the shapes that a method names, as in `build(a_shape, b_shape)`.

        None if it takes one shape, which is that of the inputs.

        Raises: ValueError if it needs several things and one is no such shape.
        """
        wanted, known = positions_of(method), positions_of(type(self).call)
        first = dict.fromkeys(known[:1], inputs)
        shapes = shapes_by_name(first | kwargs, wanted)
        needed = required_of(method)
        missing = [name for name in needed if name not in shapes]
        if len(needed) > 1 and missing:
            raise ValueError(
                f'{method.__name__}() of layer "{self.name}" needs '
                f"{', '.join(missing)}, which is not there. Where it takes several "
                "arguments, each is the shape of one that call() was given, by its "
                f"name with _shape behind it; call() takes {', '.join(known)}."
            )
        return shapes if len(wanted) > 1 and wanted[0] in shapes else None


def closing(build: Callable[..., None]) -> Callable[..., None]:
    """Returns a build method after which the layer takes no more weights.

    A build that was called by another (`super().build`) leaves that to the other.
    """

    @wraps(build)
    def build_and_close(self: Buildable, *shapes: Any, **named_shapes: Any) -> None:
        outermost, self._is_building = not self._is_building, True
        before = len(self._own_weights)
        try:
            with building(self):
                self._note_path()
                build(self, *shapes, **named_shapes)
        except BaseException:
            del self._own_weights[before:]  # the next attempt makes them anew
            raise
        finally:
            self._is_building = not outermost
        self.built = outermost
        self._freeze_what_is_new()
        names = positions_of(build)
        self._build_shapes = dict(zip(names, shapes, strict=False)) | named_shapes

    return build_and_close
