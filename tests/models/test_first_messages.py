"""What often goes wrong at the first fit is said in words that name it."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers

X = np.ones((8, 4), "float32")
Y = np.ones((8, 1), "float32")


def model_with(loss="mse"):
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile("sgd", loss)
    return model


def forgets(y_true, y_pred):
    (y_true - y_pred) ** 2


def in_numpy(y_true, y_pred):
    return np.mean((y_true.numpy() - y_pred.numpy()) ** 2, axis=-1)


def test_a_loss_that_returns_nothing_is_named():
    with pytest.raises(ValueError, match="The loss forgets returned None"):
        model_with(forgets).fit(X, Y, verbose=0)


def test_a_loss_of_numpy_is_named():
    with pytest.raises(RuntimeError, match=r"loss in_numpy .* Use minikeras.ops"):
        model_with(in_numpy).fit(X, Y, verbose=0)


@pytest.mark.parametrize("validation_data", [X, (X[:, :3], Y)], ids=["no y", "narrow"])
def test_what_is_wrong_with_validation_data_says_so(validation_data):
    with pytest.raises(ValueError, match=r"targets|shape") as error:
        model_with().fit(X, Y, validation_data=validation_data, verbose=0)
    assert error.value.__notes__[-1] == "That is about validation_data."


@pytest.mark.parametrize(
    ("batch", "words"), [(X, r"tuples \(x, y\)\.$"), ({"x": X, "y": Y}, "A dict is")]
)
def test_batches_without_targets_say_how_to_yield_them(batch, words):
    with pytest.raises(ValueError, match=words):
        model_with().fit(iter([batch]), verbose=0)


def test_none_in_an_array_is_named_with_its_place():
    x = X.astype(object)
    x[2, 1] = None
    with pytest.raises(ValueError, match=r"x holds None, first at position \(2, 1\)"):
        model_with().fit(x, Y, verbose=0)


@pytest.mark.parametrize("key", ["cat", 0.5, None])
def test_class_weights_have_class_numbers_as_keys(key):
    with pytest.raises(ValueError, match="class numbers as keys"):
        model_with().fit(X, Y, class_weight={key: 2.0}, verbose=0)


def test_what_is_wrong_with_validation_data_is_said_to_be_about_them():
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))
    for wrong in (3, (x, y[:3]), (x, y, y, y)):
        with pytest.raises(ValueError, match="ata") as error:
            model.fit(x, y, validation_data=wrong)
        assert error.value.__notes__[-1] == "That is about validation_data."
