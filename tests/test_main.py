"""The command line as a whole: what a shell sees."""

import subprocess
import sys

import pytest

from minikeras.__main__ import main


def test_without_a_command_the_help_is_printed(capsys):
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: python -m minikeras")
    assert "demo" in printed
    assert "doctor" in printed


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["train"])
    assert stopped.value.code == 2
    assert "invalid choice: 'train'" in capsys.readouterr().err


def test_the_module_runs_as_a_program():
    ran = subprocess.run(
        [sys.executable, "-m", "minikeras", "doctor"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("minikeras ")
    assert ran.stdout.endswith("All well.\n")


def test_an_import_brings_neither_rich_nor_processes_nor_the_commands():
    code = (
        "import sys, minikeras\n"
        "names = ('rich', 'argparse', 'multiprocessing', 'socket', 'minikeras.demo',\n"
        "         'minikeras.doctor')\n"
        "print([name for name in names if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.stdout == "[]\n", ran.stderr
