"""How hard the suite tests, and the demand that the fast kernels be there or not."""

import os
import signal
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

KERNELS = Path(__file__).parent.parent / "minikeras" / "_fast"

# A slow example says more of the machine than of the code; pytest-timeout ends a test
# that hangs.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# On a developer's machine every run draws other examples; where CI is set, as services
# for continuous integration do, a run can be repeated.
settings.register_profile(
    "dev", untimed, max_examples=25, derandomize=bool(os.environ.get("CI"))
)
settings.register_profile(
    "ci", untimed, max_examples=100, derandomize=True, print_blob=True
)
settings.register_profile("nightly", untimed, max_examples=5000, print_blob=True)


def pytest_configure(config):
    """Chooses the profile of Hypothesis and looks whether the kernels are as demanded.

    Lets Ctrl-C be heard, which some tests press: a shell that starts a job in the
    background has it ignored.

    Raises: pytest.UsageError if they are not, before any test is run.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    default = "ci" if is_set("CI") else "dev"
    settings.load_profile(os.environ.get("MINIKERAS_PROFILE") or default)

    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    sources = {path.stem for path in KERNELS.glob("*.pyx")}
    compiled = {path.name.removesuffix(suffix) for path in KERNELS.glob(f"*{suffix}")}
    missing = sorted(sources - compiled)
    if is_set("MINIKERAS_REQUIRE_FAST") and missing:
        raise pytest.UsageError(
            "MINIKERAS_REQUIRE_FAST is set, but these fast kernels are not compiled "
            f"for this Python: {', '.join(missing)}. See what `make build` says."
        )
    if is_set("MINIKERAS_NO_FAST") and compiled:
        raise pytest.UsageError(
            "MINIKERAS_NO_FAST is set, but fast kernels from an earlier build are in "
            f"{KERNELS}. Run `make clean` first."
        )


def is_set(variable):
    """Tells if an environment variable is there and says neither 0 nor false."""
    return os.environ.get(variable, "") not in ("", "0", "false")
