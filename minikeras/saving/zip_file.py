"""The zip archives that models are saved in, by the only code here that knows of
zipfile.

An archive holds exactly three members, one after another and not compressed. What else
a zip file can be is refused before anything is read; nothing is unpacked to disk.
"""

import io
import os
import stat
import zlib
from collections.abc import Mapping
from struct import error as StructError
from typing import IO, TYPE_CHECKING, Any

from minikeras.lazy import LoadedOnUse
from minikeras.saving.errors import MissingFileError, SavingError, shortened

if TYPE_CHECKING:
    import zipfile
else:
    zipfile = LoadedOnUse("zipfile")

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)

LONGEST_END = 2**17  # bytes; a comment alone may take half of it

# What zipfile raises for a damaged archive depends on where it is damaged.
DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    LookupError,
    StructError,
    zlib.error,
)


def write_archive(file: IO[bytes], members: Mapping[str, bytes]) -> None:
    """Writes an archive with these members, in this order."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def read_archive(source: Any, only: tuple[str, ...] = MEMBERS) -> dict[str, bytes]:
    """Returns {name: content} for some members of an archive, a path or open file.

    Raises: SavingError if it is damaged, or is not made as models are saved.
    """
    try:
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb") as file:
                return members_of(file, source, only)
        return members_of(source, source, only)
    except SavingError:
        raise
    except FileNotFoundError as error:
        raise MissingFileError(source) from error
    except (zipfile.BadZipFile, *DAMAGE) as error:
        raise SavingError(
            source,
            f"This is no whole .keras file: {shortened(error)}. Was it cut short?",
        ) from error


def members_of(file: IO[bytes], name: Any, only: tuple[str, ...]) -> dict[str, bytes]:
    """Reads some members, after all of them were looked at."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    with zipfile.ZipFile(ShortReads(file)):
        pass  # its directory is as short as that of three members
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        found = sorted(info.filename for info in infos)
        if found != sorted(MEMBERS):
            raise SavingError(
                name,
                f"Expected exactly the members {', '.join(MEMBERS)}; got "
                f"{shortened(', '.join(found) or 'none')}.",
            )
        for info in infos:
            check_member(info, name)
        if sum(info.file_size for info in infos) > size:
            raise SavingError(name, "The members claim more bytes than the file has.")
        # Reading compares the CRC.
        return {member: archive.read(member) for member in only}


class ShortReads:
    """A file of which only pieces can be read that the end of an archive may have.

    A directory of millions of members would take much more memory than the file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self._file = file.seek, file.tell, file

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Reads at most LONGEST_END bytes; refuses to read more."""
        if size > LONGEST_END:
            raise ValueError(f"the list of its members takes {size} bytes")
        return self._file.read(size if size >= 0 else LONGEST_END)


def check_member(info: "zipfile.ZipInfo", name: Any) -> None:
    """Refuses a member that is compressed, encrypted or a link."""
    wrong = ""
    if info.flag_bits & 0x1:
        wrong = "It is encrypted"
    elif info.compress_type != zipfile.ZIP_STORED or info.file_size != (
        info.compress_size
    ):
        wrong = "It is compressed"
    elif stat.S_ISLNK(info.external_attr >> 16):
        wrong = "It is a link"
    if wrong:
        raise SavingError(
            name, f"{wrong}; models are saved as they are.", info.filename
        )
