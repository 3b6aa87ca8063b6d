"""Sums of products written with indices, in the manner of Einstein.

Apart from `matmul` because it is a small language: here it is read, and turned into
transposes around one product of matrices for each pair of operands.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from minikeras.ops.diagonal import diagonal
from minikeras.ops.matmul import contract
from minikeras.ops.shape import same_dtype
from minikeras.primitives import elementwise, reduction, shape
from minikeras.values.tensor import Tensor
from minikeras.values.types import TensorLike

Label: TypeAlias = str | int  # a letter, or an axis that "..." stands for


def einsum(subscripts: str, *operands: TensorLike, **kwargs: Any) -> Tensor:
    """Evaluates a sum of products such as "ij,jk->ik", the product of two matrices.

    A letter names an axis; one that is in several operands is the same there, one that
    is not right of the arrow is summed over.  "..." stands for all axes not named; they
    broadcast.  Without an arrow the result has the letters that occur once, by
    alphabet.

    Operands are combined from left to right, two at a time.

    >>> einsum("i,i->", [1.0, 2.0], [3.0, 4.0])
    Tensor(11., dtype=float32)

    Raises: ValueError if the text does not fit the operands; TypeError for options.
    """
    if kwargs:
        raise TypeError(f"einsum takes no options; got {', '.join(kwargs)}.")
    tensors = same_dtype(operands)
    terms, output = read(subscripts, tensors)
    check_sizes(subscripts, terms, tensors)
    factors = [diagonals(*pair) for pair in zip(tensors, terms, strict=True)]
    x, labels = factors[0]
    for i, (y, other) in enumerate(factors[1:], 1):
        later = {label for _, labels in factors[i + 1 :] for label in labels}
        x, labels = multiply_pair(x, labels, y, other, later.union(output))
    x, labels = sum_over(x, labels, [label for label in labels if label not in output])
    return shape.transpose(x, axes=tuple(labels.index(label) for label in output))


def read(
    subscripts: str, operands: Sequence[Tensor]
) -> tuple[list[list[Label]], list[Label]]:
    """Returns the labels of each operand's axes, and those of the result."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(operands):
        raise ValueError(
            f"einsum({subscripts!r}) speaks of {len(texts)} operands; got "
            f"{len(operands)}."
        )
    terms = [
        labels_of(text, x.ndim, subscripts)
        for text, x in zip(texts, operands, strict=True)
    ]
    counts = Counter(label for term in terms for label in term)
    rest = sorted(label for label in counts if isinstance(label, int))
    if arrow:
        letters = list(right.replace("...", ""))
        at = right.index("...") if "..." in right else 0
        output = letters[:at] + (rest if "..." in right else []) + letters[at:]
    else:
        once = (
            label for label, n in counts.items() if n == 1 and isinstance(label, str)
        )
        output = rest + sorted(once)
    unknown = [label for label in output if label not in counts]
    if unknown or len(set(output)) < len(output) or set(rest) - set(output):
        raise ValueError(
            f"The result of einsum({subscripts!r}) must have axes of the operands, "
            "each once, and all that '...' stands for."
        )
    return terms, output


def labels_of(text: str, ndim: int, subscripts: str) -> list[Label]:
    """Returns a label per axis: letters, and negative ints for "..."."""
    before, dots, after = text.partition("...")
    letters = before + after
    missing = ndim - len(letters)
    if (letters and not letters.isalpha()) or missing < 0 or (missing and not dots):
        raise ValueError(
            f"{text!r} in einsum({subscripts!r}) does not name the {ndim} axes of its "
            "operand."
        )
    return [
        *before,
        *range(-missing, 0),
        *after,
    ]  # counted from the right: they broadcast


def check_sizes(
    subscripts: str, terms: list[list[Label]], operands: Sequence[Tensor]
) -> None:
    """Refuses a letter that is two sizes at once."""
    sizes: dict[str | int, int] = {}
    for labels, x in zip(terms, operands, strict=True):
        for label, side in zip(labels, x.shape, strict=True):
            broadcasts = isinstance(label, int) and 1 in (side, sizes.get(label))
            if side is None or broadcasts:
                continue
            if sizes.setdefault(label, side) != side:
                raise ValueError(
                    f"{label!r} in einsum({subscripts!r}) has sizes {sizes[label]} "
                    f"and {side}."
                )


def diagonals(x: Tensor, labels: list[Label]) -> tuple[Tensor, list[Label]]:
    """Takes the diagonal of axes that have one letter."""
    labels = list(labels)
    for label, count in Counter(labels).items():
        for _ in range(count - 1):
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            del labels[second], labels[first]
            labels.append(label)
    return x, labels


def sum_over(
    x: Tensor, labels: list[Label], summed: list[Label]
) -> tuple[Tensor, list[Label]]:
    """Sums over the axes of some labels."""
    if not summed:
        return x, labels
    axis = tuple(labels.index(label) for label in summed)
    kept = [label for label in labels if label not in summed]
    return reduction.sum(x, axis=axis, keepdims=False), kept


def multiply_pair(
    x: Tensor, labels: list[Label], y: Tensor, other: list[Label], needed: set[Label]
) -> tuple[Tensor, list[Label]]:
    """Multiplies two operands, and sums over what nobody needs any more."""
    x, labels = sum_over(
        x, labels, [a for a in labels if a not in needed and a not in other]
    )
    y, other = sum_over(
        y, other, [a for a in other if a not in needed and a not in labels]
    )
    batch = [a for a in labels if a in other and a in needed]
    summed = [a for a in labels if a in other and a not in needed]
    free1 = [a for a in labels if a not in other]
    free2 = [a for a in other if a not in labels]
    x = arranged(x, labels, batch + free1 + summed)
    y = arranged(y, other, batch + summed + free2)
    if summed:
        return contract(x, y, len(batch), len(summed)), batch + free1 + free2
    if free2:
        x = shape.expand_dims(x, axis=tuple(range(x.ndim, x.ndim + len(free2))))
    if free1:
        places = range(len(batch), len(batch) + len(free1))
        y = shape.expand_dims(y, axis=tuple(places))
    return elementwise.multiply(x, y), batch + free1 + free2


def arranged(x: Tensor, labels: list[Label], order: list[Label]) -> Tensor:
    """Puts the axes in the order of labels."""
    return shape.transpose(x, axes=tuple(labels.index(label) for label in order))
