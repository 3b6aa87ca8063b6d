"""Kills a training with SIGKILL at random moments, and compares where it ends.

    python -m tests.callbacks.kill_and_resume --times 100

A trial starts the program `tests.callbacks.training` and kills it: after a random time,
or, in every other trial, as soon as a random one of its backups is being written. Then
it starts it again, until it has been killed `KILLS` times or has ended. A trial that
ended before its first kill is started over. All that it ends with is compared, bit for
bit, with a run that nobody killed.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

ROOT = Path(__file__).parent.parent.parent
FREQUENCIES = ("epoch", "1", "4")
KILLS = 3  # of one trial, at most
PATIENCE = 120  # seconds that a run may take


Outcome: TypeAlias = dict[str, np.ndarray]


class Report(NamedTuple):
    """How many trials there were, how often they were killed, what ended otherwise."""

    trials: int
    killed: int
    in_a_save: int
    different: list[str]


def trials(times: int, folder: Path, seed: int = 0) -> Report:
    """Runs trials, and reports."""
    chance = random.Random(seed)
    expected: dict[str, Outcome] = {}
    seconds: dict[str, float] = {}
    for save_freq in FREQUENCIES[:times]:
        whole = folder / f"whole {save_freq}"
        seconds[save_freq] = run(whole, save_freq) or 0.0
        expected[save_freq] = read(whole)
    killed, in_a_save, different = 0, 0, []
    for trial in range(times):
        save_freq = FREQUENCIES[trial % len(FREQUENCIES)]
        place, kills = folder / f"trial {trial}", 0
        while kills < KILLS:
            moment = chance.uniform(0, seconds[save_freq])
            save = chance.randint(1, 6) if trial % 2 else None
            if run(place, save_freq, moment, save) is None:
                kills += 1
                in_a_save += bool(unfinished(place / "backup"))
            elif kills:
                break
            else:
                shutil.rmtree(place)
        else:
            run(place, save_freq)
        killed += kills
        difference = compared(read(place), expected[save_freq])
        if difference:
            different.append(f"trial {trial}, save_freq {save_freq}: {difference}")
    return Report(times, killed, in_a_save, different)


def run(
    folder: Path,
    save_freq: str,
    kill_after: float | None = None,
    kill_in_save: int | None = None,
) -> float | None:
    """Runs the program; returns the seconds that it trained, None if it was killed.

    It is killed while it writes its n-th backup, or after so many seconds, or never.
    """
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
        if kill_in_save is not None:
            wait_for_save(process, folder / "backup", kill_in_save)
        elif kill_after is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(kill_after)
        if kill_after is not None and process.poll() is None:
            process.kill()
            return None
        code = process.wait(PATIENCE)
    if code == -signal.SIGKILL:
        return None
    if code:
        raise RuntimeError(f"The training in {folder} failed with code {code}.")
    return time.perf_counter() - started


def wait_for_save(process: subprocess.Popen[bytes], backup: Path, count: int) -> None:
    """Returns when the n-th backup is being written, or the process has ended."""
    seen = unfinished(backup)  # left behind by an earlier kill
    count += len(seen)
    while len(seen) < count and process.poll() is None:
        seen |= unfinished(backup)


def unfinished(backup: Path) -> set[str]:
    """Returns the names of files that are being written, if the folder is there."""
    with contextlib.suppress(FileNotFoundError):
        return {name for name in os.listdir(backup) if name.endswith(".tmp")}
    return set()


def read(folder: Path) -> Outcome:
    """Returns what a training has written when it ended."""
    with np.load(folder / "outcome.npz", allow_pickle=False) as file:
        return dict(file)


def compared(found: Outcome, expected: Outcome) -> str | None:
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
