"""What can be differentiated: an operation's equation, forward and vjp, side by side.

A file per family, a class per operation, and one instance of it under the name of its
kernel: `elementwise.multiply`, `activation.softmax`.  Use them from their files; here
is only the vocabulary of all of them.
"""

from types import SimpleNamespace

from minikeras.autograd.primitive import Primitive
from minikeras.primitives import (
    activation,
    attention,
    convolution,
    elementwise,
    indexing,
    losses,
    matmul,
    normalization,
    pooling,
    recurrent,
    reduction,
    shape,
)

FAMILIES = (
    elementwise,
    activation,
    reduction,
    shape,
    indexing,
    matmul,
    attention,
    convolution,
    pooling,
    normalization,
    losses,
    recurrent,
)

# A kernel set whose functions record what they do: a rule that runs on it, as `k`,
# gives results that can be differentiated again.
recorded = SimpleNamespace(
    **{
        name: primitive
        for family in FAMILIES
        for name, primitive in vars(family).items()
        if isinstance(primitive, Primitive)
    }
)
