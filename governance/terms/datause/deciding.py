"""The decision on one data set."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from governance.primitives import sha256
from governance.terms import duo
from governance.terms.datause.modifiers import modifier
from governance.terms.datause.own import own_terms
from governance.terms.datause.scope import diseases, permission
from governance.terms.datause.verdict import Decision, Outcome, Reason, Step, Verdict, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance.terms.datause.conditions import Answer, Conditions
    from governance.terms.datause.ontology import Ontology
    from governance.terms.datause.purpose import Purpose

_IDENTITY_DIGITS = 16


def decide(purpose: Purpose, conditions: Conditions, ontology: Ontology) -> Verdict:
    """Decides whether a study may use a data set.

    Every condition is held against the purpose alone, and the strictest outcome prevails; so a
    further condition can only make the decision stricter, and their order means nothing. What is
    left to a person is decided where the conditions hold that person's answer.

    Args:
        purpose: what the study wants data for, from `Purpose.of`.
        conditions: what the data set may be used for, from `load_conditions`.
        ontology: what is a kind of what, from `load_ontology` or `shipped_ontology`.
    """
    answers = {each.asked: each for each in conditions.answers}
    steps = (
        *_release(conditions),
        permission(purpose, conditions),
        *diseases(purpose, conditions, ontology),
        *(modifier(purpose, each) for each in conditions.modifiers),
        *own_terms(purpose, conditions.own),
    )
    about = (purpose.terms_digest, conditions.dataset)
    return Verdict(conditions.dataset, tuple(_answered(step, about, answers) for step in steps))


def _answered(step: Step, about: tuple[str, str], answers: Mapping[str, Answer]) -> Step:
    """A step after a person's answer, where there is one to its question.

    Only what was left to a person can be answered; a denial stays one.
    """
    outcome = step.outcome
    if outcome.decision is not Decision.NEEDS_PERSON:
        return step
    asked = _identity(*about, step.condition, step.label, outcome.study, outcome.question)
    answer = answers.get(asked)
    if answer is None:
        return replace(step, asked=asked)
    reason = f"{outcome.question} Decided by {answer.by} on {answer.on}: {answer.because}"
    reason = reason if reason.endswith(".") else f"{reason}."
    decision = Decision(answer.decision)
    decided = Outcome(decision, Reason.ANSWERED, reason, outcome.study)
    return replace(step, outcome=decided, asked=asked)


def _identity(*parts: str) -> str:
    return sha256(json.dumps(parts).encode()).hex()[:_IDENTITY_DIGITS]


def _release(conditions: Conditions) -> Iterator[Step]:
    if conditions.duo_release == duo.RELEASE:
        return
    reason = f"The codes are of release {conditions.duo_release}; known here is {duo.RELEASE}."
    question = f"Do the codes mean in release {conditions.duo_release} what they mean here?"
    outcome = ask(Reason.RELEASE_UNKNOWN, f"judged by release {duo.RELEASE}", reason, question)
    yield Step("DUO", f"release {conditions.duo_release}", outcome)
