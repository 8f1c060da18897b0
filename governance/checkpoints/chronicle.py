"""What a node saw of the rounds since the last final checkpoint, for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from governance.checkpoints.arrays import write_safetensors
from governance.checkpoints.choices import Became, Choice
from governance.checkpoints.errors import LogsDisagree, RoundUndecided, RoundUnknown
from governance.checkpoints.package import write_package
from governance.checkpoints.rounds import Accepted, Refused, RoundRecord
from governance.vocabulary import Authorisation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from governance.checkpoints.envelope import SignedEnvelope
    from governance.checkpoints.package import Package
    from governance.gate import Decision, Entry, EvidenceLog
    from governance.history import Study

_Key = tuple[str, bytes]
"""An envelope: the node that signed it, and its digest."""


@runtime_checkable
class Evidence(Protocol):
    """An evidence log, as its reader gives it or the log itself."""

    def lines(self) -> Iterator[Entry | Choice]:
        """All that was written down, in its order."""


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

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """Which of several gates' answers to one envelope counts: the one with the most of it."""
        decision = self.decision
        return decision.accepted, decision.lasts, bool(decision.institution)


class _Word(NamedTuple):
    """What a chronicle says of a round: what became of which attempt, and what was accepted."""

    attempt: int
    became: Became
    accepted: frozenset[_Key] = frozenset()

    @property
    def decides(self) -> bool:
        """Whether it says anything of what the model goes on from."""
        return bool(self.accepted) or self.became is Became.LEFT_OUT


@dataclass(slots=True)
class Chronicle:
    """The rounds of one study since its last final checkpoint, as one node's gate decided them.

    A round that crashed is run again as a new attempt. The model goes on from one attempt of each
    round: the one that was opened last, unless `merge` says another or `leave_out` none; where
    nobody said any of that, the highest of which an update was accepted. Refusals are told of all
    attempts. Of rounds that others merged it knows nothing, and writes no record of them; what
    their logs tell is `joined`.

    Attributes:
        study: Address of the study's contract; what is for others is not noted.
        kept_in: The evidence log in which what becomes of rounds is written down; `None` for none.
    """

    study: str
    kept_in: EvidenceLog | None = None
    _seen: dict[int, dict[_Key, _Seen]] = field(default_factory=dict)
    _choices: dict[int, Choice] = field(default_factory=dict)
    _met: set[int] = field(default_factory=set)
    _undecided: set[int] = field(default_factory=set)
    _disputes: dict[int, LogsDisagree] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        study: str,
        evidence: Evidence | Iterable[Entry | Choice],
        kept_in: EvidenceLog | None = None,
    ) -> Chronicle:
        """What a gate's evidence log tells; updates are not in there.

        Args:
            study: Address of the study's contract.
            evidence: An `EvidenceReader`, the log itself, or lines of it.
            kept_in: The log, where what becomes of rounds from now on is written down in it.

        Raises:
            EvidenceCorrupt: The log is not what a gate wrote.
        """
        chronicle = cls(study, kept_in)
        for told in evidence.lines() if isinstance(evidence, Evidence) else evidence:
            if not isinstance(told, Choice):
                chronicle.note(told.envelope, told.decision)
            elif told.study == study:
                chronicle._choices[told.round] = told
        # Whoever opened them has ended since, or goes on elsewhere.
        opened = (each for each in chronicle._choices.values() if each.became is Became.OPENED)
        chronicle._undecided = {each.round for each in opened}
        return chronicle

    @classmethod
    def joined(cls, parts: Sequence[Chronicle]) -> Chronicle:
        """What several nodes of a swarm saw, where they merged in turns.

        Of each round, the word of whoever merged its highest attempt counts. Where two merged the
        same attempt, they must have accepted the same, or no record covers the round.

        Args:
            parts: Of one study, at least one.
        """
        whole = cls(parts[0].study)
        for part in parts:
            whole._met |= part._met
            for number, answers in part._seen.items():
                known = whole._seen.setdefault(number, {})
                for key, seen in answers.items():
                    known[key] = _weightier(known.get(key), seen)
        for number in sorted({number for part in parts for number in part._known()}):
            whole._agree(number, parts)
        return whole

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
        if decision.met_round:
            self._met.add(signed.envelope.round)
        answers = self._seen.setdefault(signed.envelope.round, {})
        key = signed.node, signed.envelope.digest
        known = answers.get(key)
        if known is not None and known.decision.institution and not decision.institution:
            # A copy with a spoilt signature, or a gate that could not judge, takes nothing back.
            return
        if known is not None and known.decision.accepted:
            # It counts as it was accepted, whatever came under its name later.
            signed, decision = known.signed, known.decision
            update = update if known.update is None else known.update
        answers[key] = _Seen(signed, decision, update)

    def open(self, number: int, attempt: int) -> None:
        """Says that an attempt at a round begins.

        What is accepted in it counts as merged until `merge` or `leave_out` says so or otherwise.
        One of them must be said before the model goes on: whoever reads the log later holds a round
        that was opened and no more for undecided.

        Raises:
            EvidenceLocked, EvidenceUnwritable: It cannot be written down; nothing is changed.
        """
        self._choose(Choice(self.study, number, attempt, Became.OPENED))

    def merge(self, number: int, attempt: int) -> None:
        """Says from which attempt at a round the model goes on.

        Raises:
            EvidenceLocked, EvidenceUnwritable: As for `open`.
        """
        self._choose(Choice(self.study, number, attempt, Became.MERGED))

    def leave_out(self, number: int, attempt: int | None = None) -> None:
        """Says that the model goes on from no attempt at a round: nothing accepted was merged.

        Otherwise the record would name contributors to it, and whoever computes the merge again
        would find another model.

        Args:
            number: The round.
            attempt: The last try at it; without it, the last that is known.

        Raises:
            EvidenceLocked, EvidenceUnwritable: As for `open`.
        """
        if attempt is None:
            attempt = self._attempt(number)
        self._choose(Choice(self.study, number, attempt, Became.LEFT_OUT))
        self._disputes.pop(number, None)

    def used(self, number: int) -> int:
        """The highest attempt at a round in which an update was accepted; 0 if there is none."""
        answers = self._seen.get(number, {}).values()
        return max((each.attempt for each in answers if each.decision.accepted), default=0)

    def forget(self, number: int) -> None:
        """Lets go of the rounds up to one whose checkpoint is final."""
        self._seen = {each: answers for each, answers in self._seen.items() if each > number}
        self._choices = {each: said for each, said in self._choices.items() if each > number}
        self._met = {each for each in self._met if each > number}

    def record(self, study: Study, last: int, at: int) -> RoundRecord:
        """The record of the rounds since the study's last final checkpoint.

        Silent are the signatories that are authorised now and of whose nodes nothing was heard.

        Args:
            study: The study, as the history tells it.
            last: The last round covered.
            at: Unix seconds, not before the last record of the history.

        Raises:
            RoundRecordInvalid: There is no such round to cover.
            RoundUnknown: Nothing is known of one of them: it was neither opened nor left out, and
                no envelope came while it was open.
            RoundUndecided: One was opened by a process that ended before it said what became of it.
            LogsDisagree: The chronicles that were joined do not agree about one.
        """
        first = study.last_round + 1
        self._require_known(first, last)
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
            if each.round in self._choices and self._choices[each.round].became is Became.LEFT_OUT
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
            RoundRecordInvalid, RoundUnknown, RoundUndecided, LogsDisagree: As for `record`.
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

    def save_updates(self, folder: Path) -> None:
        """Saves the updates merged that were noted with their arrays, a safetensors file each.

        For whoever packs rounds that several sites merged, so that the merge can be recomputed.

        Args:
            folder: Where, by digest; what is there already is written anew.

        Raises:
            UpdateInvalid: An update is none.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for each in self._merged_in(min(self._seen, default=1), max(self._seen, default=0)):
            if each.update is not None:
                write_safetensors(folder / f"{each.digest.hex()}.safetensors", each.update)

    def _merged_in(self, first: int, last: int) -> list[_Seen]:
        """What the model goes on from."""
        words = {number: self._word(number) for number in self._seen if first <= number <= last}
        return [self._seen[number][key] for number, word in words.items() for key in word.accepted]

    def _accepted_in(self, first: int, last: int) -> list[_Seen]:
        return [each for each in self._seen_in(first, last) if each.decision.accepted]

    def _refused_in(self, first: int, last: int) -> list[_Seen]:
        return [each for each in self._seen_in(first, last) if not each.decision.accepted]

    def _seen_in(self, first: int, last: int) -> list[_Seen]:
        return [
            each
            for number, answers in self._seen.items()
            if first <= number <= last
            for each in answers.values()
        ]

    # --- what is known of a round -----------------------------------------------------------------

    def _choose(self, choice: Choice) -> None:
        if self.kept_in is not None:
            self.kept_in.choose(choice)
        self._choices[choice.round] = choice
        self._undecided.discard(choice.round)

    def _known(self) -> set[int]:
        """The rounds that were opened or left out, or for which envelopes came in time."""
        return self._met | self._choices.keys()

    def _require_known(self, first: int, last: int) -> None:
        known = self._known()
        for number in range(first, last + 1):
            if number not in known:
                raise RoundUnknown(number)
            if number in self._disputes:
                raise self._disputes[number]
            if number in self._undecided:
                raise RoundUndecided(number)

    def _attempt(self, number: int) -> int:
        """The attempt at a round that counts; 0 if none is known."""
        if number in self._choices:
            return self._choices[number].attempt
        return self.used(number)

    def _word(self, number: int) -> _Word:
        """What it says of a round; by default what its gate accepted was merged."""
        attempt, choice = self._attempt(number), self._choices.get(number)
        if choice is not None and choice.became is Became.LEFT_OUT:
            return _Word(attempt, choice.became)
        accepted = frozenset(
            key
            for key, each in self._seen.get(number, {}).items()
            if each.decision.accepted and each.attempt == attempt
        )
        became = Became.OPENED if number in self._undecided else Became.MERGED
        return _Word(attempt, became, accepted)

    def _agree(self, number: int, parts: Sequence[Chronicle]) -> None:
        """Takes over what those who know of a round agree on, or that they do not."""
        words = [part._word(number) for part in parts]
        attempt = max(word.attempt for word in words)
        # Who left it out without having opened it may mean any attempt.
        said = {
            (word.became, word.accepted)
            for word in words
            if word.decides and word.attempt in {attempt, 0}
        }
        if len(said) > 1:
            self._disputes[number] = LogsDisagree(number, attempt)
        if not said:
            # One of them may have begun what nobody ended.
            said = {(word.became, word.accepted) for word in words if word.attempt == attempt}
        found = {became for became, _ in said}
        became = Became.OPENED if Became.OPENED in found else found.pop()
        self._choices[number] = Choice(self.study, number, attempt, became)
        if became is Became.OPENED:
            self._undecided.add(number)
        answers = [
            part._seen[number][key].decision
            for key in self._word(number).accepted
            for part in parts
            if key in part._seen.get(number, {})
        ]
        for decision in answers:
            if decision.lasts and not decision.accepted:
                self._disputes[number] = LogsDisagree(number, attempt, decision.reason.value)


def _weightier(one: _Seen | None, other: _Seen) -> _Seen:
    """Of what two gates answered to an envelope, the one that counts; the first of equals."""
    if one is None:
        return other
    if other.weight > one.weight:
        one, other = other, one
    if one.update is None and other.decision.accepted:
        return replace(one, update=other.update)
    return one
