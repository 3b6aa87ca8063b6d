"""An environment that is missing, out of date or broken is reported with the reason."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import FAMILIES, REQUIREMENTS, interpreter_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_ENVIRONMENTS", str(tmp_path))
    folder = tmp_path / "torch"
    folder.mkdir()
    return folder


def test_minikeras_runs_in_this_interpreter():
    assert interpreter_of("minikeras") == Path(sys.executable)


def test_one_that_is_not_there_says_what_to_type(folder):
    with pytest.raises(FileNotFoundError, match="make bench-environments"):
        interpreter_of("torch")


def test_one_that_has_other_versions_is_not_there(folder):
    (folder / "installed.txt").write_text("torch==0.1\n")
    with pytest.raises(FileNotFoundError, match="not installed"):
        interpreter_of("torch")


def test_one_that_could_not_be_installed_says_why(folder):
    (folder / "failure.txt").write_text("no space left")
    with pytest.raises(FileNotFoundError, match=r"could not be .*: no space left"):
        interpreter_of("torch")


def test_one_that_is_up_to_date_is_used(folder):
    (folder / "installed.txt").write_text((REQUIREMENTS / "torch.txt").read_text())
    assert interpreter_of("torch") == folder / "bin" / "python"


def test_an_unknown_family_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["environments", "torhc"])
    with pytest.raises(SystemExit):
        environments.main()
    assert "torhc" in capsys.readouterr().err


@pytest.mark.parametrize("family", FAMILIES)
def test_requirements_are_exact(family):
    for line in (REQUIREMENTS / f"{family}.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
