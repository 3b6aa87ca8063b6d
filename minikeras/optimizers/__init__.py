"""Optimizers: what is done with a gradient."""

from typing import Any

from minikeras.optimizers import schedules as schedules
from minikeras.optimizers.adam import Adam as Adam
from minikeras.optimizers.adam import AdamW as AdamW
from minikeras.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from minikeras.optimizers.optimizer import Optimizer as Optimizer
from minikeras.optimizers.rmsprop import RMSprop as RMSprop
from minikeras.optimizers.serialization import CLASSES as CLASSES
from minikeras.optimizers.serialization import deserialize as deserialize
from minikeras.optimizers.serialization import serialize as serialize
from minikeras.optimizers.sgd import SGD as SGD
from minikeras.saving.objects import unknown

CLASSES |= {
    cls.__name__: cls for cls in (SGD, RMSprop, Adam, AdamW, LossScaleOptimizer)
}
NAMES: dict[str, Any] = {name.lower(): cls for name, cls in CLASSES.items()}


def get(identifier: str | dict[str, Any] | Optimizer) -> Optimizer:
    """Returns an optimizer, given by name, configuration or as it is.

    >>> get("adam").learning_rate
    <Variable path=adam/learning_rate, shape=(), dtype=float32, value=0.001>

    Raises: ValueError if there is none of that name.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str) and identifier.lower() in NAMES:
        return NAMES[identifier.lower()]()
    raise unknown(identifier, "optimizer", NAMES)
