"""Laws that all losses keep: derivatives, sizes, signs, and the weights of samples."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Tensor, losses
from minikeras.losses import CLASSES, FUNCTIONS

N, K = 5, 4
SEEDS = st.integers(0, 2**16)
STEP = 1e-6


def numbers(generator):
    """Targets and predictions that differ, by neither 0 nor Huber's δ."""
    sign = generator.choice([-1.0, 1.0], (N, K))
    away = generator.choice([0.5, 1.5], (N, K)) + generator.uniform(-0.3, 0.3, (N, K))
    y_true = generator.uniform(2.0, 3.0, (N, K))
    return y_true, y_true + sign * away


def sides(generator):
    """Targets of -1 and 1, and scores whose margins are not exactly 1."""
    y_true = generator.choice([-1.0, 1.0], (N, K))
    y_pred = generator.choice([0.4, 1.6], (N, K)) + generator.uniform(-0.2, 0.2, (N, K))
    return y_true, y_pred * generator.choice([-1.0, 1.0], (N, K))


def answers(generator):
    """Targets of 0 and 1, and probabilities."""
    y_true = generator.integers(0, 2, (N, K)).astype("float64")
    return y_true, generator.uniform(0.05, 0.95, (N, K))


def classes(generator):
    """One-hot targets, and probabilities of classes that do not sum to 1."""
    y_true = np.eye(K)[generator.integers(0, K, N)]
    return y_true, generator.uniform(0.05, 0.95, (N, K))


def distributions(generator):
    """Two distributions."""
    return generator.dirichlet(np.ones(K), N) * 0.9 + 0.025, generator.dirichlet(
        np.ones(K), N
    ) * 0.9 + 0.025


def labels(generator):
    """Class numbers, and probabilities of classes."""
    return generator.integers(0, K, N), classes(generator)[1]


def groups(generator):
    """Two of each class, and embeddings of length 1."""
    embeddings = generator.normal(size=(N, K))
    return np.array([0, 0, 1, 1, 1]), embeddings / np.linalg.norm(
        embeddings, axis=-1, keepdims=True
    )


def words(generator):
    """Class numbers in rows that 0 fills up, and logits of more steps."""
    y_true = generator.integers(1, K, (N, 3))
    y_true *= np.arange(3) < generator.integers(0, 4, (N, 1))
    return y_true, generator.normal(size=(N, 8, K))


INPUTS = {
    "mean_squared_error": numbers,
    "mean_absolute_error": numbers,
    "mean_absolute_percentage_error": numbers,
    "mean_squared_logarithmic_error": numbers,
    "huber": numbers,
    "log_cosh": numbers,
    "cosine_similarity": numbers,
    "hinge": sides,
    "squared_hinge": sides,
    "categorical_hinge": classes,
    "binary_crossentropy": answers,
    "binary_focal_crossentropy": answers,
    "categorical_crossentropy": classes,
    "categorical_focal_crossentropy": classes,
    "categorical_generalized_cross_entropy": labels,
    "sparse_categorical_crossentropy": labels,
    "kl_divergence": distributions,
    "poisson": answers,
    "dice": answers,
    "tversky": answers,
    "circle": groups,
    "ctc": words,
}
KEYWORDS = {"categorical_generalized_cross_entropy": {"q": 0.3}, "circle": {"gamma": 2}}
PER_SAMPLE = [name for name in INPUTS if name not in ("dice", "tversky", "circle")]


@given(seed=SEEDS)
def test_all_that_can_be_said_is_said_with_probability_1(seed):
    logits = np.random.default_rng(seed).normal(size=(1, 3, 3))
    total = 0.0
    for length in range(4):
        for word in itertools.product((1, 2), repeat=length):
            target = np.zeros((1, 3), int)
            target[0, :length] = word
            total += float(np.exp(-losses.ctc(target, logits).numpy())[0])
    assert total == pytest.approx(1.0, rel=1e-9)


def test_there_are_inputs_for_every_function():
    assert INPUTS.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", INPUTS)
@given(seed=SEEDS)
def test_the_gradient_is_the_central_difference(name, seed):
    generator = np.random.default_rng(seed)
    y_true, y_pred = INPUTS[name](generator)
    keywords = KEYWORDS.get(name, {})
    direction = generator.normal(size=y_pred.shape)

    def total(y_pred):
        return float(np.sum(FUNCTIONS[name](y_true, y_pred, **keywords).numpy()))

    x = Tensor(y_pred, requires_grad=True)
    values = FUNCTIONS[name](y_true, x, **keywords)
    values.backward(np.ones(values.shape))
    expected = total(y_pred + STEP * direction) - total(y_pred - STEP * direction)
    actual = np.sum(np.asarray(x.grad) * direction)
    np.testing.assert_allclose(actual, expected / (2 * STEP), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PER_SAMPLE)
@given(seed=SEEDS)
def test_there_is_a_value_per_sample_that_depends_on_that_sample_alone(name, seed):
    y_true, y_pred = INPUTS[name](np.random.default_rng(seed))
    keywords = KEYWORDS.get(name, {})
    together = FUNCTIONS[name](y_true, y_pred, **keywords).numpy()
    assert together.shape == (N,)
    if name not in ("hinge", "squared_hinge"):  # they look at all targets at once
        alone = [
            FUNCTIONS[name](y_true[i : i + 1], y_pred[i : i + 1], **keywords).numpy()[0]
            for i in range(N)
        ]
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(INPUTS) - {"cosine_similarity", "poisson"}))
@given(seed=SEEDS)
def test_no_loss_is_below_zero(name, seed):
    y_true, y_pred = INPUTS[name](np.random.default_rng(seed))
    values = FUNCTIONS[name](y_true, y_pred, **KEYWORDS.get(name, {})).numpy()
    assert np.all(values >= -1e-12)


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError,
        losses.Huber,
        losses.BinaryCrossentropy,
        losses.KLDivergence,
    ],
)
@given(seed=SEEDS)
def test_a_weight_of_two_is_a_sample_seen_twice(loss, seed):
    generator = np.random.default_rng(seed)
    y_true, y_pred = distributions(generator)
    weights = generator.integers(0, 3, N)
    repeated = np.repeat(np.arange(N), weights)
    weighted = loss(reduction="sum")(y_true, y_pred, sample_weight=weights)
    seen = loss(reduction="sum")(y_true[repeated], y_pred[repeated])
    assert float(weighted) == pytest.approx(float(seen), rel=1e-5, abs=1e-6)
    mean = loss()(y_true, y_pred, sample_weight=weights)
    assert float(mean) == pytest.approx(float(weighted) / N, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", [n for n in CLASSES if n != "LossFunctionWrapper"])
def test_a_class_comes_back_from_its_configuration(name):
    loss = CLASSES[name](name="mine", reduction="sum")
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert (again.name, again.reduction, again.keywords) == (
        "mine",
        "sum",
        loss.keywords,
    )


@pytest.mark.parametrize(
    "loss",
    [
        losses.Huber(delta=0.25),
        losses.CosineSimilarity(axis=1),
        losses.SparseCategoricalCrossentropy(axis=1),
    ],
)
def test_keywords_that_keras_forgets_are_kept(loss):
    again = losses.deserialize(losses.serialize(loss))
    assert again.keywords == loss.keywords
