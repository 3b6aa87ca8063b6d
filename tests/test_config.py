"""Settings of the process, and the namespace that has Keras's names for them."""

import logging

import numpy as np
import pytest

import minikeras
from minikeras import Input, KerasTensor, Sequential, backend, config, layers


@pytest.fixture(autouse=True)
def as_before():
    """Puts the settings back."""
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    config.enable_interactive_logging()
    config.set_floatx("float32")
    backend.clear_session()


def test_layers_follow_floatx_until_a_policy_is_set():
    config.set_floatx("float64")
    assert layers.Dense(1).compute_dtype == "float64"
    config.set_dtype_policy("mixed_float16")
    assert layers.Dense(1).compute_dtype == "float16"
    assert config.dtype_policy() == minikeras.DTypePolicy("mixed_float16")


def test_clearing_the_session_starts_names_anew_and_forgets_the_policy():
    config.set_dtype_policy("float64")
    backend.clear_session()
    assert config.dtype_policy().name == "float32"
    assert [layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]


@pytest.mark.parametrize("value", [0, -1, 1.5, "a"])
def test_limits_are_positive_integers(value):
    with pytest.raises(ValueError, match="positive integer"):
        config.set_max_epochs(value)
    with pytest.raises(ValueError, match="positive integer"):
        config.set_max_steps_per_epoch(value)


def model():
    made = Sequential([Input((3,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")


def test_the_limits_hold_in_training_and_evaluation():
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    trained = model()
    with pytest.warns(UserWarning, match="Limiting"):
        history = trained.fit(X, Y, batch_size=1, epochs=5, verbose=0)
    assert history.epoch == [0, 1]
    assert int(trained.optimizer.iterations) == 6
    with pytest.warns(UserWarning, match="Limiting"):
        assert trained.predict(X, batch_size=1, verbose=0).shape == (3, 1)


def test_progress_goes_to_the_log_if_it_is_not_interactive(capsys, caplog):
    config.disable_interactive_logging()
    with caplog.at_level(logging.INFO):
        model().fit(X, Y, verbose=1)
    assert capsys.readouterr().out == ""
    assert "loss" in caplog.text


def test_unsafe_loading_does_not_exist():
    with pytest.raises(ValueError, match="no unsafe deserialization"):
        config.enable_unsafe_deserialization()


def test_tracebacks_are_never_filtered_whatever_is_asked():
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()


def test_what_is_symbolic_is_known():
    assert backend.is_keras_tensor(KerasTensor((2,)))
    assert not backend.is_keras_tensor(X)


def test_dtypes_of_numpy_are_no_numbers_of_the_program():
    # np.dtype("float64") == float is True.
    assert backend.result_type(np.dtype("float64"), "float16") == "float32"
    assert backend.result_type(float, "float16") == "float16"


def test_there_is_one_device():
    with minikeras.device("cpu"):
        pass
    with minikeras.device("CPU:0"):
        pass
    with pytest.raises(ValueError, match=r'one device.*"cpu"'):
        minikeras.device("gpu:0").__enter__()


def test_names_that_only_keras_has_say_why():
    with pytest.raises(AttributeError, match="no quantizers, unlike Keras: nothing is"):
        _ = minikeras.quantizers
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = minikeras.nonsense


@pytest.mark.parametrize("dtype", [3.5, [1], object()])
def test_what_is_no_dtype_is_said(dtype):
    with pytest.raises(ValueError, match="A dtype is the name of a dtype or of a pol"):
        layers.Dense(1, dtype=dtype)


def test_a_configuration_without_a_config_is_said():
    with pytest.raises(ValueError, match="has class_name, and config, a dict"):
        minikeras.dtype_policies.deserialize({"class_name": "DTypePolicy"})
