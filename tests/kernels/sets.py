"""The kernel sets that there are to test, and the pairs (set, kernel)."""

from minikeras.kernels.fast import fast
from minikeras.kernels.loops import loops
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE

# Without compiled kernels there is no fast set; conftest.py can demand that there is.
ARRAY_SETS = [kernels for kernels in (loops, reference, fast) if kernels is not None]


def own_kernels(*kinds):
    """Returns (set, kernel) for what a set computes by itself, not by `reference`."""
    return [
        (kernels, name)
        for kernels in ARRAY_SETS
        for name, row in TABLE.items()
        if row.kind in kinds and name in kernels.own
    ]
