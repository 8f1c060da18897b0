"""Files of consents as they come: good ones in every form, and bad ones that are refused."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from governance.consent import Reason, files_in, read
from governance.consent.errors import (
    ConsentPatientUnclear,
    ConsentTwice,
    ConsentUnreadable,
)
from governance.consent.fhir import MAX_FILE, MAX_LINE
from tests.unit.consent.builder import Json, consent, deny, everything
from tests.unit.consent.cases import CASES, USE

if TYPE_CHECKING:
    from pathlib import Path

    from governance.consent.found import Found

SECRET = "Mustermann"
XML = '<Consent xmlns="http://hl7.org/fhir">{}</Consent>'


def bundle(*resources: Any, kind: str = "searchset") -> Json:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return path


def found(*paths: Path, named_by: str = "reference") -> list[Found]:
    return list(read(files_in(paths), named_by))


def as_xml(resource: Json) -> bytes:
    from fhir.resources.R4B.consent import Consent  # noqa: PLC0415

    text: bytes = Consent.model_validate(resource).model_dump_xml()
    return text


# --- good ones ------------------------------------------------------------------------------------


def test_all_forms_of_a_file_say_the_same(tmp_path: Path) -> None:
    made = [consent(*everything(), patient=name) for name in ("p1", "p2")]
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": SECRET}]}
    lines = "\n".join(json.dumps(each) for each in [*made, patient]) + "\n\n"
    body = b"".join(
        b"<entry><resource>" + as_xml(each).split(b"?>", 1)[1] + b"</resource></entry>"
        for each in made
    )
    xml = b'<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>' + body + b"</Bundle>"
    files = [
        written(tmp_path, "b.json", bundle(*made, patient)),
        written(tmp_path, "nested.json", bundle(bundle(*made, kind="collection"))),
        written(tmp_path, "b.ndjson", lines),
        written(tmp_path, "bundles.jsonl", json.dumps(bundle(*made)) + "\n"),
        written(tmp_path, "b.xml", xml),
    ]
    for file in files:
        said = found(file)
        assert [each.record for each in said] == ["p1", "p2"], file
        assert {each.statement.body() for each in said} == {found(files[0])[0].statement.body()}
    (tmp_path / ".hidden").write_text("x")
    assert len(found(tmp_path)) == 10


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_xml_says_what_json_says(case: Any, tmp_path: Path) -> None:
    for resource in case.consents:
        try:
            xml = as_xml(resource)
        except ValueError:
            continue
        one, other = (
            found(written(tmp_path, "c.json", resource)),
            found(written(tmp_path, "c.xml", xml)),
        )
        assert one[0].statement == other[0].statement
        assert one[0].source == other[0].source


def test_a_patient_is_named_by_reference_or_by_identifier(tmp_path: Path) -> None:
    identifier = {"system": "https://dic.example/psn", "value": "dic_1"}
    names = {
        "Patient/p1": "p1",
        "https://h.example/fhir/Patient/p1/_history/2": "p1",
        "urn:uuid:1e7b": "urn:uuid:1e7b",
    }
    for reference, record in names.items():
        patient = {"reference": reference, "identifier": identifier}
        file = written(tmp_path, "c.json", consent(*USE) | {"patient": patient})
        assert found(file)[0].record == record
        assert found(file, named_by="identifier")[0].record == "https://dic.example/psn|dic_1"


def test_a_consent_without_an_id_is_told_by_its_identifier_or_by_what_it_says(
    tmp_path: Path,
) -> None:
    bare = {key: value for key, value in consent(*USE).items() if key != "id"}
    file = written(tmp_path, "c.json", bare | {"identifier": [{"system": "s", "value": "7"}]})
    assert found(file)[0].source == "identifier:s|7"
    assert found(file)[0].statement.permits
    denying = bare | {"provision": consent(*USE, deny(9))["provision"]}
    for resource, denials in ((bare, []), (denying, [Reason.THIRD_PARTIES_DENIED])):
        (each,) = found(written(tmp_path, "c.json", resource))
        assert each.source.startswith("sha256:")
        # What could not be made inactive later permits nothing, and denies what it denies.
        assert (each.statement.permits, each.statement.flaw) == ((), Reason.UNNAMED)
        assert [denial.reason for denial in each.statement.denials] == denials


def test_an_invalid_consent_is_handed_on_as_one_that_may_be_a_withdrawal(tmp_path: Path) -> None:
    broken = [consent(*USE) | {"status": ["active"]}, consent(*USE) | {"dateTime": "soon"}]
    said = found(written(tmp_path, "c.ndjson", "\n".join(map(json.dumps, broken))))
    xml = written(
        tmp_path, "c.xml", XML.format('<patient><reference value="Patient/p1"/></patient>')
    )
    for each in [*said, *found(xml)]:
        assert each.record == "p1"
        assert each.statement.flaw is Reason.NOT_UNDERSTOOD
        assert [denial.reason for denial in each.statement.denials] == [Reason.NOT_UNDERSTOOD]


# --- bad ones -------------------------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
NEXT = [
    {"relation": "self", "url": "https://h.example/fhir/Consent"},
    {"relation": "next", "url": "https://h.example/fhir?page=2"},
]
NAMED = '<patient><reference value="Patient/p1"/><display value="{}"/></patient>'
BAD: dict[str, tuple[str, Any, str]] = {
    "no JSON": ("c.json", f'{{"name": "{SECRET}"', "no JSON"),
    "JSON of another encoding": ("c.json", f'{{"n": "{SECRET}ä"}}'.encode("latin-1"), "no JSON"),
    "a field twice": (
        "c.json",
        json.dumps(consent(*USE))[:-1] + ', "status": "inactive"}',
        "says something twice",
    ),
    "nested without end": ("c.json", "[" * 200_000, "no JSON"),
    "no resource": ("c.json", [SECRET], "no FHIR resource"),
    "a list of resources": ("c.json", [consent(*USE)], "no FHIR resource"),
    "a history": ("c.json", bundle(consent(*USE), kind="history"), "of another type"),
    "an entry without a resource": (
        "c.json",
        {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "DELETE"}}]},
        "holds no resource",
    ),
    "a consent within another resource": (
        "c.json",
        bundle({"resourceType": "Parameters", "parameter": [{"resource": consent(*USE)}]}),
        "a Parameters holds a Consent",
    ),
    "a consent within a consent": (
        "c.json",
        consent(*USE, contained=[consent(*USE, name="c2")]),
        "a Consent holds a Consent",
    ),
    "a consent within another resource, as XML": (
        "c.xml",
        '<List xmlns="http://hl7.org/fhir"><contained><Consent/></contained></List>',
        "a List holds a Consent",
    ),
    "an error instead of consents": (
        "c.ndjson",
        json.dumps({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
        "the server tells of an error",
    ),
    "an error instead of consents, as XML": (
        "c.xml",
        '<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="fatal"/></issue>'
        "</OperationOutcome>",
        "the server tells of an error",
    ),
    "the first page alone": ("c.json", bundle(consent(*USE)) | {"link": NEXT}, "a next page"),
    "the first page alone, as XML": (
        "c.xml",
        '<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/><link><relation '
        'value="next"/><url value="https://h.example"/></link></Bundle>',
        "a next page",
    ),
    "Bundles in Bundles": (
        "c.json",
        bundle(bundle(bundle(bundle(bundle(consent(*USE)))))),
        "nested too deeply",
    ),
    "the third line": ("c.ndjson", f"{{}}\n{{}}\n{SECRET}\n".replace("{}", ""), "line 3"),
    "no XML": ("c.xml", f"<Consent>{SECRET}", "no XML"),
    "another namespace": ("c.xml", f"<Consent>{SECRET}</Consent>", "no FHIR resource"),
    "a bomb": ("c.xml", LAUGHS + XML.format("<id>&i;</id>"), "read safely"),
    "an entity": (
        "c.xml",
        '<!DOCTYPE l [<!ENTITY a "ha">]>' + XML.format("<id>&a;</id>"),
        "document type",
    ),
    "a file of this machine": (
        "c.xml",
        '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + XML.format(NAMED.format("&a;")),
        "read safely",
    ),
    "an outer document type": (
        "c.xml",
        '<!DOCTYPE Consent SYSTEM "http://127.0.0.1:9/x.dtd">' + XML.format(NAMED.format(SECRET)),
        "document type",
    ),
    "another ending": ("c.txt", SECRET, "another ending"),
}


def test_pages_are_read_with_their_last_one(tmp_path: Path) -> None:
    warning = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    pages = [
        written(tmp_path, "1.json", bundle(consent(*USE)) | {"link": NEXT}),
        written(tmp_path, "2.json", bundle(consent(*USE, patient="p2"), warning)),
    ]
    assert [each.record for each in found(*pages)] == ["p1", "p2"]


@pytest.mark.parametrize(("name", "content", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_and_nobody_is_named(
    name: str, content: Any, words: str, tmp_path: Path
) -> None:
    file = written(tmp_path, name, content)
    with pytest.raises(ConsentUnreadable) as caught:
        found(file)
    told = caught.value.message + caught.value.remedy
    assert words in told
    assert name in told
    assert SECRET not in told + str(caught.value.__cause__)


def test_nothing_is_fetched_for_an_xml_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        where = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        text = f'<!DOCTYPE Consent SYSTEM "{where}">' + XML.format(NAMED.format("x"))
        with pytest.raises(ConsentUnreadable):
            found(written(tmp_path, "c.xml", text))
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    for name, size in (("c.json", MAX_FILE), ("c.xml", MAX_FILE), ("c.ndjson", MAX_LINE)):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(size + 1)
        with pytest.raises(ConsentUnreadable, match="MiB"):
            found(path)


def test_an_empty_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConsentUnreadable, match="no files"):
        found(tmp_path)
    for name in ("no.json", "no.ndjson", "no.csv", "no.yaml"):
        with pytest.raises(ConsentUnreadable):
            found(tmp_path / name)


@pytest.mark.parametrize(
    "patient",
    [
        {"reference": "Group/p1"},
        {"reference": "#p1"},
        {"reference": "p1"},
        {"reference": "Patient/"},
        {"reference": "Patient/a\x1b[31m"},
        {"reference": "Patient/p1 "},
        {"reference": " Patient/p1"},
        {"reference": "Patient/Mu\u0308ller"},
        {"display": SECRET},
        {"identifier": {"value": SECRET}},
        SECRET,
        None,
    ],
)
def test_a_consent_that_does_not_tell_whose_it_is_is_refused(patient: Any, tmp_path: Path) -> None:
    file = written(tmp_path, "c.json", bundle(consent(*USE), consent(*USE) | {"patient": patient}))
    with pytest.raises(ConsentPatientUnclear, match=r"c\.json, entry 2") as caught:
        found(file)
    assert SECRET not in str(caught.value)


# --- the matrix -----------------------------------------------------------------------------------

HEAD = "record,decision,diseases,regions,researchers,purposes,from,until\n"


def test_a_record_stands_in_a_matrix_once(tmp_path: Path) -> None:
    row = "r1,permit,any,any,any,any,2020-01-01,\n"
    with pytest.raises(ConsentTwice, match="row 3"):
        found(written(tmp_path, "m.csv", HEAD + row + row))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("m.csv", "record,decision\nr1,permit\n", "'diseases' is missing"),
        ("m.csv", HEAD.strip() + ",name\n", "not known"),
        ("m.csv", HEAD + "r1,permit\n", "line 2"),
        ("m.csv", HEAD + ",permit,any,any,any,any,2020-01-01,\n", "names no record"),
        ("m.csv", HEAD + '"r1', "no CSV"),
        ("m.csv", "", "is missing"),
        ("m.yaml", "records: []\n", "no matrix"),
        ("m.yaml", "a: [", "line"),
        ("m.yaml", "scheme: swarm-charter/consent-matrix/1\nrecords: [x]\n", "record 1"),
        ("m.yaml", "scheme: swarm-charter/consent-matrix/1\nrecords: [{record: r}]\n", "record 1"),
    ],
)
def test_a_wrong_matrix_is_refused(name: str, text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConsentUnreadable, match=words):
        found(written(tmp_path, name, text))


def test_a_record_of_yaml_is_told_without_gaps_as_one_of_csv(tmp_path: Path) -> None:
    fields = {"record": " r1 ", "decision": "deny "} | dict.fromkeys(
        ("diseases", "regions", "researchers", "purposes", "from", "until")
    )
    matrix = {"scheme": "swarm-charter/consent-matrix/1", "records": [fields]}
    (row,) = found(written(tmp_path, "m.yaml", matrix))
    assert row.record == "r1"
    assert [denial.reason for denial in row.statement.denials] == [Reason.DENIED]


def test_a_record_by_another_spelling_is_refused(tmp_path: Path) -> None:
    for name in ("Mu\u0308ller", "r\u200b1"):
        with pytest.raises(ConsentUnreadable, match="row 2"):
            found(written(tmp_path, "m.csv", HEAD + f"{name},deny,,,,,,\n"))


@pytest.mark.parametrize("system", ["s ", "\ud800"])
def test_an_identifiers_system_that_cannot_be_told_apart_is_refused(
    system: str, tmp_path: Path
) -> None:
    named = consent(*USE, identifier=[{"system": system, "value": "7"}])
    del named["id"]
    with pytest.raises(ConsentPatientUnclear):
        found(written(tmp_path, "c.json", json.dumps(named)))


@pytest.mark.parametrize("kind", ["link to nothing", "link to a folder", "pipe", "device"])
def test_nothing_in_a_folder_is_passed_over(tmp_path: Path, kind: str) -> None:
    """What it leads to might hold a withdrawal."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "matrix.csv").write_text("record\n", encoding="utf-8")
    assert files_in([folder]) == [folder / "matrix.csv"]
    odd = folder / "more.json"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to(
            {
                "link to nothing": tmp_path / "gone",
                "link to a folder": tmp_path,
                "device": "/dev/zero",
            }[kind]
        )
    with pytest.raises(ConsentUnreadable, match="neither a file nor a folder"):
        files_in([folder])
