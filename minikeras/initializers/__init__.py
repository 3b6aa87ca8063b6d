"""Initializers: the first values of weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras.initializers.drawn import GlorotNormal as GlorotNormal
from minikeras.initializers.drawn import GlorotUniform as GlorotUniform
from minikeras.initializers.drawn import HeNormal as HeNormal
from minikeras.initializers.drawn import HeUniform as HeUniform
from minikeras.initializers.drawn import LecunNormal as LecunNormal
from minikeras.initializers.drawn import LecunUniform as LecunUniform
from minikeras.initializers.drawn import Orthogonal as Orthogonal
from minikeras.initializers.drawn import RandomNormal as RandomNormal
from minikeras.initializers.drawn import RandomUniform as RandomUniform
from minikeras.initializers.drawn import TruncatedNormal as TruncatedNormal
from minikeras.initializers.drawn import VarianceScaling as VarianceScaling
from minikeras.initializers.fixed import Constant as Constant
from minikeras.initializers.fixed import Identity as Identity
from minikeras.initializers.fixed import Ones as Ones
from minikeras.initializers.fixed import Zeros as Zeros
from minikeras.initializers.initializer import Initializer as Initializer
from minikeras.saving.objects import deserialize_object, serialize_object, unknown
from minikeras.saving.registry import get_registered_object
from minikeras.values import Tensor
from minikeras.values.naming import snake_case
from minikeras.values.types import Identifier
from minikeras.values.variable import INITIALIZERS

# Keras's older names for the same classes.
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = IdentityInitializer = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

CLASSES = {
    cls.__name__: cls
    for cls in (
        Zeros,
        Ones,
        Constant,
        Identity,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotUniform,
        GlorotNormal,
        HeUniform,
        HeNormal,
        LecunUniform,
        LecunNormal,
        Orthogonal,
    )
}
NAMES = {
    **CLASSES,
    **{snake_case(name): cls for name, cls in CLASSES.items()},
    "zero": Zeros,
    "one": Ones,
    "normal": RandomNormal,
    "uniform": RandomUniform,
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
}
INITIALIZERS.update(NAMES)


def get(identifier: Identifier | np.ndarray | Tensor | None) -> Any:
    """Returns an initializer, given by name, configuration, class, or as it is.

    An array becomes a Constant; a function (shape, dtype) → array serves as it is.

    >>> get("glorot_uniform").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}

    Raises: ValueError if there is none of that name.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if isinstance(identifier, (np.ndarray, Tensor)):
        return Constant(identifier)
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "initializer", NAMES)


def serialize(initializer: Callable[..., Any] | None) -> dict[str, Any] | None:
    """Returns the configuration of an initializer; None for None."""
    return initializer and serialize_object("initializers", initializer)


def deserialize(
    config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes an initializer from its configuration, or its name."""
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects, NAMES)
        if found is None:
            raise unknown(config, "initializer", NAMES)
        return get(found)
    return deserialize_object(config, NAMES, "initializer", custom_objects)
