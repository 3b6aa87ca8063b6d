"""What changes while a model is trained: what a backup or a repeated step needs."""

from typing import Any

from minikeras import random
from minikeras.models.capturable import parts_of
from minikeras.values.variable import Variable


def all_variables(model: Any) -> list[Variable]:
    """Returns all Variables that a step may change, in an order that is kept.

    Those of the model, its optimizer and its metrics, and what else its attributes
    hold: a second optimizer's, for instance.
    """
    known = [
        *model.variables,
        *(model.optimizer.variables if model.optimizer is not None else ()),
        *model.metrics_variables,
        random.global_generator().state,
    ]
    others = [part for part in parts_of(model) if isinstance(part, Variable)]
    return list({id(variable): variable for variable in (*known, *others)}.values())
