"""Activations under the names that layers know: "relu", "softmax", …

Most are the operations of the same names; they are functions of their own where Keras
gives them other arguments or defaults.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from minikeras.ops import celu as celu
from minikeras.ops import elu as elu
from minikeras.ops import functions as ops
from minikeras.ops import hard_shrink as hard_shrink
from minikeras.ops import hard_sigmoid as hard_sigmoid
from minikeras.ops import hard_silu as hard_silu
from minikeras.ops import hard_swish as hard_swish
from minikeras.ops import hard_tanh as hard_tanh
from minikeras.ops import leaky_relu as leaky_relu
from minikeras.ops import log_sigmoid as log_sigmoid
from minikeras.ops import log_softmax as log_softmax
from minikeras.ops import public
from minikeras.ops import relu6 as relu6
from minikeras.ops import selu as selu
from minikeras.ops import sigmoid as sigmoid
from minikeras.ops import silu as silu
from minikeras.ops import soft_shrink as soft_shrink
from minikeras.ops import softmax as softmax
from minikeras.ops import softplus as softplus
from minikeras.ops import softsign as softsign
from minikeras.ops import sparse_plus as sparse_plus
from minikeras.ops import sparse_sigmoid as sparse_sigmoid
from minikeras.ops import squareplus as squareplus
from minikeras.ops import swish as swish
from minikeras.ops import tanh as tanh
from minikeras.ops import tanh_shrink as tanh_shrink
from minikeras.ops import threshold as threshold
from minikeras.saving.objects import (
    deserialize_keras_object,
    serialize_keras_object,
    unknown,
)
from minikeras.saving.registry import get_registered_object
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier, TensorLike

Same = TypeVar("Same")  # linear returns what it got


@public.operation("ReLU", "activations.activations", "x")
def relu(
    x: TensorLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """Returns max(x, 0), or with other arguments a bent line of three parts:

        min(x, max_value) where x > threshold;
        negative_slope · (x - threshold) elsewhere

    Source: Glorot, Bordes and Bengio, Deep sparse rectifier neural networks (2011).
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(x)
    x = ops.convert_to_tensor(x)
    if threshold == 0.0 and max_value is None:
        return ops.leaky_relu(x, negative_slope)
    below: Any = 0.0  # a slope of 0 would make nan of -inf
    if negative_slope != 0.0:
        below = ops.multiply(ops.subtract(x, threshold), negative_slope)
    above = x
    if max_value is not None:
        above = ops.where(ops.greater_equal(x, max_value), float(max_value), x)
    return ops.where(ops.greater(x, threshold), above, below)


@public.operation("Gelu", "ops.nn", "x")
def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """Returns x · Φ(x), Φ the distribution function of the normal distribution.

    Exact here, where `ops.gelu` is approximate unless told otherwise.
    """
    return ops.gelu(x, approximate=approximate)


@public.operation("Mish", "activations.activations", "x")
def mish(x: TensorLike) -> Tensor:
    """Returns x · tanh(softplus(x)).

    Source: Misra, Mish: a self regularized non-monotonic activation function (2019).
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


@public.operation("Exp", "ops.numpy", "x")
def exponential(x: TensorLike) -> Tensor:
    """Returns eˣ."""
    return ops.exp(x)


def linear(x: Same) -> Same:
    """Returns x as it is."""
    return x


FUNCTIONS = {
    function.__name__: function
    for function in (
        relu,
        leaky_relu,
        relu6,
        softmax,
        celu,
        elu,
        selu,
        softplus,
        softsign,
        squareplus,
        soft_shrink,
        sparse_plus,
        silu,
        gelu,
        tanh,
        tanh_shrink,
        threshold,
        sigmoid,
        sparse_sigmoid,
        exponential,
        hard_sigmoid,
        hard_silu,
        hard_tanh,
        hard_shrink,
        linear,
        mish,
        log_softmax,
        log_sigmoid,
    )
}
ALIASES = {"swish": swish, "hard_swish": hard_swish}


def get(identifier: Identifier | None) -> Callable[..., Any]:
    """Returns an activation, given by name, configuration, or as it is.

    None is `linear`.  A layer serves as it is, and so does every other function.

    >>> get("relu") is relu, get(None) is linear
    (True, True)

    Raises: ValueError if there is none of that name.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise unknown(identifier, "activation function", FUNCTIONS)


def serialize(activation: Callable[..., Any] | None) -> str | dict[str, Any] | None:
    """Returns the name of an activation, or the configuration of another one; None of
    None, which is no activation.

    Raises: ValueError for a lambda, which has no name.
    """
    if activation is None:
        return None
    name = getattr(activation, "__name__", "")
    if FUNCTIONS.get(name) is activation:
        return name
    config: dict[str, Any] = serialize_keras_object(activation)
    return config


def deserialize(
    config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """Returns the activation of a name, or of the configuration of a function or layer.

    Raises: ValueError if there is none of that name.
    """
    if isinstance(config, dict):
        found = deserialize_keras_object(config, custom_objects)
    else:
        found = get_registered_object(config, custom_objects, FUNCTIONS | ALIASES)
    if not callable(found):
        raise unknown(config, "activation function", FUNCTIONS)
    return found
