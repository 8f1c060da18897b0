"""A checkpoint as it travels from who merged it to who shall attest it.

A package is a folder:

    record.json        the record of the rounds, canonical
    envelopes.jsonl    the signed envelopes, one a line: of the updates merged and of those refused
    model/             the model's files
    updates/           <digest>.safetensors for each update merged, where others recompute the merge

Nothing in it is believed: reading makes sure of the form alone, `examination` of what it proves.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from governance.checkpoints.arrays import stored_arrays, write_safetensors
from governance.checkpoints.envelope import LARGEST_TEXT, SignedEnvelope
from governance.checkpoints.errors import PackageInvalid, PackageTaken, RoundRecordInvalid
from governance.checkpoints.manifest import model_files, model_manifest
from governance.checkpoints.rounds import round_record_from_canonical
from governance.errors import CharterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from governance.checkpoints.arrays import StoredArray
    from governance.checkpoints.manifest import ModelManifest
    from governance.checkpoints.rounds import RoundRecord

LARGEST_RECORD: Final = 64 * 2**20
"""Bytes of a record of rounds that are read at most."""

MOST_ENVELOPES: Final = 100_000
"""Envelopes that a package has at most."""

_RECORD: Final = "record.json"
_ENVELOPES: Final = "envelopes.jsonl"
_MODEL: Final = "model"
_UPDATES: Final = "updates"
_ENTRIES: Final = frozenset({_RECORD, _ENVELOPES, _MODEL, _UPDATES})
_READABLE_BY_ALL: Final = 0o755
_UPDATE: Final = re.compile(r"([0-9a-f]{64})\.safetensors")
_REMEDY: Final = "Ask whoever published the checkpoint for its package once more."


@dataclass(frozen=True, slots=True)
class Package:
    """A package on this machine, its form checked.

    Attributes:
        folder: Where it is.
        record: What became of every update of the rounds covered.
        envelopes: Those in it, each once, by digest and node ascending.
        updates: Digests of the updates that it says it holds.
    """

    folder: Path
    record: RoundRecord
    envelopes: tuple[SignedEnvelope, ...]
    updates: frozenset[bytes]

    @property
    def model(self) -> Path:
        """The folder of the model's files."""
        return self.folder / _MODEL

    def manifest(self) -> ModelManifest:
        """The model's files with their digests, read anew.

        Raises:
            ModelFilesInvalid: It is no model.
        """
        return model_manifest(self.model)

    def update(self, digest: bytes) -> dict[str, StoredArray]:
        """The arrays of the update that the package says has a digest; whether it has is not asked.

        Raises:
            UpdateInvalid: The file is not there, or holds no arrays.
            ModelFilesInvalid: It is no plain file.
        """
        return stored_arrays(_update_file(self.folder, digest))

    @classmethod
    def read(cls, folder: Path) -> Package:
        """Reads a package that somebody handed over.

        Raises:
            PackageInvalid: It is not in the one form that packages have.
        """
        _require_folder(folder)
        found = set(_names(folder))
        for name in sorted(found - _ENTRIES):
            raise _invalid(folder, f"holds {name!r}, which packages do not have")
        for name in sorted(_ENTRIES - {_UPDATES} - found):
            raise _invalid(folder, f"lacks {name!r}")
        _require_folder(folder / _MODEL)
        record, envelopes = _read_record(folder), tuple(_read_envelopes(folder))
        merged = {each.envelope for each in record.accepted}
        announced = {each.envelope.update for each in envelopes if each.envelope.digest in merged}
        updates = frozenset(_read_updates(folder / _UPDATES)) if _UPDATES in found else frozenset()
        for digest in sorted(updates - announced):
            raise _invalid(folder, f"holds update {digest.hex()}, which nobody merged announced")
        return cls(folder=folder, record=record, envelopes=envelopes, updates=updates)


def write_package(
    folder: Path,
    *,
    record: RoundRecord,
    envelopes: Iterable[SignedEnvelope],
    model: Path,
    updates: Mapping[bytes, Mapping[str, Any]] | None = None,
) -> Package:
    """Writes a package so that it is there whole or not at all.

    Args:
        folder: Where; nothing may be there.
        record: The record of the rounds covered.
        envelopes: Of every update that the record names, in any order.
        model: The merged model: a file, or a folder of files, which are copied.
        updates: The arrays of the updates merged, by digest, where others shall recompute the merge
            (an update's arrays can be a mapping that reads them when they are asked for).

    Raises:
        PackageTaken: Something is there.
        PackageInvalid: An envelope is there twice, or there are too many.
        ModelFilesInvalid: The model is none.
        UpdateInvalid: An update is none.
    """
    if os.path.lexists(folder):
        raise PackageTaken(
            f"{folder} is there already.", "Choose another place for the package, or move it away."
        )
    lines = sorted(envelopes, key=in_order)
    if len(lines) > MOST_ENVELOPES or len(set(map(in_order, lines))) != len(lines):
        raise _invalid(folder, "would hold an envelope twice, or too many of them")
    files = model_files(model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _write(made / _RECORD, record.canonical())
        _write(made / _ENVELOPES, b"".join(each.to_bytes() + b"\n" for each in lines))
        for name, place in files.items():
            target = made / _MODEL / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, target, follow_symlinks=False)
            _sync(target)
        if updates is not None:
            (made / _UPDATES).mkdir()
            for digest, arrays in updates.items():
                write_safetensors(_update_file(made, digest), arrays)
        made.chmod(_READABLE_BY_ALL)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    _sync(folder.parent)
    return Package.read(folder)


def in_order(signed: SignedEnvelope) -> tuple[bytes, str]:
    """Sorts envelopes as all machines do: by what was signed, then by who signed it."""
    return signed.envelope.digest, signed.node


# --- reading --------------------------------------------------------------------------------------


def _read_record(folder: Path) -> RoundRecord:
    data = _read(folder / _RECORD, LARGEST_RECORD)
    try:
        return round_record_from_canonical(data)
    except RoundRecordInvalid as error:
        raise _invalid(folder, f"has a record that is none: {error.message}") from None


def _read_envelopes(folder: Path) -> Iterator[SignedEnvelope]:
    data = _read(folder / _ENVELOPES, MOST_ENVELOPES * LARGEST_TEXT)
    *lines, rest = data.split(b"\n")
    if rest or len(lines) > MOST_ENVELOPES:
        raise _invalid(folder, "has envelopes that do not end with a line's end, or too many")
    before: tuple[bytes, str] | None = None
    for number, line in enumerate(lines, 1):
        try:
            signed = SignedEnvelope.from_bytes(line)
        except CharterError as error:
            raise _invalid(folder, f"has no envelope in line {number}: {error.message}") from None
        if signed.to_bytes() != line:
            raise _invalid(folder, f"has an envelope in line {number} not in canonical form")
        if before is not None and in_order(signed) <= before:
            raise _invalid(folder, f"has the envelope in line {number} twice or out of order")
        before = in_order(signed)
        yield signed


def _read_updates(folder: Path) -> Iterator[bytes]:
    _require_folder(folder)
    for name in _names(folder):
        found = _UPDATE.fullmatch(name)
        if found is None:
            raise _invalid(folder, f"holds {name!r}, which is not named as an update is")
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise _invalid(folder, f"holds {name!r}, which is no plain file")
        yield bytes.fromhex(found[1])


def _update_file(folder: Path, digest: bytes) -> Path:
    return folder / _UPDATES / f"{digest.hex()}.safetensors"


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [each.name for each in entries]
    except OSError as error:
        raise _invalid(folder, f"cannot be read: {error.strerror}") from None


def _require_folder(folder: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(folder.lstat().st_mode)
    except OSError:
        is_folder = False
    if not is_folder:
        raise _invalid(folder, "is no folder")


def _read(path: Path, largest: int) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode) or told.st_size > largest:
                raise _invalid(path, f"is no plain file of at most {largest} bytes")
            data = file.read(largest + 1)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}") from None
    if len(data) > largest:
        raise _invalid(path, f"is longer than {largest} bytes")
    return data


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _invalid(path: Path, what: str) -> PackageInvalid:
    return PackageInvalid(f"The package {path} {what.rstrip('.')}.", _REMEDY)
