"""The tensor engine: arrays, with the same rules and the same operators as Scalars."""

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from minikeras.autograd.value import Leaf, Value
from minikeras.primitives import elementwise, matmul, recorded, shape
from minikeras.values.arrays import as_array as as_array
from minikeras.values.arrays import as_number, number_type
from minikeras.values.backends import ARRAY_KERNELS, ArrayKernels, ShapeKernels
from minikeras.values.dtypes import NAMES, floatx, result_type
from minikeras.values.indexing import index
from minikeras.values.operators import Operators
from minikeras.values.products import product
from minikeras.values.reading import Readable
from minikeras.values.types import DType, TensorLike


class Tensor(Readable, Operators["Tensor"]):
    """An array that remembers how it was computed.

    `value` is an array, a number, a nested list or another Tensor.  A NumPy array keeps
    its dtype and is not copied; Python floats become `config.floatx()`, ints int32.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x + 1.0).backward(Tensor([1.0, 1.0]))
    >>> x.grad
    Tensor([2. 4.], dtype=float32)

    Raises: TypeError for what is no array of numbers; ValueError for ragged lists.
    """

    __slots__ = ("_keras_mask",)

    _keras_mask: "Tensor"

    active: ArrayKernels | ShapeKernels = ARRAY_KERNELS
    recorded = recorded

    def __init__(
        self,
        value: TensorLike,
        dtype: DType | None = None,
        requires_grad: bool = False,
    ) -> None:
        self.data = as_array(value, dtype)
        self.node = None
        if requires_grad:
            if self.data.dtype.kind != "f":
                raise TypeError(
                    f"Only floating-point Tensors can require a gradient; got "
                    f"{self.data.dtype.name}. Pass dtype='float32'."
                )
            self.node = Leaf()

    @property
    def shape(self) -> tuple[Any, ...]:  # Any: a KerasTensor has None for some
        """The size along each axis, a tuple of ints."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self) -> str:
        """The name of the dtype, such as "float32"."""
        return NAMES[self.data.dtype]

    @property
    def T(self) -> "Tensor":
        """The transpose: all axes in reverse order."""
        return shape.transpose(self, axes=None)

    def __copy__(self) -> "Tensor":
        return self  # it never changes

    def __getstate__(self) -> Any:
        """Leaves the history behind, when the Tensor is deep-copied or pickled."""
        state: Any = super().__getstate__()
        own, slots = state
        if type(slots["node"]) is not Leaf:
            slots["node"] = None
        return own, slots

    def __round__(self, ndigits: int | None = None) -> "Tensor":
        """Rounds as `ops.round` does: halves to the even neighbour."""
        if not ndigits:
            return elementwise.round(self)
        scale = 10.0**ndigits
        return cast(elementwise.round(self * scale) / scale, self.dtype)

    def __iter__(self) -> Iterator["Tensor"]:
        return (self[i] for i in range(len(self)))

    def __matmul__(self, other: Any) -> "Tensor":
        pair = self.pair(other)
        if pair is None:
            return NotImplemented
        x, y = pair
        if (
            isinstance(y, Tensor)
            and x.ndim > 1
            and y.ndim > 1
            and x.data.dtype.kind == "f"
        ):
            return matmul.matmul(x, y)
        return product(*as_tensors(pair))

    def __rmatmul__(self, other: Any) -> "Tensor":
        pair = self.pair(other)
        return NotImplemented if pair is None else product(*as_tensors(pair[::-1]))

    def __and__(self, other: Any) -> "Tensor":
        pair = self.bool_pair(other)
        return NotImplemented if pair is None else elementwise.logical_and(*pair)

    __rand__ = __and__

    def __or__(self, other: Any) -> "Tensor":
        pair = self.bool_pair(other)
        return NotImplemented if pair is None else elementwise.logical_or(*pair)

    __ror__ = __or__

    def __xor__(self, other: Any) -> "Tensor":
        pair = self.bool_pair(other)
        return NotImplemented if pair is None else elementwise.logical_xor(*pair)

    __rxor__ = __xor__

    def __invert__(self) -> "Tensor":
        return elementwise.logical_not(self.bool_pair(True)[0])

    def __getitem__(self, key: Any) -> "Tensor":
        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            "A Tensor cannot be changed in place: the gradient of what was computed "
            "from it would be wrong. Build a new one, with ops.where or "
            "ops.slice_update, or use a Variable and assign()."
        )

    def pair(self, other: Any) -> Sequence[Any] | None:
        """Returns both operands with one dtype; a Python number that fits stays one."""
        if isinstance(other, Tensor):
            if other.data.dtype is self.data.dtype:
                return self, other
            return promote(self, other)
        if isinstance(other, (int, float)):
            other = as_number(other)
            kind = self.data.dtype.kind
            if kind == "f" or (kind in "iu" and type(other) is int):
                return self, other
            return promote(self, other)
        if isinstance(other, (np.ndarray, np.generic, list, tuple)):
            return self.pair(as_tensor(other))
        return None

    def float_pair(self, other: Any) -> Sequence[Any] | None:
        """Returns both operands with one floating-point dtype."""
        pair = self.pair(other)
        if pair is None or pair[0].data.dtype.kind == "f":
            return pair
        return promote_to_float(*pair)

    def bool_pair(self, other: Any) -> Any:
        """Returns both operands, which must be of bool, for &, |, ^ and ~."""
        pair = self.pair(other)
        if pair is None:
            return None
        pair = as_tensors(pair)
        if pair[0].dtype != "bool":
            raise TypeError(
                f"&, |, ^ and ~ are for bool; got {pair[0].dtype}. Compare first, or "
                "use ops.logical_and and its kin."
            )
        return pair

    def is_single(self) -> bool:
        """Whether this is one number."""
        return self.data.size == 1

    def cotangent(self, grad: TensorLike) -> np.ndarray:
        """Returns ∂L/∂self as a plain array, after a look at its shape."""
        grad = grad.data if isinstance(grad, Tensor) else as_array(grad, self.dtype)
        if grad.shape != self.data.shape or grad.dtype != self.data.dtype:
            raise ValueError(
                f"The cotangent must look like the result, {self.shape} {self.dtype}; "
                f"got {grad.shape} {grad.dtype.name}."
            )
        return grad

    @staticmethod
    def basis(data: np.ndarray) -> Iterator[np.ndarray]:
        """Yields the cotangent of each element: one there, zero elsewhere."""
        for i in range(data.size):
            cotangent = np.zeros(data.size, data.dtype)
            cotangent[i] = 1
            yield cotangent.reshape(data.shape)

    @staticmethod
    def assemble(rows: Sequence["Tensor"], result: "Tensor", x: "Tensor") -> "Tensor":
        """Makes a Jacobian, shape result.shape + x.shape, from its rows."""
        if not rows:
            return Tensor(np.zeros(result.shape + x.shape, x.data.dtype))
        rows = [shape.expand_dims(row, axis=0) for row in rows]
        return shape.reshape(
            shape.concatenate(*rows, axis=0), shape=result.shape + x.shape
        )


Tensor.result = Tensor


def as_tensor(value: TensorLike, dtype: DType | None = None) -> Tensor:
    """Returns a Tensor: the same one if it fits, with its history if it is cast.

    A list that has Tensors in it is stacked, and passes gradients back to them.

    Raises: TypeError for a Scalar, whose history would be lost.
    """
    if isinstance(value, Tensor):
        return value if dtype is None else cast(value, dtype)
    if isinstance(value, Value):
        raise TypeError(
            f"Operations on arrays take no {type(value).__name__}, whose gradient they "
            "would lose. Use its own operators, or pass float(x) as a constant."
        )
    if isinstance(value, (list, tuple)) and holds_values(value):
        return stack(value, dtype)
    return Tensor(value, dtype)


def holds_values(items: Sequence[Any]) -> bool:
    """Whether there is a value in a list of numbers, at any depth."""
    return any(
        isinstance(x, Value) or (isinstance(x, (list, tuple)) and holds_values(x))
        for x in items
    )


def stack(items: Sequence[TensorLike], dtype: DType | None = None) -> Tensor:
    """Returns one Tensor of several, along a new first axis.

    Raises: ValueError if their shapes differ.
    """
    tensors = as_tensors(promote(*items))
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ValueError(
            "A list of Tensors becomes one Tensor if all have one shape; got "
            f"{', '.join(str(x.shape) for x in tensors)}. Reshape them, or use "
            "ops.concatenate."
        )
    stacked = shape.concatenate(
        *(shape.expand_dims(x, axis=0) for x in tensors), axis=0
    )
    return stacked if dtype is None else cast(stacked, dtype)


def as_float(value: TensorLike) -> Tensor:
    """Returns a Tensor of floating point, the same one if it is; `floatx` if not."""
    x = value if isinstance(value, Tensor) else as_tensor(value)
    return x if x.data.dtype.kind == "f" else elementwise.cast(x, dtype=floatx())


def cast(x: Tensor, dtype: DType) -> Tensor:
    """Returns x in another dtype; a gradient comes back in the dtype of x."""
    if x.dtype == dtype:
        return x
    return elementwise.cast(x, dtype=dtype)


def promote(*operands: TensorLike) -> Sequence[Any]:
    """Returns operands as Tensors of their common dtype.

    A Python number stays one beside a Tensor that it fits (`x + 1.0`): kernels take it
    as it is.  Where there are only numbers the first becomes a Tensor.
    """
    if have_one_dtype(operands):
        return operands
    converted: list[Any] = [
        as_number(x) if isinstance(x, (bool, int, float)) else as_tensor(x)
        for x in operands
    ]
    if have_one_dtype(converted):
        return converted
    dtype = result_type(
        *(x.dtype if isinstance(x, Tensor) else number_type(x) for x in converted)
    )
    if not any(isinstance(x, Tensor) for x in converted):
        converted[0] = Tensor(converted[0], dtype)
    return [cast(x, dtype) if isinstance(x, Tensor) else x for x in converted]


def have_one_dtype(operands: Sequence[Any]) -> bool:
    """Whether operands need no promotion: the fast way out for what is common."""
    common = None
    fraction = False
    for x in operands:
        if isinstance(x, Tensor):
            dtype = x.data.dtype
            if common is None:
                common = dtype
            elif dtype is not common:
                return False
        elif type(x) is float:
            fraction = True
        elif type(x) is not int:
            return False
    if common is None:
        return False
    return common.kind == "f" or (common.kind in "iu" and not fraction)


def as_tensors(operands: Sequence[Any]) -> list[Tensor]:
    """Returns promoted operands as Tensors of their dtype, numbers too."""
    dtype = next(x.dtype for x in operands if isinstance(x, Tensor))
    return [as_tensor(x, dtype) for x in operands]


def promote_to_float(*operands: TensorLike) -> Sequence[Any]:
    """Does the same, and makes integers floats: for operations that yield fractions."""
    promoted = promote(*operands)
    for x in promoted:
        if isinstance(x, Tensor):
            if x.data.dtype.kind == "f":
                return promoted
            dtype = result_type(x.dtype, float)
    return [cast(x, dtype) if isinstance(x, Tensor) else x for x in promoted]
