"""What identifies a checkpoint, and the tree over the envelopes that it was merged from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.encoding import encode_publication
from governance.primitives import keccak, merkle_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.vocabulary import Publication

_DIGEST_BYTES = 32


def checkpoint_id(version: int, publication: Publication) -> bytes:
    """Return a checkpoint's identity, as the study's contract computes it.

    Args:
        version: The version of the terms in force when it was published.
        publication: What its publisher announced.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    return keccak(encode_publication(version, publication))


def envelopes_root(envelopes: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 Merkle root over the digests of the contributions' envelopes.

    Args:
        envelopes: The EIP-712 digests of the accepted envelopes, in any order; the tree holds them
            ascending, so that all who accepted the same ones get the same root. The digest of
            an envelope does not cover its node, so one can stand there twice; who sent which is in
            the record of the rounds.

    Raises:
        ValueError: one is not 32 bytes.
    """
    if any(len(envelope) != _DIGEST_BYTES for envelope in envelopes):
        raise ValueError("an envelope's digest has 32 bytes")
    return merkle_root(sorted(envelopes))
