"""Merging layers: as Keras's; what they refuse, and their masks."""

import numpy as np
import pytest

from minikeras import Input, Model, Tensor, layers
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = [case for case in read("merging") if "masks" not in case]
MASK_CASES = [case for case in read("merging") if "masks" in case]
ROWS = np.arange(6, dtype="float32").reshape(2, 3)
STEPS = np.ones((2, 3, 4), "float32")
ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shape_is_known_without_numbers(case):
    [inputs], sides = case["inputs"], case["outputs"].shape
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    assert layer.compute_output_shape([x.shape for x in inputs]) == sides
    shapes = [(None, *x.shape[1:]) for x in inputs]
    assert layer.compute_output_shape(shapes) == (None, *sides[1:])


@pytest.mark.parametrize("case", MASK_CASES, ids=lambda case: case["name"])
def test_masks_come_out_as_from_keras(case):
    inputs = [Tensor(x) for x in case["inputs"]]
    for x, mask in zip(inputs, case["masks"], strict=True):
        if mask is not None:
            x._keras_mask = Tensor(mask)
    layer = getattr(layers, case["class"].removeprefix("layers."))(**case["keywords"])
    output = layer(inputs)
    np.testing.assert_allclose(output, case["output"], rtol=1e-6, atol=1e-6)
    mask = getattr(output, "_keras_mask", None)
    if case["mask"] is None:
        assert mask is None
    else:
        np.testing.assert_array_equal(mask.numpy(), case["mask"])


@pytest.mark.parametrize("name", [*ELEMENTWISE, "Concatenate", "Dot"])
def test_functions_do_what_layers_do(name):
    inputs = [ROWS, ROWS + 1]
    keywords = {"axes": 1} if name == "Dot" else {}
    expected = getattr(layers, name)(**keywords)(inputs).numpy()
    result = getattr(layers, name.lower())(inputs, name="merged", **keywords)
    np.testing.assert_array_equal(result.numpy(), expected)


def test_a_layer_takes_other_shapes_and_numbers_of_inputs_later():
    layer = layers.Add()
    assert layer([ROWS, ROWS]).shape == (2, 3)
    assert layer((STEPS, STEPS, STEPS)).shape == (2, 3, 4)
    assert layer([STEPS, ROWS[:, :1]]).shape == (2, 3, 4)


def test_dtypes_are_promoted():
    integers = ROWS.astype("int32")
    assert layers.Add()([integers, integers]).dtype == "int32"
    assert layers.Add()([integers, ROWS]).dtype == "float32"
    assert layers.Average()([integers, integers]).dtype == "float32"
    assert layers.Concatenate()([integers, ROWS]).dtype == "float32"


@pytest.mark.parametrize("name", [*ELEMENTWISE, "Concatenate"])
def test_what_is_no_list_is_refused(name):
    for inputs in (ROWS, []):
        with pytest.raises(ValueError, match="should be called on a list of at least"):
            getattr(layers, name)()(inputs)


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: Input(batch_shape=x.shape)])
@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (layers.Add, [ROWS, ROWS[:, :2]], r"Shapes \(2, 3\) and \(2, 2\) do not broad"),
        (layers.Add, [STEPS, ROWS], r"Shapes \(2, 3, 4\) and \(2, 1, 3\) do not broad"),
        (layers.Multiply, [ROWS, ROWS[:1]], "different batch sizes"),
        (layers.Subtract, [ROWS] * 3, "exactly 2 inputs"),
        (layers.Subtract, [ROWS], "exactly 2 inputs"),
        (layers.Concatenate, [STEPS, STEPS[:, :1]], "matching shapes except"),
        (layers.Concatenate, [STEPS, ROWS], "matching shapes except"),
        (lambda: layers.Concatenate(5), [ROWS, ROWS], r"axis=5.* needs inputs that"),
        (lambda: layers.Dot(1), [ROWS, ROWS[:, :2]], r"one size; got 3 .* and 2 "),
        (lambda: layers.Dot(1), [ROWS] * 3, "exactly 2 inputs"),
        (lambda: layers.Dot(1), ROWS, "a list of at least 2 inputs"),
        (lambda: layers.Dot(0), [ROWS, ROWS], "an axis from 1 on; got axis 0"),
        (lambda: layers.Dot((1, 2)), [ROWS, ROWS], "an axis from 1 on; got axis 2"),
        (lambda: layers.Dot(-2), [ROWS, ROWS], "an axis from 1 on; got axis -2"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(wrap, layer, inputs, message):
    inputs = [wrap(x) for x in inputs] if isinstance(inputs, list) else wrap(inputs)
    with pytest.raises(ValueError, match=message):
        layer()(inputs)


@pytest.mark.parametrize(
    ("axes", "error"), [("a", TypeError), (None, TypeError), ((1, 2, 3), ValueError)]
)
def test_dot_takes_one_axis_or_two(axes, error):
    with pytest.raises(error, match="Dot takes an axis or a pair of them"):
        layers.Dot(axes)


def test_masks_are_a_list_for_each_input():
    layer = layers.Add()
    with pytest.raises(ValueError, match="`mask` should be a list"):
        layer.compute_mask([ROWS, ROWS], Tensor(ROWS))
    with pytest.raises(ValueError, match="as many tensors as there are masks"):
        layer.compute_mask([ROWS, ROWS], [None])


class Residual(Model):
    """A block with two merging layers: what a subclass of Model does with them."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(4, activation="relu")
        self.add = layers.Add()
        self.join = layers.Concatenate()
        self.scores = layers.Dense(1)

    def call(self, inputs):
        x = self.hidden(inputs)
        x = self.add([x, layers.maximum([x, inputs])])
        return self.scores(self.join([x, inputs]))


def test_a_subclassed_model_with_them_is_built_printed_and_trained():
    model = Residual()
    assert model.compute_output_shape((None, 4)) == (None, 1)
    summary = []
    model.summary(print_fn=summary.append)
    for part in ("Add", "Concatenate", "(None, 8)", "Total params: 29"):
        assert part in summary[0]
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    losses = model.fit(x, x[:, :1], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.predict(x, verbose=0).shape == (32, 1)


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("masked", [[True, True], [True, False]])
def test_the_mask_of_a_concatenation_is_a_part_of_the_graph(axis, masked):
    words = [Input((3,), name="a"), Input((3,), name="b")]
    embedded = [
        layers.Embedding(5, 2, mask_zero=mask)(x)
        for x, mask in zip(words, masked, strict=True)
    ]
    joined = layers.Concatenate(axis=axis)(embedded)
    model = Model(words, [joined, joined._keras_mask])
    data = [np.array([[1, 0, 2]]), np.array([[0, 0, 3]])]
    outputs, mask = model(data)
    np.testing.assert_array_equal(mask, outputs._keras_mask)
    counts = [x != 0 if mask else x == x for x, mask in zip(data, masked, strict=True)]
    expected = np.concatenate(counts, 1) if axis == 1 else counts[0] | counts[1]
    np.testing.assert_array_equal(mask, expected)
