"""Wrong calls: each is told in one sentence with one remedy, and changes nothing."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from governance.primitives import to_hex
from tests.journeys.swarm import TERMS, Swarm

if TYPE_CHECKING:
    from pathlib import Path

TOLD = re.compile(r"Error \[[A-Z][A-Za-z]+\]: [A-Z0'“/].+[.?!] Do: [A-Z].+\.")
ZEROS = "0x" + 64 * "0"
ONES = "0x" + 64 * "1"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong call.

    Attributes:
        what: What is wrong about it.
        words: The command; `@` stands for the folder of the swarm.
        code: The error's.
        status: The exit status.
        who: The context.
    """

    what: str
    words: str
    code: str
    status: int
    who: str | None = "alpha"


CALLS = [
    # --- the words themselves
    Wrong("unknown command", "elect 1", "UsageInvalid", 2, None),
    Wrong("unknown option", "status --colour", "UsageInvalid", 2),
    Wrong("missing argument", "vote 1", "UsageInvalid", 2),
    Wrong("unknown vote", "vote 1 maybe", "UsageInvalid", 2),
    Wrong("number that is none", "proposal show first", "UsageInvalid", 2),
    Wrong("quorum of nothing", "propose rules --quorum 0", "UsageInvalid", 2),
    Wrong("no rule to change", "propose rules", "UsageInvalid", 2),
    Wrong("digest too short", "propose charter 0x1234", "UsageInvalid", 2),
    Wrong("address mistyped", f"propose recover 3 0x{40 * 'g'}", "UsageInvalid", 2),
    Wrong("file that is not there", "study open @/nowhere.yaml", "UsageInvalid", 2),
    Wrong(
        "currency that is none", "benefit declare 5 euro --document @/model.bin", "UsageInvalid", 2
    ),
    Wrong(
        "country in small letters",
        "join --name X --kind hospital --sector public --country de --document @/model.bin",
        "UsageInvalid",
        2,
        "foxtrot",
    ),
    # --- contexts, keys and files of this machine
    Wrong("unknown context", "status", "ContextUnknown", 2, "nobody"),
    Wrong("context without an account", "vote 2 for", "ContextIncomplete", 2, "reader"),
    Wrong(
        "other context of that name",
        "context add alpha --endpoint http://127.0.0.1:1 --trust @/trust.json",
        "ContextExists",
        2,
        None,
    ),
    Wrong(
        "wrong passphrase",
        "vote 2 for --passphrase-file @/wrong",
        "KeystorePassphraseWrong",
        7,
        "beta",
    ),
    Wrong(
        "empty passphrase", "vote 2 for --passphrase-file @/empty", "PassphraseMissing", 7, "beta"
    ),
    Wrong("unknown key", "account show nobody", "KeystoreUnknown", 7),
    Wrong("key of that name exists", "account new alpha", "KeystoreExists", 7),
    Wrong("key's name no file can have", "account new ../alpha", "KeyNameInvalid", 2),
    Wrong("keystore cut off", "vote 2 for", "KeystoreCorrupt", 7, "torn"),
    Wrong("keystore that others read", "vote 2 for", "KeystoreInsecure", 7, "open"),
    Wrong("trust file that is none", "status", "TrustInvalid", 2, "mistrust"),
    Wrong("trust file gone", "status", "TrustMissing", 2, "trustless"),
    Wrong("journal damaged", "vote 2 for", "JournalCorrupt", 7, "journal"),
    Wrong("evidence that no gate wrote", "gate log @/garbage", "EvidenceCorrupt", 7),
    # --- the chain
    Wrong("chain down", "status", "ChainUnreachable", 5, "down"),
    Wrong("chain down while voting", "vote 2 for", "ChainUnreachable", 5, "down"),
    Wrong("audit of a chain that is down", "audit live", "ChainUnreachable", 3, "down"),
    Wrong("endpoint that is no URL", "status", "EndpointInvalid", 2, "nourl"),
    Wrong("foreign chain", "status", "ChainForeign", 5, "foreign"),
    Wrong("swarm that is not there", "status", "HouseMissing", 5, "homeless"),
    Wrong("audit of a foreign chain", "audit live", "ChainForeign", 3, "foreign"),
    Wrong("waiting too long", "wait signatures 3 --timeout 0", "WaitTimedOut", 6),
    # --- founding
    Wrong(
        "founders twice the same",
        "found @/twice.yaml --endpoint % --trust @/t2.json",
        "FoundingPlanInvalid",
        2,
        None,
    ),
    Wrong(
        "founders' file malformed",
        "found @/model.bin --endpoint % --trust @/t2.json",
        "FoundersFileInvalid",
        2,
        None,
    ),
    Wrong("other founders than agreed", "found @/fewer.yaml --verify", "FoundingUnsound", 3),
    Wrong(
        "founding over another one",
        "found @/fewer.yaml --endpoint % --trust @/trust.json",
        "FoundingUnsound",
        3,
        None,
    ),
    Wrong("no chain to found on", "found @/founders.yaml", "ChainNotNamed", 2, None),
    # --- members and votes
    Wrong("not a member", "study open @/terms-2.yaml", "NotAnInstitution", 4, "foxtrot"),
    Wrong(
        "applicant who proposes",
        "propose rules --quorum 80",
        "GovernorInsufficientProposerVotes",
        4,
        "echo",
    ),
    Wrong("applicant who votes", "vote 2 for", "GovernorNotEligible", 4, "echo"),
    Wrong("already voted otherwise", "vote 2 against", "AlreadyVoted", 4),
    Wrong("proposal closed", "vote 1 for", "GovernorUnexpectedProposalState", 4, "gamma"),
    Wrong("proposal not decided", "execute 2", "GovernorUnexpectedProposalState", 4),
    Wrong("unknown proposal", "vote 99 for", "ProposalUnknown", 2),
    Wrong("unknown institution", "propose admit 99", "InstitutionUnknown", 2),
    Wrong("expulsion of an applicant", "propose expel 5", "SwarmStandingWrong", 4),
    Wrong("recovery to a used account", "propose recover 3 {beta}", "SwarmAddressUsed", 4),
    Wrong("rotation to a used account", "account rotate beta-node --yes", "SwarmAddressUsed", 4),
    Wrong(
        "second application",
        "join --name Other --kind hospital --sector public --country DE --document @/model.bin",
        "SwarmAddressUsed",
        4,
    ),
    Wrong("duplicate node key", "node register beta-node", "SwarmAddressUsed", 4),
    Wrong("revoked node key again", "node register gamma-node", "SwarmAddressUsed", 4, "gamma"),
    Wrong("another's node revoked", "node revoke beta-node --yes", "SwarmNodeNotYours", 4),
    # --- terms
    Wrong("unknown study", "study show 99", "StudyUnknown", 2),
    Wrong("study not named", "study show", "StudyNotNamed", 2, "reader"),
    Wrong("unknown version", "study show 1 --version 9", "TermsVersionUnknown", 2),
    Wrong(
        "wrong version signed",
        "study sign 1 --version 9 --readiness @/ready.json --yes",
        "TermsVersionUnknown",
        2,
    ),
    Wrong("malformed YAML", "study open @/malformed.yaml", "TermsInvalid", 2),
    Wrong("negative share", "study open @/negative.yaml", "TermsInvalid", 2),
    Wrong("shares over 100 %", "study open @/over.yaml", "TermsInvalid", 2),
    Wrong("terms expired", "study open @/expired.yaml", "TermsInvalid", 2),
    Wrong(
        "prohibition missing",
        "study open @/permissive.yaml --charter @/charter.yaml",
        "CharterProhibitionMissing",
        2,
    ),
    Wrong(
        "not the charter in force",
        "study open @/terms-2.yaml --charter @/terms.yaml",
        "CharterForeign",
        2,
    ),
    Wrong(
        "ineligible country",
        "study sign 1 --readiness @/ready.json --yes",
        "StudyNotEligible",
        4,
        "delta",
    ),
    Wrong(
        "other terms than read",
        f"study sign 2 --readiness @/ready.json --yes --digest {ONES}",
        "TermsDigestOther",
        4,
    ),
    Wrong(
        "readiness of nothing", f"study sign 2 --readiness {ZEROS} --yes", "StudyDigestMissing", 4
    ),
    Wrong(
        "consent where none is asked",
        f"study sign 2 --readiness @/ready.json --yes --consent {ONES}",
        "StudyConsentMismatch",
        4,
    ),
    Wrong("signature not confirmed", "study sign 2 --readiness @/ready.json", "NotConfirmed", 2),
    Wrong("declined after signing", "study decline 1", "StudySignedAlready", 4),
    Wrong("withdrawal of no signatory", "study withdraw 1 --yes", "StudyNotSignatory", 4, "gamma"),
    Wrong(
        "consent renewed by no signatory",
        f"study renew-consent 1 --consent {ONES}",
        "StudyNotSignatory",
        4,
        "gamma",
    ),
    Wrong("start without signatories", "study start 2", "StudyTooFewSignatories", 4),
    Wrong("closed by no signatory", "study close 1 --yes", "StudyNotSignatory", 4, "gamma"),
    # --- rounds and checkpoints
    Wrong(
        "revoked node",
        "publish --package @/package-of-model-2 --study 1",
        "StudyNotAuthorised",
        4,
        "gamma",
    ),
    Wrong("round that is final already", "publish --package @/spoilt", "RoundsOther", 3),
    Wrong("package that is none", "publish --package @/keyless", "PackageInvalid", 3),
    Wrong(
        "package that is there already",
        "checkpoint package @/evidence-2.jsonl --last 2 --model @/model-2 --out @/spoilt",
        "PackageTaken",
        7,
    ),
    Wrong(
        "package of a final round",
        "checkpoint package @/evidence.jsonl --last 1 --model @/model-1 --out @/late",
        "RoundRecordInvalid",
        3,
    ),
    Wrong("update that is none", "checkpoint update-digest @/model.bin", "UpdateInvalid", 2),
    Wrong(
        "unknown checkpoint",
        f"attest {ONES} --package @/package-of-model-2",
        "CheckpointUnknown",
        2,
    ),
    Wrong("attested unseen", "attest --level set-checked", "UsageInvalid", 2, "beta"),
    Wrong("attested unseen and unsaid", "attest --checked-elsewhere", "UsageInvalid", 2, "beta"),
    Wrong(
        "package of another checkpoint",
        "attest {first} --package @/package-of-model-2 --study 1",
        "RecordOther",
        3,
        "delta",
    ),
    Wrong(
        "other model than published",
        "attest {first} --package @/spoilt --study 1",
        "ModelOther",
        3,
        "delta",
    ),
    Wrong(
        "more claimed than checked",
        "attest {first} --package @/package-of-model-1 --level merge-recomputed --study 1",
        "LevelNotReached",
        4,
        "delta",
    ),
    Wrong(
        "merge by another rule",
        "attest {first} --package @/package-of-model-1 --merge mean-change --study 1",
        "MergeInvalid",
        3,
        "delta",
    ),
    Wrong("checkpoint hardly named", "checkpoint show 0x12", "CheckpointAmbiguous", 2),
    Wrong("model without files", "checkpoint digest @/keyless", "ModelFilesInvalid", 2),
    Wrong(
        "envelope that is none",
        f"gate check @/model.bin --round 1 --update {ONES} --evidence @/other.jsonl",
        "EnvelopeInvalid",
        2,
    ),
    Wrong(
        "envelope replayed in another round",
        f"gate check @/envelope-1-alpha.json --round 2 --update {ONES} --evidence @/evidence.jsonl",
        "WrongRound",
        4,
    ),
    Wrong(
        "envelope never seen for another round",
        f"gate check @/envelope-1-alpha.json --round 2 --update {ONES} --evidence @/other.jsonl",
        "WrongRound",
        4,
    ),
    # --- money
    Wrong(
        "amount below nothing",
        "benefit declare --document @/model.bin -- -5 EUR",
        "AmountInvalid",
        2,
    ),
    Wrong(
        "amount finer than a cent",
        "benefit declare 5.001 EUR --document @/model.bin",
        "AmountInvalid",
        2,
    ),
    Wrong(
        "revenue of no signatory",
        "benefit declare 5 EUR --document @/model.bin --study 1",
        "BenefitsNotEntitled",
        4,
        "gamma",
    ),
    Wrong(
        "revenue before any round",
        "benefit declare 5 EUR --document @/model.bin --study 2",
        "BenefitsNothingEarned",
        4,
    ),
    Wrong("unknown revenue", "benefit statement --revenue 9", "RevenueUnknown", 2),
    Wrong(
        "payment of an unknown revenue",
        "benefit pay 9 2 --document @/model.bin",
        "BenefitsRevenueUnknown",
        4,
    ),
    Wrong(
        "payment by another",
        "benefit pay 1 2 --document @/model.bin",
        "BenefitsNotPayer",
        4,
        "beta",
    ),
    Wrong("payment of nothing", "benefit pay 1 4 --document @/model.bin", "BenefitsNothingOwed", 4),
    Wrong("confirmation before payment", "benefit confirm 1", "BenefitsSettlementWrong", 4, "beta"),
    Wrong("confirmation by another", "benefit confirm 1 1", "BenefitsNotReceiver", 4, "beta"),
]


@pytest.fixture(scope="module")
def world(lived: Swarm) -> Swarm:
    """The swarm, with whatever can be wrong around it."""
    swarm = lived
    swarm.write("wrong", "wrong horse\n")
    swarm.write("empty", "\n")
    swarm.train(2, "alpha", "beta", evidence="evidence-2.jsonl")
    shutil.copytree(swarm.home / "package-of-model-1", swarm.home / "spoilt")
    shutil.copy(swarm.home / "model-2" / "model.safetensors", swarm.home / "spoilt" / "model")
    swarm.write("garbage", "not what a gate writes\n")
    swarm.write("malformed.yaml", "title: [")
    swarm.write("negative.yaml", TERMS.replace('equal: "50"', 'equal: "-50"'))
    swarm.write("over.yaml", TERMS.replace('equal: "50"', 'equal: "80"'))
    swarm.write("expired.yaml", TERMS.replace("2040", "2020"))
    swarm.write("permissive.yaml", TERMS.replace("Re-identification of patients", "Nothing"))
    (swarm.home / "keyless").mkdir()
    founders = (swarm.home / "founders.yaml").read_text()
    swarm.write("twice.yaml", founders.replace("account: beta", "account: alpha"))
    swarm.write("fewer.yaml", founders.replace("quorum: 50", "quorum: 51"))
    _keys(swarm)
    _contexts(swarm)
    return swarm


def _keys(swarm: Swarm) -> None:
    folder = swarm.home / "keystores"
    for name in ("torn", "open"):
        shutil.copy(folder / "beta.json", folder / f"{name}.json")
    document = json.loads((folder / "torn.json").read_text())
    document["crypto"]["ciphertext"] = "zz"
    (folder / "torn.json").write_text(json.dumps(document))
    (folder / "open.json").chmod(0o644)


def _contexts(swarm: Swarm) -> None:
    trust = json.loads((swarm.home / "trust.json").read_text())
    swarm.write("foreign.json", json.dumps(trust | {"chain_id": 1}))
    swarm.write("homeless.json", json.dumps(trust | {"history": trust["founders"][0]}))
    swarm.write("mistrust.json", "{}")
    swarm.write("trustless.json", json.dumps(trust))
    for name in ("foreign", "homeless", "mistrust", "trustless"):
        where = ["--endpoint", swarm.endpoint, "--trust", swarm / f"{name}.json"]
        swarm.good("context", "add", name, *where)
    (swarm.home / "trustless.json").unlink()
    for name, endpoint in (("down", "http://127.0.0.1:9"), ("nourl", "chain")):
        where = ["--endpoint", endpoint, "--trust", swarm / "trust.json"]
        swarm.good("context", "add", name, *where, "--account", "beta")
    where = ["--endpoint", swarm.endpoint, "--trust", swarm / "trust.json"]
    swarm.good("context", "add", "reader", *where)
    swarm.add_context("torn", "torn")
    swarm.add_context("open", "open")
    swarm.add_context("journal", "beta", journal=swarm / "damaged")
    shutil.copytree(swarm.home / "journals" / "beta", swarm.home / "damaged")
    for journal in (swarm.home / "damaged").glob("*.journal"):
        journal.write_text("not what was written\n" + journal.read_text())


def _words(swarm: Swarm, call: Wrong) -> list[str]:
    (first,) = swarm.follower().state.study(1).finals
    known = {"beta": swarm.address("beta"), "first": to_hex(first.checkpoint)}
    return [
        word.replace("@", str(swarm.home)).replace("%", swarm.endpoint).format(**known)
        for word in call.words.split()
    ]


def test_there_are_enough_of_them() -> None:
    assert len({call.what for call in CALLS}) == len(CALLS) >= 40


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.what)
def test_a_wrong_call_is_told_and_changes_nothing(world: Swarm, call: Wrong) -> None:
    before = world.head()
    words = _words(world, call)
    # Before the words, for some calls end in a plain `--`.
    told = world.run(words[0], *words[1:], who=call.who) if "--" not in words else None
    if told is not None:
        assert told.status == call.status, told.err
        line = told.err.splitlines()[-1]
        assert TOLD.fullmatch(line), line
        assert f"[{call.code}]" in line
        assert "Traceback" not in told.err
    at = words.index("--") if "--" in words else len(words)
    json_words = [*words[:at], "--format", "json", *_context(call), *words[at:]]
    result = world.run(*json_words)
    assert (result.status, result.error["code"]) == (call.status, call.code), result.err
    assert result.error["exit_status"] == call.status
    assert world.head() == before


def _context(call: Wrong) -> list[str]:
    return ["--context", call.who] if call.who else []


def test_a_broken_file_of_contexts_is_told(endpoint: str, tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, endpoint)
    swarm.write("passphrase", "x")
    swarm.write("contexts.json", "{")
    result = swarm.run("status", "--format", "json")
    assert (result.status, result.error["code"]) == (7, "ContextsCorrupt")


def test_without_any_context_a_command_says_how_to_get_one(endpoint: str, tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, endpoint)
    swarm.write("passphrase", "x")
    result = swarm.run("status")
    assert result.status == 2
    assert "[NoContext]" in result.err
    assert "charter context add" in result.err
