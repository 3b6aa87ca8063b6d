"""minikeras: the Keras you can read from the first line to the last.

The names are Keras 3's.  Where to start reading: `autograd/value.py`, then
`autograd/backward.py`: that is the engine.
"""

import importlib
from typing import Any

from minikeras import activations as activations
from minikeras import autograd as autograd
from minikeras import backend as backend
from minikeras import callbacks as callbacks
from minikeras import config as config
from minikeras import constraints as constraints
from minikeras import dtype_policies as dtype_policies
from minikeras import initializers as initializers
from minikeras import layers as layers
from minikeras import losses as losses
from minikeras import metrics as metrics
from minikeras import mixed_precision as mixed_precision
from minikeras import models as models
from minikeras import ops as ops
from minikeras import optimizers as optimizers
from minikeras import random as random
from minikeras import regularizers as regularizers
from minikeras import tree as tree
from minikeras import utils as utils
from minikeras.autograd import Primitive as Primitive
from minikeras.autograd import no_grad as no_grad
from minikeras.dtype_policies import DTypePolicy as DTypePolicy
from minikeras.initializers import Initializer as Initializer
from minikeras.layers import Input as Input
from minikeras.layers import InputSpec as InputSpec
from minikeras.layers import Layer as Layer
from minikeras.losses import Loss as Loss
from minikeras.metrics import Metric as Metric
from minikeras.models import Function as Function
from minikeras.models import Model as Model
from minikeras.models import Sequential as Sequential
from minikeras.ops.operation import Operation as Operation
from minikeras.optimizers import Optimizer as Optimizer
from minikeras.regularizers import Regularizer as Regularizer
from minikeras.values import GradientTape as GradientTape
from minikeras.values import KerasTensor as KerasTensor
from minikeras.values import Scalar as Scalar
from minikeras.values import Tensor as Tensor
from minikeras.values import Variable as Variable
from minikeras.values.backends import device as device
from minikeras.values.naming import name_scope as name_scope
from minikeras.values.stateless import StatelessScope as StatelessScope

__version__ = "0.1.0"

# What is loaded when it is asked for: it needs more than NumPy.
ON_USE = ("datasets", "preprocessing", "wrappers")

# What Keras has at its top level, and minikeras has not.
ABSENT = {
    "Quantizer": "nothing is quantized here",
    "RematScope": "all intermediate results are kept",
    "SymbolicScope": "what is computed on KerasTensors is symbolic",
    "applications": "it has no ready-made models",
    "distribution": "it runs on one machine",
    "distillation": "it has no ready-made trainings",
    "export": "it writes no other formats",
    "quantizers": "nothing is quantized here",
    "remat": "all intermediate results are kept",
    "visualization": "it draws models and histories only: utils.plot_model()",
}


def version() -> str:
    """Returns the version of minikeras."""
    return __version__


def __getattr__(name: str) -> Any:
    """Loads what needs more than NumPy when it is asked for.

    `datasets` needs archives and checksums, `preprocessing` pictures, `wrappers`
    scikit-learn.  For names of Keras that are not here it says so.
    """
    if name in ON_USE:
        return importlib.import_module(f"minikeras.{name}")
    if name in ABSENT:
        raise AttributeError(f"minikeras has no {name}, unlike Keras: {ABSENT[name]}.")
    raise AttributeError(f"module 'minikeras' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *ON_USE})
