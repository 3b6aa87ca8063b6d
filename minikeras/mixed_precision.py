"""Keras's `mixed_precision` namespace: policies, and the optimizer that goes with
float16.
"""

from minikeras.dtype_policies import DTypePolicy as DTypePolicy
from minikeras.dtype_policies import dtype_policy as dtype_policy
from minikeras.dtype_policies import set_dtype_policy as set_dtype_policy
from minikeras.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
