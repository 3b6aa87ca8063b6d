"""Fashion-MNIST, all of it: a small convnet to 0.91 test accuracy, beside the peers.

    python -m benchmarks.fashion_mnist
    python -m benchmarks.fashion_mnist --threads 1 --epochs 3 --peers torch

Conv 32, MaxPool, Conv 64, MaxPool, Dropout, Dense 128, Dense 10; batch 128; Adam, whose
learning rate falls from 0.002 to 0 along half a cosine.  Everybody starts from the same
weights and draws batches and dropout at will.  An epoch each, in turns; the wall time
is from nothing to the trained model, without the imports.
"""

import argparse
import contextlib
import datetime
import json
import os

import numpy as np

from benchmarks.entries import OURS, PEERS, names_in
from benchmarks.environments import OUTPUT
from benchmarks.interleaved import Failed, take_turns
from benchmarks.tables import quantity
from benchmarks.tasks import Task
from minikeras.datasets import fashion_mnist

TASK = Task(
    "mnist_convnet",
    {"hidden": 128, "rate": 0.3},
    batch=128,
    options={"learning_rate": 0.002},
)
EPOCHS = 10
ACCURACY = 0.91  # what is to be reached
ABLE = ("torch", "keras-torch", "keras-jax")


def main():
    """Trains everybody, prints the table, and keeps it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--peers", help=f"some of {', '.join(ABLE)}, or none")
    options = parser.parse_args()
    peers = names_in(parser, options.peers, ABLE)
    entries = [
        entry
        for entry in OURS + PEERS
        if entry.name in ("minikeras", *peers) and "training" in entry.kinds
    ]
    results = train(entries, options.threads, options.epochs)
    print(table(results))
    path = OUTPUT / "results" / "fashion-mnist.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1))
    print(f"Kept as {path}")


def train(entries, threads, epochs):
    """Returns {"date", "threads", "epochs", "contestants": [...]}.

    Of each: {"title", "build": seconds, "times": seconds per epoch, "accuracy"}, or
    {"title", "error"}.
    """
    to_build = {
        "kind": "fashion",
        "task": TASK._asdict(),
        "data": str(data_file()),
        "epochs": epochs,
    }
    results = {entry.name: {"title": entry.title} for entry in entries}
    with contextlib.ExitStack() as running:
        started = {}
        for entry in entries:
            try:
                contestant = entry.start(threads)
                running.callback(contestant.close)
                results[entry.name]["build"] = contestant.build(**to_build)
                started[contestant] = results[entry.name]
            except (Failed, FileNotFoundError) as failure:
                results[entry.name]["error"] = str(failure)
        turns = take_turns(list(started), dict.fromkeys(started, 1), epochs)
        for contestant, times in turns.items():
            try:
                if isinstance(times, Failed):
                    raise times
                accuracy = contestant.losses(1)[0]
                started[contestant] |= {"times": times, "accuracy": accuracy}
            except Failed as failure:
                started[contestant]["error"] = str(failure)
    return {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "threads": threads,
        "epochs": epochs,
        "contestants": list(results.values()),
    }


def data_file():
    """Writes the data where the contestants find them, and returns the file's path."""
    path = OUTPUT / "data" / "fashion-mnist.npz"
    if not path.exists():
        (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished.npz")
        np.savez(
            unfinished,
            x_train=scaled(x_train),
            y_train=y_train.astype("int32"),
            x_test=scaled(x_test),
            y_test=y_test.astype("int32"),
        )
        unfinished.replace(path)
    return path


def scaled(pictures):
    """Returns bytes as numbers in [0, 1], with one channel."""
    return (pictures / 255).astype("float32")[..., None]


def table(results):
    """Returns everybody's wall time and accuracy."""
    lines = [
        f"Fashion-MNIST, epochs: {results['epochs']}, threads: {results['threads']}",
        f"  {'':<20}{'wall time':>11}{'an epoch':>11}{'to ours':>9}{'accuracy':>10}",
    ]
    ours = None
    for contestant in results["contestants"]:
        title = f"  {contestant['title']:<20}"
        if "error" in contestant:
            lines.append(f"{title}  {contestant['error']}")
            continue
        wall = contestant["build"] + sum(contestant["times"])
        ours = ours or wall
        epoch = sorted(contestant["times"])[len(contestant["times"]) // 2]
        accuracy = contestant["accuracy"]
        lines.append(
            f"{title}{quantity(wall, 'seconds'):>11}{quantity(epoch, 'seconds'):>11}"
            f"{wall / ours:>9.2f}{accuracy:>10.4f}"
            + ("" if accuracy >= ACCURACY else f"  below {ACCURACY}")
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
