"""Carries models between Keras and minikeras, both ways, and prints how they arrive.

    python -m tools.interop [--keras-python PYTHON]

PYTHON is that of an environment with keras==3.15.1 and torch; without it one is made in
a temporary folder. Every model is built and trained by one package, saved, and loaded
by the other: weights and the optimizer's state have to be the same bit for bit,
predictions within 1e-6, and two further steps of training must lead to the same place.
Exits with 1 if anything is off.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.interop_side import LIMITS

ROOT = Path(__file__).parent.parent
# What minikeras computes otherwise on purpose: docs/keras-differences.md says why.
OTHERWISE = {"optimizer ScheduleFreeAdamW": {"trained"}}
PACKAGES = ["keras==3.15.1", "torch==2.13.0", "numpy"]


def main() -> int:
    """Runs both directions; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keras-python", help="the Python of an environment of Keras")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keras_python = options.keras_python or new_environment(Path(folder))
        pythons = {"keras": keras_python, "minikeras": sys.executable}
        results = {}
        for writer, reader in (("keras", "minikeras"), ("minikeras", "keras")):
            files = Path(folder) / f"by {writer}"
            files.mkdir()
            run(pythons[writer], "write", writer, files)
            results[writer] = json.loads(run(pythons[reader], "read", reader, files))
    return print_table(results)


def new_environment(folder: Path) -> str:
    """Makes a virtual environment with Keras; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder / "keras"], check=True)
    python = str(folder / "keras" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def run(python: str, task: str, package: str, folder: Path) -> str:
    """Runs one side in its environment; returns what it printed."""
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "-m", "tools.interop_side", task, package, str(folder)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def print_table(results: dict[str, dict[str, dict[str, Any]]]) -> int:
    """Prints how each model arrived, and what went wrong; returns the exit status."""
    names = sorted({name for table in results.values() for name in table})
    width = max(map(len, names))
    print(f"{'':{width}}  {'written by Keras':26}  written by minikeras")
    wrong = []
    for name in names:
        verdicts = []
        for writer in ("keras", "minikeras"):
            result = results[writer].get(name, {"error": "not there"})
            verdict = judged(result, OTHERWISE.get(name, set()))
            verdicts.append(verdict)
            if not verdict.startswith("same"):
                wrong.append((name, writer, results[writer].get(name)))
        print(f"{name:{width}}  {verdicts[0]:26}  {verdicts[1]}")
    for name, writer, result in wrong:
        print(f"\n{name}, written by {writer}: {(result or {}).get('error', result)}")
    print(f"\n{len(names)} models, both ways: {len(wrong)} did not arrive.")
    return 1 if wrong else 0


def judged(result: dict[str, Any], otherwise: set[str]) -> str:
    """Returns in a few words how a model arrived, what is done otherwise aside."""
    if "error" in result:
        return "FAILED"
    compared = {kind: x for kind, x in LIMITS.items() if kind not in otherwise}
    off = [kind for kind, limit in compared.items() if result.get(kind, 0.0) > limit]
    if off:
        return "OFF: " + ", ".join(f"{kind} {result[kind]:.1e}" for kind in off)
    return f"same, outputs {result['outputs']:.1e}"


if __name__ == "__main__":
    sys.exit(main())
