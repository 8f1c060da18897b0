"""Our own terms, for what DUO has no term: training of AI, insurance, employment.

Their codes begin with `CHARTER:`, so that nobody takes them for DUO's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.terms.charter import words
from governance.terms.datause.verdict import Outcome, Reason, Step, ask, deny, permit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms.datause.conditions import OwnTerms
    from governance.terms.datause.purpose import Purpose

AI_TRAINING = "CHARTER:ai-training"
INSURANCE_USE = "CHARTER:insurance-use"
EMPLOYMENT_USE = "CHARTER:employment-use"


@dataclass(frozen=True, slots=True)
class Use:
    """A use that data can exclude.

    Attributes:
        code: our own code.
        label: the condition in words.
        prohibition: how the terms have to prohibit it, word for word.
        hints: beginnings of words that show that the terms may mean it.
    """

    code: str
    label: str
    prohibition: str
    hints: tuple[str, ...]


INSURANCE = Use(
    INSURANCE_USE, "no use for insurance", "Insurance underwriting or pricing", ("insur",)
)
EMPLOYMENT = Use(
    EMPLOYMENT_USE, "no use for employment", "Employment decisions", ("employ", "recruit", "hiring")
)


def own_terms(purpose: Purpose, own: OwnTerms) -> Iterator[Step]:
    """Holds the purpose against our own terms."""
    yield Step(AI_TRAINING, f"AI training: {own.ai_training}", _training(own.ai_training))
    for use, stated in ((INSURANCE, own.insurance_use), (EMPLOYMENT, own.employment_use)):
        if stated == "prohibited":
            yield Step(use.code, use.label, _prohibited(purpose, use))


def _training(stated: str) -> Outcome:
    told = "trains a model together with others"
    if stated == "permitted":
        return permit(Reason.TERMS_SHOW_IT, told, "The data may be used to train models.")
    if stated == "prohibited":
        reason = "A study in a swarm trains a model, and the data must not be used for that."
        return deny(Reason.EXCLUDED_USE, told, reason)
    reason = "The conditions do not say whether models may be trained on the data."
    question = "Does what the patients agreed to include the training of AI models?"
    return ask(Reason.TERMS_SILENT, told, reason, question)


def _prohibited(purpose: Purpose, use: Use) -> Outcome:
    for line in purpose.prohibited_uses:
        if words(line) == words(use.prohibition):
            reason = "The terms prohibit it to every signatory."
            return permit(Reason.UNDERTAKEN, f"prohibits '{line}'", reason)
    for line in purpose.prohibited_uses:
        if any(each.startswith(use.hints) for each in words(line).split()):
            reason = f"The terms say it otherwise than '{use.prohibition}'."
            question = f"Does the prohibition of '{line}' exclude all of: {use.prohibition}?"
            return ask(Reason.WORDING_OTHER, f"prohibits '{line}'", reason, question)
    reason = f"The terms do not prohibit it; they would with '{use.prohibition}'."
    return deny(Reason.NOT_PROHIBITED, "does not prohibit it", reason)
