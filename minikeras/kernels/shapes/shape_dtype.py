"""A shape and a dtype, and the arithmetic of shapes whose sizes may be unknown.

A dimension is an int, or None if it is not known yet; whatever is computed from None is
None.
"""

import math

import numpy as np

MOST_AXES = 64  # NumPy has no arrays with more


class ShapeDtype:
    """All that is known of an array before it is computed.

    >>> ShapeDtype((None, 3), "float32")
    ShapeDtype((None, 3), float32)

    Raises: ValueError for more axes than an array can have.
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape, dtype):
        self.shape = tuple(shape)
        if len(self.shape) > MOST_AXES:
            raise ValueError(
                f"An array has at most {MOST_AXES} axes; got {len(self.shape)}."
            )
        self.dtype = np.dtype(dtype)

    @property
    def ndim(self):
        """The number of dimensions, which is always known."""
        return len(self.shape)

    @property
    def size(self):
        """The number of elements, or None."""
        return product(self.shape)

    def __eq__(self, other):
        if not isinstance(other, ShapeDtype):
            return NotImplemented
        return self.shape == other.shape and self.dtype == other.dtype

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        return f"ShapeDtype({self.shape}, {self.dtype})"


def shape_of(x):
    """Returns the shape of an input; a Python number has none, which is ()."""
    return getattr(x, "shape", ())


def dtype_of(*inputs):
    """Returns the dtype that the arrays among the inputs share.

    They may be real ones, constants beside what is symbolic.
    """
    for x in inputs:
        if hasattr(x, "dtype"):
            return x.dtype
    raise TypeError(
        f"At least one input must be an array; got "
        f"{', '.join(type(x).__name__ for x in inputs)}."
    )


def product(sizes):
    """Returns the product of sizes; None if one is unknown and none is zero.

    >>> product((2, 3)), product((2, None)), product((0, None))
    (6, None, 0)
    """
    sizes = tuple(sizes)
    if 0 in sizes:
        return 0
    return None if None in sizes else math.prod(sizes)


def broadcast_shapes(*shapes):
    """Returns the shape that arrays of these shapes broadcast to.

    An unknown size beside a known one other than 1 must turn out to be 1 or equal to
    it, so the result is known.

    Raises: ValueError if two known sizes differ and neither is 1.

    >>> broadcast_shapes((None, 1), (3,)), broadcast_shapes((None,), (3,))
    ((None, 3), (3,))
    """
    ndim = max(map(len, shapes), default=0)
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for sizes in zip(*aligned, strict=True):
        known = {size for size in sizes if size is not None and size != 1}
        if len(known) > 1:
            raise ValueError(
                f"Shapes {' and '.join(map(str, shapes))} do not broadcast: aligned at "
                "the right, sizes must be equal or one of them 1. Reshape one of them?"
            )
        if known:
            result.append(known.pop())
        else:
            result.append(None if None in sizes else 1)
    return tuple(result)


def normalized_axis(axis, ndim):
    """Returns an axis counted from the front.

    Raises: numpy.exceptions.AxisError, which is a ValueError, if there is no such axis.

    >>> normalized_axis(-1, 3)
    2
    """
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def normalized_axes(axis, ndim):
    """Returns the axes meant by None (all), an int or a tuple, counted from the front.

    Raises: numpy.exceptions.AxisError if there is no such axis; ValueError if one is
    named twice.

    >>> normalized_axes(None, 2), normalized_axes((-1, 0), 3)
    ((0, 1), (2, 0))
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    result = tuple(normalized_axis(a, ndim) for a in axes)
    if len(set(result)) < len(result):
        raise ValueError(f"axis={axis} names an axis of {ndim} dimensions twice.")
    return result
