"""`charter readiness check`, and what `charter study sign` makes of its statement."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.primitives import sha256, to_hex
from governance.readiness import statement_from_canonical
from tests.exposure.servers import web
from tests.journeys.swarm import TERMS, Swarm

if TYPE_CHECKING:
    from tests.journeys.swarm import Result

EXAMPLES = Path(__file__).parents[2] / "examples"

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["age", "chol"],
    "properties": {
        "age": {"type": "integer", "minimum": 18},
        "chol": {"type": "number", "unit": "mg/dL"},
    },
}
DATA = "age,chol\n63,233\n37,250\n41,204.5\n"
LABELS = "record,annotator,label\n" + "".join(
    f"r{n},{who},{'yes' if n % 2 else 'no'}\n" for n in range(8) for who in ("ann", "bob")
)
CONFIG = """\
scheme: swarm-charter/readiness-config/1
units: {chol: mg/dL}
"""
ASKS = """\
annotation:
  protocol_digest: "0x3333333333333333333333333333333333333333333333333333333333333333"
  agreement: {metric: cohen-kappa, minimum: 0.8}
consent:
  basis: broad-consent
  max_age: 30d
"""


@pytest.fixture
def home(tmp_path: Path) -> Swarm:
    """A machine without a chain: terms, data and all that the check takes."""
    swarm = Swarm(tmp_path / "home", "")
    swarm.home.mkdir()
    return furnish(swarm)


def furnish(swarm: Swarm) -> Swarm:
    document = json.dumps(SCHEMA)
    asking = TERMS.replace("readiness: stated\n", "").replace(
        "11" * 32, sha256(document.encode()).hex()
    )
    start, end = asking.index("annotation: null"), asking.index("rounds: 50")
    swarm.write("asking.yaml", asking[:start] + ASKS + asking[end:])
    swarm.write("schema.json", document)
    swarm.write("data.csv", DATA)
    swarm.write("labels.csv", LABELS)
    swarm.write("readiness.yaml", CONFIG)
    swarm.write("counts.json", '{"asked": 5, "permitting": 3, "schema": "more"}')
    swarm.write(
        "elsewhere.json", f'{{"asked": 5, "permitting": 3, "terms_digest": "0x{64 * "1"}"}}'
    )
    return swarm


def words(swarm: Swarm, **other: str | None) -> list[str]:
    given: dict[str, str | None] = {
        "terms": "asking.yaml",
        "data": "data.csv",
        "schema": "schema.json",
        "labels": "labels.csv",
        "consent": "counts.json",
        "config": "readiness.yaml",
        "out": "statement.json",
    }
    named = [f"--{key}={swarm / value}" for key, value in (given | other).items() if value]
    return ["readiness", "check", *named, *(["--institution=2"] if "terms" not in other else [])]


def told(result: Result) -> tuple[Any, Any]:
    return result.json, result.error


def test_data_that_meet_the_terms(home: Swarm) -> None:
    found = home.good(*words(home))
    assert (found["schema"], found["passes"]) == ("swarm-charter/cli/readiness-check/1", True)
    assert (found["shortfalls"], found["faults"]) == ([], [])
    said = found["statement"]
    assert said["institution"] == 2
    assert said["data"]["rows"] == 3
    assert said["consent"] == {"asked": 5, "permitting": 3}
    assert said["agreement"] == {
        "metric": "cohen-kappa",
        "value": "1",
        "source": "computed",
        "records": 8,
        "annotators": 2,
    }
    file = home.home / "statement.json"
    assert to_hex(sha256(file.read_bytes())) == found["digest"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert statement_from_canonical(file.read_bytes()).as_json() == said


def test_the_same_in_a_table(home: Swarm) -> None:
    result = home.run(*words(home))
    assert (result.status, result.err.startswith("Wrote ")) == (0, True), result.err
    assert "passes           yes" in result.out
    assert "cohen-kappa 1, computed from 8 records" in result.out
    assert "3 of 5 permit the use" in result.out
    assert "mg/dL" in result.out
    assert "nothing is known of what stands open" in result.out


def test_data_that_do_not_meet_the_terms(home: Swarm) -> None:
    home.write("data.csv", "age;chol\n-31415926;233\n37;unknown-27182818\n41;\n")
    home.write("labels.csv", LABELS.replace("r1,bob,yes", "r1,bob,no"))
    home.write("counts.json", '{"asked": 5, "permitting": 0}')
    bare = words(home, config=None)
    result = home.run(*bare, "--format", "json")
    found, error = told(result)
    assert (result.status, error["code"], found["passes"]) == (4, "NotReady", False)
    assert found["faults"] == [
        {"row": 1, "column": "age", "rule": "is below 18"},
        {"row": 2, "column": "chol", "rule": "is no number"},
        {"row": 3, "column": "chol", "rule": "is missing"},
    ]
    assert found["shortfalls"] == [
        "3 of 3 rows break the schema, in age, chol",
        "the unit of chol is not stated, or not the schema's",
        "the agreement of 0.75 is below 0.8",
        "no patient permits the use",
    ]
    table = home.run(*bare)
    assert table.status == 4
    for part in ("passes           no", "is below 18", "what keeps you from signing", "0.75"):
        assert part in table.out
    for secret in ("31415926", "27182818"):
        assert secret not in table.out + table.err
    # Once corrected, it takes the place of the one that does not pass, and then stays.
    furnish(home)
    home.good(*words(home))
    kept = (home.home / "statement.json").read_bytes()
    again = home.run(*words(home), "--format", "json")
    assert (again.status, again.error["code"]) == (7, "StatementTaken")
    assert (home.home / "statement.json").read_bytes() == kept


def test_an_open_endpoint_keeps_from_signing_and_a_silent_one_is_not_called_safe(
    home: Swarm,
) -> None:
    with web(200, {"Content-Type": "application/fhir+json"}) as fhir, web(401) as closed:
        endpoints = (
            f"endpoints:\n  - {{kind: fhir, url: 'http://127.0.0.1:{fhir.port}/r4'}}\n"
            f"  - {{kind: http, url: 'http://127.0.0.1:{closed.port}/?token=27182818'}}\n"
            "  - {kind: dicom, host: 127.0.0.1, port: 1}\n"
        )
        home.write("readiness.yaml", CONFIG + endpoints)
        result = home.run(*words(home), "--format", "json")
        assert len(fhir.requests) == len(closed.requests) == 1
        found, error = told(result)
        assert (result.status, error["code"]) == (4, "NotReady")
        asked = found["statement"]["exposure"]
        assert [each["verdict"] for each in asked] == ["open", "closed", "unknown"]
        assert {each["vantage"] for each in asked} == {"127.0.0.1"}
        where = f"http://127.0.0.1:{fhir.port}/r4/Patient"
        assert found["shortfalls"] == [f"{where} is open to anybody who asks from 127.0.0.1"]
        assert "27182818" not in result.out
        table = home.run(*words(home)).out
        assert "asked from" in table
        assert "nothing takes a connection there" in table or "no association" in table
    with web(403) as fhir:
        home.write(
            "readiness.yaml",
            CONFIG + endpoints.replace(where[:-8], f"http://127.0.0.1:{fhir.port}/r4"),
        )
        assert home.good(*words(home))["passes"]


def test_a_metric_that_is_not_computed_is_stated(home: Swarm) -> None:
    asking = (home.home / "asking.yaml").read_text(encoding="utf-8")
    home.write("asking.yaml", asking.replace("cohen-kappa", "dice"))
    home.write("readiness.yaml", CONFIG + "agreement: {dice: 0.91}\n")
    result = home.run(*words(home), "--format", "json")
    assert (result.status, result.error["code"]) == (2, "LabelsInvalid")
    stated = home.run(*words(home, labels=None))
    assert stated.status == 0, stated.err
    assert "dice 0.91, which you state; it is not computed here" in stated.out


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"schema": "data.csv"}, "SchemaInvalid", 2),
        ({"data": "schema.json"}, "TableInvalid", 2),
        ({"labels": "data.csv"}, "LabelsInvalid", 2),
        ({"config": "data.csv"}, "ReadinessConfigInvalid", 2),
        ({"consent": "data.csv"}, "ConsentCountsUnreadable", 2),
        ({"consent": "none.json"}, "UsageInvalid", 2),
        ({"data": None}, "UsageInvalid", 2),
        ({"out": None}, "UsageInvalid", 2),
        ({"terms": None}, "NoContext", 2),
        ({"terms": "schema.json"}, "UsageInvalid", 2),
        ({"consent": "elsewhere.json"}, "UsageInvalid", 2),
        ({"out": "counts.json"}, "StatementTaken", 7),
        ({"out": "."}, "UsageInvalid", 2),
    ],
)
def test_wrong_calls(home: Swarm, change: dict[str, str | None], code: str, status: int) -> None:
    before = sorted(each.name for each in home.home.iterdir())
    result = home.run(*words(home, **change), "--format", "json")
    assert (result.error["code"], result.status) == (code, status), result.err
    assert sorted(each.name for each in home.home.iterdir()) == before


def test_the_example_passes_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (EXAMPLES / "readiness" / "readiness.yaml").read_text(encoding="utf-8")
    lines = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#   ")]
    command = " ".join(line.rstrip("\\") for line in lines if "kind:" not in line).split()
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    home = Swarm(tmp_path / "home", "")
    assert command[:3] == ["charter", "readiness", "check"]
    assert home.good(*command[1:])["passes"]


def test_who_signs_shows_a_check_that_passed(swarm: Swarm) -> None:
    furnish(swarm)
    study = swarm.good("study", "open", swarm / "asking.yaml", who="alpha")["study"]
    root = "0x" + 64 * "4"
    before = swarm.head()

    def sign(readiness: str, who: str) -> Result:
        given = ["--readiness", readiness, "--consent", root, "--yes", "--format", "json"]
        return swarm.run("study", "sign", str(study), *given, who=who)

    for readiness, code, status in (
        ("0x" + 64 * "5", "ReadinessNotShown", 4),
        (swarm / "ready.json", "ReadinessInvalid", 2),
    ):
        refused = sign(readiness, "beta")
        assert (refused.error["code"], refused.status) == (code, status)

    check = [*words(swarm, terms=None), "--study", str(study)]
    swarm.write("data.csv", "age,chol\n7,233\n")
    assert swarm.run(*check, who="beta").status == 4
    refused = sign(swarm / "statement.json", "beta")
    assert (refused.error["code"], refused.status) == ("NotReady", 4)
    assert "1 of 1 rows break the schema" in refused.error["message"]

    swarm.write("data.csv", DATA)
    found = swarm.good(*check, who="beta")
    assert found["statement"]["institution"] == 2
    refused = sign(swarm / "statement.json", "gamma")
    assert (refused.error["code"], refused.status) == ("ReadinessInvalid", 2)
    assert swarm.head() == before

    signed = sign(swarm / "statement.json", "beta")
    assert signed.status == 0, signed.err
    (participation,) = swarm.follower().state.study(study).participations.values()
    assert to_hex(participation.readiness) == found["digest"]
    assert sign(swarm / "statement.json", "beta").json["already"]

    # Amended terms are other terms: the statement about the old ones does not do.
    swarm.write(
        "asking.yaml",
        (swarm.home / "asking.yaml")
        .read_text(encoding="utf-8")
        .replace("rounds: 50", "rounds: 40"),
    )
    other = swarm.good("study", "open", swarm / "asking.yaml", who="alpha")["study"]
    given = ["--readiness", swarm / "statement.json", "--consent", root, "--yes"]
    refused = swarm.run("study", "sign", str(other), *given, "--format", "json", who="beta")
    assert (refused.error["code"], "other terms" in refused.error["message"]) == ("NotReady", True)


def test_terms_can_take_an_institutions_word(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    told = swarm.run("study", "show", str(study)).out
    assert "states the readiness of its data on its own word" in told
    assert swarm.good("study", "show", str(study))["terms"]["readiness"] == "stated"
    digest = "0x" + 64 * "5"
    swarm.good("study", "sign", str(study), "--readiness", digest, "--yes", who="beta")
