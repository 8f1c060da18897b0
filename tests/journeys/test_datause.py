"""`charter study datause` as an institution runs it: on a file of terms, and before it signs."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.main import run

if TYPE_CHECKING:
    from tests.journeys.swarm import Swarm

EXAMPLES = Path(__file__).parents[2] / "examples"
CONDITIONS = (EXAMPLES / "conditions.yaml").read_text(encoding="utf-8")
HEART = "MONDO:0005267"


@dataclass(frozen=True)
class Desk:
    """A folder with the example's conditions, at an institution that has no chain yet."""

    folder: Path

    def write(self, name: str, text: str) -> str:
        place = self.folder / name
        place.write_text(text, encoding="utf-8")
        return str(place)

    def ask(self, *words: str) -> tuple[int, str, str]:
        """Runs the command on the example's terms; its status, stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            terms = ["--terms", str(EXAMPLES / "terms.yaml")]
            status = run(["study", "datause", *terms, *words])
        return status, out.getvalue(), err.getvalue()

    def changed(self, right: str, wrong: str, name: str = "conditions.yaml") -> str:
        assert right in CONDITIONS
        return self.write(name, CONDITIONS.replace(right, wrong, 1))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CHARTER_HOME", str(tmp_path / "home"))
    return Desk(tmp_path)


def test_what_is_permitted_is_told_step_by_step(desk: Desk) -> None:
    good = ["--conditions", str(EXAMPLES / "conditions.yaml")]
    status, out, err = desk.ask(*good)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Heart catheter registry 2019 to 2026: permit"
    assert lines[-1] == "Decision for 'Heart disease from routine findings': permit."
    (geographical,) = (line for line in lines if "geographical restriction: EEA, CH, US" in line)
    assert "participants from CH, DE, HU, NO, US" in geographical
    assert "[TermsShowIt]" in geographical
    status, out, err = desk.ask(*good, "--format", "json")
    told = json.loads(out)
    assert (status, told["schema"]) == (0, "swarm-charter/cli/study-datause/1")
    assert (told["decision"], told["reasons"]) == ("permit", [])
    (dataset,) = told["datasets"]
    assert {step["decision"] for step in dataset["steps"]} == {"permit"}
    assert set(dataset["steps"][0]) == {
        *("condition", "label", "study", "decision", "code", "reason", "question", "asked"),
    }


def test_what_needs_a_person_is_told_with_the_question(desk: Desk) -> None:
    file = desk.changed("detail: EEA, CH, US", "detail: Europe and America")
    status, out, _ = desk.ask("--conditions", file)
    assert (status, "]: Does the use stay within 'Europe and America'?" in out) == (1, True)
    assert out.splitlines()[-1].endswith(": needs a person.")
    status, out, _ = desk.ask("--conditions", file, "--format", "json")
    told = json.loads(out)
    assert (status, told["decision"], len(told["reasons"])) == (1, "needs_person", 1)


def test_a_person_answers_and_the_answer_is_shown(desk: Desk) -> None:
    file = desk.changed("detail: EEA, CH, US", "detail: Europe and America")
    told = json.loads(desk.ask("--conditions", file, "--format", "json")[1])
    (asked,) = (step["asked"] for step in told["datasets"][0]["steps"] if step["asked"])
    answer = (
        f'answers:\n  - asked: "{asked}"\n    decision: permit\n    by: Data access committee\n'
        "    on: 2026-11-20\n    because: All five countries lie there\n"
    )
    written = Path(file).read_text(encoding="utf-8") + answer
    status, out, _ = desk.ask("--conditions", desk.write("answered.yaml", written))
    assert (status, "Ask" in out) == (0, False)
    assert "Decided by Data access committee on 2026-11-20: All five countries lie there." in out
    # The answer was to another question.
    other = desk.write("other.yaml", written.replace("Europe and America", "Europe"))
    assert desk.ask("--conditions", other)[0] == 1


def test_a_code_that_nobody_knows_is_not_permitted(desk: Desk) -> None:
    file = desk.changed("DUO:0000021  ", "DUO:0000099  ")
    status, out, _ = desk.ask("--conditions", file, "--format", "json")
    (step,) = (s for s in json.loads(out)["datasets"][0]["steps"] if s["code"] == "CodeUnknown")
    assert (status, step["condition"], step["decision"]) == (1, "DUO:0000099", "needs_person")


def test_one_data_set_that_denies_denies_the_whole(desk: Desk) -> None:
    bad = desk.changed("detail: EEA, CH, US", "detail: EEA, CH", "bad.yaml")
    both = ["--conditions", str(EXAMPLES / "conditions.yaml"), "--conditions", bad]
    status, out, _ = desk.ask(*both)
    assert (status, out.splitlines()[-1].endswith(": deny.")) == (1, True)
    assert "institutions outside the region take part: US. [CountryOutside]" in out
    told = json.loads(desk.ask(*both, "--format", "json")[1])
    assert [each["decision"] for each in told["datasets"]] == ["permit", "deny"]
    assert told["decision"] == "deny"


def test_diseases_are_judged_by_the_table_that_is_given(desk: Desk) -> None:
    file = desk.changed(f'[{HEART}, "ICD10:I20-I25"]', f"[{HEART}]")
    assert desk.ask("--conditions", file)[0] == 1
    table = desk.write("table.tsv", f"ICD10:I25\t{HEART}\nMONDO:0005010\t{HEART}\n")
    assert desk.ask("--conditions", file, "--ontology", table)[0] == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_wrong_files_are_told_in_a_sentence(desk: Desk, as_json: bool) -> None:
    good = str(EXAMPLES / "conditions.yaml")
    huge = desk.folder / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(1 << 33)
    wrong = {
        ("--conditions", str(desk.folder / "nowhere.yaml")): "UsageInvalid",
        (): "UsageInvalid",
        ("--conditions", good, "7"): "UsageInvalid",
        ("--conditions", good, "--version", "1"): "UsageInvalid",
        ("--conditions", desk.changed("scheme:", "scheme: [", "torn.yaml")): "ConditionsInvalid",
        ("--conditions", desk.changed("own:", "owm:", "typo.yaml")): "ConditionsInvalid",
        ("--conditions", str(EXAMPLES / "terms.yaml")): "ConditionsInvalid",
        ("--conditions", str(huge)): "DocumentUnreadable",
        ("--conditions", good, "--terms", good): "TermsInvalid",
        ("--conditions", good, "--ontology", good): "OntologyInvalid",
        ("--conditions", good, "--ontology", str(huge)): "OntologyInvalid",
        (
            *("--conditions", good, "--ontology"),
            desk.write("circle.csv", "DOID:1,DOID:2\nDOID:2,DOID:1\n"),
        ): "OntologyInvalid",
    }
    for words, code in wrong.items():
        status, out, err = desk.ask(*words, *(["--format", "json"] if as_json else []))
        assert (status, out) == (2, ""), words
        if as_json:
            error: dict[str, Any] = json.loads(err)
            assert (error["code"], error["exit_status"]) == (code, 2), words
        else:
            assert err.splitlines()[-1].startswith(f"Error [{code}]: "), words
            assert " Do: " in err


def test_an_institution_asks_before_it_signs(swarm: Swarm) -> None:
    study = str(swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"])
    shown = swarm.good("study", "show", study)
    own = "own: {ai_training: permitted, insurance_use: unstated, employment_use: unstated}\n"
    head = "scheme: swarm-charter/conditions/1\ndataset: Ours\nduo_release: 2021-02-23\n"
    good = swarm.write("good.yaml", f"{head}permission: DUO:0000004\n{own}")
    asked = swarm.good("study", "datause", study, "--conditions", good, who="beta")
    assert asked["terms_digest"] == shown["terms_digest"]
    bad = swarm.write("bad.yaml", f"{head}permission: DUO:0000011\n{own}")
    before = swarm.head()
    told = swarm.run("study", "datause", "--conditions", bad, "--version", "1", who="alpha")
    assert (told.status, "[ScopeBroader]" in told.out) == (1, True), told.err
    assert swarm.head() == before
    unknown = swarm.run("study", "datause", "99", "--conditions", good, who="alpha")
    assert "Error [StudyUnknown]" in unknown.err
