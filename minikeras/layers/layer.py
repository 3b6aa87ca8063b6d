"""The base class of all layers: what it is given, and what surrounds `call`."""

import inspect
import warnings
from itertools import islice
from typing import Any

import numpy as np

from minikeras import dtype_policies, regularizers
from minikeras.autograd.recording import no_grad
from minikeras.dtype_policies import DTypePolicy
from minikeras.layers.buildable import Buildable
from minikeras.layers.configuration import Configured
from minikeras.layers.context import building, context
from minikeras.layers.input_spec import InputSpec, check_inputs
from minikeras.layers.masks import mask_of, without_mask
from minikeras.layers.notes import note_layer
from minikeras.layers.penalties import clear_losses
from minikeras.layers.shapes import map_shapes
from minikeras.layers.signatures import (
    arguments_of,
    by_keyword,
    masked_arguments,
)
from minikeras.layers.stateless import Stateless
from minikeras.layers.symbolic_calls import SymbolicCalls
from minikeras.saving.places import names_near, shown
from minikeras.tree import flatten, map_structure
from minikeras.values.autocast import autocast, casting
from minikeras.values.dtypes import FLOATS
from minikeras.values.node import (
    is_symbolic,
    nodes_recorded,
    recording,
)
from minikeras.values.stateless import StatelessScope
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, Identifier, Shape

CONTROLS = {"training"}  # arguments of a call that are never arrays
MOST_HINTS = 5  # of unknown arguments for which similar ones are looked for


class Layer(Stateless, Buildable, Configured, SymbolicCalls):
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

    common_base = True

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
        self._input_shape_argument = input_shape_argument(type(self), kwargs)
        super().__init__(name)
        self.autocast = autocast
        self._set_policy(dtype_policies.get(dtype))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.built = False
        self._is_building = False
        self._build_shapes: dict[str, Any] = {}  # by argument of `build`
        self.input_spec: Any = None  # an InputSpec, or a structure of them
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` argument to be a boolean, but got: {trainable}"
            )
        self._trainable = trainable
        self._own_weights = []
        self._path = None

    def __getattr__(self, name: str) -> Any:
        """Is asked only for what is missing."""
        if "_own_weights" in vars(self) or name.startswith("__"):
            known = vars(self).get("built", True) or hasattr(type(self), name)
            if not (known or name.startswith("_")):
                raise AttributeError(
                    f"{type(self).__name__!r} object has no attribute {name!r}. Is it "
                    f'made by build()? Layer "{self.name}" is not built: call it on '
                    "data, or build(input_shape).",
                    name=name,
                    obj=self,
                )
            # Again, for the error's own words: a property may have raised it.
            return object.__getattribute__(self, name)
        raise RuntimeError(
            f"In layer {type(self).__name__!r}, you forgot to call "
            "`super().__init__()`: make it the first statement of `__init__()`."
        )

    # What a subclass defines ----------------------------------------------------------

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the layer's output."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no call(inputs): say there what it "
            "computes."
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Returns the mask of the output: that of the input.

        It is asked if the layer supports masks, which one that defines this does.
        """
        return previous_mask

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
            if len(args) > 1:
                check_positional(args[1:])
            if recording.nodes and is_symbolic((args, kwargs)):
                return self.symbolic_call(*args, **kwargs)
            args, kwargs = self._convert_arguments(args, kwargs)
            inputs = args[0]
        if self._mixes and casting.dtype != self.compute_dtype:
            with autocast(self.compute_dtype):
                return self(*args, **kwargs)
        if not self.built:
            return self._build_and_call(inputs, args, kwargs)
        spec = self.input_spec
        if spec is not None:
            if (
                type(spec) is InputSpec
                and spec.dtype is None
                and type(inputs) is Tensor
            ):
                spec.check(inputs.shape, self.name)
            else:
                check_inputs(spec, inputs, self.name)
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
            if mask is not None and kwargs.get("mask") is None:
                kwargs["mask"] = mask
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
        except Exception as error:
            note_layer(error, self, inputs)
            raise
        finally:
            context.training = outer
            context.depth -= 1
        if self.activity_regularizer is not None:
            self._regularize_activity(outputs)
        if mask is not None or type(self).compute_mask is not Layer.compute_mask:
            return self._with_mask(inputs, outputs, mask)
        return outputs

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

    def _with_mask(self, inputs: Any, outputs: Any, mask: Any) -> Any:
        """Returns the outputs with the mask handed on; or says that it ends here."""
        if not self.supports_masking:
            if mask is None:
                return outputs
            warnings.warn(
                f'Layer "{self.name}" was passed an input with a mask but does not '
                "support masking: the mask ends here.",
                UserWarning,
                stacklevel=3,
            )
            return map_structure(without_mask, outputs)
        new_mask = self.compute_mask(inputs, mask)
        if new_mask is None:
            return outputs
        for output, part in zip(flatten(outputs), flatten(new_mask), strict=False):
            if mask_of(output) is None and part is not None:
                output._keras_mask = as_tensor(part)
        return outputs

    # Shapes ---------------------------------------------------------

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the shape of the output for inputs of a shape; None is an unknown
        size.

        A layer that does not say it by itself runs on symbolic inputs, which builds it
        if it was not.

        >>> from minikeras.layers import Dense
        >>> Dense(5).compute_output_shape((None, 3))
        (None, 5)
        """
        if "input_shape" in kwargs and not args:  # the name that it has in Keras
            args = (kwargs.pop("input_shape"),)
        inputs = [
            map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), x)
            for x in args
        ]
        outputs = self.compute_output_spec(*inputs, **kwargs)
        return map_structure(lambda x: x.shape, outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the symbolic outputs for symbolic inputs, and remembers nothing.

        A class of one's own that defines `compute_output_shape` is asked that; else
        `call` runs on the symbolic inputs.  What it assigns to Variables, such as a
        count of calls, is forgotten; what `build` assigns is not.
        """
        with no_grad(), nodes_recorded(False):
            if self.says_output_shape():
                outputs = self._outputs_of_said_shape(args, kwargs)
            else:
                with StatelessScope():
                    outputs = self(*args, **kwargs)
        if context.depth == 0 and context.lossy:
            clear_losses(self)  # those of shapes
        return outputs

    def says_output_shape(self) -> bool:
        """Whether `compute_output_shape` is there in place of a symbolic `call`.

        In the layers of minikeras it is there beside one.
        """
        for cls in type(self).__mro__:
            if "compute_output_shape" in vars(cls):
                return not cls.__module__.startswith("minikeras.")
        return False

    def _outputs_of_said_shape(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Builds the layer, and returns symbolic outputs of the shape that it says."""
        args, kwargs = self._convert_arguments(args, kwargs)
        if not self.built:
            with building(self):
                self._build_for_call(args[0], args, kwargs)
            self._freeze_what_is_new()
        named = self._shapes_for(type(self).compute_output_shape, args[0], kwargs)
        if named is not None:
            shapes = self.compute_output_shape(**named)
        else:
            inputs = map_structure(lambda x: x.shape, args[0])
            shapes = self.compute_output_shape(inputs)
        return map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), shapes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def check_positional(args: tuple[Any, ...]) -> None:
    """Refuses settings among the positional arguments of a call, which are tensors.

    Raises: ValueError for what is neither a tensor, an array nor None.
    """
    for leaf in flatten(args):
        if not (leaf is None or isinstance(leaf, (Tensor, np.ndarray, np.generic))):
            raise ValueError(
                "Only input tensors may be passed as positional arguments. The "
                "following argument value should be passed as a keyword argument: "
                f"{leaf!r} (of type {type(leaf)})"
            )


def input_shape_argument(cls: Any, kwargs: dict[str, Any]) -> Shape | None:
    """Takes the legacy input_shape= or input_dim= out of kwargs; refuses the rest."""
    class_name = cls.__name__
    shape = kwargs.pop("input_shape", None)
    if "input_dim" in kwargs:
        shape = (kwargs.pop("input_dim"),)
    if kwargs:
        known = list(inspect.signature(cls.__init__).parameters)
        some = islice(kwargs, MOST_HINTS)
        near = [hit for key in some for hit in names_near(key, known)[:1]]
        hint = f". Did you mean {' and '.join(near)}?" if near else ""
        raise ValueError(
            f"Unrecognized keyword arguments passed to {class_name}: "
            f"{shown(kwargs)}{hint}"
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
