"""Results made ahead of time by threads or processes, in order.

Apart from the data that are made so: it is a generator over any function of a number,
which takes its workers along when it ends, for whatever reason.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from minikeras.lazy import LoadedOnUse

if TYPE_CHECKING:
    from concurrent import futures
else:
    futures = LoadedOnUse("concurrent.futures")

# What a process works for: its own copy, from when it was started.
_function: list[Callable[[int], Any]] = []


def prefetched(
    function: Callable[[int], Any],
    numbers: Iterable[int],
    *,
    workers: int,
    processes: bool,
    ahead: int,
) -> Iterator[Any]:
    """Yields function(number) for all numbers in order, made by workers.

    At most `ahead` results are made or waiting.  An error arrives where its result
    would have.  When the generator is closed, what has not begun is dropped, and the
    workers are gone.
    """
    numbers = iter(numbers)
    pool: futures.Executor
    if processes:
        pool = futures.ProcessPoolExecutor(
            workers, initializer=work_for, initargs=(function,)
        )
        call: Callable[[int], Any] = call_own_copy
    else:
        pool = futures.ThreadPoolExecutor(workers, thread_name_prefix="minikeras-data")
        call = function
    waiting: deque[futures.Future[Any]] = deque()
    try:
        waiting.extend(pool.submit(call, number) for number in islice(numbers, ahead))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(call, number) for number in islice(numbers, 1))
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def work_for(function: Callable[[int], Any]) -> None:
    """Is called in a new process, with what it will be asked to call.

    Ctrl-C reaches all processes of a terminal: this one leaves it to the caller.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _function[:] = [function]


def call_own_copy(number: int) -> Any:
    """Is called in a process, for each number."""
    return _function[0](number)
