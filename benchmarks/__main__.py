"""Every workload against every peer: `make bench`, or a part of it from here.

    python -m benchmarks                                 # all, with 1 and 2 threads
    python -m benchmarks W3 W4 --threads 2 --peers torch,jax
    python -m benchmarks --quick                         # 2 threads, fewer rounds
    python -m benchmarks --show .benchmarks/results/NAME.json

The peers need their environments: `make bench-environments`.  Results are kept below
.benchmarks/results: the figures as JSON, the tables as text, pictures as SVG.
"""

import argparse
import datetime
import json
import os
import platform
from pathlib import Path

from benchmarks.entries import EXTRAS, OURS, PEERS, names_in
from benchmarks.environments import OUTPUT
from benchmarks.measuring import measure, measure_limits
from benchmarks.pictures import picture_of_growth, picture_of_ratios
from benchmarks.tables import table_of_case, table_of_limits, table_of_targets
from benchmarks.workloads import CASES, TITLES

ROUNDS, QUICK_ROUNDS = 9, 3


def main():
    """Measures what is asked for, prints the tables and keeps the results."""
    options = parse()
    if options.show:
        results = json.loads(Path(options.show).read_text())
        show(results)
        draw(results, Path(options.show))
        return
    results = {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "rounds": options.rounds,
        "limits": {},
        "cases": [],
    }
    path = OUTPUT / "results" / f"{results['date'].replace(':', '-')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    for threads in options.threads:
        results["limits"][str(threads)] = limits = measure_limits(threads)
        print(table_of_limits({threads: limits}), flush=True)
        for case in options.cases:
            if not case.threaded and threads != options.threads[0]:
                continue
            entries = [e for e in options.entries if e.plays(case)]
            measured = measure(case, entries, threads, options.rounds, limits)
            results["cases"].append(measured)
            print("\n" + table_of_case(measured), flush=True)
            path.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    text = show(results)
    path.with_suffix(".txt").write_text(text)
    draw(results, path)
    print(f"\nKept as {path.with_suffix('')}.*")


def parse():
    """Returns what the command line asks for: cases, entries, threads, rounds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__.splitlines()[0],
        epilog="; ".join(f"{name}: {title}" for name, title in TITLES.items()),
    )
    names = sorted({entry.name for entry in [*PEERS, *EXTRAS]})
    parser.add_argument("workloads", nargs="*", metavar="W1 … W10")
    parser.add_argument(
        "--threads", help="such as 2; 1,2 unless --quick, which takes 2"
    )
    parser.add_argument("--peers", help=f"some of {', '.join(names)}, or none")
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS} unless --quick")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--show", metavar="JSON", help="print and draw a former run")
    options = parser.parse_args()
    wanted = options.workloads or list(TITLES)
    if unknown := set(wanted) - set(TITLES):
        parser.error(f"expected some of {', '.join(TITLES)}; got {sorted(unknown)}")
    peers = names_in(parser, options.peers, names)
    extras = EXTRAS if options.peers is not None else []
    options.entries = OURS + [e for e in [*extras, *PEERS] if e.name in peers]
    options.cases = [case for case in CASES if case.workload in wanted]
    if options.quick:
        options.cases = [case for case in options.cases if not case.thorough]
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    threads = options.threads or ("2" if options.quick else "1,2")
    options.threads = [int(count) for count in threads.split(",")]
    return options


def describe_machine():
    """Returns what the figures depend on."""
    return {
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def processor():
    """Returns the processor's name as the system knows it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def show(results):
    """Prints and returns the machine's limits and the table of targets."""
    machine = results["machine"]
    text = "\n".join(
        [
            f"{results['date']}, {machine['processor']}, {machine['processors']} "
            f"processors, Python {machine['python']}, rounds: {results['rounds']}",
            table_of_limits(results["limits"]),
            "",
            *(table_of_case(case) + "\n" for case in results["cases"]),
            table_of_targets(results),
        ]
    )
    print("\n" + text)
    return text + "\n"


def draw(results, path):
    """Draws what there is to draw, beside the JSON file."""
    for name, picture in (
        ("ratios", picture_of_ratios(results)),
        ("growth", picture_of_growth(results)),
    ):
        if picture is not None:
            picture.save(path.with_suffix(f".{name}.svg"))


if __name__ == "__main__":
    main()
