"""What a layer expects of its inputs, checked at every call."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from minikeras.layers.context import who_returned_none
from minikeras.tree import flatten
from minikeras.values.types import ShapeLike


class Conditions(NamedTuple):
    """What an InputSpec holds."""

    dtype: str | None
    shape: tuple[int | None, ...] | None
    ndim: int | None
    max_ndim: int | None
    min_ndim: int | None
    axes: Mapping[int, int | None]
    allow_last_axis_squeeze: bool
    name: str | None
    optional: bool


class InputSpec(Conditions):
    """Conditions on a tensor: its dtype, its shape, the number of axes, some sizes.

    A `shape` has None where any size will do, and says the number of axes; with
    `allow_last_axis_squeeze` a last axis of size 1 may be missing, or too much.  An
    input that is `optional` may be None.  `name` is for readers.

    >>> InputSpec(min_ndim=2, axes={-1: 64}).check((32, 63), "dense")
    Traceback (most recent call last):
        ...
    ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis
    -1 of input shape to have value 64, but received input with shape (32, 63). Give it
    inputs of that size, or make the layer anew for 63.

    Raises: TypeError or ValueError for axes that there cannot be.
    """

    __slots__ = ()

    def __new__(
        cls,
        dtype: str | None = None,
        shape: ShapeLike | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> Self:
        sides = None if shape is None else tuple(shape)
        ndim = ndim if sides is None else len(sides)
        axes = {} if axes is None else axes
        if not isinstance(axes, dict) or any(type(axis) is not int for axis in axes):
            raise TypeError(
                "The axes of an InputSpec are a dict {axis: size}, with integers as "
                f"keys; got axes={axes!r}."
            )
        most = max_ndim if ndim is None else ndim
        if axes and most is not None and max(axes) >= most:
            raise ValueError(
                f"An input of at most {most} axes has no axis {max(axes)}; got "
                f"axes={axes!r}."
            )
        return super().__new__(
            cls,
            dtype,
            sides,
            ndim,
            max_ndim,
            min_ndim,
            axes,
            allow_last_axis_squeeze,
            name,
            optional,
        )

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs."""
        left_out = {"name", "allow_last_axis_squeeze"}
        return {key: x for key, x in self._asdict().items() if key not in left_out}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a spec from what `get_config` returned."""
        return cls(**config)

    def check(self, shape: ShapeLike, layer_name: str, place: int = 0) -> None:
        """Raises ValueError unless a shape meets the conditions; unknown sizes do."""
        if self.allow_last_axis_squeeze and self.shape is not None:
            shape = squeezed_like(shape, self.shape)
        found = len(shape)
        problem = None
        if self.ndim is not None and found != self.ndim:
            problem = f"expected ndim={self.ndim}, found ndim={found}"
        elif self.min_ndim is not None and found < self.min_ndim:
            problem = f"expected min_ndim={self.min_ndim}, found ndim={found}"
        elif self.max_ndim is not None and found > self.max_ndim:
            problem = f"expected max_ndim={self.max_ndim}, found ndim={found}"
        if problem:
            raise ValueError(
                f'Input {place} of layer "{layer_name}" is incompatible with the '
                f"layer: {problem}. Full shape received: {shape}{self.remedy(found)}"
            )
        for axis, size in self.axes.items():
            if size is not None and shape[axis] is not None and shape[axis] != size:
                raise ValueError(
                    f'Input {place} of layer "{layer_name}" is incompatible with the '
                    f"layer: expected axis {axis} of input shape to have value {size}, "
                    f"but received input with shape {shape}. Give it inputs of that "
                    f"size, or make the layer anew for {shape[axis]}."
                )
        if self.shape is not None and not all(
            size is None or side is None or size == side
            for size, side in zip(self.shape, shape, strict=True)
        ):
            raise ValueError(
                f'Input {place} of layer "{layer_name}" is incompatible with the '
                f"layer: expected shape={self.shape}, found shape={tuple(shape)}"
            )

    def remedy(self, found: int) -> str:
        """Returns what may help if a shape has another number of axes."""
        if found + 1 == (self.ndim or self.min_ndim):
            return (
                ". Is an axis missing? x[np.newaxis] makes a batch of one sample, "
                "x[..., np.newaxis] adds a channel, and a recurrent layer before this "
                "one keeps its steps with return_sequences=True."
            )
        if found - 1 == (self.ndim or self.max_ndim):
            return ". Is an axis too many? Flatten or Reshape take axes together."
        return ""


def squeezed_like(shape: ShapeLike, wanted: ShapeLike) -> ShapeLike:
    """Returns a shape with or without a last axis of size 1, as another one has it."""
    if len(shape) == len(wanted) + 1 and shape[-1] == 1:
        return shape[:-1]
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        return (*shape, 1)
    return shape


def check_inputs(specs: Any, inputs: Any, layer_name: str) -> None:
    """Raises ValueError unless every input meets its own conditions.

    `specs` is an InputSpec, or a structure of them like that of the inputs.
    """
    specs = [specs] if isinstance(specs, InputSpec) else leaves_of(specs)
    tensors = flatten(inputs)
    if len(specs) != len(tensors):
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)} inputs; got {len(tensors)}.'
        )
    for place, (spec, x) in enumerate(zip(specs, tensors, strict=True)):
        if x is None and spec.optional:
            continue
        if x is None:
            raise ValueError(
                f'Input {place} of layer "{layer_name}" is None; expected a tensor. '
                f"{who_returned_none()}"
            )
        if spec.dtype is not None and x.dtype != spec.dtype:
            raise ValueError(
                f'Input {place} of layer "{layer_name}" is incompatible with the '
                f"layer: expected dtype={spec.dtype}, found dtype={x.dtype}"
            )
        spec.check(x.shape, layer_name, place)


def leaves_of(specs: Any) -> list[InputSpec]:
    """Returns the specs in a list or dict; they are tuples themselves."""
    parts = [specs[key] for key in sorted(specs)] if isinstance(specs, dict) else specs
    found: list[InputSpec] = []
    for part in parts:
        found += [part] if isinstance(part, InputSpec) else leaves_of(part)
    return found
