"""Validators on the chain: registered with a proof, replaced, removed, listed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploy.network.validator_key import ValidatorKey
from tests.journeys.test_relay import account_of_two, by_post, by_two

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.swarm import Swarm


@pytest.fixture
def key(tmp_path: Path) -> ValidatorKey:
    """The key of alpha's validator, which lies beside the swarm's own files as `validator`."""
    return ValidatorKey.create(tmp_path / "validator")


def test_a_validator_is_registered_replaced_and_removed(swarm: Swarm, key: ValidatorKey) -> None:
    words = ["validator", "register", swarm / "validator"]
    first = swarm.good(*words, who="alpha")
    assert first["schema"] == "swarm-charter/cli/validator-register/1"
    assert (first["validator"], first["institution"]) == (key.address, 1)
    assert not first["already"]
    swarm_state = swarm.follower().state.swarm
    assert swarm_state.institution(1).validator == key.address

    before = swarm.head()
    again = swarm.run(*words, "--format", "json", who="alpha")
    assert (again.status, again.json["already"]) == (0, True)
    assert "done already" in again.err
    assert swarm.head() == before, "nothing was sent"

    other = ValidatorKey.create(swarm.home / "second")
    second = swarm.run("validator", "register", swarm / "second", who="alpha")
    assert second.status == 0, second.err
    assert f"{other.address} instead of {key.address}" in second.err
    assert "charter network sync" in second.err
    assert other.address in second.out
    # Back to the one it had before.
    assert not swarm.good(*words, who="alpha")["already"]

    removed = swarm.good("validator", "remove", who="alpha")
    assert (removed["institution"], removed["removed"]) == (1, key.address)
    assert swarm.follower().state.swarm.institution(1).validator is None


def test_removing_where_there_is_none_says_so(swarm: Swarm) -> None:
    before = swarm.head()
    result = swarm.run("validator", "remove", "--format", "json", who="beta")
    assert (result.status, result.json["already"], result.json["removed"]) == (0, True, None)
    assert "Institution 2, Beta Hospital, has no validator." in result.err
    assert swarm.head() == before


def test_validators_are_listed_with_whose_they_are(swarm: Swarm, key: ValidatorKey) -> None:
    nothing = swarm.run("validator", "list", who="alpha")
    assert nothing.status == 0
    assert "There is no validator." in nothing.out
    swarm.good("validator", "register", swarm / "validator", who="alpha")
    ValidatorKey.create(swarm.home / "beta-validator")
    swarm.good("validator", "register", swarm / "beta-validator", who="beta")
    swarm.good("member", "leave", "--yes", who="beta")

    told = swarm.good("validator", "list", who="gamma")
    assert told["schema"] == "swarm-charter/cli/validator-list/1"
    registered, departed = told["validators"]
    at = registered.pop("registered_at")
    assert registered == {
        "validator": key.address,
        "institution": 1,
        "name": "Alpha Hospital",
        "standing": "member",
    }
    follower = swarm.follower()
    assert follower.block is not None
    assert 0 < at <= follower.block.timestamp
    assert (departed["institution"], departed["standing"]) == (2, "left")
    assert told["members_without"] == [3]

    table = swarm.run("validator", "list", who="gamma")
    assert table.status == 0
    assert key.address in table.out
    assert "1 Alpha Hospital" in table.out
    assert "left" in table.out
    assert "Without a validator: 3 Gamma Hospital." in table.err


def test_the_acts_can_be_signed_by_one_and_sent_by_another(swarm: Swarm, key: ValidatorKey) -> None:
    swarm.new_key("postman")
    swarm.add_context("postman", "postman")
    assert by_post(swarm, "validator", "register", swarm / "validator", who="alpha")["already"]
    assert swarm.follower().state.swarm.institution(1).validator == key.address
    assert by_post(swarm, "validator", "remove", who="alpha")["already"]


def test_two_persons_register_a_validator(swarm: Swarm, key: ValidatorKey) -> None:
    swarm.new_key("postman")
    swarm.add_context("postman", "postman")
    account = account_of_two(swarm)
    by_two(swarm, *swarm.join_words(), account=account)
    swarm.good("propose", "admit", "4", who="alpha")
    swarm.decide(1, "alpha", "beta")
    shown = by_two(swarm, "validator", "register", swarm / "validator", account=account)
    assert (shown["function"], shown["institution"]) == ("registerValidator", 4)
    assert swarm.follower().state.swarm.institution(4).validator == key.address


def test_what_is_wrong_is_told_and_changes_nothing(swarm: Swarm, key: ValidatorKey) -> None:
    swarm.good("validator", "register", swarm / "validator", who="beta")
    ValidatorKey.create(swarm.home / "open")
    (swarm.home / "open").chmod(0o644)
    ValidatorKey.create(swarm.home / "fresh")
    swarm.write("torn", "0x1234")
    (swarm.home / "torn").chmod(0o600)
    before = swarm.head()
    calls = [
        (2, "UsageInvalid", "nowhere", "alpha"),
        (7, "ValidatorKeyCorrupt", "torn", "alpha"),
        (7, "ValidatorKeyInsecure", "open", "alpha"),
        (4, "SwarmAddressUsed", "validator", "alpha"),
        (4, "NotAnInstitution", "fresh", "delta"),
    ]
    for status, code, name, who in calls:
        words = ["validator", "register", swarm / name, "--format", "json"]
        result = swarm.run(*words, who=who)
        assert (result.status, result.error["code"]) == (status, code), name
        assert not result.out
    assert swarm.run("validator", "remove", who="delta").status == 4
    swarm.good(*swarm.join_words(), who="delta")
    applied = swarm.head()
    for words in (["register", swarm / "fresh"], ["remove"]):
        result = swarm.run("validator", *words, "--format", "json", who="delta")
        if words == ["remove"]:
            assert result.json["already"], "an applicant has none"
        else:
            assert (result.status, result.error["code"]) == (4, "SwarmNotMember")
    assert applied == swarm.head() != before


def test_listing_loads_no_library_that_signs(swarm: Swarm) -> None:
    code = (
        "import sys; from cli.main import run; status = run(sys.argv[1:]); "
        "assert not {'web3', 'eth_account', 'eth_abi'} & set(sys.modules); sys.exit(status)"
    )
    words = ["validator", "list", "--context", "alpha"]
    listed = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=swarm.environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
