"""Conditions and tables of diseases as people write them, right and wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.terms import DocumentUnreadable
from governance.terms.datause import (
    ConditionsInvalid,
    OntologyInvalid,
    load_conditions,
    load_ontology,
    ontology,
    parse_conditions,
    parse_ontology,
    shipped_ontology,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "conditions.yaml"
TEXT = EXAMPLE.read_text(encoding="utf-8")


def test_conditions_are_read_from_json_too(tmp_path: Path) -> None:
    read = load_conditions(EXAMPLE)
    place = tmp_path / "conditions.json"
    place.write_text(json.dumps(read.model_dump(), indent=1), encoding="utf-8")
    assert load_conditions(place) == read


WRONG = [
    ("permission: DUO:0000007", "permission: DUO:0000021", "is a DUO modifier"),
    ("code: DUO:0000021", "code: DUO:0000042", "is a DUO permission"),
    ("code: DUO:0000021", "code: ethics", "is no code such as DUO:0000042"),
    ("code: DUO:0000021", "code: DUO:0000019", "names DUO:0000019 twice"),
    ("MONDO:0005267", "heart", "is no disease code"),
    ("dataset: ", "dataste: ", "did you mean dataset?"),
    ("ai_training: permitted", "ai_training: yes", "must be 'permitted', 'prohibited' or"),
    ("  ai_training: permitted", "  #", "own.ai_training: is missing"),
    ("insurance_use: prohibited", "insurance_use: permitted", "must be 'prohibited' or"),
    ("conditions/1", "conditions/2", "must be 'swarm-charter/conditions/1'"),
    ("duo_release: 2021-02-23", "# ", "duo_release: is missing"),
    ("own:", "answers: [{asked: no}]\nown:", "must be a question's identity"),
    ("own:", "answers: [{on: never}]\nown:", "must be a day such as 2026-11-22"),
    ("own:", "modifiers: []\nown:", "stands here twice"),
    ("scheme:", "scheme: [", "this is no readable YAML"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_a_mistake_is_told_with_its_place(right: str, wrong: str, message: str) -> None:
    assert right in TEXT
    with pytest.raises(ConditionsInvalid) as caught:
        parse_conditions(TEXT.replace(right, wrong, 1))
    assert message in "\n".join(map(str, caught.value.problems))
    assert caught.value.problems[0].line


def test_what_is_empty_missing_or_too_large_is_told(tmp_path: Path) -> None:
    place = tmp_path / "conditions.yaml"
    with pytest.raises(DocumentUnreadable, match="No such file"):
        load_conditions(place)
    place.write_text("")
    with pytest.raises(ConditionsInvalid, match="is empty"):
        load_conditions(place)
    place.write_text("#" * 300_000)
    with pytest.raises(ConditionsInvalid, match="longer than 262144 characters"):
        load_conditions(place)
    with place.open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(DocumentUnreadable, match="larger than 1 MiB"):
        load_conditions(place)
    place.write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentUnreadable, match="UTF-8"):
        load_conditions(place)


# --- tables of diseases ---------------------------------------------------------------------------


def test_the_shipped_table_holds_together_and_names_its_sources() -> None:
    shipped = shipped_ontology()
    for code in shipped.parents:
        tops = {each for each in shipped.above(code) if not shipped.parents[each]}
        assert len(tops) == 1, code
        assert {each.partition(":")[0] for each in shipped.above(code)} == {code.split(":")[0]}
    assert shipped.name("DOID:114") == "DOID:114 (heart disease)"
    text = Path(ontology.__file__).with_name("heart.csv").read_text(encoding="utf-8")
    for source in ("Mondo", "CC BY 4.0", "Human Disease", "CC0", "WHO"):
        assert source in text


@pytest.mark.parametrize(
    "text",
    [
        "DOID:2,DOID:1\nDOID:3,DOID:2\n",
        "child,parent\nDOID:2,DOID:1\n\n# a note\nDOID:3,DOID:2",
        "Child\tParent\tName\r\nDOID:2\tDOID:1\t\r\nDOID:3\tDOID:2\tthree, or so\r\n",
        'DOID:2,DOID:1,"two, or so"\nDOID:3,DOID:2,three',
    ],
)
def test_a_table_is_read_in_its_forms(text: str) -> None:
    read = parse_ontology(text)
    assert read.is_below("DOID:3", "DOID:1")
    assert not read.is_below("DOID:1", "DOID:3")
    assert (read.knows("DOID:1"), read.knows("DOID:4")) == (True, False)


WRONG_TABLES: list[tuple[Any, str]] = [
    ("DOID:1,DOID:1", "line 1: DOID:1 is its own parent"),
    ("DOID:1,DOID:2\nDOID:2,DOID:3\nDOID:3,DOID:1", "goes in a circle: DOID:1 is a DOID:2 is a"),
    ("ICD10:I25,ICD10:I25.1", "goes in a circle: ICD10:I25 is a ICD10:I25.1 is a ICD10:I25."),
    ("DOID:1", "line 1: has 1 columns instead of two or three"),
    ("DOID:1,DOID:2\nDOID:3,heart", "line 2: 'heart' is no code"),
    ("DOID:1,DOID:2,a,b", "has 4 columns"),
    ("", "it has no rows"),
    ("child,parent\n", "it has no rows"),
    ("# only\n", "it has no rows"),
    (f"DOID:1,{'x' * 200_000}", "line 1: field larger than field limit"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_TABLES)
def test_a_wrong_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(OntologyInvalid) as caught:
        parse_ontology(text)
    assert message in caught.value.message


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "table.tsv"
    with pytest.raises(OntologyInvalid, match="No such file"):
        load_ontology(place)
    place.write_bytes(b"\x80")
    with pytest.raises(OntologyInvalid, match="UTF-8"):
        load_ontology(place)
    with place.open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(OntologyInvalid, match="larger than 64 MiB"):
        load_ontology(place)


def test_a_deep_table_is_no_trouble() -> None:
    deep = parse_ontology("\n".join(f"DOID:{n},DOID:{n + 1}" for n in range(20_000)))
    assert deep.is_below("DOID:0", "DOID:20000")
