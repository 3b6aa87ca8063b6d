"""Modules that are loaded when something of them is first asked for.

Here, and not in the functions that need them, so that a file says at its top what it
uses: archives and logs are for few programs, and would cost all of them some
milliseconds at `import minikeras`.
"""

import importlib.util
import sys
from types import ModuleType


def loaded_on_use(name: str) -> ModuleType:
    """Returns a module of the standard library, or installed, to be loaded later.

    >>> colorsys = loaded_on_use("colorsys")
    >>> colorsys.rgb_to_hsv(0.0, 0.0, 1.0)[2]
    1.0

    Raises: ModuleNotFoundError if there is none.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
