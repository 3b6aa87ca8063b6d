"""The engine: how a computation is recorded, and how gradients are sent back through
it.

Read in this order: `value`, `primitive`, `backward`, then `functional`.  Nothing here
knows what an array is; the engine runs on the standard library alone.
"""

from minikeras.autograd.backward import backward_steps as backward_steps
from minikeras.autograd.backward import topological_order as topological_order
from minikeras.autograd.custom import custom_gradient as custom_gradient
from minikeras.autograd.functional import grad as grad
from minikeras.autograd.functional import (
    hessian_vector_product as hessian_vector_product,
)
from minikeras.autograd.functional import jacobian as jacobian
from minikeras.autograd.functional import value_and_grad as value_and_grad
from minikeras.autograd.functional import vjp as vjp
from minikeras.autograd.primitive import Primitive as Primitive
from minikeras.autograd.recording import collector_paused as collector_paused
from minikeras.autograd.recording import debug_mode as debug_mode
from minikeras.autograd.recording import enable_grad as enable_grad
from minikeras.autograd.recording import no_grad as no_grad
from minikeras.autograd.value import Leaf as Leaf
from minikeras.autograd.value import Node as Node
from minikeras.autograd.value import Output as Output
from minikeras.autograd.value import Value as Value
