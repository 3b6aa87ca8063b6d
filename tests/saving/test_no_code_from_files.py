"""What the package may not even mention, so that no file can make use of it."""

import ast
from pathlib import Path

import pytest

import minikeras

ROOT = Path(minikeras.__file__).parent
FORBIDDEN_MODULES = {"pickle", "marshal", "dill", "shelve", "runpy", "code"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def sources():
    return {path: ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}


def modules_in(tree):
    """Returns the first names of all modules that a source imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def calls_in(tree):
    """Returns the bare names of all functions that a source calls."""
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_nothing_evaluates_or_unpickles():
    found = [
        (path.name, *bad)
        for path, tree in sources().items()
        if (
            bad := modules_in(tree) & FORBIDDEN_MODULES
            | calls_in(tree) & FORBIDDEN_CALLS
        )
    ]
    assert not found


@pytest.mark.parametrize(
    "text", ["import pickle", "from marshal import loads", "eval(x)"]
)
def test_it_would_be_seen(text):
    tree = ast.parse(text)
    assert modules_in(tree) & FORBIDDEN_MODULES or calls_in(tree) & FORBIDDEN_CALLS
