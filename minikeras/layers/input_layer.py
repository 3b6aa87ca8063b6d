"""Where data enters a model: InputLayer, and the symbolic tensor that it gives."""

import warnings
from typing import Any

import numpy as np

from minikeras.layers.layer import Layer
from minikeras.values.dtypes import floatx
from minikeras.values.node import Node
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape, ShapeLike


class InputLayer(Layer):
    """The entrance of a model: no computation, only a shape and a dtype.

    An `optional` input may be given as None.
    """

    def __init__(
        self,
        shape: ShapeLike | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: ShapeLike | None = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # As versions of Keras before 3 have it.
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` of InputLayer is deprecated: it is `shape`.",
                UserWarning,
                stacklevel=2,
            )
            shape = kwargs.pop("input_shape")
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to InputLayer: {kwargs}"
            )
        known = getattr(input_tensor, "dtype", dtype)
        super().__init__(name=name, dtype=known or floatx())
        if sparse or ragged:
            raise ValueError(
                "Inputs here are dense; got "
                f"sparse={bool(sparse)}, ragged={bool(ragged)}."
            )
        if input_tensor is None:
            batch_shape = shape_of_batch(shape, batch_size, batch_shape)
            input_tensor = KerasTensor(batch_shape, dtype, name=name)
        else:
            check_input_tensor(input_tensor, shape, batch_shape, dtype)
        self.batch_shape = input_tensor.shape
        self.sparse = self.ragged = False  # there are dense tensors only
        self.optional = optional
        self.built = True
        Node(self, outputs=input_tensor)

    def call(self, inputs: Tensor | None = None) -> Tensor | None:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: ShapeLike | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: ShapeLike | None = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """Returns a symbolic tensor to start a model with; `shape` is without the batch
    axis.

    `tensor` is a symbolic tensor to start from in place of a new one. An `optional`
    input may be given as None when the model is called.

    >>> Input((28, 28), name="image").shape
    (None, 28, 28)

    Raises: ValueError if the shape is missing or no tuple of sizes.
    """
    layer = InputLayer(
        shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name
    )
    entrance: KerasTensor = layer.output
    return entrance


def shape_of_batch(
    shape: ShapeLike | None, batch_size: int | None, batch_shape: ShapeLike | None
) -> Shape:
    """Returns the shape of an input with its batch axis.

    Raises: ValueError unless it is given, and once.
    """
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            "Input needs a `shape` (without the batch axis) or a `batch_shape`, "
            f"not both; got shape={shape}, batch_shape={batch_shape}. You must pass a "
            "`shape` argument."
        )
    if batch_shape is None:
        return standardize_shape((batch_size, *standardize_shape(shape)))
    if batch_size is not None:
        raise ValueError(
            "Input takes a batch_size beside a shape, not beside a batch_shape; got "
            f"batch_size={batch_size}, batch_shape={batch_shape}."
        )
    return standardize_shape(batch_shape)


def check_input_tensor(
    tensor: Any,
    shape: ShapeLike | None,
    batch_shape: ShapeLike | None,
    dtype: str | None,
) -> None:
    """Raises ValueError for what is no symbolic tensor, or is described wrongly."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            f"The tensor of an Input is a symbolic one, a KerasTensor; got {tensor!r} "
            f"of type {type(tensor).__name__}."
        )
    for name, given, found in (
        ("shape", shape and tuple(shape), tensor.shape[1:]),
        ("batch_shape", batch_shape and tuple(batch_shape), tensor.shape),
        ("dtype", dtype, tensor.dtype),
    ):
        if given is not None and given != found:
            raise ValueError(
                f"An Input with a tensor has the {name} of that tensor, {found}; got "
                f"{name}={given}. Leave it out."
            )


def standardize_shape(shape: Any) -> Shape:
    """Returns a shape as a tuple of ints and None.

    Raises: ValueError for what is none.
    """
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"Cannot convert {shape!r} to a shape: give a tuple, such as (5,)."
        )
    for side in shape:
        whole = isinstance(side, (int, np.integer))
        if side is not None and (not whole or side < 0):
            raise ValueError(
                f"Cannot convert {tuple(shape)!r} to a shape: {side!r} is no size."
            )
    return tuple(None if side is None else int(side) for side in shape)
