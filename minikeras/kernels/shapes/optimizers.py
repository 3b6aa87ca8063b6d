"""Shapes of updates: they change arrays of one shape, and return nothing.

The check is used by the sets that compute too.
"""

from minikeras.kernels.shapes.losses import agree
from minikeras.kernels.shapes.shape_dtype import shape_of


def assign(target, value):
    """One shape."""
    check_shapes("assign", target, value)


def assign_add(target, value):
    """One shape."""
    check_shapes("assign_add", target, value)


def assign_subtract(target, value):
    """One shape."""
    check_shapes("assign_subtract", target, value)


def sgd_update(weight, grad, learning_rate):
    """One shape."""
    check_shapes("sgd_update", weight, grad)


def momentum_update(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """One shape."""
    check_shapes("momentum_update", weight, velocity, grad)


def decay_update(weight, learning_rate, *, rate):
    """Any shape."""


def average_update(average, value, *, momentum):
    """One shape."""
    check_shapes("average_update", average, value)


def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """One shape."""
    check_shapes("rmsprop_update", weight, velocity, grad)


def rmsprop_momentum_update(
    weight, velocity, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """One shape."""
    check_shapes("rmsprop_momentum_update", weight, velocity, trace, grad)


def rmsprop_centered_update(
    weight, velocity, average, grad, learning_rate, *, rho, epsilon
):
    """One shape."""
    check_shapes("rmsprop_centered_update", weight, velocity, average, grad)


def rmsprop_centered_momentum_update(
    weight, velocity, average, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """One shape."""
    name = "rmsprop_centered_momentum_update"
    check_shapes(name, weight, velocity, average, trace, grad)


def adam_update(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """One shape."""
    check_shapes("adam_update", weight, momentum, velocity, grad)


def amsgrad_update(
    weight,
    momentum,
    velocity,
    peak,
    grad,
    learning_rate,
    step,
    *,
    beta_1,
    beta_2,
    epsilon,
):
    """One shape."""
    check_shapes("amsgrad_update", weight, momentum, velocity, peak, grad)


def lion_update(weight, momentum, grad, learning_rate, *, beta_1, beta_2):
    """One shape."""
    check_shapes("lion_update", weight, momentum, grad)


def adagrad_update(weight, accumulator, grad, learning_rate, *, epsilon):
    """One shape."""
    check_shapes("adagrad_update", weight, accumulator, grad)


def adadelta_update(weight, velocity, drift, grad, learning_rate, *, rho, epsilon):
    """One shape."""
    check_shapes("adadelta_update", weight, velocity, drift, grad)


def adamax_update(
    weight, momentum, norm, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """One shape."""
    check_shapes("adamax_update", weight, momentum, norm, grad)


def nadam_update(
    weight,
    momentum,
    velocity,
    grad,
    learning_rate,
    step,
    product,
    *,
    beta_1,
    beta_2,
    epsilon,
):
    """One shape."""
    check_shapes("nadam_update", weight, momentum, velocity, grad)


def nadam_product_update(factor, step, *, beta_1):
    """Any shape."""


def ftrl_update(
    weight, accumulator, linear, grad, learning_rate, *, power, l1, l2, shrinkage, beta
):
    """One shape."""
    check_shapes("ftrl_update", weight, accumulator, linear, grad)


def check_shapes(name, *arrays):
    """Refuses to broadcast into a variable; None stands for any size."""
    shape = arrays[0].shape
    for other in map(shape_of, arrays[1:]):
        if shape != other and not agree(shape, other):
            shapes = ", ".join(str(shape_of(array)) for array in arrays)
            raise ValueError(
                f"{name} needs arrays of one shape; got {shapes}. Reshape or broadcast "
                "one of them first."
            )
