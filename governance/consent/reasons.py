"""Why a record may be used or not: one stable code and one sentence for each.

They stand in the order in which they are looked for: of several reasons, the last is the one that
was nearest to a permission, and the one that is told.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """A reason's code, which never changes once it is released."""

    NOT_UNDERSTOOD = "not-understood"
    DENIAL_NOT_UNDERSTOOD = "denial-not-understood"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    DENIED = "denied"
    USE_DENIED = "use-denied"
    STORAGE_DENIED = "storage-denied"
    THIRD_PARTIES_DENIED = "third-parties-denied"
    PROTECTION_DENIED = "protection-denied"
    NOT_ACTIVE = "not-active"
    UNNAMED = "unnamed"
    NOT_VERIFIED = "not-verified"
    SCOPE_OTHER = "scope-other"
    CATEGORY_MISSING = "category-missing"
    POLICY_UNKNOWN = "policy-unknown"
    TEMPLATE_OTHER = "template-other"
    ASSENT_ALONE = "assent-alone"
    GIVEN_BY_OTHER = "given-by-other"
    REPRESENTATION_OPEN = "representation-open"
    PERIOD_MISSING = "period-missing"
    BASE_OTHER = "base-other"
    NARROWED = "narrowed"
    NESTED = "nested"
    CODE_UNKNOWN = "code-unknown"
    VALUE_UNKNOWN = "value-unknown"
    BASIS_OTHER = "basis-other"
    PURPOSE_NOT_COVERED = "purpose-not-covered"
    USE_NOT_PERMITTED = "use-not-permitted"
    USE_NOT_YET = "use-not-yet"
    USE_EXPIRED = "use-expired"
    COLLECTION_NOT_PERMITTED = "collection-not-permitted"
    THIRD_PARTIES_NOT_PERMITTED = "third-parties-not-permitted"
    PROTECTION_NOT_PERMITTED = "protection-not-permitted"
    COLLECTION_NOT_YET = "collection-not-yet"
    COLLECTION_DENIED = "collection-denied"
    DISEASE_NOT_PERMITTED = "disease-not-permitted"
    REGION_NOT_PERMITTED = "region-not-permitted"
    RESEARCHERS_NOT_PERMITTED = "researchers-not-permitted"
    PURPOSE_NOT_PERMITTED = "purpose-not-permitted"
    PERMITTED = "permitted"

    @property
    def sentence(self) -> str:
        """What it says, as a sentence about the patient's record."""
        return SENTENCES[self]


SENTENCES = MappingProxyType(
    {
        Reason.PERMITTED: "The patient's consent permits what the study asks, today.",
        Reason.NOT_UNDERSTOOD: (
            "A consent of the patient cannot be read, so it may be a withdrawal."
        ),
        Reason.DENIAL_NOT_UNDERSTOOD: (
            "The patient denies something that is not understood, so it may be this use."
        ),
        Reason.WITHDRAWN: "The patient has withdrawn their consent.",
        Reason.REFUSED: "The patient has refused to consent.",
        Reason.DENIED: "The patient's entry in the consent matrix denies the use.",
        Reason.USE_DENIED: "The patient denies the scientific use of their data.",
        Reason.STORAGE_DENIED: "The patient denies that their data are stored and processed.",
        Reason.THIRD_PARTIES_DENIED: "The patient denies that third parties take part.",
        Reason.PROTECTION_DENIED: (
            "The patient denies the use where the GDPR's level of protection does not hold."
        ),
        Reason.NOT_ACTIVE: "No consent of the patient is active.",
        Reason.UNNAMED: (
            "The consent has neither id nor identifier, so nothing could replace it later."
        ),
        Reason.NOT_VERIFIED: "The consent was marked as not verified.",
        Reason.SCOPE_OTHER: "The consent is about something other than research.",
        Reason.CATEGORY_MISSING: "The consent is not marked as a broad consent.",
        Reason.POLICY_UNKNOWN: "The consent rests on a form or version that is not known.",
        Reason.TEMPLATE_OTHER: "The document is no consent but a withdrawal, refusal or objection.",
        Reason.ASSENT_ALONE: "A minor has assented, and nobody has consented for them.",
        Reason.GIVEN_BY_OTHER: "It is not understood who gave the consent.",
        Reason.REPRESENTATION_OPEN: (
            "Others consented for the patient, and no end within 18 years is named."
        ),
        Reason.PERIOD_MISSING: "A permission does not say when it begins, or ends before it does.",
        Reason.BASE_OTHER: "The consent's base provision is not one that only denies, or permits.",
        Reason.NARROWED: "The permission is narrowed by conditions that are not understood.",
        Reason.NESTED: "Something is nested beneath the permission, which is not understood.",
        Reason.CODE_UNKNOWN: "What is permitted is named by codes that are not understood.",
        Reason.VALUE_UNKNOWN: "The entry in the consent matrix holds values that are not known.",
        Reason.BASIS_OTHER: "The patient consented to other studies, and not to this one.",
        Reason.PURPOSE_NOT_COVERED: "The broad consent covers medical research, and no more.",
        Reason.USE_NOT_PERMITTED: "The patient does not permit the scientific use of their data.",
        Reason.USE_NOT_YET: "The permission to use the data has not begun.",
        Reason.USE_EXPIRED: "The permission to use the data has expired.",
        Reason.COLLECTION_NOT_PERMITTED: (
            "The same consent does not permit that data are collected for research."
        ),
        Reason.THIRD_PARTIES_NOT_PERMITTED: (
            "The study admits companies or private institutions, and the patient permits no third "
            "parties."
        ),
        Reason.PROTECTION_NOT_PERMITTED: (
            "The study admits countries without the GDPR's level of protection, and the patient "
            "does not permit that."
        ),
        Reason.COLLECTION_NOT_YET: "The time in which data may be collected has not begun.",
        Reason.COLLECTION_DENIED: "Of the time in which data may be collected, nothing is left.",
        Reason.DISEASE_NOT_PERMITTED: "The patient does not permit research on these diseases.",
        Reason.REGION_NOT_PERMITTED: "The patient does not permit the use in all these countries.",
        Reason.RESEARCHERS_NOT_PERMITTED: "The patient does not permit the use by all these.",
        Reason.PURPOSE_NOT_PERMITTED: "The patient does not permit all these purposes.",
    }
)
"""What each reason says."""

_RANKS = {reason: rank for rank, reason in enumerate(Reason)}


def first(reasons: list[Reason]) -> Reason:
    """The reason that is looked for first; of denials, the one that denies most."""
    return min(reasons, key=_RANKS.__getitem__)


def nearest(reasons: list[Reason]) -> Reason:
    """The reason that was nearest to a permission; where there is none, `NOT_ACTIVE`."""
    return max(reasons, key=_RANKS.__getitem__, default=Reason.NOT_ACTIVE)
