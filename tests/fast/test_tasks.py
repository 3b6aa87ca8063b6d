"""Compiled work runs now, on several threads, or is noted: always to the same bits."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from minikeras._fast.elementary import exp
from minikeras._fast.elementwise import add

from minikeras._fast import tasks

MANY = 1 << 18  # numbers: enough for several threads


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    before = tasks.threads()
    yield
    tasks.set_threads(before)


def many(seed=0):
    return np.random.default_rng(seed).normal(size=MANY).astype("float32")


@pytest.mark.parametrize("count", [2, 3, 8])
def test_threads_change_no_bit(count):
    x = many()
    tasks.set_threads(1)
    alone = exp(x)
    tasks.set_threads(count)
    for _ in range(20):
        np.testing.assert_array_equal(exp(x), alone)


def test_only_a_call_with_enough_work_wakes_threads_that_sleep():
    program = """
import resource
import numpy as np
from minikeras._fast import tasks
from minikeras._fast.elementary import exp

def busy_elsewhere():
    own = resource.getrusage(resource.RUSAGE_THREAD)
    all_of_us = resource.getrusage(resource.RUSAGE_SELF)
    return all_of_us.ru_utime - own.ru_utime

small, large = np.zeros(1 << 16, "float32"), np.zeros(1 << 21, "float32")
tasks.set_threads(2)
before = busy_elsewhere()
for _ in range(2000):
    exp(small)
assert busy_elsewhere() - before < 0.01, "nobody was to be woken"
for _ in range(100):
    exp(large)
assert busy_elsewhere() - before > 0.01, "somebody was to be woken"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("grains", [0, 12, 1 << 40])
def test_whom_a_loop_wakes_changes_no_bit(grains):
    x = many()
    tasks.set_threads(1)
    alone = exp(x)
    tasks.set_threads(3)
    tasks.wake_for(grains)
    try:
        for _ in range(20):
            np.testing.assert_array_equal(exp(x), alone)
    finally:
        tasks.wake_for(0)


def test_less_than_one_thread_is_refused():
    with pytest.raises(ValueError, match="1 thread or more; got 0"):
        tasks.set_threads(0)


@pytest.mark.parametrize(
    ("variable", "threads"), [("3", 3), ("2,1", 2), ("", None), ("many", None)]
)
def test_the_number_of_threads_is_what_openmp_programs_take(
    monkeypatch, variable, threads
):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    if threads is None:
        threads = len(os.sched_getaffinity(0))
    assert tasks.default_threads() == threads


def test_python_threads_share_the_pool():
    tasks.set_threads(4)
    inputs = [many(seed) for seed in range(4)]
    expected = [exp(x) for x in inputs]
    wrong = []

    def work(x, right):
        for _ in range(50):
            if not np.array_equal(exp(x), right):
                wrong.append(x)

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(inputs, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_after_threads_were_used_computes_on():
    tasks.set_threads(3)
    x = many()
    expected = exp(x)
    child = os.fork()
    if child == 0:
        right = all(np.array_equal(exp(x), expected) for _ in range(10))
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_tape_notes_and_runs_later():
    tape = tasks.Tape()
    x, out = np.ones(3), np.zeros(3)
    assert tape.add(add, (x, x), {"out": out})
    assert out.tolist() == [0, 0, 0]
    x[:] = 2
    tape.run()
    assert out.tolist() == [4, 4, 4]


def test_what_is_not_compiled_is_called_from_python_in_the_same_loop():
    tape = tasks.Tape()
    x = np.ones(3, "uint8")
    out = np.zeros(3, "uint8")
    assert not tape.add(add, (x, x), {"out": out})
    assert not tape.add(np.square, (out,), {"out": out})
    assert out.tolist() == [0, 0, 0]
    tape.run()
    assert out.tolist() == [4, 4, 4]


def test_what_a_call_raises_ends_the_run():
    def fail():
        raise ZeroDivisionError("as asked")

    tape = tasks.Tape()
    x, out = np.ones(3), np.zeros(3)
    tape.add(fail, (), {})
    tape.add(add, (x, x), {"out": out})
    with pytest.raises(ZeroDivisionError, match="as asked"):
        tape.run()
    assert out.tolist() == [0, 0, 0]


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Linux tells masks")
def test_the_pool_s_threads_take_no_signals():
    tasks.set_threads(3)
    for _ in range(20):
        exp(many())
    masks = []
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/status", encoding="ascii") as status:
            [blocked] = [line for line in status if line.startswith("SigBlk")]
        masks.append(int(blocked.split()[1], 16))
    interrupt = 1 << (signal.SIGINT - 1)
    assert sum(bool(mask & interrupt) for mask in masks) >= 2  # those of the pool
