"""The decision on one data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.terms import duo
from governance.terms.datause.modifiers import modifier
from governance.terms.datause.own import own_terms
from governance.terms.datause.scope import diseases, permission
from governance.terms.datause.verdict import Reason, Step, Verdict, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms.datause.conditions import Conditions
    from governance.terms.datause.ontology import Ontology
    from governance.terms.datause.purpose import Purpose


def decide(purpose: Purpose, conditions: Conditions, ontology: Ontology) -> Verdict:
    """Decides whether a study may use a data set.

    Every condition is held against the purpose alone, and the strictest outcome prevails; so a
    further condition can only make the decision stricter, and their order means nothing.

    Args:
        purpose: what the study wants data for, from `Purpose.of`.
        conditions: what the data set may be used for, from `load_conditions`.
        ontology: what is a kind of what, from `load_ontology` or `shipped_ontology`.
    """
    steps = (
        *_release(conditions),
        permission(purpose, conditions),
        *diseases(purpose, conditions, ontology),
        *(modifier(purpose, each) for each in conditions.modifiers),
        *own_terms(purpose, conditions.own),
    )
    return Verdict(conditions.dataset, steps)


def _release(conditions: Conditions) -> Iterator[Step]:
    if conditions.duo_release == duo.RELEASE:
        return
    reason = f"The codes are of release {conditions.duo_release}; known here is {duo.RELEASE}."
    question = f"Do the codes mean in release {conditions.duo_release} what they mean here?"
    outcome = ask(Reason.RELEASE_UNKNOWN, f"judged by release {duo.RELEASE}", reason, question)
    yield Step("DUO", f"release {conditions.duo_release}", outcome)
