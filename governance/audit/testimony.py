"""Evidence logs: what gates say they decided, repeated on the history and held against each other.

A log is its node's word. What a gate decided from the history alone can be decided again, at the
length and the time that the log names; what it decided from its view of the chain, the round it had
open or the update it was given cannot, and is only counted. A line that the history refutes speaks
against nobody but its log, and an envelope only against whom its signature names.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from governance.audit.findings import Words, found
from governance.audit.report import Refusal
from governance.errors import CharterError, ExitStatus
from governance.gate.decision import OF_VIEW, PASSING, Reason
from governance.gate.evidence import EvidenceCorrupt, EvidenceReader
from governance.gate.rules import OpenRound, of_standing, of_terms
from governance.primitives import SignatureInvalid, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from governance.audit.findings import Finding
    from governance.audit.rules.studies import Reading
    from governance.checkpoints.envelope import Envelope, SignedEnvelope
    from governance.gate import Decision, Entry
    from governance.history import State, Study
    from governance.history.study import Final as FinalCheckpoint

_UNREPEATABLE: Final = OF_VIEW | {Reason.UNKNOWN, Reason.FOREIGN_STUDY, Reason.WRONG_ROUND}
"""Reasons that rest on the gate's view, its study or the round it had open, which no log tells."""

_LATEST: Final = 253_402_300_799
"""Unix seconds at which the last year ends that calendars can write."""

_PARENT_OF_ROUND: Final = frozenset(
    {Reason.RECORDS_FORBIDDEN, Reason.RECORDS_MISSING, Reason.DEADLINE_OVER}
)
"""What the gate asks after `WrongParent`, where its round may have had another parent."""


class EvidenceBroken(CharterError):
    """An evidence log handed to the audit is not what a gate wrote."""

    code = "EvidenceBroken"
    exit_status = ExitStatus.UNVERIFIABLE


@dataclass(frozen=True, slots=True)
class GateLog:
    """An evidence log as it was handed in.

    Attributes:
        name: What the report calls it, such as the file's name.
        entries: Its lines.
    """

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An update that gates accepted, from evidence logs handed to the audit.

    Attributes:
        study: Address of the study's contract.
        round: The round that the update was for.
        attempt: Which try at it.
        node: The node that signed the envelope.
        institution: Number of its institution.
        at: Unix seconds of the first acceptance.
        gates: How many of the logs accepted it.
    """

    study: str
    round: int
    attempt: int
    node: str
    institution: int
    at: int
    gates: int


def read_log(data: bytes, name: str) -> GateLog:
    """An evidence log from its bytes; a last line that a crash has torn is left out.

    Args:
        data: The file as a gate left it.
        name: What findings and errors call it.

    Raises:
        EvidenceBroken: A line does not follow the one before it, or is none that a gate writes.
    """
    try:
        entries = tuple(EvidenceReader(Path(name), data))
    except EvidenceCorrupt as error:
        raise _broken(error.message) from None
    for entry in entries:
        decision = entry.decision
        # No gate writes them; below zero, no length would be one at which to decide again.
        if min(decision.length, decision.institution) < 0 or not 0 <= decision.at <= _LATEST:
            raise _broken(
                f"Line {entry.number} of the evidence log {name} holds a length, an institution or "
                "a time that there cannot be."
            )
    return GateLog(name, entries)


def _broken(message: str) -> EvidenceBroken:
    return EvidenceBroken(message, "Ask whoever handed it in for the log as its gate wrote it.")


@dataclass(slots=True)
class _Said:
    """A line of a log, with what the log itself says of the lines before it.

    Attributes:
        is_used: Whether another envelope had used up the attempt for this gate.
        explained: Whether the history alone gives the very reason of the line.
        refuted: Whether the history says otherwise, or is another one.
    """

    log: str
    entry: Entry
    is_used: bool
    explained: bool = False
    refuted: bool = False

    @property
    def signed(self) -> SignedEnvelope:
        return self.entry.envelope

    @property
    def decision(self) -> Decision:
        return self.entry.decision

    @property
    def lasts(self) -> bool:
        return self.decision.lasts


@dataclass(slots=True)
class Testimony:
    """Evidence logs as a walk along the history comes by the lengths that they rest on.

    Attributes:
        lengths: Where the walk must let it look.
        findings: What the decisions repeated so far have brought.
    """

    logs: Sequence[GateLog]
    chain_id: int | None
    reading: Reading
    lengths: frozenset[int] = field(init=False)
    findings: list[Finding] = field(default_factory=list)
    _at: dict[int, list[_Said]] = field(default_factory=lambda: defaultdict(list))
    _said: list[_Said] = field(default_factory=list)
    _signers: dict[tuple[bytes, bytes], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for log in self.logs:
            used: set[tuple[str, int, int, str]] = set()
            for entry in log.entries:
                attempt = _attempt(entry.envelope)
                said = _Said(log.name, entry, attempt in used)
                self._said.append(said)
                # A gate that failed may not have known any history, and then decided nothing by it.
                if entry.decision.length or entry.decision.reason not in _UNREPEATABLE:
                    self._at[entry.decision.length].append(said)
                if said.lasts:
                    used.add(attempt)
        self.lengths = frozenset(self._at)

    def look(self, state: State, head: bytes) -> None:
        """Repeats the decisions that rest on this state, whose head is given."""
        foreign: set[str] = set()
        for said in self._at[state.length]:
            decision = said.decision
            if decision.head != head:
                said.refuted = True
                if said.log not in foreign:
                    foreign.add(said.log)
                    self.findings.append(_foreign(said, head))
                continue
            own = self._contradiction(said, state)
            if own:
                said.refuted = True
                self.findings.append(_contradicts(said, state, own, self._signer(said, state)))

    def at_end(self, state: State) -> Iterator[Finding]:
        """What can be told once the walk is over: of lengths beyond it, and of the logs together.

        Args:
            state: The state after all records.
        """
        yield from self._beyond(state)
        yield from self._equivocations(state)
        yield from self._disagreements(state)
        yield from self._copies(state)
        accepted: dict[str, list[_Said]] = defaultdict(list)
        for said in self._accepted(state):
            accepted[said.signed.envelope.study].append(said)
        for study in state.studies.values():
            yield from self._merged(study, accepted[study.address], state)

    def refusals(self, state: State) -> tuple[Refusal, ...]:
        """Every refusal, in the order of the logs; of nobody whose node did not sign.

        Args:
            state: The state after all records.
        """
        return tuple(
            Refusal(
                study=said.signed.envelope.study,
                round=said.signed.envelope.round,
                node=said.decision.node,
                institution=self._signer(said, state) if said.decision.institution else 0,
                reason=said.decision.reason.value,
                at=said.decision.at,
            )
            for said in self._said
            if not said.decision.accepted
        )

    def acceptances(self, state: State) -> tuple[Acceptance, ...]:
        """Every update accepted, once, in order of time.

        Args:
            state: The state after all records.
        """
        accepted: dict[tuple[str, bytes], list[_Said]] = defaultdict(list)
        for said in self._accepted(state):
            accepted[said.signed.node, said.signed.envelope.digest].append(said)
        told = []
        for several in accepted.values():
            first = min(several, key=lambda said: said.decision.at)
            envelope = first.signed.envelope
            told.append(
                Acceptance(
                    study=envelope.study,
                    round=envelope.round,
                    attempt=envelope.attempt,
                    node=first.signed.node,
                    institution=self._signer(first, state),
                    at=first.decision.at,
                    gates=len({said.log for said in several}),
                )
            )
        return tuple(sorted(told, key=lambda each: (each.at, each.study, each.round, each.node)))

    # --- one decision, repeated -------------------------------------------------------------------

    def _contradiction(self, said: _Said, state: State) -> Words | None:
        """What the history says instead of the log, or None if it says the same or cannot."""
        decision, signed = said.decision, said.signed
        reason = decision.reason
        if (decision.node, decision.envelope_digest) != (signed.node, signed.envelope.digest):
            return Words("another envelope than the one beside it")
        if decision.at < state.time:
            return Words("a time before that of the history it rests on")
        if reason in _UNREPEATABLE:
            return None
        own = self._judge(said, state)
        said.explained = own is reason
        if own is not reason and not _may_differ(reason, own):
            return Words(own.value)
        node = state.swarm.nodes.get(signed.node)
        institution = node.institution if node else 0
        if decision.institution != institution and reason not in PASSING:
            return Words("institution {number}", number=institution)
        return None

    def _judge(self, said: _Said, state: State) -> Reason:
        """What the history alone says of an envelope: `AUTHORISED`, or the first rule broken."""
        signed, decision = said.signed, said.decision
        envelope = signed.envelope
        if self.chain_id is not None and envelope.chain_id != self.chain_id:
            return Reason.FOREIGN_CHAIN
        if not self._is_signed(signed):
            return Reason.SIGNATURE_INVALID
        try:
            study = state.study(envelope.study)
        except CharterError:
            return Reason.FOREIGN_STUDY
        if study.address != envelope.study or not study.in_force:
            return Reason.FOREIGN_STUDY
        terms = self.reading.of(study.terms)
        return (
            of_standing(
                signed,
                OpenRound(envelope.round, envelope.attempt, None),
                study,
                length=state.length,
                at=decision.at,
                is_used=said.is_used,
            )
            or of_terms(
                envelope,
                None,
                study,
                None if isinstance(terms, CharterError) else terms,
                decision.at,
            )
            or Reason.AUTHORISED
        )

    def _is_signed(self, signed: SignedEnvelope) -> bool:
        key = signed.envelope.digest, signed.signature
        if key not in self._signers:
            try:
                self._signers[key] = signed.signer()
            except SignatureInvalid:
                self._signers[key] = None
        return self._signers[key] == signed.node

    # --- the logs together ------------------------------------------------------------------------

    def _signer(self, said: _Said, state: State) -> int:
        """The institution whose node signed the envelope, whatever the log says; 0 for nobody's.

        What it signed for another chain, on which contracts may have the same addresses, is no
        matter of this one.
        """
        if self.chain_id not in (None, said.signed.envelope.chain_id):
            return 0
        node = state.swarm.nodes.get(said.signed.node)
        return node.institution if node and self._is_signed(said.signed) else 0

    def _heard(self, state: State) -> Iterator[_Said]:
        """The lines that can speak of others: a node's own envelope, and not refuted."""
        return (said for said in self._said if not said.refuted and self._signer(said, state))

    def _accepted(self, state: State) -> Iterator[_Said]:
        return (said for said in self._heard(state) if said.decision.accepted)

    def _beyond(self, state: State) -> Iterator[Finding]:
        beyond: dict[str, list[_Said]] = defaultdict(list)
        for length, several in self._at.items():
            if length > state.length:
                for said in several:
                    beyond[said.log].append(said)
        for log, several in beyond.items():
            yield found(
                "evidence-beyond",
                state.time,
                log=log,
                line=min(said.entry.number for said in several),
                decisions=len(several),
                length=max(said.decision.length for said in several),
                end=state.length,
            )

    def _equivocations(self, state: State) -> Iterator[Finding]:
        signed: dict[tuple[str, int, int, str], dict[object, _Said]] = defaultdict(dict)
        for said in self._said:
            # A stranger proves nothing against anybody but itself.
            if self._signer(said, state):
                of_attempt = signed[_attempt(said.signed)]
                of_attempt.setdefault(_announced(said.signed.envelope), said)
        for (address, number, attempt, node), different in signed.items():
            study = _study(state, address)
            if len(different) < 2 or study is None:  # noqa: PLR2004 - one is as it should be
                continue
            institution = state.swarm.nodes[node].institution
            first, second, *_ = (said.signed.envelope.digest for said in different.values())
            yield found(
                "envelope-equivocation",
                max(said.decision.at for said in different.values()),
                institution,
                study=study.number,
                round=number,
                attempt=attempt,
                institution=institution,
                node=node,
                first=to_hex(first),
                second=to_hex(second),
            )

    def _disagreements(self, state: State) -> Iterator[Finding]:
        by_envelope: dict[tuple[str, bytes], list[_Said]] = defaultdict(list)
        for said in self._heard(state):
            if said.lasts:
                by_envelope[said.signed.node, said.signed.envelope.digest].append(said)
        for (node, digest), several in by_envelope.items():
            accepting = next((said for said in several if said.decision.accepted), None)
            study = _study(state, several[0].signed.envelope.study)
            if accepting is None or study is None:
                continue
            for said in several:
                # What another gate refused before, or later, for what the history says is no
                # contradiction: the two knew histories of different lengths.
                if said.decision.accepted or said.explained:
                    continue
                yield found(
                    "gates-disagree",
                    said.decision.at,
                    self._signer(said, state),
                    study=study.number,
                    round=said.signed.envelope.round,
                    envelope=to_hex(digest),
                    node=node,
                    accepting=accepting.log,
                    refusing=said.log,
                    reason=Words(said.decision.reason.value),
                )

    def _copies(self, state: State) -> Iterator[Finding]:
        announced: dict[tuple[str, int, bytes], dict[int, int]] = defaultdict(dict)
        for said in self._heard(state):
            envelope, number = said.signed.envelope, self._signer(said, state)
            if said.lasts:
                several = announced[envelope.study, envelope.round, envelope.update]
                several.setdefault(number, said.decision.at)
        for (address, number, update), several in announced.items():
            study = _study(state, address)
            if len(several) > 1 and study is not None:
                yield found(
                    "update-copied",
                    max(several.values()),
                    *several,
                    study=study.number,
                    round=number,
                    several=", ".join(map(str, sorted(several))),
                    update=to_hex(update),
                )

    def _merged(self, study: Study, heard: Sequence[_Said], state: State) -> Iterator[Finding]:
        """Holds the contributions of final checkpoints against what gates accepted."""
        attempts: dict[int, int] = {}
        for said in heard:
            envelope = said.signed.envelope
            attempts[envelope.round] = max(envelope.attempt, attempts.get(envelope.round, 0))
        # The model goes on from one attempt at a round: the last of which something was accepted.
        accepted: dict[int, set[int]] = defaultdict(set)
        for said in heard:
            envelope = said.signed.envelope
            if attempts[envelope.round] == envelope.attempt:
                accepted[envelope.round].add(self._signer(said, state))
        rounds = sorted(accepted)
        for final in study.finals:
            first = bisect_right(rounds, final.round - final.covered)
            told = rounds[first : bisect_left(rounds, final.round + 1)]
            if told:
                counts = Counter(number for each in told for number in accepted[each])
                yield from _credited(study, final, counts, final.covered - len(told))


def _credited(
    study: Study, final: FinalCheckpoint, accepted: Mapping[int, int], unheard: int
) -> Iterator[Finding]:
    """Holds what a checkpoint lists against the rounds in which updates were accepted."""
    listed = {each.institution: each.rounds for each in final.contributions}
    for institution in sorted(listed.keys() | accepted.keys()):
        told, seen = listed.get(institution, 0), accepted.get(institution, 0)
        if seen > told:
            kind = "contribution-unlisted"
        elif told > seen + unheard:
            kind = "contribution-unwitnessed"
        else:
            continue
        yield found(
            kind,
            final.at,
            institution,
            study=study.number,
            round=final.round,
            institution=institution,
            accepted=seen,
            listed=told,
            unheard=unheard,
        )


def _may_differ(said: Reason, own: Reason) -> bool:
    """Whether a gate may have said something else than the history does, from what it was given."""
    if said is Reason.UPDATE_MISMATCH:
        return own is Reason.AUTHORISED
    if said is Reason.WRONG_PARENT:
        return own is Reason.AUTHORISED or own in _PARENT_OF_ROUND
    return False


def _contradicts(said: _Said, state: State, own: Words, signer: int) -> Finding:
    envelope, study = said.signed.envelope, _study(state, said.signed.envelope.study)
    return found(
        "evidence-contradicts",
        said.decision.at,
        *((signer,) if signer else ()),
        log=said.log,
        line=said.entry.number,
        node=said.signed.node,
        study=study.number if study else envelope.study,
        round=envelope.round,
        said=Words(said.decision.reason.value),
        length=state.length,
        own=own,
    )


def _foreign(said: _Said, head: bytes) -> Finding:
    return found(
        "evidence-foreign",
        said.decision.at,
        log=said.log,
        line=said.entry.number,
        length=said.decision.length,
        said=to_hex(said.decision.head),
        own=to_hex(head),
    )


def _attempt(signed: SignedEnvelope) -> tuple[str, int, int, str]:
    said = signed.envelope
    return said.study, said.round, said.attempt, signed.node


def _announced(said: Envelope) -> object:
    """What would be merged, and with which weight: who asks again later announces the same."""
    return said.terms_version, said.parent, said.update, said.records


def _study(state: State, address: str) -> Study | None:
    try:
        return state.study(address)
    except CharterError:
        return None
