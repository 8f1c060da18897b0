"""Looks for identifiers in whatever form they may have left: plain, hashed, in hex or base64.

What is looked for: each identifier as it stands, in upper and lower case, with and without a line's
end; of each of these the digests by the usual functions. Where: in the bytes themselves, and in
whatever they hold in hex or base64, once more within that.

Two things are left out, because chance alone would find them: identifiers of fewer than eight
bytes, and CRC-32.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

SHORTEST = 8
"""Bytes that an identifier must have to be looked for."""

_COMPARED = 16
"""Bytes of a digest that count, so that one that was cut to half is found too."""

_NAMED = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512")

HASHES: Final[dict[str, Callable[[bytes], bytes]]] = {
    **{name: lambda data, name=name: hashlib.new(name, data).digest() for name in _NAMED},
    "keccak256": keccak,
    "blake2b": lambda data: hashlib.blake2b(data).digest(),
    "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).digest(),
    "blake2s": lambda data: hashlib.blake2s(data).digest(),
}
"""The functions by which people hash identifiers; each gives a digest of other bytes."""

_HEX = re.compile(rb"[0-9a-fA-F]{16,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_DEPTH = 2
_FILTER_BITS = 24


class Needles:
    """Identifiers in all forms that are looked for."""

    def __init__(self, identifiers: Iterable[str], salts: Iterable[bytes] = ()) -> None:
        """Prepares to look for identifiers and salts; what is found is told by its name."""
        self._known: dict[bytes, list[tuple[bytes, str]]] = {}
        for identifier in set(identifiers):
            assert len(identifier.encode()) >= SHORTEST, f"{identifier} would be found by chance"
            for form in {identifier, identifier.upper(), identifier.lower()}:
                self._add(form.encode(), f"{identifier}, plain")
                for text in (form.encode(), form.encode() + b"\n"):
                    for name, function in HASHES.items():
                        self._add(function(text)[:_COMPARED], f"{identifier}, {name}")
        for secret in salts:
            self._add(secret, "a salt")
        self._prefixes = np.unique(np.frombuffer(b"".join(self._known), "<u8"))
        # Which of the windows of eight bytes are worth a closer look is told by three of them.
        self._passing = np.zeros(1 << _FILTER_BITS, dtype=bool)
        self._passing[self._prefixes & np.uint64((1 << _FILTER_BITS) - 1)] = True

    def __len__(self) -> int:
        return sum(len(each) for each in self._known.values())

    def _add(self, needle: bytes, what: str) -> None:
        self._known.setdefault(needle[:8], []).append((needle, what))

    def within(self, data: bytes) -> set[str]:
        """Which identifiers stand in the data, and in what form."""
        return {what for view in _views(data, _DEPTH) for what in self._here(view)}

    def _here(self, view: bytes) -> Iterator[str]:
        for place in self._candidates(view):
            for needle, what in self._known.get(view[place : place + 8], ()):
                if view.startswith(needle, place):
                    yield what

    def _candidates(self, view: bytes) -> Iterator[int]:
        """Places whose next eight bytes begin something that is looked for."""
        for shift in range(8):
            windows: NDArray[np.uint64] = np.frombuffer(
                view, "<u8", count=max(len(view) - shift, 0) // 8, offset=min(shift, len(view))
            )
            low = windows & np.uint64((1 << _FILTER_BITS) - 1)
            few = np.nonzero(self._passing[low])[0]
            places = np.searchsorted(self._prefixes, windows[few]).clip(max=len(self._prefixes) - 1)
            found = few[self._prefixes[places] == windows[few]]
            yield from (int(each) * 8 + shift for each in found)


def _views(data: bytes, depth: int) -> Iterator[bytes]:
    """The data, and what it holds in hex and base64."""
    yield data
    if depth:
        for inner in (_hex(data, 0), _hex(data, 1), *(_base64(data, skip) for skip in range(4))):
            if inner:
                yield from _views(inner, depth - 1)


def _hex(data: bytes, skip: int) -> bytes:
    """What stands in hex, beginning with an even digit of each run or with an odd one."""
    runs = (run[skip:] for run in _HEX.findall(data))
    return b"\0".join(bytes.fromhex(run[: len(run) & ~1].decode()) for run in runs)


def _base64(data: bytes, skip: int) -> bytes:
    """What stands in base64 of either alphabet; it may begin anywhere in a run."""
    runs = (run[skip:].translate(_STANDARD) for run in _BASE64.findall(data))
    return b"\0".join(base64.b64decode(run + b"A" * (-len(run) % 4)) for run in runs)
