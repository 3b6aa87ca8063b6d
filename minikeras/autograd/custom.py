"""Derivatives that a user writes for a composite function, in the manner of Keras."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from minikeras.autograd.primitive import Primitive
from minikeras.autograd.recording import no_grad
from minikeras.autograd.value import Value


def custom_gradient(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function's own gradient the one that `backward` uses.

    `fn(*args)` returns (out, grad_fn), and `grad_fn(upstream)` returns ∂L/∂arg for
    every positional argument: one value, or a tuple of them.

    Raises: TypeError if `fn` does not return such a pair, or a value that requires a
    gradient is given by keyword.
    Source: Keras, `keras.ops.custom_gradient`.

    >>> from minikeras import Scalar
    >>> @custom_gradient
    ... def straight_through(x):
    ...     return Scalar(1.0 if x.data > 0 else -1.0), lambda upstream: upstream
    >>> x = Scalar(0.3)
    >>> straight_through(x).backward()
    >>> x.grad
    Scalar(1.0)
    """

    @wraps(fn)
    def with_custom_gradient(*args: Any, **kwargs: Any) -> Any:
        for name, argument in kwargs.items():
            if isinstance(argument, Value) and argument.requires_grad:
                raise TypeError(
                    f"{fn.__name__} has a gradient for positional arguments only; "
                    f"{name} came by keyword, and would get none. Pass it by position."
                )
        pair = fn(*args, **kwargs)
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[1])):
            raise TypeError(
                f"A function under custom_gradient must return (output, gradient "
                f"function); {fn.__name__} returned {pair!r}."
            )
        out, grad_fn = pair
        if not isinstance(out, Value):
            raise TypeError(
                f"A function under custom_gradient must return a Scalar or a Tensor as "
                f"its output; {fn.__name__} returned a {type(out).__name__}. Split it "
                "into one function per output."
            )
        if not any(isinstance(x, Value) and x.requires_grad for x in args):
            return out.result.wrap(out.data)
        return CustomGradient(fn.__name__, grad_fn, out)(*args)

    return with_custom_gradient


class CustomGradient(Primitive):
    """One call of a function that brought its own gradient along."""

    def __init__(self, name: str, grad_fn: Callable[[Any], Any], out: Value) -> None:
        self.name = name
        self.grad_fn = grad_fn
        self.kind = out.result
        self.out = out.data

    def forward(self, k, *inputs):
        return self.out

    def vjp(self, k, wanted, grad, out, *inputs):
        if isinstance(grad, Value):  # to be differentiated again
            return self.gradients(grad)
        with no_grad():
            gradients = self.gradients(self.kind.wrap(grad))
        return tuple(x.data if isinstance(x, Value) else x for x in gradients)

    def gradients(self, grad: Value) -> list[Any] | tuple[Any, ...]:
        gradients = self.grad_fn(grad)
        return gradients if isinstance(gradients, (tuple, list)) else (gradients,)

    def __repr__(self) -> str:
        return f"custom_gradient({self.name})"
