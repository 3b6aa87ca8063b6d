"""What is loaded when it is first asked for: modules, and names of a package.

Here, and not in the functions that need them, so that a file says at its top what it
uses: archives, logs and pictures are for few programs, and would cost all of them some
milliseconds at `import minikeras`.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


class LoadedOnUse:
    """Stands for a module, and imports it when it is asked for an attribute.

    >>> colorsys = LoadedOnUse("colorsys")
    >>> colorsys.rgb_to_hsv(0.0, 0.0, 1.0)[2]
    1.0

    Raises: ModuleNotFoundError, at that moment, if there is none.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)

    def __reduce__(self) -> Any:
        return LoadedOnUse, (self._name,)  # a copy made without __init__ has no name

    def __repr__(self) -> str:
        return f"<LoadedOnUse {self._name}>"


def names_loaded_on_use(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns `__getattr__` and `__dir__` of a package that has more than is loaded.

    `modules` says for each name which module it comes from.  Python asks the two for
    what it does not find in a package (PEP 562); what was found once stays there.  For
    type checkers, which do not run this, the package has the same as plain imports
    under `if TYPE_CHECKING:`.

    >>> import minikeras.callbacks
    >>> minikeras.callbacks.EarlyStopping.__module__
    'minikeras.callbacks.early_stopping'

    Raises: AttributeError, from `__getattr__`, for a name that is in no module.
    """

    def __getattr__(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        thing = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, thing)
        return thing

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return __getattr__, __dir__
