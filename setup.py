"""Builds the compiled kernels; all else about the package is in pyproject.toml.

Three environment variables choose what is built:

    MINIKERAS_NO_FAST=1       none of them
    MINIKERAS_REQUIRE_FAST=1  all of them, or the build fails; without it, the package
                              is installed without those that can't be compiled
    MINIKERAS_CHECKS=1        with every check on: bounds, None, and check() in the
                              sources (see minikeras/_fast/checks.pxd)
"""

import os
import runpy
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

# Nothing here may change a value: no -ffast-math, and a multiply-add is fused only
# where a kernel asks for it. Nothing here may name a processor either, or a wheel would
# run on its builder's alone: minikeras/_fast/clones.pxd sees to the instruction sets.
# Without errno and floating-point exceptions to keep, sqrt is one instruction, and both
# sides of a condition may be computed: that is how a loop with an `if` gets vectors.
COMPILE_FLAGS = [
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-Wno-attributes",  # gcc remarks that a pointer to a kernel has no clones,
    "-Wno-unused-but-set-variable",  # and that Cython made a variable too many
]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}
DIRECTIVES_WITH_CHECKS = {
    **DIRECTIVES,
    "boundscheck": True,
    "initializedcheck": True,
    "nonecheck": True,
}


class BuildExactly(build):
    """Leaves nothing in build/lib that this build did not put there.

    setuptools packs that folder into the wheel as it stands: without this, a module
    that was deleted or renamed since the last build would be shipped for ever.
    """

    def run(self):
        super().run()
        commands = map(self.get_finalized_command, self.get_sub_commands())
        built = {
            Path(output).resolve()
            for command in commands
            for output in command.get_outputs()
        }
        for path in Path(self.build_lib).resolve().rglob("*"):
            if path.is_file() and path not in built:
                path.unlink()


class BuildKernels(build_ext):
    """Says of kernels that are compiled in place that they are up to date.

    `import minikeras` compares their times with those of the sources, so what did not
    have to be compiled again is made as young as what had.
    """

    def run(self):
        self.done = []
        super().run()
        if not self.inplace:
            return
        for extension in self.done:
            Path(self.get_ext_fullpath(extension.name)).touch()
        if self.done and len(self.done) == len(self.extensions):
            note_sources()

    def build_extension(self, extension):
        super().build_extension(extension)
        self.done.append(extension)


def note_sources():
    """Notes what the kernels were compiled from.

    The file is run by its name: the package needs NumPy, which a build may not have.
    """
    runpy.run_path("minikeras/_fast/built_from.py")["note_sources"]()


def is_set(variable):
    """Tells if an environment variable is set to anything but the empty string or 0."""
    return os.environ.get(variable, "") not in ("", "0")


def compiled_kernels():
    """Returns an extension for every minikeras/_fast/*.pyx."""
    sources = sorted(str(path) for path in Path("minikeras/_fast").glob("*.pyx"))
    if not sources or is_set("MINIKERAS_NO_FAST"):
        return []

    # Imported late: a build without extensions needs neither.
    import numpy
    from Cython.Build import cythonize

    checks = is_set("MINIKERAS_CHECKS")
    macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
    extensions = cythonize(
        [
            Extension(
                f"minikeras._fast.{Path(source).stem}",
                [source],
                include_dirs=[numpy.get_include(), "minikeras/_fast"],
                depends=[str(path) for path in Path("minikeras/_fast").glob("*.h")],
                define_macros=macros + [("MINIKERAS_CHECKS", "1")] * checks,
                extra_compile_args=COMPILE_FLAGS,
            )
            for source in sources
        ],
        build_dir="build/cython",
        compiler_directives=DIRECTIVES_WITH_CHECKS if checks else DIRECTIVES,
        nthreads=os.cpu_count(),
    )
    for extension in extensions:  # after cythonize(), which drops this
        extension.optional = not is_set("MINIKERAS_REQUIRE_FAST")
    return extensions


if __name__ == "__main__":  # cythonize() starts processes, which may import this file
    setup(
        ext_modules=compiled_kernels(),
        cmdclass={"build": BuildExactly, "build_ext": BuildKernels},
        options={"build_ext": {"parallel": os.cpu_count()}},
    )
