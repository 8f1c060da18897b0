"""What an audit can find: a catalogue of kinds, each with its meaning and what to ask next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


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
    """One entry of the catalogue."""

    severity: Severity
    meaning: str
    ask_next: str


CATALOGUE: dict[str, FindingKind] = {
    "checkpoint-without-quorum": FindingKind(
        Severity.BREACH,
        "A checkpoint became final without attestations of enough signatories.",
        "Ask every signatory which checkpoints its nodes attested; do not use the model.",
    ),
    "consent-stale": FindingKind(
        Severity.NOTICE,
        "A signatory's consent commitment is older than the terms allow; its nodes are refused.",
        "Ask the institution whether it still takes part and to renew its commitment.",
    ),
    "contribution-unauthorised": FindingKind(
        Severity.BREACH,
        "A checkpoint names a contributor that was not authorised when it was published.",
        "Ask the publisher for the round's record and envelopes; do not use the model.",
    ),
    "equivocation": FindingKind(
        Severity.BREACH,
        "An institution published two different checkpoints for one round.",
        "Ask the institution which one is right, and whether its nodes' keys are still its own.",
    ),
    "head-contradicted": FindingKind(
        Severity.BREACH,
        "A member countersigned a history that differs from this one.",
        "Ask the member for its copy of the history; one of the two was rewritten.",
    ),
    "node-key-ambiguous": FindingKind(
        Severity.BREACH,
        "A checkpoint came from a key that was not an authorised node when it was published.",
        "Ask the institution which machine holds the key, and revoke it.",
    ),
    "prohibition-missing": FindingKind(
        Severity.BREACH,
        "Terms omit a use that the charter in force prohibits.",
        "Ask the signatories to amend the terms, and who checked them before signing.",
    ),
    "share-unpaid": FindingKind(
        Severity.CONCERN,
        "A share of a revenue is owed and not paid.",
        "Ask the institution that declared the revenue when it will pay.",
    ),
    "share-unconfirmed": FindingKind(
        Severity.NOTICE,
        "A share is recorded as paid and its receiver has not confirmed it.",
        "Ask the receiver whether the money has arrived.",
    ),
    "terms-mismatch": FindingKind(
        Severity.BREACH,
        "What a study's contract enforces is not what its terms say.",
        "Ask the signatories which of the two they meant; signing should have been refused.",
    ),
}


class FindingJson(TypedDict):
    """A finding as reports carry it."""

    id: str
    severity: str
    subject: str
    detail: str
    meaning: str
    ask_next: str
    at: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the history that breaks the terms, or that somebody has to explain.

    Attributes:
        id: Its kind, a key of `CATALOGUE`.
        subject: Where it was found, such as `study 1, round 20`.
        detail: One sentence with the names and numbers.
        at: Unix seconds of the block in which it shows.
    """

    id: str
    subject: str
    detail: str
    at: int

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return CATALOGUE[self.id].severity

    @property
    def meaning(self) -> str:
        """What a finding of this kind means."""
        return CATALOGUE[self.id].meaning

    @property
    def ask_next(self) -> str:
        """What to ask next."""
        return CATALOGUE[self.id].ask_next

    def as_json(self) -> FindingJson:
        """The finding as plain data."""
        return {
            "id": self.id,
            "severity": self.severity.value,
            "subject": self.subject,
            "detail": self.detail,
            "meaning": self.meaning,
            "ask_next": self.ask_next,
            "at": self.at,
        }
