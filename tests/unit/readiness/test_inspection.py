"""Tables held against a schema: what is found, and that no value is ever told."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from governance.readiness.inspection import Inspection, inspect
from governance.readiness.schema import DataSchema, SchemaInvalid
from governance.readiness.table import TableInvalid

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["age", "sex"],
    "properties": {
        "age": {"type": "integer", "minimum": 18, "maximum": 100, "unit": "a"},
        "sex": {"enum": ["Female", "Male"]},
        "chol": {"type": ["number", "null"], "exclusiveMinimum": 0},
        "smoker": {"type": "boolean"},
        "grade": {"enum": [0, 1, 2]},
        "born": {"type": "string", "format": "date"},
        "code": {"$ref": "#/$defs/code"},
        "either": {"anyOf": [{"type": "integer", "maximum": 9}, {"type": "boolean"}]},
    },
    "$defs": {"code": {"type": "string", "pattern": "^[A-Z][0-9]+$"}},
}
UNITS = {"age": "a"}


def schema(**changed: Any) -> DataSchema:
    return DataSchema(json.dumps(SCHEMA | changed).encode())


def held(folder: Path, text: str | bytes, *, name: str = "data.csv", **given: Any) -> Inspection:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return inspect(file, given.pop("schema", None) or schema(), **({"units": UNITS} | given))


def faults(found: Inspection) -> list[tuple[int, str | None, str]]:
    return [(fault.row, fault.column, fault.rule) for fault in found.faults]


def test_a_table_that_follows_its_schema(tmp_path: Path) -> None:
    text = "age,sex,chol,smoker,grade\n63,Male,233.5,TRUE,0\n37,Female,,false,2\n"
    found = held(tmp_path, text)
    assert not found.faults
    table = found.table
    assert (table.rows, table.faulty, table.foreign, table.unlike) == (2, 0, 0, ())
    assert table.digest == hashlib.sha256(text.encode()).digest()
    assert table.schema_digest == hashlib.sha256(json.dumps(SCHEMA).encode()).digest()
    columns = {column.name: column for column in table.columns}
    assert list(columns) == list(SCHEMA["properties"])
    assert (columns["chol"].missing, columns["born"].missing, columns["age"].unit) == (1, 2, "a")


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        ("age=17", "age", "is below 18"),
        ("age=101", "age", "is above 100"),
        ("age=63.5", "age", "is no integer"),
        ("age=sixty", "age", "is no integer"),
        ("age= 63", "age", "is no integer"),
        ("age=1e999", "age", "is no integer"),
        ("age=" + "9" * 5000, "age", "is no integer"),
        ("age=", "age", "is missing"),
        ("sex=female", "sex", "is none of the values that the schema lists"),
        ("sex=", "sex", "is missing"),
        ("chol=0", "chol", "is not above 0"),
        ("chol=NaN", "chol", "is no number or null"),
        ("chol='2,3'", "chol", "is no number or null"),
        ("smoker=1", "smoker", "is no boolean"),
        ("grade=3", "grade", "is none of the values that the schema lists"),
        ("born=2024-02-30", "born", "is no date"),
        ("code=a1", "code", "has not the form ^[A-Z][0-9]+$"),
        ("either=10", "either", "breaks the rule anyOf"),
    ],
)
def test_what_breaks_the_schema_is_told_without_the_value(
    tmp_path: Path, cells: str, column: str, rule: str
) -> None:
    name, _, value = cells.partition("=")
    row = {"age": "63", "sex": "Male"} | {name: value.strip("'")}
    text = ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n"
    found = held(tmp_path, text)
    assert faults(found) == [(1, column, rule)]
    assert found.table.faulty == 1
    assert {each.name for each in found.table.columns if each.faulty} == {column}


@pytest.mark.parametrize(
    "cells",
    [
        *("age=18", "age=100", "age=63.0", "chol=1e2", "chol=", "smoker=False", "grade=2"),
        *("born=2024-02-29", "code=A1", "either=9", "either=TRUE"),
    ],
)
def test_what_keeps_the_schema(tmp_path: Path, cells: str) -> None:
    name, _, value = cells.partition("=")
    row = {"age": "63", "sex": "Male"} | {name: value}
    assert not held(tmp_path, ",".join(row) + "\n" + ",".join(row.values())).faults


def test_no_value_of_a_patient_is_ever_told(tmp_path: Path) -> None:
    """A faulty cell, a column that nobody knows, a row too long: nothing of them comes out."""
    secret = "Erika-Mustermann-1964"
    text = f"age,sex,{secret}\n{secret},{secret},{secret}\n63,{secret}\n"
    found = held(tmp_path, text)
    assert found.table.faulty == 2
    assert secret not in repr(found)
    # A table without a header has a patient for one.
    with pytest.raises(TableInvalid) as raised:
        held(tmp_path, f"{secret},63,Male\n")
    assert secret not in raised.value.message
    told = held(tmp_path, json.dumps({secret: secret, "age": secret}), name="data.ndjson")
    assert secret not in repr(told)


def test_columns_that_the_schema_does_not_know(tmp_path: Path) -> None:
    text = "age,name,sex\n63,Erika,Female\n64,,Female\n"
    found = held(tmp_path, text)
    assert faults(found) == [(1, "column 2", "is no column of the schema")]
    assert (found.table.foreign, found.table.faulty) == (1, 1)
    open_to_more = schema(additionalProperties=True)
    assert not held(tmp_path, text, schema=open_to_more).faults


def test_a_required_column_that_is_not_there_is_missing_everywhere(tmp_path: Path) -> None:
    found = held(tmp_path, "age\n63\n64\n")
    assert faults(found) == [(1, "sex", "is missing"), (2, "sex", "is missing")]
    assert found.table.faulty == 2


@pytest.mark.parametrize(
    ("header", "said", "unlike"),
    [
        ("age", {"age": "a"}, ()),
        ("age [a]", {}, ()),
        ("age [a]", {"age": "a"}, ()),
        ("age", {}, ("age",)),
        ("age", {"age": "mo"}, ("age",)),
        ("age [mo]", {}, ("age",)),
        ("age [mo]", {"age": "a"}, ("age",)),
    ],
)
def test_units_are_the_schemas_or_told(
    tmp_path: Path, header: str, said: dict[str, str], unlike: tuple[str, ...]
) -> None:
    found = held(tmp_path, f"{header},sex\n63,Male\n", units=said)
    assert (found.table.unlike, found.faults) == (unlike, ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeffage,sex\r\n63,Male\r\n".replace(",", delimiter)
    assert held(tmp_path, text).table.rows == 1


def test_what_stands_for_missing_is_said(tmp_path: Path) -> None:
    text = "age,sex,chol\n63,Male,NA\n"
    assert held(tmp_path, text).table.faulty == 1
    found = held(tmp_path, text, missing=("NA",)).table
    assert (found.faulty, found.columns[2].missing) == (0, 1)


def test_a_cell_of_blanks_is_no_value(tmp_path: Path) -> None:
    named = schema(
        properties={"name": {"type": "string"}}, required=["name"], additionalProperties=False
    )
    found = held(tmp_path, "name,x\n  ,\nann, \n", schema=named, units={})
    assert faults(found) == [(1, "name", "is missing")]
    assert found.table.columns[0].missing == 1


def test_a_row_of_another_length(tmp_path: Path) -> None:
    found = held(tmp_path, 'age,sex\n63,"Ma\nle",x\n\n64,Male\n')
    assert faults(found) == [(1, None, "has 3 fields, and the header has 2")]
    assert (found.table.rows, found.table.faulty) == (2, 1)


def test_rules_between_columns(tmp_path: Path) -> None:
    rules = schema(dependentRequired={"chol": ["born"]}, allOf=[{"required": ["age"]}])
    found = held(tmp_path, "age,sex,chol\n63,Male,\n64,Male,7\n", schema=rules)
    assert faults(found) == [(2, None, "breaks the rule dependentRequired")]


def test_a_required_value_may_be_null_where_the_schema_says_so(tmp_path: Path) -> None:
    rules = schema(required=["age", "sex", "chol"])
    found = held(tmp_path, "age,sex,chol\n63,Male,\n,Male,1\n", schema=rules)
    assert faults(found) == [(2, "age", "is missing")]


def test_ndjson(tmp_path: Path) -> None:
    rows = [{"age": 63, "sex": "Male"}, {"age": "63", "sex": None}, {"age": 7, "sex": "Male"}]
    text = "\n\n".join(map(json.dumps, rows)) + '\n[]\n{"age":1,"age":2}\n{"age": NaN}\n'
    found = held(tmp_path, text, name="data.ndjson")
    assert faults(found) == [
        (2, "age", "is no integer"),
        (2, "sex", "is missing"),
        (3, "age", "is below 18"),
        (4, None, "is no JSON object"),
        (5, None, "is no JSON object"),
        (6, None, "is no JSON object"),
    ]
    assert (found.table.rows, found.table.faulty) == (6, 5)


def test_all_faults_count_and_the_first_are_told(tmp_path: Path) -> None:
    found = held(tmp_path, "age,sex\n" + "7,x\n" * 50, told=7)
    assert (len(found.faults), found.table.faulty) == (7, 50)
    assert not held(tmp_path, "age,sex\n7,x\n", told=0).faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "it is empty"),
        (b"x,y\n1,2\n", "names no column of the schema"),
        (b"age,sex,age\n", "names a column twice"),
        (b"age,sex\n63,\xff\n", "line 2 is not text in UTF-8"),
        (b'age,sex\n63,"Male\n', "is no CSV"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: bytes, words: str) -> None:
    with pytest.raises(TableInvalid, match=words):
        held(tmp_path, text)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "names no properties"),
        (b'{"type": "object"}', "names no properties"),
        (b'{"properties": {"a": {"type": "whole"}}}', "properties/a/type is no JSON Schema"),
        (b'{"properties": {"a": {"$ref": "https://example.org/a"}}}', "outside of it"),
        (b'{"properties": {"a": {"$ref": "#/$defs/a"}}}', "outside of it"),
        (b'{"properties": {"a": {"$ref": "#/properties/a"}}}', "outside of it"),
        (b'{"properties": {}, "required": ["a"]}', "does not describe"),
        (b'{"properties": {}, "patternProperties": {"^a": {}}}', "leaves open"),
        (b'{"properties": {}, "additionalProperties": {}}', "leaves open"),
    ],
)
def test_what_is_no_schema_is_refused(document: bytes, words: str) -> None:
    with pytest.raises(SchemaInvalid, match=words):
        DataSchema(document)


cells = st.one_of(
    st.integers(-5, 130),
    st.floats(0, 9, allow_nan=False),
    st.sampled_from(["Female", "Male", "x", True, False, None]),
)


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(SCHEMA["properties"], cells))))
def test_rows_of_json_are_judged_as_jsonschema_does(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    """Null is missing here; otherwise the same rows are faulty as for the reference."""
    reference = Draft202012Validator(SCHEMA)
    without = [{key: value for key, value in row.items() if value is not None} for row in rows]
    expected = sum(not reference.is_valid(row) for row in without)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    found = held(tmp_path_factory.mktemp("rows"), text, name="data.ndjson")
    # Our check of dates comes on top.
    dates = sum(isinstance(row.get("born"), str) and reference.is_valid(row) for row in without)
    assert expected <= found.table.faulty <= expected + dates
    assert found.table.rows == len(rows)


def test_a_large_table_stays_on_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("age,sex,chol\n")
        out.writelines(f"{18 + n % 80},Male,{n}.5\n" for n in range(20_000))
        out.writelines(f"{18 + n % 80},Male,{n % 1000}.5\n" for n in range(60_000))
    tracemalloc.start()
    found = inspect(file, schema(), units=UNITS, told=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.table.rows, found.table.faulty) == (80_000, 0)
    # What is remembered of cells that repeat is bounded; the table is not in memory.
    assert peak < 20_000_000
