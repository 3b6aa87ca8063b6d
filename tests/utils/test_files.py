"""get_file: from the net into a folder, known by hash, unpacked with care."""

import hashlib
import io
import os
import tarfile
import threading
import warnings
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from minikeras.utils import get_file
from minikeras.utils.files import MOST_REDIRECTS, Redirects, copy_to

CONTENT = b"some numbers"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
URL = "https://example.org/data/numbers.txt?version=2"


@pytest.fixture
def net(monkeypatch):
    """The net: {URL: content}, and what was asked for."""
    contents, asked = {URL: CONTENT}, []

    class Downloader:
        def __init__(self, **kwargs):
            assert isinstance(kwargs["hooks"]["response"], Redirects)

        def __call__(self, url, output_file, pooch):
            asked.append(url)
            output_file.write(contents[url])

    monkeypatch.setattr("pooch.HTTPDownloader", Downloader)
    return contents, asked


def zip_of(members):
    """Returns the bytes of a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def tar_of(members):
    """Returns the bytes of a tar archive, compressed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


def test_a_file_is_downloaded_once_and_named_after_its_source(net, tmp_path):
    for _ in range(2):
        path = get_file(origin=URL, file_hash=SHA256, cache_dir=tmp_path)
        assert path == str(tmp_path / "datasets" / "numbers.txt")
        with open(path, "rb") as file:
            assert file.read() == CONTENT
    assert net[1] == [URL]
    get_file(origin=URL, file_hash=SHA256, cache_dir=tmp_path, force_download=True)
    assert net[1] == [URL] * 2


@pytest.mark.parametrize(
    "pin",
    [
        {"file_hash": SHA256.upper()},
        {"file_hash": MD5},
        {"md5_hash": MD5},
        {"file_hash": SHA256, "hash_algorithm": "sha256"},
    ],
)
def test_a_damaged_file_is_downloaded_again(net, tmp_path, pin):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "numbers.txt").write_bytes(b"other numbers")
    path = get_file(origin=URL, cache_dir=tmp_path, **pin)
    with open(path, "rb") as file:
        assert file.read() == CONTENT


def test_another_file_from_the_net_leaves_the_folder_as_it_was(net, tmp_path):
    net[0][URL] = b"something else"
    with pytest.raises(ValueError, match=f"expected the sha256 {SHA256}; got"):
        get_file(origin=URL, file_hash=SHA256, cache_dir=tmp_path)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_file_without_a_hash_is_told_it(net, tmp_path):
    with pytest.warns(UserWarning, match=f"file_hash='{SHA256}'"):
        get_file("other.txt", URL, cache_dir=tmp_path, cache_subdir="x")
    assert (tmp_path / "x" / "other.txt").read_bytes() == CONTENT


def test_a_file_of_this_computer(tmp_path):
    source = tmp_path / "with a blank.txt"
    source.write_bytes(CONTENT)
    path = get_file("copy.txt", source.as_uri(), file_hash=SHA256, cache_dir=tmp_path)
    with open(path, "rb") as file:
        assert file.read() == CONTENT


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize(
    ("fname", "folder"),
    [(None, "numbers"), ("words", "words"), ("words.bin", "words_extracted")],
)
def test_archives_are_unpacked_into_a_folder(net, tmp_path, pack, fname, folder):
    url = "https://example.org/numbers"
    content = pack({"a.txt": b"a", "inner/b.txt": b"b"})
    net[0][url] = content
    digest = hashlib.sha256(content).hexdigest()
    for _ in range(2):
        path = get_file(fname, url, file_hash=digest, extract=True, cache_dir=tmp_path)
    assert path == str(tmp_path / "datasets" / folder)
    assert (tmp_path / "datasets" / folder / "inner" / "b.txt").read_bytes() == b"b"
    assert net[1] == [url]


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt"])
def test_nothing_is_written_outside_of_the_folder(net, tmp_path, pack, name):
    net[0][URL] = content = pack({name: b"out"})
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises((ValueError, tarfile.FilterError), match=r"out\.txt"):
        get_file("x", URL, file_hash=digest, extract=True, cache_dir=tmp_path)
    files = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert files == ["x_archive"]


def test_only_the_formats_asked_for(net, tmp_path):
    net[0][URL] = content = zip_of({"a": b"a"})
    known = {"file_hash": hashlib.sha256(content).hexdigest(), "cache_dir": tmp_path}
    with pytest.raises(ValueError, match=r"expected one of \['tar'\]"):
        get_file(origin=URL, untar=True, **known)
    with pytest.raises(ValueError, match="got 'rar'"):
        get_file(origin=URL, extract=True, archive_format="rar", **known)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "https:// or file://; got None"),
        ({"origin": "http://example.org/x"}, "got 'http://example.org/x'"),
        ({"origin": "https://example.org/"}, "ends in no name: give fname"),
        ({"origin": URL, "fname": "a/b"}, "without folders; got 'a/b'"),
        ({"origin": URL, "fname": ".."}, "without folders|ends in no name"),
        ({"origin": URL, "file_hash": "abc"}, "got the 3 of 'abc'"),
        ({"origin": URL, "file_hash": MD5, "hash_algorithm": "sha256"}, "as sha256"),
        ({"origin": URL, "hash_algorithm": "crc"}, "got 'crc'"),
    ],
)
def test_mistakes_are_found_before_anything_is_downloaded(
    net, tmp_path, given, message
):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            get_file(cache_dir=tmp_path, **given)
    assert net[1] == []


def test_a_file_is_on_the_disk_before_it_has_its_name(net, tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, n=name, r=real: (done.append(n), r(*args))[1]
        )
    get_file(origin=URL, file_hash=SHA256, cache_dir=tmp_path)
    assert done[:2] == ["fsync", "replace"]


class Sender(BaseHTTPRequestHandler):
    """Sends on from /first to /second, which has the content."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/first":
            self.send_response(302)
            self.send_header("Location", "/second")
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A server on this computer, without https."""
    with HTTPServer(("127.0.0.1", 0), Sender) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_redirect_to_a_place_without_https_is_not_followed(server):
    address = f"http://127.0.0.1:{server.server_port}"
    file = io.BytesIO()
    copy_to(file, f"{address}/second")
    assert file.getvalue() == CONTENT
    with pytest.raises(ValueError, match=r"/first leads to .*/second.* https"):
        copy_to(io.BytesIO(), f"{address}/first")
    assert server.asked == ["/second", "/first"]


def test_redirects_come_to_an_end():
    look = Redirects()
    here = SimpleNamespace(
        is_redirect=True, url="https://example.org/a", headers={"location": "b"}
    )
    for _ in range(MOST_REDIRECTS):
        look(here, timeout=3)
    with pytest.raises(ValueError, match="leads on after 5 other places"):
        look(here)
    Redirects()(SimpleNamespace(is_redirect=False))


@pytest.mark.parametrize("place", ["http://x.org/a", "//x.org/a", "ftp://x.org/a"])
def test_redirects_may_be_told_in_any_way(place):
    here = SimpleNamespace(
        is_redirect=True, url="https://example.org/a", headers={"location": place}
    )
    if place.startswith("//"):  # as it was before: by https
        Redirects()(here)
    else:
        with pytest.raises(ValueError, match="expected https"):
            Redirects()(here)
