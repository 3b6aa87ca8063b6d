"""The axes of normalizations, held against the shapes of their inputs."""

from typing import Any

from minikeras.values.types import Axis, Shape


def one_or_several(axis: Any) -> Any:
    """Returns an axis that is an int, or several as a list.

    Raises: TypeError for anything else.
    """
    if isinstance(axis, int):
        return axis
    if isinstance(axis, (list, tuple)) and all(isinstance(i, int) for i in axis):
        return list(axis)
    raise TypeError(
        "Expected an int or a list/tuple of ints for the argument 'axis', but "
        f"received: {axis!r}"
    )


def sorted_axes(axis: Axis) -> list[int]:
    """Returns one axis or several as a list, in order."""
    return [axis] if isinstance(axis, int) else sorted(axis)


def place_of(axis: int, shape: Shape, layer_name: str) -> int:
    """Returns an axis counted from the front.

    Raises: ValueError if there is none.
    """
    if not -len(shape) <= axis < len(shape):
        raise ValueError(
            f'Axis {axis} of layer "{layer_name}" is out of bounds for input shape '
            f"{shape}."
        )
    return axis % len(shape)


def sides_along(axes: list[int], shape: Shape, layer_name: str) -> tuple[int, ...]:
    """Returns the sizes of some axes.

    Raises: ValueError if an axis is missing, named twice, or of unknown size.
    """
    places = {place_of(axis, shape, layer_name) for axis in axes}
    sides = tuple(side for i in sorted(places) if (side := shape[i]) is not None)
    if len(sides) < len(axes):
        raise ValueError(
            f'Layer "{layer_name}" needs different axes of known size; got axis={axes} '
            f"of the shape {shape}."
        )
    return sides


def shape_with(axis: Axis, shape: Shape, layer_name: str) -> Shape:
    """Returns a shape that has one axis, or several.

    Raises: ValueError if it has not.
    """
    for each in sorted_axes(axis):
        place_of(each, shape, layer_name)
    return tuple(shape)
