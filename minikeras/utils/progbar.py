"""The progress bar of a training, to the byte as Keras draws it."""

import sys
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from minikeras.config import is_interactive_logging_enabled
from minikeras.lazy import LoadedOnUse

if TYPE_CHECKING:
    import logging
else:
    logging = LoadedOnUse("logging")

BOLD, GREEN, WHITE, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """Shows how far a run is, how long it takes, and a few values.

    `target` is the number of steps, None if it is not known. verbose: 1 draws a bar
    that is drawn over at most every `interval` seconds, 2 prints one line at the end.
    Values are shown as means over the steps since the bar was made; the last ones, and
    those of `stateful_metrics`, as they come. If `stateless_metrics` are given, means
    are taken of these alone.

    Raises: ValueError if both stateful_metrics and stateless_metrics are given.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int | str = 1,
        interval: float = 0.05,
        stateful_metrics: Collection[str] | None = None,
        stateless_metrics: Collection[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar takes stateful_metrics (of all others it shows means) or "
                "stateless_metrics (of which alone it does); got both: "
                f"{stateful_metrics} and {stateless_metrics}."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.stateful_metrics = set(stateful_metrics or [])
        self.stateless_metrics = stateless_metrics
        self.unit_name = unit_name
        self._totals: dict[
            str, tuple[float, int]
        ] = {}  # {name: (sum of value · steps, steps)}
        self._seen = 0
        self._start = time.time()
        self._after_first: float | None = None
        self._last_update = 0.0
        self._visible = 0  # how many characters stand on the line

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Goes to a step, with values as (name, value) pairs.

        `finalize` draws for the last time and ends the line; by default that is when
        the target is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._add_up(current, values or [], finalize)
        now = time.time()
        unit_seconds = self._seconds_per_unit(current, now)
        if self.verbose == 1:
            if not finalize and now - self._last_update < self.interval:
                return
            self._draw(current, now - self._start, unit_seconds, finalize)
        elif self.verbose == 2 and finalize:
            self._print_line(current, now - self._start, unit_seconds)
        self._last_update = now

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Goes n steps further on."""
        self.update(self._seen + n, values)

    def is_due(self) -> bool:
        """Whether `update` would draw a bar now: a caller may save what it costs."""
        return self.verbose == 1 and time.time() - self._last_update >= self.interval

    def _add_up(
        self, current: int, values: Iterable[tuple[str, Any]], finalize: bool
    ) -> None:
        """Adds values, which hold for all steps since the last update, to the means.

        Of a list its mean counts.
        """
        steps = max(current - self._seen, 1)
        for name, given in values:
            value = sum(given) / len(given) if isinstance(given, list) else given
            if finalize or self._is_stateful(name):
                self._totals[name] = (value, 1)
            else:
                total, count = self._totals.get(name, (0.0, 0))
                self._totals[name] = (total + value * steps, count + steps)
        self._seen = current

    def _is_stateful(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name not in self.stateless_metrics
        return name in self.stateful_metrics

    def _means(self) -> dict[str, float]:
        return {name: total / count for name, (total, count) in self._totals.items()}

    def _seconds_per_unit(self, current: int, now: float) -> float:
        """Returns the mean time of a step, without the first, which builds things."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        if current == 1:
            self._after_first = now
        return (now - self._start) / current

    def _draw(
        self, current: int, elapsed: float, unit_seconds: float, finalize: bool
    ) -> None:
        """Draws bar, times and values over what stands on the line."""
        if self.target is None or finalize:
            seconds = f"{elapsed:.0f}s"
        else:
            seconds = duration(unit_seconds * (self.target - current))
        text = f" {BOLD}{seconds}{PLAIN} {unit_time(unit_seconds)}/{self.unit_name}"
        for name, mean in self._means().items():
            text += f" - {name}: {number(mean, size=abs(mean))}"
        text = self._bar(current) + text

        visible = count_visible(text)
        leftover = " " * (self._visible - visible)
        ending = "\n" if finalize else ""
        write("\b" * self._visible + "\r" + text + leftover + ending)
        self._visible = visible

    def _bar(self, current: int) -> str:
        if self.target is None:
            return f"{current:7d}/Unknown"
        full = int(self.width * current / self.target) if self.target else self.width
        full = min(full, self.width)
        done = f"{GREEN}{'━' * full}{PLAIN}" if full else ""
        rest = f"{WHITE}{'━' * (self.width - full)}{PLAIN}"
        return f"{BOLD}{count_of(current, self.target)}{PLAIN} {done}{rest}"

    def _print_line(self, current: int, elapsed: float, unit_seconds: float) -> None:
        """Prints the run as one line, without a bar."""
        count = count_of(current, "Unknown" if self.target is None else self.target)
        line = f"{count} - {elapsed:.0f}s - {unit_time(unit_seconds)}/{self.unit_name}"
        for name, mean in self._means().items():
            # Here Keras does not take the size of a negative value: it prints -2 as
            # -2.0000e+00.
            line += f" - {name}: {number(mean, size=mean)}"
        write(f"{line}\n")


def count_of(current: int, target: int | str) -> str:
    """Returns "  7/120": the count as wide as the target, so that nothing moves."""
    return f"{current:{len(str(target))}d}/{target}"


def number(value: float, size: float) -> str:
    """Returns a value with four decimals: 0.1234, or 5.0000e-04 where `size` is small.

    >>> number(-0.5, size=0.5), number(0.0005, size=0.0005)
    ('-0.5000', '5.0000e-04')
    """
    return f"{value:.4f}" if size > 1e-3 else f"{value:.4e}"


def duration(seconds: float) -> str:
    """Returns a time to go: 60s, 1:30 or 1:02:03.

    >>> duration(60), duration(90), duration(3723)
    ('60s', '1:30', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    if seconds > 3600:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}" if seconds > 60 else f"{int(seconds)}s"


def unit_time(seconds: float) -> str:
    """Returns the time of a step in the unit that suits it: 2s, 3ms, 988us."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms"
    return f"{seconds * 1e6:.0f}us"


def count_visible(text: str) -> int:
    """Returns how many characters of a line are seen: all but those for colours."""
    for colour in (BOLD, GREEN, WHITE, PLAIN):
        text = text.replace(colour, "")
    return len(text)


def write(text: str) -> None:
    """Writes to what is standard output now, and at once; or into the log.

    The log is that of `logging` named "minikeras", if config says that nobody watches.
    """
    if not is_interactive_logging_enabled():
        line = text.strip("\b\r\n ")
        if line:
            logging.getLogger("minikeras").info(line)
        return
    sys.stdout.write(text)
    sys.stdout.flush()
