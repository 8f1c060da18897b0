"""The catalogue of findings: what an audit can find, what that means, and what to ask next.

`docs/findings.md` tells the same with an example of each; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How much a finding weighs.

    NOTICE: something is open that may be in order. CONCERN: somebody has to explain.
    BREACH: the terms or the rules were broken.
    """

    NOTICE = "notice"
    CONCERN = "concern"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One entry of the catalogue.

    Attributes:
        severity: How much it weighs.
        meaning: What it means, in one sentence.
        ask_next: What to ask for, and whom, in one sentence.
        where: Where it was found, with the names of facts in braces.
        detail: What was found, likewise.
    """

    severity: Severity
    meaning: str
    ask_next: str
    where: str
    detail: str


_NOTICE, _CONCERN, _BREACH = Severity.NOTICE, Severity.CONCERN, Severity.BREACH
_SWARM = "swarm"
_HEAD = "history at length {length}"
_STUDY = "study {study}"
_ROUND = "study {study}, round {round}"
_TERMS = "study {study}, version {version} of the terms"
_REVENUE = "study {study}, revenue {revenue}"
_LOG = "evidence log {log}, line {line}"

CATALOGUE: Final[dict[str, FindingKind]] = {
    # --- who may contribute, publish and attest ---------------------------------------------------
    "contribution-unauthorised": FindingKind(
        _BREACH,
        "A checkpoint names a contributor that was not authorised when it was published.",
        "Ask the publisher for the round's record and envelopes; do not use the model.",
        _ROUND,
        "Institution {institution} is named as contributor and was not authorised ({reason}).",
    ),
    "contribution-after-withdrawal": FindingKind(
        _BREACH,
        "A checkpoint names a contributor that had withdrawn from the study.",
        "Ask the publisher how the update came in, and the contributor whether it sent one; do not "
        "use the model.",
        _ROUND,
        "Institution {institution} is named as contributor and had withdrawn.",
    ),
    "contribution-consent-stale": FindingKind(
        _BREACH,
        "A checkpoint names a contributor whose consent commitment was older than the terms allow.",
        "Ask the contributor which patients' consent still held; do not use the model until then.",
        _ROUND,
        "Institution {institution} is named as contributor; its consent commitment was "
        "{age} old, and the terms allow {allowed}.",
    ),
    "contribution-terms-unsigned": FindingKind(
        _BREACH,
        "A checkpoint names a contributor that had not signed the terms it was made under.",
        "Ask the contributor which version it agreed to, and the publisher why it was let in.",
        _ROUND,
        "Institution {institution} is named as contributor under version {version}; the last that "
        "it signed is {signed}.",
    ),
    "publisher-unauthorised": FindingKind(
        _BREACH,
        "A checkpoint came from a node that was not authorised when it was published.",
        "Ask the institution which machine holds the key, and to revoke it.",
        _ROUND,
        "The publishing node {node} of institution {institution} was not authorised ({reason}).",
    ),
    "attestation-unauthorised": FindingKind(
        _BREACH,
        "A checkpoint was attested by a node that was not authorised at the time.",
        "Ask the institution which machine holds the key; count the quorum without it.",
        _ROUND,
        "The attesting node {node} of institution {institution} was not authorised ({reason}).",
    ),
    "node-used-after-revocation": FindingKind(
        _BREACH,
        "A node key published or attested after its institution had revoked it.",
        "Ask the institution who holds the key; whatever it signed since is not to be trusted.",
        _ROUND,
        "Node {node} of institution {institution} was used; it had been revoked.",
    ),
    "training-after-expiry": FindingKind(
        _BREACH,
        "A study went on after its terms had expired.",
        "Ask the signatories on what their patients' data were used; do not use the model.",
        _ROUND,
        "Node {node} of institution {institution} acted {late} after the terms expired.",
    ),
    # --- checkpoints ------------------------------------------------------------------------------
    "checkpoint-too-few-contributors": FindingKind(
        _BREACH,
        "A checkpoint has fewer contributors than the terms ask for.",
        "Ask the publisher for the round's record; what few made may tell of their patients.",
        _ROUND,
        "Contributors: {contributors}; the terms ask for {needed}.",
    ),
    "checkpoint-beyond-terms": FindingKind(
        _BREACH,
        "A checkpoint is of a round beyond the last that the terms allow.",
        "Ask the signatories whether they agreed to more rounds; do not use the model.",
        _ROUND,
        "The terms end with round {last}.",
    ),
    "checkpoint-malformed": FindingKind(
        _BREACH,
        "A checkpoint lacks a digest without which its contract would not have accepted it.",
        "Ask the publisher for the checkpoint's package, and how it came into the history.",
        _ROUND,
        "It lacks the digest of its model, of its envelopes or of its record.",
    ),
    "contribution-overstated": FindingKind(
        _BREACH,
        "A checkpoint credits an institution with rounds that it does not cover.",
        "Ask the publisher for the round's record; work the shares of revenues out again.",
        _ROUND,
        "Institution {institution} is listed with {listed} rounds; it covers {covered}.",
    ),
    "checkpoint-without-quorum": FindingKind(
        _BREACH,
        "A checkpoint became final without attestations of enough signatories.",
        "Ask every signatory which checkpoints its nodes attested; do not use the model.",
        _ROUND,
        "Signatories that attested it at the level asked for: {attested}; the terms ask for "
        "{needed}.",
    ),
    "lineage-broken": FindingKind(
        _BREACH,
        "A checkpoint's identity is not the digest of what it says, so nothing binds its parent.",
        "Ask the publisher for the checkpoint's package; do not use this model or later ones.",
        _ROUND,
        "It is named {named}; what it says has the identity {own}.",
    ),
    "equivocation": FindingKind(
        _BREACH,
        "An institution published two different checkpoints for one round.",
        "Ask the institution which one is right, and whether its nodes' keys are still its own.",
        _ROUND,
        "Institution {institution} published {first} and, by node {node}, {second}.",
    ),
    # --- terms, signatures, consent ---------------------------------------------------------------
    "terms-mismatch": FindingKind(
        _BREACH,
        "What a study's contract enforces is not what its terms say.",
        "Ask the signatories which of the two they meant; signing should have been refused.",
        _TERMS,
        "{what}",
    ),
    "prohibition-missing": FindingKind(
        _BREACH,
        "Terms omit a use that the charter in force prohibits.",
        "Ask the signatories to amend the terms, and who checked them before signing.",
        _TERMS,
        "They do not prohibit: {uses}.",
    ),
    "terms-unagreed": FindingKind(
        _BREACH,
        "Terms came into force that too few institutions had signed.",
        "Ask the signatories of the terms before whether they knew; theirs may still bind them.",
        _TERMS,
        "{signed} members had signed it, {standing} of the {signatories} signatories before; it "
        "needs {needed}, and more than half of the signatories before.",
    ),
    "action-unapproved": FindingKind(
        _BREACH,
        "A study was started, amended or closed without those who may do so.",
        "Ask the opener and the signatories who did it, and by which account.",
        _STUDY,
        "To {action} it, {approved} of {signatories} signatories had agreed, the opener not among "
        "them.",
    ),
    "study-started-early": FindingKind(
        _BREACH,
        "A study started with fewer signatories than its terms ask for.",
        "Ask the opener why; what was trained until there were enough rests on too few.",
        _STUDY,
        "Signatories: {signatories}; the terms ask for {needed}.",
    ),
    "signatory-ineligible": FindingKind(
        _BREACH,
        "An institution signed terms that do not admit its kind, sector or country.",
        "Ask the signatories whether they meant to let it in; then they amend the terms.",
        _TERMS,
        "Institution {institution} signed: {kind}, {sector}, {country}.",
    ),
    "readiness-missing": FindingKind(
        _BREACH,
        "An institution signed without a statement that its data meet the terms.",
        "Ask the institution for its statement of readiness and the findings behind it.",
        _TERMS,
        "Institution {institution} signed without the digest of a statement.",
    ),
    "consent-missing": FindingKind(
        _BREACH,
        "An institution signed without the consent commitment that the terms ask for.",
        "Ask the institution on which patients' consent its updates rest.",
        _TERMS,
        "Institution {institution} signed without a consent commitment.",
    ),
    "consent-stale": FindingKind(
        _NOTICE,
        "A signatory's consent commitment is older than the terms allow; its nodes are refused.",
        "Ask the institution whether it still takes part and to renew its commitment.",
        _STUDY,
        "The consent commitment of institution {institution} is {age} old; the terms allow "
        "{allowed}.",
    ),
    # --- revenue and shares -----------------------------------------------------------------------
    "revenue-unentitled": FindingKind(
        _BREACH,
        "A revenue was declared by an institution that may not.",
        "Ask the institution what it received and from whom, and the opener whether it knew.",
        _REVENUE,
        "Institution {institution} is neither a signatory nor the opener, or no member.",
    ),
    "share-unpaid": FindingKind(
        _NOTICE,
        "A share of a revenue is owed and not paid yet.",
        "Ask the institution that declared the revenue when it will pay.",
        _REVENUE,
        "{part} part of {to}: {amount}.",
    ),
    "share-late": FindingKind(
        _CONCERN,
        "A share of a revenue is still not paid 90 days after the revenue was declared.",
        "Ask the institution that declared the revenue where the money is.",
        _REVENUE,
        "{part} part of {to}: {amount}, for {days} days.",
    ),
    "share-unconfirmed": FindingKind(
        _NOTICE,
        "A share is recorded as paid and its receiver has not confirmed it.",
        "Ask the receiver whether the money has arrived.",
        _REVENUE,
        "{part} part of {to}: {amount}.",
    ),
    "share-wrong": FindingKind(
        _BREACH,
        "A payment is recorded that is not the share owed.",
        "Ask the institution that paid for the payment's document, and work the share out again.",
        _REVENUE,
        "{part} part, receiver {receiver}: {paid} was paid; {amount} is owed.",
    ),
    "expelled-with-open-shares": FindingKind(
        _CONCERN,
        "An institution was expelled and is still owed what it earned before.",
        "Ask the institution that declared the revenue to pay; an expulsion takes no share away.",
        _REVENUE,
        "Institution {institution} was expelled; {amount} is open.",
    ),
    # --- the swarm --------------------------------------------------------------------------------
    "founders-foreign": FindingKind(
        _BREACH,
        "The history was founded by others than the trust file names.",
        "Ask the founders, out of band, for the trust file and for the address of History.",
        _SWARM,
        "Founded by {founded}; the trust file names {trusted}.",
    ),
    "proposal-unsupported": FindingKind(
        _BREACH,
        "A proposal was executed that had not succeeded.",
        "Ask the members how they voted; what it brought about has no ground.",
        "proposal {proposal}",
        "It was {state} when executed: {in_favour} in favour, {against} against, {abstain} "
        "abstained, of {eligible} eligible.",
    ),
    "act-undecided": FindingKind(
        _BREACH,
        "Something happened that needs the members' vote, and no executed proposal says so.",
        "Ask the members whether they decided it, and how it came into the history.",
        _SWARM,
        "{act}, in block {block}.",
    ),
    # --- countersignatures ------------------------------------------------------------------------
    "head-rewritten": FindingKind(
        _BREACH,
        "A member countersigned two different heads for the same length: a history was rewritten.",
        "Ask the member for both histories, and the others which one they have; nothing after this "
        "length is to be trusted until it is explained.",
        _HEAD,
        "Institution {institution} countersigned {heads}.",
    ),
    "head-contradicted": FindingKind(
        _BREACH,
        "A member countersigned a history that differs from this one.",
        "Ask the member for its copy of the history; one of the two was rewritten.",
        _HEAD,
        "Institution {institution} countersigned {signed}; this history has {own} there.",
    ),
    "head-beyond": FindingKind(
        _CONCERN,
        "A member countersigned a longer history than this one.",
        "Ask for what came later: this history is older than that, or its tail was cut off.",
        _HEAD,
        "Institution {institution} countersigned {signed}; this history ends at length {end}.",
    ),
    # --- evidence logs ----------------------------------------------------------------------------
    "evidence-contradicts": FindingKind(
        _BREACH,
        "A gate's evidence log says what its gate cannot have decided on this history.",
        "Ask the log's institution for the gate's software and log; one of the two was altered.",
        _LOG,
        "The envelope of node {node} for round {round} of study {study}: the log says {said}, the "
        "history at length {length} gives {own}.",
    ),
    "evidence-foreign": FindingKind(
        _BREACH,
        "A gate's evidence log rests on another history than this one.",
        "Ask the log's institution for its copy of the history; one of the two was rewritten.",
        _LOG,
        "It rests on head {said} at length {length}; this history has {own} there.",
    ),
    "evidence-beyond": FindingKind(
        _NOTICE,
        "A gate's evidence log rests on a longer history than this one.",
        "Ask for what came later; the decisions beyond the end could not be repeated.",
        _LOG,
        "Decisions beyond the end: {decisions}; they rest on up to {length} records, this history "
        "ends at {end}.",
    ),
    "gates-disagree": FindingKind(
        _CONCERN,
        "One gate accepted an envelope that another refused, and the history does not say why.",
        "Ask both institutions for their gates' logs of the round and how each opened it.",
        _ROUND,
        "The envelope {envelope} of node {node}: {accepting} accepted it, {refusing} refused it "
        "({reason}).",
    ),
    "envelope-equivocation": FindingKind(
        _BREACH,
        "A node signed two different updates for the same attempt at a round.",
        "Ask its institution which one is right, and whether the key is still its own.",
        _ROUND,
        "Node {node} of institution {institution} signed {first} and {second} for attempt "
        "{attempt}.",
    ),
    "update-copied": FindingKind(
        _CONCERN,
        "Two institutions announced the very same update for a round.",
        "Ask both how they trained; one may have sent on what the other made.",
        _ROUND,
        "Institutions {several} announced update {update}.",
    ),
    "contribution-unlisted": FindingKind(
        _CONCERN,
        "Gates accepted more of an institution's updates than the checkpoint credits it with.",
        "Ask the publisher for the round's record: which updates were left out, and why.",
        _ROUND,
        "Updates of institution {institution} were accepted in {accepted} rounds; the checkpoint "
        "lists {listed}.",
    ),
    "contribution-unwitnessed": FindingKind(
        _NOTICE,
        "A checkpoint credits an institution with more rounds than the gates' logs show.",
        "Ask the publisher for its evidence log, and the institution for its envelopes.",
        _ROUND,
        "Institution {institution} is listed with {listed} rounds; the logs handed in show "
        "{accepted}, and say nothing of {unheard}.",
    ),
}
