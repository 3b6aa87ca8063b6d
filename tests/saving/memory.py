"""How much memory something takes."""

import tracemalloc


def memory_taken(function):
    """Returns the bytes that were taken at once, at most, in a call."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
