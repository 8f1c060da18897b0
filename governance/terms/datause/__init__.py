"""May this study use these data? Its purpose held against the conditions on each data set. Pure.

`Purpose.of(terms)` says what the study wants, `load_conditions` what an institution's data set may
be used for, and `decide(purpose, conditions, ontology)` gives a verdict: permit, deny or needs a
person, with a step for every condition. `combine` decides on several data sets together.
"""

from __future__ import annotations

from governance.terms.datause.conditions import (
    Answer,
    Conditions,
    ConditionsInvalid,
    load_conditions,
    parse_conditions,
)
from governance.terms.datause.deciding import decide
from governance.terms.datause.ontology import (
    Ontology,
    OntologyInvalid,
    load_ontology,
    parse_ontology,
    shipped_ontology,
)
from governance.terms.datause.purpose import Purpose
from governance.terms.datause.verdict import (
    Decision,
    Outcome,
    Overall,
    Reason,
    Step,
    Verdict,
    combine,
)

__all__ = [
    "Answer",
    "Conditions",
    "ConditionsInvalid",
    "Decision",
    "Ontology",
    "OntologyInvalid",
    "Outcome",
    "Overall",
    "Purpose",
    "Reason",
    "Step",
    "Verdict",
    "combine",
    "decide",
    "load_conditions",
    "load_ontology",
    "parse_conditions",
    "parse_ontology",
    "shipped_ontology",
]
