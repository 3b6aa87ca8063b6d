"""Files from the net, kept in a folder and known by their hashes."""

import os
import shutil
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from minikeras.lazy import LoadedOnUse
from minikeras.saving.durable import write_durably

if TYPE_CHECKING:
    import hashlib
    import tarfile
    import zipfile
else:
    hashlib = LoadedOnUse("hashlib")
    tarfile = LoadedOnUse("tarfile")
    zipfile = LoadedOnUse("zipfile")

CACHE = Path("~/.minikeras")
FORMATS = ("tar", "zip")
LENGTHS = {32: "md5", 64: "sha256"}  # of hashes in hexadecimal digits
MOST_REDIRECTS = 5


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Returns the path of a file from the net, downloading it unless it is there.

    `origin` begins with https:// or file://. The file lies in `cache_dir`
    (~/.minikeras) / `cache_subdir`, under `fname` or else its name in `origin`.
    `file_hash`, its sha256, is compared before the file is used, whether it was just
    downloaded or long ago; without one, as in Keras, any file will do, but a warning
    says which hash it has. (md5 is taken, too, but whoever wants to can make another
    file of the same md5.) A server may send on to other places, by https alone.

    `extract` unpacks a tar or zip archive, and returns the folder; what would land
    outside of it is refused. `untar` is an old name for it with archive_format="tar".

    Raises: ValueError if the file is another one than its hash says, for other sources
        and other formats; OSError if it can't be had; tarfile.TarError and
        zipfile.BadZipFile for broken archives; ModuleNotFoundError without
        pooch (pip install pooch), which downloads.
    """
    name = name_of(fname, origin)
    algorithm, digest = hash_wanted(file_hash, md5_hash, hash_algorithm)
    folder = Path(cache_dir or CACHE).expanduser() / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    if not (extract or untar):
        target = folder / name
    elif fname and "." in fname:
        target, unpacked = folder / name, folder / f"{name.partition('.')[0]}_extracted"
    else:
        target, unpacked = folder / f"{name}_archive", folder / name

    there = target.is_file() and not force_download
    if not there or (digest and hash_of(target, algorithm) != digest):
        fetch(str(origin), target, algorithm, digest)
    if not digest:
        warnings.warn(
            f"Nothing says that {target} is the file that is meant. If it is, give "
            f"get_file its hash: file_hash={hash_of(target, 'sha256')!r}.",
            stacklevel=2,
        )
    if not (extract or untar):
        return str(target)
    unpack(target, unpacked, "tar" if untar else archive_format)
    return str(unpacked)


def name_of(fname: str | None, origin: str | None) -> str:
    """Returns the name of a file in its folder.

    Raises: ValueError for a source that is not taken, or a name with folders in it.
    """
    if not origin or urlsplit(origin).scheme not in ("https", "file"):
        raise ValueError(
            "get_file needs origin, which begins with https:// or file://; got "
            f"{origin!r}."
        )
    if fname is not None and Path(fname).name != str(fname):
        raise ValueError(
            f"fname must be the name of a file without folders; got {fname!r}. Give "
            "its folder as cache_dir and cache_subdir."
        )
    name = str(fname or Path(urlsplit(origin).path).name)
    if not name or name in (".", ".."):
        raise ValueError(f"The origin {origin!r} ends in no name: give fname.")
    return name


def hash_wanted(
    file_hash: str | None, md5_hash: str | None, hash_algorithm: str
) -> tuple[str, str | None]:
    """Returns the algorithm, and the hash that a file must have if that is known.

    Raises: ValueError for an unknown algorithm, or what can be no such hash.
    """
    if hash_algorithm not in ("auto", "sha256", "md5"):
        raise ValueError(
            f'hash_algorithm must be "auto", "sha256" or "md5"; got {hash_algorithm!r}.'
        )
    if file_hash is None:
        if md5_hash is None:
            return "sha256", None
        file_hash, hash_algorithm = md5_hash, "md5"
    found = LENGTHS.get(len(file_hash))
    if found is None or hash_algorithm not in ("auto", found):
        raise ValueError(
            "A sha256 has 64 hexadecimal digits, an md5 32; got the "
            f"{len(file_hash)} of {file_hash!r} as {hash_algorithm}."
        )
    return found, file_hash.lower()


def hash_of(path: Path, algorithm: str) -> str:
    """Returns the hash of the content of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def fetch(origin: str, target: Path, algorithm: str, digest: str | None) -> None:
    """Puts a file in its place once it is whole, and has the hash that is wanted.

    Raises: ValueError if it has another one: the place is left as it was.
    """

    def write(file: IO[bytes]) -> None:
        copy_to(file, origin)
        file.seek(0)
        found = hashlib.file_digest(file, algorithm).hexdigest()  # type: ignore[arg-type]
        if digest and found != digest:
            raise ValueError(
                f"{origin} is damaged or another file: expected the {algorithm} "
                f"{digest}; got {found}."
            )

    write_durably(target, write)


def copy_to(file: IO[bytes], origin: str) -> None:
    """Copies what is at a source, in the net or on this computer, to an open file."""
    parts = urlsplit(origin)
    if parts.scheme == "file":
        with open(unquote(parts.path), "rb") as source:
            shutil.copyfileobj(source, file)
        return
    # Here because pooch is an extra, which only downloads need.
    import pooch  # type: ignore[import-untyped]

    pooch.HTTPDownloader(hooks={"response": Redirects()})(origin, file, None)


class Redirects:
    """Looks at each response of the net: whether it says to ask elsewhere, and where.

    Raises: ValueError for a place without https, and for the sixth in a row.
    """

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, response: Any, *args: Any, **kwargs: Any) -> None:
        if not response.is_redirect:
            return
        self.count += 1
        target = urljoin(response.url, response.headers["location"])
        if urlsplit(target).scheme != "https":
            raise ValueError(
                f"{response.url} leads to {target!r}; expected https:// everywhere."
            )
        if self.count > MOST_REDIRECTS:
            raise ValueError(
                f"{response.url} leads on after {MOST_REDIRECTS} other places."
            )


def unpack(archive: Path, folder: Path, archive_format: str | list[str] | None) -> None:
    """Unpacks an archive into a folder, over what is there.

    Raises: ValueError if the archive is of another format.
    """
    formats = list(FORMATS) if archive_format == "auto" else archive_format or []
    formats = [formats] if isinstance(formats, str) else formats
    for unknown in set(formats) - set(FORMATS):
        raise ValueError(
            f'archive_format must be "auto", "tar" or "zip"; got {unknown!r}.'
        )
    tests = {"tar": tarfile.is_tarfile, "zip": zipfile.is_zipfile}
    found = next((name for name in formats if tests[name](archive)), None)
    if found is None:
        raise ValueError(f"{archive} can't be unpacked: expected one of {formats}.")
    if found == "tar":
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(archive) as packed:
            refuse_ways_out(packed)
            packed.extractall(folder)


def refuse_ways_out(packed: "zipfile.ZipFile") -> None:
    """Raises ValueError if a member of a zip archive has a path out of its folder."""
    for member in packed.namelist():
        parts = Path(member.replace("\\", "/")).parts
        if ".." in parts or Path(member).is_absolute():
            raise ValueError(
                f"{packed.filename} has a member outside of its folder: {member!r}."
            )
