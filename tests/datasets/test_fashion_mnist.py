import gzip

import pytest

from minikeras.datasets import fashion_mnist, file_set
from tests.datasets.servers import serve, unplug
from tests.datasets.tiny_files import (
    NAMES,
    assert_tiny,
    gzip_contents,
    tiny_file_set,
    write_files,
)


@pytest.fixture
def tiny_pins(monkeypatch):
    monkeypatch.setattr(fashion_mnist, "FILE_SET", tiny_file_set("fashion-mnist"))


@pytest.mark.usefixtures("tiny_pins")
def test_files_of_the_keras_cache_are_read(home):
    folder = write_files(home / ".keras/datasets/fashion-mnist", gzip_contents())
    assert fashion_mnist.find() == folder
    assert_tiny(fashion_mnist.load_data())


@pytest.mark.usefixtures("tiny_pins")
def test_files_of_the_debian_package_are_read_packed_or_not():
    contents = gzip_contents()
    contents[NAMES[0].removesuffix(".gz")] = gzip.decompress(contents.pop(NAMES[0]))
    write_files(file_set.DEBIAN_FOLDER / "fashion-mnist", contents)
    assert_tiny(fashion_mnist.load_data())


@pytest.mark.usefixtures("tiny_pins")
def test_a_second_call_reads_what_the_first_downloaded(monkeypatch):
    contents = gzip_contents()
    files = fashion_mnist.FILE_SET.files
    asked = serve(monkeypatch, {file.url: contents[file.name] for file in files})
    assert_tiny(fashion_mnist.load_data())
    assert_tiny(fashion_mnist.load_data())
    assert asked == [file.url for file in files]


@pytest.mark.usefixtures("tiny_pins")
def test_a_damaged_file_is_an_error_and_not_passed_over(home):
    contents = gzip_contents()
    write_files(file_set.DEBIAN_FOLDER / "fashion-mnist", contents)
    contents[NAMES[2]] = contents[NAMES[2]][:-1]
    write_files(home / ".keras/datasets/fashion-mnist", contents)
    with pytest.raises(ValueError, match=r"\.keras.*t10k-images.*is damaged"):
        fashion_mnist.load_data()


def test_tiny_files_are_not_taken_for_the_real_ones(home):
    write_files(home / ".keras/datasets/fashion-mnist", gzip_contents())
    with pytest.raises(ValueError, match="is damaged or another file"):
        fashion_mnist.load_data()


def test_without_data_and_network_the_error_tells_the_debian_package(monkeypatch):
    unplug(monkeypatch)
    assert fashion_mnist.find() is None
    with pytest.raises(FileNotFoundError) as caught:
        fashion_mnist.load_data()
    message = str(caught.value)
    assert "Fashion-MNIST is not on this computer" in message
    assert "sudo apt install dataset-fashion-mnist" in message
    assert "tf-keras-datasets/train-images-idx3-ubyte.gz" in message
    assert len(message) <= 2000


def test_there_is_a_name_for_each_class():
    assert len(set(fashion_mnist.CLASS_NAMES)) == 10
