"""Derivatives of functions: `grad` and its relatives, for functions of values.

Where `backward` leaves its results on the leaves, these return them, and touch nothing.
They nest: the gradient of a gradient is a gradient.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minikeras.autograd.backward import backward_steps
from minikeras.autograd.recording import enable_grad, mode
from minikeras.autograd.value import Leaf, Value


def grad(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., Any]:
    """Returns the function that computes ∂fn/∂argument, for a scalar-valued `fn`.

    The result takes the arguments of `fn` and returns a value of the argument's shape,
    or a tuple of them if `argnums` is a tuple.

    Raises: TypeError if an argument to differentiate is no value; ValueError if the
    result is not a single number.

    >>> from minikeras import Scalar
    >>> grad(lambda x: x**3)(Scalar(2.0))
    Scalar(12.0)
    """
    value_and_gradient = value_and_grad(fn, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(*args, **kwargs)[1]

    return gradient


def value_and_grad(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Returns the function that computes (fn, ∂fn/∂argument) in one go.

    >>> from minikeras import Scalar
    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(Scalar(2.0), Scalar(3.0))
    (Scalar(6.0), (Scalar(3.0), Scalar(2.0)))
    """

    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        with differentiate(fn, args, kwargs, argnums) as (result, watched, again):
            check_result(result, fn)
            k = type(result).active.kernels
            check_single(result, fn)
            gradients = pull_back(result, k.ones_like(result.data), watched, again)
        value = result if again else result.result.wrap(result.data)
        return value, gradients if isinstance(argnums, tuple) else gradients[0]

    return value_and_gradient


def vjp(
    fn: Callable[..., Any], *args: Value
) -> tuple[Any, Callable[[Value], tuple[Any, ...]]]:
    """Returns fn(*args) and the function that maps a cotangent to gradients of all
    args.

    >>> from minikeras import Scalar
    >>> out, pull = vjp(lambda x: x * x, Scalar(3.0))
    >>> pull(Scalar(1.0))
    (Scalar(6.0),)
    """
    with differentiate(fn, args, {}, tuple(range(len(args)))) as (
        result,
        watched,
        again,
    ):
        check_result(result, fn)

    def pull(cotangent: Value) -> tuple[Any, ...]:
        plain = result.cotangent(cotangent)
        if isinstance(cotangent, Value) and cotangent.requires_grad:
            return pull_back(result, cotangent, watched, again=True)
        return pull_back(result, plain, watched, again)

    return result, pull


def jacobian(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., Any]:
    """Returns the function that computes all ∂out_i/∂x_j.

    Shapes: fn: (a, b) → (c, d) gives a result of shape (c, d, a, b).  One backward pass
    per element of the result.
    """

    def all_derivatives(*args: Any, **kwargs: Any) -> Any:
        with differentiate(fn, args, kwargs, argnums) as (result, watched, again):
            check_result(result, fn)
            rows = [
                pull_back(result, cotangent, watched, again)
                for cotangent in result.basis(result.data)
            ]
        matrices = tuple(
            result.assemble([row[i] for row in rows], result, x)
            for i, x in enumerate(watched)
        )
        return matrices if isinstance(argnums, tuple) else matrices[0]

    return all_derivatives


def hessian_vector_product(fn: Callable[..., Any], x: Any, vector: Any) -> Any:
    """Returns H·vector, H_ij = ∂²fn/∂x_i∂x_j, without ever forming H.

        H·v = ∂/∂x (∇fn(x) · v)

    Shapes: x, vector and the result have one shape.
    Source: Pearlmutter, Fast exact multiplication by the Hessian (1994).
    """

    vector = x.result.wrap(x.cotangent(vector))

    def directional(y: Value) -> Any:
        return inner_product(grad(fn)(y), vector)

    return grad(directional)(x)


def inner_product(x: Value, y: Value) -> Any:
    """Returns Σ x_i y_i as a value that can be differentiated."""
    return x.recorded.sum(x.recorded.multiply(x, y), axis=None, keepdims=False)


@contextmanager
def differentiate(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    argnums: int | tuple[int, ...],
) -> Iterator[tuple[Any, list[Any], bool]]:
    """Calls `fn` on copies of the arguments that are leaves of a graph of their own.

    Yields (result, those leaves, whether their gradients must be differentiable again).
    They must be if we are inside another differentiation, or an argument already
    requires a gradient: then the copy keeps its connection to the graph outside.
    """
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    arguments = list(args)
    again = mode.differentiating > 0
    watched = []
    for position in positions:
        if not -len(arguments) <= position < len(arguments):
            raise ValueError(
                f"argnums={argnums} names argument {position}; {len(args)} were given."
            )
        x = arguments[position]
        if not isinstance(x, Value):
            raise TypeError(
                f"Argument {position} must be a Scalar or a Tensor to be "
                f"differentiated; got {type(x).__name__}. Wrap it: "
                "Scalar(...) or Tensor(...)."
            )
        again = again or x.requires_grad
        if x.requires_grad:
            with enable_grad():
                copy = x.recorded.identity(x)
        else:
            copy = x.result.wrap(x.data, Leaf())
        watched.append(copy)
        arguments[position] = copy
    mode.differentiating += 1
    try:
        with enable_grad():
            yield fn(*arguments, **kwargs), watched, again
    finally:
        mode.differentiating -= 1


def pull_back(
    result: Value, cotangent: Any, watched: list[Any], again: bool
) -> tuple[Any, ...]:
    """Returns ∂(cotangent · result) for each watched value; zero where none flows."""
    targets = dict.fromkeys(x.node for x in watched)
    kind = result.result if again else None
    k = result.recorded if again else result.active.kernels
    if result.node is not None:
        grad = cotangent
        if again and not isinstance(cotangent, Value):
            grad = result.result.wrap(cotangent)
        steps = backward_steps(
            result.node, grad, k, kind=kind, targets=targets, retain_graph=True
        )
        for _ in steps:
            pass
    gradients = []
    for x in watched:
        gradient = targets[x.node]
        if gradient is None:
            gradient = x.active.kernels.zeros_like(x.data)
        gradients.append(
            gradient if isinstance(gradient, Value) else x.result.wrap(gradient)
        )
    return tuple(gradients)


def check_result(result: Any, fn: Callable[..., Any]) -> None:
    """Refuses what cannot be differentiated, with the function's name."""
    if not isinstance(result, Value):
        raise TypeError(
            f"{getattr(fn, '__name__', fn)} must return a Scalar or a Tensor to be "
            f"differentiated; it returned {type(result).__name__}."
        )


def check_single(result: Any, fn: Callable[..., Any]) -> None:
    """Refuses a gradient of many numbers at once."""
    if not result.is_single():
        raise ValueError(
            f"grad needs a function that returns a single number; "
            f"{getattr(fn, '__name__', fn)} returned shape {result.shape}. "
            "Sum it, or use jacobian."
        )
