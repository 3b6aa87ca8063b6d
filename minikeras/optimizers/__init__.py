"""Optimizers: what is done with a gradient."""

from typing import Any, overload

from minikeras.optimizers import schedules as schedules
from minikeras.optimizers.adafactor import Adafactor as Adafactor
from minikeras.optimizers.adagrad import Adadelta as Adadelta
from minikeras.optimizers.adagrad import Adagrad as Adagrad
from minikeras.optimizers.adam import Adam as Adam
from minikeras.optimizers.adam import AdamW as AdamW
from minikeras.optimizers.adam_variants import Adamax as Adamax
from minikeras.optimizers.adam_variants import Nadam as Nadam
from minikeras.optimizers.ftrl import Ftrl as Ftrl
from minikeras.optimizers.lamb import Lamb as Lamb
from minikeras.optimizers.lion import Lion as Lion
from minikeras.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from minikeras.optimizers.multi_optimizer import MultiOptimizer as MultiOptimizer
from minikeras.optimizers.multi_optimizer import OptimizerMap as OptimizerMap
from minikeras.optimizers.muon import Muon as Muon
from minikeras.optimizers.optimizer import Optimizer as Optimizer
from minikeras.optimizers.rmsprop import RMSprop as RMSprop
from minikeras.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from minikeras.optimizers.serialization import CLASSES as CLASSES
from minikeras.optimizers.serialization import deserialize as deserialize
from minikeras.optimizers.serialization import names
from minikeras.optimizers.serialization import serialize as serialize
from minikeras.optimizers.sgd import SGD as SGD
from minikeras.saving.objects import unknown
from minikeras.saving.registry import all_custom_objects

CLASSES |= {
    cls.__name__: cls
    for cls in (
        SGD,
        RMSprop,
        Adam,
        AdamW,
        Adadelta,
        Adagrad,
        Adamax,
        Nadam,
        Ftrl,
        Lion,
        Adafactor,
        Lamb,
        Muon,
        ScheduleFreeAdamW,
        LossScaleOptimizer,
        MultiOptimizer,
    )
}


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: str | dict[str, Any] | type[Any] | Optimizer) -> Optimizer: ...
def get(
    identifier: str | dict[str, Any] | type[Any] | Optimizer | None,
) -> Optimizer | None:
    """Returns an optimizer, given by name, configuration or as it is; None for None.

    Names may be in capitals: "adam" and "Adam" are the same.

    >>> get("adam").get_config()["epsilon"]
    1e-07

    Raises: ValueError if there is none of that name, and for a class.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        name = identifier.__name__
        raise ValueError(
            f"An optimizer is wanted, and {name} is a class of them. Make one: "
            f"{name}(), or {name}(learning_rate=...)."
        )
    if isinstance(identifier, str):
        known = names() | all_custom_objects(None)
        cls = known.get(identifier) or known.get(identifier.lower())
        if cls is not None:
            return cls()
    raise unknown(identifier, "optimizer", names())
