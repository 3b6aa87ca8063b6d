"""Who takes part: minikeras, its peers, and the reference that losses are held to."""

import os
from typing import NamedTuple

from benchmarks import environments
from benchmarks.interleaved import Contestant


class Entry(NamedTuple):
    """Who takes part: a module, run with arguments in the environment of a family."""

    name: str
    title: str
    family: str
    module: str
    arguments: tuple = ()
    environment: dict = {}  # noqa: RUF012 (nobody changes it)
    kinds: tuple = ("training", "prediction")
    architectures: tuple | None = None  # all, unless it says which

    def start(self, threads):
        """Starts its process.

        Raises: FileNotFoundError if its environment is not there; Failed if it ends.
        """
        return Contestant(self.title, self.command(), threads, self.environment)

    def command(self):
        """Returns the command that runs it."""
        python = environments.interpreter_of(self.family)
        return [python, "-m", f"benchmarks.contestants.{self.module}", *self.arguments]

    def variables(self):
        """Returns the environment of a process that imports: bytecode is kept."""
        inherited = dict(os.environ)
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return inherited | self.environment

    def plays(self, case):
        """Whether it takes part in a case."""
        if case.kind not in self.kinds:
            return False
        if case.invited is not None and self.name not in case.invited:
            return False
        return (
            self.architectures is None
            or case.task is None
            or case.task.architecture in self.architectures
        )


# glibc's malloc gives large blocks back at once, and each step asks for them anew.
KEEPING = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "MALLOC_TOP_PAD_": str(1 << 26),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
}
# What it costs to compile is measured: no results of earlier runs.
COMPILING = KEEPING | {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}

FAST = {"MINIKERAS_BACKEND": "fast"}
# Arguments and environment of Keras itself.
ON_TORCH = ("keras",), KEEPING | {"KERAS_BACKEND": "torch"}
ON_JAX = ("keras",), {"KERAS_BACKEND": "jax"}
REFERENCE = {"MINIKERAS_BACKEND": "numpy"}


def import_entry(name, module, environment=None):
    """Returns one who only imports a module."""
    title = f"import {module}"
    arguments, kinds = (module,), ("import",)
    return Entry(name, title, name, "imports", arguments, environment or {}, kinds)


def scalar_entry(name, title, family, module, argument):
    """Returns one that works on single numbers."""
    kinds = ("moons",) if module == "moons" else ("chain",)
    return Entry(name, title, family, module, (argument,), FAST, kinds)


def names_in(parser, wanted, known):
    """Returns the names that a command line gives, all those known if it gives none."""
    if wanted is None:
        return known
    names = [] if wanted == "none" else wanted.split(",")
    if unknown := set(names) - set(known):
        parser.error(f"expected some of {', '.join(known)}; got {sorted(unknown)}")
    return names


OURS = [
    Entry("minikeras", "minikeras fit", "minikeras", "keras_fit", ("minikeras",), FAST),
    scalar_entry("minikeras", "minikeras Scalar", "minikeras", "moons", "minikeras"),
    scalar_entry("scalar", "minikeras Scalar", "minikeras", "chains", "scalar"),
    scalar_entry("tensor", "minikeras Tensor", "minikeras", "chains", "tensor"),
    import_entry("minikeras", "minikeras", environment=FAST),
]
PEERS = [
    Entry(
        "numpy",
        "NumPy by hand",
        "numpy",
        "numpy_by_hand",
        environment=KEEPING,
        architectures=("mlp",),
    ),
    Entry(
        "scikit-learn",
        "scikit-learn",
        "scikit-learn",
        "scikit_learn",
        architectures=("mlp",),
    ),
    Entry("torch", "torch eager", "torch", "pytorch", environment=KEEPING),
    Entry(
        "torch-compile",
        "torch.compile",
        "torch",
        "pytorch",
        ("--compile",),
        COMPILING,
    ),
    Entry("jax", "jax.jit by hand", "jax", "jax_by_hand"),
    Entry("keras-torch", "Keras-torch fit", "keras-torch", "keras_fit", *ON_TORCH),
    Entry("keras-jax", "Keras-jax fit", "keras-jax", "keras_fit", *ON_JAX),
    scalar_entry("micrograd", "micrograd", "micrograd", "moons", "micrograd"),
    scalar_entry("micrograd", "micrograd", "micrograd", "chains", "micrograd"),
    scalar_entry("torch", "torch eager", "torch", "chains", "torch"),
    import_entry("numpy", "numpy"),
    import_entry("scikit-learn", "sklearn"),
    import_entry("torch", "torch"),
    import_entry("jax", "jax"),
    import_entry("keras-torch", "keras", environment=ON_TORCH[1]),
    import_entry("keras-jax", "keras", environment=ON_JAX[1]),
]
# What the losses are compared with: the kernels that are the definition of right.
REFERENCES = [
    Entry(
        "reference", "reference", "minikeras", "keras_fit", ("minikeras",), REFERENCE
    ),
    Entry(
        "float64",
        "reference in float64",
        "minikeras",
        "keras_fit",
        ("minikeras", "--float64"),
        REFERENCE,
    ),
]
# The same through `fit` but run eagerly; asked for with --peers minikeras-eager.
EXTRAS = [
    Entry(
        "minikeras-eager",
        "minikeras eager",
        "minikeras",
        "keras_fit",
        ("minikeras", "--eager"),
        FAST,
        ("training",),
    ),
]
MACHINE = Entry("machine", "machine", "minikeras", "machine")
