"""Where the files of a dataset are looked for, and what a user is told without them.

Separate from pinned.py, which knows single files and nothing of folders or wording.
"""

import os
import textwrap
from dataclasses import dataclass
from pathlib import Path

from minikeras.datasets.pinned import PinnedFile

DEBIAN_FOLDER = Path("/usr/share/datasets")


def search_folders() -> list[Path]:
    """Returns the folders that are searched for datasets, in order.

    $MINIKERAS_DATA if set, minikeras's own folder, Keras's (which $KERAS_HOME moves, as
    it does for Keras), and the one of Debian's data packages. The first is also the one
    that downloads go to.
    """
    named = os.environ.get("MINIKERAS_DATA")
    keras_home = os.environ.get("KERAS_HOME") or "~/.keras"
    return [
        *([Path(named).expanduser()] if named else []),
        Path("~/.minikeras/datasets").expanduser(),
        Path(keras_home).expanduser() / "datasets",
        DEBIAN_FOLDER,
    ]


@dataclass(frozen=True)
class FileSet:
    """The files that make one dataset; all are needed.

    They lie in `subfolder` of a search folder ("" for the search folder itself).
    """

    subfolder: str
    files: tuple[PinnedFile, ...]

    def find(self) -> Path | None:
        """Returns the first folder that has all files, or None."""
        found = (self.find_in(search_folder) for search_folder in search_folders())
        return next(filter(None, found), None)

    def find_in(self, search_folder: Path) -> Path | None:
        """Returns the folder below `search_folder` if it has all files, or None."""
        folder = search_folder / self.subfolder
        return folder if self._count_in(folder) == len(self.files) else None

    def download(self, *, title: str, ready_made: str) -> Path:
        """Downloads what is missing into the first search folder; returns where it is.

        If that fails, the user is told `title`, what is missing, and `ready_made`, who
        else may put the files where they are found.

        Raises: FileNotFoundError, with three ways on, if the files can't be had;
            ValueError if the server sends another file.
        """
        folder = search_folders()[0] / self.subfolder
        try:
            for file in self.files:
                file.download(folder)
        except ModuleNotFoundError as error:
            if error.name != "pooch":
                raise
            reason = "downloading it needs pooch (pip install pooch)"
            raise FileNotFoundError(self._help(title, ready_made, reason)) from error
        except OSError as error:
            reason = f"downloading it failed with {type(error).__name__}: {error}"
            raise FileNotFoundError(self._help(title, ready_made, reason)) from error
        return folder

    def _count_in(self, folder: Path) -> int:
        return sum(file.path_in(folder) is not None for file in self.files)

    def _help(self, title: str, ready_made: str, reason: str) -> str:
        folders = [folder / self.subfolder for folder in search_folders()]
        example = (Path(self.subfolder) / self.files[0].name).as_posix()
        reason = textwrap.shorten(reason, 400)
        return "\n".join(
            [
                f"{title} is not on this computer, and {reason}.",
                "Any one of these helps:",
                f"  1. Download by hand, and put into the folder {folders[0]}:",
                *(f"       {file.url}" for file in self.files),
                f"  2. {ready_made}",
                f"  3. If the files are elsewhere, as FOLDER/{example}:",
                "       export MINIKERAS_DATA=FOLDER",
                "Looked in:",
                *(
                    f"  {folder} (has {self._count_in(folder)} of {len(self.files)})"
                    for folder in folders
                ),
            ]
        )
