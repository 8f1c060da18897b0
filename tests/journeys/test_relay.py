"""Acts that one person signs and another sends: every one of them, by keys and by two persons."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from governance.chain.keystore import Keystore
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from tests.integration.persons import two_of_three
from tests.journeys.swarm import CHARTER, PASSPHRASE, TERMS, Swarm

if TYPE_CHECKING:
    from pathlib import Path

PERSONS = ("anna", "bert", "cleo")


@pytest.fixture
def swarm(endpoint: str, tmp_path: Path) -> Swarm:
    """A swarm with a stranger who does nothing but send."""
    swarm = Swarm.found(tmp_path, endpoint)
    swarm.new_key("postman")
    swarm.add_context("postman", "postman")
    return swarm


def by_post(swarm: Swarm, *words: str, who: str) -> Any:
    """Signs an act as `who`, has the stranger send it, and returns what `who` is told then."""
    file = swarm / f"act-{time.monotonic_ns()}.json"
    before = swarm.head()
    signed = swarm.good(*words, "--sign-only", file, who=who)
    assert signed["schema"] == "swarm-charter/cli/relay-sign/1"
    assert signed["signed_by"] == [signed["from"]]
    assert swarm.head() == before, "nothing was sent"
    sent = swarm.good("relay", "send", file, who="postman")
    assert (sent["from"], sent["already"]) == (signed["from"], False)
    return swarm.good(*words, who=who) | {"file": file}


def account_of_two(swarm: Swarm) -> str:
    """Creates a contract account for which two of three persons speak, each with a context."""
    for person in PERSONS:
        swarm.new_key(person)
        swarm.add_context(person, person)
    code = two_of_three([swarm.address(person) for person in PERSONS])
    signer = Keystore(swarm.home / "keystores").unlock("postman", PASSPHRASE)
    with Rpc(swarm.endpoint) as rpc, Sender(rpc, signer, swarm.home / "journals") as sender:
        created = sender.send(Act("", code, "create an account")).contract
    assert created is not None
    return created


def by_two(swarm: Swarm, *words: str, account: str) -> Any:
    """Two persons sign an act of the contract account; the stranger sends it."""
    file = swarm / f"act-{time.monotonic_ns()}.json"
    swarm.good(*words, "--sign-only", file, "--from", account, who="anna")
    early = swarm.run("relay", "send", file, "--format", "json", who="postman")
    assert (early.status, early.error["code"]) == (4, "RelaySignatureInvalid")
    signed = swarm.good("relay", "sign", file, "--yes", who="cleo")
    assert signed["signed_by"] == [swarm.address("anna"), swarm.address("cleo")]
    swarm.good("relay", "send", file, who="postman")
    return swarm.good("relay", "show", file, who="postman")


# --- every act ------------------------------------------------------------------------------------


def test_every_act_is_signed_by_one_and_sent_by_another(swarm: Swarm) -> None:
    # Membership and votes.
    assert by_post(swarm, *swarm.join_words(), who="delta")["already"]
    assert by_post(swarm, "propose", "admit", "4", who="alpha")["proposal"] == 1
    assert by_post(swarm, "vote", "1", "for", "--reason", "Good data", who="alpha")["already"]
    by_post(swarm, "vote", "1", "for", who="beta")
    assert by_post(swarm, "execute", "1", who="gamma")["already"]
    charter = swarm.write("charter-2.yaml", CHARTER.replace("The swarm's", "Another"))
    by_post(swarm, "propose", "charter", charter, who="alpha")
    by_post(swarm, "propose", "rules", "--quorum", "60", who="alpha")
    other = swarm.new_key("gamma-2")
    by_post(swarm, "account", "recover", "3", other, who="alpha")
    by_post(swarm, "member", "expel", "3", who="alpha")
    swarm.new_key("delta-2")
    words = ["account", "rotate", "delta-2", "--yes"]
    swarm.good(*words, "--sign-only", swarm / "rotation.json", who="delta")
    assert swarm.good("context", "show", "delta")["account"] == "delta", "it is not done yet"
    swarm.good("relay", "send", swarm / "rotation.json", who="postman")
    swarm.good(*words, who="delta")
    assert swarm.good("context", "show", "delta")["account"] == "delta-2"

    # Nodes and a study.
    asking = TERMS.replace("basis: waiver\n  max_age: null", "basis: broad-consent\n  max_age: 30d")
    terms = swarm.write("terms-2.yaml", asking)
    study = by_post(swarm, "study", "open", terms, who="alpha")["study"]
    consent = ["--consent", "0x" + 64 * "4"]
    for who in ("alpha", "beta"):
        swarm.good("context", "set", who, "--study", str(study))
        assert by_post(swarm, "node", "register", f"{who}-node", who=who)["already"]
        assert by_post(swarm, *swarm.sign_words(study), *consent, who=who)["already"]
    by_post(swarm, "study", "decline", str(study), "--reason", "legal", who="gamma")
    by_post(swarm, "study", "renew-consent", "--consent", "0x" + 64 * "5", who="beta")
    assert by_post(swarm, "study", "start", who="alpha")["state"] == "running"

    # A round and what it earns.
    package = swarm.train(1, "alpha", "beta")
    by_post(swarm, "publish", "--package", package, who="alpha")
    final = by_post(swarm, "attest", "--package", package, who="beta")
    assert final["standing"] == "final"
    document = ["--document", swarm / "profile.txt"]
    by_post(swarm, "benefit", "declare", "10.00", "EUR", *document, who="alpha")
    by_post(swarm, "benefit", "pay", "1", "2", *document, who="alpha")
    settled = by_post(swarm, "benefit", "confirm", "1", who="beta")
    assert settled["settlement"] == "confirmed"

    # The end of it.
    longer = swarm.write("terms-3.yaml", asking.replace("rounds: 50", "rounds: 60"))
    by_post(swarm, "study", "amend", "--terms", longer, who="alpha")
    by_post(swarm, "study", "withdraw", "--yes", who="beta")
    by_post(swarm, "study", "close", "--yes", who="alpha")
    by_post(swarm, "node", "revoke", "beta-node", "--yes", who="beta")
    assert by_post(swarm, "member", "leave", "--yes", who="beta")["already"]


def test_two_persons_speak_for_an_institution(swarm: Swarm) -> None:
    account = account_of_two(swarm)
    shown = by_two(swarm, *swarm.join_words(), account=account)
    assert (shown["institution"], shown["relayed"]) == (4, True)
    swarm.good("propose", "admit", "4", who="alpha")
    swarm.decide(1, "alpha", "beta")
    study = str(swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"])
    by_two(swarm, "study", "decline", study, account=account)
    by_two(swarm, "node", "register", "delta-node", account=account)
    swarm.good("propose", "rules", "--quorum", "70", who="alpha")
    by_two(swarm, "vote", "2", "for", account=account)
    state = swarm.follower().state
    assert [vote.institution for vote in state.proposal(2).votes.values()] == [4]
    assert state.swarm.nodes[swarm.address("delta-node")].institution == 4
    assert [each.institution for each in state.study(1).declines] == [4]


# --- what a person sees ---------------------------------------------------------------------------


@pytest.fixture
def ballot(swarm: Swarm) -> str:
    """A file with beta's vote on proposal 1."""
    swarm.good("propose", "rules", "--quorum", "60", who="alpha")
    swarm.good("vote", "1", "for", "--sign-only", swarm / "ballot.json", who="beta")
    return swarm / "ballot.json"


def test_a_signed_act_is_shown_in_words(swarm: Swarm, ballot: str) -> None:
    shown = swarm.good("relay", "show", ballot, who="alpha")
    assert (shown["contract"], shown["function"]) == ("SwarmGovernor", "castVoteWithReason")
    assert shown["arguments"] == {"proposalId": 1, "support": "in-favour", "reason": ""}
    assert (shown["institution"], shown["relayed"], shown["expired"]) == (2, False, False)
    assert 7 * 86_400 - 600 < shown["deadline"] - time.time() < 7 * 86_400 + 600
    table = swarm.run("relay", "show", ballot, who="alpha")
    assert "SwarmGovernor.castVoteWithReason" in table.out
    assert "in-favour" in table.out
    assert swarm.address("beta") in table.out


def test_terms_put_forward_are_shown_as_they_will_bind(swarm: Swarm) -> None:
    file = swarm / "study.json"
    swarm.good("study", "open", swarm / "terms.yaml", "--sign-only", file, who="alpha")
    table = swarm.run("relay", "show", file, who="beta").out
    assert "Institutions of any kind, public or private, from DE or PL." in table
    assert json.loads((swarm.home / "study.json").read_bytes())["data"] not in table
    swarm.good("relay", "send", file, who="postman")
    signature = swarm / "signature.json"
    swarm.good(*swarm.sign_words(1), "--sign-only", signature, who="beta")
    shown = swarm.good("relay", "show", signature, who="alpha")
    assert (shown["study"], shown["title"]) == (1, "Heart disease from routine data")


def test_everything_can_be_repeated(swarm: Swarm, ballot: str) -> None:
    first = (swarm.home / "ballot.json").read_bytes()
    again = swarm.run("vote", "1", "for", "--sign-only", ballot, who="beta")
    assert again.status == 0
    assert "holds this act already" in again.err
    assert (swarm.home / "ballot.json").read_bytes() == first
    signed = swarm.run("relay", "sign", ballot, "--yes", who="beta")
    assert signed.status == 0
    assert "This is signed already." in signed.err
    assert not swarm.good("relay", "send", ballot, who="postman")["already"]
    before = swarm.head()
    for who in ("postman", "alpha"):
        assert swarm.good("relay", "send", ballot, who=who)["already"]
    assert swarm.good("vote", "1", "for", "--sign-only", swarm / "new.json", who="beta")["already"]
    assert not (swarm.home / "new.json").exists()
    assert swarm.head() == before
    assert swarm.good("relay", "show", ballot, who="alpha")["relayed"]


def test_what_the_contract_would_refuse_now_is_said_and_signed(swarm: Swarm, ballot: str) -> None:
    words = ["execute", "1", "--sign-only", swarm / "execution.json"]
    result = swarm.run(*words, who="alpha")
    assert result.status == 0
    assert "As things stand, the contract would refuse it" in result.err
    refused = swarm.run("relay", "send", swarm / "execution.json", who="postman")
    assert (refused.status, "[GovernorUnexpectedProposalState]" in refused.err) == (4, True)
    for who in ("alpha", "beta"):
        swarm.good("vote", "1", "for", who=who)
    assert not swarm.good("relay", "send", swarm / "execution.json", who="postman")["already"]


def test_a_key_that_is_on_no_network_signs_what_another_machine_prepared(swarm: Swarm) -> None:
    swarm.good("propose", "rules", "--quorum", "60", who="alpha")
    online = ["--endpoint", swarm.endpoint, "--trust", swarm / "trust.json"]
    swarm.good("context", "add", "office", *online)
    file = swarm / "ballot.json"
    vote = ["vote", "1", "for", "--sign-only", file, "--from", swarm.address("beta")]
    prepared = swarm.run(*vote, who="office")
    assert prepared.status == 0, prepared.err
    assert "add signatures with `charter relay sign" in prepared.err
    unsigned = swarm.run("relay", "send", file, "--format", "json", who="postman")
    assert (unsigned.status, unsigned.error["code"]) == (2, "RelayRequestUnsigned")
    # A context whose key is another one leaves it unsigned too.
    other = swarm / "other.json"
    assert swarm.good(*vote[:4], other, *vote[5:], who="postman")["signed_by"] == []

    nowhere = ["--endpoint", "http://127.0.0.1:1", "--trust", swarm / "trust.json"]
    swarm.good("context", "add", "vault", *nowhere)
    assert swarm.run("relay", "show", file, who="vault").status == 5
    shown = swarm.good("relay", "show", file, "--offline", who="vault")
    assert (shown["signed_by"], shown["to"]) == ([], swarm.follower().house.governor)
    signed = swarm.good("relay", "sign", file, "--offline", "--key", "beta", "--yes", who="vault")
    assert signed["signed_by"] == [swarm.address("beta")]
    swarm.good("relay", "send", file, who="postman")
    assert swarm.good("vote", "1", "for", who="beta")["already"]


def test_nothing_is_signed_that_nobody_confirmed(swarm: Swarm, ballot: str) -> None:
    before = (swarm.home / "ballot.json").read_bytes()
    result = swarm.run("relay", "sign", ballot, "--offline", who="gamma")
    assert (result.status, "[NotConfirmed]" in result.err) == (2, True)
    assert "castVoteWithReason" in result.err
    assert (swarm.home / "ballot.json").read_bytes() == before


# --- wrong calls ----------------------------------------------------------------------------------


def changed(swarm: Swarm, file: str, **fields: Any) -> str:
    """A copy of a request with other fields."""
    said = json.loads((swarm.home / "ballot.json").read_bytes()) | fields
    return swarm.write(file, json.dumps(said))


def test_what_is_wrong_is_told_and_changes_nothing(swarm: Swarm, ballot: str) -> None:
    swarm.write("garbage", "{")
    swarm.write("short.json", json.dumps({"scheme": "swarm-charter/relay/1"}))
    said = json.loads((swarm.home / "ballot.json").read_bytes())
    stranger = swarm.address("postman")
    swarm.good(*swarm.join_words(), "--sign-only", swarm / "join.json", who="delta")
    join = json.loads((swarm.home / "join.json").read_bytes())
    calls = [
        (2, "UsageInvalid", ["vote", "1", "for", "--valid-for", "7d"]),
        (2, "UsageInvalid", ["vote", "1", "for", "--from", stranger]),
        (2, "UsageInvalid", ["vote", "1", "for", "--sign-only", swarm / "x", "--valid-for", "7"]),
        (2, "UsageInvalid", ["relay", "send", swarm / "nothing.json"]),
        (2, "ContextIncomplete", ["relay", "sign", ballot, "--context", "office"]),
        (7, "RelayFileTaken", ["vote", "1", "against", "--sign-only", ballot]),
        (7, "RelayFileTaken", ["vote", "1", "for", "--sign-only", swarm / "garbage"]),
        (2, "RelayRequestInvalid", ["relay", "show", swarm / "garbage"]),
        (2, "RelayRequestInvalid", ["relay", "send", swarm / "short.json"]),
        (2, "RelaySignerForeign", ["relay", "sign", ballot, "--yes"]),
        (4, "RelayRequestForeign", ["relay", "send", changed(swarm, "a", chainId=1)]),
        (4, "RelayRequestForeign", ["relay", "send", changed(swarm, "b", relay=stranger)]),
        (4, "RelayTargetForbidden", ["relay", "send", changed(swarm, "c", to=stranger)]),
        (2, "ActUnknown", ["relay", "send", changed(swarm, "d", data=join["data"])]),
        (2, "ActUnknown", ["relay", "show", changed(swarm, "e", data=said["data"] + "00")]),
        (4, "RelaySignatureInvalid", ["relay", "send", changed(swarm, "f", deadline=2**40)]),
        (4, "RelaySignatureInvalid", ["relay", "send", changed(swarm, "g", nonce="0x" + 64 * "0")]),
        (
            2,
            "SignatureInvalid",
            ["relay", "show", changed(swarm, "h", signatures=["0x" + 130 * "0"])],
        ),
    ]
    online = ["--endpoint", swarm.endpoint, "--trust", swarm / "trust.json"]
    swarm.good("context", "add", "office", *online)
    before = swarm.head()
    for status, code, words in calls:
        who = None if "--context" in words else "gamma"
        result = swarm.run(*words, "--format", "json", who=who)
        assert (result.status, result.error["code"]) == (status, code), words
    assert swarm.head() == before


def test_a_request_over_its_time_is_refused(swarm: Swarm) -> None:
    swarm.good("propose", "rules", "--quorum", "60", who="alpha")
    file = swarm / "ballot.json"
    words = ["vote", "1", "for", "--sign-only", file, "--valid-for", "1s"]
    deadline = swarm.good(*words, who="beta")["deadline"]
    time.sleep(max(0, deadline - time.time()) + 1.1)
    late = swarm.run("relay", "send", file, "--format", "json", who="postman")
    assert (late.status, late.error["code"]) == (4, "RelayDeadlineOver")
    assert swarm.good("relay", "show", file, who="alpha")["expired"]
    taken = swarm.run(*words, "--format", "json", who="beta")
    assert (taken.status, taken.error["code"]) == (7, "RelayFileTaken")


def test_terms_that_say_something_else_than_would_be_enforced_are_not_shown(swarm: Swarm) -> None:
    swarm.good("study", "open", swarm / "terms.yaml", "--sign-only", swarm / "s.json", who="alpha")
    said = json.loads((swarm.home / "s.json").read_bytes())
    more = bytes.fromhex(said["data"][2:]).replace(b'"rounds":50', b'"rounds":60')
    forged = swarm.write("forged.json", json.dumps(said | {"data": "0x" + more.hex()}))
    for words in (["show", forged], ["sign", forged, "--yes"], ["send", forged]):
        result = swarm.run("relay", *words, "--format", "json", who="alpha")
        assert (result.status, result.error["code"]) == (3, "TermsMismatch"), words
