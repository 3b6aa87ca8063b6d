"""Batches from whatever yields them."""

import numpy as np
import pytest

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
