"""The wheel, the source distribution, what a build obeys, and what an import loads."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import minikeras
from minikeras._fast.built_from import changed_source

ROOT = Path(__file__).parent.parent
NOT_COPIED = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "*.so")
PLATFORM_FOLDER = f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
EXTENSION_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
INFO = f"minikeras-{minikeras.__version__}.dist-info"

# A kernel that shows whether x·x + z is rounded once or twice, and that has a check.
PROBE = """
from cython cimport floating

from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned

cdef cloned square_add(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    check(n < 64)
    for i in range(n):
        out[i] = x[i] * x[i] + out[i]

def probe(float x, float z, Py_ssize_t n):
    cdef float[64] xs
    cdef float[64] out
    cdef Py_ssize_t i
    for i in range(n):
        xs[i] = x
        out[i] = z
    square_add(&xs[0], &out[0], n)
    return {out[i] for i in range(n)}
"""


# What a program that defines and trains a model may never come to.
UNUSED_AT_FIRST = (
    "minikeras.callbacks.backup",
    "minikeras.callbacks.tensorboard",
    "minikeras.compiled",
    "minikeras.datasets",
    "minikeras.kernels.loops",
    "minikeras.saving.h5_file",
    "minikeras.saving.model_file",
    "minikeras.saving.zip_file",
    "minikeras.utils.images",
    "minikeras.utils.svg",
    "minikeras.wrappers",
)


@pytest.fixture(scope="module")
def pure(tmp_path_factory):
    """The checkout and the wheel of a build without kernels."""
    checkout, _ = build("wheel", tmp_path_factory, MINIKERAS_NO_FAST="1")
    return checkout, zipfile.ZipFile(only(checkout.glob("dist/*.whl")))


def test_wheel_has_the_package_and_nothing_else(pure):
    checkout, wheel = pure
    package = checkout / "minikeras"
    expected = {*package.rglob("*.py"), package / "py.typed"}
    expected |= {*package.rglob("*.npz"), *package.rglob("*.LICENSE.txt")}
    assert package / "__init__.py" in expected
    names = {name for name in wheel.namelist() if not name.startswith(f"{INFO}/")}
    assert names == {str(path.relative_to(checkout)) for path in expected}


def test_wheel_says_what_it_needs(pure):
    _, wheel = pure
    metadata = Parser().parsestr(wheel.read(f"{INFO}/METADATA").decode())
    requirements = metadata.get_all("Requires-Dist")
    at_run_time = [line for line in requirements if "extra ==" not in line]
    assert at_run_time == ["h5py>=3.11", "numpy>=2.0", "rich>=13"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    extras = ["data", "images", "sklearn", "tensorboard", "test", "lint", "dev"]
    assert metadata.get_all("Provides-Extra") == extras
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{INFO}/licenses/LICENSE" in wheel.namelist()


def test_command_can_be_called(pure):
    _, wheel = pure
    text = wheel.read(f"{INFO}/entry_points.txt").decode()
    section, name, _, target = text.split()
    assert (section, name) == ("[console_scripts]", "minikeras")
    assert callable(EntryPoint(name, target, "console_scripts").load())


def test_source_distribution_can_be_built_and_tested(tmp_path_factory):
    checkout, _ = build("sdist", tmp_path_factory)
    with tarfile.open(only(checkout.glob("dist/*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "LICENSE",
        "Makefile",
        "README.md",
        "minikeras/_fast/clones.pxd",
        "minikeras/_fast/probe.pyx",
        "pyproject.toml",
        "setup.py",
        "tests/conftest.py",
        "tools/bootstrap.sh",
    }
    leftovers = (".c", ".so", ".pyc", "deleted.py")
    assert not [name for name in names if name.endswith(leftovers)]


def test_kernels_are_left_out_without_a_compiler(tmp_path_factory):
    checkout, _ = build("wheel", tmp_path_factory, CC="false")
    assert compiled_in(checkout) == set()


def test_build_fails_without_a_compiler_where_kernels_are_required(tmp_path_factory):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        build("wheel", tmp_path_factory, CC="false", MINIKERAS_REQUIRE_FAST="1")
    assert "false" in failure.value.stderr


def test_import_loads_numpy_and_little_else():
    """What is slow to load, few programs need: it is loaded when it is used."""
    ours = modules_after("import minikeras") - modules_after("import numpy")
    packages = {name.partition(".")[0] for name in ours} - {"minikeras", "numpy"}
    assert packages <= sys.stdlib_module_names
    slow = {
        *("asyncio", "concurrent.futures", "csv", "ctypes", "dataclasses", "difflib"),
        *("email", "hashlib", "html", "http", "json", "logging", "multiprocessing"),
        *("pathlib", "shutil", "sqlite3", "ssl", "subprocess", "tarfile", "tempfile"),
        *("tkinter", "unittest", "urllib.parse", "xml", "zipfile", "numpy.random"),
    }
    assert not slow & ours
    assert not {name for name in ours if name.startswith(UNUSED_AT_FIRST)}
    # Each is some 0.2 ms. What has become more: can some of it wait for its first use?
    own = {name for name in ours if name.startswith("minikeras")}
    assert 250 < len(own) < 370


def test_a_first_model_loads_little_more():
    statement = """
from minikeras import Input, Sequential, layers
Sequential([Input((4,)), layers.Dense(3)]).compile("adam", "mse")
"""
    later = modules_after(statement) - modules_after("import minikeras")
    assert not {name for name in later if name.startswith("minikeras")}


# These need a C compiler; where there is one, `make build` has compiled the kernels.
if list((ROOT / "minikeras" / "_fast").glob(f"*{EXTENSION_SUFFIX}")):

    @pytest.fixture(scope="module")
    def compiled(tmp_path_factory):
        """The checkout of a build with the kernel, and what the build printed."""
        return build("wheel", tmp_path_factory, MINIKERAS_REQUIRE_FAST="1")

    def test_wheel_has_its_kernels_without_their_sources(compiled):
        checkout, _ = compiled
        assert compiled_in(checkout) == {f"minikeras/_fast/probe{EXTENSION_SUFFIX}"}

    def test_what_is_compiled_in_place_is_compared_with_its_sources(compiled):
        checkout, _ = compiled
        run(
            "import runpy, sys\n"
            "sys.argv = ['setup.py', '--quiet', 'build_ext', '--inplace']\n"
            "runpy.run_path('setup.py', run_name='__main__')",
            checkout,
            check=True,
            MINIKERAS_REQUIRE_FAST="1",
        )
        folder = checkout / "minikeras" / "_fast"
        assert (folder / f"probe{EXTENSION_SUFFIX}").exists()
        assert changed_source(folder) is None
        (folder / "probe.pyx").touch()
        assert changed_source(folder) is None
        (folder / "probe.pyx").write_text(f"{PROBE}# changed", encoding="utf-8")
        assert changed_source(folder) == "probe.pyx"
        (folder / "probe.pyx").write_text(PROBE, encoding="utf-8")

    def test_no_flag_changes_values_or_names_a_processor(compiled):
        _, output = compiled
        assert "-ffp-contract=off" in output
        assert not re.search("-ffast-math|-Ofast|-march|-mcpu|-mtune", output)

    def test_kernels_round_each_operation_at_every_position(compiled):
        """x·x + z with x = 1 + 2⁻¹² and z = -(1 + 2⁻¹¹) is 0; fused it is 2⁻²⁴."""
        checkout, _ = compiled
        assert call_probe(checkout, 63).stdout == "{0.0}\n"

    def test_checks_end_the_program_only_where_they_are_built_in(
        compiled, tmp_path_factory
    ):
        unchecked, _ = compiled
        assert call_probe(unchecked, 64).returncode == 0
        checked, _ = build("wheel", tmp_path_factory, MINIKERAS_CHECKS="1")
        assert call_probe(checked, 63).returncode == 0
        failed = call_probe(checked, 64)
        assert failed.returncode == -signal.SIGABRT
        assert "check failed" in failed.stderr


def build(kind, tmp_path_factory, **environment):
    """Makes a distribution in the folder dist of a new checkout, without isolation.

    The checkout has one small kernel, and leftovers of builds for other machines and
    of modules that are no more. Returns it, and what the build printed.
    """
    checkout = tmp_path_factory.mktemp("packaging") / "checkout"
    shutil.copytree(ROOT, checkout, ignore=NOT_COPIED)
    kernels = checkout / "minikeras" / "_fast"
    for source in kernels.glob("*.pyx"):
        source.unlink()
    (kernels / "probe.pyx").write_text(PROBE, encoding="utf-8")
    (kernels / "probe.c").write_text("#error left over", encoding="utf-8")
    (kernels / "probe.cpython-39-powerpc64-linux-gnu.so").write_bytes(b"left over")
    for staging in ("lib", PLATFORM_FOLDER):
        deleted = checkout / "build" / staging / "minikeras" / "deleted.py"
        deleted.parent.mkdir(parents=True)
        deleted.write_text("left_over = True", encoding="utf-8")

    program = f"from setuptools.build_meta import build_{kind} as b; b('dist')"
    return checkout, run(program, checkout, check=True, **environment).stdout


def compiled_in(checkout):
    """Returns what there is of kernels in the wheel that was built in `checkout`."""
    names = zipfile.ZipFile(only(checkout.glob("dist/*.whl"))).namelist()
    return {name for name in names if "_fast/" in name and not name.endswith(".py")}


def call_probe(checkout, n):
    """Calls the kernel out of the wheel that was built in `checkout`."""
    folder = checkout.parent / "unpacked"
    zipfile.ZipFile(only(checkout.glob("dist/*.whl"))).extractall(folder)
    return run(
        "from minikeras._fast.probe import probe\n"
        f"print(probe(1 + 2**-12, -(1 + 2**-11), {n}))",
        folder,
    )


def modules_after(statement):
    """Returns the names of the modules that a statement loads in a new interpreter."""
    # What has no specification was not loaded: Cython makes such modules in memory.
    program = f"""
import sys
{statement}
for name, module in sys.modules.items():
    if getattr(module, "__spec__", None) is not None:
        print(name)
"""
    return set(run(program, ROOT, check=True).stdout.split())


def run(program, folder, *, check=False, **environment):
    """Runs a Python program in a folder, with no switch of ours but those given."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MINIKERAS_")
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**inherited, **environment},
        check=check,
        capture_output=True,
        text=True,
    )


def only(paths):
    """Returns the only one of some paths."""
    (path,) = paths
    return path
