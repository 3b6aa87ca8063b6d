"""What a layer expects of its input, checked at every call."""

from typing import NamedTuple

from minikeras.values.types import ShapeLike


class InputSpec(NamedTuple):
    """Conditions on a tensor: its number of axes, and the size along some of them.

    >>> InputSpec(min_ndim=2, axes={-1: 64}).check((32, 63), "dense")
    Traceback (most recent call last):
        ...
    ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis
    -1 of input shape to have value 64, but received input with shape (32, 63). Give it
    inputs of that size, or make the layer anew for 63.
    """

    ndim: int | None = None
    min_ndim: int | None = None
    max_ndim: int | None = None
    axes: dict[int, int] | None = None

    def check(self, shape: ShapeLike, layer_name: str) -> None:
        """Raises ValueError unless a shape meets the conditions; unknown sizes do."""
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
                f'Input 0 of layer "{layer_name}" is incompatible with the layer: '
                f"{problem}. Full shape received: {shape}{self.remedy(found)}"
            )
        for axis, size in (self.axes or {}).items():
            if shape[axis] is not None and shape[axis] != size:
                raise ValueError(
                    f'Input 0 of layer "{layer_name}" is incompatible with the layer: '
                    f"expected axis {axis} of input shape to have value {size}, but "
                    f"received input with shape {shape}. Give it inputs of that size, "
                    f"or make the layer anew for {shape[axis]}."
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
