"""Shapes in structures: of layers with several inputs, and as JSON brings them."""

from collections.abc import Callable, Sequence
from typing import Any


def map_shapes(function: Callable[[tuple[Any, ...]], Any], shapes: Any) -> Any:
    """Applies a function to every shape in a nested structure of them; None stays."""
    if shapes is None:
        return None
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    if shapes and isinstance(shapes[0], (tuple, list, dict)):
        kind = tuple if isinstance(shapes, tuple) else list
        return kind(map_shapes(function, shape) for shape in shapes)
    return function(tuple(shapes))


def as_shape(shape: Any) -> Any:
    """Returns a shape, or a structure of shapes, as JSON gives it, with tuples."""
    if isinstance(shape, dict):
        return {key: as_shape(part) for key, part in shape.items()}
    if not isinstance(shape, (list, tuple)):
        return shape
    return type(shape)(map(as_shape, shape)) if is_nested(shape) else tuple(shape)


def is_nested(shape: Sequence[Any]) -> bool:
    """Whether this is a list of shapes, not a shape."""
    return any(isinstance(part, (list, tuple, dict)) for part in shape)
