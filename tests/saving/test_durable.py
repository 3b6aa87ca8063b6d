"""Writing a file: the old one or the new one is there, whole, whatever happens."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.saving import load_model
from minikeras.saving.durable import write_durably

posix = pytest.mark.parametrize("posix", [None] if os.name == "posix" else [])


def fails(error):
    def write(file):
        file.write(b"half")
        raise error

    return write


@pytest.mark.parametrize("error", [OSError("full"), ValueError(), KeyboardInterrupt()])
def test_the_old_file_survives_an_exception(error, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        write_durably(path, fails(error))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "absent" / "a.keras"
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent to .* a\.keras"):
        write_durably(path, lambda file: None)


@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
def test_the_old_file_survives_a_disk_that_fails(function, tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="No space left"):
        write_durably(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, n=name, r=real: (done.append(n), r(*args))[1]
        )
    write_durably(tmp_path / "a", lambda file: file.write(b"new"))
    assert done == ["fsync", "replace", "fsync"]  # the last one is of the folder


@posix
def test_permissions_stay_and_links_are_followed(posix, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    (tmp_path / "link").symlink_to(path)
    write_durably(tmp_path / "link", lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (tmp_path / "link").is_symlink()


@posix
def test_a_private_file_is_private_on_the_way_too(posix, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    modes = []
    write_durably(path, lambda file: modes.append(os.fstat(file.fileno()).st_mode))
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]


def test_an_interrupt_right_after_the_new_file_has_its_name(tmp_path, monkeypatch):
    path = tmp_path / "a"
    replace = os.replace

    def replace_and_stop(*names):
        replace(*names)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace_and_stop)
    with pytest.raises(KeyboardInterrupt):
        write_durably(path, lambda file: file.write(b"new"))
    assert os.listdir(tmp_path) == ["a"]
    assert path.read_bytes() == b"new"


FULL = """
import resource, signal, sys
from minikeras import Input, Sequential, layers
model = Sequential([Input((100,)), layers.Dense(1000)])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    model.save(sys.argv[1]) if sys.argv[1].endswith(".keras") else model.save_weights(
        sys.argv[1])
except OSError as error:
    print("refused", error)
"""


@posix
@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
def test_the_old_file_survives_when_no_more_can_be_written(posix, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True
    )
    assert "refused" in done.stdout, done.stderr
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [name]


SAVES = """
import sys
from minikeras import Input, Sequential, layers
model = Sequential([Input((50,)), layers.Dense(200)])
number = 0
while True:
    number += 1
    for variable in model.weights:
        variable.assign(variable.numpy() * 0 + number)
    model.save(sys.argv[1])
    print(number, flush=True)
"""


@posix
def test_a_killed_save_leaves_a_whole_file(posix, tmp_path):
    path = tmp_path / "a.keras"
    child = subprocess.Popen(
        [sys.executable, "-c", SAVES, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        for wait in np.linspace(0, 0.05, 5):
            said = int(child.stdout.readline())
            time.sleep(wait)  # somewhere in the next save
            child.send_signal(signal.SIGSTOP)
            model = load_model(path)
            [number] = {float(x) for v in model.weights for x in v.numpy().flat}
            assert number >= said
            child.send_signal(signal.SIGCONT)
        child.kill()
        child.wait()
        numbers = {float(x) for v in load_model(path).weights for x in v.numpy().flat}
        assert len(numbers) == 1
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_model_that_cannot_be_written_down_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.keras"
    path.write_bytes(b"old")
    model = Sequential([Input((3,)), layers.Activation(lambda x: x)])
    with pytest.raises(ValueError, match="lambda"):
        model.save(path)
    assert path.read_bytes() == b"old"
