"""Kernels that were compiled from other sources than are there are found out."""

import os

import pytest

from minikeras._fast.built_from import COMPILED, NOTE, changed_source, note_sources

SOURCES = ("add.pyx", "matmul.pyx", "tasks.pxd", "tile.h")


@pytest.fixture
def folder(tmp_path):
    """Sources, and two modules that were compiled from them a second later."""
    for name in (*SOURCES, "README.md", "__init__.py"):
        write(tmp_path / name, "as it was", 10)
    for name in ("add", "matmul"):
        write(tmp_path / f"{name}{COMPILED}", "machine code", 11)
    return tmp_path


def write(path, text, time):
    path.write_text(text)
    os.utime(path, (time, time))


def compile_again(folder, *names, time):
    for name in names:
        os.utime(folder / f"{name}{COMPILED}", (time, time))


def test_what_was_just_compiled_is_up_to_date(folder):
    assert changed_source(folder) is None


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_was_written_later_is_told(folder, name):
    write(folder / name, "as it is", 12)
    assert changed_source(folder) == name


@pytest.mark.parametrize("name", ["README.md", "__init__.py", "new.pyx"])
def test_what_nothing_was_compiled_from_may_change(folder, name):
    write(folder / name, "as it is", 12)
    assert changed_source(folder) is None


def test_a_source_of_its_own_asks_for_its_own_module_only(folder):
    write(folder / "add.pyx", "as it is", 12)
    compile_again(folder, "add", time=13)
    assert changed_source(folder) is None


def test_what_modules_share_asks_for_all_of_them(folder):
    write(folder / "tasks.pxd", "as it is", 12)
    compile_again(folder, "add", time=13)
    assert changed_source(folder) == "tasks.pxd"
    compile_again(folder, "matmul", time=13)
    assert changed_source(folder) is None


def test_a_file_that_was_written_as_it_was_has_not_changed(folder):
    note_sources(folder)
    write(folder / "add.pyx", "as it was", 12)
    write(folder / "tile.h", "as it was", 12)
    assert changed_source(folder) is None
    write(folder / "tile.h", "as it is", 12)
    assert changed_source(folder) == "tile.h"


def test_a_note_tells_nothing_of_what_was_compiled_after_it(folder):
    note_sources(folder)
    os.utime(folder / NOTE, (11, 11))
    write(folder / "add.pyx", "of another branch", 12)
    compile_again(folder, "add", time=13)
    write(folder / "add.pyx", "as it was", 14)
    assert changed_source(folder) == "add.pyx"


def test_a_note_is_not_about_the_kernels_of_another_interpreter(folder, monkeypatch):
    write(folder / "add.pyx", "as it is", 12)
    names = {"COMPILED": ".cpython-39.so", "NOTE": "built_from.cpython-39.so.txt"}
    assert names["NOTE"] == NOTE.replace(COMPILED, names["COMPILED"])
    write(folder / f"add{names['COMPILED']}", "machine code", 13)
    for name, value in names.items():
        monkeypatch.setitem(note_sources.__globals__, name, value)
    note_sources(folder)
    assert changed_source(folder) is None
    monkeypatch.undo()
    assert changed_source(folder) == "add.pyx"


def test_there_is_nothing_to_compare_without_sources_or_without_kernels(folder):
    for name in ("add", "matmul"):
        (folder / f"{name}{COMPILED}").unlink()
    assert changed_source(folder) is None
    installed = folder / "installed"
    installed.mkdir()
    write(installed / f"add{COMPILED}", "machine code", 1)
    assert changed_source(installed) is None


def test_a_package_may_be_in_an_archive(folder):
    assert changed_source(folder / "package.zip" / "minikeras" / "_fast") is None
    assert changed_source(folder / "README.md") is None


def test_what_is_left_of_a_deleted_module_is_nobodys_concern(folder):
    write(folder / f"deleted{COMPILED}", "machine code", 1)
    write(folder / "add.cpython-39-powerpc64-linux-gnu.so", "machine code", 1)
    assert changed_source(folder) is None


def test_a_link_to_nowhere_is_no_source(folder):
    (folder / ".#add.pyx").symlink_to("somebody@somewhere")  # the lock of an editor
    assert changed_source(folder) is None
    write(folder / "add.pyx", "as it is", 12)
    assert changed_source(folder) == "add.pyx"
