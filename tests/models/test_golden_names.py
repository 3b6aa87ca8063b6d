"""What names stand for, which accuracy is meant, and the keys of logs, as in Keras."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, layers, losses, metrics, ops
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

CASES = read("names")
MEANINGS = [case for case in CASES if "meanings" in case]
# Keras broadcasts a column of targets against several outputs: here an error.
ACCURACIES = [
    case
    for case in CASES
    if "y_true_shape" in case
    and not (
        case["loss"] == "mse" and case["y_true_shape"][-1] < case["y_pred_shape"][-1]
    )
]
# Metrics by the name of an output come with models of several outputs.
LOG_KEYS = [
    case
    for case in CASES
    if case["name"].startswith("log keys") and not isinstance(case.get("metrics"), dict)
]


@pytest.mark.parametrize("case", MEANINGS, ids=lambda case: case["name"])
def test_names_stand_for_the_same(case):
    family = getattr(minikeras, case["call"].split(".")[0])
    for text, expected in case["meanings"].items():
        if expected is None:
            with pytest.raises(ValueError, match="interpret"):
                family.get(text)
        else:
            found = family.get(text)
            assert getattr(found, "__name__", type(found).__name__) == expected, text


@pytest.mark.filterwarnings("ignore:The crossentropy of a single class")
@pytest.mark.parametrize("case", ACCURACIES, ids=lambda case: case["name"])
def test_accuracy_is_chosen_by_shapes(case):
    model = Sequential([Input(case["y_pred_shape"][1:]), layers.Activation("sigmoid")])
    model.compile(loss=case["loss"], metrics=["accuracy"])
    y = np.zeros(case["y_true_shape"], "int32")
    model.evaluate(np.zeros(case["y_pred_shape"]), y, verbose=0)
    assert type(model.metrics[1].metrics[0]).__name__ == case["result"]


def distance(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


OBJECTS = {
    "MeanSquaredError object named mean_squared_error": metrics.MeanSquaredError,
    "MeanSquaredError object named error": lambda: metrics.MeanSquaredError(
        name="error"
    ),
    "BinaryAccuracy object named hits": lambda: metrics.BinaryAccuracy("hits"),
    "distance": lambda: distance,
    "mean_absolute_error": lambda: losses.mean_absolute_error,
    "MeanAbsoluteError object named mean_absolute_error": losses.MeanAbsoluteError,
}


def given(described):
    """Returns the metrics that a case describes."""
    if isinstance(described, (list, tuple)):
        return type(described)(given(part) for part in described)
    if isinstance(described, dict):
        return {key: given(part) for key, part in described.items()}
    return OBJECTS[described]() if described in OBJECTS else described


@pytest.mark.parametrize("case", LOG_KEYS, ids=lambda case: case["name"])
def test_logs_have_the_same_keys_and_values(case):
    reset_names()
    model = Sequential([Input((1,)), layers.Activation("linear", name="activation")])
    settings = {
        key: given(case[key]) for key in ("metrics", "weighted_metrics") if key in case
    }
    model.compile(loss="mse", **settings)
    x, y = np.array([[0.25], [0.75]]), np.array([[1.0], [0.5]])
    weights = np.array([1.0, 3.0])
    logs = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    assert list(logs) == list(case["result"]["logs"])
    assert logs == pytest.approx(case["result"]["logs"])
    in_order = model.evaluate(x, y, sample_weight=weights, verbose=0)
    assert in_order == pytest.approx(case["result"]["in_order"])
