"""What a decision on the use of data consists of: its steps, and how they come together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Decision(StrEnum):
    """Whether a study may use data; the stricter of two prevails."""

    PERMIT = "permit"
    NEEDS_PERSON = "needs_person"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        """0 for permit, 1 for what needs a person, 2 for deny."""
        return list(Decision).index(self)


class Reason(StrEnum):
    """Why a step came out as it did. The codes are stable; `docs/data-use.md` lists them."""

    # Permitted
    NO_RESTRICTION = "NoRestriction"
    WITHIN_SCOPE = "WithinScope"
    DISEASE_SAME = "DiseaseSame"
    DISEASE_BELOW = "DiseaseBelow"
    UNDERTAKEN = "Undertaken"
    EXCLUDED_BY_SCOPE = "ExcludedByScope"
    TERMS_SHOW_IT = "TermsShowIt"
    MORATORIUM_OVER = "MoratoriumOver"
    ALLOWS_MORE = "AllowsMore"
    # Decided by a person
    ANSWERED = "Answered"
    # For a person
    RELEASE_UNKNOWN = "ReleaseUnknown"
    CODE_UNKNOWN = "CodeUnknown"
    DETAIL_MISSING = "DetailMissing"
    DETAIL_NOT_UNDERSTOOD = "DetailNotUnderstood"
    DISEASE_NOT_NAMED = "DiseaseNotNamed"
    DISEASE_UNKNOWN = "DiseaseUnknown"
    VOCABULARY_OTHER = "VocabularyOther"
    CLINICAL_CARE_INTENDED = "ClinicalCareIntended"
    TERMS_SILENT = "TermsSilent"
    REVENUE_EXPECTED = "RevenueExpected"
    BEGINNING_UNKNOWN = "BeginningUnknown"
    WORDING_OTHER = "WordingOther"
    ONLY_A_PERSON_KNOWS = "OnlyAPersonKnows"
    # Denied
    SCOPE_BROADER = "ScopeBroader"
    DISEASE_BROADER = "DiseaseBroader"
    DISEASE_OTHER = "DiseaseOther"
    NOT_UNDERTAKEN = "NotUndertaken"
    EXCLUDED_USE = "ExcludedUse"
    COMPANIES_ADMITTED = "CompaniesAdmitted"
    MODEL_SOLD = "ModelSold"
    NO_ETHICS_APPROVAL = "NoEthicsApproval"
    COUNTRY_OUTSIDE = "CountryOutside"
    PUBLISHED_TOO_EARLY = "PublishedTooEarly"
    LASTS_TOO_LONG = "LastsTooLong"
    OTHER_PROJECT = "OtherProject"
    NOT_PROHIBITED = "NotProhibited"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says.

    Attributes:
        decision: whether the condition is met.
        code: why, as a stable code.
        reason: why, in one sentence.
        study: what the study's terms say to the condition.
        question: what a person has to find out; empty unless one is needed.
    """

    decision: Decision
    code: Reason
    reason: str
    study: str
    question: str = ""


def permit(code: Reason, study: str, reason: str) -> Outcome:
    """The condition is met."""
    return Outcome(Decision.PERMIT, code, reason, study)


def deny(code: Reason, study: str, reason: str) -> Outcome:
    """The condition is not met."""
    return Outcome(Decision.DENY, code, reason, study)


def ask(code: Reason, study: str, reason: str, question: str) -> Outcome:
    """Whether the condition is met only a person can tell."""
    return Outcome(Decision.NEEDS_PERSON, code, reason, study, question)


@dataclass(frozen=True, slots=True)
class Step:
    """One condition of a data set held against the study's purpose.

    Attributes:
        condition: the condition's code.
        label: the condition in words, with its detail.
        outcome: what came of it, and why.
        asked: by which identity a person's answer names the question; empty where none was asked.
    """

    condition: str
    label: str
    outcome: Outcome
    asked: str = ""

    def as_json(self) -> dict[str, Any]:
        """The step as plain data."""
        outcome = self.outcome
        return {
            "condition": self.condition,
            "label": self.label,
            "study": outcome.study,
            "decision": outcome.decision.value,
            "code": outcome.code.value,
            "reason": outcome.reason,
            "question": outcome.question,
            "asked": self.asked,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one data set, with a step for every condition."""

    dataset: str
    steps: tuple[Step, ...]

    @property
    def decision(self) -> Decision:
        """The strictest of the steps; without a step nothing is permitted."""
        return strictest(step.outcome.decision for step in self.steps)

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """The steps that do not permit, the strictest first."""
        found = [step for step in self.steps if step.outcome.decision is not Decision.PERMIT]
        return tuple(sorted(found, key=lambda step: -step.outcome.decision.strictness))

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "dataset": self.dataset,
            "decision": self.decision.value,
            "steps": [step.as_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Overall:
    """The decision on several data sets that a study would use together."""

    verdicts: tuple[Verdict, ...]

    @property
    def decision(self) -> Decision:
        """The strictest verdict; where there is no data set, nothing is permitted."""
        return strictest(verdict.decision for verdict in self.verdicts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not permitted: a sentence for each step that does not permit."""
        if not self.verdicts:
            return ("No data set is named, so nothing is permitted.",)
        return tuple(
            f"{verdict.dataset}: {step.outcome.reason}"
            for verdict in self.verdicts
            for step in verdict.open_steps
        )

    def as_json(self) -> dict[str, Any]:
        """The decision as plain data."""
        return {
            "decision": self.decision.value,
            "reasons": list(self.reasons),
            "datasets": [verdict.as_json() for verdict in self.verdicts],
        }


def combine(verdicts: Iterable[Verdict]) -> Overall:
    """Decides on several data sets together: one that is denied denies the whole."""
    return Overall(tuple(verdicts))


def strictest(decisions: Iterable[Decision]) -> Decision:
    """The strictest decision; deny where there is none."""
    return max(decisions, key=lambda each: each.strictness, default=Decision.DENY)
