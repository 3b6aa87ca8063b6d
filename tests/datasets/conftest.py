"""A home without data, for every test of this folder: none reads the user's files."""

import pytest

from minikeras.datasets import file_set


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty home folder, with nothing set and no Debian package installed."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.delenv("MINIKERAS_DATA", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(file_set, "DEBIAN_FOLDER", tmp_path / "debian")
    return folder
