"""Founding on a real chain: broken off, done twice, tampered with."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import founding
from deploy.embedded import CHAIN_ID
from deploy.founding import FoundingOther, FoundingPlanInvalid, found, verify
from governance.abi import load_code
from governance.chain.calls import call_data, constructor_data
from governance.chain.code import immutables
from governance.chain.errors import ChainForeign, CodeForeign, HouseMissing, Refused
from governance.chain.founded import FoundingUnsound
from governance.chain.house import Trust
from governance.chain.queries import code, transaction_count
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.primitives import create_address
from governance.vocabulary import Founder, Standing, VotingRules
from tests.integration.world import CHARTER, RULES, Chain, Founded, key, plan, profile

ZERO = "0x" + 40 * "0"


def test_a_founding_is_verified(founded: Founded) -> None:
    agreed = plan(CHAIN_ID)
    sound = verify(founded.rpc, founded.trust, agreed)
    assert sound.founders == agreed.founders
    assert (sound.rules, sound.charter) == (RULES, CHARTER)
    assert sound.house == founded.house
    state = founded.follower().state
    assert [each.standing for each in state.swarm.institutions.values()] == [Standing.MEMBER] * 3


def test_addresses_are_those_of_the_deployers_nonces(founded: Founded) -> None:
    sound = verify(founded.rpc, founded.trust)
    house = sound.house
    stands = [house.history, house.relay, house.swarm, house.governor, sound.study, sound.benefits]
    first = founded.rpc.call("eth_getLogs", {"address": house.swarm, "fromBlock": "0x0"})[0]
    sent = founded.rpc.call("eth_getTransactionByHash", first["transactionHash"])
    deployer = sent["from"]
    assert [*stands, house.studies] == [create_address(deployer, nonce) for nonce in range(7)]
    assert transaction_count(founded.rpc, deployer) == 8


def test_nothing_of_the_deployers_key_is_left(founded: Founded, tmp_path: Path) -> None:
    assert {each.name for each in tmp_path.iterdir()} == {"trust.json", "journals"}
    assert Trust.load(tmp_path / "trust.json") == founded.trust


def test_founding_again_at_the_same_place_changes_nothing(founded: Founded, tmp_path: Path) -> None:
    before = founded.rpc.call("eth_blockNumber")
    assert found(founded.rpc, plan(CHAIN_ID), tmp_path / "trust.json") == founded.trust
    assert founded.rpc.call("eth_blockNumber") == before


def test_another_swarm_at_the_same_place_is_refused(founded: Founded, tmp_path: Path) -> None:
    with pytest.raises(FoundingOther):
        found(founded.rpc, plan(CHAIN_ID, "other "), tmp_path / "trust.json")
    unlike = replace(plan(CHAIN_ID), charter=b"\x09" * 32)
    with pytest.raises(FoundingUnsound):
        found(founded.rpc, unlike, tmp_path / "trust.json")


def test_another_chain_is_refused(rpc: Rpc, tmp_path: Path) -> None:
    with pytest.raises(ChainForeign):
        found(rpc, plan(CHAIN_ID + 1), tmp_path / "trust.json")
    assert not list(tmp_path.iterdir())


def test_a_founding_broken_off_goes_on_only_with_the_same_plan(
    rpc: Rpc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trust.json"
    _break_off(monkeypatch, 3)
    with pytest.raises(_BrokenOff):
        found(rpc, plan(CHAIN_ID), path)
    monkeypatch.undo()
    with pytest.raises(FoundingOther):
        found(rpc, plan(CHAIN_ID, "other "), path)
    journal = tmp_path / "trust.json.founding"
    kept = journal.read_text()
    for damaged in ("{", "[]", json.dumps({**json.loads(kept), "steps": []})):
        journal.write_text(damaged)
        with pytest.raises(FoundingOther):
            found(rpc, plan(CHAIN_ID), path)
    journal.write_text(json.dumps({**json.loads(kept), "genesis": "0x00"}))
    with pytest.raises(FoundingOther):
        found(rpc, plan(CHAIN_ID), path)
    journal.write_text(kept)
    trust = found(rpc, plan(CHAIN_ID), path)
    verify(rpc, trust, plan(CHAIN_ID))


class _BrokenOff(Exception):
    pass


def _break_off(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    submit, count = founding.submit, 0

    def counting(*args: object, **options: object) -> None:
        nonlocal count
        count += 1
        if count > after:
            raise _BrokenOff
        submit(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(founding, "submit", counting)


KILLED = """
import os, signal, sys
from pathlib import Path
from deploy import founding
from governance.chain.rpc import Rpc
from tests.integration.world import plan

endpoint, place, chain_id, when = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
stage, number = when.split()
count = 0

def dying(function):
    def run(*args, **options):
        global count
        count += 1
        if count == int(number) and stage == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **options)
        if count == int(number) and stage == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return run

founding.submit = dying(founding.submit)
founding.found(Rpc(endpoint), plan(chain_id), place / "trust.json")
"""


@pytest.mark.parametrize("when", ["before 1", "after 1", "after 2", "before 8", "after 8"])
def test_a_founding_killed_midway_goes_on_with_the_same_addresses(
    chain: Chain, rpc: Rpc, tmp_path: Path, when: str
) -> None:
    arguments = [chain.endpoint, str(tmp_path), str(CHAIN_ID), when]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "trust.json").exists()
    signed = json.loads((tmp_path / "trust.json.founding").read_text())["steps"]
    trust = found(rpc, plan(CHAIN_ID), tmp_path / "trust.json")
    assert transaction_count(rpc, signed[0]["sender"]) == 8
    assert verify(rpc, trust, plan(CHAIN_ID)).house.history == create_address(
        signed[0]["sender"], 0
    )


# --- what verify refuses --------------------------------------------------------------------------


def test_a_trust_file_with_other_founders_is_refused(founded: Founded) -> None:
    first, second, third = founded.trust.founders
    for founders in ((second, first, third), (first, second, ZERO), (first, second)):
        with pytest.raises((FoundingUnsound, CodeForeign)):
            verify(founded.rpc, replace(founded.trust, founders=founders))


@pytest.mark.parametrize(
    "change",
    [
        {"rules": VotingRules(601, 50, 3_600)},
        {"charter": b"\x09" * 32},
        {"founders": plan(CHAIN_ID).founders[::-1]},
    ],
)
def test_what_was_not_agreed_on_is_refused(founded: Founded, change: dict[str, object]) -> None:
    with pytest.raises(FoundingUnsound):
        verify(founded.rpc, founded.trust, replace(plan(CHAIN_ID), **change))


def test_a_history_that_is_none_is_refused(founded: Founded) -> None:
    for address in (ZERO, founded.house.swarm, founded.trust.founders[0]):
        with pytest.raises(HouseMissing):
            verify(founded.rpc, replace(founded.trust, history=address))


def test_a_house_that_is_not_founded_is_refused(
    rpc: Rpc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_off(monkeypatch, 7)
    with pytest.raises(_BrokenOff):
        found(rpc, plan(CHAIN_ID), tmp_path / "trust.json")
    (journal,) = tmp_path.glob("*.founding")
    deployer = json.loads(journal.read_text())["steps"][0]["sender"]
    accounts = tuple(founder.account for founder in plan(CHAIN_ID).founders)
    with pytest.raises(FoundingUnsound):
        verify(rpc, Trust(CHAIN_ID, create_address(deployer, 0), accounts))


def test_a_house_with_nothing_but_a_history_is_refused(rpc: Rpc, tmp_path: Path) -> None:
    creation = founding._creation_code("History")
    data = creation + constructor_data("History", [key("a").address] * 3)
    with Sender(rpc, key("deployer"), tmp_path / "journals") as sender:
        history = sender.send(Act("", data, "a lonely History")).contract
    assert history is not None
    with pytest.raises(HouseMissing):
        verify(rpc, Trust(CHAIN_ID, history, (key("a").address,)))


def test_code_with_one_bit_changed_is_refused(founded: Founded) -> None:
    swarm = founded.house.swarm
    deployed = code(founded.rpc, swarm)
    assert immutables("Swarm", swarm, deployed)
    changed = bytes([deployed[0], deployed[1] ^ 1]) + deployed[2:]
    for wrong in (changed, deployed + b"\0", deployed[:-1], b""):
        with pytest.raises(CodeForeign):
            immutables("Swarm", swarm, wrong)


def test_code_of_ours_with_another_reference_is_refused(own_chain: Chain, tmp_path: Path) -> None:
    with own_chain.rpc() as rpc:
        trust = found(rpc, plan(CHAIN_ID), tmp_path / "trust.json")
        sound = verify(rpc, trust)
        stands = {
            "Relay": sound.house.relay,
            "Swarm": sound.house.swarm,
            "SwarmGovernor": sound.house.governor,
            "Study": sound.study,
            "Benefits": sound.benefits,
            "Studies": sound.house.studies,
        }
        for contract, address in stands.items():
            deployed = code(rpc, address)
            names = _REFERENCES & load_code(contract).immutables.keys()
            assert names
            for name in names:
                foreign = bytearray(deployed)
                for place in load_code(contract).immutables[name]:
                    foreign[place.start : place.start + 32] = bytes(31) + b"\x01"
                rpc.call("anvil_setCode", address, "0x" + foreign.hex())
                with pytest.raises((CodeForeign, HouseMissing)):
                    verify(rpc, trust)
            rpc.call("anvil_setCode", address, "0x" + deployed.hex())
        verify(rpc, trust)


_REFERENCES = {"Relay.HISTORY", "Recorder.HISTORY", "ERC2771Context._trustedForwarder"}


def test_nobody_founds_a_second_time_or_initialises_an_implementation(founded: Founded) -> None:
    sound = verify(founded.rpc, founded.trust)
    anybody = key("anybody")
    refused = [
        (sound.house.swarm, call_data("Swarm", "found", [sound.founders]), "SwarmFoundedAlready"),
        (
            sound.benefits,
            call_data("Benefits", "initialize", [anybody.address]),
            "BenefitsInitialised",
        ),
    ]
    with founded.sender(anybody) as sender:
        for to, data, name in refused:
            with pytest.raises(Refused) as caught:
                sender.send(Act(to, data, name))
            assert caught.value.code == name


# --- the plan -------------------------------------------------------------------------------------

GOOD = Founder(key("a").address, profile("A"))


@pytest.mark.parametrize(
    "founders",
    [
        [],
        [GOOD, GOOD],
        [Founder("0x12", profile("A"))],
        [Founder(ZERO, profile("A"))],
        [Founder(GOOD.account, profile(""))],
        [Founder(GOOD.account, profile("ä" * 65))],
        [Founder(GOOD.account, replace(profile("A"), country=b"de"))],
        [Founder(GOOD.account, replace(profile("A"), country=b"D"))],
        [Founder(GOOD.account, replace(profile("A"), document=bytes(32)))],
    ],
)
def test_founders_that_the_contracts_would_refuse_are_refused_before(
    founders: list[Founder],
) -> None:
    with pytest.raises(FoundingPlanInvalid):
        founding.plan(founders, RULES, CHARTER, CHAIN_ID)


@pytest.mark.parametrize(
    "rules",
    [
        VotingRules(0, 50, 1),
        VotingRules(1, 0, 1),
        VotingRules(1, 101, 1),
        VotingRules(1, 50, 0),
        VotingRules(366 * 86_400, 50, 1),
        VotingRules(1, 50, 366 * 86_400),
    ],
)
def test_rules_that_the_contracts_would_refuse_are_refused_before(rules: VotingRules) -> None:
    with pytest.raises(FoundingPlanInvalid):
        founding.plan([GOOD], rules, CHARTER, CHAIN_ID)


@pytest.mark.parametrize("charter", [b"", bytes(32), b"\x01" * 31])
def test_a_charter_without_a_digest_is_refused(charter: bytes) -> None:
    with pytest.raises(FoundingPlanInvalid):
        founding.plan([GOOD], RULES, charter, CHAIN_ID)
