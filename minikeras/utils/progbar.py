"""The progress bar, with the same bytes as Keras's."""

import sys
import time

WIDTH = 20


class Progbar:
    """Shows how far a run is, how long it takes, and a few values.

    `target` is the number of steps, None if it is not known.  verbose: 1 draws a bar
    that is drawn over, 2 prints one line at the end.
    """

    def __init__(self, target, width=WIDTH, verbose=1, interval=0.05):
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.values = {}
        self._start = time.time()
        self._after_first = None
        self._last = 0.0
        self._drawn = 0  # how many visible characters stand on the line

    def is_due(self):
        """Whether the bar is to be drawn again: not more often than every interval."""
        return self._after_first is None or time.time() - self._last >= self.interval

    def update(self, current, values=None, finalize=None):
        """Draws the bar at a step, with values as (name, value) pairs.

        `finalize` draws it for the last time; by default that is when the target is
        reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self.values.update(values or [])
        now = time.time()
        if self._after_first is None:
            self._after_first = now
        if self.verbose == 1:
            if not finalize and now - self._last < self.interval:
                return
            self._draw(current, now, finalize)
        elif self.verbose == 2 and finalize:
            self._print_line(now)
        self._last = now

    def add(self, n, values=None):
        """Draws the bar n steps further on."""
        self._current = getattr(self, "_current", 0) + n
        self.update(self._current, values)

    def _draw(self, current, now, finalize):
        bar, visible = self._bar(current)
        info = self._timing(current, now, finalize)
        info += "".join(f" - {name}: {number(value)}" for name, value in self.values.items())
        plain = visible + len(info.replace("\x1b[1m", "").replace("\x1b[0m", ""))
        padding = " " * max(0, self._drawn - plain)
        ending = "\n" if finalize else ""
        sys.stdout.write("\b" * self._drawn + "\r" + bar + info + padding + ending)
        sys.stdout.flush()
        self._drawn = plain + len(padding)

    def _bar(self, current):
        """Returns the count and the bar, and how many characters of them are visible."""
        if self.target is None:
            text = f"{current:7d}/Unknown"
            return text, len(text)
        digits = len(str(self.target))
        count = f"{current:{digits}d}/{self.target}"
        done = int(self.width * min(current / self.target, 1.0)) if self.target else self.width
        bar = f"\x1b[32m{'━' * done}\x1b[0m" if done else ""
        bar += f"\x1b[37m{'━' * (self.width - done)}\x1b[0m"
        return f"\x1b[1m{count}\x1b[0m {bar}", len(count) + 1 + self.width

    def _timing(self, current, now, finalize):
        per_step = self._seconds_per_step(current, now)
        if self.target is None or finalize:
            total = f"{now - self._start:.0f}s"
        else:
            total = duration(per_step * (self.target - current))
        return f" \x1b[1m{total}\x1b[0m {step_time(per_step)}/step"

    def _seconds_per_step(self, current, now):
        """Returns the mean time of a step, without the first, which builds things."""
        if current > 1:
            return (now - self._after_first) / (current - 1)
        return now - self._start if current else 0.0

    def _print_line(self, now):
        steps = self.target or 1
        seconds = now - self._start
        values = "".join(f" - {name}: {number(value)}" for name, value in self.values.items())
        line = f"{steps}/{steps} - {seconds:.0f}s - {step_time(seconds / steps)}/step{values}\n"
        sys.stdout.write(line)
        sys.stdout.flush()


def number(value):
    """Returns a value with four digits: 0.1234, or 5.0000e-04 if it is small.

    >>> number(0.5), number(0.0005)
    ('0.5000', '5.0000e-04')
    """
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def duration(seconds):
    """Returns a time to go: 12s, 1:30 or 1:02:03.

    >>> duration(90), duration(3723)
    ('1:30', '1:02:03')
    """
    seconds = int(seconds)
    if seconds > 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    if seconds > 60:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds}s"


def step_time(seconds):
    """Returns a time per step in the unit that suits it: 2s, 3ms, 988us."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms"
    return f"{seconds * 1e6:.0f}us"
