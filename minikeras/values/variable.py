"""Variables: the Tensors that last from step to step, and may be assigned."""

import copy
import threading
import weakref
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from minikeras.autograd.value import Leaf
from minikeras.values.dtypes import floatx, standardize_dtype
from minikeras.values.naming import auto_name, check_name, path_of
from minikeras.values.room import take_room
from minikeras.values.tensor import Tensor, as_array
from minikeras.values.types import DType, ShapeLike, TensorLike

# {name: class} of all initializers; their package, which is above, enters them.
INITIALIZERS: dict[str, Callable[[], Callable[..., TensorLike]]] = {}


class Lending(threading.local):
    """Who lends Variables other buffers now: a StatelessScope, or None."""

    scope: Any = None


lending = Lending()


class Variable(Tensor):
    """A Tensor with a name and a buffer of its own that `assign` copies into.

    `initializer` is an array, or a function (shape, dtype) → array or the name of an
    initializer, which then need `shape`.  Its path is its name behind those of the
    scopes that it is made in: the layers being built, and `name_scope`.  `autocast`
    says whether a layer of mixed precision that makes it reads it in its own dtype.
    `aggregation` and `synchronization` are for many devices, and mean nothing on one.

    A trainable Variable is a leaf of the graph: gradients arrive at
    `variable.value.grad`.  One that is not may be assigned between the forward pass and
    `backward`: the graph then keeps a copy of what it read.

    Raises: ValueError if the initial value has another shape, or a callable has none;
    and for names and options that there are none of.

    >>> v = Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0])
    <Variable path=v, shape=(2,), dtype=float32, value=[2. 3.]>
    """

    data: np.ndarray
    node: Leaf | Any  # None if it is not trainable
    readers: weakref.WeakSet[Any]

    mutable = True

    # All there are, so that a recording knows their buffers.
    alive: ClassVar[weakref.WeakSet["Variable"]] = weakref.WeakSet()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Enters the new Variable, also one that is copied or unpickled, in `alive`."""
        variable = super().__new__(cls)
        variable.readers = weakref.WeakSet()
        Variable.alive.add(variable)
        return variable

    @classmethod
    def with_buffers(cls) -> list["Variable"]:
        """Returns all Variables that there are, but those that are just being made.

        Other threads may make some meanwhile: so this looks at a copy of the set of
        weak references, which is taken in one go.
        """
        references = tuple(Variable.alive.data)  # type: ignore[attr-defined]
        variables = [reference() for reference in references]
        return [x for x in variables if x is not None and hasattr(x, "data")]

    def __init__(
        self,
        initializer: TensorLike | Callable[..., TensorLike] | str,
        shape: ShapeLike | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: None = None,
    ) -> None:
        check_choice("aggregation", aggregation, AGGREGATIONS)
        check_choice("synchronization", synchronization, SYNCHRONIZATIONS)
        if layout is not None:
            raise ValueError(
                f"layout={layout!r}: a Variable is in one place, there is no layout."
            )
        if isinstance(initializer, str):
            if initializer not in INITIALIZERS:
                raise ValueError(
                    f"There is no initializer {initializer!r}. Known are "
                    f"{', '.join(sorted(INITIALIZERS))}."
                )
            initializer = INITIALIZERS[initializer]()
        if name is not None:
            check_name(name)
        dtype = self.choose_dtype(initializer, dtype)
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    "A Variable with a callable initializer needs a shape; got "
                    "shape=None."
                )
            take_room(shape, dtype)
            initial = as_array(initializer(tuple(shape), dtype=dtype), dtype)
        else:
            initial = as_array(initializer, dtype)
            take_room(initial.shape, initial.dtype.name)
        if shape is not None and initial.shape != tuple(shape):
            raise ValueError(
                f"The initial value of a Variable has shape {initial.shape}, where "
                f"{tuple(shape)} was asked for."
            )
        self.data = np.array(initial, order="C")  # a copy: nobody else writes to it
        self.node = None
        self._frozen_leaf: Leaf | None = None  # that of graphs made before freezing
        self.name = name or auto_name("Variable")
        self.path = path_of(self.name)
        self.autocast = autocast
        self.aggregation = aggregation
        self.synchronization = synchronization
        self.regularizer: Callable[..., Any] | None = None
        self.constraint: Callable[..., Any] | None = None
        # What a layer that is frozen and thawed goes back to.
        self.can_train = trainable
        self.trainable = trainable

    @staticmethod
    def choose_dtype(initializer: Any, dtype: DType | None) -> str | None:
        """Returns the dtype asked for, or that of an initial array."""
        if dtype is None and isinstance(initializer, (np.ndarray, np.generic, Tensor)):
            return None
        if dtype is None and not callable(initializer):
            return as_array(initializer).dtype.name
        return standardize_dtype(dtype or floatx())

    @property
    def trainable(self) -> bool:
        """Whether a gradient is asked for."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.set_trainable(value)

    def set_trainable(self, value: bool) -> None:
        """Makes this a leaf of graphs, or a constant."""
        self._trainable = bool(value)
        wants_gradient = self._trainable and self.data.dtype.kind == "f"
        if wants_gradient and self.node is None:
            self.node = Leaf()
        elif not wants_gradient and self.node is not None:
            self._frozen_leaf = self.node
            self.node = None

    @property
    def overwrite_with_gradient(self) -> bool:
        """False: the gradient is no new value, as it is in quantized training."""
        return False

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if value:
            raise ValueError(
                "overwrite_with_gradient=True is for the scales of quantized training, "
                "which there is none of here."
            )

    @property
    def value(self) -> Tensor:
        """The value as a Tensor that shares the buffer, the gradient too."""
        return Tensor.wrap(self.data, self.node)

    def numpy(self) -> np.ndarray:
        """Returns a copy of the value: what is kept stays what it was.

        >>> weight = Variable([1.0, 2.0])
        >>> before = weight.numpy()
        >>> weight.assign([3.0, 4.0]).numpy() - before
        array([2., 2.], dtype=float32)
        """
        return super().numpy().copy()

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise TypeError(
                f"The truth of the Variable {self.path}, of shape {self.shape}, is "
                "ambiguous: use ops.any(x) or ops.all(x)."
            )
        return super().__bool__()

    def assign(self, value: TensorLike) -> Self:
        """Copies a value of the same shape into the buffer; returns the Variable."""
        self.change(self.active.kernels.assign, value)
        return self

    def assign_add(self, value: TensorLike) -> Self:
        """Adds a value of the same shape, in place; returns the Variable."""
        self.change(self.active.kernels.assign_add, value)
        return self

    def assign_sub(self, value: TensorLike) -> Self:
        """Subtracts a value of the same shape, in place; returns the Variable."""
        self.change(self.active.kernels.assign_subtract, value)
        return self

    def change(self, kernel: Callable[..., Any], value: TensorLike) -> None:
        """Runs an update kernel on the buffer, and keeps graphs of the old value right.

        A symbolic value has no numbers: then only its shape is looked at.
        """
        value = self.like_this(value)
        if lending.scope is not None:
            lending.scope.lend(self)
        if isinstance(value, np.ndarray):
            self.keep_for_readers()
            kernel(self.data, value)
            self.touch()

    def keep_for_readers(self) -> None:
        """Gives the graphs that read the buffer as a constant a copy of their own."""
        old = None
        for node in self.readers:
            if node.data is None:
                continue  # backward has been there
            if old is None:
                old = self.active.kernels.copy(self.data)
            node.data = tuple(old if x is self.data else x for x in node.data)
        self.readers.clear()

    def like_this(self, value: TensorLike) -> np.ndarray:
        """Returns a plain array of this shape and dtype, or says what is wrong."""
        symbolic = isinstance(value, Tensor) and value.symbolic
        array: Any = getattr(value, "data", None) if symbolic else as_array(value)
        if array.shape != self.data.shape:
            raise ValueError(
                f"The shape of {self.path} is {self.shape}; it cannot be assigned a "
                f"value of shape {array.shape}."
            )
        if not symbolic and array.dtype != self.data.dtype:
            array = self.active.kernels.cast(array, dtype=self.data.dtype)
        return array

    def touch(self) -> None:
        """Says that the buffer has changed: graphs of the old value are out of date."""
        if self._frozen_leaf is not None:
            self._frozen_leaf.stale = self.path
            self._frozen_leaf = None
        if type(self.node) is Leaf:
            self.node.stale = self.path
            self.node = Leaf(self.node.grad)
        elif self.node is not None:
            self.node = None  # it was that of a given value, in a StatelessScope

    def __copy__(self) -> "Variable":
        return copy.deepcopy(self)  # each has a buffer of its own

    def __getstate__(self) -> tuple[Any, Any]:
        """Leaves the graph behind, when the Variable is copied or pickled."""
        own = {key: x for key, x in vars(self).items() if key not in LEFT_BEHIND}
        return own | {"_frozen_leaf": None}, self.data

    def __setstate__(self, state: tuple[Any, Any]) -> None:
        """Takes the state over, with a leaf of its own if it is trainable."""
        own, data = state
        self.data = np.asarray(data)  # joblib may have made a memmap of it
        vars(self).update(own)
        self.node = None
        self.trainable = self._trainable

    def __repr__(self) -> str:
        value = np.array2string(self.numpy(), separator=" ", threshold=100)
        return (
            f"<Variable path={self.path}, shape={self.shape}, "
            f"dtype={self.dtype}, value={value}>"
        )


# What a copy makes anew: the graphs, and what AutocastVariable has instead of slots.
LEFT_BEHIND = {"readers", "_buffer", "_leaf"}

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")
SYNCHRONIZATIONS = (None, "none", "on_read", "on_write", "auto")


def check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    """Refuses an option that there is none of."""
    if value not in choices:
        raise ValueError(
            f"{name} is one of {', '.join(map(repr, choices))}; got {value!r}."
        )
