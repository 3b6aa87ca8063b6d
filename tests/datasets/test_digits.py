import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.datasets import digits
from tests.datasets.tiny_files import sha256


def all_samples(**options):
    (x_train, y_train), (x_test, y_test) = digits.load_data(**options)
    return np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])


def test_the_shipped_file_is_the_pinned_one():
    assert sha256(digits.PATH.read_bytes()) == digits.SHA256
    assert digits.PATH.stat().st_size < 50_000


def test_shapes_and_types_are_as_keras_gives_for_mnist():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, y_train.shape) == ((1437, 8, 8), (1437,))
    assert (x_test.shape, y_test.shape) == ((360, 8, 8), (360,))
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_the_facts_that_are_published_hold():
    x, y = all_samples()
    # Samples per class, 0 to 9, from the description of the dataset at UCI.
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (x.min(), x.max()) == (0, 16)
    assert x.sum(dtype=np.int64) == 561_718


def test_the_first_picture_is_a_zero():
    with np.load(digits.PATH, allow_pickle=False) as arrays:
        image, label = arrays["images"][0], arrays["labels"][0]
    assert label == 0
    assert ["".join(" #"[int(pixel > 7)] for pixel in row) for row in image] == [
        "   ##   ",
        "  ####  ",
        "  #  ## ",
        "  #  ## ",
        "  #  ## ",
        "  #  #  ",
        "  # ##  ",
        "   ##   ",
    ]


@given(test_split=st.floats(0, 1, exclude_max=True), seed=st.integers(0, 2**32 - 1))
def test_every_sample_is_in_exactly_one_part(test_split, seed):
    x, y = all_samples(test_split=test_split, seed=seed)
    original_x, original_y = all_samples()
    rows, original_rows = (
        np.column_stack([images.reshape(len(images), 64), labels])
        for images, labels in ((x, y), (original_x, original_y))
    )
    np.testing.assert_array_equal(
        rows[np.lexsort(rows.T)], original_rows[np.lexsort(original_rows.T)]
    )


@pytest.mark.parametrize(("test_split", "test_size"), [(0, 0), (0.2, 360), (0.5, 899)])
def test_test_split_is_the_size_of_the_test_part(test_split, test_size):
    _, (x_test, y_test) = digits.load_data(test_split=test_split)
    assert x_test.shape == (test_size, 8, 8)
    assert y_test.shape == (test_size,)


def test_the_seed_alone_decides_the_order():
    _, (_, labels) = digits.load_data()
    assert labels[:10].tolist() == [8, 0, 8, 9, 8, 8, 0, 4, 3, 6]
    _, (_, others) = digits.load_data(seed=114)
    assert not np.array_equal(labels, others)


def test_the_global_generator_is_left_alone():
    np.random.seed(0)  # noqa: NPY002, the old global generator is what is tested
    digits.load_data()
    found = np.random.random()  # noqa: NPY002
    assert found == np.random.RandomState(0).random()


@pytest.mark.parametrize("test_split", [-0.1, 1, 1.5, float("nan")])
def test_a_split_that_is_no_fraction_is_refused(test_split):
    with pytest.raises(ValueError, match=r"test_split expects .*got"):
        digits.load_data(test_split=test_split)


def test_a_damaged_installation_is_noticed(tmp_path, monkeypatch):
    content = bytearray(digits.PATH.read_bytes())
    content[1000] ^= 1
    monkeypatch.setattr(digits, "PATH", tmp_path / "digits.npz")
    digits.PATH.write_bytes(content)
    with pytest.raises(ValueError, match=r"digits\.npz is damaged.*Install minikeras"):
        digits.load_data()


def test_the_licence_lies_beside_the_data():
    text = digits.PATH.with_name("digits.LICENSE.txt").read_text(encoding="ascii")
    assert "E. Alpaydin and C. Kaynak" in text
    assert "Creative Commons Attribution 4.0 International Public License" in text
