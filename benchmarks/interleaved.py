"""Timing programs side by side: each in a process of its own, taking turns.

On a machine that others use too a time alone says little; times taken in turn, and
their ratios, say more.  A contestant is a module that calls `serve(build)`; it runs in
the environment of its family, so what is here needs the standard library alone.

Requests and answers are lines of JSON:

    {"build": {...}}    {"seconds": 0.2}              makes what is to be timed
    {"run": 100}        {"seconds": 0.1, "loss": 2}   times so many steps
    {"check": 5}        {"losses": [...]}             trains anew, and tells each loss
    {"memory": true}    {"peak": ..., "now": ...}     in bytes
    whatever fails      {"error": "RecursionError: ..."}
"""

import contextlib
import gc
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]  # where `python -m benchmarks...` finds itself
PATIENCE = 600.0  # seconds that an answer may take: compilers are slow
PAUSE = 0.02  # seconds before a turn: other people's threads stop spinning
THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class Failed(Exception):
    """What a contestant could not do, in one line."""


# In the contestant's process ----------------------------------------------------------


def serve(build):
    """Answers requests until there are no more.

    `build(**what)` returns an object with the methods

        prepare(steps)    not timed: has the data for so many steps ready
        run(steps)        timed; returns the last loss, or another finite result
        losses(steps)     the loss of each of the first steps, from the initial weights
    """
    answers = keep_for_answers()
    baseline = memory()["now"]
    built = None
    print(json.dumps({"baseline": baseline}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "build" in request:
                built = None
                gc.collect()
                start = time.perf_counter()
                built = build(**request["build"])
                answer = {"seconds": time.perf_counter() - start}
            else:
                answer = respond(built, request)
        except Exception as error:
            first_line = (str(error).strip() or "no message").splitlines()[0]
            answer = {"error": f"{type(error).__name__}: {first_line}"}
        print(json.dumps(answer), file=answers, flush=True)


def respond(built, request):
    """Returns the answer to a request about what was built."""
    if "run" in request:
        steps = request["run"]
        built.prepare(steps)
        start = time.perf_counter()
        loss = built.run(steps)
        return {"seconds": time.perf_counter() - start, "loss": float(loss)}
    if "check" in request:
        return {"losses": [float(loss) for loss in built.losses(request["check"])]}
    return memory()


def keep_for_answers():
    """Returns the standard output for answers; what else is printed goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def memory():
    """Returns the resident memory in bytes: now, and the most there ever was."""
    try:
        with open("/proc/self/status") as status:
            lines = dict(line.split(":", 1) for line in status)
    except FileNotFoundError:  # not on Linux: the most there was is all there is
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"peak": peak, "now": peak}
    kibibytes = {name: int(lines[name].split()[0]) for name in ("VmHWM", "VmRSS")}
    return {"peak": kibibytes["VmHWM"] * 1024, "now": kibibytes["VmRSS"] * 1024}


# In the process that asks -------------------------------------------------------------


class Contestant:
    """A process that does what it is asked, on so many processors."""

    def __init__(self, name, command, threads=1, environment=None):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (close() closes it)
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=os.environ
            | dict.fromkeys(THREAD_COUNTS, str(threads))
            | (environment or {}),
            preexec_fn=lambda: stay_on(threads),
        )
        self.answers = selectors.DefaultSelector()
        self.answers.register(self.process.stdout, selectors.EVENT_READ)
        self.baseline = self.answer()["baseline"]

    def build(self, **what):
        """Has it make what is to be timed; returns the seconds that took."""
        return self.ask(build=what)["seconds"]

    def run(self, steps):
        """Returns the seconds per step."""
        return self.ask(run=steps)["seconds"] / steps

    def losses(self, steps):
        """Returns the losses of the first steps from the initial weights."""
        return self.ask(check=steps)["losses"]

    def memory(self):
        """Returns {"peak", "now", "baseline"} in bytes; baseline: after the imports."""
        return self.ask(memory=True) | {"baseline": self.baseline}

    def ask(self, **request):
        """Returns the answer to a request.

        Raises: Failed if it can't do that, takes too long or has died.
        """
        with contextlib.suppress(BrokenPipeError):  # then it says below why it ended
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        answer = self.answer()
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def answer(self):
        """Reads one answer."""
        if not self.answers.select(PATIENCE):
            self.process.kill()
            raise Failed(f"no answer in {PATIENCE:.0f} s")
        while line := self.process.stdout.readline():
            if line.startswith("{"):  # else a library has said hello
                return json.loads(line)
        code = self.process.wait()
        raise Failed(f"ended with code {code}: {self.last_words()}")

    def last_words(self):
        """Returns the last line of what it wrote to its standard error."""
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def close(self):
        """Ends the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.answers.close()
        self.errors.close()


def stay_on(threads):
    """Keeps this process on the last so many of the processors it may use.

    That way a library that ignores the variables has no more threads than the others.
    """
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[-threads:])


def take_turns(contestants, steps, rounds):
    """Lets everybody run in every round; returns {contestant: seconds per step}.

    `steps` says for each contestant how many steps a turn has.  One that fails is
    left out from then on: its value is a Failed.
    """
    times = {contestant: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            if isinstance(times[contestant], Failed):
                continue
            time.sleep(PAUSE)
            try:
                times[contestant].append(contestant.run(steps[contestant]))
            except Failed as failure:
                times[contestant] = failure
    return times
