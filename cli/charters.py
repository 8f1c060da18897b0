"""Charters' documents that this machine has seen, kept by their digests.

The chain knows a charter by its digest alone. Who has shown the document once need not show it
again for terms to be held against it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cli import home
from governance.primitives import sha256

if TYPE_CHECKING:
    from pathlib import Path


def keep(document: bytes) -> None:
    """Keeps a charter's document."""
    place = _place(sha256(document))
    place.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first: who reads it meanwhile finds it whole, or not at all.
    written = place.with_suffix(f".{os.getpid()}")
    written.write_bytes(document)
    written.replace(place)


def kept(digest: bytes) -> Path | None:
    """The document with a digest; None if it was never seen, or is no longer what it was."""
    place = _place(digest)
    try:
        return place if sha256(place.read_bytes()) == digest else None
    except FileNotFoundError:
        return None


def _place(digest: bytes) -> Path:
    return home.charters() / f"{digest.hex()}.yaml"
