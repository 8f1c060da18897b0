"""From plain data to a checked document, telling every mistake at once, in plain English."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from governance.terms import rules
from governance.terms.fields import unix_time
from governance.terms.model import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from governance.terms.document import Document, Path
    from governance.terms.errors import DocumentInvalid, Problem

Model = TypeVar("Model", bound=BaseModel)


def check(
    document: Document,
    model: type[Model],
    error: type[DocumentInvalid],
    name: str,
    now: int | None = None,
) -> Model:
    """Check a document that was read.

    Args:
        document: The plain data with their positions, and the mistakes found while reading.
        model: What it should be.
        error: What is raised when it is not.
        name: What messages call the document.
        now: Unix seconds; terms that expire earlier are a mistake. None asks for no such check.

    Raises:
        DocumentInvalid: as `error`, with every mistake of the document.
    """
    problems = list(document.problems)
    if document.data is None and problems:
        raise error(name, problems)
    told = {problem.path for problem in problems}
    checked: Model | None = None
    try:
        checked = model.model_validate(document.data)
    except ValidationError as invalid:
        problems += _told_once(told, _field_problems(document, model, invalid))
    if model is Terms:
        problems += _told_once(told, _rule_problems(document, now))
    if problems or checked is None:
        raise error(name, problems)
    return checked


def _told_once(told: set[str], problems: Iterator[Problem]) -> Iterator[Problem]:
    for problem in problems:
        if problem.path not in told:
            told.add(problem.path)
            yield problem


def _rule_problems(document: Document, now: int | None) -> Iterator[Problem]:
    for path, message in rules.contradictions(document.data):
        yield document.problem(path, message)
    expires = document.data.get("expires") if isinstance(document.data, dict) else None
    if now is not None and isinstance(expires, str):
        try:
            over = unix_time(expires) <= now
        except ValueError:
            return
        if over:
            yield document.problem(("expires",), "lies in the past")


def _field_problems(
    document: Document, model: type[BaseModel], invalid: ValidationError
) -> Iterator[Problem]:
    for details in invalid.errors(include_url=False):
        if details["type"] == "contradiction":
            continue
        path = tuple(s for s in details["loc"] if not (isinstance(s, str) and s.startswith("<")))
        unknown = details["type"] == "extra_forbidden"
        yield document.problem(path, _message(details, model, path), at_key=unknown)


def _message(details: ErrorDetails, model: type[BaseModel], path: Path) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_field(str(path[-1]), _fields_around(model, path))
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**details.get("ctx", {})) + (
            _found(details) if kind == "literal_error" else ""
        )
    return f"must be {_SHAPES[kind]}{_found(details)}"


_SENTENCES = {
    "missing": "is missing",
    "value_error": "{error}",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must name at least {min_length}",
    "too_long": "must name at most {max_length}",
}

_SHAPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a group of fields",
    "union_tag_invalid": "the word any or a list",
}


def _found(details: ErrorDetails) -> str:
    match details["input"]:
        case None:
            return "; nothing is there"
        case bool() as value:
            return f", not {str(value).lower()}"
        case str() as value:
            return f", not the text {value[:40]!r}"
        case tuple():
            return ", not a list"
        case dict():
            return ", not a group of fields"
        case value:
            return f", not the number {value}"


def _unknown_field(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"is no field here; did you mean {close[0]}?" if close else "is no field here"


def _fields_around(model: type[BaseModel], path: Path) -> list[str]:
    """The names of the fields that stand beside an unknown one."""
    section = model.model_json_schema()
    definitions = section.get("$defs", {})
    for step in path[:-1]:
        section = section["items"] if isinstance(step, int) else section["properties"][step]
        while "properties" not in section and "items" not in section:
            options = section.get("anyOf", [section])
            section = next(option for option in options if "$ref" in option)
            section = definitions[section["$ref"].rpartition("/")[2]]
    return list(section.get("properties", ()))
