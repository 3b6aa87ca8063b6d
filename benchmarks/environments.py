"""The virtual environments that the peers run in, one for each family of them.

    python -m benchmarks.environments                # all
    python -m benchmarks.environments torch jax      # these

What is in an environment says benchmarks/requirements/<family>.txt.  They are made
below .benchmarks/environments, or below the folder that BENCHMARK_ENVIRONMENTS names;
one that is up to date is left alone.  A family that can't be installed is reported,
here and in the tables, and the others run without it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
OUTPUT = Path(__file__).parents[1] / ".benchmarks"  # all that benchmarks leave behind
FAMILIES = sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))


def folder_of(family):
    """Returns where the environment of a family is."""
    below = os.environ.get("BENCHMARK_ENVIRONMENTS") or OUTPUT / "environments"
    return Path(below) / family


def interpreter_of(family):
    """Returns the Python of a family: minikeras runs in this one.

    Raises: FileNotFoundError, saying what to do, if the environment isn't there.
    """
    if family == "minikeras":
        return Path(sys.executable)
    folder = folder_of(family)
    if is_ready(family):
        return folder / "bin" / "python"
    failure = folder / "failure.txt"
    if failure.exists():
        raise FileNotFoundError(f"could not be installed: {failure.read_text()}")
    raise FileNotFoundError("is not installed: make bench-environments")


def is_ready(family):
    """Whether the environment has what the requirements say today."""
    installed = folder_of(family) / "installed.txt"
    wanted = (REQUIREMENTS / f"{family}.txt").read_text()
    return installed.exists() and installed.read_text() == wanted


def make(family):
    """Makes the environment of a family; returns why it can't be made, or None."""
    folder = folder_of(family)
    requirements = REQUIREMENTS / f"{family}.txt"
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    result = subprocess.run(
        [*pip, "--disable-pip-version-check", "--requirement", requirements],
        stderr=subprocess.PIPE,
        text=True,
    )
    if result.returncode == 0:
        shutil.copy(requirements, folder / "installed.txt")
        return None
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
    why = (errors or ["pip failed"])[-1].removeprefix("ERROR: ")
    (folder / "failure.txt").write_text(why)
    return why


def main():
    """Makes the environments that are asked for; exits with 1 if one can't be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=str(FAMILIES))
    families = parser.parse_args().families or FAMILIES
    if unknown := set(families) - set(FAMILIES):
        parser.error(f"expected some of {FAMILIES}; got {sorted(unknown)}")
    failures = {}
    for family in families:
        if is_ready(family):
            print(f"{family}: up to date in {folder_of(family)}")
            continue
        print(f"{family}: installing into {folder_of(family)}", flush=True)
        if why := make(family):
            failures[family] = why
            print(f"{family}: failed: {why}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
