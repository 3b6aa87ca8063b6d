"""Names that packages load when they are asked for, and what `import` leaves alone."""

import ast
import copy
import inspect
import pickle
import sys
from importlib import import_module

import pytest

import minikeras
from minikeras.lazy import LoadedOnUse, names_loaded_on_use

PACKAGES = ("callbacks", "models", "saving", "utils")


def imports_for_type_checkers(package):
    """Returns {name: module} of what is imported `if TYPE_CHECKING:`."""
    tree = ast.parse(inspect.getsource(package))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    return {
        name.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def imports_on_use(package):
    """Returns {name: module} of what is imported when it is asked for."""
    tree = ast.parse(inspect.getsource(package))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    [table] = [node for node in ast.walk(block) if isinstance(node, ast.Dict)]
    return ast.literal_eval(table)


@pytest.mark.parametrize("name", PACKAGES)
def test_type_checkers_see_what_is_loaded_on_use(name):
    package = import_module(f"minikeras.{name}")
    assert imports_on_use(package) == imports_for_type_checkers(package) != {}


@pytest.mark.parametrize("name", PACKAGES)
def test_names_loaded_on_use_are_those_of_their_modules(name):
    package = import_module(f"minikeras.{name}")
    for thing, module in imports_on_use(package).items():
        assert thing in dir(package)
        assert getattr(package, thing) is getattr(sys.modules[module], thing)
        assert thing in vars(package)  # from now on Python finds it by itself


def test_packages_loaded_on_use_are_listed():
    assert {"layers", "datasets", "preprocessing", "wrappers"} <= set(dir(minikeras))


def test_unknown_names_are_said_to_be_unknown():
    with pytest.raises(AttributeError, match=r"'minikeras.callbacks' has .* 'Earl'"):
        minikeras.callbacks.Earl  # noqa: B018
    with pytest.raises(ImportError, match="'Earl'"):
        exec("from minikeras.callbacks import Earl")


def test_what_is_loaded_on_use_can_be_pickled():
    callback = minikeras.callbacks.EarlyStopping(patience=3)
    assert pickle.loads(pickle.dumps(callback)).patience == 3


@pytest.mark.parametrize(
    "made_again", [copy.copy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_what_stands_for_a_module_can_be_copied(made_again):
    assert made_again(LoadedOnUse("math")).pi == 3.141592653589793


def test_a_name_is_imported_once(monkeypatch):
    package = minikeras.callbacks
    load, _ = names_loaded_on_use("minikeras.callbacks", {"pi": "math"})
    monkeypatch.setattr(package, "pi", None, raising=False)
    assert load("pi") == package.pi == 3.141592653589793


def test_a_module_that_is_not_there_is_missed_when_it_is_used():
    module = LoadedOnUse("there_is_no_such_module")
    assert repr(module) == "<LoadedOnUse there_is_no_such_module>"
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        module.anything  # noqa: B018
