"""Results as text: the table of targets, and everybody's figures.

Reads what `measuring.measure` returns, or what was kept in a JSON file.
"""

import statistics
from typing import NamedTuple

OURS = ("minikeras", "scalar", "tensor")


class Row(NamedTuple):
    """A line of the table of targets: our figure, and the best peer's."""

    case: dict
    ours: float | None
    peer: str | None
    theirs: float | None

    @property
    def ratio(self):
        """Our figure by theirs, None if one of them is missing."""
        if self.ours is None or self.theirs is None:
            return None
        return self.ours / self.theirs

    @property
    def fastest_ratio(self):
        """Our fastest turn by the fastest of all peers, None if one is missing."""
        if self.ratio is None or self.case["measured"] == "memory":
            return None
        fastest = {
            contestant["name"]: min(contestant["times"])
            for contestant in self.case["contestants"]
            if "error" not in contestant and not is_variant(contestant)
        }
        ours = [seconds for name, seconds in fastest.items() if name in OURS]
        return ours[0] / min(s for name, s in fastest.items() if name not in OURS)

    @property
    def met(self):
        """Whether the target is reached; None if nobody knows."""
        if self.ratio is None:
            return None
        if self.case["margin"] is not None:
            return self.ours - self.theirs <= self.case["margin"]
        return self.ratio <= self.case["target"]

    @property
    def memory_ratio(self):
        """Our peak memory by the leanest peer's, None if one of them is missing."""
        peaks = {
            contestant["name"]: contestant["memory"]["peak"]
            for contestant in self.case["contestants"]
            if "error" not in contestant and not is_variant(contestant)
        }
        ours = [peak for name, peak in peaks.items() if name in OURS]
        theirs = [peak for name, peak in peaks.items() if name not in OURS]
        return ours[0] / min(theirs) if ours and theirs else None

    @property
    def share_of_bound(self):
        """How much of the bound's speed is reached, None if there is no bound."""
        if self.ours is None or self.case["bound"] is None:
            return None
        return self.case["bound"] / self.ours


def row_of(case):
    """Returns the line for a case: everybody by their median."""
    ours, peers = None, {}
    for contestant in case["contestants"]:
        figure = figure_of(contestant, case)
        if figure is None or is_variant(contestant):
            continue
        if contestant["name"] in OURS:
            ours = figure
        else:
            peers[contestant["title"]] = figure
    best = min(peers, key=peers.get) if peers else None
    return Row(case, ours, best, peers.get(best))


def is_variant(contestant):
    """Whether it is ours in another way: no peer, and not what targets are about."""
    return contestant["name"].startswith("minikeras-")


def figure_of(contestant, case, summary=statistics.median):
    """Returns the median time per step or the peak memory; None if it failed.

    Of a chain, the time per operation.
    """
    if "error" in contestant:
        return None
    if case["measured"] == "memory":
        return contestant["memory"]["peak"]
    figure = summary(contestant["times"])
    return figure / case["curve"][1] if case["kind"] == "chain" else figure


def table_of_targets(results):
    """Returns the table, target by target, with a last line that counts them."""
    header = (
        f"{'workload':<30}{'thr.':>5}{'ours':>11}{'best peer':>11}  {'who':<18}"
        f"{'ratio':>6}{'target':>8}  {'met':<5}{'fastest':>8}{'of bound':>10}"
        f"{'memory':>8}  losses"
    )
    rows = [row_of(case) for case in results["cases"]]
    lines = [header, *(target_line(row) for row in rows)]
    known = [row for row in rows if row.met is not None]
    met = sum(row.met for row in known)
    lines.append(f"{met} of {len(known)} targets met")
    return "\n".join(lines)


def target_line(row):
    case = row.case
    name = f"{case['workload']} {case['label']}"
    target = f"{case['target']:.2f}"
    if case["margin"] is not None:
        target = "+" + quantity(case["margin"], "seconds").replace(" ", "")
    share = "" if row.share_of_bound is None else f"{row.share_of_bound:.0%}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    fastest = "" if row.fastest_ratio is None else f"{row.fastest_ratio:.2f}"
    memory = "" if row.memory_ratio is None else f"{row.memory_ratio:.2f}"
    met = {True: "yes", False: "no", None: "–"}[row.met]
    return (
        f"{name:<30}{case['threads']:>5}{quantity(row.ours, case['measured']):>11}"
        f"{quantity(row.theirs, case['measured']):>11}  {row.peer or '–':<18}"
        f"{ratio:>6}{target:>8}  {met:<5}{fastest:>8}{share:>10}{memory:>8}"
        f"  {our_losses(case)}"
    ).rstrip()


def our_losses(case):
    """Returns how our losses compare, in a word."""
    for contestant in case["contestants"]:
        if contestant["name"] in OURS:
            if "error" in contestant:
                return f"failed: {contestant['error']}"
            return verdict(contestant)
    return ""


def verdict(contestant):
    """Returns how a contestant's losses compare with the right ones.

    >>> verdict({"comparison": [2e-7, 1e-6]}), verdict({"comparison": [0.5, 1e-6]})
    ('2e-07 ≤ 1e-06', '0.5 > 1e-06: DIFFERENT')
    """
    if "comparison" not in contestant:
        return ""
    if isinstance(contestant["comparison"], str):
        return contestant["comparison"]
    error, allowed = contestant["comparison"]
    if error <= allowed:
        return f"{error:.0e} ≤ {allowed:.0e}".replace("0e+00", "0")
    return f"{error:.1g} > {allowed:.0e}: DIFFERENT"


def table_of_case(case):
    """Returns everybody's figures for one case."""
    lines = [
        f"{case['workload']}, {case['label']}, threads: {case['threads']}",
        f"  {'':<20}{'median':>11}{'fastest':>11}{'to ours':>9}{'start':>9}"
        f"{'memory':>10}{'with imports':>14}  losses differ by",
    ]
    ours = row_of(case).ours
    for contestant in case["contestants"]:
        title = f"  {contestant['title']:<20}"
        if "error" in contestant:
            lines.append(f"{title}  {contestant['error']}")
            continue
        times, memory = contestant["times"], contestant["memory"]
        figure = figure_of(contestant, case)
        ratio = "" if ours is None else f"{figure / ours:.2f}"
        start = quantity(contestant.get("start"), "seconds")
        lines.append(
            f"{title}{quantity(statistics.median(times), 'seconds'):>11}"
            f"{quantity(min(times), 'seconds'):>11}{ratio:>9}{start:>9}"
            f"{quantity(memory['peak'] - memory['baseline'], 'memory'):>10}"
            f"{quantity(memory['peak'], 'memory'):>14}  {verdict(contestant)}".rstrip()
        )
    return "\n".join(lines)


def table_of_limits(limits):
    """Returns what the machine can do, for each number of threads."""
    lines = []
    for threads, limit in limits.items():
        rates = limit["bandwidth"]
        largest, in_memory = rates[-1]
        fastest, in_cache = max(rates, key=lambda pair: pair[1])
        lines.append(
            f"machine, threads: {threads}: sgemm {limit['flops'] / 1e9:.0f} GFLOP/s, "
            f"copying {in_memory / 1e9:.0f} GB/s ({quantity(largest, 'memory')}), "
            f"at most {in_cache / 1e9:.0f} GB/s ({quantity(fastest, 'memory')})"
        )
    return "\n".join(lines)


def quantity(value, measured):
    """Returns seconds or bytes in the unit that fits.

    >>> quantity(3.1e-5, "seconds"), quantity(0.0123, "seconds")
    ('31.0 µs', '12.3 ms')
    >>> quantity(1 << 27, "memory"), quantity(None, "memory")
    ('128 MiB', '')
    """
    if value is None:
        return ""
    if measured == "memory":
        return f"{value / 2**20:.0f} MiB" if value >= 1 << 20 else f"{value >> 10} KiB"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{three_digits(value / size)} {unit}"
    return f"{three_digits(value / 1e-6)} µs"


def three_digits(value):
    """Returns a number with three digits that count, or all before the point."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"
