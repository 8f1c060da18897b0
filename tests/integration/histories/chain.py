"""A real chain that all histories share: each begins where the founding ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.founding import Founded, found, plan, verify
from governance.chain.errors import RpcError
from governance.chain.queries import head
from governance.chain.refusals import refusal
from governance.history import Log
from governance.primitives import checksum_address, sha256
from governance.vocabulary import Founder, Kind, Profile, Sector, VotingRules
from tests.integration.histories.keys import Key, Notary, key, persons
from tests.integration.persons import two_of_three

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from governance.chain import Rpc

CHAIN_ID = 20_260
GENESIS = 1_800_000_000
GAS = 7_000_000
"""What a transaction may use; four of them fit into a block."""

CONTRACT_ACCOUNTS = 10
"""Accounts for which two of three persons sign; the first ones are founders'."""
FOUNDERS_OF_TWO = (2, 3)
"""Founders, by number, with such an account."""

_PRICE = {"gas": hex(GAS), "gasPrice": "0x0"}

RULES = VotingRules(voting_period=100, quorum=50, expiry=200)
CHARTER = sha256(b"charter")
FOUNDERS = (
    Profile("Nord", Kind.HOSPITAL, Sector.PUBLIC, b"DE", sha256(b"Nord")),
    Profile("Süd", Kind.INSTITUTE, Sector.PUBLIC, b"CH", sha256(b"Sued")),
    Profile("Ost", Kind.DATA_TRUSTEE, Sector.PRIVATE, b"AT", sha256(b"Ost")),
    Profile("West", Kind.COMPANY, Sector.PRIVATE, b"FR", sha256(b"West")),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one transaction."""

    accepted: bool
    logs: tuple[Log, ...]


class Chain:
    """The chain with two founded houses: the one that is looked at, and a rival.

    Whatever the rival emits looks like the house's own events and must be left out.

    Attributes:
        rpc: The chain.
        notary: Signs for its contracts.
        house: The house that is looked at.
        trust: What is trusted of it.
        rival: The other one.
        founders: Who founded the house that is looked at, by number.
        spare: Contract accounts that nobody has used yet.
        time: Of the last block before all histories, Unix seconds.
    """

    def __init__(self, rpc: Rpc, folder: Path) -> None:
        self.rpc = rpc
        self.notary = Notary(CHAIN_ID)
        rpc.call("anvil_autoImpersonateAccount", True)
        self.spare = [self._contract_account(each) for each in range(CONTRACT_ACCOUNTS)]
        self.founders = [
            self.spare.pop(0) if number in FOUNDERS_OF_TWO else key("account", number)
            for number in range(1, len(FOUNDERS) + 1)
        ]
        rivals = [key("rival", number) for number in range(1, len(FOUNDERS) + 1)]
        self.rival = self._found("rival", rivals, folder).house
        self.house = self._found("house", self.founders, folder).house
        self.time = head(rpc).timestamp
        self._snapshot: str = rpc.call("evm_snapshot")

    def restore(self) -> None:
        """Takes back everything since the founding."""
        assert self.rpc.call("evm_revert", self._snapshot)
        self._snapshot = self.rpc.call("evm_snapshot")
        self.rpc.call("evm_setAutomine", True)

    def send(self, sender: str, to: str, data: bytes, at: int) -> Outcome:
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

    def refusal(self, sender: str, to: str, data: bytes, at: int) -> str | None:
        """The error by which a contract would refuse a transaction in the second `at`, if any."""
        call = {**_call(to, data), "from": sender}
        try:
            self.rpc.call("eth_call", call, "latest", None, {"time": hex(at)})
        except RpcError as error:
            refused = refusal(error)
            assert refused is not None
            return refused.code
        return None

    def _found(self, role: str, accounts: Sequence[Key], folder: Path) -> Founded:
        founders = [
            Founder(account.address, profile)
            for account, profile in zip(accounts, FOUNDERS, strict=True)
        ]
        agreed = plan(founders, RULES, CHARTER, CHAIN_ID)
        self.trust = found(self.rpc, agreed, folder / f"{role}.json")
        return verify(self.rpc, self.trust, agreed)

    def _contract_account(self, index: int) -> Key:
        three = persons(index)
        code = two_of_three([each.address for each in three])
        creation = {"from": key("builder", 0).address, "data": "0x" + code.hex()}
        receipt = self.rpc.call("eth_sendTransactionSync", creation | _PRICE)
        address = checksum_address(receipt["contractAddress"])
        return Key(tuple(each.secrets[0] for each in three), address)


def _call(to: str, data: bytes) -> dict[str, str]:
    return {"to": to, "data": "0x" + data.hex()}


def _transaction(sender: str, to: str, data: bytes) -> dict[str, str]:
    return {**_call(to, data), "from": sender} | _PRICE


def _outcome(receipt: dict[str, Any]) -> Outcome:
    accepted = receipt["status"] == "0x1"
    # A transaction that runs out of gas would pass for one that the contract refuses.
    assert accepted or int(receipt["gasUsed"], 16) < GAS // 2
    return Outcome(
        accepted=accepted,
        logs=tuple(Log.from_json(each) for each in receipt["logs"]),
    )
