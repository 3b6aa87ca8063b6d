"""Modules that are loaded when something of them is first asked for.

Here, and not in the functions that need them, so that a file says at its top what it
uses: archives and logs are for few programs, and would cost all of them some
milliseconds at `import minikeras`.
"""

import importlib
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

    def __repr__(self) -> str:
        return f"<LoadedOnUse {self._name}>"
