"""Layers of attention do what Keras's do; mistakes get words."""

import numpy as np
import pytest

from minikeras import KerasTensor, Tensor, layers, ops
from tests.golden.golden_files import read
from tests.layers.golden_layers import CLOSE, agrees_with_keras

CASES = read("attention")
OPERATIONS = [case for case in CASES if "class" not in case]
LAYERS = [case for case in CASES if "class" in case]


# Where a query sees nothing Keras adds -1e9 to all scores. In float32 that leaves them
# equal, but their gradient does not know it. Ours is 0.
def compares_gradients(case):
    return not case["name"].endswith("nothing is seen")


@pytest.mark.parametrize("case", OPERATIONS, ids=lambda case: case["name"])
def test_the_operation_does_what_keras_does(case):
    inputs = [Tensor(x, requires_grad=True) for x in case["inputs"]]
    out = ops.dot_product_attention(*inputs, **case["keywords"])
    np.testing.assert_allclose(out.numpy(), case["outputs"], **CLOSE)
    if not compares_gradients(case):
        return
    ops.sum(out * case["cotangent"]).backward()
    for x, keras in zip(inputs, case["input gradients"], strict=True):
        np.testing.assert_allclose(x.grad.numpy(), keras, **CLOSE)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case["name"])
def test_the_layer_does_what_keras_does(case):
    agrees_with_keras(case, gradients=compares_gradients(case))


def test_bias_of_causal_attention():
    """PyTorch refuses to know of both; a bias is added to what is seen."""
    x = np.ones((1, 3, 1, 2), "float32")
    value = np.array([1.0, 2.0, 4.0], "float32").reshape(1, 3, 1, 1)
    bias = np.log(np.array([[1.0, 5.0, 5.0], [3.0, 1.0, 5.0], [1.0, 1.0, 2.0]]))
    out = ops.dot_product_attention(x, x, value, bias=bias, is_causal=True)
    np.testing.assert_allclose(out.numpy().ravel(), [1, 5 / 4, 11 / 4], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bias": np.zeros((3, 3)), "mask": np.ones((3, 3))}, "Only one of"),
        ({"attn_logits_soft_cap": 1.0}, "no soft cap"),
        ({"flash_attention": True, "bias": np.zeros((3, 3))}, "With a bias"),
    ],
)
def test_what_the_operation_does_not_do_is_refused(options, words):
    x = np.ones((1, 3, 2, 4))
    with pytest.raises(ValueError, match=words):
        ops.dot_product_attention(x, x, x, **options)


def test_the_operation_needs_four_axes_and_heads_that_divide():
    x = np.ones((1, 3, 6, 4))
    with pytest.raises(ValueError, match="four axes"):
        ops.dot_product_attention(x, x[0], x)
    with pytest.raises(ValueError, match="a multiple"):
        ops.dot_product_attention(x, x[:, :, :4], x[:, :, :4])


@pytest.mark.parametrize("size", [0, -1, 2.5, "a"])
@pytest.mark.parametrize(
    "name", ["num_heads", "key_dim", "value_dim", "sliding_window"]
)
def test_sizes_are_positive_integers(name, size):
    with pytest.raises(ValueError, match=f"`{name}`, expected a positive integer"):
        layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, name: size})


def test_heads_of_queries_are_a_multiple_of_the_others():
    with pytest.raises(ValueError, match="divisible"):
        layers.GroupQueryAttention(3, 4, 3)


def test_values_and_keys_have_the_same_times():
    x = np.ones((2, 3, 4), "float32")
    with pytest.raises(ValueError, match="except the last one, must be equal"):
        layers.MultiHeadAttention(2, 3)(x, x, x[:, :2])
    with pytest.raises(ValueError, match="same number of axes"):
        layers.MultiHeadAttention(2, 3)(x, x[0])


def test_weights_that_are_never_there_cannot_be_returned_or_dropped():
    x = np.ones((2, 3, 4), "float32")
    with pytest.raises(ValueError, match="leave it at None"):
        layers.MultiHeadAttention(2, 3, flash_attention=True)(
            x, x, return_attention_scores=True
        )
    with pytest.raises(ValueError, match="Dropout needs all weights"):
        layers.MultiHeadAttention(2, 3, flash_attention=True, dropout=0.1)


@pytest.mark.parametrize(
    "options", [{}, {"dropout": 0.5}, {"sliding_window": 2}, {"use_gate": True}]
)
def test_weights_returned_or_not_the_output_is_the_same(options):
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    layer = layers.MultiHeadAttention(2, 3, **options)
    mask = np.tri(5, dtype=bool)[np.newaxis]
    for call in ({}, {"use_causal_mask": True}, {"attention_mask": mask}):
        alone = layer(x, x, **call)
        output, weights = layer(x, x, return_attention_scores=True, **call)
        np.testing.assert_allclose(output.numpy(), alone.numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-6)


def test_dropout_drops_weights_while_training_only():
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    layer = layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1)
    still = layer(x, x, training=False).numpy()
    np.testing.assert_array_equal(layer(x, x).numpy(), still)
    first, second = (layer(x, x, training=True).numpy() for _ in range(2))
    assert not np.allclose(first, still)
    assert not np.allclose(first, second)
    _, weights = layer(x, x, training=True, return_attention_scores=True)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-6)
    _, weights = layers.Attention(dropout=0.5, seed=1)(
        [x, x], training=True, return_attention_scores=True
    )
    assert (weights.numpy() == 0).any()


def test_masks_of_embeddings_reach_keys_and_go_on_with_queries():
    words = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = layers.Embedding(5, 4, mask_zero=True)(words)
    layer = layers.MultiHeadAttention(1, 2)
    output, weights = layer(embedded, embedded, return_attention_scores=True)
    assert (weights.numpy()[0, 0, :, 2] == 0).all()
    assert (weights.numpy()[1, 0, :, 1:] == 0).all()
    np.testing.assert_array_equal(output._keras_mask.numpy(), words != 0)


@pytest.mark.parametrize("inputs", [2, 1, 4])
def test_plain_attention_takes_lists(inputs):
    x = np.ones((1, 2, 3), "float32")
    given = x if inputs == 2 else [x] * inputs
    with pytest.raises(ValueError, match=r"\[query, value\] or \[query, value, key\]"):
        layers.Attention()(given)
    with pytest.raises(ValueError, match=r"\[query_mask, value_mask\]"):
        layers.Attention()([x, x], mask=np.ones((1, 2), bool))
    with pytest.raises(ValueError, match="'dot' or 'concat'"):
        layers.Attention(score_mode="sum")


def test_shapes_are_known_without_numbers():
    layer = layers.MultiHeadAttention(2, 3, output_shape=7)
    shape = layer.compute_output_shape((None, None, 4), (None, 5, 6))
    assert shape == (None, None, 7)
    assert layers.EinsumDense("abc,cd->abd", (None, 7)).compute_output_shape(
        (None, 3, 4)
    ) == (None, 3, 7)


@pytest.mark.parametrize(
    ("equation", "options", "words"),
    [
        ("abc,cd", {}, "Invalid einsum equation"),
        ("...ab...,bc->...ac...", {}, "Invalid einsum equation"),
        ("abc,cd->abz", {}, "axis 'd' whose size is not known"),
        ("abc,cd->abd", {"output_shape": (4, 7)}, "shared dimension 'b'"),
        ("abc,cd->abd", {"bias_axes": "z"}, "along 'z'"),
        ("abc,cd->abd", {"output_shape": (None, 7), "bias_axes": "e"}, "along 'e'"),
        ("ab,bc->ac", {}, "a letter for each axis"),
        ("abc,cd->abd", {"output_shape": 7}, "a letter for each axis"),
    ],
)
def test_equations_fit_the_shapes(equation, options, words):
    layer = layers.EinsumDense(equation, **{"output_shape": (3, 7), **options})
    with pytest.raises(ValueError, match=words):
        layer(np.ones((2, 3, 5), "float32"))


def test_projections_start_different_and_freeze_together():
    x = np.ones((2, 3, 4), "float32")
    layer = layers.MultiHeadAttention(2, 3, kernel_initializer="he_normal")
    layer(x, x)
    query, key = layer.weights[0].numpy(), layer.weights[2].numpy()
    assert not np.allclose(query, key)
    frozen = layers.MultiHeadAttention(2, 3, trainable=False)
    frozen(x, x)
    assert frozen.trainable_weights == []
    frozen.trainable = True
    assert len(frozen.trainable_weights) == 8


def test_projections_and_sizes_have_names():
    layer = layers.MultiHeadAttention(2, 3, output_shape=5)
    layer(np.ones((1, 3, 4), "float32"), np.ones((1, 2, 4), "float32"))
    assert layer.output_shape == (5,)
    kernels = [
        dense.kernel
        for dense in (
            *(layer.query_dense, layer.key_dense),
            *(layer.value_dense, layer.output_dense),
        )
    ]
    assert [w for w in layer.weights if w.name == "kernel"] == kernels
    assert (layer.num_heads, layer.key_dim, layer.value_dim) == (2, 3, 3)
    assert layer.attention_axes == (1,)


@pytest.mark.parametrize("cls", [layers.Attention, layers.AdditiveAttention])
@pytest.mark.parametrize("shape", [(1, 2, 2), (2, 2), (None, 2, 2)])
def test_a_single_tensor_is_refused(cls, shape):
    with pytest.raises(ValueError, match="must be called on a list"):
        cls()(KerasTensor(shape))


@pytest.mark.parametrize(
    "layer",
    [layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 4, 2)],
    ids=repr,
)
def test_the_shape_of_the_keys_may_be_none(layer):
    shapes = [(None, 3, 4), (None, 5, 6)]
    assert layer.compute_output_shape(*shapes, None) == (None, 3, 4)


@pytest.mark.parametrize("output_shape", [8.0, "8"])
def test_an_output_shape_that_is_none_is_refused(output_shape):
    with pytest.raises(ValueError, match="`output_shape`"):
        layers.MultiHeadAttention(2, 3, output_shape=output_shape)
