"""EinsumDense: a dense layer whose weighted sums are written with indices."""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.layer import Layer
from minikeras.layers.quantization import without_quantization
from minikeras.ops import functions as ops
from minikeras.primitives.elementwise import add
from minikeras.primitives.matmul import matmul
from minikeras.primitives.shape import reshape
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape, ShapeLike

DOTS, LETTERS = r"(\.\.\.)?", r"([a-zA-Z]+)"
EQUATION = f"{DOTS}{LETTERS}{DOTS},{LETTERS}->{DOTS}{LETTERS}{DOTS}"


class EinsumDense(Layer):
    """Sums over any axes of the inputs, with a weight for each term.

        y = activation(einsum(equation, x, kernel) + bias)

    In an equation such as "abc,cd->abd" the letters left of the comma are the axes of
    the inputs, those right of it the axes of the kernel.  `output_shape` has the sizes
    of the result without the first axis, None where it is that of the inputs.
    `bias_axes` names the axes of the result along which there is a bias each.  "..."
    on one side of inputs and result stands for axes that stay as they are; they are
    left out of `output_shape`.

    Shapes: for "abc,cde->abde" with output_shape (None, 2, 4): x (a, b, c) → y (a, b,
    2, 4); kernel (c, 2, 4), bias (2, 4) for bias_axes "de".
    Raises: ValueError if the equation does not fit the shapes.
    Source: Keras, `keras.layers.EinsumDense`.
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | ShapeLike,
        activation: Identifier | None = None,
        bias_axes: str | None = None,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**without_quantization(kwargs, "EinsumDense"))
        self.equation = equation
        self._summed = summed_at_the_end(equation)
        sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.partial_output_shape: Shape = tuple(sizes)
        self.bias_axes = bias_axes
        self.activation: Callable[..., Any] | None = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        axes = axes_of(self.equation, input_shape, self.partial_output_shape)
        self.kernel = self.add_weight(
            kernel_shape(self.equation, axes),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.bias_axes:
            self.bias = self.add_weight(
                bias_shape(self.equation, self.bias_axes, axes),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output, without building the layer.

        >>> layer = EinsumDense("...x,xy->...y", output_shape=5)
        >>> layer.compute_output_shape((None, 4, 3)), layer.built
        ((None, 4, 5), False)
        """
        shape = tuple(input_shape)
        axes = axes_of(self.equation, shape, self.partial_output_shape)
        return (*axes.before, *(axes.sizes[x] for x in axes.result), *axes.after)

    def call(self, inputs: Tensor) -> Tensor:
        if inputs.dtype != self.compute_dtype:  # integers
            inputs = cast(inputs, self.compute_dtype)
        if self._summed:
            outputs = self._multiplied(inputs)
        else:
            outputs = ops.einsum(self.equation, inputs, self.kernel)
            if self.bias is not None:
                outputs = add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _multiplied(self, inputs: Tensor) -> Tensor:
        """Does the same by one product of matrices, and a bias that it may take along.

        The axes that are summed over become one, and so do the new ones.
        """
        kept = inputs.shape[: inputs.ndim - self._summed]
        new = self.kernel.shape[self._summed :]
        rows, columns = math.prod(self.kernel.shape[: self._summed]), math.prod(new)
        if self._summed > 1:
            inputs = reshape(inputs, shape=(*kept, rows))
        outputs = matmul(inputs, reshape(self.kernel, shape=(rows, columns)))
        bias = self.bias
        if bias is not None and bias.shape == new:
            outputs, bias = add(outputs, reshape(bias, shape=(columns,))), None
        if len(new) > 1:
            outputs = reshape(outputs, shape=(*kept, *new))
        return outputs if bias is None else add(outputs, bias)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


def summed_at_the_end(equation: str) -> int:
    """Returns how many last axes of the inputs meet the first ones of the kernel.

    0 if that is not all that the equation says.

    >>> summed_at_the_end("abcd,cde->abe"), summed_at_the_end("abc,bcd->abd")
    (2, 0)
    """
    terms, _, result = equation.replace(" ", "").partition("->")
    inputs, _, kernel = terms.partition(",")
    letters = inputs.replace(".", "") + kernel
    for count in range(1, len(kernel)):
        summed, new = kernel[:count], kernel[count:]
        is_product = inputs.endswith(summed) and result == inputs[:-count] + new
        if is_product and len(set(letters)) == len(letters) - count:
            return count if len(inputs) > count else 0
    return 0


class Axes(NamedTuple):
    """What the letters of an equation stand for, with inputs of some shape."""

    kernel: str
    result: str
    sizes: dict[str, int | None]  # by letter
    before: Shape  # what "..." stands for in front of the letters
    after: Shape  # and behind them


def axes_of(equation: str, input_shape: Shape, output_shape: Shape) -> Axes:
    """Returns what the letters of an equation stand for.

    Raises: ValueError if the equation does not fit the shapes.
    """
    match = re.fullmatch(EQUATION, equation.replace(" ", ""))
    parts: Any = match.groups() if match else [None] * 7
    before, inputs, after, kernel, before_result, result, after_result = parts
    dots = (before, after)
    if match is None or all(dots) or dots != (before_result, after_result):
        raise ValueError(
            f"Invalid einsum equation {equation!r}: write it as 'ab,bc->ac', with dots "
            "before or after the letters of both inputs and result for axes that stay."
        )
    elided = len(input_shape) - len(inputs) if before or after else 0
    skipped = elided if before else 0
    end = skipped + len(inputs)
    # output_shape leaves the first axis out, which "..." may stand for.
    result_sizes = output_shape if skipped else (input_shape[0], *output_shape)
    fits = len(inputs) + elided == len(input_shape)
    if not fits or elided < 0 or len(result) != len(result_sizes):
        raise ValueError(
            f"The equation {equation!r} has not a letter for each axis of the input "
            f"shape {input_shape} and of the output shape {output_shape}."
        )
    sizes = dict(zip(inputs, input_shape[skipped:end], strict=True))
    for letter, size in zip(result, result_sizes, strict=True):
        if None not in (size, sizes.get(letter)) and size != sizes[letter]:
            raise ValueError(
                "Input shape and output shape do not match at shared dimension "
                f"{letter!r} of {equation!r}. Input shape is {sizes[letter]}, and "
                f"output shape is {size}."
            )
        if sizes.get(letter) is None:
            sizes[letter] = size
    return Axes(kernel, result, sizes, input_shape[:skipped], input_shape[end:])


def kernel_shape(equation: str, axes: Axes) -> Shape:
    """Returns the sizes that the letters of the kernel stand for.

    Raises: ValueError if one is not known.
    """
    for letter in axes.kernel:
        if axes.sizes.get(letter) is None:
            raise ValueError(
                f"The kernel of {equation!r} has an axis {letter!r} whose size is not "
                "known from input shape and output shape."
            )
    return tuple(axes.sizes[letter] for letter in axes.kernel)


def bias_shape(equation: str, letters: str, axes: Axes) -> Shape:
    """Returns the sizes from the first axis with a bias on, 1 where there is none.

    Raises: ValueError for a letter that is no axis of known size in the result.
    """
    for letter in letters:
        if letter not in axes.result or axes.sizes[letter] is None:
            raise ValueError(
                f"A bias along {letter!r} was requested, but that is no axis of known "
                f"size in the result of {equation!r}."
            )
    first = min(axes.result.index(letter) for letter in letters)
    sizes = (axes.sizes[x] if x in letters else 1 for x in axes.result[first:])
    return (*sizes, *[1] * len(axes.after))
