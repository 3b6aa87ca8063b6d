"""Shapes of activations: those of their inputs."""

from minikeras.kernels.shapes.elementwise import combined, same
from minikeras.kernels.shapes.shape_dtype import normalized_axis

relu = same
sigmoid = same
softplus = same
silu = same


def relu_grad(grad, x):
    """The shape that both broadcast to."""
    return combined(grad, x)


def sigmoid_grad(grad, y):
    """The shape that both broadcast to."""
    return combined(grad, y)


tanh_grad = sigmoid_grad


def leaky_relu(x, *, negative_slope):
    """The same shape and dtype."""
    return same(x)


def leaky_relu_grad(grad, x, *, negative_slope):
    """The shape that both broadcast to."""
    return combined(grad, x)


def gelu(x, *, approximate):
    """The same shape and dtype."""
    return same(x)


def gelu_grad(grad, x, *, approximate):
    """The shape that both broadcast to."""
    return combined(grad, x)


def elu(x, *, alpha):
    """The same shape and dtype."""
    return same(x)


def elu_grad(grad, x, *, alpha):
    """The shape that both broadcast to."""
    return combined(grad, x)


def softmax(x, *, axis):
    """The same shape and dtype; x has the axis."""
    normalized_axis(axis, x.ndim)
    return same(x)


def softmax_grad(grad, y, *, axis):
    """The shape that both broadcast to; it has the axis."""
    result = combined(grad, y)
    normalized_axis(axis, result.ndim)
    return result


log_softmax = softmax
