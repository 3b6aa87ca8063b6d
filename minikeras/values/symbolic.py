"""Symbolic tensors: a shape and a dtype, all the operators and none of the numbers."""

from typing import Any, NoReturn

from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.values.backends import SHAPE_KERNELS
from minikeras.values.dtypes import standardize_dtype
from minikeras.values.naming import auto_name
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, ShapeLike


class KerasTensor(Tensor):
    """A Tensor of which only shape and dtype are known; None is a size not known yet.

    Operations on it run on the `shapes` kernels, so what they return is again symbolic.

    >>> x = KerasTensor((None, 3))
    >>> (x @ KerasTensor((3, 5))).shape
    (None, 5)

    Raises: TypeError on any attempt to read numbers from it.
    """

    active = SHAPE_KERNELS
    symbolic = True
    sparse = False
    ragged = False

    # Which result of which call this is, a KerasHistory; None: of none that is known.
    _keras_history: Any = None

    def __init__(
        self, shape: ShapeLike, dtype: DType | None = None, name: str | None = None
    ) -> None:
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

    def is_single(self) -> bool:
        """Whether this is one number."""
        return self.size == 1

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, "
            f"sparse={self.sparse}, ragged={self.ragged}, name={self.name}>"
        )


KerasTensor.result = KerasTensor
