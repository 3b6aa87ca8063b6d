"""The scalar engine: one number at a time, with Python floats and `math` only."""

from collections.abc import Iterator
from typing import Any

from minikeras.autograd.value import Leaf
from minikeras.primitives import recorded
from minikeras.values.backends import SCALAR_KERNELS
from minikeras.values.operators import Operators


class Scalar(Operators["Scalar"]):
    """A number that remembers how it was computed; asks for a gradient by default.

    >>> x, y = Scalar(2.0), Scalar(3.0)
    >>> z = x * y + x**2
    >>> z.backward()
    >>> z, x.grad, y.grad
    (Scalar(10.0), Scalar(7.0), Scalar(2.0))

    Raises: TypeError if `data` is no real number.
    """

    __slots__ = ()

    data: Any  # a float; a Scalar from an assignment to the next operation

    active = SCALAR_KERNELS
    recorded = recorded

    shape = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        if isinstance(data, Scalar):
            data = data.data
        try:
            self.data = float(data)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Scalar holds one real number; got {data!r}. For arrays use Tensor."
            ) from error
        self.node = Leaf() if requires_grad else None

    def pair(self, other: Any) -> tuple[Any, Any] | None:
        """Returns both operands: a plain number needs no wrapping.

        `p.data -= 0.1 * p.grad` leaves a Scalar in p.data: its number is taken out.
        """
        if type(self.data) is Scalar:
            self.data = self.data.data
        if isinstance(other, Scalar):
            if type(other.data) is Scalar:
                other.data = other.data.data
            return self, other
        if isinstance(other, float):
            return self, other
        if isinstance(other, int):
            return self, float(other)
        return None

    float_pair = pair

    def is_single(self) -> bool:
        """A Scalar always is."""
        return True

    def cotangent(self, grad: Any) -> float:
        """Returns ∂L/∂self as a plain float."""
        return float(grad)

    @staticmethod
    def basis(data: float) -> Iterator[float]:
        """Yields the cotangents of all elements, of which there is one."""
        yield 1.0

    @staticmethod
    def assemble(derivatives: list[Any], result: "Scalar", x: "Scalar") -> Any:
        """Makes a Jacobian from the derivatives of each element of the result."""
        return derivatives[0]

    def item(self) -> float:
        """Returns the number."""
        return float(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __format__(self, specification: str) -> str:
        return format(float(self.data), specification)

    def __repr__(self) -> str:
        return f"Scalar({float(self.data)})"


Scalar.result = Scalar
