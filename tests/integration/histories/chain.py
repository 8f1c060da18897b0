"""A real chain that all histories share: each begins where the founding ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.chain import House, Rpc, call_data
from governance.chain.calls import constructor_data
from governance.history import Log
from governance.primitives import create_address, keccak, sha256
from governance.vocabulary import Founder, Kind, Profile, Sector, VotingRules
from tests.integration.histories.keys import Notary, key

if TYPE_CHECKING:
    from collections.abc import Sequence

CHAIN_ID = 20_260
GENESIS = 1_800_000_000
GAS = 7_000_000
"""What a transaction may use; four of them fit into a block."""

RULES = VotingRules(voting_period=100, quorum=50, expiry=200)
CHARTER = sha256(b"charter")
FOUNDERS = (
    Profile("Nord", Kind.HOSPITAL, Sector.PUBLIC, b"DE", sha256(b"Nord")),
    Profile("Süd", Kind.INSTITUTE, Sector.PUBLIC, b"CH", sha256(b"Sued")),
    Profile("Ost", Kind.DATA_TRUSTEE, Sector.PRIVATE, b"AT", sha256(b"Ost")),
    Profile("West", Kind.COMPANY, Sector.PRIVATE, b"FR", sha256(b"West")),
)

_CONTRACTS = ("History", "Swarm", "SwarmGovernor", "Study", "Benefits", "Studies")
_ARTIFACTS = Path(__file__).parents[3] / "deploy" / "artifacts"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one transaction."""

    accepted: bool
    logs: tuple[Log, ...]


class Chain:
    """The chain with two founded houses: the one that is looked at, and a rival.

    Whatever the rival emits looks like the house's own events and must be left out.
    """

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.notary = Notary(CHAIN_ID)
        rpc.call("anvil_autoImpersonateAccount", True)
        self.rival = self._found("rival", GENESIS + 1)
        self.house = self._found("account", GENESIS + 2)
        self.time = GENESIS + 2
        self._snapshot: str = rpc.call("evm_snapshot")

    def restore(self) -> None:
        """Takes back everything since the founding."""
        assert self.rpc.call("evm_revert", self._snapshot)
        self._snapshot = self.rpc.call("evm_snapshot")
        self.rpc.call("evm_setAutomine", True)

    def send(self, sender: str, to: str | None, data: bytes, at: int) -> Outcome:
        """Sends a transaction and makes a block of it, in the second `at`."""
        self.rpc.call("evm_setNextBlockTimestamp", at)
        return _outcome(self.rpc.call("eth_sendTransactionSync", _transaction(sender, to, data)))

    def send_together(self, acts: Sequence[tuple[str, str, bytes]], at: int) -> list[Outcome]:
        """Makes one block of several transactions: sender, contract and data of each."""
        self.rpc.call("evm_setAutomine", False)
        sent = [self.rpc.call("eth_sendTransaction", _transaction(*act)) for act in acts]
        self.rpc.call("evm_setNextBlockTimestamp", at)
        self.rpc.call("evm_mine")
        self.rpc.call("evm_setAutomine", True)
        receipts = self.rpc.batch([("eth_getTransactionReceipt", (each,)) for each in sent])
        assert len({each["blockHash"] for each in receipts}) == 1, "one block takes them all"
        assert [int(each["transactionIndex"], 16) for each in receipts] == list(range(len(sent)))
        return [_outcome(each) for each in receipts]

    def ask(self, calls: Sequence[tuple[str, bytes]], at: int | None = None) -> list[bytes]:
        """What contracts answer to calls, now or as if a block were made in the second `at`."""
        when = () if at is None else (None, {"time": hex(at)})
        answers = self.rpc.batch(
            [("eth_call", (_call(to, data), "latest", *when)) for to, data in calls]
        )
        return [bytes.fromhex(each[2:]) for each in answers]

    def would_accept(self, acts: Sequence[tuple[str, str, bytes]]) -> list[bool]:
        """Whether contracts would accept transactions if each were sent now."""
        answers = self.rpc.batch_or_errors(
            [
                ("eth_call", ({**_call(to, data), "from": sender}, "latest"))
                for sender, to, data in acts
            ]
        )
        return [isinstance(each, str) for each in answers]

    def _found(self, role: str, at: int) -> House:
        """Deploys and founds a house as `docs/architecture.md` says."""
        deployer = key("deployer of", len(role)).address
        history, swarm, governor, study, benefits, studies = (
            create_address(deployer, nonce) for nonce in range(len(_CONTRACTS))
        )
        founders = [
            Founder(key(role, number).address, profile)
            for number, profile in enumerate(FOUNDERS, start=1)
        ]
        founding = call_data("Swarm", "found", [founders])
        arguments: dict[str, tuple[Any, ...]] = {
            "History": (swarm, governor, studies),
            "Swarm": (history, governor, studies, CHARTER, keccak(founding[4:])),
            "SwarmGovernor": (swarm, history, RULES),
            "Study": (swarm, history, studies),
            "Benefits": (swarm, history, studies),
            "Studies": (swarm, history, study, benefits),
        }
        for name in _CONTRACTS:
            creation = _creation_code(name) + constructor_data(name, arguments[name])
            assert self.send(deployer, None, creation, at).accepted
        assert self.send(deployer, swarm, founding, at).accepted
        return House(history=history, swarm=swarm, governor=governor, studies=studies)


@cache
def _creation_code(contract: str) -> bytes:
    artifact = json.loads((_ARTIFACTS / f"{contract}.json").read_text(encoding="utf-8"))
    return bytes.fromhex(artifact["bytecode"][2:])


def _call(to: str, data: bytes) -> dict[str, str]:
    return {"to": to, "data": "0x" + data.hex()}


def _transaction(sender: str, to: str | None, data: bytes) -> dict[str, str]:
    transaction = {
        "from": sender,
        "data": "0x" + data.hex(),
        "gas": hex(GAS),
        "gasPrice": "0x0",
    }
    return transaction if to is None else {**transaction, "to": to}


def _outcome(receipt: dict[str, Any]) -> Outcome:
    accepted = receipt["status"] == "0x1"
    # A transaction that runs out of gas would pass for one that the contract refuses.
    assert accepted or int(receipt["gasUsed"], 16) < GAS // 2
    return Outcome(
        accepted=accepted,
        logs=tuple(Log.from_json(each) for each in receipt["logs"]),
    )
