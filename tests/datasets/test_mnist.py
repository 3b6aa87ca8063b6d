import io
import pickle

import numpy as np
import pytest

from minikeras.datasets import mnist
from minikeras.datasets.file_set import search_folders
from tests.datasets.servers import serve, unplug
from tests.datasets.tiny_files import (
    assert_tiny,
    encode_npz,
    gzip_contents,
    sha256,
    tiny_arrays,
    tiny_file_set,
    write_files,
)

NPZ = encode_npz(tiny_arrays())


@pytest.fixture(autouse=True)
def tiny_pins(monkeypatch):
    monkeypatch.setattr(mnist, "NPZ_SHA256", sha256(NPZ))
    monkeypatch.setattr(mnist, "IDX_FILE_SET", tiny_file_set("mnist"))


def test_the_archive_of_the_keras_cache_is_read(home):
    folder = write_files(home / ".keras/datasets", {"mnist.npz": NPZ})
    assert mnist.find() == folder
    assert_tiny(mnist.load_data())


def test_the_four_original_files_do_as_well(home):
    folder = write_files(home / ".minikeras/datasets/mnist", gzip_contents())
    assert mnist.find() == folder
    assert_tiny(mnist.load_data())


def test_an_earlier_folder_wins_whatever_the_form():
    own, keras, debian = search_folders()
    write_files(debian, {"mnist.npz": NPZ})
    assert mnist.find() == debian
    write_files(keras / "mnist", gzip_contents())
    assert mnist.find() == keras / "mnist"
    write_files(own, {"mnist.npz": NPZ})
    assert mnist.find() == own


def test_path_names_the_file(home):
    folder = write_files(home / ".minikeras/datasets", {"digits-of-mine.npz": NPZ})
    assert mnist.find() is None
    assert mnist.find("digits-of-mine.npz") == folder
    assert_tiny(mnist.load_data("digits-of-mine.npz"))
    assert_tiny(mnist.load_data(path="digits-of-mine.npz"))


@pytest.mark.parametrize("path", ["", "folder/mnist.npz", "/mnist.npz", "../mnist.npz"])
def test_path_with_a_folder_is_refused(path):
    with pytest.raises(ValueError, match="path expects a file name"):
        mnist.load_data(path)


def test_a_second_call_reads_what_the_first_downloaded(home, monkeypatch):
    asked = serve(monkeypatch, {mnist.NPZ_SOURCE: NPZ})
    assert_tiny(mnist.load_data())
    assert_tiny(mnist.load_data())
    assert asked == [mnist.NPZ_SOURCE]
    assert (home / ".minikeras/datasets/mnist.npz").read_bytes() == NPZ


def test_a_damaged_archive_is_never_opened(home, monkeypatch):
    write_files(home / ".keras/datasets", {"mnist.npz": NPZ[:-1]})
    monkeypatch.setattr(np, "load", None)
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged.*Delete it"):
        mnist.load_data()


def test_no_pickle_is_loaded_even_if_its_hash_were_right(home, monkeypatch):
    content = io.BytesIO()
    np.savez(content, x_train=np.array([{"a": 1}], dtype=object))
    monkeypatch.setattr(mnist, "NPZ_SHA256", sha256(content.getvalue()))
    monkeypatch.setattr(pickle, "load", None)
    write_files(home / ".keras/datasets", {"mnist.npz": content.getvalue()})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        mnist.load_data()


def test_without_data_and_network_the_error_tells_what_helps(monkeypatch):
    unplug(monkeypatch)
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load_data()
    message = str(caught.value)
    assert "MNIST is not on this computer" in message
    assert mnist.NPZ_SOURCE in message
    assert "Load it once with Keras" in message
    assert "elsewhere, as FOLDER/mnist.npz:" in message
