"""From a founding to a fourth member: keys, contexts, applications, votes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.swarm import CHARTER, PASSPHRASE, Swarm, founders_file

if TYPE_CHECKING:
    from pathlib import Path


def test_whoever_founds_can_be_verified(swarm: Swarm) -> None:
    found = swarm.good("found", swarm / "founders.yaml", "--verify")
    assert found["verified"]
    assert len(found["founders"]) == 3


def test_founding_again_changes_nothing(swarm: Swarm) -> None:
    before = swarm.head()
    again = swarm.good(
        *("found", swarm / "founders.yaml", "--endpoint", swarm.endpoint),
        *("--trust", swarm / "trust.json"),
    )
    assert again["already"]
    assert swarm.head() == before


def test_the_fourth_hospital_applies_and_is_voted_in(swarm: Swarm) -> None:
    applied = swarm.good(*swarm.join_words(), who="delta")
    assert (applied["institution"], applied["standing"]) == (4, "applicant")
    waiting = swarm.good("status", who="alpha")["waiting"]
    assert [each["kind"] for each in waiting] == ["application"]

    proposal = swarm.good("propose", "admit", "4", who="alpha")["proposal"]
    assert [each["kind"] for each in swarm.good("status", who="beta")["waiting"]] == ["vote"]
    swarm.good("vote", str(proposal), "for", "--reason", "Good data", who="alpha")
    swarm.good("vote", str(proposal), "for", who="beta")
    assert [each["kind"] for each in swarm.good("status", who="beta")["waiting"]] == ["execute"]
    assert swarm.good("wait", "proposal", str(proposal))["state"] == "succeeded"
    swarm.good("execute", str(proposal), who="gamma")

    shown = swarm.good("proposal", "show", str(proposal))
    assert shown["state"] == "executed"
    assert {vote["institution"]: vote["vote"] for vote in shown["votes"]} == {1: "for", 2: "for"}
    assert swarm.good("member", "show", who="delta")["standing"] == "member"
    assert len(swarm.good("member", "list")["members"]) == 4


def test_the_same_again_is_done_already_and_sends_nothing(swarm: Swarm) -> None:
    swarm.admit_applicant()
    before = swarm.head()
    for words, who in (
        (swarm.join_words(), "delta"),
        (["vote", "1", "for"], "alpha"),
        (["execute", "1"], "beta"),
        (["propose", "admit", "4"], "beta"),
    ):
        assert swarm.good(*words, who=who)["already"], words
    assert swarm.head() == before


def test_a_rotated_account_keeps_its_number_and_its_vote(swarm: Swarm) -> None:
    swarm.good(*swarm.join_words(), who="delta")
    swarm.good("propose", "admit", "4", who="alpha")
    swarm.good("vote", "1", "for", who="alpha")
    address = swarm.new_key("alpha-2")
    rotated = swarm.good("account", "rotate", "alpha-2", "--yes", who="alpha")
    assert (rotated["institution"], rotated["account"]) == (1, address)
    assert swarm.good("context", "show", "alpha")["account"] == "alpha-2"
    assert swarm.good("account", "rotate", "alpha-2", "--yes", who="alpha")["already"]
    assert swarm.good("vote", "1", "for", who="alpha")["already"]


def test_a_lost_key_is_replaced_by_vote(swarm: Swarm) -> None:
    address = swarm.new_key("gamma-2")
    proposal = swarm.good("account", "recover", "3", address, who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta")
    swarm.good("context", "set", "gamma", "--account", "gamma-2")
    assert swarm.good("member", "show", who="gamma")["number"] == 3


def test_charter_and_rules_are_changed_by_vote(swarm: Swarm) -> None:
    broken = swarm.write("broken.yaml", "title: Ours")
    refused = swarm.run("propose", "charter", broken, "--format", "json", who="alpha")
    assert (refused.status, refused.error["code"]) == (2, "CharterInvalid")
    other = swarm.write("charter-2.yaml", CHARTER.replace("Re-identification", "Sale"))
    charter = swarm.good("propose", "charter", other, who="alpha")["proposal"]
    rules = swarm.good("propose", "rules", "--quorum", "60", who="alpha")["proposal"]
    swarm.decide(charter, "alpha", "beta")
    swarm.decide(rules, "alpha", "beta")
    state = swarm.follower().state
    assert (state.rules[-1].rules.quorum, state.rules[-1].rules.voting_period) == (60, 3600)
    assert swarm.good("propose", "rules", "--quorum", "60", who="beta")["already"]
    assert swarm.good("propose", "charter", other, who="beta")["already"]


def test_an_expelled_member_is_none_and_one_that_leaves_neither(swarm: Swarm) -> None:
    proposal = swarm.good("member", "expel", "3", "--reason", "Sold data", who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta")
    swarm.good("member", "leave", "--yes", who="beta")
    assert swarm.good("member", "leave", "--yes", who="beta")["already"]
    listed = swarm.good("member", "list", "--all")["members"]
    assert [each["standing"] for each in listed] == ["member", "left", "expelled"]


def test_nodes_are_registered_and_revoked(swarm: Swarm) -> None:
    swarm.good("node", "register", "alpha-node", who="alpha")
    assert swarm.good("node", "register", "alpha-node", who="alpha")["already"]
    swarm.good("node", "revoke", "alpha-node", "--yes", who="alpha")
    assert swarm.good("node", "revoke", "alpha-node", "--yes", who="alpha")["already"]
    (node,) = swarm.good("node", "list", who="alpha")["nodes"]
    assert (node["key"], node["standing"]) == ("alpha-node", "revoked")


def test_a_new_key_is_kept_where_only_its_owner_reads_it(swarm: Swarm, tmp_path: Path) -> None:
    made = swarm.good("account", "new", "fresh")
    assert made["address"] == swarm.address("fresh")
    file = tmp_path / "keystores" / "fresh.json"
    assert file.stat().st_mode & 0o077 == 0
    assert PASSPHRASE not in file.read_text()
    assert "fresh" in {each["key"] for each in swarm.good("account", "list")["keys"]}


def test_status_without_an_account_shows_the_swarm(swarm: Swarm) -> None:
    where = ["--endpoint", swarm.endpoint, "--trust", swarm / "trust.json"]
    swarm.good("context", "add", "reader", *where)
    shown = swarm.good("status", who="reader")
    assert (shown["institution"], shown["members"], shown["waiting"]) == (None, 3, [])


def test_nobody_founds_under_a_charter_that_cannot_be_read(endpoint: str, tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, endpoint)
    swarm.new_key("alpha")
    swarm.write("passphrase", PASSPHRASE)
    swarm.write("profile.txt", "A profile.")
    swarm.write("charter.yaml", CHARTER.replace("prohibited_uses", "forbidden_uses"))
    founders = swarm.write("founders.yaml", founders_file(("alpha",)))
    words = ["found", founders, "--endpoint", endpoint, "--trust", swarm / "trust.json"]
    refused = swarm.run(*words, "--format", "json")
    assert (refused.status, refused.error["code"]) == (2, "CharterInvalid")
    assert not (tmp_path / "trust.json").exists()
