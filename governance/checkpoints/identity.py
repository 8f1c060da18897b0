"""What a publisher announces, what identifies it, and the tree over the envelopes merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.checkpoints.errors import ContributorsTooFew
from governance.encoding import encode_publication
from governance.primitives import keccak, merkle_root
from governance.vocabulary import Contribution, Publication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.checkpoints.rounds import RoundRecord
    from governance.history import Study

_DIGEST_BYTES = 32
_OFFSET_OF_PUBLICATION = (2 * 32).to_bytes(32, "big")
_OFFSET_OF_CONTRIBUTIONS = (6 * 32).to_bytes(32, "big")


def publication(study: Study, record: RoundRecord, digest: bytes) -> Publication:
    """Return what there is to publish for the rounds since the study's last final checkpoint.

    Args:
        study: The study, as the history tells it.
        record: The record of those rounds.
        digest: Digest of the merged model's files.

    Raises:
        ContributorsTooFew: The terms in force ask for more contributors; the contract refuses it,
            too.
    """
    rounds = record.contributions()
    needed = study.terms.parameters.minimum_contributors
    if len(rounds) < needed:
        raise ContributorsTooFew(len(rounds), needed)
    # Whoever contributed and has no seat is named at the end, for the contract to refuse by name.
    order = dict.fromkeys((*study.seats, *rounds))
    return Publication(
        round=record.last,
        parent=study.last_checkpoint,
        digest=digest,
        contributions=tuple(Contribution(each, rounds[each]) for each in order if each in rounds),
        envelopes_root=record.envelopes_root(),
        round_record=record.digest(),
    )


def checkpoint_id(version: int, publication: Publication) -> bytes:
    """Return a checkpoint's identity, as the study's contract computes it.

    Args:
        version: The version of the terms in force when it was published.
        publication: What its publisher announced.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    return keccak(encode_publication(version, publication))


def recorded_id(record: bytes) -> bytes:
    """Return the identity of what a `CheckpointPublished` says, from the record's bytes.

    The same as `checkpoint_id` of the decoded event: what the two encodings share stands there
    already, so that nothing has to be encoded for each of a history's checkpoints.

    Args:
        record: `topic0 ‖ abi.encode(fields)`, as Solidity writes it.
    """
    # After the topic: checkpoint, round, node, institution, version, parent, digest, the offset of
    # the contributions, envelopes root, round record, contributions.
    round_, version = record[64:96], record[160:192]
    parent_and_digest, roots_and_contributions = record[192:256], record[288:]
    return keccak(
        version
        + _OFFSET_OF_PUBLICATION
        + round_
        + parent_and_digest
        + _OFFSET_OF_CONTRIBUTIONS
        + roots_and_contributions
    )


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
