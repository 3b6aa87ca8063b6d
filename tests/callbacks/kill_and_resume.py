"""Kills a training with SIGKILL at random moments, and compares where it ends.

    python -m tests.callbacks.kill_and_resume --times 100

A trial starts the program `tests.callbacks.training`, kills it after a random time, and
starts it again until it has been killed `KILLS` times or has ended. All that it ends
with is compared, bit for bit, with a run that nobody killed. A third of the trials save
after every batch, so that most kills come while a backup is being written.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parent.parent.parent
FREQUENCIES = ("epoch", "1", "4")
KILLS = 3  # of one trial, at most
PATIENCE = 120  # seconds that a run may take


class Report(NamedTuple):
    """How many trials there were, how often they were killed, what ended otherwise."""

    trials: int
    killed: int
    in_a_save: int
    different: list[str]


def trials(times: int, folder: Path, seed: int = 0) -> Report:
    """Runs trials, and reports."""
    chance = random.Random(seed)
    expected, seconds = {}, {}
    for save_freq in FREQUENCIES[:times]:
        whole = folder / f"whole {save_freq}"
        seconds[save_freq] = run(whole, save_freq)
        expected = read(whole)
    killed, in_a_save, different = 0, 0, []
    for trial in range(times):
        save_freq = FREQUENCIES[trial % len(FREQUENCIES)]
        place = folder / f"trial {trial}"
        for _ in range(KILLS):
            moment = chance.uniform(0, seconds[save_freq])
            if run(place, save_freq, moment) is not None:
                break
            killed += 1
            in_a_save += any((place / "backup").glob(".minikeras-*.tmp"))
        else:
            run(place, save_freq)
        difference = compared(read(place), expected)
        if difference:
            different.append(f"trial {trial}, save_freq {save_freq}: {difference}")
    return Report(times, killed, in_a_save, different)


def run(folder: Path, save_freq: str, kill_after: float | None = None) -> float | None:
    """Runs the program; returns the seconds that it trained, None if it was killed."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.callbacks.training", str(folder), save_freq],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process:
        process.stdout.readline()  # it begins
        started = time.perf_counter()
        try:
            code = process.wait(PATIENCE if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            if kill_after is None:
                raise
            return None
    if code:
        raise RuntimeError(f"The training in {folder} failed with code {code}.")
    return time.perf_counter() - started


def read(folder: Path) -> dict[str, np.ndarray]:
    """Returns what a training has written when it ended."""
    with np.load(folder / "outcome.npz", allow_pickle=False) as file:
        return dict(file)


def compared(
    found: dict[str, np.ndarray], expected: dict[str, np.ndarray]
) -> str | None:
    """Returns the names of what differs in a bit, None if nothing does."""
    if found.keys() != expected.keys():
        return f"names {sorted(found.keys() ^ expected.keys())}"
    names = [
        name
        for name, array in expected.items()
        if array.tobytes() != found[name].tobytes() or array.dtype != found[name].dtype
    ]
    return ", ".join(names) or None


def main() -> None:
    """Prints the report; ends with 1 if a trial ended otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=100, help="how many trainings")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = trials(arguments.times, Path(folder), arguments.seed)
    same = report.trials - len(report.different)
    print(
        f"{same} of {report.trials} trainings ended bit-identical, after "
        f"{report.killed} kills, {report.in_a_save} of them while saving"
    )
    print(*report.different, sep="\n", end="")
    sys.exit(bool(report.different))


if __name__ == "__main__":
    main()
