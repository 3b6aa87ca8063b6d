"""Batches from whatever yields them."""

import numpy as np
import pytest

from minikeras import Input, Sequential, callbacks, layers
from minikeras.models.iterable_data import IterableData


def rows(data, epoch=0):
    batches = [batch.tensors() for batch in data.epoch(epoch)]
    return [batch[0].numpy().ravel().tolist() for batch in batches]


def test_the_first_batch_of_an_iterable_is_not_lost():
    data = IterableData((np.array([float(i)]), np.array([0])) for i in range(3))
    first, _ = data.first().tensors()
    assert first.numpy().tolist() == [0.0]
    assert rows(data) == [[0.0], [1.0], [2.0]]


def test_an_iterable_without_batches_is_refused():
    with pytest.raises(ValueError, match="yielded no batch"):
        IterableData([]).first()


class Loader:
    """Like a loader of PyTorch's: it starts anew whenever it is asked to."""

    def __init__(self):
        self.started = 0

    def __iter__(self):
        self.started += 1
        for i in range(3):
            yield [np.full((2, 1), i, "float32"), np.zeros((2, 1))]

    def __len__(self):
        return 3


def model_of_one():
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_a_loader_is_read_once_per_epoch():
    loader = Loader()
    data = IterableData(loader)
    assert data.batches == 3
    data.first()
    assert [rows(data, epoch) for epoch in range(2)] == [
        [[i] * 2 for i in range(3)]
    ] * 2
    assert loader.started == 2


def test_fit_evaluate_and_predict_take_loaders_and_generators():
    model = model_of_one()
    history = model.fit(Loader(), validation_data=Loader(), epochs=2, verbose=0)
    assert history.params["steps"] == 3
    assert len(history.history["val_loss"]) == 2
    assert model.predict(Loader(), verbose=0).shape == (6, 1)
    assert model.predict((np.ones((2, 1)) for _ in range(2)), verbose=0).shape == (4, 1)
    assert isinstance(model.evaluate(iter(Loader()), verbose=0), float)


def test_class_weights_count_for_what_it_yields():
    batches = [(np.zeros((2, 1)), np.array([[0], [1]]))]
    history = model_of_one().fit(iter(batches), class_weight={1: 10.0}, verbose=0)
    assert history.history["loss"] == [5.0]
    with pytest.raises(ValueError, match="together"):
        model_of_one().fit(
            iter([(*batches[0], np.ones(2))]), class_weight={1: 10.0}, verbose=0
        )


@pytest.mark.parametrize("error", [KeyError("mine"), StopIteration("early")])
def test_errors_of_a_generator_arrive_as_they_are(error):
    ended = []

    class Failing:
        def __iter__(self):
            return self

        def __next__(self):
            if len(ended) > 2:
                raise error
            ended.append(0)
            return np.zeros((2, 1)), np.zeros((2, 1))

    model = model_of_one()
    listener = callbacks.LambdaCallback(on_train_end=lambda logs: ended.append("end"))
    if isinstance(error, StopIteration):
        model.fit(Failing(), verbose=0, callbacks=[listener])
    else:
        with pytest.raises(KeyError) as raised:
            model.fit(Failing(), verbose=0, callbacks=[listener])
        assert raised.value is error
    assert ended == [0, 0, 0, "end"]
    model.fit(np.zeros((2, 1)), np.zeros((2, 1)), verbose=0)


def test_a_validation_generator_goes_on_where_it_stopped():
    seen = []

    def batches():
        for i in range(100):
            seen.append(i)
            yield np.zeros((2, 1)), np.zeros((2, 1))

    model_of_one().fit(
        np.zeros((2, 1)),
        np.zeros((2, 1)),
        epochs=3,
        validation_data=batches(),
        validation_steps=2,
        verbose=0,
    )
    assert seen == [0, 1, 2, 3, 4, 5]
