import sys
from pathlib import Path

import pytest

from minikeras.datasets import file_set as file_set_module
from minikeras.datasets.file_set import DEBIAN_FOLDER, search_folders
from tests.datasets.servers import serve, unplug
from tests.datasets.tiny_files import NAMES, gzip_contents, tiny_file_set, write_files

WORDS = {"title": "Tiny", "ready_made": "Ask a friend."}


def test_folders_are_searched_in_the_documented_order(home, tmp_path, monkeypatch):
    debian = file_set_module.DEBIAN_FOLDER
    own, keras = home / ".minikeras/datasets", home / ".keras/datasets"
    assert search_folders() == [own, keras, debian]
    monkeypatch.setenv("MINIKERAS_DATA", str(tmp_path / "mine"))
    assert search_folders() == [tmp_path / "mine", own, keras, debian]


def test_the_environment_may_name_folders_in_the_home(home, monkeypatch):
    monkeypatch.setenv("MINIKERAS_DATA", "~/mine")
    monkeypatch.setenv("KERAS_HOME", "~/keras-elsewhere")
    folders = search_folders()
    assert folders[0] == home / "mine"
    assert folders[2] == home / "keras-elsewhere/datasets"


def test_empty_variables_count_as_not_set(monkeypatch):
    without = search_folders()
    monkeypatch.setenv("MINIKERAS_DATA", "")
    monkeypatch.setenv("KERAS_HOME", "")
    assert search_folders() == without


def test_find_takes_the_first_folder_that_is_complete(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIKERAS_DATA", str(tmp_path / "mine"))
    files = tiny_file_set("tiny")
    assert files.find() is None
    for folder in reversed(search_folders()):
        write_files(folder / "tiny", gzip_contents())
        assert files.find() == folder / "tiny"
    (tmp_path / "mine/tiny" / NAMES[2]).unlink()
    assert files.find() == search_folders()[1] / "tiny"


@pytest.mark.parametrize("set_by_user", [True, False])
def test_downloads_go_to_the_first_folder(home, tmp_path, monkeypatch, set_by_user):
    if set_by_user:
        monkeypatch.setenv("MINIKERAS_DATA", str(tmp_path / "mine"))
    files = tiny_file_set("tiny")
    contents = gzip_contents()
    serve(monkeypatch, {file.url: contents[file.name] for file in files.files})
    folder = files.download(**WORDS)
    start = tmp_path / "mine" if set_by_user else home / ".minikeras/datasets"
    assert folder == start / "tiny"
    assert files.find() == folder


def test_without_network_the_error_names_three_ways_on(home, monkeypatch):
    unplug(monkeypatch)
    contents = gzip_contents()
    del contents[NAMES[0]]
    write_files(home / ".keras/datasets/tiny", contents)
    with pytest.raises(FileNotFoundError) as caught:
        tiny_file_set("tiny").download(**WORDS)
    message = str(caught.value)
    assert "Tiny is not on this computer" in message
    assert "ConnectionError: Name or service not known" in message
    assert f"1. Download by hand, and put into the folder {home}/.minikeras" in message
    for name in NAMES:
        assert f"https://example.org/{name}" in message
    assert "2. Ask a friend." in message
    assert f"3. If the files are elsewhere, as FOLDER/tiny/{NAMES[0]}:" in message
    assert "export MINIKERAS_DATA=FOLDER" in message
    assert f"{home}/.keras/datasets/tiny (has 3 of 4)" in message
    assert len(message) <= 2000


def test_the_error_stays_short_when_the_reason_is_long(monkeypatch):
    unplug(monkeypatch, reason="and so on " * 300)
    with pytest.raises(FileNotFoundError) as caught:
        tiny_file_set("tiny").download(**WORDS)
    assert len(str(caught.value)) <= 2000


def test_without_pooch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)  # import pooch now fails
    with pytest.raises(FileNotFoundError, match=r"needs pooch \(pip install pooch\)"):
        tiny_file_set("tiny").download(**WORDS)


def test_a_broken_pooch_is_not_called_a_missing_one(monkeypatch):
    monkeypatch.delitem(sys.modules, "pooch", raising=False)
    monkeypatch.setitem(sys.modules, "pooch.core", None)
    with pytest.raises(ModuleNotFoundError, match=r"pooch\.core"):
        tiny_file_set("tiny").download(**WORDS)


def test_a_folder_that_cannot_be_made_is_named(home, monkeypatch):
    (home / ".minikeras").write_text("a file where a folder should be")
    files = tiny_file_set("tiny")
    serve(monkeypatch, {})
    with pytest.raises(FileNotFoundError, match=r"(NotADirectory|FileExists)Error.*"):
        files.download(**WORDS)


def test_debian_keeps_data_where_its_package_puts_it():
    assert Path("/usr/share/datasets") == DEBIAN_FOLDER
