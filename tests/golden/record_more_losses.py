"""The losses beyond the five of `losses`: values, gradients, configurations, names."""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, public
from tests.golden.record_losses import (
    BINARY_LOGITS,
    BINARY_PROBABILITIES,
    BINARY_TRUE,
    LABELS,
    LOGITS,
    ONE_HOT,
    PROBABILITIES,
    SOFT_TARGETS,
    VALUES_PREDICTED,
    VALUES_TRUE,
    class_case,
    function_case,
)

Case = dict[str, Any]

COUNTS = np.array([[0.0, 1.0, 4.0], [2.0, 0.0, 1.0]], dtype="float32")
RATES = np.array([[0.3, 1.5, 2.0], [2.5, 0.75, 1.0]], dtype="float32")
SIDES = np.array([[-1.0, 1.0, -1.0], [1.0, 1.0, -1.0]], dtype="float32")
ROW_WEIGHTS = np.array([0.5, 2.0, 0.0], dtype="float32")
UNIT = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], dtype="float32")
GROUPS = np.array([0, 0, 1, 2], dtype="int32")

WORDS = np.array([[1, 2, 2], [2, 1, 0], [1, 0, 0]], dtype="int32")
SPOKEN = np.sin(np.arange(45, dtype="float32")).reshape(3, 5, 3) * 2

# (function, what the inputs are, targets, predictions, keywords)
CALLS: list[tuple[str, str, np.ndarray, np.ndarray, dict[str, Any]]] = [
    ("mean_absolute_percentage_error", "values", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("mean_squared_logarithmic_error", "counts", COUNTS, RATES, {}),
    ("mean_squared_logarithmic_error", "values", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("huber", "values", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("huber", "narrow", VALUES_TRUE, VALUES_PREDICTED, {"delta": 0.3}),
    ("log_cosh", "values", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("log_cosh", "far", VALUES_TRUE, VALUES_PREDICTED * 100, {}),
    ("cosine_similarity", "values", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("cosine_similarity", "axis 0", VALUES_TRUE, VALUES_PREDICTED, {"axis": 0}),
    ("hinge", "sides", SIDES, VALUES_PREDICTED, {}),
    ("hinge", "yes or no", BINARY_TRUE, BINARY_LOGITS, {}),
    ("squared_hinge", "sides", SIDES, VALUES_PREDICTED, {}),
    ("squared_hinge", "yes or no", BINARY_TRUE, BINARY_LOGITS, {}),
    ("categorical_hinge", "scores", ONE_HOT, LOGITS, {}),
    ("kl_divergence", "distributions", SOFT_TARGETS, PROBABILITIES, {}),
    ("poisson", "counts", COUNTS, RATES, {}),
    ("binary_focal_crossentropy", "plain", BINARY_TRUE, BINARY_PROBABILITIES, {}),
    (
        "binary_focal_crossentropy",
        "balanced",
        BINARY_TRUE,
        BINARY_PROBABILITIES,
        {"apply_class_balancing": True, "alpha": 0.6, "gamma": 1.5},
    ),
    (
        "binary_focal_crossentropy",
        "logits smoothed",
        BINARY_TRUE,
        BINARY_LOGITS,
        {"from_logits": True, "label_smoothing": 0.1},
    ),
    ("categorical_focal_crossentropy", "plain", ONE_HOT, PROBABILITIES, {}),
    (
        "categorical_focal_crossentropy",
        "logits smoothed",
        ONE_HOT,
        LOGITS,
        {"from_logits": True, "label_smoothing": 0.1, "gamma": 1.5, "alpha": 0.5},
    ),
    ("dice", "all", BINARY_TRUE, BINARY_PROBABILITIES, {}),
    ("dice", "axis 1", BINARY_TRUE, BINARY_PROBABILITIES, {"axis": 1}),
    ("tversky", "all", BINARY_TRUE, BINARY_PROBABILITIES, {"alpha": 0.3, "beta": 0.7}),
    ("tversky", "axis 1", BINARY_TRUE, BINARY_PROBABILITIES, {"axis": (1,)}),
    ("ctc", "words", WORDS, SPOKEN, {}),
    ("circle", "all", GROUPS, UNIT, {"gamma": 2.0}),
    ("circle", "diagonal", GROUPS, UNIT, {"remove_diagonal": False, "gamma": 2.0}),
]

# (class, targets, predictions, keywords)
OBJECTS: list[tuple[str, np.ndarray, np.ndarray, dict[str, Any]]] = [
    ("MeanAbsolutePercentageError", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("MeanSquaredLogarithmicError", COUNTS, RATES, {}),
    ("Huber", VALUES_TRUE, VALUES_PREDICTED, {"delta": 0.5}),
    ("LogCosh", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("CosineSimilarity", VALUES_TRUE, VALUES_PREDICTED, {}),
    ("Hinge", SIDES, VALUES_PREDICTED, {}),
    ("SquaredHinge", SIDES, VALUES_PREDICTED, {}),
    ("CategoricalHinge", ONE_HOT, LOGITS, {}),
    ("KLDivergence", SOFT_TARGETS, PROBABILITIES, {}),
    ("Poisson", COUNTS, RATES, {}),
    ("BinaryFocalCrossentropy", BINARY_TRUE, BINARY_PROBABILITIES, {}),
    ("CategoricalFocalCrossentropy", ONE_HOT, PROBABILITIES, {}),
    ("Dice", BINARY_TRUE, BINARY_PROBABILITIES, {"axis": 1}),
    ("Tversky", BINARY_TRUE, BINARY_PROBABILITIES, {"axis": 1}),
    ("CTC", WORDS, SPOKEN, {}),
    ("CategoricalGeneralizedCrossEntropy", LABELS, PROBABILITIES, {"q": 0.3}),
]


def record() -> list[Case]:
    """Returns the functions, the classes with weights, and their configurations."""
    cases = [
        function_case(f"losses.{name}", what, y_true, y_pred, **keywords)
        for name, what, y_true, y_pred, keywords in CALLS
    ]
    for name, y_true, y_pred, keywords in OBJECTS:
        weights = ROW_WEIGHTS[: len(y_true)]
        for what, sample_weight in (("plain", None), ("weighted", weights)):
            case = class_case(
                f"losses.{name}",
                what,
                y_true,
                y_pred,
                sample_weight=sample_weight,
                **keywords,
            )
            cases.append(case)
    cases.append(class_case("losses.Circle", "plain", GROUPS, UNIT, gamma=2.0))
    for length in ([3, 2, 1], [2, 0, 3]):
        cases.append(spelling_case(np.array(length), np.array([5, 4, 5]), 0))
    cases.append(spelling_case(np.array([1, 1, 1]), np.array([1, 2, 5]), 2))
    for name, *_ in OBJECTS:
        made = public(f"losses.{name}")()
        config = public("losses.serialize")(made)
        cases.append({"name": f"{name} serialized", "config": config})
    return cases


def spelling_case(target: np.ndarray, output: np.ndarray, mask_index: int) -> Case:
    """Returns what ops.ctc_loss says of these lengths, inf for what cannot be said."""
    result = public("ops.ctc_loss")(WORDS, SPOKEN, target, output, mask_index)
    return {
        "name": f"ctc_loss {target} {output} {mask_index}",
        "arguments": [WORDS, SPOKEN, target, output, mask_index],
        "result": as_arrays(result),
    }
