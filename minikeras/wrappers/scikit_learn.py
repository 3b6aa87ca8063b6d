"""Estimators around models: what scikit-learn trains, searches and puts in pipelines.

An estimator keeps what it was given as it is, which scikit-learn asks for: `fit` trains
a model of its own, and that is `model_` from then on.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from minikeras.models import Model, clone_model
from minikeras.utils.arrays import to_categorical


class ModelEstimator(BaseEstimator):
    """Trains a model; what its predictions mean is for the estimators below to say.

    `model` is a compiled model, of which each fit trains a copy with new weights, or a
    function that makes one: it is called with X, y and `model_kwargs`. `warm_start`
    goes on with the same model from one fit to the next. `fit_kwargs` are arguments for
    `model.fit`; those given to `fit` come before them, and `verbose` among them holds
    for predictions, too.

    After `fit`, `model_` is the trained model and `history_` its History.
    """

    _many_targets = True  # whether a row of y may have several values

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X: ArrayLike, y: ArrayLike, **kwargs: Any) -> Self:
        """Trains a model on X and y; other arguments are those of `model.fit`.

        Shapes: X (n, features), y (n,) or (n, targets).
        Raises: ValueError for data that scikit-learn refuses.
        """
        rows, y = validate_data(self, X, y, multi_output=self._many_targets)
        targets = self._targets_for_model(np.asarray(y))
        model = self._model_to_train(rows, targets)
        settings = {**(self.fit_kwargs or {}), **kwargs}
        self.history_ = model.fit(rows, targets, **settings)
        self.model_ = model
        return self

    def _model_to_train(self, X: np.ndarray, y: np.ndarray) -> Model:
        """Returns the model that a fit trains.

        Raises: ValueError unless it is compiled.
        """
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if not isinstance(self.model, Model):
            model = self.model(X=X, y=y, **(self.model_kwargs or {}))
        else:
            model = self.model if self.warm_start else clone_model(self.model)
        if not model.compiled:
            raise ValueError(
                f"{type(self).__name__} needs a compiled model: call compile(optimizer="
                f'..., loss=...) on "{model.name}" first.'
            )
        return model

    def _predicted(self, X: ArrayLike) -> np.ndarray:
        """Returns what the model makes of X."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        verbose = (self.fit_kwargs or {}).get("verbose", "auto")
        return self.model_.predict(X, verbose=verbose)

    def _targets_for_model(self, y: np.ndarray) -> np.ndarray:
        """Returns targets with an axis for the values of a row, as models predict.

        Raises: ValueError for what can be no targets.
        """
        type_of_target(y, raise_unknown=True)
        self._one_target = y.ndim == 1
        return y.reshape(len(y), -1)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # weights and order are drawn
        tags.target_tags.required = True
        tags.target_tags.multi_output = self._many_targets
        return tags


class SKLearnClassifier(ClassifierMixin, ModelEstimator):
    """A classifier: the model gets a row of 0 and 1 for each label, and scores classes.

    `classes_` has the labels, sorted.
    """

    _many_targets = False

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Returns the label with the highest score for each row of X."""
        scores = self._predicted(X)
        return self.classes_[np.argmax(scores, axis=-1)]

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Returns the scores that the model gives, as scikit-learn wants them.

        Shapes: (n, classes); of two classes (n,), how much the second is ahead.
        """
        scores = self._predicted(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _targets_for_model(self, y: np.ndarray) -> np.ndarray:
        """Returns labels as rows of 0 and 1.

        Raises: ValueError if they are no labels, or all the same.
        """
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(
                "SKLearnClassifier needs more than one class to tell apart; got "
                f"{self.classes_[0]!r} in every row."
            )
        return to_categorical(numbers, len(self.classes_))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # it depends on the model
        return tags


class SKLearnRegressor(RegressorMixin, ModelEstimator):
    """A regressor: the model predicts a value for each target."""

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Returns what is predicted for X as float64, in the shape that y had."""
        predicted = self._predicted(X).astype("float64")  # as scikit-learn's do
        return np.squeeze(predicted, axis=1) if self._one_target else predicted

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # it depends on the model
        return tags


class SKLearnTransformer(TransformerMixin, ModelEstimator):
    """A transformer: what the model makes of X is handed on."""

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Returns the model's output for X."""
        return self._predicted(X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
