"""What an import costs: its seconds and the memory after it, in a fresh process.

    python -m benchmarks.contestants.imports numpy

Prints a line of JSON, {"seconds": ..., "memory": bytes}.
"""

import importlib
import json
import sys
import time


def main():
    start = time.perf_counter()
    importlib.import_module(sys.argv[1])
    seconds = time.perf_counter() - start
    # Not earlier: it loads much of the standard library, which the module would share.
    from benchmarks.interleaved import memory

    print(json.dumps({"seconds": seconds, "memory": memory()["now"]}))


if __name__ == "__main__":
    main()
