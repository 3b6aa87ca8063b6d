"""For every kernel: a strategy that draws calls of it, one module per family.

A module has `EXAMPLES`, a dict from the kernel's name to a function of (dtype, purpose)
that returns a strategy of `Call`.  The purpose is "values" (anything that the contract
allows, nan and empty arrays too) or "gradient" (float64, away from kinks).
"""

from importlib import import_module
from pkgutil import iter_modules

EXAMPLES = {
    kernel: strategy
    for module in iter_modules(__path__)
    if module.name != "call"
    for kernel, strategy in import_module(f"{__name__}.{module.name}").EXAMPLES.items()
}
