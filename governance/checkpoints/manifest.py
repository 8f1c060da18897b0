"""The manifest of a model's files and its digest.

The digest is SHA-256 over the RFC 8785 JSON `{"scheme": …, "files": [{"path", "size", "sha256"}]}`
with the files sorted by path, so that it names the same model on every machine. Files are read in
pieces and in parallel: a model may be larger than the memory.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import rfc8785

from governance.checkpoints.errors import ModelFilesInvalid
from governance.primitives import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MODEL_SCHEME = "swarm-charter/model/1"

_REMEDY = "Give a folder, or files in it, that holds the model's plain files and nothing else."


@dataclass(frozen=True, slots=True, order=True)
class ModelFile:
    """One file of a model: its path in the model (POSIX, Unicode NFC), bytes, and SHA-256."""

    path: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """All files of a model, sorted by path."""

    files: tuple[ModelFile, ...]

    def canonical(self) -> bytes:
        """Return the RFC 8785 JSON whose SHA-256 is the model's digest."""
        files: list[dict[str, str | int]] = [
            {"path": file.path, "size": file.size, "sha256": "0x" + file.sha256.hex()}
            for file in self.files
        ]
        return rfc8785.dumps({"scheme": MODEL_SCHEME, "files": files})


def model_digest(manifest: ModelManifest) -> bytes:
    """Return the digest that names a model on the chain."""
    return sha256(manifest.canonical())


def model_manifest(
    root: str | os.PathLike[str],
    files: Iterable[str | os.PathLike[str]] | None = None,
    *,
    threads: int | None = None,
) -> ModelManifest:
    """Read a model's files and list them with their digests.

    Args:
        root: The model's folder, to which paths are relative; or a single file, which is then the
            whole model.
        files: Which files, relative to `root`; None takes all of the folder, at any depth.
        threads: How many files are read at a time; None takes one for each processor.

    Raises:
        ModelFilesInvalid: there is no file, one cannot be read or changes while it is read, is a
            symbolic link or no plain file, lies outside the folder, or two have one name.
    """
    named = model_files(root, files)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        listed = pool.map(_read, named.keys(), named.values())
        return ModelManifest(tuple(sorted(listed)))


def model_files(
    root: str | os.PathLike[str], files: Iterable[str | os.PathLike[str]] | None = None
) -> dict[str, Path]:
    """A model's files by the names that they have in it.

    Args:
        root: As for `model_manifest`.
        files: As for `model_manifest`.

    Raises:
        ModelFilesInvalid: As for `model_manifest`, but for what only reading a file shows.
    """
    base = Path(root)
    if files is not None:
        found = [_inside(base, file) for file in files]
    elif base.is_dir():
        found = list(_walk(base, PurePosixPath()))
    else:
        found = [(PurePosixPath(base.name), base)]
    named: dict[str, Path] = {}
    for path, place in found:
        name = _name(path)
        if name in named:
            raise _invalid(f"Two files of the model have the name {name!r}")
        named[name] = place
    if not named:
        raise _invalid(f"The model in {str(base)!r} has no files")
    return named


def _inside(base: Path, file: str | os.PathLike[str]) -> tuple[PurePosixPath, Path]:
    path = Path(file)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _invalid(f"The path {str(file)!r} does not stay within the model's folder")
    for parent in list(path.parents)[:-1]:
        if (base / parent).is_symlink():
            raise _invalid(f"{str(base / parent)!r} is a symbolic link")
    return PurePosixPath(*path.parts), base / path


def _walk(folder: Path, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, Path]]:
    try:
        with os.scandir(folder) as entries:
            children = list(entries)
    except OSError as error:
        raise _invalid(f"The folder {str(folder)!r} cannot be read: {error.strerror}") from None
    for child in children:
        if child.is_dir(follow_symlinks=False):
            yield from _walk(Path(child.path), at / child.name)
        else:
            yield at / child.name, Path(child.path)


def _name(path: PurePosixPath) -> str:
    name = unicodedata.normalize("NFC", str(path))
    if "\\" in name or not name.isprintable():
        raise _invalid(f"The name {name!r} holds a character that not every system allows")
    return name


def _read(name: str, place: Path) -> ModelFile:
    # O_NOFOLLOW is absent on Windows, where the check of the link itself has to do.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)
    if place.is_symlink():
        raise _invalid(f"{str(place)!r} is a symbolic link")
    try:
        with os.fdopen(os.open(place, flags), "rb") as stream:
            before = os.fstat(stream.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise _invalid(f"{str(place)!r} is no plain file")
            digest = hashlib.file_digest(stream, "sha256").digest()
            after = os.fstat(stream.fileno())
            size = stream.tell()
    except OSError as error:
        raise _invalid(f"The file {str(place)!r} cannot be read: {error.strerror}") from None
    if (before.st_size, before.st_mtime_ns) != (size, after.st_mtime_ns):
        raise _invalid(f"The file {str(place)!r} changed while it was read")
    return ModelFile(name, size, digest)


def _invalid(what: str) -> ModelFilesInvalid:
    return ModelFilesInvalid(f"{what}.", _REMEDY)
