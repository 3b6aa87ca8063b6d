import gzip
import sys

import pytest

from minikeras.datasets import pinned as pinned_module
from minikeras.datasets.pinned import PinnedFile, read_checked
from tests.datasets.servers import serve
from tests.datasets.tiny_files import pinned, sha256, write_files

CONTENT = b"the content of a small file"
PACKED = gzip.compress(CONTENT, mtime=0)


def test_decompressed_content_is_what_counts(tmp_path):
    path = tmp_path / "data.gz"
    for level in (1, 9):
        path.write_bytes(gzip.compress(CONTENT, level))
        assert read_checked(path, sha256(CONTENT), "") == CONTENT


def test_a_browser_may_have_decompressed_the_file(tmp_path):
    file = pinned("data.gz", PACKED)
    for name in ("data.gz", "data"):
        folder = write_files(tmp_path / name, {name: CONTENT})
        assert file.path_in(folder) == folder / name
        assert file.read(folder) == CONTENT


@pytest.mark.parametrize("position", [0, len(PACKED) // 2, len(PACKED) - 6])
def test_a_changed_byte_is_noticed(tmp_path, position):
    damaged = bytearray(PACKED)
    damaged[position] ^= 0x10
    path = tmp_path / "data.gz"
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"data\.gz is damaged.*Delete it"):
        read_checked(path, sha256(CONTENT), "Delete it.")


@pytest.mark.parametrize("length", range(len(PACKED)))
def test_every_cut_file_is_noticed(tmp_path, length):
    folder = write_files(tmp_path, {"data.gz": PACKED[:length]})
    with pytest.raises(ValueError, match=r"data\.gz is damaged.*Delete it and load"):
        pinned("data.gz", PACKED).read(folder)


def test_reading_stops_where_no_file_of_ours_is_as_large(tmp_path, monkeypatch):
    monkeypatch.setattr(pinned_module, "MOST_BYTES", 1000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(10**6)))
    assert len(pinned_module.read_content(path)) == 1000
    with pytest.raises(ValueError, match="expected content with the sha256"):
        read_checked(path, sha256(bytes(10**6)), "")


def test_a_file_that_vanished_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data\.gz in "):
        pinned("data.gz", PACKED).read(tmp_path)


@pytest.mark.parametrize("url", ["http://example.org/x", "file:///x", "ftp://x", ""])
def test_only_https_is_a_source(url):
    with pytest.raises(ValueError, match="x needs a source on https"):
        PinnedFile("x", url, "", "")


def test_a_download_is_stored_under_its_name_only(tmp_path, monkeypatch):
    file = pinned("data.gz", PACKED)
    asked = serve(monkeypatch, {file.url: PACKED})
    file.download(tmp_path / "new" / "folder")
    assert asked == [file.url]
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["data.gz"]
    assert file.read(tmp_path / "new/folder") == CONTENT


def test_an_intact_file_is_not_downloaded_again_and_a_damaged_one_is(
    tmp_path, monkeypatch
):
    file = pinned("data.gz", PACKED)
    asked = serve(monkeypatch, {file.url: PACKED})
    write_files(tmp_path, {"data.gz": PACKED})
    file.download(tmp_path)
    assert asked == []
    write_files(tmp_path, {"data.gz": PACKED[:-3]})
    file.download(tmp_path)
    assert asked == [file.url]
    assert file.read(tmp_path) == CONTENT


def test_another_file_from_the_server_is_refused_and_not_kept(tmp_path, monkeypatch):
    file = pinned("data.gz", PACKED)
    serve(monkeypatch, {file.url: b"<html>Please log in</html>"})
    with pytest.raises(ValueError, match=r"(?s)data\.gz.*does not match"):
        file.download(tmp_path)
    assert list(tmp_path.glob("data.gz*")) == []


def test_pooch_is_asked_for_the_pinned_hash(tmp_path, monkeypatch):
    class Pooch:
        def retrieve(self, url, known_hash, *, fname, path):
            self.arguments = (url, known_hash, fname, path)

    stand_in = Pooch()
    monkeypatch.setitem(sys.modules, "pooch", stand_in)
    file = PinnedFile("data.gz", "https://example.org/d", "ab" * 32, "cd" * 32)
    file.download(tmp_path)
    expected = ("https://example.org/d", "sha256:" + "ab" * 32, "data.gz", tmp_path)
    assert stand_in.arguments == expected
