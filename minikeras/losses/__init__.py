"""Losses: how far predictions are from targets, as one number to minimize."""

from collections.abc import Callable
from typing import Any

from minikeras.losses.classes import CTC as CTC
from minikeras.losses.classes import BinaryCrossentropy as BinaryCrossentropy
from minikeras.losses.classes import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from minikeras.losses.classes import CategoricalCrossentropy as CategoricalCrossentropy
from minikeras.losses.classes import (
    CategoricalFocalCrossentropy as CategoricalFocalCrossentropy,
)
from minikeras.losses.classes import (
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
)
from minikeras.losses.classes import CategoricalHinge as CategoricalHinge
from minikeras.losses.classes import Circle as Circle
from minikeras.losses.classes import CosineSimilarity as CosineSimilarity
from minikeras.losses.classes import Dice as Dice
from minikeras.losses.classes import Hinge as Hinge
from minikeras.losses.classes import Huber as Huber
from minikeras.losses.classes import KLDivergence as KLDivergence
from minikeras.losses.classes import LogCosh as LogCosh
from minikeras.losses.classes import MeanAbsoluteError as MeanAbsoluteError
from minikeras.losses.classes import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from minikeras.losses.classes import MeanSquaredError as MeanSquaredError
from minikeras.losses.classes import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from minikeras.losses.classes import Poisson as Poisson
from minikeras.losses.classes import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from minikeras.losses.classes import SquaredHinge as SquaredHinge
from minikeras.losses.classes import Tversky as Tversky
from minikeras.losses.crossentropy import binary_crossentropy as binary_crossentropy
from minikeras.losses.crossentropy import (
    binary_focal_crossentropy as binary_focal_crossentropy,
)
from minikeras.losses.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from minikeras.losses.crossentropy import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from minikeras.losses.crossentropy import (
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
)
from minikeras.losses.crossentropy import ctc as ctc
from minikeras.losses.crossentropy import kl_divergence as kl_divergence
from minikeras.losses.crossentropy import poisson as poisson
from minikeras.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from minikeras.losses.embeddings import circle as circle
from minikeras.losses.hinges import categorical_hinge as categorical_hinge
from minikeras.losses.hinges import hinge as hinge
from minikeras.losses.hinges import squared_hinge as squared_hinge
from minikeras.losses.loss import Loss as Loss
from minikeras.losses.loss import LossFunctionWrapper
from minikeras.losses.loss import serialize as serialize
from minikeras.losses.overlap import dice as dice
from minikeras.losses.overlap import tversky as tversky
from minikeras.losses.regression import cosine_similarity as cosine_similarity
from minikeras.losses.regression import huber as huber
from minikeras.losses.regression import log_cosh as log_cosh
from minikeras.losses.regression import mean_absolute_error as mean_absolute_error
from minikeras.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from minikeras.losses.regression import mean_squared_error as mean_squared_error
from minikeras.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from minikeras.saving.objects import deserialize_object, unknown
from minikeras.saving.registry import all_custom_objects
from minikeras.values.types import Identifier

CLASSES: dict[str, type[Loss]] = {
    cls.__name__: cls
    for cls in (
        MeanSquaredError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredLogarithmicError,
        Huber,
        LogCosh,
        CosineSimilarity,
        Hinge,
        SquaredHinge,
        CategoricalHinge,
        BinaryCrossentropy,
        BinaryFocalCrossentropy,
        CategoricalCrossentropy,
        CategoricalFocalCrossentropy,
        SparseCategoricalCrossentropy,
        CategoricalGeneralizedCrossEntropy,
        CTC,
        KLDivergence,
        Poisson,
        Dice,
        Tversky,
        Circle,
        LossFunctionWrapper,
    )
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        cosine_similarity,
        huber,
        log_cosh,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        categorical_hinge,
        hinge,
        squared_hinge,
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        categorical_generalized_cross_entropy,
        ctc,
        kl_divergence,
        poisson,
        sparse_categorical_crossentropy,
        dice,
        tversky,
        circle,
    )
}
SHORT: dict[str, Callable[..., Any]] = {
    name: function
    for short, function in (
        ("mse", mean_squared_error),
        ("mae", mean_absolute_error),
        ("mape", mean_absolute_percentage_error),
        ("msle", mean_squared_logarithmic_error),
        ("bce", binary_crossentropy),
        ("kld", kl_divergence),
    )
    for name in (short, short.upper())
}
# Those whose targets are class numbers: integers, which stay integers.
OF_LABELS = (
    sparse_categorical_crossentropy,
    categorical_generalized_cross_entropy,
    ctc,
)
# Those that divide predictions by their sum.
NORMALIZING = (
    categorical_crossentropy,
    categorical_focal_crossentropy,
    sparse_categorical_crossentropy,
)


def get(identifier: Identifier | None) -> Any:
    """Returns a loss, given by name, configuration, class, or as it is.

    The name of a function gives the function, the name of a class an object.

    >>> get("mse").__name__
    'mean_squared_error'

    Raises: ValueError if there is none of that name.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "loss", [*CLASSES, *FUNCTIONS, *SHORT])


def deserialize(
    name: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a loss from its configuration, or finds it by its name.

    Raises: ValueError if there is none of that name.
    """
    custom_objects = all_custom_objects(custom_objects)
    if not isinstance(name, str):
        return deserialize_object(name, CLASSES, "loss", custom_objects)
    if name in custom_objects:
        return custom_objects[name]
    if name in CLASSES and CLASSES[name] is not LossFunctionWrapper:
        return CLASSES[name]()
    if name in FUNCTIONS or name in SHORT:
        return FUNCTIONS.get(name) or SHORT[name]
    raise unknown(name, "loss", [*CLASSES, *FUNCTIONS, *SHORT])
