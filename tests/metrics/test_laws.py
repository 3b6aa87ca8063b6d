"""Laws of metrics: parts add up, weights repeat, ranges hold, recorded is eager."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import example, given
from hypothesis import strategies as st

from minikeras import Input, KerasTensor, Sequential, layers, metrics, utils
from minikeras.metrics import CLASSES
from minikeras.values.backends import BACKENDS, use_backend

N, K = 24, 3
SEEDS = st.integers(0, 2**16)
AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]

REQUIRED = {
    "IoU": {"num_classes": K, "target_class_ids": [0, 2]},
    "OneHotIoU": {"num_classes": K, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": K},
    "OneHotMeanIoU": {"num_classes": K},
    "PrecisionAtRecall": {"recall": 0.4},
    "RecallAtPrecision": {"precision": 0.4},
    "SensitivityAtSpecificity": {"specificity": 0.4},
    "SpecificityAtSensitivity": {"sensitivity": 0.4},
    "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 2},
    "MeanMetricWrapper": {"fn": metrics.mean_squared_error},
}
OF_CLASS_NUMBERS = {
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
}
OF_PAIRS = sorted(CLASSES.keys() - {"Mean", "Sum"})
# Correlations of a sample are those of its few outputs: nan if they are equal.
BOUNDED = {
    *(name for name in OF_PAIRS if "Accuracy" in name or "IoU" in name),
    *("Precision", "Recall", "AUC", "F1Score", "FBetaScore"),
    *(name for name in OF_PAIRS if "At" in name),
}


def made(name, /, **keywords):
    return CLASSES[name](**REQUIRED.get(name, {}), **keywords)


def inputs_for(name, generator):
    """Returns targets and predictions that a metric can be asked about."""
    scores = generator.dirichlet(np.ones(K), N).astype("float32")
    numbers = generator.integers(0, K, N)
    if name in OF_CLASS_NUMBERS:
        return numbers, scores
    if name in ("IoU", "MeanIoU"):
        return numbers, generator.integers(0, K, N)
    if name == "BinaryIoU":
        return generator.integers(0, 2, N), generator.random(N).astype("float32")
    return np.eye(K, dtype="float32")[numbers], scores


def result_of(metric, batches):
    for batch in batches:
        metric.update_state(*batch)
    return metric.result().numpy()


@pytest.mark.parametrize("name", OF_PAIRS)
@given(seed=SEEDS, cut=st.integers(1, N - 1))
def test_two_batches_are_one(name, seed, cut):
    y_true, y_pred = inputs_for(name, np.random.default_rng(seed))
    whole = result_of(made(name), [(y_true, y_pred)])
    parts = [(y_true[:cut], y_pred[:cut]), (y_true[cut:], y_pred[cut:])]
    np.testing.assert_allclose(
        result_of(made(name), parts), whole, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", OF_PAIRS)
@given(seed=SEEDS)
def test_a_weight_of_two_is_a_sample_seen_twice(name, seed):
    generator = np.random.default_rng(seed)
    y_true, y_pred = inputs_for(name, generator)
    weights = generator.integers(0, 3, N)
    weights[0] = 1  # somebody is there
    repeated = np.repeat(np.arange(N), weights)
    weighted = result_of(made(name), [(y_true, y_pred, weights)])
    seen = result_of(made(name), [(y_true[repeated], y_pred[repeated])])
    np.testing.assert_allclose(weighted, seen, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", sorted(BOUNDED))
@given(seed=SEEDS)
def test_shares_lie_between_0_and_1(name, seed):
    result = result_of(made(name), [inputs_for(name, np.random.default_rng(seed))])
    assert np.all((result >= 0) & (result <= 1 + 1e-6))


@pytest.mark.parametrize("name", OF_PAIRS)
def test_a_reset_metric_is_a_new_one(name):
    generator = np.random.default_rng(1)
    first, second = inputs_for(name, generator), inputs_for(name, generator)
    metric = made(name)
    metric.update_state(*first)
    metric.reset_state()
    assert all(not np.any(np.asarray(v)) for v in metric.variables)
    np.testing.assert_array_equal(
        result_of(metric, [second]), result_of(made(name), [second])
    )


@pytest.mark.parametrize("name", OF_PAIRS)
def test_without_state_of_its_own(name):
    generator = np.random.default_rng(1)
    first, second = inputs_for(name, generator), inputs_for(name, generator)
    expected = result_of(made(name), [first, second])
    metric = made(name)
    metric.update_state(*first)
    before = [np.array(v) for v in metric.variables]
    state = metric.stateless_update_state(before, *second)
    np.testing.assert_array_equal(metric.stateless_result(state), expected)
    assert all(not np.any(np.asarray(x)) for x in metric.stateless_reset_state())
    for variable, value in zip(metric.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    with pytest.raises(ValueError, match="one array for each"):
        metric.stateless_result(state[:-1])


@pytest.mark.parametrize("name", OF_PAIRS)
def test_a_class_comes_back_from_its_configuration(name):
    metric = made(name, name="mine")
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.name == "mine"
    assert again.get_config() == metric.get_config()
    y = inputs_for(name, np.random.default_rng(0))
    np.testing.assert_array_equal(result_of(again, [y]), result_of(metric, [y]))


@pytest.mark.parametrize("backend", [x for x in AVAILABLE if x != "loops"])
@pytest.mark.parametrize("name", OF_PAIRS)
def test_recorded_steps_give_the_bits_of_eager_ones(name, backend):
    generator = np.random.default_rng(2)
    y_true, _ = inputs_for(name, generator)
    keywords = {"sparse_y_pred": False} if name in ("IoU", "MeanIoU") else {}
    x = generator.normal(size=(N, 4)).astype("float32")
    weights = generator.integers(0, 3, N)
    if "IoU" in name:
        keywords["dtype"] = "float32"  # the weights are floats in a step

    def reported(jit_compile):
        utils.set_random_seed(0)
        metric = [made(name, name="plain", **keywords)]
        weighted = [made(name, name="weighted", **keywords)]
        loss, ending = "mse", [layers.Dense(K, "softmax")]
        if name == "BinaryIoU":
            ending = [layers.Dense(1, "sigmoid"), layers.Reshape(())]
        elif y_true.ndim == 1:
            loss = "sparse_categorical_crossentropy"
        model = Sequential([Input((4,)), *ending])
        model.compile("sgd", loss, None, metric, weighted, jit_compile=jit_compile)
        history = model.fit(
            x, y_true, sample_weight=weights, batch_size=8, epochs=3, verbose=0
        )
        if jit_compile:
            assert model.train_program is not None
        return history.history

    with use_backend(backend):
        eager, recorded = reported(False), reported(True)
    assert eager.keys() == recorded.keys()
    for key in eager:
        np.testing.assert_array_equal(eager[key], recorded[key])


def answers(generator):
    """Returns some of both answers, and scores with ties."""
    y_true = np.concatenate([[0, 1], generator.integers(0, 2, N - 2)])
    return y_true, generator.integers(0, 11, N) / 10


@given(seed=SEEDS)
def test_precision_recall_and_f_scores_are_those_of_scikit_learn(seed):
    y_true, scores = answers(np.random.default_rng(seed))
    found = scores.astype("float32") > 0.5
    for metric, judge in (
        (metrics.Precision(), sklearn.metrics.precision_score),
        (metrics.Recall(), sklearn.metrics.recall_score),
        (metrics.F1Score(threshold=0.5), sklearn.metrics.f1_score),
    ):
        column = slice(None), np.newaxis
        result = result_of(metric, [(y_true[column], scores[column])])
        expected = judge(y_true, found, zero_division=0)
        assert float(np.ravel(result)[0]) == pytest.approx(expected, abs=1e-5)


@given(seed=SEEDS)
@example(seed=0)
def test_the_area_under_roc_is_that_of_scikit_learn(seed):
    # Scores between the thresholds: no two share a step unless they are equal.
    y_true, scores = answers(np.random.default_rng(seed))
    scores = scores * 0.9 + 0.05
    metric = metrics.AUC(thresholds=[i / 20 for i in range(1, 20)])
    result = result_of(metric, [(y_true, scores)])
    expected = sklearn.metrics.roc_auc_score(y_true, scores)
    assert float(result) == pytest.approx(expected, abs=1e-5)


@given(seed=SEEDS)
def test_r2_and_errors_are_those_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    y_true, y_pred = generator.normal(size=(2, N, K)).astype("float32")
    weights = generator.uniform(0.1, 2.0, N).astype("float32")
    for metric, judge in (
        (metrics.R2Score(), sklearn.metrics.r2_score),
        (metrics.MeanSquaredError(), sklearn.metrics.mean_squared_error),
        (metrics.MeanAbsoluteError(), sklearn.metrics.mean_absolute_error),
    ):
        result = result_of(metric, [(y_true, y_pred, weights)])
        expected = judge(y_true, y_pred, sample_weight=weights)
        assert float(result) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(seed=SEEDS)
def test_intersection_over_union_is_the_jaccard_score_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    y_true, y_pred = generator.integers(0, K, (2, N))
    result = result_of(metrics.MeanIoU(K), [(y_true, y_pred)])
    expected = sklearn.metrics.jaccard_score(y_true, y_pred, average="macro")
    assert float(result) == pytest.approx(expected, abs=1e-5)


@given(seed=SEEDS)
def test_top_k_accuracy_is_that_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    y_true, scores = generator.integers(0, K, N), generator.random((N, K))
    result = result_of(metrics.SparseTopKCategoricalAccuracy(2), [(y_true, scores)])
    expected = sklearn.metrics.top_k_accuracy_score(
        y_true, scores, k=2, labels=np.arange(K)
    )
    assert float(result) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_batches_may_be_symbolic_and_of_any_size(name):
    # So it is when a layer of a graph measures what it sees.
    numbers = name in OF_CLASS_NUMBERS or name in ("IoU", "MeanIoU")
    scores = KerasTensor((None, 1 if name in ("IoU", "MeanIoU") else K))
    targets = KerasTensor((None, 1)) if numbers else KerasTensor((None, K))
    metric = made(name)
    if name in ("Mean", "Sum"):
        metric.update_state(scores)
    else:
        metric.update_state(targets, scores)
    assert all(np.all(variable.numpy() == 0) for variable in metric.variables)
