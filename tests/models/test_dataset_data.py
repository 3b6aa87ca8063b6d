"""Batches from a PyDataset: in order, whoever makes them, and nobody left behind."""

import itertools
import multiprocessing
import os
import threading
import time

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, optimizers, utils
from minikeras.models.data import Source
from minikeras.models.dataset_data import DatasetData
from minikeras.models.progress import Progress

# Python from 3.12 on warns of any fork beside threads; those of ours survive it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)

WAYS = [{}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}]


class Numbers(utils.PyDataset):
    """Batch i holds the number i, and who made it."""

    def __init__(self, count=6, fails_at=None, **settings):
        super().__init__(**settings)
        self.count = count
        self.fails_at = fails_at
        self.heard = []
        self.offset = 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == self.fails_at:
            raise KeyError("mine", index)
        if index % 2:
            time.sleep(0.002)  # so that the next one would overtake it
        x = np.full((2, 1), index + self.offset, "float32")
        return x, np.full((2, 1), os.getpid())

    def on_epoch_begin(self):
        self.heard.append("begin")

    def on_epoch_end(self):
        self.heard.append("end")
        self.offset += 100


class Endless(Numbers):
    num_batches = None


def numbers(batches):
    return [int(batch.tensors()[0].numpy()[0, 0]) for batch in batches]


def model_for_numbers():
    model = Sequential([Input((1,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizers.SGD(1e-7), "mse")  # the numbers are large
    return model


@pytest.mark.parametrize("settings", WAYS)
def test_batches_come_in_order(settings):
    data = DatasetData(Numbers(**settings))
    assert numbers(data.epoch(0)) == list(range(6))


@pytest.mark.parametrize("settings", WAYS)
def test_a_shuffled_order_is_that_of_seed_and_epoch(settings):
    data = DatasetData(Numbers(20, **settings), shuffle=True)
    data.seed = 4
    first, second = numbers(data.epoch(0)), numbers(data.epoch(1))
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert numbers(data.epoch(0)) == first


@pytest.mark.parametrize("settings", WAYS)
def test_errors_arrive_where_their_batch_would_have(settings):
    data = DatasetData(Numbers(fails_at=4, **settings))
    batches = data.epoch(0)
    assert numbers(itertools.islice(batches, 4)) == [0, 1, 2, 3]
    with pytest.raises(KeyError) as error:
        next(batches)
    assert error.value.args == ("mine", 4)


@pytest.mark.parametrize("settings", WAYS)
def test_nobody_is_left_behind(settings):
    before = threading.active_count()
    batches = DatasetData(Numbers(1000, **settings)).epoch(0)
    next(batches)
    batches.close()
    assert threading.active_count() == before
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("settings", WAYS)
def test_nobody_is_left_behind_when_fit_fails(settings):
    before = threading.active_count()
    with pytest.raises(KeyError) as error:  # whose traceback holds all frames
        model_for_numbers().fit(
            Numbers(100, fails_at=7, **settings), shuffle=False, verbose=0
        )
    assert error.value.args == ("mine", 7)
    assert threading.active_count() == before
    assert not multiprocessing.active_children()


def test_processes_are_others_and_see_what_an_epoch_has_changed():
    data = DatasetData(Numbers(use_multiprocessing=True))
    source = Source(data)
    first = [group[0] for group in source.epoch(0)]
    second = [group[0] for group in source.epoch(1)]
    makers = {int(batch.tensors()[1].numpy()[0, 0]) for batch in (*first, *second)}
    assert os.getpid() not in makers
    assert numbers(first) == [0, 1, 2, 3, 4, 5]
    assert numbers(second) == [100, 101, 102, 103, 104, 105]


def test_no_more_are_made_ahead_than_the_queue_holds():
    made = []

    class Noting(Numbers):
        def __getitem__(self, index):
            made.append(index)
            return super().__getitem__(index)

    batches = DatasetData(Noting(50, workers=2, max_queue_size=3)).epoch(0)
    next(batches)
    time.sleep(0.05)
    assert sorted(made) == [0, 1, 2, 3]
    batches.close()


def test_a_dataset_hears_of_every_epoch():
    dataset = Numbers()
    model_for_numbers().fit(dataset, epochs=2, verbose=0)
    assert dataset.heard == ["begin", "end", "begin", "end"]


@pytest.mark.parametrize("settings", WAYS)
def test_a_dataset_without_end_goes_on_from_epoch_to_epoch(settings):
    source = Source(DatasetData(Endless(**settings)), steps=3)
    epochs = [[group[0] for group in source.epoch(i)] for i in range(2)]
    source.close()
    if settings:  # made ahead, or in processes, before the epoch ended
        assert [n % 100 for n in map(sum, map(numbers, epochs))] == [3, 12]
    else:
        assert list(map(numbers, epochs)) == [[0, 1, 2], [103, 104, 105]]


def test_a_dataset_without_end_needs_a_number_of_steps():
    model = model_for_numbers()
    with pytest.raises(ValueError, match="steps_per_epoch"):
        model.fit(Endless(), verbose=0)
    with pytest.raises(ValueError, match="steps"):
        model.evaluate(Endless(), verbose=0)
    history = model.fit(Endless(), steps_per_epoch=4, epochs=2, verbose=0)
    assert len(history.epoch) == 2


def test_a_resumed_training_tells_the_dataset_of_the_epochs_before():
    dataset = Numbers()
    progress = Progress(seed=1)
    progress.set_state({"seed": 1, "epoch": 2, "step": 4})
    source = Source(DatasetData(dataset))
    source.start(0, progress)
    assert dataset.heard == ["begin", "end"] * 2
    assert [numbers(group)[0] for group in source.epoch(2, progress.step)] == [204, 205]


@pytest.mark.parametrize("settings", WAYS)
def test_fit_evaluate_and_predict_take_it(settings):
    model = model_for_numbers()
    dataset = Numbers(**settings)
    history = model.fit(dataset, validation_data=Numbers(3), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert isinstance(model.evaluate(dataset, verbose=0), float)
    assert model.predict(dataset, verbose=0).shape == (12, 1)


def test_class_weights_count_for_its_batches():
    class Classes(utils.PyDataset):
        num_batches = 1

        def __getitem__(self, index):
            return np.zeros((2, 1)), np.array([[0], [1]])

    model = model_for_numbers()
    history = model.fit(Classes(), class_weight={1: 10.0}, verbose=0)
    assert history.history["loss"] == [5.0]


def test_it_is_an_error_to_give_targets_beside_it():
    for beside in ({"y": np.zeros(2)}, {"sample_weight": np.zeros(2)}):
        with pytest.raises(ValueError, match="beside"):
            model_for_numbers().fit(Numbers(), **beside, verbose=0)


def test_an_empty_dataset_is_no_data():
    with pytest.raises(ValueError, match="no batch"):
        model_for_numbers().fit(Numbers(0), verbose=0)


def test_the_first_batch_is_looked_at_once():
    asked = []

    class Noting(Numbers):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    model_for_numbers().fit(Noting(2), shuffle=False, verbose=0)
    assert asked == [0, 0, 1]
