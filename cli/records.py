"""The record of rounds, from what a gate has written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.checkpoints import Accepted, Refused, RoundRecord
from governance.gate.evidence import EvidenceReader

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.study import Study


def record_of_rounds(evidence: Path, study: Study, first: int, last: int) -> RoundRecord:
    """What became of every update of some rounds of a study.

    Where a round was tried several times, the last update of an institution counts. Silent are
    signatories none of whose updates was accepted or refused.

    Args:
        evidence: the gate's evidence log.
        study: the study.
        first: the first round covered.
        last: the last one.

    Raises:
        EvidenceCorrupt: the log is not what a gate wrote.
        RoundRecordInvalid: the rounds are not counted upwards from 1.
    """
    accepted: dict[tuple[int, int], Accepted] = {}
    refused: set[Refused] = set()
    for entry in EvidenceReader(evidence):
        envelope, decision = entry.envelope.envelope, entry.decision
        if envelope.study != study.address or not first <= envelope.round <= last:
            continue
        number, who = envelope.round, decision.institution
        if decision.accepted:
            accepted[number, who] = Accepted(number, who, decision.envelope_digest)
        else:
            reason = decision.reason.value
            refused.add(Refused(number, who, decision.envelope_digest, reason))
    heard = {who for _, who in accepted} | {each.institution for each in refused}
    silent = tuple(each for each in study.signatories() if each not in heard)
    return RoundRecord(first, last, tuple(accepted.values()), tuple(refused), silent)
