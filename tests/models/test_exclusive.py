"""Several threads: each with a model of its own, or one after the other."""

import copy
import threading

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.callbacks import LambdaCallback
from minikeras.config import use_backend
from minikeras.models.exclusive import users
from tests.models.recorded_models import X, model_with, needs_kernels
from tests.models.small_models import line, small_model


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("fast", marks=needs_kernels)]
)
def test_two_models_in_two_threads_end_as_they_do_one_after_the_other(backend):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 300)).astype("float32")
    y = rng.normal(size=(256, 1)).astype("float32")

    def train(width):
        # The names of threads' choices are their own, and so are weights from a seed.
        model = Sequential([Input((300,)), layers.Dense(width, "relu")])
        model.add(layers.Dense(1))
        generator = np.random.default_rng(width)
        model.set_weights(
            [generator.normal(size=w.shape) * 0.05 for w in model.get_weights()]
        )
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=64, epochs=10, verbose=0, shuffle=False)
        return model.get_weights()

    with use_backend(backend):
        alone = [train(width) for width in (200, 300)]
    together = {}

    def work(width):
        with use_backend(backend):
            together[width] = train(width)

    threads = [threading.Thread(target=work, args=(width,)) for width in (200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, width in zip(alone, (200, 300), strict=True):
        for a, b in zip(expected, together[width], strict=True):
            np.testing.assert_array_equal(a, b)


@needs_kernels
def test_one_model_predicts_in_two_threads_as_in_one():
    model = model_with(layers.Dense(256, "relu"), layers.Dense(256, "relu"))
    inputs = [np.tile(X, (20, 1)), np.tile(-X, (20, 1))]
    with use_backend("fast"):
        expected = [model(x).numpy() for x in inputs]
        for _ in range(3):
            model.predict(inputs[0], batch_size=480, verbose=0)
    wrong = [0, 0]

    def work(number):
        with use_backend("fast"):
            for _ in range(40):
                found = model.predict(inputs[number], batch_size=480, verbose=0)
                wrong[number] += not np.array_equal(found, expected[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0, 0]


@pytest.fixture
def busy_model():
    """Yields a model that another thread trains, in the middle of its first epoch."""
    model = small_model()
    begun, may_end = threading.Event(), threading.Event()

    def wait(batch, logs):
        begun.set()
        assert may_end.wait(60)

    def work():
        listener = LambdaCallback(on_train_batch_end=wait)
        model.fit(*line(), callbacks=[listener], verbose=0)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    try:
        yield model
    finally:
        may_end.set()
        thread.join()


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_a_model_that_another_thread_trains_is_refused(busy_model, method):
    with pytest.raises(RuntimeError, match=r'Model "sequential.*another thread.*copy'):
        getattr(busy_model, method)(*line())


def test_a_model_that_another_thread_trains_predicts(busy_model):
    assert busy_model.predict(line()[0], verbose=0).shape == (20, 1)


def test_a_copy_of_a_model_that_another_thread_trains_is_free(busy_model):
    copy.deepcopy(busy_model).fit(*line(), verbose=0)


def test_a_model_is_free_again_when_a_training_has_ended_or_failed():
    model = small_model()
    listener = LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.fit(*line(), callbacks=[listener], verbose=0)
    with pytest.raises(ValueError, match="incompatible"):
        model.fit(np.ones((3, 5)), np.ones((3, 1)), verbose=0)
    model.fit(*line(), verbose=0)
    assert not users


def test_a_callback_may_evaluate_and_train_the_model_that_is_trained():
    model, inside = small_model(), []

    def use(epoch, logs):
        inside.append(model.evaluate(*line(), verbose=0))
        model.train_on_batch(*line())
        model.fit(*line(), verbose=0)
        assert users == {id(model): threading.get_ident()}  # others still have to wait

    listener = LambdaCallback(on_epoch_end=use)
    model.fit(*line(), epochs=2, callbacks=[listener], verbose=0)
    assert len(inside) == 2
    assert not users
