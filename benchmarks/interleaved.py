"""Timing programs side by side: each in a process of its own, taking turns.

On a machine that others use too a time alone says little; times taken in turn, and
their ratios, say more.  A contestant is a Python file that calls `serve(setup)`.
"""

import json
import os
import statistics
import subprocess
import sys
import time


def serve(setup):
    """Runs a contestant: builds it once, then times as many steps as it is asked to.

    `setup()` returns a function steps → final loss, as a float.
    """
    run = setup()
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line)
        start = time.perf_counter()
        loss = run(steps)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "loss": loss}), flush=True)


class Contestant:
    """A process that runs steps when asked."""

    def __init__(self, name, command, threads=1, environment=None):
        self.name = name
        self.times = []
        self.loss = None
        counts = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        variables = (
            os.environ | dict.fromkeys(counts, str(threads)) | (environment or {})
        )
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=variables,
        )
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} did not start: {' '.join(command)}")

    def run(self, steps):
        """Runs steps, and notes the seconds per step."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.times.append(answer["seconds"] / steps)
        self.loss = answer["loss"]

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


def take_turns(contestants, steps, rounds):
    """Lets everybody run in every round, after one round that does not count."""
    for contestant in contestants:
        contestant.run(steps)
        contestant.times.clear()
    for _ in range(rounds):
        for contestant in contestants:
            contestant.run(steps)


def report(contestants, unit=1e6, suffix="µs"):
    """Prints median and fastest times per step, ratios to the first, and results."""
    first = contestants[0]
    print(f"{'':36}{'median':>12}{'fastest':>12}{'ratio':>8}{'result':>14}")
    for contestant in contestants:
        ratios = [a / b for a, b in zip(contestant.times, first.times, strict=True)]
        print(
            f"{contestant.name:36}"
            f"{statistics.median(contestant.times) * unit:>9.0f} {suffix}"
            f"{min(contestant.times) * unit:>9.0f} {suffix}"
            f"{statistics.median(ratios):>8.2f}"
            f"{contestant.loss:>14.6f}"
        )
