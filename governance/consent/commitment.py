"""A salted Merkle commitment (RFC 6962, SHA-256) over patients' consent decisions.

A leaf is the RFC 8785 JSON `{"scheme", "pseudonym", "permits", "salt"}`. Pseudonyms can be guessed,
so each leaf has its own random salt of 32 bytes: without it, neither a leaf nor a path to the root
tells whether a patient is in the tree. Leaves are sorted by their hashes, so that a leaf's place
tells nothing of the pseudonym either.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rfc8785

from governance.errors import CharterError
from governance.primitives import merkle_path, merkle_root, merkle_verify, sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONSENT_SCHEME = "swarm-charter/consent/1"

_SALT_BYTES = 32


class ConsentDecisionsInvalid(CharterError):
    """The consent decisions are no complete and unambiguous list."""

    code = "ConsentDecisionsInvalid"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a patient decided: whether the study may use their data.

    `pseudonym` is the institution's own and never leaves it.
    """

    pseudonym: str
    permits: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Opens one leaf of a commitment to whoever is shown it: a decision, its salt and the path."""

    decision: Decision
    salt: bytes
    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Commitment:
    """The commitment as the institution keeps it; only `root` is shown to others."""

    root: bytes
    _leaves: tuple[bytes, ...]
    _decisions: Mapping[str, Decision]
    _salts: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """How many patients were asked."""
        return len(self._leaves)

    @property
    def permitting(self) -> int:
        """How many of them permit the use."""
        return sum(decision.permits for decision in self._decisions.values())

    def prove(self, pseudonym: str) -> Proof:
        """Open the leaf of one patient.

        Raises:
            ConsentDecisionsInvalid: the patient is not in the commitment.
        """
        if pseudonym not in self._decisions:
            raise ConsentDecisionsInvalid(
                "There is no decision of this patient in the commitment.",
                "Give a pseudonym that the commitment was made with.",
            )
        decision, salt = self._decisions[pseudonym], self._salts[pseudonym]
        index = self._leaves.index(_leaf(decision, salt))
        path = tuple(merkle_path(self._leaves, index))
        return Proof(decision, salt, index, self.size, path)


def new_salts(decisions: Iterable[Decision]) -> dict[str, bytes]:
    """Return a fresh random salt for each patient, to be kept as long as the decisions are."""
    return {decision.pseudonym: secrets.token_bytes(_SALT_BYTES) for decision in decisions}


def commit(decisions: Iterable[Decision], salts: Mapping[str, bytes]) -> Commitment:
    """Commit to patients' decisions.

    Args:
        decisions: One for each patient asked, whichever way they decided.
        salts: 32 random bytes for each pseudonym, from `new_salts`.

    Raises:
        ConsentDecisionsInvalid: there are none, a patient stands there twice, or a salt is missing,
            of another length, or used twice.
    """
    listed = list(decisions)
    named = {decision.pseudonym: decision for decision in listed}
    remedy = "Give one decision for each patient, and the salts that new_salts made for them."
    if not listed or "" in named:
        raise ConsentDecisionsInvalid("There are no decisions, or one has no pseudonym.", remedy)
    if len(named) != len(listed):
        raise ConsentDecisionsInvalid("A patient's decision stands there twice.", remedy)
    used = {name: salts.get(name, b"") for name in named}
    if any(len(salt) != _SALT_BYTES for salt in used.values()):
        raise ConsentDecisionsInvalid("A patient's salt is missing or not 32 bytes.", remedy)
    if len(set(used.values())) != len(used):
        raise ConsentDecisionsInvalid("Two patients have the same salt.", remedy)
    leaves = sorted((_leaf(named[name], used[name]) for name in named), key=sha256)
    return Commitment(merkle_root(leaves), tuple(leaves), named, used)


def verify(proof: Proof, root: bytes) -> bool:
    """Whether a proof opens a leaf of the commitment with this root."""
    leaf = _leaf(proof.decision, proof.salt)
    return merkle_verify(leaf, proof.index, proof.size, proof.path, root)


def _leaf(decision: Decision, salt: bytes) -> bytes:
    return rfc8785.dumps(
        {
            "scheme": CONSENT_SCHEME,
            "pseudonym": decision.pseudonym,
            "permits": decision.permits,
            "salt": to_hex(salt),
        }
    )
