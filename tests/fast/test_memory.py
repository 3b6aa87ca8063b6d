"""What was freed goes back to the system."""

import platform
import resource

import numpy as np
import pytest

from minikeras.kernels.fast import give_back_memory


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc is not glibc's")
def test_what_malloc_keeps_goes_back():
    arrays = [np.ones(100_000, "uint8") for _ in range(500)]  # below its threshold
    last = arrays.pop()  # what is behind them, so that they stay
    del arrays
    before = resident_bytes()
    give_back_memory()
    assert before - resident_bytes() > 30e6
    assert last.all()
