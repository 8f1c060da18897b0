"""Rules 1 to 4 of an examination: what was published, and whose updates were merged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from governance.checkpoints.errors import CheckpointError
from governance.checkpoints.findings import Finding
from governance.checkpoints.manifest import model_digest
from governance.history.errors import StudyUnknown, TermsVersionUnknown
from governance.primitives import SignatureInvalid, to_hex
from governance.vocabulary import ZERO_DIGEST, Authorisation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.checkpoints.envelope import Envelope, SignedEnvelope
    from governance.checkpoints.package import Package
    from governance.checkpoints.rounds import Accepted, Refused
    from governance.checkpoints.subject import Subject
    from governance.gate import Entry
    from governance.terms import Terms

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


def sentence(code: str, signed: SignedEnvelope) -> str:
    """A code as a sentence about an envelope."""
    what = _SENTENCES.get(code, f"is of a node that was not authorised ({code})")
    return f"The envelope of node {signed.node} for round {signed.envelope.round} {what}."


def of_publication(subject: Subject, package: Package) -> Iterator[Finding]:
    """Rule 1."""
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
    if digest_of(package) != said.digest or said.digest == ZERO_DIGEST:
        yield Finding("ModelOther", "The model in the package is not the one published.")


def digest_of(package: Package) -> bytes | None:
    """The digest of the package's model, or nothing if it is no model."""
    try:
        return model_digest(package.manifest())
    except CheckpointError:
        return None


def of_envelopes(
    subject: Subject, package: Package, merged: list[SignedEnvelope]
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
    nodes = subject.study.swarm.nodes

    def theirs(named: Accepted | Refused) -> list[SignedEnvelope]:
        return [
            each
            for each in by_digest[named.envelope]
            if each.node in nodes and nodes[each.node].institution == named.institution
        ]

    for refused in record.refused:
        if refused.institution and not any(map(_is_signed, theirs(refused))):
            yield Finding(
                "RefusalUnproven",
                f"The record says that an update of institution {refused.institution} was refused "
                f"({refused.reason}), and none of its nodes has signed that.",
            )
    terms = subject.terms()
    if terms is None:
        yield Finding("TermsMismatch", "The contract enforces something else than the terms say.")
        return
    for accepted in record.accepted:
        for signed in (theirs(accepted) or by_digest[accepted.envelope])[:1]:
            merged.append(signed)
            wrong = next(_wrong_with(signed, accepted.institution, subject, terms), None)
            if wrong is not None:
                yield Finding(wrong, sentence(wrong, signed))
    yield from _of_attempts(merged)


def _wrong_with(
    signed: SignedEnvelope, institution: int, subject: Subject, terms: Terms
) -> Iterator[str]:
    """Why an update should not have been merged, in the order of the gate's rules."""
    said = signed.envelope
    if said.chain_id != subject.chain_id:
        yield "ForeignChain"
    if said.study != subject.address:
        yield "ForeignStudy"
    if not _is_signed(signed):
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


def _is_signed(signed: SignedEnvelope) -> bool:
    try:
        return signed.signer() == signed.node
    except SignatureInvalid:
        return False


def _against_terms(said: Envelope, subject: Subject, terms: Terms) -> Iterator[str]:
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


def _authorisation(signed: SignedEnvelope, subject: Subject) -> Authorisation:
    """What the contract said of a node when it signed, or at the publication if that is better.

    A node that was revoked between the two takes nothing away from what it sent before.
    """
    answer = Authorisation.NODE_UNKNOWN
    for length in (signed.envelope.history_length, subject.length):
        state = subject.past.state(length)
        try:
            answer = state.study(subject.address).authorisation(signed.node, state.time)
        except (StudyUnknown, TermsVersionUnknown):
            continue
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
            yield Finding("Equivocation", sentence("Equivocation", signed))
        seen.add(key)
    for number, tried in sorted(attempts.items()):
        if len(tried) > 1:
            yield Finding(
                "AttemptsMixed", f"Updates of several attempts at round {number} were merged."
            )


def of_evidence(
    subject: Subject,
    package: Package,
    merged: Sequence[SignedEnvelope],
    institution: int,
    evidence: Iterable[Entry],
) -> Iterator[Finding]:
    """Rule 4."""
    record = package.record
    answers: dict[tuple[str, bytes], Entry] = {}
    used: dict[tuple[str, int, int], list[SignedEnvelope]] = defaultdict(list)
    for entry in evidence:
        said = entry.envelope.envelope
        if said.study != subject.address or not record.first <= said.round <= record.last:
            continue
        used[entry.envelope.node, said.round, said.attempt].append(entry.envelope)
        key = entry.envelope.node, said.digest
        if key not in answers or _weight(entry) >= _weight(answers[key]):
            answers[key] = entry
    nodes = subject.study.swarm.nodes
    own = {address for address, node in nodes.items() if node.institution == institution}
    for signed in merged:
        said = signed.envelope
        known = answers.get((signed.node, said.digest))
        if known is not None and known.decision.lasts and not known.decision.accepted:
            yield Finding(
                "RefusedHere",
                f"The own gate refused the update of node {signed.node} for round {said.round} "
                f"({known.decision.reason.value}), and it was merged.",
            )
        others = used[signed.node, said.round, said.attempt]
        if (known is None or not known.decision.accepted) and any(
            other.envelope.digest != said.digest and _is_signed(other) for other in others
        ):
            code = "OwnReplaced" if signed.node in own else "Equivocation"
            yield Finding(code, sentence(code, signed))
    yield from _left_out(merged, answers.values(), own)


def _weight(entry: Entry) -> int:
    """Which of several answers to one envelope counts: once accepted is accepted."""
    if entry.decision.accepted:
        return 2
    return 1 if entry.decision.lasts else 0


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
            yield Finding(code, sentence(code, signed), refuses=False)
