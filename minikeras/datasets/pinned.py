"""Files that are known by the sha256 of their content.

Only this module opens or downloads a data file: nothing that comes from a disk or from
the network is parsed before its hash has been compared.
"""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

GZIP_MAGIC = b"\x1f\x8b"

# No file of these datasets is larger. Reading stops here, so a small file that
# decompresses without end meets the wrong hash instead of filling the memory.
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class PinnedFile:
    """A file with its source and its hashes.

    `download_sha256` is the hash of the file as the server sends it, `content_sha256`
    that of the bytes inside, whichever way they are compressed. For a name in .gz the
    decompressed file, under the name without .gz, is as good.

    Raises: ValueError if `url` is not https.
    """

    name: str
    url: str
    download_sha256: str
    content_sha256: str

    def __post_init__(self) -> None:
        if not self.url.startswith("https://"):
            raise ValueError(f"{self.name} needs a source on https; got {self.url}.")

    def path_in(self, folder: Path) -> Path | None:
        """Returns the path of this file in `folder`, or None if it isn't there."""
        for name in (self.name, self.name.removesuffix(".gz")):
            if (folder / name).is_file():
                return folder / name
        return None

    def read(self, folder: Path) -> bytes:
        """Returns the checked, decompressed content of this file in `folder`.

        Raises: FileNotFoundError if it isn't there; ValueError if it is damaged.
        """
        path = self.path_in(folder)
        if path is None:
            raise FileNotFoundError(
                f"Expected {self.name} in {folder}; it isn't there."
            )
        return read_checked(path, self.content_sha256, "Delete it and load again.")

    def download(self, folder: Path) -> None:
        """Downloads this file into `folder`, unless it is there and intact.

        pooch writes under a unique temporary name in `folder`, compares the hash and
        only then renames, so a broken download leaves nothing behind.

        Raises: ModuleNotFoundError without pooch; OSError if the source can't be
            reached or the folder not written; ValueError if another file came.
        """
        # Imported here because pooch is an extra, which only downloads need.
        import pooch  # type: ignore[import-untyped]

        known_hash = f"sha256:{self.download_sha256}"
        pooch.retrieve(self.url, known_hash, fname=self.name, path=folder)


def read_checked(path: Path, sha256: str, remedy: str) -> bytes:
    """Returns the content of `path`, decompressed if it is gzip, if its hash is right.

    Whether it is gzip is read from its first bytes, not from its name: a browser may
    decompress what it saves. `remedy` closes the error and says what to do.

    Raises: ValueError if the content is not what `sha256` promises.
    """
    try:
        content = read_content(path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is damaged: expected a whole gzip file; decompressing it says "
            f"{str(error)!r}. {remedy}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} is damaged or another file: expected content with the sha256 "
            f"{sha256}; got {found}. {remedy}"
        )
    return content


def read_content(path: Path) -> bytes:
    with open(path, "rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        if is_gzip:
            return gzip.GzipFile(fileobj=file).read(MOST_BYTES)
        return file.read(MOST_BYTES)
