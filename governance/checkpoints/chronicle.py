"""What a node saw of the rounds since the last final checkpoint, for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance.checkpoints.package import write_package
from governance.checkpoints.rounds import Accepted, Refused, RoundRecord
from governance.vocabulary import Authorisation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from governance.checkpoints.envelope import SignedEnvelope
    from governance.checkpoints.package import Package
    from governance.gate import Decision, Entry
    from governance.history import Study

_NO_ATTEMPT: Final = 0
"""Attempts are counted from 1."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An envelope, what the gate said to it last, and its update, where that is kept."""

    signed: SignedEnvelope
    decision: Decision
    update: Mapping[str, Any] | None

    @property
    def round(self) -> int:
        return self.signed.envelope.round

    @property
    def attempt(self) -> int:
        return self.signed.envelope.attempt

    @property
    def digest(self) -> bytes:
        """The update's."""
        return self.signed.envelope.update


@dataclass(slots=True)
class Chronicle:
    """The rounds of one study since its last final checkpoint, as one node's gate decided them.

    A round that crashed is run again as a new attempt. The model goes on from one attempt of each
    round: the highest of which an update was accepted, unless `merge` says another or `leave_out`
    none. Refusals are told of all attempts.

    Attributes:
        study: Address of the study's contract; what is for others is not noted.
    """

    study: str
    _seen: dict[tuple[str, bytes], _Seen] = field(default_factory=dict)
    _attempts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, study: str, evidence: Iterable[Entry]) -> Chronicle:
        """What a gate's evidence log tells; updates are not in there.

        Args:
            study: Address of the study's contract.
            evidence: An `EvidenceReader`, or the log itself.

        Raises:
            EvidenceCorrupt: The log is not what a gate wrote.
        """
        chronicle = cls(study)
        for entry in evidence:
            chronicle.note(entry.envelope, entry.decision)
        return chronicle

    def note(
        self,
        signed: SignedEnvelope,
        decision: Decision,
        update: Mapping[str, Any] | None = None,
    ) -> None:
        """Takes note of what the gate decided.

        Args:
            signed: The envelope.
            decision: What the gate answered.
            update: The update's arrays, where others shall be able to recompute the merge; what
                `update_digest` takes, so large ones can stay in their file (`stored_arrays`). They
                are kept until the round is forgotten.
        """
        if signed.envelope.study != self.study:
            return
        key = signed.node, signed.envelope.digest
        known = self._seen.get(key)
        if known is not None and known.decision.institution and not decision.institution:
            # A copy with a spoilt signature, or a gate that could not judge, takes nothing back.
            return
        if known is not None and known.decision.accepted:
            # It counts as it was accepted, whatever came under its name later.
            signed, decision = known.signed, known.decision
            update = update if known.update is None else known.update
        self._seen[key] = _Seen(signed, decision, update)

    def merge(self, number: int, attempt: int) -> None:
        """Says from which attempt at a round the model goes on."""
        self._attempts[number] = attempt

    def leave_out(self, number: int) -> None:
        """Says that the model goes on from no attempt at a round: nothing accepted was merged.

        Otherwise the record would name contributors to it, and whoever computes the merge again
        would find another model.
        """
        self._attempts[number] = _NO_ATTEMPT

    def forget(self, number: int) -> None:
        """Lets go of the rounds up to one whose checkpoint is final."""
        self._seen = {key: seen for key, seen in self._seen.items() if seen.round > number}
        self._attempts = {each: said for each, said in self._attempts.items() if each > number}

    def record(self, study: Study, last: int, at: int) -> RoundRecord:
        """The record of the rounds since the study's last final checkpoint.

        Silent are the signatories that are authorised now and of whose nodes nothing was heard.

        Args:
            study: The study, as the history tells it.
            last: The last round covered.
            at: Unix seconds, not before the last record of the history.

        Raises:
            RoundRecordInvalid: There is no such round to cover.
        """
        first = study.last_round + 1
        accepted = [
            Accepted(each.round, each.decision.institution, each.decision.envelope_digest)
            for each in self._merged_in(first, last)
        ]
        refused = [
            Refused(
                each.round,
                each.decision.institution,
                each.decision.envelope_digest,
                each.decision.reason.value,
            )
            for each in self._refused_in(first, last)
        ]
        heard = {each.institution for each in accepted} | {each.institution for each in refused}
        heard |= {
            each.decision.institution
            for each in self._accepted_in(first, last)
            if self._attempts.get(each.round) == _NO_ATTEMPT
        }
        silent = tuple(
            number
            for number in study.signatories()
            if number not in heard
            and study.authorisation_of(number, at) is Authorisation.AUTHORISED
        )
        return RoundRecord(first, last, tuple(accepted), tuple(refused), silent)

    def package(
        self,
        folder: Path,
        study: Study,
        last: int,
        at: int,
        *,
        model: Path,
        updates: Mapping[bytes, Mapping[str, Any]] | None = None,
    ) -> Package:
        """Writes the package of a checkpoint.

        The updates merged are in it if all of them were noted, or are handed in, with their arrays.

        Args:
            folder: Where it is written; nothing may be there.
            study: The study, as the history tells it.
            last: The last round covered.
            at: Unix seconds, as for `record`.
            model: The merged model: a file or a folder.
            updates: Arrays of updates that were noted without them, by digest.

        Raises:
            RoundRecordInvalid: As for `record`.
            PackageTaken, ModelFilesInvalid, UpdateInvalid: See `write_package`.
        """
        record = self.record(study, last, at)
        merged = self._merged_in(record.first, record.last)
        handed = updates or {}
        arrays = {
            each.digest: handed.get(each.digest) if each.update is None else each.update
            for each in merged
        }
        kept = {digest: each for digest, each in arrays.items() if each is not None}
        return write_package(
            folder,
            record=record,
            envelopes=[
                each.signed for each in (*merged, *self._refused_in(record.first, record.last))
            ],
            model=model,
            updates=kept if kept and len(kept) == len(arrays) else None,
        )

    def _merged_in(self, first: int, last: int) -> list[_Seen]:
        """What the model goes on from."""
        accepted = self._accepted_in(first, last)
        attempts: dict[int, int] = {}
        for each in accepted:
            attempts[each.round] = max(each.attempt, attempts.get(each.round, 0))
        attempts |= self._attempts
        return [each for each in accepted if each.attempt == attempts[each.round]]

    def _accepted_in(self, first: int, last: int) -> list[_Seen]:
        return [
            each
            for each in self._seen.values()
            if each.decision.accepted and first <= each.round <= last
        ]

    def _refused_in(self, first: int, last: int) -> list[_Seen]:
        return [
            each
            for each in self._seen.values()
            if not each.decision.accepted and first <= each.round <= last
        ]
