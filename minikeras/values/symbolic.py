"""Symbolic tensors: a shape and a dtype, all the operators and none of the numbers."""

from collections.abc import Callable
from typing import Any, NoReturn, Self

from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.values.backends import SHAPE_KERNELS
from minikeras.values.dtypes import standardize_dtype
from minikeras.values.naming import auto_name
from minikeras.values.room import take_tensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, ShapeLike

# {name: public operation}, for the operators; the package `ops` enters its own.
OPERATIONS: dict[str, Callable[..., Any]] = {}


class KerasTensor(Tensor):
    """A Tensor of which only shape and dtype are known; None is a size not known yet.

    Operations on it run on the `shapes` kernels, so what they return is again symbolic.
    Its operators are the public operations, each call of which becomes a node.

    >>> x = KerasTensor((None, 3))
    >>> (x @ KerasTensor((3, 5))).shape
    (None, 5)

    Calls on it are no nodes if it is made with `record_history=False`.

    Raises: ValueError for a sparse or ragged one; TypeError on any attempt to read
    numbers from it.
    """

    active = SHAPE_KERNELS
    symbolic = True
    sparse = False
    ragged = False

    # Which result of which call this is, a KerasHistory; None: of none that is known.
    _keras_history: Any = None

    # What no arguments were given for: it was computed.
    record_history = True
    ragged_rank = None
    row_splits_dtype = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Makes one, also for a result, if there may be more: see `values/room.py`."""
        take_tensor()
        return super().__new__(cls)

    def __init__(
        self,
        shape: ShapeLike,
        dtype: DType | None = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse or ragged or kwargs:
            raise ValueError(
                "A KerasTensor here is dense, and has a shape, a dtype and a name; got "
                f"{dict(sparse=sparse, ragged=ragged, **kwargs)}."
            )
        self.record_history = record_history
        self.data = ShapeDtype(shape, standardize_dtype(dtype))
        self.node = None
        self._name = name

    @property
    def name(self) -> str:
        """The name given, or an automatic one made when first asked for."""
        name = getattr(self, "_name", None)
        if name is None:
            name = self._name = auto_name("KerasTensor")
        return name

    @property
    def size(self) -> Any:
        """The number of elements, None if a dimension is unknown."""
        size = 1
        for side in self.shape:
            if side is None:
                return None
            size *= side
        return size

    def renewed(self) -> "KerasTensor":
        """Returns another tensor of the same shape, dtype and mask, without history."""
        tensor = KerasTensor.wrap(self.data)
        if hasattr(self, "_keras_mask"):
            tensor._keras_mask = self._keras_mask
        return tensor

    def numpy(self) -> NoReturn:
        raise TypeError(
            f"{self!r} has no numbers yet: it stands for what a layer or operation "
            "will compute. Build a model from it and call that on data; to compute "
            "here, use minikeras.ops, not NumPy."
        )

    def item(self) -> NoReturn:
        self.numpy()

    def __float__(self) -> NoReturn:
        self.numpy()

    def __int__(self) -> NoReturn:
        self.numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self.numpy()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"The truth of {self!r} is not known before there are numbers: an `if` on "
            "it cannot become part of a model. Use ops.where."
        )

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"The length of {self!r} is not known.")
        return self.shape[0]

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} cannot be iterated over: it has no numbers yet.")

    # Operators ------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return OPERATIONS["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return OPERATIONS["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return OPERATIONS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return OPERATIONS["subtract"](other, self)

    def __mul__(self, other: Any) -> Any:
        return OPERATIONS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return OPERATIONS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return OPERATIONS["true_divide"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return OPERATIONS["true_divide"](other, self)

    def __floordiv__(self, other: Any) -> Any:
        return OPERATIONS["floor_divide"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return OPERATIONS["floor_divide"](other, self)

    def __mod__(self, other: Any) -> Any:
        return OPERATIONS["mod"](self, other)

    def __rmod__(self, other: Any) -> Any:
        return OPERATIONS["mod"](other, self)

    def __pow__(self, other: Any) -> Any:
        return OPERATIONS["power"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return OPERATIONS["power"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](other, self)

    def __and__(self, other: Any) -> Any:
        return OPERATIONS["logical_and"](self, other)

    def __rand__(self, other: Any) -> Any:
        return OPERATIONS["logical_and"](other, self)

    def __or__(self, other: Any) -> Any:
        return OPERATIONS["logical_or"](self, other)

    def __ror__(self, other: Any) -> Any:
        return OPERATIONS["logical_or"](other, self)

    def __xor__(self, other: Any) -> Any:
        return OPERATIONS["logical_xor"](self, other)

    def __rxor__(self, other: Any) -> Any:
        return OPERATIONS["logical_xor"](other, self)

    def __eq__(self, other: Any) -> Any:
        return OPERATIONS["equal"](self, other)

    def __ne__(self, other: Any) -> Any:
        return OPERATIONS["not_equal"](self, other)

    def __lt__(self, other: Any) -> Any:
        return OPERATIONS["less"](self, other)

    def __le__(self, other: Any) -> Any:
        return OPERATIONS["less_equal"](self, other)

    def __gt__(self, other: Any) -> Any:
        return OPERATIONS["greater"](self, other)

    def __ge__(self, other: Any) -> Any:
        return OPERATIONS["greater_equal"](self, other)

    __hash__ = object.__hash__

    def __neg__(self) -> Any:
        return OPERATIONS["negative"](self)

    def __abs__(self) -> Any:
        return OPERATIONS["absolute"](self)

    def __invert__(self) -> Any:
        return OPERATIONS["logical_not"](self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return OPERATIONS["round"](self, decimals=ndigits or 0)

    def __getitem__(self, key: Any) -> Any:
        return OPERATIONS["get_item"](self, key)

    @property
    def T(self) -> Any:
        """The transpose: all axes in reverse order."""
        return OPERATIONS["transpose"](self)

    def reshape(self, newshape: ShapeLike) -> Any:
        """The same elements in another shape."""
        return OPERATIONS["reshape"](self, newshape)

    def squeeze(self, axis: int | None = None) -> Any:
        """The same without axes of size 1."""
        return OPERATIONS["squeeze"](self, axis)

    def exp(self) -> Any:
        """e to the power of self."""
        return OPERATIONS["exp"](self)

    def log(self) -> Any:
        """The natural logarithm."""
        return OPERATIONS["log"](self)

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return OPERATIONS["tanh"](self)

    def relu(self) -> Any:
        """max(self, 0)."""
        return OPERATIONS["relu"](self)

    def sigmoid(self) -> Any:
        """1 / (1 + e⁻ˣ)."""
        return OPERATIONS["sigmoid"](self)

    def is_single(self) -> bool:
        """Whether this is one number."""
        return self.size == 1

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, "
            f"sparse={self.sparse}, ragged={self.ragged}, name={self.name}>"
        )


KerasTensor.result = KerasTensor
