"""Contestants answer in turn; one that fails says why, and the others go on."""

import sys

import pytest

from benchmarks.interleaved import Contestant, Failed, take_turns

# A contestant that prints where answers go, fails when told to, and dies when told to.
PROGRAM = """
import os
from benchmarks.interleaved import serve

class Built:
    def __init__(self, fails=False):
        self.fails = fails
    def prepare(self, steps):
        self.steps = steps
    def run(self, steps):
        print("this is no answer")
        if self.fails:
            raise RecursionError("too deep\\nand more")
        if steps == 13:
            raise SystemExit("no steps are left")
        return steps + self.steps
    def losses(self, steps):
        return (1 / (step + 1) for step in range(steps))

serve(Built)
"""


@pytest.fixture
def start():
    started = []

    def start():
        started.append(Contestant("somebody", [sys.executable, "-c", PROGRAM]))
        return started[-1]

    yield start
    for contestant in started:
        contestant.close()


def test_a_contestant_is_timed_checked_and_weighed(start):
    contestant = start()
    assert contestant.build() >= 0
    assert contestant.run(10) > 0
    assert contestant.losses(3) == [1, 1 / 2, 1 / 3]
    memory = contestant.memory()
    assert memory["peak"] >= memory["baseline"] > 0


def test_an_exception_is_one_line_and_does_not_end_the_contestant(start):
    contestant = start()
    contestant.build(fails=True)
    with pytest.raises(Failed, match=r"^RecursionError: too deep$"):
        contestant.run(1)
    contestant.build(fails=False)
    assert contestant.run(1) > 0


def test_one_that_dies_tells_its_last_words(start):
    contestant = start()
    contestant.build()
    with pytest.raises(Failed, match="ended with code 1: no steps are left"):
        contestant.run(13)


def test_what_can_not_be_built_is_a_failure(start):
    with pytest.raises(Failed, match=r"TypeError: .*unknown"):
        start().build(unknown=True)


def test_a_failure_takes_the_turns_of_its_contestant_alone(start):
    good, bad = start(), start()
    good.build()
    bad.build(fails=True)
    times = take_turns([bad, good], {good: 2, bad: 2}, rounds=3)
    assert isinstance(times[bad], Failed)
    assert len(times[good]) == 3
