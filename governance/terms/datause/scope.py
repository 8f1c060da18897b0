"""How far a study's purpose may reach: the permission on the data, and its diseases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.terms import duo
from governance.terms.datause.verdict import Outcome, Reason, Step, ask, deny, permit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms.datause.conditions import Conditions
    from governance.terms.datause.ontology import Ontology
    from governance.terms.datause.purpose import Purpose

COVERS = {
    duo.NO_RESTRICTION: frozenset(duo.PERMISSIONS),
    duo.GENERAL_RESEARCH: frozenset(duo.PERMISSIONS) - {duo.NO_RESTRICTION},
    duo.BIOMEDICAL: frozenset({duo.BIOMEDICAL, duo.DISEASE_SPECIFIC}),
    duo.DISEASE_SPECIFIC: frozenset({duo.DISEASE_SPECIFIC}),
    duo.ANCESTRY_ONLY: frozenset({duo.ANCESTRY_ONLY}),
}
"""Permission on the data -> the purposes that lie wholly within it, by DUO's definitions.

Biomedical research does not include the study of population origins or ancestry; general research
does, and is still research, which a purpose without restriction need not be.
"""


def permission(purpose: Purpose, conditions: Conditions) -> Step:
    """Holds the purpose against the permission."""
    code = conditions.permission
    term = duo.PERMISSIONS.get(code)
    return Step(code, term.label if term else "unknown permission", _reaches(purpose, code))


def diseases(purpose: Purpose, conditions: Conditions, ontology: Ontology) -> Iterator[Step]:
    """Holds each disease of the study against those that the use is limited to.

    Diseases limit the use whatever the permission beside them.
    """
    allowed = conditions.diseases
    if not allowed and conditions.permission != duo.DISEASE_SPECIFIC:
        return
    label = (
        "only " + " or ".join(ontology.name(code) for code in allowed) if allowed else "diseases"
    )
    told = purpose.scope
    if not allowed:
        reason = "The use is limited to diseases, and the conditions do not name them."
        question = "To which diseases is the use limited? Write their codes into the conditions."
        outcomes = [ask(Reason.DISEASE_NOT_NAMED, told, reason, question)]
    elif purpose.permission != duo.DISEASE_SPECIFIC or not purpose.diseases:
        reason = "The use is limited to diseases, and the study does not limit itself to any."
        outcomes = [deny(Reason.SCOPE_BROADER, told, reason)]
    else:
        outcomes = [_disease(code, allowed, ontology) for code in purpose.diseases]
    for outcome in outcomes:
        yield Step(duo.DISEASE_SPECIFIC, label, outcome)


def _reaches(purpose: Purpose, code: str) -> Outcome:
    told = purpose.scope
    if code not in duo.PERMISSIONS:
        reason = f"{code} is no permission of the release of DUO that is known here."
        question = f"What does {code} permit, and does the study keep within it?"
        return ask(Reason.CODE_UNKNOWN, told, reason, question)
    if purpose.permission not in COVERS[code]:
        reason = f"The study's purpose goes beyond {duo.PERMISSIONS[code].label}."
        return deny(Reason.SCOPE_BROADER, told, reason)
    if code == duo.NO_RESTRICTION:
        return permit(Reason.NO_RESTRICTION, told, "The data may be used without restriction.")
    if duo.CLINICAL_CARE in purpose.undertakings:
        reason = "The study uses the data for clinical care too, which is more than research."
        question = "Did the patients, or who speaks for them, agree to a use in clinical care?"
        return ask(Reason.CLINICAL_CARE_INTENDED, told, reason, question)
    reason = f"The study's purpose lies within {duo.PERMISSIONS[code].label}."
    return permit(Reason.WITHIN_SCOPE, told, reason)


def _disease(code: str, allowed: tuple[str, ...], ontology: Ontology) -> Outcome:
    told = f"studies {ontology.name(code)}"
    above = ontology.above(code)
    if code in allowed:
        return permit(Reason.DISEASE_SAME, told, f"{code} is one of the diseases named.")
    found = [other for other in allowed if other in above]
    if found:
        reason = f"{code} is a kind of {found[0]} in the table of diseases."
        return permit(Reason.DISEASE_BELOW, told, reason)
    unknown = [each for each in (code, *allowed) if not ontology.knows(each)]
    if unknown:
        reason = f"The table of diseases does not know {_listed(unknown)}."
        return ask(
            Reason.DISEASE_UNKNOWN, told, reason, f"Is {code} a kind of {_listed(allowed, 'or')}?"
        )
    foreign = [each for each in allowed if _vocabulary(each) != _vocabulary(code)]
    if foreign:
        reason = f"{code} and {foreign[0]} are of different vocabularies, and nothing is guessed."
        return ask(
            Reason.VOCABULARY_OTHER, told, reason, f"Is {code} a kind of {_listed(allowed, 'or')}?"
        )
    narrower = [other for other in allowed if ontology.is_below(other, code)]
    if narrower:
        reason = f"{code} is more than {narrower[0]}, which is only a kind of it."
        return deny(Reason.DISEASE_BROADER, told, reason)
    reason = f"{code} is no kind of {_listed(allowed, 'or')} in the table of diseases."
    return deny(Reason.DISEASE_OTHER, told, reason)


def _vocabulary(code: str) -> str:
    return code.partition(":")[0]


def _listed(codes: tuple[str, ...] | list[str], last: str = "and") -> str:
    *most, end = codes
    return f"{', '.join(most)} {last} {end}" if most else end
