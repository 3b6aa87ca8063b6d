"""Progbar: the bytes that Keras writes, and what a terminal makes of them."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.utils import progbar
from minikeras.utils.progbar import Progbar
from tests.golden import golden_files

CASES = [
    case for case in golden_files.read("printed") if case["name"].startswith("Progbar")
]


class Clock:
    """A clock that is set by hand; in the place of the module `time`."""

    def __init__(self):
        self.now = 1_000_000.0

    def time(self):
        return self.now


class Screen:
    """One line of a terminal: what is seen of all that was written to it."""

    def __init__(self):
        self.lines = [""]
        self.column = 0

    def write(self, text):
        for character in re.sub(r"\x1b\[\d+m", "", text):
            if character == "\n":
                self.lines.append("")
                self.column = 0
            elif character == "\r":
                self.column = 0
            elif character == "\b":
                self.column = max(self.column - 1, 0)
            else:
                line = self.lines[-1].ljust(self.column)
                self.lines[-1] = (
                    line[: self.column] + character + line[self.column + 1 :]
                )
                self.column += 1


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progbar, "time", clock)
    return clock


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_writes_the_bytes_of_keras(case, clock, capsys):
    start = clock.now
    bar = Progbar(**case["keywords"])
    for (seconds, step, values), written in zip(
        case["updates"], case["written"], strict=True
    ):
        clock.now = start + seconds
        bar.update(step, values)
        assert capsys.readouterr().out == written


updates = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.dictionaries(
            st.sampled_from(["loss", "accuracy"]),
            st.floats(-1e6, 1e6) | st.just(float("nan")),
        ),
        st.sampled_from([0.0, 0.01, 1.0, 90.0]),
    ),
    min_size=1,
    max_size=8,
)


@given(updates=updates, target=st.sampled_from([None, 0, 1, 7, 40]))
def test_a_line_on_a_terminal_shows_the_last_update_and_nothing_older(updates, target):
    clock, screen = Clock(), Screen()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progbar, "time", clock)
        patch.setattr(progbar, "write", screen.write)
        bar = Progbar(target, interval=0)
        for step, values, seconds in updates:
            clock.now += seconds
            bar.update(step, values.items(), finalize=False)
        fresh = Screen()
        patch.setattr(progbar, "write", fresh.write)
        bar.update(step, finalize=False)
    assert screen.lines[-1].rstrip() == fresh.lines[-1].rstrip()


def test_is_drawn_again_only_after_the_interval(clock, capsys):
    bar = Progbar(10, interval=0.05)
    drawn = []
    for step in range(1, 8):
        due = bar.is_due()
        bar.update(step)
        drawn.append(bool(capsys.readouterr().out))
        assert drawn[-1] == due
        clock.now += 0.02
    assert drawn == [True, False, False, True, False, False, True]


def test_add_goes_on_from_the_last_step(clock, capsys):
    bar = Progbar(5, verbose=2)
    bar.add(2, [("loss", 4.0)])
    bar.add(3, [("loss", 1.0)])
    assert capsys.readouterr().out == "5/5 - 0s - 0s/step - loss: 1.0000\n"


def test_means_count_the_steps_that_an_update_stands_for(clock, capsys):
    bar = Progbar(10, verbose=1, stateful_metrics=["rate"])
    bar.update(1, [("loss", 1.0), ("rate", 1.0)])
    clock.now += 1
    bar.update(4, [("loss", 3.0), ("rate", 3.0)])
    assert capsys.readouterr().out.endswith(" - loss: 2.5000 - rate: 3.0000")


def test_a_bar_is_never_longer_than_its_width(clock, capsys):
    Progbar(2, width=4).update(5)
    assert capsys.readouterr().out.count("━") == 4


def test_verbose_0_writes_nothing(capsys):
    Progbar(1, verbose=0).update(1, [("loss", 1.0)])
    assert capsys.readouterr().out == ""


def test_one_line_with_an_unknown_target(clock, capsys):
    Progbar(None, verbose=2).update(3, finalize=True)
    assert capsys.readouterr().out == "      3/Unknown - 0s - 0s/step\n"


def test_stateful_and_stateless_metrics_exclude_each_other():
    with pytest.raises(ValueError, match="got both"):
        Progbar(1, stateful_metrics=["a"], stateless_metrics=["b"])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (2.4, "2s"), (0.003, "3ms"), (0.000988, "988us"), (1e-9, "0us")],
)
def test_unit_time_chooses_the_unit(seconds, text):
    assert progbar.unit_time(seconds) == text


def test_standard_output_is_looked_up_at_every_update(monkeypatch):
    bar = Progbar(2)
    written = []
    stream = SimpleNamespace(write=written.append, flush=lambda: None)
    monkeypatch.setattr("sys.stdout", stream)
    bar.update(1)
    assert written


def test_of_a_list_of_values_the_mean_is_shown(clock, capsys):
    Progbar(target=1, verbose=2).update(1, [("loss", [1.0, 2.0, 6.0])])
    assert "loss: 3.0000" in capsys.readouterr().out
