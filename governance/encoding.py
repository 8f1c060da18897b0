"""The ABI encoding of the house's structs, as Solidity's `abi.encode` writes them.

Written out here, rather than taken from `eth_abi`, because importing that costs a quarter of a
second and these structs are all that the library itself has to encode without a signer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.primitives import address_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from governance.vocabulary import Founder, Parameters, Publication

WORD = 32


def encode_parameters(parameters: Parameters) -> bytes:
    """Return `abi.encode(Parameters)`.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    shares = parameters.shares
    weights = (_uint(w.institution, 32) + _uint(w.weight, 32) for w in shares.weights)
    payees = (_address(p.account) + _uint(p.share, 16) for p in shares.payees)
    encoded_shares = _tuple(
        _uint(shares.equal, 16),
        _uint(shares.contributed, 16),
        _uint(shares.patients, 16),
        _uint(shares.weighted, 16),
        _uint(shares.remainder_to, 32),
        _array(weights),
        _array(payees),
    )
    return _top(
        _tuple(
            _uint(parameters.kinds, 8),
            _uint(parameters.sectors, 8),
            _uint(parameters.any_country, 1),
            _uint(parameters.minimum_signatories, 16),
            _uint(parameters.minimum_contributors, 16),
            _uint(parameters.quorum, 16),
            _uint(parameters.rounds, 32),
            _uint(parameters.level, 8),
            _uint(parameters.consent_max_age, 32),
            _uint(parameters.expires_at, 48),
            _array(_fixed(country, 2) for country in parameters.countries),
            encoded_shares,
        )
    )


def encode_publication(version: int, publication: Publication) -> bytes:
    """Return `abi.encode(uint32 version, Publication)`, whose keccak256 is the checkpoint's id.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    contributions = (
        _uint(c.institution, 32) + _uint(c.rounds, 32) for c in publication.contributions
    )
    body = _tuple(
        _uint(publication.round, 32),
        _fixed(publication.parent, 32),
        _fixed(publication.digest, 32),
        _array(contributions),
        _fixed(publication.envelopes_root, 32),
        _fixed(publication.round_record, 32),
    )
    return _tuple(_uint(version, 32), body)


def encode_founders(founders: Sequence[Founder]) -> bytes:
    """Return `abi.encode(Founder[])`, whose keccak256 the Swarm's code carries.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    return _top(_dynamic_array(map(_founder, founders)))


def _founder(founder: Founder) -> _Tail:
    profile = founder.profile
    return _tuple(
        _address(founder.account),
        _tuple(
            _text(profile.name),
            _uint(profile.kind, 8),
            _uint(profile.sector, 8),
            _fixed(profile.country, 2),
            _fixed(profile.document, 32),
        ),
    )


class _Tail(bytes):
    """An encoded value of dynamic size: its place in the head is taken by an offset."""


def _tuple(*parts: bytes) -> _Tail:
    head_size = sum(WORD if isinstance(part, _Tail) else len(part) for part in parts)
    head, tail = bytearray(), bytearray()
    for part in parts:
        if isinstance(part, _Tail):
            head += _uint(head_size + len(tail), 256)
            tail += part
        else:
            head += part
    return _Tail(bytes(head + tail))


def _top(part: _Tail) -> bytes:
    return bytes(_tuple(part))


def _array(items: Iterable[bytes]) -> _Tail:
    """An array of items of fixed size."""
    encoded: Sequence[bytes] = list(items)
    return _Tail(_uint(len(encoded), 256) + b"".join(encoded))


def _dynamic_array(items: Iterable[_Tail]) -> _Tail:
    """An array of items of dynamic size."""
    encoded = list(items)
    return _Tail(_uint(len(encoded), 256) + _tuple(*encoded))


def _text(value: str) -> _Tail:
    data = value.encode()
    return _Tail(_uint(len(data), 256) + data + bytes(-len(data) % WORD))


def _uint(value: int, bits: int) -> bytes:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} does not fit uint{bits}")
    return value.to_bytes(WORD, "big")


def _fixed(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError(f"{len(value)} bytes are not a bytes{size}")
    return value.ljust(WORD, b"\0")


def _address(value: str) -> bytes:
    return address_bytes(value).rjust(WORD, b"\0")
