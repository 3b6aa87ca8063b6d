"""The base class of datasets: its settings, and what a subclass must define."""

import pytest

from minikeras.utils import PyDataset, Sequence


class Two(PyDataset):
    def __init__(self):
        """Calls no super().__init__()."""

    def __len__(self):
        return 2


def test_settings_have_defaults_without_a_call_of_the_constructor():
    dataset = Two()
    assert (dataset.workers, dataset.use_multiprocessing) == (1, False)
    assert dataset.max_queue_size == 10
    assert dataset.num_batches == 2


def test_what_is_missing_is_named():
    with pytest.raises(NotImplementedError, match=r"Two defines no __getitem__"):
        Two()[0]
    with pytest.raises(NotImplementedError, match="num_batches"):
        PyDataset().num_batches  # noqa: B018


@pytest.mark.parametrize(
    "settings", [{"workers": -1}, {"workers": "2"}, {"max_queue_size": 0}]
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        PyDataset(**settings)


def test_the_older_name_is_the_same_class():
    assert Sequence is PyDataset
