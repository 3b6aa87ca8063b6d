"""Prints which of Keras's public names are here, and whether they take the same.

    python -m tools.keras_names                   what is missing or other
    python -m tools.keras_names losses metrics    of these namespaces
    python -m tools.keras_names --all             every name
    python -m tools.keras_names --missing         tests/golden/missing_names.txt anew
    python -m tools.keras_names --other           tests/golden/other_signatures.txt anew

The names are those in tests/golden/keras_names.txt, the signatures those that Keras
itself gave (tests/golden/public_names.json). Annotations are ours: Keras has none, so
they are left out of what is compared.
"""

import argparse
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import minikeras
from tests.golden.golden_files import FOLDER, read

ATTRIBUTE = "attribute"  # what is recorded as the signature of a thing without one
SAME, OTHER, MISSING = "same", "other", "missing"

# Objects of classes, for what they have from their constructors only.
EXAMPLES: dict[str, Callable[[], object]] = {
    "keras.DTypePolicy": lambda: minikeras.DTypePolicy("float32"),
    "keras.KerasTensor": lambda: minikeras.KerasTensor((2,)),
    "keras.Model": lambda: minikeras.Model(),
    "keras.Sequential": lambda: minikeras.Sequential(),
    "keras.Variable": lambda: minikeras.Variable([1.0]),
    "keras.callbacks.Callback": lambda: minikeras.callbacks.Callback(),
    "keras.layers.Layer": lambda: minikeras.layers.Dense(1),
    "keras.losses.Loss": lambda: minikeras.losses.MeanSquaredError(),
    "keras.metrics.Metric": lambda: minikeras.metrics.Mean(),
    "keras.optimizers.Optimizer": lambda: minikeras.optimizers.SGD(),
    "keras.random.SeedGenerator": lambda: minikeras.random.SeedGenerator(1),
    "keras.utils.Progbar": lambda: minikeras.utils.Progbar(1),
}


class Row(NamedTuple):
    """A name, such as "keras.losses.Loss", and what it takes in Keras and here."""

    name: str
    state: str
    keras: str
    ours: str | None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "places", nargs="*", help="losses, utils, Model, layers.Layer …"
    )
    parser.add_argument("--all", action="store_true", help="also what is the same")
    parser.add_argument("--missing", action="store_true", help="print missing names")
    parser.add_argument("--other", action="store_true", help="print other signatures")
    given = parser.parse_args(arguments)
    places = {f"keras.{place}".removesuffix(".keras") for place in given.places}
    table = {
        place: rows
        for place, rows in compared().items()
        if not places or place in places
    }
    if given.missing:
        print(list_of("missing_names.txt", MISSING, table), end="")
    elif given.other:
        print(list_of("other_signatures.txt", OTHER, table), end="")
    else:
        print_table(table, given.all)
    return 0


def compared() -> dict[str, list[Row]]:
    """Returns {namespace or class: rows} for all names that were recorded."""
    return {
        case["name"]: list(rows_of(case["name"], case["signatures"]))
        for case in read("public_names")
    }


def rows_of(place: str, signatures: dict[str, str]) -> Iterator[Row]:
    """Compares the names of a namespace or class."""
    owner = found(place)
    there = names_of(place, owner)
    for name, keras in signatures.items():
        full = f"{place}.{name}"
        if name not in there:
            yield Row(full, MISSING, keras, None)
            continue
        ours = signature_of(owner, name)
        yield Row(full, SAME if ours == keras else OTHER, keras, ours)


def found(place: str) -> Any:
    """Returns our module or class for a path such as "keras.layers.Layer", or None."""
    try:
        return importlib.import_module(f"mini{place}")
    except ImportError:
        module, _, name = place.rpartition(".")
        return getattr(found(module), name, None) if module else None


def names_of(place: str, owner: Any) -> set[str]:
    """Returns the names that a module or class has, and one of its objects."""
    if owner is None:
        return set()
    names = set(dir(owner))
    if inspect.isclass(owner) and place in EXAMPLES:
        names |= set(dir(EXAMPLES[place]()))
    return names


def signature_of(owner: Any, name: str) -> str:
    """Returns "(x, axis=-1)", or that it is no function.

    Where `__new__` hides what a class takes, its `__init__` says it.
    """
    # A module may load on use what it has; of a class the attribute itself is wanted.
    look_up = inspect.getattr_static if inspect.isclass(owner) else getattr
    thing = look_up(owner, name, None)
    if isinstance(thing, staticmethod | classmethod):
        thing = getattr(owner, name)
    if not callable(thing):
        return ATTRIBUTE
    signature = without_annotations(inspect.signature(thing))
    if inspect.isclass(thing) and str(signature) == "(*args, **kwargs)":
        parameters = list(inspect.signature(thing.__init__).parameters.values())
        signature = without_annotations(inspect.Signature(parameters[1:]))
    return str(signature)


def without_annotations(signature: inspect.Signature) -> inspect.Signature:
    """Returns the names, kinds, order and defaults of arguments."""
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return inspect.Signature(plain)


def print_table(table: dict[str, list[Row]], everything: bool) -> None:
    """Prints each namespace with its counts, then the names that need a look."""
    for place, rows in table.items():
        print(f"{place}: {counts_of(rows)}")
        for row in rows:
            name = row.name.rpartition(".")[2]
            if row.state == MISSING:
                print(f"  - {name}{in_brackets(row.keras)}")
            elif row.state == OTHER:
                print(f"  ~ {name}  keras {row.keras}")
                print(f"    {' ' * len(name)}  ours  {row.ours}")
            elif everything:
                print(f"    {name}{in_brackets(row.keras)}")
    rows = [row for rows in table.values() for row in rows]
    print(f"together: {counts_of(rows)}")


def counts_of(rows: list[Row]) -> str:
    """Returns "12 names, 10 the same, 1 with another signature, 1 missing"."""
    count = dict.fromkeys((SAME, OTHER, MISSING), 0)
    for row in rows:
        count[row.state] += 1
    return (
        f"{len(rows)} names, {count[SAME]} the same, {count[OTHER]} with another "
        f"signature, {count[MISSING]} missing"
    )


def in_brackets(signature: str) -> str:
    """Returns a signature to be written behind a name."""
    return "" if signature == ATTRIBUTE else signature


def list_of(file: str, state: str, table: dict[str, list[Row]]) -> str:
    """Returns the text of a list of names, with what it says of them already."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    said = names_in(file)
    rows = [row for rows in table.values() for row in rows if row.state == state]
    lines = [f"{row.name}  {said.get(row.name, '')}".rstrip() for row in rows]
    return "\n".join([*head, *lines]) + "\n"


def names_in(file: str) -> dict[str, str]:
    """Returns {name: what is said of it} of a list: a name, then words, on a line."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    parts = [line.partition(" ") for line in lines]
    return {name: words.strip() for name, _, words in parts}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
