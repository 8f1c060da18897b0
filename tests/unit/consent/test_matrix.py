from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from governance.consent import Reason, decide, read
from governance.consent.matrix import MATRIX_SCHEME, statement_of_row
from governance.consent.statement import statement_from_body
from tests.unit.consent.builder import asked, consent, deny, statements

if TYPE_CHECKING:
    from pathlib import Path

ROW = {
    "record": "r1",
    "decision": "permit",
    "diseases": "any",
    "regions": "any",
    "researchers": "any",
    "purposes": "any",
    "from": "2020-01-01",
    "until": "",
}
HEART = {"diseases": ("ICD10:I25.1",)}

CASES: list[tuple[str, dict[str, str], dict[str, Any], Reason]] = [
    ("everything", {}, {}, Reason.PERMITTED),
    ("everything, asked widely", {}, {"countries": None}, Reason.PERMITTED),
    ("nothing", dict.fromkeys(("diseases", "regions"), ""), {}, Reason.DISEASE_NOT_PERMITTED),
    ("the disease", {"diseases": "ICD10:I25.1"}, HEART, Reason.PERMITTED),
    ("what the disease is a kind of", {"diseases": "MONDO:1;ICD10:I25"}, HEART, Reason.PERMITTED),
    ("another disease", {"diseases": "ICD10:I21"}, HEART, Reason.DISEASE_NOT_PERMITTED),
    ("a chapter", {"diseases": "ICD10:I"}, HEART, Reason.DISEASE_NOT_PERMITTED),
    ("one of any", {"diseases": "ICD10:I25"}, {}, Reason.DISEASE_NOT_PERMITTED),
    ("the country", {"regions": "DE PL"}, {}, Reason.PERMITTED),
    ("the EU", {"regions": "EU"}, {}, Reason.PERMITTED),
    (
        "Norway is not in the EU",
        {"regions": "EU"},
        {"countries": ("NO",)},
        Reason.REGION_NOT_PERMITTED,
    ),
    ("but in the EEA", {"regions": "EEA"}, {"countries": ("NO",)}, Reason.PERMITTED),
    ("adequate", {"regions": "GDPR"}, {"countries": ("CH", "NO")}, Reason.PERMITTED),
    ("any country is more", {"regions": "GDPR"}, {"countries": None}, Reason.REGION_NOT_PERMITTED),
    ("public", {"researchers": "public"}, {}, Reason.PERMITTED),
    ("private", {"researchers": "private"}, {}, Reason.RESEARCHERS_NOT_PERMITTED),
    ("not for training", {"purposes": "research"}, {}, Reason.PURPOSE_NOT_PERMITTED),
    ("for both", {"purposes": "ai-training;research"}, {}, Reason.PERMITTED),
    ("this study", {"studies": "Other; A study"}, {"study_only": True}, Reason.PERMITTED),
    ("no study", {}, {"study_only": True}, Reason.BASIS_OTHER),
    ("another study", {"studies": "Other"}, {}, Reason.BASIS_OTHER),
    ("not yet", {"from": "2027-01-01"}, {}, Reason.USE_NOT_YET),
    ("expired", {"until": "2026-06-14"}, {}, Reason.USE_EXPIRED),
    ("no beginning", {"from": ""}, {}, Reason.PERIOD_MISSING),
    ("denied", {"decision": "deny"}, {}, Reason.DENIED),
    ("denied later", {"decision": "deny", "from": "2027-01-01"}, {}, Reason.USE_NOT_PERMITTED),
    ("no decision", {"decision": ""}, {}, Reason.VALUE_UNKNOWN),
    ("another decision", {"decision": "yes"}, {}, Reason.VALUE_UNKNOWN),
    ("an unknown purpose", {"purposes": "insurance"}, {}, Reason.VALUE_UNKNOWN),
    ("an unknown region", {"regions": "Europe"}, {}, Reason.VALUE_UNKNOWN),
    ("an unknown disease", {"diseases": "heart"}, {}, Reason.VALUE_UNKNOWN),
    ("any and more", {"diseases": "any ICD10:I25"}, HEART, Reason.VALUE_UNKNOWN),
    ("an unknown time", {"from": "01.02.2020"}, {}, Reason.VALUE_UNKNOWN),
]


@pytest.mark.parametrize(("name", "row", "ask", "reason"), CASES, ids=[case[0] for case in CASES])
def test_a_row_is_decided_as_it_says(
    name: str, row: dict[str, str], ask: dict[str, Any], reason: Reason
) -> None:
    said = statement_from_body(statement_of_row(ROW | row).body())
    assert decide([said], asked(**ask)).reason is reason


def test_a_withdrawal_in_fhir_counts_against_the_matrix_too(tmp_path: Path) -> None:
    row = statement_of_row(ROW)
    said = statements(tmp_path, consent(deny(8)))
    assert decide([row, *said], asked()).reason is Reason.USE_DENIED
    said = statements(tmp_path, consent(deny(6, None, None)))
    assert decide([row, *said], asked()).reason is Reason.COLLECTION_DENIED


def test_csv_and_yaml_say_the_same(tmp_path: Path) -> None:
    table, document = tmp_path / "m.csv", tmp_path / "m.yaml"
    row = ROW | {"diseases": "ICD10:I25;MONDO:1", "regions": "NO", "studies": "One; Two, three"}
    heading, line = ",".join(row), ",".join(f'"{value}"' for value in row.values())
    table.write_text(f"\ufeff{heading}\n{line}\n", encoding="utf-8")
    document.write_text(
        f"""\
scheme: {MATRIX_SCHEME}
records:
  - record: r1
    decision: permit
    diseases: [ICD10:I25, MONDO:1]
    regions: [NO]
    researchers: any
    purposes: any
    from: 2020-01-01
    until: null
    studies: [One, "Two, three"]
""",
        encoding="utf-8",
    )
    one, other = (next(iter(read([file], "reference"))) for file in (table, document))
    assert (one.record, one.source, one.statement) == (other.record, other.source, other.statement)
    assert one.statement.matrix is not None
    assert one.statement.matrix.regions == ("NO",)
