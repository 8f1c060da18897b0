"""The life of a study: terms, signatures, rounds, checkpoints, money, history, audit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from governance.checkpoints import Became, Choice, Package
from governance.gate import EvidenceLog
from tests.journeys.swarm import TERMS, UPDATE, Swarm


def test_terms_are_shown_in_words_and_signed_as_shown(swarm: Swarm) -> None:
    study = swarm.good(
        "study", "open", swarm / "terms.yaml", "--charter", swarm / "charter.yaml", who="alpha"
    )["study"]
    shown = swarm.good("study", "show", str(study))
    assert shown["terms"]["title"] == "Heart disease from routine data"
    assert [each["heading"] for each in shown["summary"]][:2] == ["Question", "Use of the data"]
    words = swarm.run("study", "show", str(study)).out
    assert "Institutions of any kind, public or private, from DE or PL." in words

    signed = swarm.good(
        *swarm.sign_words(study),
        *("--digest", shown["terms_digest"], "--charter", swarm / "charter.yaml"),
        who="beta",
    )
    assert (signed["version"], signed["signatories"]) == (1, [2])
    assert swarm.good(*swarm.sign_words(study), who="beta")["already"]


def test_nothing_is_signed_that_nobody_confirmed(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    words = [word for word in swarm.sign_words(study) if word != "--yes"]
    result = swarm.run(*words, who="alpha")
    assert result.status == 2
    assert "signs version 1" in result.err
    assert "[NotConfirmed]" in result.err
    assert swarm.good("study", "show", str(study))["signed"] == []


def test_who_declines_can_sign_the_amended_terms(swarm: Swarm) -> None:
    study = str(swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"])
    for who in ("alpha", "beta"):
        swarm.good(*swarm.sign_words(int(study)), who=who)
    reason = ["--reason", "benefits", "--text", swarm / "profile.txt"]
    declined = swarm.good("study", "decline", study, *reason, who="gamma")
    assert (declined["reason"], declined["version"]) == ("benefits", 1)
    assert swarm.good("study", "decline", study, *reason, who="gamma")["already"]

    other = swarm.write("terms-2.yaml", TERMS.replace("rounds: 50", "rounds: 40"))
    amended = swarm.good("study", "amend", study, "--terms", other, who="alpha")
    assert (amended["version"], amended["in_force"]) == (2, 1)
    assert swarm.good("study", "amend", study, "--terms", other, who="alpha")["already"]
    assert [e["kind"] for e in swarm.good("status", who="gamma")["waiting"]] == ["sign"]
    assert swarm.good(*swarm.sign_words(int(study)), who="gamma")["version"] == 2
    assert swarm.good(*swarm.sign_words(int(study)), who="beta")["in_force"] == 1
    assert swarm.good(*swarm.sign_words(int(study)), who="alpha")["in_force"] == 2


def test_rounds_are_trained_published_attested_and_paid_for(swarm: Swarm) -> None:
    study = swarm.run_study("alpha", "beta", "gamma")
    package = swarm.train(1, "alpha", "beta")
    assert Package.read(Path(package)).record.silent == (3,)
    publish = ["publish", "--package", package]
    published = swarm.good(*publish, who="alpha")
    assert (published["standing"], published["contributions"]) == ("open", {"1": 1, "2": 1})
    assert swarm.good(*publish, who="alpha")["already"]
    assert [e["kind"] for e in swarm.good("status", who="beta")["waiting"]] == ["attest"]

    checks = ["--package", package, "--merge", "mean", "--evidence", swarm / "evidence.jsonl"]
    attested = swarm.good("attest", *checks, who="beta")
    assert (attested["standing"], attested["attested_by"]) == ("final", [1, 2])
    assert attested["levels"]["2"] == "merge-recomputed"
    assert swarm.good("attest", *checks, who="beta")["already"]
    assert swarm.good("wait", "checkpoint", "1", who="alpha")["sequence"] == 1
    shown = swarm.good("checkpoint", "show", published["checkpoint"][:12], who="alpha")
    assert shown["digest"] == swarm.good("checkpoint", "digest", swarm / "model-1")["digest"]

    declare = ["benefit", "declare", "100000.01", "EUR", "--document", swarm / "profile.txt"]
    assert swarm.good(*declare, who="alpha")["amount"] == 10_000_001
    assert swarm.good(*declare, who="alpha")["already"]
    shares = swarm.good("benefit", "statement", who="alpha")["shares"]
    assert sum(each["amount"] for each in shares) == 10_000_001
    proof = ["--document", swarm / "profile.txt"]
    swarm.good("benefit", "pay", "1", "2", *proof, who="alpha")
    assert swarm.good("benefit", "pay", "1", "2", *proof, who="alpha")["already"]
    assert [e["kind"] for e in swarm.good("status", who="beta")["waiting"]] == ["confirm"]
    confirmed = swarm.good("benefit", "confirm", "1", who="beta")
    assert (confirmed["settlement"], confirmed["currency"]) == ("confirmed", "EUR")
    assert swarm.good("benefit", "confirm", "1", who="beta")["already"]
    (revenue,) = swarm.good("benefit", "list", who="alpha")["revenues"]
    assert revenue["confirmed"] == confirmed["amount"]
    assert study == 1


def test_each_round_names_the_one_before_and_is_published_once(swarm: Swarm) -> None:
    # Signed in another order than that of the institutions' numbers.
    study = swarm.run_study("beta", "alpha")
    parent = None
    for number in (1, 2):
        package = swarm.train(number, "beta", "alpha")
        published = swarm.good("publish", "--package", package, who="beta")
        assert (published["parent"], published["attested_by"]) == (parent, [2])
        assert list(published["contributions"]) == ["2", "1"]
        other = swarm.pack(number, "beta", swarm.model(f"other-{number}", [0.0, 0.0]))
        second = swarm.run("publish", "--package", other, "--format", "json", who="beta")
        assert (second.status, second.error["code"]) == (4, "WouldEquivocate")
        recomputing = ["--merge", "mean"]
        if number > 1:
            recomputing += ["--parent-model", swarm / f"model-{number - 1}"]
        attested = swarm.good("attest", "--package", package, *recomputing, who="alpha")
        assert attested["levels"]["1"] == "merge-recomputed"
        assert (attested["standing"], attested["attested_by"]) == ("final", [2, 1])
        parent = published["checkpoint"]
    shown = swarm.good("study", "show", str(study))
    assert (shown["last_checkpoint"], shown["last_digest"]) == (parent, published["digest"])


def test_a_checkpoint_that_does_not_hold_is_refused_and_why_is_written_down(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    swarm.train(1, "alpha", "beta")
    package = swarm.pack(1, "alpha", swarm.model("lie", [0.75, 1.0]))
    swarm.good("publish", "--package", package, who="alpha")
    words = ["attest", "--package", package, "--merge", "mean"]
    told = swarm.run(*words, who="beta")
    assert (told.status, told.out) == (3, "")
    assert "Merging the updates gives another model. Do: " in told.err
    assert swarm.run(*words, "--format", "json", who="beta").error["code"] == "MergeOther"
    kept = (swarm.home / "examinations" / "beta.jsonl").read_text().splitlines()
    assert [json.loads(line)["findings"][0]["code"] for line in kept] == ["MergeOther"] * 2
    (swarm.home / "package-of-lie" / "record.json").unlink()
    assert swarm.run(*words, "--format", "json", who="beta").error["code"] == "PackageInvalid"
    kept = (swarm.home / "examinations" / "beta.jsonl").read_text().splitlines()
    assert json.loads(kept[-1])["findings"][0]["code"] == "PackageInvalid"
    (published,) = swarm.good("checkpoint", "list", who="alpha")["checkpoints"]
    assert (published["standing"], published["attested_by"]) == ("open", [1])


def test_what_the_own_gate_refused_is_not_attested(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta", "gamma")
    package = swarm.train(1, "alpha", "beta")
    log = ["--evidence", swarm / "gamma.jsonl"]
    announced = ["--round", "1", "--update", UPDATE]
    other = swarm / "other-envelope"
    sign = ["gate", "sign", *announced, "--out", other]
    told = swarm.run(*sign, "--format", "json", who="beta")
    assert (told.status, told.error["code"]) == (4, "SignedAlready")
    # A careless node forgets what it has signed.
    shutil.rmtree(swarm.home / "signed" / "beta")
    swarm.good(*sign, who="beta")
    swarm.good("gate", "check", other, *announced, *log, who="gamma")
    merged = ["gate", "check", swarm / "envelope-1-beta.json", "--round", "1"]
    refused = swarm.run(*merged, "--update", UPDATE, *log, "--format", "json", who="gamma")
    assert (refused.status, refused.error["code"]) == (4, "Equivocation")
    swarm.good("publish", "--package", package, who="alpha")
    attest = ["attest", "--package", package, *log]
    refused = swarm.run(*attest, "--format", "json", who="gamma")
    assert (refused.status, refused.error["code"]) == (3, "RefusedHere")
    assert "Equivocation" in refused.error["message"]


def test_a_package_is_examined_though_the_checkpoint_is_attested(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta", "gamma")
    package = swarm.train(1, "alpha", "beta")
    swarm.good("publish", "--package", package, who="alpha")
    elsewhere = ["attest", "--checked-elsewhere", "--level"]
    assert swarm.good(*elsewhere, "set-checked", who="beta")["levels"]["2"] == "set-checked"
    recomputing = ["attest", "--package", package, "--merge", "mean"]
    again = swarm.run(*recomputing, "--format", "json", who="beta")
    assert (again.status, again.json["already"]) == (0, True)
    assert again.json["levels"]["2"] == "set-checked"
    assert "It was attested as set-checked, and that stays" in again.err
    more = ["--level", "merge-recomputed", "--format", "json"]
    for words in (recomputing, elsewhere[:2]):
        refused = swarm.run(*words, *more, who="beta")
        assert (refused.status, refused.error["code"]) == (4, "AttestedAlready")

    (swarm.home / "package-of-model-1" / "model" / "model.safetensors").write_bytes(b"other")
    told = swarm.run(*recomputing, who="beta")
    assert (told.status, told.out) == (3, "")
    assert "The model in the package is not the one published. Do: " in told.err
    assert "an attestation is not taken back" in told.err
    assert swarm.run(*recomputing, "--format", "json", who="beta").error["code"] == "ModelOther"
    kept = (swarm.home / "examinations" / "beta.jsonl").read_text().splitlines()
    found = [json.loads(line)["level"] for line in kept]
    assert found == ["merge-recomputed"] * 2 + ["none"] * 2


def test_who_answers_for_it_can_attest_what_was_checked_elsewhere(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    swarm.good("publish", "--package", swarm.train(1, "alpha", "beta"), who="alpha")
    words = ["attest", "--checked-elsewhere", "--level", "set-checked"]
    assert swarm.run(*words[:2], who="beta").status == 2
    assert swarm.good(*words, who="beta")["levels"]["2"] == "set-checked"
    assert swarm.good(*words, who="beta")["already"]


def test_too_few_contributors_are_told_before_anything_is_published(swarm: Swarm) -> None:
    swarm.write("terms.yaml", TERMS.replace("minimum_contributors: 1", "minimum_contributors: 2"))
    swarm.run_study("alpha", "beta")
    before = swarm.head()
    words = ["publish", "--package", swarm.train(1, "alpha")]
    told = swarm.run(*words, who="alpha")
    assert told.status == 3
    assert "has 1 contributors, and the terms ask for 2" in told.err
    error = swarm.run(*words, "--format", "json", who="alpha").error
    assert error["code"] == "ContributorsTooFew"
    assert swarm.head() == before


def test_a_round_that_was_tried_again_counts_as_its_last_attempt(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    evidence = ["--evidence", swarm / "evidence.jsonl"]
    for attempt, names in (("1", ("alpha", "beta")), ("2", ("beta",))):
        for name in names:
            words = ["--round", "1", "--attempt", attempt, "--update", UPDATE]
            envelope = swarm / f"{name}-{attempt}"
            swarm.good("gate", "sign", *words, "--out", envelope, who=name)
            swarm.good("gate", "check", envelope, *words, *evidence, who="alpha")
    words = ["--last", "1", "--model", swarm.model("model", [1.0]), "--out", swarm / "package"]
    packed = swarm.good("checkpoint", "package", swarm / "evidence.jsonl", *words, who="alpha")
    assert (packed["accepted"], packed["silent"], packed["updates"]) == (1, [1], 0)
    published = swarm.good("publish", "--package", swarm / "package", who="alpha")
    assert published["contributions"] == {"2": 1}


def test_an_update_is_given_the_same_envelope_again(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    words = ["gate", "sign", "--round", "1", "--update", UPDATE, "--out"]
    first = swarm.good(*words, swarm / "first", who="beta")
    again = swarm.run(*words, swarm / "again", "--valid", "7200", who="beta")
    assert (again.status, first["digest"] in again.out) == (0, True)
    assert "The node signed this update before" in again.err
    kept = (swarm.home / name for name in ("first", "again"))
    assert len({each.read_bytes() for each in kept}) == 1


def test_packing_is_told_in_a_table(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    swarm.train(1, "alpha")
    words = ["--last", "1", "--model", swarm / "model-1", "--out", swarm / "again"]
    told = swarm.run("checkpoint", "package", swarm / "evidence.jsonl", *words, who="alpha")
    assert (told.status, "Beta Hospital" in told.out) == (0, True), told.err
    words = [*words[:-1], swarm / "without", "--left-out", "1"]
    packed = swarm.good("checkpoint", "package", swarm / "evidence.jsonl", *words, who="alpha")
    assert (packed["accepted"], packed["silent"]) == (0, [2])
    digest = swarm.run("checkpoint", "update-digest", swarm / "updates-1").out.strip()
    file = swarm / "updates-1/alpha.safetensors"
    assert swarm.good("checkpoint", "update-digest", file)["digest"] == digest


def test_sites_that_merge_in_turns_pack_one_checkpoint(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    for number, name in (("1", "alpha"), ("2", "beta"), ("3", "alpha")):
        envelope = swarm / f"envelope-{number}"
        words = ["--round", number, "--update", UPDATE]
        swarm.good("gate", "sign", *words, "--out", envelope, who="beta")
        log = swarm / f"{name}.jsonl"
        swarm.good("gate", "check", envelope, *words, "--evidence", log, who=name)
    logs = [swarm / "alpha.jsonl", swarm / "beta.jsonl"]
    words = ["--last", "3", "--model", swarm.model("model", [1.0]), "--out", swarm / "package"]
    for log, number in zip(logs, (2, 1), strict=True):
        told = swarm.run("checkpoint", "package", log, *words, "--format", "json", who="alpha")
        assert (told.status, told.error["code"]) == (3, "RoundUnknown")
        assert f"nothing of round {number}," in told.error["message"]
    packed = swarm.good("checkpoint", "package", *logs, *words, who="alpha")
    assert (packed["accepted"], packed["silent"]) == (3, [1])
    published = swarm.good("publish", "--package", swarm / "package", who="alpha")
    assert published["contributions"] == {"2": 3}


def test_what_became_of_a_round_is_read_off_the_log(swarm: Swarm) -> None:
    study = swarm.run_study("alpha", "beta")
    (listed,) = swarm.good("study", "list")["studies"]
    assert listed["study"] == study
    swarm.train(1, "alpha", "beta")
    log = swarm / "evidence.jsonl"
    words = ["--last", "1", "--model", swarm / "model-1", "--out"]
    for became, accepted in ((Became.LEFT_OUT, 0), (Became.MERGED, 2)):
        with EvidenceLog(Path(log)) as evidence:
            evidence.choose(Choice(listed["contract"], 1, 1, became))
        packed = swarm.good("checkpoint", "package", log, *words, swarm / became, who="alpha")
        assert packed["accepted"] == accepted
    with EvidenceLog(Path(log)) as evidence:
        evidence.choose(Choice(listed["contract"], 1, 2, Became.OPENED))
    told = swarm.run("checkpoint", "package", log, *words, swarm / "undecided", who="alpha")
    assert (told.status, "what became of round 1" in told.err) == (3, True)
    words = ["--left-out", "1", *words, swarm / "said"]
    assert swarm.good("checkpoint", "package", log, *words, who="alpha")["accepted"] == 0
    assert swarm.good("gate", "log", log)["decisions"]


def test_what_the_gate_refused_is_told_and_written_down(swarm: Swarm) -> None:
    swarm.run_study("alpha", "beta")
    words = ["--round", "1", "--update", UPDATE]
    envelope, evidence = swarm / "envelope", ["--evidence", swarm / "evidence.jsonl"]
    swarm.good("gate", "sign", *words, "--out", envelope, who="beta")
    swarm.good("node", "revoke", "beta-node", "--yes", who="beta")
    refused = swarm.run("gate", "check", envelope, *words, *evidence, "--format", "json")
    assert refused.status == 4
    assert (refused.json["accepted"], refused.error["code"]) == (False, "NodeRevoked")
    (decision,) = swarm.good("gate", "log", swarm / "evidence.jsonl", "--refused")["decisions"]
    assert decision["reason"] == "NodeRevoked"
    report = swarm.run(
        "audit", "live", "--evidence-log", swarm / "evidence.jsonl", "--format", "json"
    )
    assert [each["reason"] for each in report.json["refusals"]] == ["NodeRevoked"]


def test_who_withdraws_is_out_at_once_and_can_come_back(swarm: Swarm) -> None:
    study = swarm.run_study("alpha", "beta")
    for turn in range(2):
        withdrawn = swarm.good("study", "withdraw", "--reason", "legal", "--yes", who="beta")
        assert (withdrawn["reason"], withdrawn["already"]) == ("legal", False), turn
        assert swarm.good("study", "withdraw", "--yes", who="beta")["already"]
        signed = swarm.good(*swarm.sign_words(study), who="beta")
        assert (signed["signatories"], signed["already"]) == ([1, 2], False)
    assert swarm.good("study", "close", "--yes", who="alpha")["state"] == "closed"
    assert swarm.good("study", "close", "--yes", who="alpha")["already"]


def test_consent_is_renewed_when_it_grows_old(swarm: Swarm) -> None:
    asked = TERMS.replace("basis: waiver", "basis: broad-consent").replace(
        "max_age: null", "max_age: 30d"
    )
    terms = swarm.write("consent.yaml", asked)
    study = swarm.good("study", "open", terms, who="alpha")["study"]
    root = "0x" + 64 * "4"
    swarm.good(*swarm.sign_words(study), "--consent", root, who="alpha")
    assert swarm.good("study", "renew-consent", "--consent", root, who="alpha")["already"]
    other = "0x" + 64 * "5"
    renewed = swarm.good("study", "renew-consent", "--consent", other, who="alpha")
    assert (renewed["consent"], renewed["already"]) == (other, False)


def test_more_than_half_of_the_signatories_do_what_the_opener_does_not(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    for name in ("beta", "gamma"):
        swarm.good(*swarm.sign_words(study), who=name)
    approved = swarm.good("study", "start", str(study), who="beta")
    assert (approved["approved_by"], approved["needed"]) == ([2], 2)
    assert swarm.good("study", "start", str(study), who="beta")["already"]
    assert swarm.good("study", "start", str(study), who="gamma")["state"] == "running"


def test_whom_a_departure_makes_a_majority_ask_again(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    for name in ("beta", "gamma"):
        swarm.good(*swarm.sign_words(study), who=name)
    close = ("study", "close", str(study), "--yes")
    assert swarm.good(*close, who="beta")["needed"] == 2
    assert swarm.good(*close, who="beta")["already"]
    swarm.good("study", "withdraw", str(study), "--yes", who="gamma")
    assert swarm.good(*close, who="beta")["state"] == "closed"
    assert swarm.good("history", "verify")
    assert swarm.good("audit", "live")["findings"] == []


def test_the_history_is_shown_verified_and_countersigned(swarm: Swarm) -> None:
    events = swarm.good("history", "show")["events"]
    assert [each["event"] for each in events[:3]] == [
        "SwarmFounded",
        "InstitutionApplied",
        "InstitutionAdmitted",
    ]
    assert swarm.good("history", "show", "--last", "2")["events"] == events[-2:]
    verified = swarm.good("history", "verify")
    assert verified["length"] == len(events)
    for name in ("alpha", "beta", "gamma"):
        swarm.good("history", "countersign", who=name)
        assert swarm.good("history", "countersign", who=name)["already"]
    report = swarm.good("audit", "live")
    assert report["countersigned"]["length"] == len(events)


def test_whoever_is_no_member_can_audit(swarm: Swarm, tmp_path: Path) -> None:
    outsider = Swarm(tmp_path / "elsewhere", swarm.endpoint)
    outsider.home.mkdir()
    page = tmp_path / "report.html"
    result = outsider.process(
        *("audit", "live", "--endpoint", swarm.endpoint, "--trust", swarm / "trust.json"),
        *("--charter", swarm / "charter.yaml", "--html", str(page)),
    )
    assert result.status == 0, result.err
    assert result.out.startswith("NOT PROVEN: the head is what an endpoint says it is")
    assert "Nothing was found." in result.out
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


TABLES = [
    "status",
    "member list --all",
    "member show 1",
    "node list --all",
    "proposal list",
    "proposal show 1",
    "study list",
    "study show 1",
    "checkpoint list",
    "benefit list",
    "benefit statement --mine",
    "history show",
    "history verify",
    "account list",
    "account show",
    "context list",
    "context show",
    "wait proposal 1",
    "wait signatures 2",
]


@pytest.mark.parametrize("words", TABLES)
def test_whatever_reads_writes_tables_and_json(lived: Swarm, words: str) -> None:
    table = lived.run(*words.split(), who="alpha")
    assert table.status == 0, table.err
    assert table.out.strip()
    assert table.err == ""
    written = lived.good(*words.split(), who="alpha")
    name = "-".join(word for word in words.split() if word.isalpha())
    assert written["schema"] == f"swarm-charter/cli/{name}/1"
