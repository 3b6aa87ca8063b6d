"""The estimators: under scikit-learn's own checks, and what is ours beside them."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import minikeras
from minikeras import Input, Sequential, layers, optimizers, wrappers

SILENT = {"verbose": 0}


def network(X, y, loss="mse", activation="linear", hidden=(10,)):
    """Makes a model for the data, from the same numbers each time."""
    minikeras.utils.set_random_seed(0)
    parts = [layers.Dense(units, activation="relu") for units in hidden]
    last = layers.Dense(y.shape[1], activation=activation)
    model = Sequential([Input((X.shape[1],)), *parts, last])
    model.compile(optimizers.RMSprop(0.03), loss=loss)
    return model


def classifier(**keywords):
    """Returns a classifier that trains for some epochs."""
    settings = {"loss": "categorical_crossentropy", "activation": "softmax"}
    fit = {"epochs": 20, **SILENT}
    return wrappers.SKLearnClassifier(network, False, settings, fit, **keywords)


def compiled():
    """Returns a compiled model of four inputs."""
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model


def data(count=40):
    """Returns four columns, and whether the first two together are positive."""
    X = np.random.default_rng(0).normal(size=(count, 4))
    return X, X[:, 0] + X[:, 1] > 0


@pytest.mark.parametrize(
    "estimator",
    [
        wrappers.SKLearnClassifier(
            network,
            model_kwargs={
                "loss": "categorical_crossentropy",
                "activation": "softmax",
                "hidden": (20, 20, 20),
            },
            fit_kwargs={"epochs": 5, **SILENT},
        ),
        wrappers.SKLearnRegressor(network, fit_kwargs=SILENT),
        wrappers.SKLearnTransformer(network, fit_kwargs=SILENT),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_checks_of_scikit_learn(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tries odd data, too
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert not [r["check_name"] for r in results if r["status"] == "failed"]
    assert sum(r["status"] == "passed" for r in results) >= 40


def test_labels_come_back_as_they_were_given():
    X, y = data()
    labels = np.where(y, "yes", "no")
    estimator = classifier().fit(X, labels)
    assert list(estimator.classes_) == ["no", "yes"]
    ahead = estimator.decision_function(X)  # a number for each row, as there are two
    assert ahead.shape == (40,)
    np.testing.assert_array_equal(estimator.predict(X) == "yes", ahead > 0)
    assert estimator.score(X, labels) > 0.8
    assert set(estimator.predict(X)) == {"no", "yes"}


def test_in_a_pipeline_and_a_search():
    X, y = data()
    pipeline = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(
        pipeline,
        {
            "sklearnclassifier__fit_kwargs": [
                {"epochs": 1, **SILENT},
                {"epochs": 30, **SILENT},
            ]
        },
        cv=2,
    ).fit(X, y)
    assert search.best_params_["sklearnclassifier__fit_kwargs"]["epochs"] == 30


def test_a_model_makes_features_for_another_estimator():
    X, y = data()
    features = wrappers.SKLearnTransformer(network, fit_kwargs=SILENT)
    pipeline = make_pipeline(features, LogisticRegression())
    assert pipeline.fit(X, y.astype(float)).predict(X).shape == (40,)
    assert features.transform(X).shape == (40, 1)


def test_a_regressor_predicts_in_the_shape_of_its_targets():
    X, _ = data()
    estimator = wrappers.SKLearnRegressor(network, fit_kwargs=SILENT)
    assert estimator.fit(X, X[:, 0]).predict(X).shape == (40,)
    assert estimator.fit(X, X[:, :2]).predict(X).shape == (40, 2)
    assert estimator.predict(X).dtype == "float64"


def test_each_fit_trains_a_new_model_and_leaves_the_given_one_alone():
    X, _ = data()
    model = compiled()
    before = model.get_weights()
    estimator = wrappers.SKLearnRegressor(model, fit_kwargs=SILENT)
    first = estimator.fit(X, X[:, 0]).model_
    second = estimator.fit(X, X[:, 0]).model_
    assert len({id(each) for each in (model, first, second)}) == 3
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert first.optimizer.iterations == 2


def test_a_warm_start_goes_on_with_the_same_model():
    X, _ = data()
    estimator = wrappers.SKLearnRegressor(network, warm_start=True, fit_kwargs=SILENT)
    first = estimator.fit(X, X[:, 0]).model_
    assert estimator.fit(X, X[:, 0]).model_ is first
    assert first.optimizer.iterations == 4
    model = compiled()
    estimator = wrappers.SKLearnRegressor(model, warm_start=True, fit_kwargs=SILENT)
    assert estimator.fit(X, X[:, 0]).model_ is model


def test_arguments_of_fit_come_before_those_of_the_estimator():
    X, _ = data()
    estimator = wrappers.SKLearnRegressor(network, fit_kwargs={"epochs": 1, **SILENT})
    assert estimator.fit(X, X[:, 0], epochs=3).history_.epoch == [0, 1, 2]
    assert estimator.fit_kwargs == {"epochs": 1, **SILENT}
    assert clone(estimator).fit_kwargs == estimator.fit_kwargs


def test_mistakes():
    X, y = data()
    uncompiled = Sequential([Input((4,)), layers.Dense(1)], name="bare")
    with pytest.raises(ValueError, match=r'compile\(optimizer=.* on "bare" first'):
        wrappers.SKLearnRegressor(uncompiled).fit(X, X[:, 0])
    with pytest.raises(ValueError, match=r"more than one class .* got np.True_ in"):
        classifier().fit(X[y], y[y])


def test_scikit_learn_is_needed_by_nothing_else():
    code = "import sys, minikeras; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_fitted_classifier_goes_to_another_process():
    X, y = data()
    model = classifier().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_scores_are_computed_by_several_processes():
    X, y = data()
    alone = cross_val_score(classifier(), X, y, cv=2)
    try:
        scores = cross_val_score(classifier(), X, y, cv=2, n_jobs=2)
    finally:  # else they wait for more to do, and other tests would count them
        get_reusable_executor().shutdown(wait=True)
    np.testing.assert_array_equal(scores, alone)
