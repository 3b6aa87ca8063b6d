"""What an import costs: its seconds and the memory after it, in a fresh process.

    python -m benchmarks.contestants.imports numpy
    python -m benchmarks.contestants.imports numpy minikeras    # one after the other

Prints a line of JSON, {"seconds": {module: ...}, "memory": bytes}.
"""

import importlib
import json
import sys
import time

from benchmarks.interleaved import memory


def main():
    seconds = {}
    for module in sys.argv[1:]:
        start = time.perf_counter()
        importlib.import_module(module)
        seconds[module] = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "memory": memory()["now"]}))


if __name__ == "__main__":
    main()
