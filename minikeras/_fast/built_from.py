"""Whether the compiled kernels are those of the sources beside them.

In a checkout kernels are compiled in place, and a `git pull` changes their sources
under them.  Kernels of different sources take each other's arguments for what they are
not: such a set must not be loaded.  Separate, and of the standard library only, because
setup.py needs it before there is a package to import.

A compiled kernel must not be older than its own source, nor than any .pxd or .h, which
it may have taken something from: one look at the folder tells.  If one is, as after a
change of branches and back, the contents decide: a build notes what it was made of.
"""

import os
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TypeAlias
from zlib import crc32

Folder: TypeAlias = str | os.PathLike[str]

FOLDER = os.path.dirname(__file__)
COMPILED = EXTENSION_SUFFIXES[0]
NOTE = f"built_from{COMPILED}.txt"  # each interpreter has kernels of its own
SHARED = (".pxd", ".h")


def changed_source(folder: Folder = FOLDER) -> str | None:
    """Returns the name of a source that is not what the kernels were compiled from.

    None if there is no such source: all is up to date, nothing is compiled, or there
    are no sources, as in an installed package, or no folder, as in an archive.
    """
    try:
        with os.scandir(folder) as entries:
            times = {x.name: x.stat(follow_symlinks=False).st_mtime_ns for x in entries}
    except (FileNotFoundError, NotADirectoryError):
        return None
    compiled = {}  # source: when it was compiled
    for name in times:
        stem, _, suffix = name.partition(".")
        if suffix == "pyx" and stem + COMPILED in times:
            compiled[name] = times[stem + COMPILED]
    if not compiled:
        return None
    oldest = min(compiled.values())
    younger = [name for name, time in compiled.items() if times[name] > time]
    shared = [name for name in times if name.endswith(SHARED)]
    younger += [name for name in shared if times[name] > oldest]
    if not younger:
        return None
    # What was compiled after the note was written is not what it tells about.
    is_valid = times.get(NOTE, 0) >= max(compiled.values())
    noted = read_note(folder) if is_valid else {}
    changed = (x for x in sorted(younger) if noted.get(x) != checksum(folder, x))
    return next(changed, None)


def note_sources(folder: Folder = FOLDER) -> None:
    """Writes down what all kernels have just been compiled from."""
    names = sorted(x for x in os.listdir(folder) if x.endswith((".pyx", *SHARED)))
    with open(os.path.join(folder, NOTE), "w", encoding="utf-8") as note:
        note.writelines(f"{name} {checksum(folder, name)}\n" for name in names)


def read_note(folder: Folder) -> dict[str, str]:
    """Returns {source: its checksum} of the last build of all kernels."""
    with open(os.path.join(folder, NOTE), encoding="utf-8") as note:
        return dict(line.split() for line in note)


def checksum(folder: Folder, name: str) -> str:
    """Returns a number that another content of a file hardly has too."""
    with open(os.path.join(folder, name), "rb") as file:
        return f"{crc32(file.read()):08x}"
