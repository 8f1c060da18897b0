"""What a checkpoint's package proves, held against the history alone.

Nobody's word is taken: not the publisher's for who contributed, nor for what was merged. The rules,
in the order in which they are asked:

 1. The checkpoint is published (`CheckpointNotPublished`), and what was published is what the
    package holds: the record (`RecordOther`), the rounds since the parent (`RoundsOther`), the
    envelopes' root (`EnvelopesRootOther`), the contributions (`ContributionsOther`) of at least as
    many institutions as the terms ask for (`ContributorsTooFew`), the model (`ModelOther`).
 2. Every envelope that the record names is there and no other (`EnvelopeMissing`,
    `EnvelopeUnlisted`).
 3. Every update merged was rightly announced, by the gate's rules and under their names: chain and
    study, signature, node (`NodeForeign`: of another institution than the record says),
    authorisation at some moment between what the node knew when it signed and the publication,
    version, round, parent, records, deadline. One attempt of a round was merged (`AttemptsMixed`),
    and no two updates by one node (`Equivocation`).
 4. Where the own gate's evidence is at hand: it refused none of them (`RefusedHere`) for what is
    wrong with the update itself, saw no other by the same node for the same attempt
    (`Equivocation`; `OwnReplaced` for an own node). Whose update it accepted and the record leaves
    out is told (`LeftOut`, `OwnLeftOut`), which refuses nothing.
 5. Where a merge is given: the updates are those announced (`UpdateMismatch`), and merging them
    round by round gives the model bit for bit (`MergeOther`, `MergeInvalid`); files without arrays
    are the parent's (`ModelFilesOther`). What is not at hand for that (`UpdatesMissing`,
    `ParentModelMissing`) leaves the level at the set.

The examination reads the package's files, and nothing else: no chain, no clock.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance.checkpoints.arrays import SUFFIXES, stored_arrays
from governance.checkpoints.findings import Examination, Finding
from governance.checkpoints.identity import checkpoint_id
from governance.checkpoints.manifest import model_digest, model_manifest
from governance.checkpoints.merging import Loaded, recompute
from governance.checkpoints.update import update_digest
from governance.errors import CharterError
from governance.history import State, fold
from governance.history.errors import StudyUnknown
from governance.history.events import CheckpointPublished
from governance.primitives import SignatureInvalid, to_hex
from governance.vocabulary import ZERO_DIGEST, Authorisation, Level, Publication

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from governance.checkpoints.envelope import Envelope, SignedEnvelope
    from governance.checkpoints.merging import Merge
    from governance.checkpoints.package import Package
    from governance.checkpoints.rounds import Accepted, Refused
    from governance.gate import Entry
    from governance.history import Record, Study
    from governance.terms import Terms

_OF_THE_UPDATE: Final = frozenset(
    {
        "ForeignChain",
        "ForeignStudy",
        "SignatureInvalid",
        "NodeUnknown",
        "Equivocation",
        "NodeRevoked",
        "NotMember",
        "NotSigned",
        "Withdrawn",
        "TermsNotSigned",
        "NotStarted",
        "Closed",
        "Expired",
        "ConsentStale",
        "TermsMismatch",
        "WrongVersion",
        "WrongParent",
        "RecordsForbidden",
        "RecordsMissing",
        "DeadlineOver",
        "UpdateMismatch",
    }
)
"""The gate's reasons that tell of the update; the others tell of the gate's own view."""


def examine(
    package: Package,
    records: Sequence[Record],
    checkpoint: bytes,
    *,
    chain_id: int,
    merge: Merge | None = None,
    parent_model: Path | None = None,
    institution: int = 0,
    evidence: Iterable[Entry] = (),
) -> Examination:
    """Examines the package of a published checkpoint.

    Args:
        package: The package, as it came.
        records: All events of record, from the founding on, proven by whoever hands them in.
        checkpoint: The checkpoint's identity.
        chain_id: The chain's number.
        merge: How updates are merged in this study, where the merge shall be computed again.
        parent_model: The parent's model as this node has it (a file or a folder); before the first
            checkpoint, the model that all begin with, where the merge goes on from it.
        institution: Who examines, to be told of its own updates; 0 for nobody.
        evidence: What the examiner's own gate decided.

    Raises:
        HistoryMalformed, HistoryInconsistent: The records are no history.
        EvidenceCorrupt: The evidence log is not what a gate wrote.
    """
    subject = _published(records, checkpoint, chain_id)
    if subject is None:
        sentence = f"The history knows no publication of checkpoint {to_hex(checkpoint)}."
        missing = Finding("CheckpointNotPublished", sentence)
        return Examination(checkpoint, "", package.record.last, Level.NONE, (missing,))
    return _examined(subject, package, merge, parent_model, (institution, evidence))


def examine_draft(
    package: Package,
    records: Sequence[Record],
    study: str,
    *,
    chain_id: int,
    merge: Merge | None = None,
    parent_model: Path | None = None,
    institution: int = 0,
    evidence: Iterable[Entry] = (),
) -> Examination:
    """Examines a package before its checkpoint is published, as if it were published now.

    Args:
        package: The package.
        records: All events of record.
        study: Address of the study's contract.
        chain_id: The chain's number.
        merge: As for `examine`, like those that follow.
        parent_model: As for `examine`.
        institution: As for `examine`.
        evidence: As for `examine`.

    Raises:
        StudyUnknown: The history knows no such study.
        HistoryMalformed, HistoryInconsistent, EvidenceCorrupt: As for `examine`.
    """
    past = _Past(records)
    known = past.state(len(records)).study(study)
    record = package.record
    said = Publication(
        round=record.last,
        parent=known.last_checkpoint,
        digest=_digest_of(package) or ZERO_DIGEST,
        contributions=(),
        envelopes_root=record.envelopes_root(),
        round_record=record.digest(),
    )
    subject = _Subject(ZERO_DIGEST, study, chain_id, said, known.in_force, len(records), past)
    return _examined(subject, package, merge, parent_model, (institution, evidence))


# --- what it is held against ----------------------------------------------------------------------


@dataclass(slots=True)
class _Past:
    """The state after each number of records, computed when it is asked for."""

    records: Sequence[Record]
    _known: dict[int, State] = field(default_factory=lambda: {0: State()})

    def state(self, length: int) -> State:
        if length not in self._known:
            before = max(each for each in self._known if each < length)
            self._known[length] = fold(self.records[before:length], self._known[before])
        return self._known[length]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What was published, and what had come about before; identity zero if it has yet to be."""

    identity: bytes
    address: str
    chain_id: int
    said: Publication
    version: int
    length: int
    past: _Past

    @property
    def study(self) -> Study:
        return self.past.state(self.length).study(self.address)

    def terms(self) -> Terms | None:
        from governance.terms import verify_terms  # noqa: PLC0415 - loads pydantic

        version = self.study.version(self.version)
        try:
            return verify_terms(
                version.terms, version.terms_digest, version.parameters, version.parameters_hash
            )
        except CharterError:
            return None


def _published(records: Sequence[Record], checkpoint: bytes, chain_id: int) -> _Subject | None:
    for index, record in enumerate(records):
        event = record.event
        if not isinstance(event, CheckpointPublished) or event.checkpoint != checkpoint:
            continue
        said = Publication(
            round=event.round,
            parent=event.parent,
            digest=event.digest,
            contributions=event.contributions,
            envelopes_root=event.envelopes_root,
            round_record=event.round_record,
        )
        past = _Past(records)
        # Makes sure that it goes on from the last final checkpoint, under the version in force.
        past.state(index + 1)
        if checkpoint_id(event.version, said) != checkpoint:
            return None
        return _Subject(
            identity=checkpoint,
            address=record.emitter,
            chain_id=chain_id,
            said=said,
            version=event.version,
            length=index,
            past=past,
        )
    return None


# --- the rules ------------------------------------------------------------------------------------


def _examined(
    subject: _Subject,
    package: Package,
    merge: Merge | None,
    parent_model: Path | None,
    own: tuple[int, Iterable[Entry]],
) -> Examination:
    merged: list[SignedEnvelope] = []
    findings = [
        *_of_publication(subject, package),
        *_of_envelopes(subject, package, merged),
        *_of_evidence(subject, package, merged, *own),
    ]
    level = Level.SET_CHECKED
    if merge is not None and not any(each.refuses for each in findings):
        recomputed = list(_of_merge(subject, package, merged, merge, parent_model))
        findings += recomputed
        level = Level.SET_CHECKED if recomputed else Level.MERGE_RECOMPUTED
    if any(each.refuses for each in findings):
        level = Level.NONE
    return Examination(
        checkpoint=subject.identity,
        study=subject.address,
        round=subject.said.round,
        level=level,
        findings=tuple(sorted(findings, key=lambda each: not each.refuses)),
    )


def _of_publication(subject: _Subject, package: Package) -> Iterator[Finding]:
    said, record = subject.said, package.record
    if record.digest() != said.round_record:
        yield Finding("RecordOther", "The record of the rounds is not the one published.")
    if (record.first, record.last) != (subject.study.last_round + 1, said.round):
        yield Finding(
            "RoundsOther",
            f"The record covers the rounds {record.first} to {record.last}, and the checkpoint "
            f"those from {subject.study.last_round + 1} to {said.round}.",
        )
    if record.envelopes_root() != said.envelopes_root:
        yield Finding("EnvelopesRootOther", "The envelopes merged are not those published.")
    contributed = record.contributions()
    told = {each.institution: each.rounds for each in said.contributions}
    # What has yet to be published has its contributions from the record itself.
    if subject.identity != ZERO_DIGEST and contributed != told:
        yield Finding(
            "ContributionsOther",
            "The record names other contributors, or other numbers of rounds, than were published.",
        )
    needed = subject.study.version(subject.version).parameters.minimum_contributors
    if len(contributed) < needed:
        yield Finding(
            "ContributorsTooFew",
            f"The checkpoint has {len(contributed)} contributors, and the terms ask for {needed}.",
        )
    if _digest_of(package) != said.digest or said.digest == ZERO_DIGEST:
        yield Finding("ModelOther", "The model in the package is not the one published.")


def _digest_of(package: Package) -> bytes | None:
    """The digest of the package's model, or nothing if it is no model."""
    try:
        return model_digest(package.manifest())
    except CharterError:
        return None


def _of_envelopes(
    subject: _Subject, package: Package, merged: list[SignedEnvelope]
) -> Iterator[Finding]:
    """Rules 2 and 3; the envelopes merged are added to `merged`."""
    by_digest: dict[bytes, list[SignedEnvelope]] = defaultdict(list)
    for signed in package.envelopes:
        by_digest[signed.envelope.digest].append(signed)
    record = package.record
    entries: tuple[Accepted | Refused, ...] = (*record.accepted, *record.refused)
    for named in entries:
        if not any(each.envelope.round == named.round for each in by_digest[named.envelope]):
            yield Finding(
                "EnvelopeMissing",
                f"The package lacks envelope {to_hex(named.envelope)} of round {named.round}.",
            )
    listed = {each.envelope for each in entries}
    for signed in package.envelopes:
        if signed.envelope.digest not in listed:
            yield Finding(
                "EnvelopeUnlisted",
                f"The record does not say what became of the envelope of node {signed.node} for "
                f"round {signed.envelope.round}.",
            )
    terms = subject.terms()
    if terms is None:
        yield Finding("TermsMismatch", "The contract enforces something else than the terms say.")
        return
    nodes = subject.study.swarm.nodes
    for accepted in record.accepted:
        ofit = by_digest[accepted.envelope]
        theirs = [
            each
            for each in ofit
            if each.node in nodes and nodes[each.node].institution == accepted.institution
        ]
        for signed in (theirs or ofit)[:1]:
            merged.append(signed)
            wrong = next(_wrong_with(signed, accepted.institution, subject, terms), None)
            if wrong is not None:
                yield Finding(wrong, _sentence(wrong, signed))
    yield from _of_attempts(merged)


def _wrong_with(
    signed: SignedEnvelope, institution: int, subject: _Subject, terms: Terms
) -> Iterator[str]:
    """Why an update should not have been merged, in the order of the gate's rules."""
    said = signed.envelope
    if said.chain_id != subject.chain_id:
        yield "ForeignChain"
    if said.study != subject.address:
        yield "ForeignStudy"
    try:
        is_signed = signed.signer() == signed.node
    except SignatureInvalid:
        is_signed = False
    if not is_signed:
        yield "SignatureInvalid"
    if said.history_length > subject.length:
        yield "AheadOfView"
        return
    node = subject.study.swarm.nodes.get(signed.node)
    if node is None:
        yield "NodeUnknown"
        return
    if node.institution != institution:
        yield "NodeForeign"
    answer = _authorisation(signed, subject)
    if answer is not Authorisation.AUTHORISED:
        yield "".join(word.capitalize() for word in answer.name.split("_"))
    yield from _against_terms(said, subject, terms)


def _against_terms(said: Envelope, subject: _Subject, terms: Terms) -> Iterator[str]:
    if said.terms_version != subject.version:
        yield "WrongVersion"
    last = min(subject.said.round, terms.rounds)
    if not subject.study.last_round < said.round <= last:
        yield "WrongRound"
    if said.parent != subject.study.last_digest:
        yield "WrongParent"
    if said.records and terms.data.records == "none":
        yield "RecordsForbidden"
    if not said.records and terms.data.records == "exact":
        yield "RecordsMissing"
    if said.deadline < subject.past.state(said.history_length).time:
        yield "DeadlineOver"


def _authorisation(signed: SignedEnvelope, subject: _Subject) -> Authorisation:
    """Whether a node was authorised at some moment at which its update can have been accepted."""
    answer = Authorisation.NODE_UNKNOWN
    for length in range(signed.envelope.history_length, subject.length + 1):
        state = subject.past.state(length)
        try:
            study = state.study(subject.address)
        except StudyUnknown:
            continue
        if not study.in_force:
            continue
        answer = study.authorisation(signed.node, state.time)
        if answer is Authorisation.AUTHORISED:
            break
    return answer


def _of_attempts(merged: Sequence[SignedEnvelope]) -> Iterator[Finding]:
    attempts: dict[int, set[int]] = defaultdict(set)
    seen: set[tuple[int, int, str]] = set()
    for signed in merged:
        said = signed.envelope
        attempts[said.round].add(said.attempt)
        key = said.round, said.attempt, signed.node
        if key in seen:
            yield Finding("Equivocation", _sentence("Equivocation", signed))
        seen.add(key)
    for number, tried in sorted(attempts.items()):
        if len(tried) > 1:
            yield Finding(
                "AttemptsMixed", f"Updates of several attempts at round {number} were merged."
            )


def _of_evidence(
    subject: _Subject,
    package: Package,
    merged: Sequence[SignedEnvelope],
    institution: int,
    evidence: Iterable[Entry],
) -> Iterator[Finding]:
    """Rule 4."""
    record = package.record
    answers: dict[tuple[str, bytes], Entry] = {}
    for entry in evidence:
        said = entry.envelope.envelope
        if said.study != subject.address or not record.first <= said.round <= record.last:
            continue
        key = entry.envelope.node, said.digest
        if key not in answers or not answers[key].decision.accepted:
            answers[key] = entry
    nodes = subject.study.swarm.nodes
    own = {address for address, node in nodes.items() if node.institution == institution}
    used: dict[tuple[str, int, int], set[bytes]] = defaultdict(set)
    for entry in answers.values():
        if entry.decision.reason != "SignatureInvalid":
            said = entry.envelope.envelope
            used[entry.envelope.node, said.round, said.attempt].add(said.digest)
    for signed in merged:
        said = signed.envelope
        known = answers.get((signed.node, said.digest))
        others = used[signed.node, said.round, said.attempt] - {said.digest}
        if known is not None and known.decision.reason.value in _OF_THE_UPDATE:
            yield Finding(
                "RefusedHere",
                f"The own gate refused the update of node {signed.node} for round {said.round} "
                f"({known.decision.reason.value}), and it was merged.",
            )
        elif known is None and others:
            code = "OwnReplaced" if signed.node in own else "Equivocation"
            yield Finding(code, _sentence(code, signed))
    yield from _left_out(merged, answers.values(), own)


def _left_out(
    merged: Sequence[SignedEnvelope], answers: Iterable[Entry], own: set[str]
) -> Iterator[Finding]:
    attempts = {each.envelope.round: each.envelope.attempt for each in merged}
    there = {(each.node, each.envelope.digest) for each in merged}
    taken = {(each.node, each.envelope.round) for each in merged}
    for entry in answers:
        signed, said = entry.envelope, entry.envelope.envelope
        if not entry.decision.accepted or (signed.node, said.digest) in there:
            continue
        if attempts.get(said.round, said.attempt) == said.attempt and (
            (signed.node, said.round) not in taken
        ):
            code = "OwnLeftOut" if signed.node in own else "LeftOut"
            yield Finding(code, _sentence(code, signed), refuses=False)


def _of_merge(
    subject: _Subject,
    package: Package,
    merged: Sequence[SignedEnvelope],
    merge: Merge,
    parent_model: Path | None,
) -> Iterator[Finding]:
    """Rule 5; nothing at all if the merge was computed again and gave the model."""
    missing = {each.envelope.update for each in merged} - package.updates
    if missing:
        sentence = f"{len(missing)} of the updates merged are not in the package."
        yield Finding("UpdatesMissing", sentence, refuses=False)
        return
    if parent_model is None and subject.study.last_digest != ZERO_DIGEST:
        sentence = "The parent's model is not at hand."
        yield Finding("ParentModelMissing", sentence, refuses=False)
        return
    try:
        parent = model_manifest(parent_model) if parent_model is not None else None
        if parent and subject.study.last_digest not in (ZERO_DIGEST, model_digest(parent)):
            yield Finding("ParentModelOther", "The model at hand is not the parent's.")
            return
        rounds: dict[int, list[tuple[SignedEnvelope, Loaded]]] = defaultdict(list)
        for signed in merged:
            arrays = package.update(signed.envelope.update)
            if update_digest(arrays) != signed.envelope.update:
                yield Finding("UpdateMismatch", _sentence("UpdateMismatch", signed))
                return
            rounds[signed.envelope.round].append((signed, Loaded(arrays)))
        before = Loaded(stored_arrays(parent_model)) if parent_model is not None else {}
        found = recompute(merge, before, [rounds[number] for number in sorted(rounds)])
        if update_digest(found) != update_digest(stored_arrays(package.model)):
            yield Finding("MergeOther", "Merging the updates gives another model.")
            return
        plain = {each for each in package.manifest().files if not each.path.endswith(SUFFIXES)}
    except CharterError as error:
        yield Finding(error.code, error.message)
        return
    theirs = {each for each in parent.files if not each.path.endswith(SUFFIXES)} if parent else ()
    if plain != set(theirs):
        yield Finding(
            "ModelFilesOther",
            "Files of the model that hold no arrays are not those of the model before.",
            refuses=parent is not None,
        )


_SENTENCES: Final = {
    "ForeignChain": "is meant for another chain",
    "ForeignStudy": "is meant for another study",
    "SignatureInvalid": "is not signed by it",
    "AheadOfView": "knows more of the history than there was when the checkpoint was published",
    "NodeUnknown": "is of a node that no institution has registered",
    "NodeForeign": "is of a node of another institution than the record says",
    "WrongVersion": "names another version of the terms than the checkpoint's",
    "WrongRound": "is for a round that the checkpoint does not cover",
    "WrongParent": "goes on from another model than the parent's",
    "RecordsForbidden": "tells a number of records, and the terms say not to",
    "RecordsMissing": "tells no number of records, and the terms ask for it",
    "DeadlineOver": "was over before it was signed",
    "Equivocation": "is not the only one that the node has signed for this attempt",
    "OwnReplaced": "is another than the own node has sent",
    "OwnLeftOut": "is our own; our gate accepted it, and it was left out",
    "LeftOut": "was accepted by our gate and left out",
    "UpdateMismatch": "announces another update than the package holds",
}


def _sentence(code: str, signed: SignedEnvelope) -> str:
    what = _SENTENCES.get(code, f"is of a node that was not authorised ({code})")
    return f"The envelope of node {signed.node} for round {signed.envelope.round} {what}."
