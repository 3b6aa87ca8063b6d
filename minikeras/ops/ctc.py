"""Connectionist temporal classification: the loss of labels without their times."""

import math

from minikeras.ops.activation import log_softmax
from minikeras.ops.comparison import where
from minikeras.ops.creation import arange, full_like, zeros
from minikeras.ops.elementwise import mod
from minikeras.ops.reduction import logsumexp
from minikeras.ops.shape import concatenate, expand_dims, part_of, reshape, stack
from minikeras.primitives import elementwise, indexing
from minikeras.values.tensor import Tensor, as_float, as_tensor, cast
from minikeras.values.types import TensorLike

# log 0 as a number: differences of it are 0, where those of -inf are nan.
IMPOSSIBLE = -1e30


def ctc_loss(
    target: TensorLike,
    output: TensorLike,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Tensor:
    """Returns -log of the probability of all ways to spell a target in time.

    Each step says a class, or nothing, which is the class `mask_index`.  What is said
    spells the target if repetitions are joined first, and nothings left out then.

        α_t(s) = p_t(z_s) (α_{t-1}(s) + α_{t-1}(s - 1) + α_{t-1}(s - 2))

    z is the target with a nothing around each label; the last term is there only where
    z_s is a label other than the one before.  The loss is inf where there are too few
    steps.

    Shapes: target (n, labels), output (n, steps, classes) of logits, both lengths (n,)
    → (n,).
    Raises: ValueError for other numbers of axes.
    Source: Graves and others, Connectionist Temporal Classification, 2006, section 4.1.
    """
    target, output = cast(as_tensor(target), "int32"), as_float(output)
    if target.ndim != 2 or output.ndim != 3:
        raise ValueError(
            "ctc_loss needs target of shape (n, labels) and output of shape (n, steps, "
            f"classes); got {target.shape} and {output.shape}."
        )
    lengths = expand_dims(cast(as_tensor(target_length), "int32"), -1)
    steps_given = expand_dims(cast(as_tensor(output_length), "int32"), -1)
    steps = output.shape[1] or 0
    # What stands behind the end of a target may be any number: here it is nothing.
    inside = elementwise.less(arange(target.shape[1] or 0, dtype="int32"), lengths)
    nothing = full_like(lengths, mask_index)
    spelled = with_nothing_around(where(inside, target, mask_index), nothing)
    in_time = elementwise.add(expand_dims(spelled, 1), zeros((steps, 1), dtype="int32"))
    log_p = indexing.take_along_axis(log_softmax(output, -1), in_time, axis=-1)

    place = arange(spelled.shape[1] or 0, dtype="int32")
    start = at_step(log_p, 0)
    never = full_like(start, IMPOSSIBLE)
    two_before = shifted(spelled, full_like(spelled, mask_index), 2)
    may_skip = elementwise.logical_and(
        elementwise.equal(mod(place, 2), 1),
        elementwise.not_equal(spelled, two_before),
    )
    alpha = where(elementwise.less(place, 2), start, never)
    for step in range(1, steps):
        skipped = where(may_skip, shifted(alpha, never, 2), never)
        ways = stack([alpha, shifted(alpha, never, 1), skipped])
        following = elementwise.add(logsumexp(ways, axis=0), at_step(log_p, step))
        alpha = where(elementwise.greater(steps_given, step), following, alpha)

    behind = elementwise.subtract(elementwise.multiply(lengths, 2), place)
    ends = elementwise.logical_or(
        elementwise.equal(behind, 0), elementwise.equal(behind, 1)
    )
    loss = elementwise.negative(logsumexp(where(ends, alpha, never), axis=-1))
    return where(elementwise.greater(loss, -0.5 * IMPOSSIBLE), math.inf, loss)


def with_nothing_around(target: Tensor, nothing: Tensor) -> Tensor:
    """Returns labels with a nothing before each, and one behind the last.

    Shapes: (n, labels), (n, 1) → (n, 2 labels + 1).
    """
    if not target.shape[1]:
        return nothing
    between = elementwise.add(elementwise.multiply(target, 0), nothing)
    pairs = stack([target, between], axis=-1)
    return concatenate([nothing, reshape(pairs, (-1, 2 * target.shape[1]))], axis=1)


def shifted(x: Tensor, fill: Tensor, count: int) -> Tensor:
    """Returns rows moved to the right, with the first of another's coming in."""
    kept = part_of(x, 1, None, -count)
    return concatenate([part_of(fill, 1, None, count), kept], axis=1)


def at_step(x: Tensor, step: int) -> Tensor:
    """Returns what is at one step: (n, steps, places) → (n, places)."""
    return indexing.getitem(x, key=(slice(None), step))
