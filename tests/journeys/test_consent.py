"""An institution's data steward keeps patients' consents, and an auditor is shown one decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.swarm import TERMS, Swarm
from tests.unit.consent.builder import Json, consent, deny, everything, permit

ASKING = (
    TERMS.replace("basis: waiver\n  max_age: null", "basis: broad-consent\n  max_age: 30d")
    .replace("sectors: any", "sectors: [public]")
    .replace("kinds: any", "kinds: [hospital]")
    .replace("others: paid", "others: free")
)
NAMES = ("mustermann-1", "mustermann-2", "mustermann-3", "mustermann-4")
LONG = "2052-08-31"


@pytest.fixture
def desk(tmp_path: Path) -> Swarm:
    """A data steward's machine without a chain; of four patients two say yes to everything."""
    desk = Swarm(tmp_path, "http://127.0.0.1:9")
    desk.write("terms.yaml", ASKING)
    desk.write("passphrase", "")
    desk.write("consents.json", json.dumps(bundle(*patients())))
    return desk


def patients() -> list[Json]:
    lasting = [permit(6, "2022-09-01", LONG), *everything()[1:]]
    said = [lasting, lasting, [deny(8)], [permit(6)]]
    return [
        consent(*provisions, name=f"c{place}", patient=NAMES[place])
        for place, provisions in enumerate(said)
    ]


def bundle(*resources: Json) -> Json:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def terms(desk: Swarm) -> list[str]:
    return ["--terms", desk / "terms.yaml"]


def imported(desk: Swarm) -> None:
    desk.good("consent", "import", desk / "consents.json")


def fails(desk: Swarm, code: str, status: int, *words: str) -> str:
    """A command that must fail; returns what it said, which names no patient."""
    result = desk.run("consent", *words, "--format", "json")
    assert (result.status, result.error["code"]) == (status, code), result.err
    assert result.out == ""
    assert "mustermann" not in result.err
    table = desk.run("consent", *words)
    assert (table.status, table.out) == (status, "")
    assert f"Error [{code}]" in table.err
    return result.error["message"]


# --- at home --------------------------------------------------------------------------------------


def test_consents_are_imported_and_what_is_unclear_is_told(desk: Swarm) -> None:
    broken = consent(*everything(), name="c9", patient="mustermann-9") | {"status": 1}
    other = desk.write("more.ndjson", "\n" + json.dumps(broken) + "\n")
    told = desk.good("consent", "import", desk / "consents.json", other)
    assert told == {
        "schema": "swarm-charter/cli/consent-import/1",
        "files": 2,
        "consents": 5,
        "changed": 5,
        "dropped": 0,
        "records": 5,
        "permitting_nothing": {"not-understood": 1},
        "unclear": [{"file": other, "entry": 2, "reason": "not-understood"}],
    }
    shown = desk.run("consent", "import", desk / "consents.json", other)
    assert "changed             0" in shown.out
    assert f"{other}, entry 2: A consent of the patient cannot be read" in shown.err
    assert "mustermann" not in shown.out + shown.err
    whole = desk.good("consent", "import", desk / "consents.json", "--whole")
    assert (whole["dropped"], whole["records"]) == (1, 4)


def test_eligible_records_are_counted_and_listed_to_the_institution_alone(desk: Swarm) -> None:
    imported(desk)
    ids = Path(desk / "ids.csv")
    told = desk.good("consent", "eligible", *terms(desk), "--ids", str(ids))
    assert (told["asked"], told["permitting"]) == (4, 2)
    reasons = {each["reason"]: each["records"] for each in told["reasons"]}
    assert reasons == {"permitted": 2, "use-denied": 1, "use-not-permitted": 1}
    assert ids.stat().st_mode & 0o777 == 0o600
    heading, *rows = ids.read_text().splitlines()
    assert heading == "record,collected_from,collected_until"
    # Retrospective use is permitted, so the beginning is open.
    assert rows == [f"{name},,2052-08-31 10:00:00 UTC" for name in NAMES[:2]]
    shown = desk.run("consent", "eligible", *terms(desk))
    assert "permitting  2" in shown.out
    assert "The patient denies the scientific use of their data." in shown.out
    assert "mustermann" not in shown.out + shown.err + json.dumps(told)


def test_a_decision_is_explained(desk: Swarm) -> None:
    imported(desk)
    told = desk.good("consent", "explain", NAMES[2], *terms(desk))
    assert (told["permits"], told["reason"]) == (False, "use-denied")
    shown = desk.run("consent", "explain", NAMES[0], *terms(desk))
    assert "permits    yes" in shown.out
    fails(desk, "RecordUnknown", 2, "explain", "mustermann-7", *terms(desk))


def test_a_withdrawal_is_written_down_and_can_be_lifted(desk: Swarm) -> None:
    imported(desk)
    withdraw = ["consent", "withdraw", NAMES[0]]
    assert desk.good(*withdraw) == {
        "schema": "swarm-charter/cli/consent-withdraw/1",
        "withdrawn": True,
        "already": False,
    }
    assert "already    yes" in desk.run(*withdraw).out
    imported(desk)
    assert desk.good("consent", "eligible", *terms(desk))["permitting"] == 1
    assert desk.good("consent", "explain", NAMES[0], *terms(desk))["reason"] == "withdrawn"
    fails(desk, "NotConfirmed", 2, "withdraw", NAMES[0], "--lift")
    assert not desk.good(*withdraw, "--lift", "--yes")["withdrawn"]
    assert desk.good("consent", "eligible", *terms(desk))["permitting"] == 2
    fails(desk, "RecordUnknown", 2, "withdraw", "mustermann-7")


def test_one_decision_is_opened_to_an_auditor(desk: Swarm) -> None:
    imported(desk)
    made = desk.good("consent", "commit", *terms(desk))
    assert (made["asked"], made["permitting"]) == (4, 2)
    proof = desk / "proof.json"
    told = desk.good("consent", "prove", NAMES[2], "--out", proof)
    assert (told["root"], told["permits"]) == (made["root"], False)
    assert Path(proof).stat().st_mode & 0o777 == 0o600
    opened = Path(proof).read_text()
    assert [name in opened for name in NAMES] == [False, False, True, False]
    assert set(json.loads(opened)) == {
        *("scheme", "pseudonym", "permits", "salt", "index", "size", "path")
    }
    verified = desk.good("consent", "verify-proof", proof, "--root", made["root"])
    assert (verified["verified"], verified["permits"], verified["records"]) == (True, False, 4)
    for words in ("no record is missing", "stands in it twice"):
        assert words in verified["not_shown"]
        assert words in desk.run("consent", "prove", NAMES[2], "-o", proof).err
    assert "verified" in desk.run("consent", "verify-proof", proof, "--root", made["root"]).out

    forged = desk.write("forged.json", opened.replace('"permits":false', '"permits":true'))
    fails(desk, "ConsentProofRefuted", 3, "verify-proof", forged, "--root", made["root"])
    fails(desk, "ConsentProofRefuted", 3, "verify-proof", proof, "--root", "0x" + 64 * "1")
    fails(desk, "HexInvalid", 2, "verify-proof", proof, "--root", "0x12")
    fails(
        desk, "ConsentProofInvalid", 2, "verify-proof", desk / "terms.yaml", "--root", made["root"]
    )
    fails(desk, "UsageInvalid", 2, "verify-proof", "/dev/zero", "--root", made["root"])
    fails(desk, "UsageInvalid", 2, "verify-proof", proof)
    fails(desk, "UsageInvalid", 2, "verify-proof", proof, "--study", "1")
    fails(desk, "RecordUnknown", 2, "prove", "mustermann-7", "--out", desk / "no.json")
    fails(desk, "CommitmentMissing", 2, "prove", NAMES[0], "-o", proof, "--root", "0x" + 64 * "1")


def test_salts_are_destroyed(desk: Swarm) -> None:
    imported(desk)
    roots = [desk.good("consent", "commit", *terms(desk))["root"] for _ in range(2)]
    fails(desk, "UsageInvalid", 2, "destroy-salts", "--yes")
    fails(desk, "NotConfirmed", 2, "destroy-salts", "--root", roots[0])
    told = desk.good("consent", "destroy-salts", "--root", roots[0], "--yes")
    assert told["destroyed"] == roots[:1]
    fails(desk, "SaltsDestroyed", 2, "prove", NAMES[0], "--root", roots[0], "-o", desk / "p.json")
    desk.good("consent", "prove", NAMES[0], "--root", roots[1], "-o", desk / "p.json")
    assert roots[1] in desk.run("consent", "destroy-salts", "--all", "--yes").out
    assert desk.good("consent", "destroy-salts", "--all", "--yes")["destroyed"] == []


def test_wrong_words_and_files_are_refused(desk: Swarm) -> None:
    fails(desk, "LedgerMissing", 2, "eligible", *terms(desk))
    fails(desk, "LedgerMissing", 2, "withdraw", NAMES[0])
    bad = desk.write("bad.json", '{"mustermann": ')
    assert "bad.json" in fails(desk, "ConsentUnreadable", 2, "import", bad)
    fails(desk, "ConsentUnreadable", 2, "import", desk / "passphrase")
    twice = patients()
    twice[1] |= {"id": "c0", "patient": twice[0]["patient"], "status": "inactive"}
    double = desk.write("double.json", json.dumps(bundle(*twice)))
    assert "double.json, entry 2" in fails(desk, "ConsentTwice", 2, "import", double)
    imported(desk)
    by_other = ["import", desk / "consents.json", "--named-by", "identifier"]
    assert "consents.json, entry 1" in fails(desk, "ConsentPatientUnclear", 2, *by_other)
    desk.write("waiver.yaml", TERMS)
    fails(desk, "ConsentNotAsked", 2, "eligible", "--terms", desk / "waiver.yaml")
    fails(desk, "ConsentNotAsked", 2, "commit", "--terms", desk / "waiver.yaml")
    fails(desk, "UsageInvalid", 2, "eligible", *terms(desk), "--study", "1")
    fails(desk, "NoContext", 2, "eligible", "--study", "1")
    (desk.home / "consent" / "ledger.sqlite").chmod(0o644)
    fails(desk, "LedgerExposed", 7, "eligible", *terms(desk))


def test_a_ledger_can_lie_elsewhere(desk: Swarm) -> None:
    where = ["--ledger", desk / "cardiology.sqlite"]
    desk.good("consent", "import", desk / "consents.json", *where)
    assert desk.good("consent", "eligible", *terms(desk), *where)["asked"] == 4
    fails(desk, "LedgerMissing", 2, "eligible", *terms(desk))


# --- on the chain ---------------------------------------------------------------------------------


def test_a_commitment_is_signed_renewed_and_proven(swarm: Swarm) -> None:
    swarm.write("consents.json", json.dumps(bundle(*patients())))
    document = swarm.write("asking.yaml", ASKING)
    study = swarm.good("study", "open", document, who="alpha")["study"]
    asked = ["--study", str(study)]

    def refused(code: str, *words: str) -> None:
        result = swarm.run(*words, "--format", "json", who="alpha")
        assert (result.error["code"], result.out) == (code, "")

    refused("LedgerMissing", *swarm.sign_words(study))
    swarm.good("consent", "import", swarm / "consents.json", who="alpha")
    refused("CommitmentMissing", *swarm.sign_words(study))
    assert swarm.good("consent", "eligible", *asked, who="alpha")["permitting"] == 2
    first = swarm.good("consent", "commit", *asked, who="alpha")
    swarm.good("consent", "prove", NAMES[0], "-o", swarm / "first.json", who="alpha")
    swarm.good(*swarm.sign_words(study), who="alpha")
    on_chain = swarm.follower().state.study(study).participations[1].consent
    assert "0x" + on_chain.hex() == first["root"]

    # A patient withdraws: until that is committed to, nothing old can be renewed.
    swarm.good("consent", "withdraw", NAMES[0], who="alpha")
    refused("CommitmentOutdated", "study", "renew-consent", str(study))
    second = swarm.good("consent", "commit", *asked, who="alpha")
    assert (first["permitting"], second["permitting"]) == (2, 1)
    renewed = swarm.good("study", "renew-consent", str(study), who="alpha")
    assert (renewed["consent"], renewed["already"]) == (second["root"], False)

    swarm.good("consent", "prove", NAMES[0], "-o", swarm / "second.json", who="alpha")
    held = [*asked, "--institution", "1"]
    then = swarm.good("consent", "verify-proof", swarm / "first.json", *held, who="beta")
    now = swarm.good("consent", "verify-proof", swarm / "second.json", *held, who="beta")
    assert (then["permits"], then["newest"], now["permits"], now["newest"]) == (
        *(True, False),
        *(False, True),
    )
    assert then["committed_at"] <= now["committed_at"]
    other = [*asked, "--institution", "2"]
    refused("ConsentProofRefuted", "consent", "verify-proof", swarm / "second.json", *other)
    told = str(swarm.follower().state) + (swarm.home / "first.json").read_text()
    assert NAMES[1] not in told
