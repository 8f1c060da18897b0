"""A salted Merkle commitment (RFC 6962, SHA-256) over patients' consent decisions.

A leaf is the RFC 8785 JSON `{"scheme", "pseudonym", "permits", "salt"}`. Pseudonyms can be guessed,
so each leaf has its own random salt of 32 bytes: without it, neither a leaf nor a path to the root
tells whether a patient is in the tree. Leaves are sorted by their hashes, so that a leaf's place
tells nothing of the pseudonym either.

The tree covers what it was given. That a record was left out, or stands in it twice under two
pseudonyms, no root and no proof can show.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from governance.errors import CharterError
from governance.primitives import (
    from_hex,
    merkle_path_of,
    merkle_root_of,
    merkle_verify,
    sha256,
    to_hex,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONSENT_SCHEME = "swarm-charter/consent/1"
PROOF_SCHEME = "swarm-charter/consent-proof/1"

SALT_BYTES = 32


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
class Tree:
    """The tree over leaves in their order: of each its own digest and what the tree hashes."""

    _marked: list[bytes]

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._marked)

    def root(self) -> bytes:
        """Its root."""
        return merkle_root_of(self._hashes())

    def prove(self, decision: Decision, salt: bytes) -> Proof:
        """Open the leaf of a decision, which must be in the tree."""
        index = bisect_left(self._marked, sha256(leaf(decision, salt)))
        path = tuple(merkle_path_of(self._hashes(), index))
        return Proof(decision, salt, index, self.size, path)

    def _hashes(self) -> list[bytes]:
        return [each[32:] for each in self._marked]


@dataclass(frozen=True, slots=True)
class Commitment:
    """The commitment as the institution keeps it; only `root` is shown to others."""

    root: bytes
    _tree: Tree
    _decisions: Mapping[str, Decision]
    _salts: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """How many patients were asked."""
        return self._tree.size

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
        return self._tree.prove(self._decisions[pseudonym], self._salts[pseudonym])


def new_salts(decisions: Iterable[Decision]) -> dict[str, bytes]:
    """Return a fresh random salt for each patient, to be kept as long as the decisions are."""
    return {decision.pseudonym: secrets.token_bytes(SALT_BYTES) for decision in decisions}


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
    if any(len(salt) != SALT_BYTES for salt in used.values()):
        raise ConsentDecisionsInvalid("A patient's salt is missing or not 32 bytes.", remedy)
    if len(set(used.values())) != len(used):
        raise ConsentDecisionsInvalid("Two patients have the same salt.", remedy)
    planted = tree(leaf(named[name], used[name]) for name in named)
    return Commitment(planted.root(), planted, named, used)


def tree(leaves: Iterable[bytes]) -> Tree:
    """Order leaves by their digests and hash them; of a million, 0.1 GB are held and no leaf."""
    sha = hashlib.sha256
    marked = [sha(each).digest() + sha(b"\x00" + each).digest() for each in leaves]
    marked.sort()
    return Tree(marked)


def verify(proof: Proof, root: bytes) -> bool:
    """Whether a proof opens a leaf of the commitment with this root."""
    opened = leaf(proof.decision, proof.salt)
    return merkle_verify(opened, proof.index, proof.size, proof.path, root)


def leaf(decision: Decision, salt: bytes) -> bytes:
    """A decision with its salt in RFC 8785 JSON."""
    return leaves([(decision.pseudonym, decision.permits)], salt)[0]


def leaves(decided: Sequence[tuple[str, bool]], salts: bytes) -> list[bytes]:
    """Decisions with their salts in RFC 8785 JSON.

    Args:
        decided: Pseudonyms, and whether they permit the use.
        salts: `SALT_BYTES` for each, one after the other.
    """
    hexed, digits = salts.hex(), 2 * SALT_BYTES
    places = range(0, len(hexed), digits)
    # What needs no escapes is written at once: a ledger has a million of these.
    names = "".join([name for name, _ in decided])
    if names.isascii() and names.isprintable() and '"' not in names and "\\" not in names:
        written = [
            f"{_PERMITS if permits else _DENIES}{name}{_SALT}{hexed[at : at + digits]}{_REST}"
            for (name, permits), at in zip(decided, places, strict=True)
        ]
        return [each.encode() for each in written]
    return [
        rfc8785.dumps(
            {
                "scheme": CONSENT_SCHEME,
                "pseudonym": name,
                "permits": permits,
                "salt": "0x" + hexed[at : at + digits],
            }
        )
        for (name, permits), at in zip(decided, places, strict=True)
    ]


_PERMITS = '{"permits":true,"pseudonym":"'
_DENIES = '{"permits":false,"pseudonym":"'
_SALT = '","salt":"0x'
_REST = f'","scheme":"{CONSENT_SCHEME}"}}'


def proof_json(proof: Proof) -> bytes:
    """A proof as it is handed to an auditor, in RFC 8785 JSON."""
    return rfc8785.dumps(
        {
            "scheme": PROOF_SCHEME,
            "pseudonym": proof.decision.pseudonym,
            "permits": proof.decision.permits,
            "salt": to_hex(proof.salt),
            "index": proof.index,
            "size": proof.size,
            "path": [to_hex(node) for node in proof.path],
        }
    )


def proof_from_json(data: bytes) -> Proof:
    """Read a proof as `proof_json` writes it.

    Raises:
        ValueError: it is none.
    """
    try:
        plain: dict[str, Any] = json.loads(data)
        name, permits = plain["pseudonym"], plain["permits"]
        index, size = plain["index"], plain["size"]
        path = tuple(from_hex(node, SALT_BYTES) for node in plain["path"])
        salt = from_hex(plain["salt"], SALT_BYTES)
        proof = Proof(Decision(name, permits), salt, index, size, path)
        typed = (type(name), type(permits), type(index), type(size)) == (str, bool, int, int)
        sound = typed and proof_json(proof) == data
    except (KeyError, TypeError, RecursionError, CharterError, rfc8785.CanonicalizationError):
        sound = False
    if not sound:
        raise ValueError("no proof of a consent decision")
    return proof
