"""The conditions on a data set, as its institution writes them down and keeps them at home."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from governance.terms import duo
from governance.terms.check import check
from governance.terms.document import read_yaml
from governance.terms.errors import DocumentInvalid
from governance.terms.fields import VOCABULARIES, Line, ascending, different
from governance.terms.load import read_document

if TYPE_CHECKING:
    import os

MAX_DISEASES = 256
MAX_MODIFIERS = 64
MAX_ANSWERS = 256

DISEASE_CODE = re.compile(rf"({VOCABULARIES}):[A-Za-z0-9][A-Za-z0-9.-]{{0,31}}")
"""A disease, or a group of them such as `ICD10:I20-I25`."""

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}:[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A code of whatever vocabulary."""


class ConditionsInvalid(DocumentInvalid):
    """A document of conditions has mistakes."""

    code = "ConditionsInvalid"
    what = "document of conditions"


def _code(value: str) -> str:
    if not CODE.fullmatch(value):
        raise ValueError(f"{value} is no code such as DUO:0000042")
    return value


def _permission(value: str) -> str:
    if value in duo.MODIFIERS:
        raise ValueError(f"{value} is a DUO modifier; name it under modifiers")
    return _code(value)


def _modifier(value: str) -> str:
    if value in duo.PERMISSIONS:
        raise ValueError(f"{value} is a DUO permission; name it under permission")
    return _code(value)


def _disease(value: str) -> str:
    if not DISEASE_CODE.fullmatch(value):
        raise ValueError(f"{value} is no disease code such as MONDO:0005010 or ICD10:I20-I25")
    return value


def _asked(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", value):
        raise ValueError("must be a question's identity: 16 hexadecimal digits, in quotes")
    return value


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("must be a day such as 2026-11-22") from None


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Condition(_Section):
    """A modifier: one condition on top of the permission.

    A code that DUO does not have is taken, for it may be a condition; it is for a person.
    """

    code: Annotated[str, AfterValidator(_modifier)]
    detail: Line | None = None


def _by_code(modifiers: tuple[Condition, ...]) -> tuple[Condition, ...]:
    different(tuple(modifier.code for modifier in modifiers))
    return tuple(sorted(modifiers, key=lambda modifier: modifier.code))


class OwnTerms(_Section):
    """Swarm Charter's own terms, for what DUO has no term. They are no part of DUO."""

    ai_training: Literal["permitted", "prohibited", "unstated"]
    insurance_use: Literal["prohibited", "unstated"]
    employment_use: Literal["prohibited", "unstated"]


class Answer(_Section):
    """What a person decided on a question that was left to them.

    Attributes:
        asked: the question's identity, as a verdict tells it. It stands for the terms, the data
            set, the condition and the question; where any of them changes, it is asked anew.
        decision: what follows for the condition.
        by: who decided: an office, such as a data access committee.
        on: the day.
        because: why.
    """

    asked: Annotated[str, AfterValidator(_asked)]
    decision: Literal["permit", "deny"]
    by: Line
    on: Annotated[str, AfterValidator(_day)]
    because: Line


def _by_question(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    different(tuple(answer.asked for answer in answers))
    return tuple(sorted(answers, key=lambda answer: answer.asked))


class Conditions(_Section):
    """On which conditions a data set may be used.

    Attributes:
        scheme: this format and its version.
        dataset: what the institution calls the data set.
        duo_release: release of the Data Use Ontology whose codes these are.
        permission: DUO data use permission.
        diseases: diseases that the use is limited to, any one of them.
        modifiers: DUO data use modifiers; all of them must be met.
        own: our own terms; each must be stated, if only as `unstated`.
        answers: what persons decided where the machine could not.
    """

    scheme: Literal["swarm-charter/conditions/1"]
    dataset: Line
    duo_release: Line
    permission: Annotated[str, AfterValidator(_permission)]
    diseases: Annotated[
        tuple[Annotated[str, AfterValidator(_disease)], ...],
        Field(max_length=MAX_DISEASES),
        AfterValidator(ascending),
    ] = ()
    modifiers: Annotated[
        tuple[Condition, ...], Field(max_length=MAX_MODIFIERS), AfterValidator(_by_code)
    ] = ()
    own: OwnTerms
    answers: Annotated[
        tuple[Answer, ...], Field(max_length=MAX_ANSWERS), AfterValidator(_by_question)
    ] = ()


def load_conditions(path: str | os.PathLike[str]) -> Conditions:
    """Reads a document of conditions, in YAML or JSON.

    Raises:
        DocumentUnreadable: there is no such file, or it is too large, or no text in UTF-8.
        ConditionsInvalid: it has mistakes; all of them are listed.
    """
    return parse_conditions(read_document(path), name=str(path))


def parse_conditions(text: str, *, name: str = "conditions.yaml") -> Conditions:
    """Reads conditions from text in YAML or JSON; `name` is what messages call it.

    Raises:
        ConditionsInvalid: the text has mistakes; all of them are listed.
    """
    return check(read_yaml(text), Conditions, ConditionsInvalid, name)
