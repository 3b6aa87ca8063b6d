"""What is said of a model and its inputs at the first batch, and what is not."""

import warnings

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers

BYTES = np.arange(32, dtype="uint8").reshape(2, 4, 4) * 8
TARGETS = np.zeros((2, 1))


def warnings_of(model, x=BYTES):
    """Returns what `fit` warns of."""
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, TARGETS, verbose=0)
    return [str(warning.message) for warning in caught]


def stack(*begin):
    """Returns a Sequential that begins with some layers."""
    return Sequential([Input((4, 4)), *begin, layers.Flatten(), layers.Dense(1)])


def graph(scaled):
    """Returns a graph that scales its input, or does not."""
    x = Input((4, 4))
    y = layers.Flatten()(x / 255 if scaled else x)
    return Model(x, layers.Dense(1)(y))


class Scaling(Model):
    """A model that does with its inputs what nobody sees."""

    def __init__(self):
        super().__init__()
        self.end = stack()

    def call(self, inputs):
        return self.end(inputs / 255)


@pytest.mark.parametrize("model", [stack(), graph(scaled=False)])
def test_bytes_that_are_not_scaled_are_a_warning(model):
    [warning] = warnings_of(model)
    assert "numbers of uint8 as they are, up to 248" in warning


@pytest.mark.parametrize(
    "model", [stack(layers.Normalization()), graph(scaled=True), Scaling()]
)
def test_nothing_is_said_where_they_may_be_scaled(model):
    assert warnings_of(model) == []


@pytest.mark.parametrize("x", [BYTES // 8, BYTES.astype("float32")])
def test_nothing_is_said_of_small_numbers_and_of_floats(x):
    assert warnings_of(stack(), x) == []


class Forgetful(layers.Layer):
    """Computes something, and does not return it."""

    def call(self, inputs):
        inputs * 2


class ForgetfulBlock(Model):
    """The same as a model inside of another one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, inputs):
        self.dense(inputs)


class WithoutConditions(layers.Layer):
    """A layer that says nothing of its inputs, and needs them."""

    def call(self, inputs):
        return inputs.shape


class InChain(Model):
    """Calls layers one after the other."""

    def __init__(self, *inside):
        super().__init__()
        self.chain = list(inside)

    def call(self, inputs):
        for layer in self.chain:
            inputs = layer(inputs)
        return inputs


@pytest.mark.parametrize("forgetful", [Forgetful, ForgetfulBlock])
def test_who_forgot_to_return_something_is_named(forgetful):
    model = InChain(layers.Flatten(), forgetful(name="culprit"), layers.Dense(1))
    model.compile("sgd", "mse")
    culprit = rf'`call` of "culprit" \({forgetful.__name__}\) end with a return'
    for _ in range(2):
        with pytest.raises(ValueError, match=culprit):
            model.fit(BYTES, TARGETS, verbose=0)


@pytest.mark.parametrize("inputs", [[], [Input((4, 4))]])
def test_who_forgot_to_return_something_is_named_in_a_chain(inputs):
    with pytest.raises(
        ValueError, match=r'"culprit" of Forgetful.*got None\. Does its'
    ):
        Sequential([*inputs, Forgetful(name="culprit"), layers.Dense(1)])(BYTES)


def test_who_forgot_to_return_something_is_named_where_nothing_was_expected():
    model = InChain(Forgetful(name="culprit"), WithoutConditions())
    with pytest.raises(AttributeError, match="'NoneType'") as caught:
        model(np.ones((2, 3)))
    notes = " ".join(caught.value.__notes__)
    assert 'called on None. That is what layer "culprit" (Forgetful) returned' in notes


def test_a_layer_that_returned_none_is_not_blamed_for_other_models():
    with pytest.raises(ValueError, match="culprit"):
        InChain(Forgetful(name="culprit"), layers.Dense(1))(np.ones((2, 3)))
    InChain(layers.Dense(1))(np.ones((2, 3)))
    with pytest.raises(ValueError, match="of the layer that computed it end with"):
        layers.Dense(1)(None)


def words(kind):
    """Returns a model of numbers of words, and the shapes of its weights known."""
    embedding = layers.Embedding(5, 2, name="words")
    if kind == "chain":
        return Sequential([embedding, layers.Flatten(), layers.Dense(1)])
    x = Input((2,))
    y = layers.Flatten()(embedding(x))
    return Model(x, layers.Dense(1)(y))


@pytest.mark.parametrize("dtype", ["int32", "float32", "uint8"])
@pytest.mark.parametrize("kind", ["chain", "graph"])
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_an_index_beyond_a_table_is_found_before_any_weight_changes(
    kind, method, dtype
):
    model = words(kind)
    model.compile("sgd", "mse")
    x, y = np.arange(20).reshape(10, 2) % 5, np.ones((10, 1))
    settings = {"batch_size": 2, "verbose": 0}
    model.fit(x.astype(dtype), y, **settings)
    before = model.get_weights()
    x[7, 1] = 5
    with pytest.raises(IndexError, match=r'"words" has a table of 5 rows.*got 5'):
        getattr(model, method)(x.astype(dtype), y, **settings)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_an_index_from_the_end_of_a_table_is_one():
    model = words("chain")
    model.compile("sgd", "mse")
    model.fit(np.full((4, 2), -5), np.ones((4, 1)), verbose=0)
    with pytest.raises(IndexError, match="got -6"):
        model.fit(np.full((4, 2), -6), np.ones((4, 1)), verbose=0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_an_index_beyond_a_table_inside_of_a_model_ends_with_whole_steps(jit_compile):
    class Words(Model):
        def __init__(self):
            super().__init__()
            self.words = words("chain")

        def call(self, inputs):
            return self.words(inputs)

    x, y = np.arange(20).reshape(10, 2) % 5, np.ones((10, 1))
    x[7, 1] = 5
    model = Words()
    model.compile("sgd", "mse", jit_compile=jit_compile)
    with pytest.raises(IndexError, match="5"):
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 3
