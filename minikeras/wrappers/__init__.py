"""Models as scikit-learn's estimators; needs scikit-learn (the extra `sklearn`)."""

from minikeras.wrappers.scikit_learn import SKLearnClassifier as SKLearnClassifier
from minikeras.wrappers.scikit_learn import SKLearnRegressor as SKLearnRegressor
from minikeras.wrappers.scikit_learn import SKLearnTransformer as SKLearnTransformer
