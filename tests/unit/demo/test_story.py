"""The whole demo, on a chain of its own, as `make demo` runs it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.demo.cast import FOUNDERS, FOURTH
from deploy.demo.documents import charter
from deploy.demo.folder import DemoFolderInUse
from deploy.demo.narration import Narrator
from deploy.demo.patients import PATIENTS
from deploy.demo.run import run
from deploy.demo.stage import EmbeddedStage
from deploy.demo.story import REVENUE, Story
from governance.audit.page import as_csv, render
from governance.audit.page.acts import acts
from governance.audit.verify import verify
from governance.chain import Chain, Rpc, Trust
from governance.gate import EvidenceReader
from governance.primitives import checksum_address

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo-out"
    with (folder.parent / "told.txt").open("w") as told:
        console = Console(file=told, width=100)
        run(folder, Narrator(console)).show(console)
    return folder


@pytest.fixture(scope="module")
def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text())


def test_the_swarm_is_worth_its_while_and_the_gate_is_what_keeps_it_so(summary: Any) -> None:
    auc = summary["auc"]
    assert abs(auc["swarm"] - auc["central"]) < 0.01
    assert auc["swarm"] > auc["local_mean"]
    assert auc["ungoverned"] < 0.5
    assert auc["governed"] > 0.86


def test_every_refusal_of_the_story_is_there_and_no_other(summary: Any) -> None:
    refused = Counter((each["reason"], each["institution"]) for each in summary["refused"])
    assert refused == {("NodeUnknown", 0): 50, ("NodeRevoked", 2): 1, ("Withdrawn", 3): 1}
    assert summary["story"]["updates_merged"] == 4 * 50 - 1 - 10


def test_five_checkpoints_are_final(summary: Any) -> None:
    checkpoints = summary["checkpoints"]
    assert [each["round"] for each in checkpoints] == [10, 20, 30, 40, 50]
    assert all(len(each["attested_by"]) >= 3 for each in checkpoints)
    assert checkpoints[2]["contributions"] == {"1": 10, "2": 9, "3": 10, "4": 10}
    assert checkpoints[4]["contributions"] == {"1": 10, "2": 10, "4": 10}


def test_only_who_permits_the_use_trains(folder: Path, summary: Any) -> None:
    asked = {each["institution"]: each["asked"] for each in summary["consents"]}
    permitting = {each["institution"]: each["permitting"] for each in summary["consents"]}
    assert asked == dict(enumerate(PATIENTS.values(), 1))
    assert permitting == {1: 279, 2: 272, 3: 114, 4: 185}
    trained: dict[tuple[int, int], int] = {}
    for entry in EvidenceReader(folder / "swarm" / "cleveland" / "evidence.jsonl"):
        said, decision = entry.envelope.envelope, entry.decision
        if said.attempt == 2 and decision.accepted:
            trained[decision.institution, said.round] = said.records
    withdrawn = summary["patient_withdrawal"]
    number, first = withdrawn["institution"], withdrawn["round"]
    for (institution, place), records in trained.items():
        assert records < permitting[institution]
        before = trained[institution, 1]
        gone = institution == number and place >= first
        assert records == before - gone, (institution, place)
    assert first % 10 not in (0, 1), "no checkpoint lies between"
    assert withdrawn["before"]["records"] == trained[number, 1]
    assert withdrawn["after"]["records"] == trained[number, 50]


def test_a_patient_withdraws_and_the_audit_shows_the_sequence(folder: Path, summary: Any) -> None:
    withdrawn = summary["patient_withdrawal"]
    before, after = withdrawn["before"], withdrawn["after"]
    assert (before["permits"], after["permits"]) == (True, False)
    report = verify(
        (folder / "evidence.zip").read_bytes(), Trust.load(folder / "trust.json"), charter=charter()
    )
    done = [act for act in acts(report.state) if act.study and act.institution == 1]
    told = [(act.act, act.detail) for act in done if act.act in ("signed", "consent-renewed")]
    assert told[1:] == [("signed", before["root"]), ("consent-renewed", after["root"])]
    # It renews after the checkpoint before, and before the one after.
    (renewed,) = (act.at for act in done if act.act == "consent-renewed")
    finals = report.state.study(1).finals
    assert finals[2].at <= renewed <= finals[3].at
    assert f"renewed its consent commitment: {after['root']}" in render(report)
    page = render(report, "de")
    assert f"mit der Festlegung auf Einwilligungen {before['root']}" in page
    assert f"erneuerte die Festlegung auf Einwilligungen: {after['root']}" in page
    assert as_csv(report).count(after["root"]) == 1
    (study,) = report.as_json()["studies"]
    (renewal,) = study["consent_renewed"]
    assert (renewal["institution"], renewal["consent"]) == (1, after["root"])
    assert before["root"] in [each["consent"] for each in study["signed"]]
    heard = (folder.parent / "told.txt").read_text()
    assert "5 conditions on its data against the terms: permit." in heard
    assert "sees `permits: true` under the old root" in heard


def test_every_cent_is_accounted_for(summary: Any) -> None:
    (revenue,) = summary["benefits"]
    assert revenue["amount"] == revenue["confirmed"] == REVENUE
    assert sum(share["amount"] for share in revenue["shares"]) == REVENUE
    patients = [s["amount"] for s in revenue["shares"] if s["part"] == "patients"]
    assert sum(patients) == pytest.approx(0.2 * REVENUE, abs=4)


def test_four_are_members_and_the_audit_finds_nothing(summary: Any) -> None:
    assert [each["number"] for each in summary["members"]] == [1, 2, 3, 4]
    assert summary["findings"] == []
    assert summary["history"]["length"] > 70
    assert len(summary["history"]["head"]) == 66


def test_every_hospital_has_written_down_what_its_gate_decided(folder: Path) -> None:
    for name, decisions in (
        ("cleveland", 391),
        ("budapest", 391),
        ("long-beach", 391),
        # It withdraws before round 41 and judges nothing from then on.
        ("zurich-basel", 360),
    ):
        entries = list(EvidenceReader(folder / "swarm" / name / "evidence.jsonl"))
        assert len(entries) == decisions


def test_every_attestation_rests_on_a_merge_computed_again(folder: Path, summary: Any) -> None:
    written = [
        json.loads(line)
        for kept in (folder / "swarm").glob("*/examinations.jsonl")
        for line in kept.read_text().splitlines()
    ]
    # Of each checkpoint, one attestation is its publisher's.
    attested = sum(len(each["attested_by"]) - 1 for each in summary["checkpoints"])
    assert len(written) == attested == 10
    assert {each["level"] for each in written} == {"merge-recomputed"}
    assert all(each["findings"] == [] for each in written)


def test_the_story_and_the_report_can_be_read(folder: Path) -> None:
    told = (folder.parent / "told.txt").read_text()
    assert "settled, every cent" in told
    assert "Cleveland Clinic Foundation" in told
    page = (folder / "report.html").read_text()
    assert "Hospital Long Beach" in page
    assert "<script" not in page


def test_no_key_and_no_passphrase_lies_open(folder: Path) -> None:
    for key in (folder / "swarm").rglob("keys/*.json"):
        assert key.stat().st_mode & 0o077 == 0
        assert json.loads(key.read_text())["crypto"]["kdf"] == "scrypt"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(DemoFolderInUse):
        run(tmp_path)
    assert precious.read_text() == "years of work"


class Noting(Rpc):
    """A way to the chain that remembers which transactions went over it."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.sent: list[str] = []

    def call(self, method: str, *params: Any) -> Any:
        answer = super().call(method, *params)
        if method == "eth_sendRawTransaction":
            self.sent.append(answer)
        return answer


class NotingStage(EmbeddedStage):
    """A chain with a way for each hospital that remembers what was sent over it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ways: dict[str, Noting] = {}

    def way(self, folder: str, /) -> Rpc:
        return self.ways.setdefault(folder, Noting(super().way(folder).endpoint))


def _keys(home: Path) -> set[str]:
    return {f"0x{json.loads(key.read_text())['address']}" for key in home.rglob("keys/*.json")}


def _senders(chain: Chain, sent: list[str]) -> set[str]:
    transactions = [chain.call("eth_getTransactionByHash", each) for each in sent]
    return {checksum_address(each["from"]) for each in transactions}


def test_each_hospital_speaks_over_its_own_way_and_for_itself_alone(tmp_path: Path) -> None:
    stage = NotingStage(tmp_path / "chain")
    with (tmp_path / "told.txt").open("w") as told:
        story = Story(tmp_path / "swarm", stage, Narrator(Console(file=told)))
        try:
            story.tell()
            senders = {
                folder: _senders(stage.everyone(), way.sent) for folder, way in stage.ways.items()
            }
        finally:
            stage.close()
    assert senders.keys() == {role.folder for role in (*FOUNDERS, FOURTH)}
    for folder, found in senders.items():
        # The account, and the node that publishes or attests.
        assert len(found) >= 2
        assert found <= _keys(tmp_path / "swarm" / folder)
