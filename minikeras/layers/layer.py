"""The base class of all layers: state, building, and what happens around `call`."""

import inspect
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, Self, TypeVar

import numpy as np

from minikeras import constraints, dtype_policies, initializers, ops, regularizers
from minikeras.autograd.recording import no_grad
from minikeras.dtype_policies import DTypePolicy
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.signatures import (
    arguments_of,
    by_keyword,
    masked_arguments,
    positions_of,
    required_of,
    shapes_by_name,
)
from minikeras.ops.operation import Operation
from minikeras.random import SeedGenerator
from minikeras.saving.saveable import Saveable
from minikeras.tree import flatten, map_structure
from minikeras.values.autocast import AutocastVariable, autocast, casting
from minikeras.values.dtypes import FLOATS, standardize_dtype
from minikeras.values.naming import name_scope
from minikeras.values.node import (
    Node,
    is_symbolic,
    nodes_recorded,
    recording,
    without_history,
)
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, Identifier, Shape, ShapeLike, TensorLike
from minikeras.values.variable import Variable

Thing = TypeVar("Thing")

CONTROLS = {"training"}  # arguments of a call that are never arrays


class _CallContext(threading.local):
    """What a call inherits from the calls around it."""

    training: bool | None = None
    depth = 0  # how many layers we are inside of

    def __init__(self) -> None:
        # The layers that have called add_loss, and were not called again since.
        self.lossy: weakref.WeakSet[Layer] = weakref.WeakSet()


context = _CallContext()


class Layer(Operation, Saveable):
    """A function with state: weights that training changes, and a `call` that uses
    them.

    A subclass defines `call(inputs, ...)`, and creates its weights in
    `build(input_shape)` with `add_weight`.  The build of a `call(a, b)` may be a
    `build(a_shape, b_shape)`.  Layers, and lists and dicts of layers, that
    are attributes belong to it: their weights are its weights.

    `training` and `mask` reach `call` if it has arguments of these names; `training`
    defaults to what the call around this one was given, then to what the signature of
    `call` says.  A `call(a, b, a_mask, b_mask)` gets the masks that a and b carry.

    Shapes: by layer; the first axis of the inputs counts the samples of the batch.
    Raises: ValueError for unknown keyword arguments.
    """

    def __init__(
        self,
        *,
        activity_regularizer: Identifier | None = None,
        trainable: bool = True,
        dtype: DType | DTypePolicy | dict[str, Any] | None = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._input_shape_argument = input_shape_argument(type(self).__name__, kwargs)
        super().__init__(name)
        self.autocast = autocast
        self._set_policy(dtype_policies.get(dtype))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.built = False
        self._is_building = False
        self._build_shapes: dict[str, Any] = {}  # by argument of `build`
        self.input_spec: InputSpec | None = None
        self.supports_masking = False
        self._trainable = bool(trainable)
        self._own_weights: list[Variable] = []
        self._added_losses: list[Tensor] = []

    def __getattr__(self, name: str) -> Any:
        """Is asked only for what is missing."""
        if "_own_weights" in vars(self) or name.startswith("__"):
            # Again, for the error's own words: a property may have raised it.
            return object.__getattribute__(self, name)
        raise RuntimeError(
            f"In layer {type(self).__name__!r}, you forgot to call "
            "`super().__init__()`: make it the first statement of `__init__()`."
        )

    # Dtypes ---------------------------------------------------------------------------

    def _set_policy(self, policy: DTypePolicy) -> None:
        """Notes what the policy says, where every call looks."""
        self._dtype_policy = policy
        self.compute_dtype = policy.compute_dtype
        self.variable_dtype = policy.variable_dtype
        self._mixes = self.autocast and policy.compute_dtype != policy.variable_dtype

    @property
    def dtype_policy(self) -> DTypePolicy:
        """What the layer computes in, and what it keeps its weights in.

        Raises: ValueError when it is set and the layer has weights that were made for
        another one.
        """
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: DType | DTypePolicy | dict[str, Any] | None) -> None:
        policy = dtype_policies.get(value)
        if self._own_weights and policy != self._dtype_policy:
            raise ValueError(
                f'Layer "{self.name}" has weights for {self._dtype_policy}: set its '
                "dtype_policy before it is built."
            )
        self._set_policy(policy)

    @property
    def dtype(self) -> str:
        """The dtype of the weights, `variable_dtype`; `compute_dtype` is the other."""
        return self.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating-point inputs are cast to: what it computes in."""
        return self.compute_dtype

    # What a subclass defines ----------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Creates the weights, now that the shape of the inputs is known."""
        self._build_shapes = {"input_shape": input_shape}
        self.built = not self._is_building

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets every `build` close its layer, also one that a user calls by hand."""
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = closing(cls.build)  # type: ignore[method-assign]

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the layer's output."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no call(inputs): say there what it "
            "computes."
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Returns the mask of the output: that of the input, if masks are supported."""
        return previous_mask if self.supports_masking else None

    # The call -------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs `call` on Tensors; the first time it builds the layer before."""
        inputs = args[0] if args else None
        if (
            type(inputs) is not Tensor
            or len(args) > 1
            or inputs.dtype != self.compute_dtype
            or not kwargs.keys() <= CONTROLS
        ):
            if recording.nodes and is_symbolic((args, kwargs)):
                return self.symbolic_call(*args, **kwargs)
            args, kwargs = self._convert_arguments(args, kwargs)
            inputs = args[0]
        if self._mixes and casting.dtype != self.compute_dtype:
            with autocast(self.compute_dtype):
                return self(*args, **kwargs)
        if not self.built:
            return self._build_and_call(inputs, args, kwargs)
        if self.input_spec is not None:
            self.input_spec.check(inputs.shape, self.name)
        accepted = arguments_of(type(self).call)
        outer = context.training
        training = kwargs.pop("training", None)
        if training is None:
            training = outer
        if training is None:
            training = accepted.get("training")
        elif "training" in accepted:
            kwargs["training"] = training
        mask = mask_of(inputs)
        if "mask" in accepted:
            if mask is not None:
                kwargs.setdefault("mask", mask)
            mask = kwargs.get("mask")
        for argument, name in masked_arguments(type(self).call):
            if kwargs.get(name) is None:
                kwargs[name] = mask_of(kwargs.get(argument) if argument else inputs)
        if context.depth == 0 and context.lossy:
            clear_losses(self)
        context.training = training
        context.depth += 1
        try:
            outputs = self.call(*args, **kwargs)
        finally:
            context.training = outer
            context.depth -= 1
        if self.activity_regularizer is not None:
            self._regularize_activity(outputs)
        if mask is not None or type(self).compute_mask is not Layer.compute_mask:
            return self._with_mask(inputs, outputs, mask)
        return outputs

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Returns symbolic outputs, and makes a node of the call."""
        outputs = without_history(self.compute_output_spec(*args, **kwargs))
        Node(self, args, self._arguments_of_node(args, kwargs), outputs)
        self._record_masks(args, kwargs, outputs)
        return outputs

    def _record_masks(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any
    ) -> None:
        """Makes the masks of the outputs a part of the graph, if they can be one."""
        tensors = flatten(outputs)
        if all(mask_of(x) is None for x in tensors):
            return
        (inputs, *_), kwargs = by_keyword(type(self).call, args, kwargs)
        masks = self.compute_mask(inputs, kwargs.get("mask", mask_of(inputs)))
        for x, mask in zip(tensors, flatten(masks), strict=False):
            if mask_of(x) is not None and isinstance(mask, KerasTensor):
                x._keras_mask = mask

    def _arguments_of_node(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        """Returns the keyword arguments that a node keeps, and a file shows.

        As in Keras, those that a layer fills in by itself are among them if it was
        called with a single tensor.
        """
        if kwargs or len(args) != 1 or not isinstance(args[0], KerasTensor):
            return kwargs
        if self.autocast and args[0].dtype != self.dtype:
            return kwargs
        filled = dict(kwargs)
        accepted = arguments_of(type(self).call)
        training = context.training
        if training is None:
            training = accepted.get("training")
        if "training" in accepted and training is not None:
            filled["training"] = training
        if "mask" in accepted:
            mask = mask_of(args[0])
            if mask is None or mask._keras_history is not None:
                filled["mask"] = mask
        return filled

    def _convert_arguments(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Returns the inputs alone as args, the rest by keyword.

        Arrays become Tensors, and floats get the layer's dtype.
        """
        args, kwargs = by_keyword(type(self).call, args, kwargs)
        if not args:
            raise TypeError(f'Layer "{self.name}" was called without inputs.')
        args = tuple(map_structure(self._convert, argument) for argument in args)
        kwargs = {
            key: map_structure(self._convert, value) for key, value in kwargs.items()
        }
        for leaf in flatten(args[0]):
            if not isinstance(leaf, Tensor) and leaf is not None:
                raise ValueError(
                    f'Layer "{self.name}" needs arrays or Tensors as inputs; got '
                    f"{leaf!r} of type {type(leaf).__name__}. Wrap lists of numbers in "
                    "np.array(...)."
                )
        return args, kwargs

    def _convert(self, leaf: Any) -> Any:
        """Makes a Tensor of an array; leaves what is none, such as `training=True`."""
        if isinstance(leaf, (np.ndarray, np.generic)):
            leaf = as_tensor(leaf)
        if isinstance(leaf, Tensor) and self.autocast and leaf.dtype in FLOATS:
            mask = mask_of(leaf)
            leaf = cast(leaf, self.compute_dtype)
            if mask is not None:
                leaf._keras_mask = mask
        return leaf

    def _build_and_call(
        self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Builds this layer, and those inside that are built by being called."""
        if self.input_spec is not None:
            # First: a layer built for a wrong input would refuse the right one.
            self.input_spec.check(inputs.shape, self.name)
        required = required_of(type(self).call)
        if missing := [name for name in required[len(args) :] if name not in kwargs]:
            raise TypeError(
                f'{type(self).__name__} "{self.name}" was called without '
                f"{', '.join(missing)}: it needs {', '.join(required)}."
            )
        with building(self):
            wanted = positions_of(type(self).build)
            first = dict.fromkeys(positions_of(type(self).call)[:1], inputs)
            shapes = shapes_by_name(first | kwargs, wanted)
            if len(wanted) > 1 and wanted[0] in shapes:
                self.build(**shapes)
            else:
                self.build_from(inputs)
            outputs = self(*args, **kwargs)
        self._freeze_what_is_new()
        return outputs

    def build_from(self, inputs: Any) -> None:
        """Runs `build` for these inputs."""
        self.build(map_structure(lambda x: x.shape, inputs))

    def _regularize_activity(self, outputs: Any) -> None:
        """Adds the activity loss of this call, a mean over the batch."""
        for output in flatten(outputs):
            batch = output.shape[0] if output.shape else 1
            self.add_loss(ops.divide(self.activity_regularizer(output), batch or 1))

    def _with_mask(self, inputs: Any, outputs: Any, mask: Any) -> Any:
        """Returns the outputs with the mask handed on; or says that it ends here."""
        new_mask = self.compute_mask(inputs, mask)
        if new_mask is None:
            if mask is not None and not self.supports_masking:
                warnings.warn(
                    f'Layer "{self.name}" was passed an input with a mask but does not '
                    "support masking: the mask ends here.",
                    UserWarning,
                    stacklevel=3,
                )
                return map_structure(without_mask, outputs)
            return outputs
        for output, part in zip(flatten(outputs), flatten(new_mask), strict=False):
            if mask_of(output) is None and part is not None:
                output._keras_mask = as_tensor(part)
        return outputs

    # State ----------------------------------------------------------------------------

    def add_weight(
        self,
        shape: int | ShapeLike = (),
        initializer: Identifier | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Identifier | None = None,
        constraint: Identifier | None = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Creates a Variable that belongs to this layer, and returns it.

        `initializer` defaults to glorot_uniform for floats, zeros for the rest.  In
        mixed precision `call` reads it in the dtype that it computes in, unless
        `autocast` is False.  `aggregation` is for many devices, and means nothing on
        one.

        Raises: ValueError once the layer has been built, and for a Variable that is to
        be overwritten by its gradient: there is no quantized training.
        """
        if overwrite_with_gradient:
            raise ValueError(
                "overwrite_with_gradient=True is for the scales of quantized training, "
                "which there is none of here."
            )
        if self.built:
            raise ValueError(
                f'You cannot add new elements of state to layer "{self.name}": it is '
                "already built. Create all weights in __init__() or build()."
            )
        dtype = standardize_dtype(dtype or self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype in FLOATS else "zeros"
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        kind: type[Variable] = Variable
        if self._mixes and autocast and dtype in FLOATS:
            kind = AutocastVariable
        with building(self):
            variable = kind(
                initializers.get(initializer),
                shape,
                dtype,
                trainable=trainable and self._trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name or "variable",
            )
        variable.can_train = trainable
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._own_weights.append(variable)
        return variable

    @property
    def variables(self) -> list[Variable]:
        """All Variables, the states of random generators among them; own ones first."""
        variables = [part for part in parts_of(self) if isinstance(part, Variable)]
        return unique(
            variables + [v for layer in self._layers for v in layer.variables]
        )

    @property
    def weights(self) -> list[Variable]:
        """The Variables that are saved with the model: all but random states."""
        inner = [v for layer in self._layers for v in layer.weights]
        return unique(self._saved_variables() + inner)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The Variables that training changes."""
        return [v for v in self.variables if v.trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The Variables that gradients do not change."""
        return [v for v in self.variables if not v.trainable]

    @property
    def _layers(self) -> "list[Layer]":
        return unique(part for part in parts_of(self) if isinstance(part, Layer))

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights; setting it reaches all inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for part in parts_of(self):
            if isinstance(part, Layer) or part.can_train:
                part.trainable = value

    def _freeze_what_is_new(self) -> None:
        """Lets layers that were made late not train either, if this one does not."""
        if not self._trainable:
            self.trainable = False

    def get_weights(self) -> list[np.ndarray]:
        """Returns the values of `weights`, as copies."""
        return [np.array(variable.numpy()) for variable in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Assigns to `weights`, from a list of arrays in the same order.

        Raises: ValueError for another number of arrays or another shape; then nothing
        has been assigned.
        """
        variables = self.weights
        if len(weights) != len(variables):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a '
                f"weight list of length {len(weights)}, but the layer was expecting "
                f"{len(variables)} weights."
            )
        weights = [np.asarray(weight) for weight in weights]
        for variable, weight in zip(variables, weights, strict=True):
            if variable.shape != weight.shape:
                raise ValueError(
                    f'Layer "{self.name}": weight {variable.path} has shape '
                    f"{variable.shape}, incompatible with the provided {weight.shape}."
                )
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)

    def count_params(self) -> int:
        """Returns the number of elements of all weights.

        Raises: ValueError if the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f'You tried to call `count_params` on layer "{self.name}", but the '
                "layer isn't built. Call it on data, or build(input_shape)."
            )
        return sum(variable.size for variable in self.weights)

    # Losses ---------------------------------------------------------------------------

    def add_loss(self, loss: TensorLike) -> None:
        """Adds a term, or a list of terms, to the loss that training minimizes."""
        for term in loss if isinstance(loss, (list, tuple)) else [loss]:
            self._added_losses.append(as_tensor(term))
        context.lossy.add(self)

    @property
    def losses(self) -> list[Tensor]:
        """The terms of add_loss since the last call, and of weight regularizers."""
        layers = [self, *descendants(self)]
        added = [term for layer in layers for term in layer._added_losses]
        return added + [
            v.regularizer(v)
            for v in self.trainable_weights
            if v.regularizer is not None
        ]

    # Shapes and configuration ---------------------------------------------------------

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the shape of the output for inputs of a shape; None is an unknown
        size.

        Runs the layer on symbolic inputs, which builds it if it was not.

        >>> from minikeras.layers import Dense
        >>> Dense(5).compute_output_shape((None, 3))
        (None, 5)
        """
        inputs = [
            map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), x)
            for x in args
        ]
        outputs = self.compute_output_spec(*inputs, **kwargs)
        return map_structure(lambda x: x.shape, outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the symbolic outputs for symbolic inputs, and remembers nothing."""
        with no_grad(), nodes_recorded(False):
            outputs = self(*args, **kwargs)
        if context.depth == 0 and context.lossy:
            clear_losses(self)  # those of shapes
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs to make an equal layer with new weights."""
        known = set(inspect.signature(Layer.__init__).parameters) | {"args"}
        missing = set(inspect.signature(type(self).__init__).parameters) - known
        if type(self).get_config is Layer.get_config and missing:
            raise NotImplementedError(
                f"{type(self).__name__} has constructor arguments of its own "
                f"({', '.join(sorted(missing))}) and must define get_config()."
            )
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(
                self.activity_regularizer
            )
        return config

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

    def _saved_variables(self) -> list[Variable]:
        """The Variables of its own that are saved; those of layers inside are not."""
        own = [
            part for part in parts_of(self, seeds=False) if isinstance(part, Variable)
        ]
        own.sort(key=lambda variable: not variable.can_train)
        return unique(own)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a layer from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def closing(build: Callable[..., None]) -> Callable[..., None]:
    """Returns a build method after which the layer takes no more weights.

    A build that was called by another (`super().build`) leaves that to the other.
    """

    @wraps(build)
    def build_and_close(self: Layer, *shapes: Any, **named_shapes: Any) -> None:
        outermost, self._is_building = not self._is_building, True
        before = len(self._own_weights)
        try:
            with building(self):
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


def building(layer: Layer) -> AbstractContextManager[None]:
    """Puts a layer's name in front of the paths of weights created inside, once."""
    return name_scope(layer.name, caller=layer)


def mask_of(inputs: Any) -> Any:
    """Returns the mask that a Tensor carries; a list of them for several inputs."""
    if isinstance(inputs, Tensor):
        return getattr(inputs, "_keras_mask", None)
    masks = [getattr(x, "_keras_mask", None) for x in flatten(inputs)]
    return masks if any(mask is not None for mask in masks) else None


def without_mask(x: Any) -> Any:
    """Returns a Tensor without the mask that it carries, with its history."""
    return x if mask_of(x) is None else type(x).wrap(x.data, x.node)


def parts_of(layer: Layer, seeds: bool = True) -> Iterator[Variable | Layer]:
    """Yields the Variables and Layers that are attributes of a layer, in order."""
    for value in vars(layer).values():
        yield from parts_in(value, seeds)


def parts_in(value: Any, seeds: bool) -> Iterator[Variable | Layer]:
    """Yields the Variables and Layers in an attribute, looking into containers."""
    if isinstance(value, (Variable, Layer)):
        yield value
    elif isinstance(value, SeedGenerator):
        if seeds:
            yield value.state
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from parts_in(part, seeds)
    elif isinstance(value, dict):
        for part in value.values():
            yield from parts_in(part, seeds)


def descendants(layer: Layer) -> list[Layer]:
    """Returns all layers inside a layer, at any depth."""
    return unique(
        found for inner in layer._layers for found in (inner, *descendants(inner))
    )


def unique(things: Iterable[Thing]) -> list[Thing]:
    """Returns things without repetition, by identity, in order of first appearance."""
    return list({id(thing): thing for thing in things}.values())


def clear_losses(layer: Layer) -> None:
    """Forgets what was added in an earlier call of a layer, by it or inside of it."""
    for lossy in [layer, *descendants(layer)]:
        if lossy in context.lossy:
            lossy._added_losses.clear()
            context.lossy.discard(lossy)


def map_shapes(function: Callable[[tuple[Any, ...]], Any], shapes: Any) -> Any:
    """Applies a function to every shape in a nested structure of them."""
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    if shapes and isinstance(shapes[0], (tuple, list, dict)):
        return [map_shapes(function, shape) for shape in shapes]
    return function(tuple(shapes))


def as_shape(shape: Any) -> Any:
    """Returns a shape, or a structure of shapes, as JSON gives it, with tuples."""
    if isinstance(shape, dict):
        return {key: as_shape(part) for key, part in shape.items()}
    if not isinstance(shape, (list, tuple)):
        return shape
    return type(shape)(map(as_shape, shape)) if is_nested(shape) else tuple(shape)


def is_nested(shape: list[Any] | tuple[Any, ...]) -> bool:
    """Whether this is a list of shapes, not a shape."""
    return any(isinstance(part, (list, tuple, dict)) for part in shape)


def input_shape_argument(class_name: str, kwargs: dict[str, Any]) -> Shape | None:
    """Takes the legacy input_shape= or input_dim= out of kwargs; refuses the rest."""
    shape = kwargs.pop("input_shape", None)
    if "input_dim" in kwargs:
        shape = (kwargs.pop("input_dim"),)
    if kwargs:
        raise ValueError(
            f"Unrecognized keyword arguments passed to {class_name}: {kwargs}"
        )
    if shape is None:
        return None
    warnings.warn(
        f"Do not pass input_shape or input_dim to {class_name}: start a Sequential "
        "model with an Input(shape) instead.",
        UserWarning,
        stacklevel=4,
    )
    return tuple(shape)
