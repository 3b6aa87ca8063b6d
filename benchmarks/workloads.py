"""The table of workloads: what is measured, and what minikeras aims at."""

from typing import NamedTuple

from benchmarks.tasks import Task


class Case(NamedTuple):
    """One line of the table.

    `target` is the aim for our figure by that of the best peer; the figure is
    `measured`: "seconds" of a step, median of all turns, or the peak "memory".
    """

    workload: str
    label: str
    kind: str  # "training", "prediction", "moons", "chain" or "import"
    target: float
    steps: int = 1  # of a turn: an epoch of `fit`
    checked: int = 0  # how many steps are compared; 0 is none
    task: Task | None = None
    options: dict = {}  # noqa: RUF012 (nobody changes it)
    invited: tuple | None = None  # those who take part, if not all of the kind
    measured: str = "seconds"
    margin: float | None = None  # seconds over the best peer, in place of the target
    curve: tuple | None = None  # of growth: what grows, and how far: ("width", 64)
    threaded: bool = True  # whether more threads could matter
    thorough: bool = False  # left out of a quick run

    def to_build(self):
        """Returns what a contestant's `build` is given."""
        task = {} if self.task is None else {"task": self.task._asdict()}
        return {"kind": self.kind, **task, **self.options}


def training(workload, label, task, steps, target, checked):
    return Case(workload, label, "training", target, steps, checked, task)


def prediction(label, task, target):
    steps = 500 if task.batch == 1 else 20
    return Case("W8", label, "prediction", target, steps, 1, task)


def growth(what, size, width=512, batch=128):
    """Returns W2 in another size, with as many steps as take a similar time."""
    task = Task("mlp", {"widths": (784, width, width, 10)}, batch)
    work = task.flops() + 10 * task.updated_bytes()
    steps = min(500, max(3, round(1e10 / work)))
    return training("W10", f"{what} {size}", task, steps, 1.0, checked=0)._replace(
        invited=GROWING, curve=(what, size), thorough=size not in QUICK_SIZES
    )


def chain(length, engine):
    """Returns a chain; a turn does some 50,000 operations, or one chain."""
    target, peers = CHAINS[engine]
    return Case(
        "W10",
        f"{engine}, {length:,} operations",
        "chain",
        target,
        steps=max(1, 50_000 // length),
        checked=1,
        options={"length": length},
        invited=(engine, *peers),
        curve=("operations", length),
        threaded=False,
        thorough=length not in QUICK_SIZES,
    )


PROGRAM = Task("mlp", {"widths": (100, 64, 10)}, 32, one_hot=True)
MLP = Task("mlp", {"widths": (784, 512, 512, 10)}, 128)
CONVNET = Task("mnist_convnet", {"hidden": 0, "rate": 0.5}, 128)
CIFAR = Task("cifar_convnet", {}, 64, "sgd", {"learning_rate": 0.01, "momentum": 0.9})
GPT = Task(
    "gpt",
    {"vocabulary": 96, "length": 128, "width": 128, "heads": 4, "blocks": 4},
    16,
    "adamw",
    {"learning_rate": 1e-3, "weight_decay": 0.004},
)


def text(length):
    return Task("lstm", {"length": length, "vocabulary": 20_000, "width": 128}, 32)


GROWING = ("minikeras", "numpy", "torch", "jax")
CHAINS = {  # the aim, and who is compared with whom
    "scalar": (0.65, ("micrograd",)),
    "tensor": (0.57, ("torch",)),
}
LENGTHS = (100, 1_000, 10_000, 100_000)
WIDTHS = (64, 128, 256, 512, 1024, 2048, 4096)
BATCHES = (1, 4, 16, 64, 256, 1024)
QUICK_SIZES = {64, 512, 2048, 1, 16, 1024, 1_000, 100_000}

TITLES = {
    "W1": "Dense 64 relu on 100, Dense 10 softmax, batch 32, Adam",
    "W2": "MLP 784-512-512-10, batch 128, Adam",
    "W3": "convnet on 28 × 28, batch 128, Adam",
    "W4": "convnet on 32 × 32 × 3, batch normalization, batch 64, SGD",
    "W5": "Embedding, LSTM 128, batch 32, Adam",
    "W6": "mini GPT, 4 blocks of width 128, batch 16, AdamW",
    "W7": "scalar engine: 2-16-16-1 on 100 moons",
    "W8": "predict, NumPy in to NumPy out",
    "W9": "import, and the memory of training W2",
    "W10": "growth: W2 in other sizes; chains of cheap operations",
}

CASES = [
    training("W1", "batch 32", PROGRAM, 1000, 0.5, 20),
    training("W2", "batch 128", MLP, 40, 0.75, 8),
    training("W3", "batch 128", CONVNET, 12, 0.37, 4),
    training("W4", "batch 64", CIFAR, 8, 0.70, 4),
    training("W5", "T = 80", text(80), 16, 0.75, 4),
    training("W5", "T = 200", text(200), 8, 0.62, 4),
    training("W6", "batch 16", GPT, 6, 0.69, 3),
    Case("W7", "100 moons", "moons", 0.12, checked=5, threaded=False),
    prediction("W2 batch 1", MLP._replace(batch=1), 0.5),
    prediction("W2 batch 256", MLP._replace(batch=256), 0.83),
    prediction("W3 batch 1", CONVNET._replace(batch=1), 0.5),
    prediction("W3 batch 256", CONVNET._replace(batch=256), 0.73),
    Case("W9", "import", "import", 1.5, margin=0.06, threaded=False),
    training("W9", "peak memory of W2", MLP, 40, 1.15, 0)._replace(measured="memory"),
    *(growth("width", width, width=width) for width in WIDTHS),
    *(growth("batch", batch, batch=batch) for batch in BATCHES),
    *(chain(length, engine) for engine in CHAINS for length in LENGTHS),
]
