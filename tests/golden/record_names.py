"""Names: what a string stands for, and what "accuracy" becomes for which shapes."""

from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import outcome_of, public

Case = dict[str, Any]

# Strings that users write, with near misses that must not be understood.
STRINGS = {
    "activations": [
        *(
            "relu",
            "relu6",
            "leaky_relu",
            "elu",
            "celu",
            "selu",
            "gelu",
            "silu",
            "swish",
        ),
        *("sigmoid", "tanh", "softmax", "log_softmax", "softplus", "softsign", "mish"),
        *(
            "exponential",
            "hard_sigmoid",
            "hard_silu",
            "hard_swish",
            "linear",
            "log_sigmoid",
        ),
        *("ReLU", "Relu", "RELU", "", "identity", "nope"),
    ],
    "losses": [
        *("mse", "MSE", "mean_squared_error", "MeanSquaredError", "Mse"),
        *("mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"),
        *("bce", "BCE", "binary_crossentropy", "BinaryCrossentropy"),
        *("categorical_crossentropy", "CategoricalCrossentropy"),
        *("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        *("crossentropy", "ce", "cce", "scce", "mean squared error", "nope"),
        *("mape", "MAPE", "msle", "MSLE", "kld", "KLD", "kl_divergence"),
        *("KLDivergence", "kullback_leibler_divergence", "huber", "Huber"),
        *("huber_loss", "log_cosh", "LogCosh", "logcosh", "cosine_similarity"),
        *("CosineSimilarity", "cosine_proximity", "hinge", "Hinge", "squared_hinge"),
        *("SquaredHinge", "categorical_hinge", "CategoricalHinge", "poisson"),
        *("Poisson", "binary_focal_crossentropy", "BinaryFocalCrossentropy"),
        *("categorical_focal_crossentropy", "CategoricalFocalCrossentropy", "dice"),
        *("Dice", "tversky", "Tversky", "circle", "Circle", "ctc", "CTC"),
    ],
    "metrics": [
        *("mse", "MSE", "mean_squared_error", "MeanSquaredError", "Mse"),
        *("mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"),
        *("rmse", "root_mean_squared_error", "RootMeanSquaredError"),
        *("bce", "BCE", "binary_crossentropy", "BinaryCrossentropy"),
        *("categorical_crossentropy", "CategoricalCrossentropy"),
        *("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        *("accuracy", "acc", "Accuracy", "ACC"),
        *("binary_accuracy", "BinaryAccuracy"),
        *("categorical_accuracy", "CategoricalAccuracy"),
        *("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
        *("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"),
        *("mean", "Mean", "sum", "Sum", "crossentropy", "ce", "nope"),
        *("mape", "MAPE", "msle", "MSLE", "kld", "kl_divergence", "KLDivergence"),
        *("huber", "log_cosh_error", "LogCoshError", "logcosh", "cosine_similarity"),
        *("CosineSimilarity", "hinge", "squared_hinge", "categorical_hinge"),
        *("poisson", "Poisson", "auc", "AUC", "au_c", "precision", "Precision"),
        *("recall", "Recall", "true_positives", "TruePositives", "false_negatives"),
        *("f1_score", "F1Score", "f_beta_score", "FBetaScore", "fbeta_score"),
        *("r2_score", "R2Score", "binary_io_u", "BinaryIoU", "binary_iou", "iou"),
        *("pearson_correlation", "ConcordanceCorrelation", "mean_iou"),
    ],
    "optimizers": [
        *("sgd", "SGD", "Sgd", "adam", "Adam", "ADAM", "adamw", "AdamW", "adam_w"),
        *("rmsprop", "RMSprop", "RMSProp", "rms_prop", "nope", ""),
    ],
    "initializers": [
        *("zeros", "zero", "Zeros", "ones", "one", "Ones"),
        *(
            "identity",
            "eye",
            "Identity",
            "orthogonal",
            "Orthogonal",
            "normal",
            "uniform",
        ),
        *("random_normal", "RandomNormal", "random_uniform", "truncated_normal"),
        *("glorot_uniform", "GlorotUniform", "glorot_normal", "xavier"),
        *("he_normal", "he_uniform", "HeNormal", "lecun_normal", "lecun_uniform"),
        *("variance_scaling", "VarianceScaling", "nope"),
    ],
}

# (targets, predictions): what "accuracy" is decided by.
SHAPES = [
    ((8, 1), (8, 1)),
    ((8,), (8, 1)),
    ((8, 4), (8, 4)),
    ((8,), (8, 4)),
    ((8, 1), (8, 4)),
    ((8, 3, 1), (8, 3, 1)),
    ((8, 3), (8, 3, 1)),
    ((8, 3, 5), (8, 3, 5)),
    ((8, 3), (8, 3, 5)),
    ((8, 3, 1), (8, 3, 5)),
    ((8, 2), (8, 2)),
]
LOSSES = ["mse", "binary_crossentropy", "categorical_crossentropy"]
LOSSES += ["sparse_categorical_crossentropy"]


def record() -> list[Case]:
    """Returns what each string stands for, then what accuracy and log keys become."""
    cases = [
        {
            "name": f"{kind}.get",
            "call": f"{kind}.get",
            "meanings": {text: meaning(kind, text) for text in texts},
        }
        for kind, texts in STRINGS.items()
    ]
    for y_true, y_pred in SHAPES:
        for loss in LOSSES if len(y_pred) == 2 else ["mse"]:
            cases += accuracy_cases(y_true, y_pred, loss)
    return cases + log_key_cases()


def meaning(kind: str, text: str) -> str | None:
    """Returns the function or class that `get` answers, None for a ValueError."""
    try:
        found = public(f"{kind}.get")(text)
    except ValueError:
        return None
    return getattr(found, "__name__", type(found).__name__)


def accuracy_cases(y_true: tuple, y_pred: tuple, loss: str) -> list[Case]:
    """Returns the metric that "accuracy" becomes for these shapes."""

    def resolve() -> str:
        activation = keras.layers.Activation("sigmoid")
        model = keras.Sequential([keras.Input(y_pred[1:]), activation])
        model.compile(loss=loss, metrics=["accuracy"])
        model.evaluate(np.zeros(y_pred), np.zeros(y_true, dtype="int32"), verbose=0)
        return type(model.metrics[1].metrics[0]).__name__

    case = {
        "name": f"accuracy {y_true} {y_pred} {loss}",
        "y_true_shape": y_true,
        "y_pred_shape": y_pred,
        "loss": loss,
    }
    outcome = outcome_of(resolve)
    understood = "error" not in outcome  # the loss itself may refuse the shapes
    return [case | {"result": outcome["result"]}] if understood else []


def log_key_cases() -> list[Case]:
    """Returns the keys of the logs for metrics given in different ways."""

    def distance(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    ways: dict[str, dict[str, Any]] = {
        "acc": {"metrics": ["acc"]},
        "accuracy": {"metrics": ["accuracy"]},
        "Accuracy": {"metrics": ["Accuracy"]},
        "mae twice": {"metrics": ["mae", "mae"]},
        "mse and MeanSquaredError": {"metrics": ["mse", "MeanSquaredError"]},
        "weighted alone": {"weighted_metrics": ["mae"]},
        "weighted clash": {"metrics": ["mae"], "weighted_metrics": ["mae"]},
        "weighted accuracy": {"metrics": ["acc"], "weighted_metrics": ["acc", "mse"]},
        "object": {"metrics": [keras.metrics.MeanSquaredError()]},
        "named object": {"metrics": [keras.metrics.MeanSquaredError(name="error")]},
        "another name by position": {"metrics": [keras.metrics.BinaryAccuracy("hits")]},
        "function": {"metrics": [distance]},
        "loss function": {"metrics": [keras.losses.mean_absolute_error]},
        "loss object": {"metrics": [keras.losses.MeanAbsoluteError()]},
        "nested list": {"metrics": [["mae", "mse"]]},
        "tuple": {"metrics": ("mae", "mse")},
        "dictionary": {"metrics": {"activation": "mae"}},
        "empty list": {"metrics": []},
    }
    cases = []
    for what, settings in ways.items():

        def keys(settings: dict[str, Any] = settings) -> Case:
            model = keras.Sequential(
                [
                    keras.Input((1,)),
                    keras.layers.Activation("linear", name="activation"),
                ]
            )
            model.compile(loss="mse", **settings)
            x, y = np.array([[0.25], [0.75]]), np.array([[1.0], [0.5]])
            weights = np.array([1.0, 3.0])
            return {
                "logs": model.evaluate(
                    x, y, sample_weight=weights, verbose=0, return_dict=True
                ),
                "in_order": model.evaluate(x, y, sample_weight=weights, verbose=0),
            }

        described = {key: describe(value) for key, value in settings.items()}
        cases.append({"name": f"log keys: {what}", **described} | outcome_of(keys))
    return cases


def describe(value: Any) -> Any:
    """Returns metrics as strings: the strings given, and the names of objects."""
    if isinstance(value, dict):
        return {key: describe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(describe(item) for item in value)
    if isinstance(value, str):
        return value
    kind = getattr(value, "__name__", None) or f"{type(value).__name__} object"
    return f"{kind} named {value.name}" if hasattr(value, "name") else kind
