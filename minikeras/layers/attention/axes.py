"""The axes of attention: those looked along, all others, and how masks meet them.

Attention itself knows one axis of times. Inputs with more axes are folded into that
form before, and what is found is unfolded after.
"""

import math
from typing import Any

from minikeras.primitives import elementwise, shape
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Shape


class Folding:
    """Brings (n, *a, h, d) into the form (m, t, h, d), with `axes` of a as times.

    All other axes of a become samples.  For inputs of three axes it does nothing.
    """

    def __init__(self, ndim: int, axes: tuple[int, ...]) -> None:
        self.ndim = ndim
        self.axes = axes
        self.others = tuple(axis for axis in range(ndim - 1) if axis not in axes)

    def heads(self, x: Tensor) -> Tensor:
        """Returns x (n, *a, h, d) as (m, t, h, d)."""
        if self.ndim == 3:
            return x
        order = (*self.others, *self.axes, self.ndim - 1, self.ndim)
        times = math.prod(x.shape[axis] for axis in self.axes)
        x = shape.transpose(x, axes=order)
        return shape.reshape(x, shape=(-1, times, *x.shape[-2:]))

    def unfolded(self, found: Tensor, query: Shape) -> Tensor:
        """Returns what was found, (m, t, h, e), as (n, *a, h, e)."""
        if self.ndim == 3:
            return found
        order = (*self.others, *self.axes)
        sides = [query[axis] for axis in order]
        found = shape.reshape(found, shape=(-1, *sides[1:], *found.shape[-2:]))
        back = [order.index(axis) for axis in range(self.ndim - 1)]
        return shape.transpose(found, axes=(*back, self.ndim - 1, self.ndim))

    def unfolded_weights(self, weights: Tensor, query: Shape, value: Shape) -> Tensor:
        """Returns weights (m, h, t, s) as (n, *others, h, *t, *s)."""
        if self.ndim == 3:
            return weights
        sides = self._sides(query, value)
        heads = len(self.others)
        sides = (-1, *sides[1:heads], weights.shape[1], *sides[heads:])
        return shape.reshape(weights, shape=sides)

    def seen(
        self,
        query: Shape,
        value: Shape,
        masks: list[Tensor],
        attention_mask: Tensor | None,
    ) -> Tensor | None:
        """Returns which keys are seen, (m, h, t, s) with 1 for sides that do not
        matter.

        `masks` are of keys, (n, *a); `attention_mask` is of scores, (n, *others, *t,
        *s), with or without an axis of heads.
        """
        parts = [self._of_keys(cast(mask, "bool")) for mask in masks]
        if attention_mask is not None:
            parts.append(self._of_scores(cast(attention_mask, "bool")))
        if not parts:
            return None
        seen = parts[0]
        for part in parts[1:]:
            seen = elementwise.logical_and(seen, part)
        return seen if self.ndim == 3 else self._folded(seen, query, value)

    def _of_keys(self, mask: Tensor) -> Tensor:
        """Returns a mask of keys with axes for heads and queries."""
        if mask.ndim != self.ndim - 1:
            raise ValueError(
                f"The mask of keys or values needs all their {self.ndim} axes but the "
                f"last; got shape {mask.shape}."
            )
        if self.ndim > 3:
            mask = shape.transpose(mask, axes=(*self.others, *self.axes))
        first = len(self.others)
        new = tuple(range(first, first + 1 + len(self.axes)))
        return shape.expand_dims(mask, axis=new)

    def _of_scores(self, mask: Tensor) -> Tensor:
        """Returns a mask of scores with all axes, those for samples and heads too."""
        looked = 2 * len(self.axes)
        missing = len(self.others) + 1 + looked - mask.ndim
        if missing < 0 or mask.ndim < looked:
            raise ValueError(
                "attention_mask needs the axes of the scores, (samples, queries, keys) "
                f"with or without one of heads; got shape {mask.shape}."
            )
        first = mask.ndim - looked
        new = tuple(range(first, first + missing))
        return shape.expand_dims(mask, axis=new) if new else mask

    def _folded(self, seen: Tensor, query: Shape, value: Shape) -> Tensor:
        """Returns a mask (n, *others, h, *t, *s) as (m, h, t, s)."""
        sides = self._sides(query, value)
        heads, looked = len(self.others), len(self.axes)
        kept = seen.shape[heads]
        sides = (*sides[:heads], kept, *sides[heads:])
        seen = shape.broadcast_to(seen, shape=sides)
        times = math.prod(sides[heads + 1 : heads + 1 + looked])
        keys = math.prod(sides[heads + 1 + looked :])
        return shape.reshape(seen, shape=(-1, kept, times, keys))

    def _sides(self, query: Shape, value: Shape) -> tuple[Any, ...]:
        """Returns the sides of scores without heads: others, times, times of keys."""
        return (
            *(query[axis] for axis in (*self.others, *self.axes)),
            *(value[axis] for axis in self.axes),
        )
