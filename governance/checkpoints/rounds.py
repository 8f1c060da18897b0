"""The record of a round: whose update was merged, whose was refused and why, and who was silent.

The merging node keeps it, and its digest stands in the checkpoint's publication; so what was said
to an auditor later can be held against what was said then.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from governance.checkpoints.errors import RoundRecordInvalid
from governance.checkpoints.identity import envelopes_root
from governance.primitives import HexInvalid, from_hex, sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUND_SCHEME = "swarm-charter/round/1"

_REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_REMEDY = "Have the record written anew from the gate's evidence."
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, order=True)
class Accepted:
    """An update that was merged: its round, its institution's number, its envelope's digest."""

    round: int
    institution: int
    envelope: bytes


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """An update that was refused, with the reason's code, such as `NodeRevoked`.

    `institution` is 0 where nobody's node sent it.
    """

    round: int
    institution: int
    envelope: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """What happened in the rounds that a checkpoint covers; the lists are sorted when it is made.

    `first` and `last` are the rounds covered; `silent` are the institutions that could have
    contributed to all of them and contributed to none.

    Raises:
        RoundRecordInvalid: a round lies outside, an institution's envelope was merged twice, it
            is silent and contributes, or a reason is no code.
    """

    first: int
    last: int
    accepted: tuple[Accepted, ...]
    refused: tuple[Refused, ...] = ()
    silent: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for field in ("accepted", "refused", "silent"):
            object.__setattr__(self, field, tuple(sorted(getattr(self, field))))
        for message in self._contradictions():
            raise RoundRecordInvalid(f"The record of the round is wrong: {message}.", _REMEDY)

    def canonical(self) -> bytes:
        """Return the RFC 8785 JSON of the record."""
        return rfc8785.dumps(
            {
                "scheme": ROUND_SCHEME,
                "first": self.first,
                "last": self.last,
                "accepted": [
                    {"round": a.round, "institution": a.institution, "envelope": to_hex(a.envelope)}
                    for a in self.accepted
                ],
                "refused": [
                    {
                        "round": r.round,
                        "institution": r.institution,
                        "envelope": to_hex(r.envelope),
                        "reason": r.reason,
                    }
                    for r in self.refused
                ],
                "silent": list(self.silent),
            }
        )

    def digest(self) -> bytes:
        """Return the SHA-256 of the canonical form: the publication's `round_record`."""
        return sha256(self.canonical())

    def envelopes_root(self) -> bytes:
        """Return the Merkle root over the accepted envelopes: the publication's own."""
        return envelopes_root([accepted.envelope for accepted in self.accepted])

    def contributions(self) -> dict[int, int]:
        """Return in how many rounds an update of each institution was merged, by ascending number.

        Checkpoints count institutions: however many nodes one runs, a round counts once.
        """
        rounds = {(accepted.institution, accepted.round) for accepted in self.accepted}
        return dict(sorted(Counter(institution for institution, _ in rounds).items()))

    def _contradictions(self) -> Iterator[str]:
        if not 1 <= self.first <= self.last:
            yield "its rounds are not counted from 1 upwards"
        entries: tuple[Accepted | Refused, ...] = (*self.accepted, *self.refused)
        for entry in entries:
            if not self.first <= entry.round <= self.last:
                yield f"round {entry.round} is not among those it covers"
            if len(entry.envelope) != _DIGEST_BYTES:
                yield "an envelope's digest has not 32 bytes"
        if len(set(self.accepted)) != len(self.accepted):
            yield "an institution's envelope was merged twice"
        contributors = {accepted.institution for accepted in self.accepted}
        if any(number < 1 for number in (*contributors, *self.silent)):
            yield "institutions are not counted from 1"
        if len(set(self.silent)) != len(self.silent) or contributors & set(self.silent):
            yield "an institution is silent twice, or silent and contributing"
        for refused in self.refused:
            if refused.institution < 0 or not _REASON.fullmatch(refused.reason):
                yield "a refusal names no institution or no reason's code"


def round_record_from_canonical(data: bytes) -> RoundRecord:
    """Read a record from its canonical bytes.

    Raises:
        RoundRecordInvalid: they are not in canonical form, or the record contradicts itself.
    """
    try:
        plain: dict[str, Any] = json.loads(data)
        record = RoundRecord(
            first=_number(plain["first"]),
            last=_number(plain["last"]),
            accepted=tuple(
                Accepted(_number(a["round"]), _number(a["institution"]), _digest(a["envelope"]))
                for a in plain["accepted"]
            ),
            refused=tuple(
                Refused(
                    _number(r["round"]),
                    _number(r["institution"]),
                    _digest(r["envelope"]),
                    str(r["reason"]),
                )
                for r in plain["refused"]
            ),
            silent=tuple(map(_number, plain["silent"])),
        )
    except (ValueError, KeyError, TypeError, HexInvalid, RecursionError):
        message = "These bytes are no record of a round."
        raise RoundRecordInvalid(message, _REMEDY) from None
    if record.canonical() != data:
        message = "The record of the round is not in canonical form."
        raise RoundRecordInvalid(message, _REMEDY)
    return record


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _digest(value: Any) -> bytes:
    return from_hex(value, _DIGEST_BYTES, "digest")
