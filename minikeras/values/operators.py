"""The operators, once for every class of values: `x + y`, `x @ w`, `loss.backward()`.

An operator asks its class to make a pair of the operands (which is where dtypes are
promoted) and calls a primitive.  The call you read here is the call that runs: there is
no dispatch in between.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeVar

from minikeras.autograd.backward import backward_steps
from minikeras.autograd.value import Leaf, Value
from minikeras.primitives import activation, elementwise

# The class of what is computed: a sum of Variables is a Tensor.
Result = TypeVar("Result", bound=Value)


class Operators(Value, Generic[Result]):
    """Arithmetic, comparison and `backward`, for a class of values that defines `pair`.

    `pair(other)` returns both operands ready for a primitive, or None if `other` is
    nothing to compute with; `float_pair` does the same for operations whose result is
    always a fraction.
    """

    __slots__ = ()

    # What the class of values defines.
    pair: Callable[[Any], Sequence[Any] | None]
    float_pair: Callable[[Any], Sequence[Any] | None]
    is_single: Callable[[], bool]
    cotangent: Callable[[Any], Any]
    shape: Any

    def __add__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.add(*pair)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.subtract(*pair)

    def __rsub__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.subtract(*pair[::-1])

    def __mul__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.multiply(*pair)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Result:
        pair = self.float_pair(other)
        return NotImplemented if pair is None else elementwise.divide(*pair)

    def __rtruediv__(self, other: Any) -> Result:
        pair = self.float_pair(other)
        return NotImplemented if pair is None else elementwise.divide(*pair[::-1])

    def __floordiv__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.floor_divide(*pair)

    def __rfloordiv__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.floor_divide(*pair[::-1])

    def __mod__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.remainder(*pair)

    def __rmod__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.remainder(*pair[::-1])

    def __pow__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.power(*pair)

    def __rpow__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.power(*pair[::-1])

    def __neg__(self) -> Result:
        return elementwise.negative(self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Result:
        return elementwise.abs(self)

    def __eq__(self, other: Any) -> Any:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.equal(*pair)

    def __ne__(self, other: Any) -> Any:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.not_equal(*pair)

    def __lt__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.less(*pair)

    def __le__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.less_equal(*pair)

    def __gt__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.greater(*pair)

    def __ge__(self, other: Any) -> Result:
        pair = self.pair(other)
        return NotImplemented if pair is None else elementwise.greater_equal(*pair)

    __hash__ = object.__hash__

    def exp(self) -> Result:
        """e to the power of self."""
        return elementwise.exp(self)

    def log(self) -> Result:
        """The natural logarithm."""
        return elementwise.log(self)

    def tanh(self) -> Result:
        """The hyperbolic tangent."""
        return elementwise.tanh(self)

    def relu(self) -> Result:
        """max(self, 0)."""
        return activation.relu(self)

    def sigmoid(self) -> Result:
        """1 / (1 + e⁻ˣ)."""
        return activation.sigmoid(self)

    def backward(
        self,
        grad: Any = None,
        *,
        retain_graph: bool = False,
        create_graph: bool = False,
    ) -> None:
        """Computes ∂self/∂x for everything that self was computed from, into `x.grad`.

        Leaves add up what arrives; a value in between keeps the gradient of this call.
        `grad` is the cotangent ∂L/∂self, and may be left out if self is a single
        number. The graph is freed behind the walk unless `retain_graph`.  With
        `create_graph` the gradients are values that can be differentiated again (they
        keep the graph alive until `zero_grad`; `minikeras.autograd.grad` has no such
        strings attached).

        Raises: RuntimeError if nothing here requires a gradient or the graph was freed;
        ValueError if self is not a single number and no cotangent is given, or its
        shape is another.
        """
        if self.node is None:
            raise RuntimeError(
                "backward() needs a value that was computed from something that "
                "requires a gradient: a Scalar, a trainable Variable or Tensor(..., "
                "requires_grad=True), outside of no_grad()."
            )
        k = self.active.kernels
        if grad is None:
            if not self.is_single():
                raise ValueError(
                    f"backward() without a cotangent needs a single number; this has "
                    f"shape {self.shape}. Sum it first, or pass "
                    "backward(grad) of that shape."
                )
            grad = k.ones_like(self.data)
        else:
            grad = self.cotangent(grad)
        if create_graph:
            steps = backward_steps(
                self.node,
                self.result.wrap(grad),
                self.recorded,
                kind=self.result,
                retain_graph=True,
            )
        else:
            steps = backward_steps(self.node, grad, k, retain_graph=retain_graph)
        for _ in steps:
            pass

    def require_grad(self) -> Self:
        """Makes a constant a leaf, in place, and returns it."""
        if self.node is None:
            self.node = Leaf()
        return self

    def detach(self) -> Result:
        """Returns the same number or array without its history."""
        return self.result.wrap(self.data)
