"""Runs one case: everybody builds, warms up, takes turns, and is compared.

Results are plain dicts, as they are kept in JSON: see `measure`.
"""

import contextlib
import json
import subprocess

from benchmarks.comparing import the_same_task, within_contract
from benchmarks.entries import MACHINE, REFERENCES
from benchmarks.interleaved import ROOT, Failed, take_turns

WARM_UP = 3  # steps: the first, the one that is recorded, the first replay
LONGEST_TURN = 1.5  # seconds; who is slow runs fewer steps
COPIES = tuple(1 << power for power in range(18, 30))  # bytes: 256 KiB to 512 MiB


def measure(case, entries, threads, rounds, limits=None):
    """Returns the results of a case.

    {"workload", "label", "measured", "target", "margin", "threads",
     "bound": seconds or None, "curve": [what grows, size] or None,
     "contestants": [{"name", "title", "times": seconds per step, "start": seconds of
                      building and the first steps, "memory": bytes, "losses",
                      "comparison": [error, allowed], or why there is none}
                     or {"name", "title", "error": why there is nothing}]}
    """
    if case.kind == "import":
        contestants = measure_imports(case, entries, rounds)
    else:
        contestants = measure_turns(case, entries, threads, rounds)
    bound = None
    if limits and case.task is not None and case.measured == "seconds":
        bound = bound_of(case, limits)
    return {
        "workload": case.workload,
        "label": case.label,
        "kind": case.kind,
        "measured": case.measured,
        "target": case.target,
        "margin": case.margin,
        "threads": threads,
        "bound": bound,
        "curve": case.curve,
        "contestants": contestants,
    }


def measure_turns(case, entries, threads, rounds):
    """Returns what everybody did, in the order of the entries."""
    results = {e.name: {"name": e.name, "title": e.title} for e in entries}
    with contextlib.ExitStack() as running:
        started = {}
        for entry in entries:
            try:
                contestant = entry.start(threads)
                running.callback(contestant.close)
                results[entry.name] |= warm_up(contestant, case)
                started[contestant] = entry.name
            except (Failed, FileNotFoundError) as failure:
                results[entry.name]["error"] = str(failure)
        steps = {
            contestant: steps_of_turn(case, results[name]["warm"])
            for contestant, name in started.items()
        }
        for contestant, times in take_turns(list(started), steps, rounds).items():
            result = results[started[contestant]]
            try:
                if isinstance(times, Failed):
                    raise times
                result |= {"times": times, "memory": contestant.memory()}
                if case.checked:
                    result["losses"] = contestant.losses(case.checked)
            except Failed as failure:
                result["error"] = str(failure)
    if case.checked:
        compare(case, list(results.values()), threads)
    return list(results.values())


def warm_up(contestant, case):
    """Has a contestant build and run, and returns the seconds of its first steps.

    `start` is from nothing to the first steps done: recording and compiling are in it.
    """
    seconds = contestant.build(**case.to_build())
    steps = min(WARM_UP, case.steps)
    first = contestant.run(steps) * steps
    return {"start": seconds + first, "warm": contestant.run(steps)}


def steps_of_turn(case, seconds):
    """Returns how long a turn is for one who needs so many seconds for a step."""
    if seconds * case.steps <= LONGEST_TURN:
        return case.steps
    return max(1, int(LONGEST_TURN / seconds))


def compare(case, results, threads):
    """Notes how far everybody's losses are from the right ones."""
    exact = reference = None
    able = [result for result in results if "losses" in result]
    if case.task is not None:
        try:
            reference, exact = (losses_of(entry, case, threads) for entry in REFERENCES)
        except Failed as failure:
            for result in able:
                result["comparison"] = f"nothing to compare with: {failure}"
            return
    for result in able:
        if exact is None:  # then the first is what the others are compared with
            exact = result["losses"]
        if reference is not None and result["name"].startswith("minikeras"):
            comparison = within_contract(result["losses"], reference, exact)
        else:
            comparison = the_same_task(result["losses"], exact)
        result["comparison"] = list(comparison)


def losses_of(entry, case, threads):
    """Returns the losses of one who only runs to be compared with."""
    contestant = entry.start(threads)
    try:
        contestant.build(**case.to_build())
        return contestant.losses(case.checked)
    finally:
        contestant.close()


def measure_imports(case, entries, rounds):
    """Returns the seconds of imports, each time in a fresh process.

    The first round does not count: it writes the bytecode that the others read.
    """
    results = []
    for entry in entries:
        result = {"name": entry.name, "title": entry.title, "times": []}
        results.append(result)
    for number in range(rounds + 1):
        for entry, result in zip(entries, results, strict=True):
            if "error" in result:
                continue
            try:
                seconds, memory = import_once(entry)
            except (Failed, FileNotFoundError) as failure:
                result["error"] = str(failure)
                continue
            if number:
                result["times"].append(seconds)
            result["memory"] = {"peak": memory, "now": memory, "baseline": 0}
    return results


def import_once(entry):
    """Returns the seconds of importing what an entry names, and the memory after it."""
    result = subprocess.run(
        entry.command(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=entry.variables(),
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["it said nothing"]
        raise Failed(lines[-1])
    answer = json.loads(result.stdout)
    return answer["seconds"], answer["memory"]


# The limits of the machine ------------------------------------------------------------


def measure_limits(threads):
    """Returns {"flops": per second, "bandwidth": [[bytes touched, per second]]}.

    A limit is what was reached once: the fastest of some turns.
    """
    machine = MACHINE.start(threads)
    try:
        machine.build(kind="product")
        machine.run(2)
        seconds = min(machine.run(3) for _ in range(7))
        flops = 2 * 2048**3 / seconds
        bandwidth = []
        for size in COPIES:
            machine.build(kind="copy", size=size)
            steps = max(1, (1 << 28) // size)
            machine.run(steps)
            seconds = min(machine.run(steps) for _ in range(3))
            bandwidth.append([size, size / seconds])
    finally:
        machine.close()
    return {"flops": flops, "bandwidth": bandwidth}


def bound_of(case, limits):
    """Returns the seconds that no step can beat by much.

    The products at the machine's best rate, and the optimizer's traffic at the rate of
    copying as much memory as it touches.
    """
    task = case.task
    if case.kind == "prediction":
        return task.predicting_flops() / limits["flops"]
    traffic = task.updated_bytes()
    return task.flops() / limits["flops"] + traffic / rate_for(traffic, limits)


def rate_for(size, limits):
    """Returns the bandwidth measured with the next larger size, or the largest."""
    larger = [rate for touched, rate in limits["bandwidth"] if touched >= size]
    return larger[0] if larger else limits["bandwidth"][-1][1]
