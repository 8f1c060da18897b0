"""A study's data schema (JSON Schema): what a row must be, column by column.

Of what breaks the schema only the column and the rule are ever told, never the value.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from governance.errors import CharterError
from governance.primitives import sha256
from governance.readiness.extra import need
from governance.readiness.patience import TooLong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING = "is missing"

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 60
_REMEMBERED = 50_000
# What is judged here, column by column, or says nothing; whatever else a schema asks of a row,
# jsonschema judges.
_OURS = frozenset(
    {"properties", "required", "additionalProperties", "type", "unit", "default"}
    | {"$schema", "$id", "$anchor", "$comment", "$defs", "definitions"}
    | {"title", "description", "examples"}
)
_BY_PATTERN = frozenset(
    {"patternProperties", "unevaluatedProperties", "propertyNames", "minProperties"}
    | {"maxProperties"}
)
_RULES = {
    "type": "is no {}",
    "enum": "is none of the values that the schema lists",
    "const": "is not the one value that the schema allows",
    "minimum": "is below {}",
    "maximum": "is above {}",
    "exclusiveMinimum": "is not above {}",
    "exclusiveMaximum": "is not below {}",
    "minLength": "is shorter than {} characters",
    "maxLength": "is longer than {} characters",
    "multipleOf": "is no multiple of {}",
    "pattern": "has not the form {}",
    "format": "is no {}",
}


class SchemaInvalid(CharterError):
    """The data schema cannot be used."""

    code = "SchemaInvalid"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is no schema that a row of data can be held against: {reason}.",
            "Give the JSON Schema (draft 2020-12) whose SHA-256 the terms name.",
        )


class Judged(NamedTuple):
    """A cell as the schema sees it: its value, and the rule it breaks, if it breaks one."""

    value: Any
    rule: str | None


class Field:
    """One column of the schema.

    Attributes:
        name: Its name.
        unit: The unit in which it is measured, by the keyword `unit`; None where none is named.
        required: Whether each row must have a value.
        nullable: Whether null is a value.
        judge: The judgement of a cell of text, as tables have them; remembered, for cells repeat.
    """

    def __init__(self, name: str, schema: Any, *, required: bool, validator: Any) -> None:
        self.name = name
        unit = schema.get("unit") if isinstance(schema, dict) else None
        self.unit: str | None = unit if isinstance(unit, str) else None
        self._pattern = schema.get("pattern") if isinstance(schema, dict) else None
        self.required = required
        self._kinds = _kinds(schema, validator, depth=0) or {"string"}
        self._validator = validator.evolve(schema=schema)
        self.nullable = "null" in self._kinds
        self.judge = lru_cache(_REMEMBERED)(self._judge)

    def rule(self, value: Any) -> str | None:
        """Return the rule that a value breaks, in words without the value."""
        try:
            error = next(self._validator.iter_errors(value), None)
        except TooLong as too_long:
            too_long.column, too_long.pattern = self.name, self._pattern
            raise
        if error is None:
            return None
        words = _RULES.get(error.validator, f"breaks the rule {error.validator}")
        wanted = error.validator_value
        if isinstance(wanted, list):
            wanted = " or ".join(map(str, wanted))
        return words.format(wanted)

    def _judge(self, text: str) -> Judged:
        value = self._value(text)
        return Judged(value, self.rule(value))

    def _value(self, text: str) -> Any:
        """What a cell says; text that is not of the kind asked for stays text: it breaks `type`."""
        kinds = self._kinds
        if kinds & {"integer", "number"} and len(text) <= _LONGEST_NUMBER:
            found = _NUMBER.fullmatch(text)
            if found:
                number = float(text) if found[2] or found[3] else int(text)
                return number if math.isfinite(number) else text
        if "boolean" in kinds and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return text


class DataSchema:
    """The schema of one row.

    Args:
        document: The schema's document, JSON.
        name: What messages call it.

    Attributes:
        digest: SHA-256 of the document.
        fields: The columns by name, in the schema's order.
        closed: Whether columns that the schema does not know are a fault.

    Raises:
        SchemaInvalid: it cannot be used.
        ReadinessNotInstalled: the package that judges is missing.
    """

    def __init__(self, document: bytes, name: str = "The schema") -> None:
        need("jsonschema")
        from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - 0.1 s
        from jsonschema.exceptions import SchemaError  # noqa: PLC0415
        from jsonschema.validators import validator_for  # noqa: PLC0415
        from referencing import Registry  # noqa: PLC0415
        from referencing.exceptions import Unresolvable  # noqa: PLC0415

        self.digest = sha256(document)
        try:
            plain = json.loads(document)
        except (ValueError, RecursionError):
            raise SchemaInvalid(name, "it is not JSON") from None
        if not isinstance(plain, dict) or not isinstance(plain.get("properties"), dict):
            raise SchemaInvalid(name, "it names no properties, which are the columns")
        kind: Any = validator_for(plain, default=Draft202012Validator)
        try:
            kind.check_schema(plain)
            # Nothing is fetched: a registry of its own knows this document alone.
            validator = kind(plain, registry=Registry(), format_checker=FormatChecker(("date",)))
            required = _required(plain, name)
            self.fields: Mapping[str, Field] = {
                each: Field(each, schema, required=each in required, validator=validator)
                for each, schema in plain["properties"].items()
            }
            # Whatever it refers to and cannot be found shows now, not at some row.
            for field in self.fields.values():
                field.rule("")
            list(validator.iter_errors({}))
        except SchemaError as error:
            where = "/".join(map(str, error.absolute_path)) or "the top"
            raise SchemaInvalid(name, f"what stands at {where} is no JSON Schema") from None
        except (Unresolvable, RecursionError):
            raise SchemaInvalid(name, "it refers to something outside of it") from None
        self.closed = plain.get("additionalProperties") is False
        self._whole = validator if set(plain) - _OURS else None

    def of_row(self, row: Mapping[str, Any]) -> Iterator[str]:
        """Yield the rules that a row breaks as a whole, such as one column asking for another."""
        if self._whole is None:
            return
        for error in self._whole.iter_errors(row):
            if error.absolute_schema_path[0] not in _OURS:
                yield f"breaks the rule {error.absolute_schema_path[0]}"


def _required(plain: dict[str, Any], name: str) -> set[str]:
    """The columns that a schema requires, once it is known to name all its columns one by one."""
    pattern = sorted(_BY_PATTERN & set(plain))
    if pattern or isinstance(plain.get("additionalProperties"), dict):
        named = pattern[0] if pattern else "additionalProperties"
        raise SchemaInvalid(name, f"{named} leaves open what the columns are; name each of them")
    required = set(plain.get("required", ()))
    if not required <= set(plain["properties"]):
        raise SchemaInvalid(name, "it requires a column that it does not describe")
    return required


def _kinds(schema: Any, validator: Any, depth: int) -> set[str]:
    """The JSON types that a schema can accept, as far as it names any."""
    if not isinstance(schema, dict) or depth > 8:  # noqa: PLR2004 - deeper is a circle
        return set()
    named = schema.get("type")
    if named:
        return {named} if isinstance(named, str) else set(named)
    found: set[str] = set()
    for value in (*schema.get("enum", ()), *((schema["const"],) if "const" in schema else ())):
        found.add(_kind(value))
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(keyword, ()):
            found |= _kinds(each, validator, depth + 1)
    if "$ref" in schema:
        resolved = validator._resolver.lookup(schema["$ref"]).contents
        found |= _kinds(resolved, validator, depth + 1)
    return found


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case None:
            return "null"
        case _:
            return "string"
