"""The fixed tables: every class and function that a file may name, by its module.

They are filled here, in one place, from the tables that stand beside the classes; what
they do not list can be made from no file.
"""

from minikeras import (
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from minikeras.dtype_policies import DTypePolicy
from minikeras.models.functional import Functional
from minikeras.models.sequential import Sequential
from minikeras.ops.public import KINDS
from minikeras.random import SeedGenerator
from minikeras.saving.registry import enter

# Where Keras's public name is not that of the class, it goes first.
enter("keras.layers", {"GroupQueryAttention": layers.GroupedQueryAttention})
enter("keras.layers", layers.CLASSES)
enter("keras.losses", losses.CLASSES)
enter("keras.losses", losses.FUNCTIONS)
enter("keras.metrics", metrics.CLASSES)
enter("keras.metrics", [metrics.Metric, metrics.MeanMetricWrapper])
enter("keras.metrics", metrics.FUNCTIONS)
enter("keras.optimizers", optimizers.CLASSES)
enter("keras.optimizers", [optimizers.OptimizerMap])
enter("keras.optimizers.schedules", optimizers.schedules.SCHEDULES)
enter("keras.regularizers", regularizers.CLASSES)
enter("keras.initializers", initializers.CLASSES)
enter("keras.constraints", constraints.CLASSES)
enter("keras.activations", activations.FUNCTIONS)
enter("keras.random", [SeedGenerator])
for kind in KINDS.values():
    enter(kind.module, {kind.class_name: kind})
enter("keras", [DTypePolicy, Sequential])
enter("keras.dtype_policies", [DTypePolicy])
enter("keras.src.models.functional", [Functional])
enter("keras.models", [Functional, Sequential])
# The operations of graphs: `from_config` of a kind makes one with its settings.
for (module, name), kind in KINDS.items():
    enter(module, {name: kind})
