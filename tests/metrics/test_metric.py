"""Metrics: what they refuse, and what becomes of them when they are saved."""

import re

import numpy as np
import pytest

from minikeras import (
    Input,
    Sequential,
    Tensor,
    layers,
    losses,
    metrics,
    ops,
    saving,
    utils,
)


@pytest.mark.parametrize(
    "function", [metrics.binary_accuracy, losses.mean_squared_error]
)
def test_a_wrapped_function_comes_back_from_its_config(function):
    metric = metrics.MeanMetricWrapper(function, name="wrapped")
    again = metrics.MeanMetricWrapper.from_config(metric.get_config())
    y_true, y_pred = np.array([[1.0], [0.0]]), np.array([[0.75], [0.75]])
    assert float(again(y_true, y_pred)) == float(metric(y_true, y_pred))
    with pytest.raises(ValueError, match="metric function identifier: 'nonsense'"):
        metrics.MeanMetricWrapper.from_config({"fn": "nonsense"})


@pytest.mark.parametrize("threshold", [None, "half", [0.5]])
def test_a_threshold_is_a_number(threshold):
    with pytest.raises(TypeError, match="a number as threshold"):
        metrics.BinaryAccuracy(threshold=threshold)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(-1.0, 0.75), (0.0, 0.75), (np.float32(0), 0.75), (1, 0.75), (2.5, 0.5)],
)
def test_a_threshold_of_logits_is_any_number(threshold, expected):
    """Expected: what Keras 3.15.1 returns."""
    metric = metrics.BinaryAccuracy(threshold=threshold)
    logits = np.array([-1.0, 0.5, 2.0, 0.7])
    assert float(metric(np.array([0.0, 1.0, 1.0, 0.0]), logits)) == expected
    again = metrics.BinaryAccuracy.from_config(metric.get_config())
    assert again.get_config() == metric.get_config()


def test_a_label_with_a_fraction_is_no_class():
    y_pred = np.array([[0.0, 1.0], [0.0, 1.0]], "float32")
    labels = np.array([1.7, 1.0], "float32")
    assert metrics.sparse_categorical_accuracy(labels, y_pred).numpy().tolist() == [
        0.0,
        1.0,
    ]


def test_weights_of_samples_hold_for_what_their_masks_show():
    y_pred = Tensor(np.array([[[1.0], [9.0]], [[2.0], [3.0]]], "float32"))
    y_pred._keras_mask = Tensor(np.array([[True, False], [True, True]]))
    metric = metrics.MeanMetricWrapper(losses.mean_absolute_error)
    metric.update_state(np.zeros((2, 2, 1), "float32"), y_pred, np.array([2.0, 1.0]))
    assert float(metric.result()) == (2 * 1 + 1 * 2 + 1 * 3) / (2 + 1 + 1)


def share_right(y_true, y_pred):
    return 1.0 - y_pred[..., 0] * y_true[..., 0]


class Largest(metrics.Metric):
    """The largest of all values, and how many there were."""

    def __init__(self, start=0.0, **keywords):
        super().__init__(**keywords)
        self.start = start
        self.largest = self.add_weight(initializer="zeros", name="largest")
        self.number = metrics.Sum()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(ops.maximum(self.largest, ops.max(y_pred)))
        self.number.update_state(ops.ones_like(y_pred))

    def result(self):
        return ops.copy(self.largest)

    def get_config(self):
        return {**super().get_config(), "start": self.start}


def test_a_metric_of_ones_own():
    metric = Largest(name="largest_score")
    assert [v.path for v in metric.variables] == ["largest_score/largest", "sum/total"]
    assert float(metric([[0.0]], [[3.0]])) == 3.0
    assert float(metric([[0.0]], [[2.0]])) == 3.0
    assert float(metric.number.result()) == 2.0
    metric.reset_state()
    assert [float(v) for v in metric.variables] == [0.0, 0.0]
    config = metrics.serialize(metric)
    again = metrics.deserialize(config, {"Largest": Largest})
    assert (again.name, again.start) == ("largest_score", 0.0)
    with pytest.raises(ValueError, match="Largest"):
        metrics.deserialize(config)


def test_a_metric_inside_of_another_is_reset_with_it_in_fit():
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Largest()])
    x = np.arange(8.0).reshape(8, 1)
    first = model.evaluate(x, x, verbose=0)
    assert model.evaluate(x, x, verbose=0) == first


class Hits(metrics.Metric):
    """How many predictions above 0 are right, as guides to Keras write metrics."""

    capturable = True

    def __init__(self, name="hits", **keywords):
        super().__init__(name=name, **keywords)
        self.hits = self.add_variable(shape=(), initializer="zeros", name="hits")

    def update_state(self, y_true, y_pred, sample_weight=None):
        found = ops.logical_and(ops.cast(y_true, "bool"), ops.cast(y_pred > 0, "bool"))
        values = ops.cast(found, self.dtype)
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, self.dtype)
            values = ops.multiply(values, ops.reshape(sample_weight, (-1, 1)))
        self.hits.assign(self.hits + ops.sum(values))

    def result(self):
        return self.hits

    def reset_state(self):
        self.hits.assign(0)


def test_a_metric_in_the_style_of_guides_may_be_recorded():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(24, 3)).astype("float32")
    y = (generator.random((24, 2)) < 0.5).astype("float32")
    histories = []
    for jit_compile in (False, True):
        utils.set_random_seed(0)
        model = Sequential([Input((3,)), layers.Dense(2)])
        model.compile(
            "sgd", "mse", None, [Hits()], [Hits("weighted")], jit_compile=jit_compile
        )
        weights = np.arange(24) % 3
        history = model.fit(x, y, 8, 3, 0, sample_weight=weights).history
        histories.append(history)
    assert histories[0] == histories[1]
    assert 0 < histories[0]["hits"][0] <= y.sum()


def test_counts_have_the_names_of_keras():
    precision = metrics.Precision()
    precision.update_state([1.0, 1.0, 0.0], [0.9, 0.1, 0.8])
    assert (precision.true_positives, precision.false_positives) == (1.0, 1.0)


def test_a_function_of_ones_own_comes_back_with_custom_objects():
    metric = metrics.MeanMetricWrapper(share_right)
    config = metrics.serialize(metric)
    again = metrics.deserialize(config, {"share_right": share_right})
    assert again.fn is share_right
    with pytest.raises(ValueError, match="share_right"):
        metrics.deserialize(config)


def test_a_registered_function_comes_back_by_itself():
    function = saving.register_keras_serializable("test_metric")(share_right)
    try:
        metric = metrics.MeanMetricWrapper(function)
        assert metrics.deserialize(metrics.serialize(metric)).fn is function
        assert losses.deserialize(losses.serialize(function)) is function
    finally:
        del saving.get_custom_objects()["test_metric>share_right"]


class Forgetful(metrics.Metric):
    def __init__(self):
        self.total = self.add_variable((), "zeros")


MISTAKES = {
    lambda: metrics.AUC(curve="ROCK"): "Invalid AUC curve value: 'ROCK'",
    lambda: metrics.AUC(summation_method="x"): "Invalid AUC summation method",
    lambda: metrics.AUC(num_thresholds=1): "must be an integer > 1",
    lambda: metrics.AUC(num_labels=3): "needed only when `multi_label` is True",
    lambda: metrics.AUC(multi_label=True).update_state([1.0], [0.2]): "rank 2",
    lambda: metrics.Precision(thresholds=[0.2, 2.0]): "[0, 1]. Received: [2.0]",
    lambda: metrics.Recall(class_id=1).update_state([1.0], [0.2]): "(n, classes)",
    lambda: metrics.F1Score(threshold=1): "0 < threshold <= 1",
    lambda: metrics.F1Score(average="all"): "Invalid `average`",
    lambda: metrics.FBetaScore(beta=1): "Python float > 0",
    lambda: metrics.F1Score().update_state([1.0], [0.2]): "expects 2D inputs",
    lambda: metrics.IoU(2, [3]): "Target class id 3 is out of range",
    lambda: metrics.SensitivityAtSpecificity(2): "`specificity` must be in the range",
    lambda: metrics.RecallAtPrecision(0.5, 0): "must be an integer > 0",
    lambda: metrics.R2Score("mean"): "Expected one of",
    lambda: metrics.R2Score(num_regressors=-1): "Expected a value >= 0",
    lambda: metrics.R2Score().update_state([1.0], [0.2]): "expects 2D inputs",
    lambda: metrics.Precision()([1.0, 0.0], [0.2, 0.3], [1.0, 1.0, 1.0]): "broadcast",
    lambda: metrics.R2Score()([[1.0]], [[0.2]], [1.0, 1.0]): "broadcast",
    lambda: metrics.MeanIoU(2)([0, 1], [0, 1], [1, 1, 1]): "broadcast",
    lambda: metrics.get("Mse"): "metric identifier: 'Mse'",
    lambda: metrics.get(3): "metric identifier: 3",
}


@pytest.mark.parametrize(("mistake", "words"), MISTAKES.items())
def test_mistakes_are_explained(mistake, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        mistake()


def test_state_needs_a_constructor():
    with pytest.raises(RuntimeError, match=r"must call super\(\).__init__\(\)"):
        Forgetful()


def test_fractions_of_weights_that_are_cut_off_are_warned_of():
    metric = metrics.IoU(2, [0])
    with pytest.warns(UserWarning, match="dtype='float32'"):
        metric.update_state([0, 1], [0, 1], np.array([1.5, 0.5]))


@pytest.mark.parametrize(
    "metric", [metrics.F1Score(), metrics.R2Score(), metrics.AUC(multi_label=True)]
)
def test_a_metric_that_has_seen_nothing_is_0(metric):
    assert float(metric.result()) == 0.0


def test_r2_is_reduced_only_where_there_are_samples_enough():
    y_true, y_pred = np.array([[1.0], [4.0], [3.0]]), np.array([[2.0], [4.0], [4.0]])
    plain, reduced, too_few = (
        float(metrics.R2Score(num_regressors=n)(y_true, y_pred)) for n in (0, 1, 2)
    )
    assert reduced == pytest.approx(1 - (1 - plain) * 2)
    assert too_few == plain


def test_r2_of_targets_that_do_not_vary_is_0():
    y_true = np.full((3, 2), [1.0, 2.0])
    y_true[:, 1] = [1.0, 2.0, 3.0]
    metric = metrics.R2Score(class_aggregation=None)
    np.testing.assert_array_equal(
        metric(y_true, y_true + np.array([1.0, 0.0])), [0.0, 1.0]
    )


def test_state_is_found_in_lists_and_dicts():
    class Several(metrics.Metric):
        def __init__(self):
            super().__init__()
            self.inner = {"one": [metrics.Mean()], "two": (metrics.Sum(),)}
            self.again = self.inner["two"]

    metric = Several()
    assert [v.name for v in metric.variables] == ["total", "count", "total"]
    metric.inner["two"][0].update_state([1.0, 2.0])
    metric.reset_state()
    assert not any(float(v.numpy()) for v in metric.variables)


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (metrics.SensitivityAtSpecificity, "specificity"),
        (metrics.SpecificityAtSensitivity, "sensitivity"),
        (metrics.PrecisionAtRecall, "recall"),
        (metrics.RecallAtPrecision, "precision"),
    ],
)
def test_what_is_given_at_least_is_an_attribute(cls, name):
    assert getattr(cls(0.25), name) == 0.25


def test_a_class_may_be_counted_from_the_end():
    scores = [[0.9, 0.1], [0.2, 0.8]]
    for class_id, expected in ((-1, 1.0), (1, 1.0), (-2, 0.5)):
        precision = metrics.Precision(thresholds=0.1, class_id=class_id)
        assert float(precision([[1, 0], [0, 1]], scores)) == expected
    with pytest.raises(ValueError, match="counts class 2 alone; got values of shape"):
        metrics.Precision(class_id=2).update_state([[1, 0]], [[0.5, 0.5]])


def test_weights_that_fit_no_values_are_refused():
    metric = metrics.Mean()
    with pytest.raises(ValueError, match=r"shape \(3,\), its values have shape \(2,\)"):
        metric.update_state([1.0, 2.0], sample_weight=[1.0, 2.0, 3.0])
    metric.update_state([1.0, 2.0], sample_weight=[2.0])
    assert float(metric.result()) == 1.5
