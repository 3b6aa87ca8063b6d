"""Embedding: as Keras's, and an index outside of its table is an error at once."""

from functools import partial

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.config import use_backend
from minikeras.values.backends import fast
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

needs_kernels = pytest.mark.skipif(fast is None, reason="nothing is compiled")

CASES = read("embedding")
INTEGER_CASES = [c for c in CASES if c["inputs"][0].dtype.kind != "f"]


@pytest.mark.parametrize("case", INTEGER_CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


def test_fractions_are_cut_to_integers():
    (case,) = (c for c in CASES if c["inputs"][0].dtype.kind == "f")
    layer = layers.Embedding(**case["keywords"], weights=case["weights"][0][2])
    np.testing.assert_array_equal(layer(case["inputs"][0]).numpy(), case["outputs"])


@pytest.mark.parametrize("index", [5, -6, 5.0, 2**40])
def test_an_index_outside_of_the_table_is_named(index):
    layer = layers.Embedding(5, 3, name="words")
    with pytest.raises(IndexError, match=r'"words".*5 rows.*0 to 4; got -?[1-9]'):
        layer(np.array([[0, index]]))


def test_training_stops_at_the_first_batch_and_changes_nothing():
    model = Sequential([layers.Embedding(5, 3), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.build((None, 2))
    before = model.get_weights()
    with pytest.raises(IndexError, match="got 5"):
        model.fit(np.array([[1, 2], [3, 5]]), np.ones((2, 1)), verbose=0)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@needs_kernels
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("run", ["fit", "evaluate", "predict"])
def test_a_recorded_step_names_it_too(run, shuffle):
    words = np.zeros((24, 2), "int32")
    # Behind another layer, where not all indices are looked at before.
    model = Sequential([Input((2,), dtype="int32"), layers.Reshape((2,))])
    model.add(layers.Embedding(3, 2, name="words"))
    model.compile("sgd", "mse")
    targets = [] if run == "predict" else [np.ones((24, 2, 2), "float32")]
    options = {"shuffle": shuffle} if run == "fit" else {}
    step = partial(getattr(model, run), batch_size=4, verbose=0, **options)
    with use_backend("fast"):
        step(words, *targets)
        model._programs.program({"fit": "train", "evaluate": "test"}.get(run, run))
        words[-1] = 3
        before = model.get_weights()[0]
        with pytest.raises(
            IndexError, match=r'"words".*3 rows.*0 to 2; got 3'
        ) as raised:
            step(words, *targets)
    assert any('"words" (Embedding)' in note for note in raised.value.__notes__)
    if run != "fit":
        np.testing.assert_array_equal(model.get_weights()[0], before)


@pytest.mark.parametrize("size", [0, -1, 2.5, "a", None])
@pytest.mark.parametrize("name", ["input_dim", "output_dim"])
def test_sizes_are_positive_integers(name, size):
    with pytest.raises(ValueError, match=f"`{name}`, expected a positive integer"):
        layers.Embedding(**{"input_dim": 5, "output_dim": 3, name: size})


@pytest.mark.parametrize("wrap", [list, np.array])
def test_a_table_may_be_given(wrap):
    table = np.arange(6, dtype="float32").reshape(3, 2)
    weights = table if wrap is np.array else [table]
    layer = layers.Embedding(3, 2, weights=weights)
    assert layer.built
    np.testing.assert_array_equal(layer(np.array([2, 0])).numpy(), table[[2, 0]])


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(5, 3\), incompatible.*\(4, 3\)"):
        layers.Embedding(5, 3, weights=[np.ones((4, 3))])


def test_input_length_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="any length"):
        layer = layers.Embedding(5, 3, input_length=4)
    assert layer(np.zeros((1, 7), "int32")).shape == (1, 7, 3)


def test_the_shape_is_known_without_numbers():
    assert layers.Embedding(5, 3).compute_output_shape((None, 4)) == (None, 4, 3)


def test_the_mask_is_handed_on_only_by_mask_zero():
    x = np.array([[1, 0]])
    assert layers.Embedding(5, 3).compute_mask(x) is None
    mask = layers.Embedding(5, 3, mask_zero=True).compute_mask(x)
    np.testing.assert_array_equal(mask.numpy(), [[True, False]])
