"""The public face of an operation: on symbolic tensors, a call of it becomes a node.

`ops.mean(x)` of a symbolic x must be done again when a model is called, with the real
sizes; so what a node keeps is the public operation and its arguments, not what it is
composed of.  Numbers pass through: the function under the face computes them.
"""

import inspect
import sys
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar, cast

from minikeras.autograd.recording import no_grad
from minikeras.ops.operation import Operation
from minikeras.values.node import (
    Node,
    is_symbolic,
    nodes_recorded,
    recording,
    without_history,
)
from minikeras.values.tensor import Tensor

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def operation(
    class_name: str, module: str, tensors: str
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Returns what makes a function one that does the same, and makes nodes of symbolic
    calls.

    Keras has a class for every operation, and files name it: `class_name`, in the
    `module` of keras.src.  `tensors` names the arguments that are given to each call,
    with a "=" those given by keyword; all others are settings, which belong to the
    operation.

    >>> from minikeras import Input, ops
    >>> y = ops.mean(Input((3,)), axis=-1)
    >>> y._keras_history.operation.get_config()
    {'name': 'mean', 'axis': -1, 'keepdims': False}
    """
    # The module that a face is made in, where pickle will look for it.
    place = sys._getframe(1).f_globals["__name__"]

    def face_of(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        kind = Kind(function, class_name, module, tensors.split())

        @wraps(function)
        def face(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            out = function(*args, **kwargs)
            if type(out) is not Tensor and recording.nodes and is_symbolic(out):
                return cast(Result, kind.recorded(args, kwargs, out))
            return out

        face.__module__ = place
        return face

    return face_of


def operation_on_functions(
    class_name: str, module: str, tensors: str
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Does the same for an operation that is given functions.

    These may call public operations, and all of it is one node: so here the arguments
    are looked at, before anything is called.
    """
    place = sys._getframe(1).f_globals["__name__"]  # as above

    def face_of(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        kind = Kind(function, class_name, module, tensors.split())

        @wraps(function)
        def face(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            if not (recording.nodes and is_symbolic((args, kwargs))):
                return function(*args, **kwargs)
            with no_grad(), nodes_recorded(False):
                out = function(*args, **kwargs)
            return cast(Result, kind.recorded(args, kwargs, out))

        face.__module__ = place
        return face

    return face_of


# {(module, class name): kind} of all operations that a file may name.
KINDS: dict[tuple[str, str], "Kind"] = {}


class Kind:
    """What Keras has a class for: a public operation, apart from its settings."""

    # Slots: a recorded step knows things by their attributes, and this never changes.
    __slots__ = (
        "by_keyword",
        "class_name",
        "function",
        "module",
        "tensors",
    )

    def __init__(
        self,
        function: Callable[..., Any],
        class_name: str,
        module: str,
        tensors: list[str],
    ) -> None:
        self.function = function
        self.class_name = class_name
        self.module = f"keras.src.{module}"
        self.tensors = [name.removesuffix("=") for name in tensors]
        self.by_keyword = [name[:-1] for name in tensors if name.endswith("=")]
        KINDS.setdefault((self.module, class_name), self)

    @property
    def __name__(self) -> str:
        return self.class_name

    @property
    def signature(self) -> inspect.Signature:
        """What the function takes."""
        return signature_of(self.function)

    @property
    def rest(self) -> tuple[str, ...]:
        """The name of its `*args`, if it has them."""
        return names_of(self.function, inspect.Parameter.VAR_POSITIONAL)

    @property
    def more(self) -> tuple[str, ...]:
        """The name of its `**kwargs`, if it has them."""
        return names_of(self.function, inspect.Parameter.VAR_KEYWORD)

    @property
    def tensors_first(self) -> bool:
        """Whether settings can be given by keyword, whatever tensors come first."""
        return list(self.signature.parameters)[: len(self.tensors)] == self.tensors

    def __deepcopy__(self, memo: dict[int, Any]) -> "Kind":
        return self  # there is one of each

    def __reduce__(self) -> Any:
        return kind_named, (self.module, self.class_name)

    def recorded(self, args: Any, kwargs: Any, outputs: Any) -> Any:
        """Makes a node of a call, and returns its results as what they are there."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        settings = dict(bound.arguments)
        for name in self.more:
            settings |= settings.pop(name)
        named = {name: settings.pop(name) for name in self.by_keyword}
        inputs: list[Any] = []
        for name in self.tensors:
            if name in self.rest:
                inputs += settings.pop(name)
            elif name not in named:
                inputs.append(settings.pop(name))
        for name in [name for name, x in settings.items() if is_symbolic(x)]:
            named[name] = settings.pop(name)
        outputs = without_history(outputs, (args, kwargs))
        Node(PublicOperation(self, settings), tuple(inputs), named, outputs)
        return outputs

    def arguments(
        self, settings: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> inspect.BoundArguments:
        """Returns what to call the function with: settings, and tensors by position."""
        given = {**settings, **kwargs}
        waiting = list(args)
        for name in self.tensors:
            if name in self.rest:
                given[name] = tuple(waiting)
            elif waiting and name not in given:
                given[name] = waiting.pop(0)
        bound = self.signature.bind_partial()
        bound.arguments = {
            name: given.pop(name) for name in self.signature.parameters if name in given
        }
        for name in self.more:
            bound.arguments[name] = given
        return bound

    def from_config(self, config: dict[str, Any]) -> "PublicOperation":
        """Makes an operation from what its `get_config` returned.

        Raises: TypeError for a setting that it does not have.
        """
        settings = dict(config)
        name = settings.pop("name", None)
        unknown = settings.keys() - self.signature.parameters.keys()
        if unknown and not self.more:
            raise TypeError(
                f"{self.class_name} has no setting {', '.join(sorted(unknown))}."
            )
        return PublicOperation(self, settings, name=name)


@cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Returns what a function takes.

    Found when it is first asked for: two hundred signatures would cost every program
    some milliseconds.
    """
    return inspect.signature(function)


@cache
def names_of(function: Callable[..., Any], kind: Any) -> tuple[str, ...]:
    """Returns the names of the parameters of one kind."""
    parameters = signature_of(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is kind)


def kind_named(module: str, class_name: str) -> Kind:
    """Returns the kind of operation that a file names."""
    return KINDS[module, class_name]


class PublicOperation(Operation):
    """A public operation with its settings: what the nodes of its calls refer to."""

    def __init__(
        self, kind: Kind, settings: dict[str, Any], name: str | None = None
    ) -> None:
        self.kind = kind
        self.settings = settings
        super().__init__(name)

    @property
    def _class_name(self) -> str:
        """The name of Keras's class."""
        return self.kind.class_name

    @property
    def saved_as(self) -> dict[str, Any]:
        """How files name it: as Keras's class."""
        kind = self.kind
        return {
            "module": kind.module,
            "class_name": kind.class_name,
            "registered_name": kind.class_name,
        }

    @property
    def eager(self) -> Callable[..., Any]:
        """What computes: the function under the public one, with no frame in between
        where the tensors are its first arguments.
        """
        if self.kind.tensors_first and not self.kind.rest:
            return partial(self.kind.function, **self.settings)
        return self.call

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the results for the tensors given."""
        bound = self.kind.arguments(self.settings, args, kwargs)
        return self.kind.function(*bound.args, **bound.kwargs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.settings}
