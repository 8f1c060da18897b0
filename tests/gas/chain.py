"""The one chain on which all is measured, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.queries import head
from governance.chain.submit import GAS_CAP
from governance.history import Log, decode_log, topics_of_record
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.chain import Rpc
    from governance.history.events import Event

CHAIN_ID = 20_264
GENESIS = 1_800_000_000
FOREVER = GENESIS + 365 * 86_400
"""A time that no measurement reaches."""

_FIRST_CALL = 2_700
"""Gas for the first call of a contract in a transaction: its code looked at cold, called warm."""


@dataclass(frozen=True, slots=True)
class Done:
    """A transaction in a block.

    Attributes:
        hash: `0x…`.
        gas: what it used.
        created: address of the contract that it created, if it did.
        logs: what it emitted.
    """

    hash: str
    gas: int
    created: str
    logs: tuple[Log, ...]

    def events(self) -> list[Event]:
        """The events of record among the logs."""
        return [decode_log(log) for log in self.logs if log.topics[0] in topics_of_record()]


class Chain:
    """Sends for everybody; one transaction a block and second.

    Args:
        rpc: of an anvil.
    """

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        rpc.call("anvil_autoImpersonateAccount", True)

    def send(self, sender: str, to: str, data: bytes = b"", value: int = 0) -> Done:
        """Has a transaction done; `to` nobody, it creates a contract.

        Gas does not depend on whether a signature came with the transaction.
        """
        self.rpc.call("evm_setNextBlockTimestamp", head(self.rpc).timestamp + 1)
        transaction = {
            "from": sender,
            **({"to": to} if to else {}),
            "data": "0x" + data.hex(),
            "gas": hex(GAS_CAP),
            "gasPrice": "0x0",
            "value": hex(value),
        }
        receipt = self.rpc.call("eth_sendTransactionSync", transaction)
        assert receipt["status"] == "0x1", f"{sender} is refused by {to}"
        return _done(receipt)

    def create(self, sender: str, code: bytes) -> str:
        """Creates a contract; its address."""
        return self.send(sender, "", code).created

    def creation(self, contract: str) -> Done:
        """The transaction that created a contract."""
        for number in range(head(self.rpc).number + 1):
            for receipt in self.rpc.call("eth_getBlockReceipts", hex(number)):
                done = _done(receipt)
                if done.created == contract:
                    return done
        raise AssertionError(f"no transaction created {contract}")

    def gas_in(self, done: Done, contract: str) -> int:
        """What a transaction used within its first call of a contract, reaching it included."""
        tracer = {"tracer": "callTracer"}
        root = self.rpc.call("debug_traceTransaction", done.hash, tracer)
        frame = next(
            each for each in _frames(root) if checksum_address(each.get("to", "")) == contract
        )
        return int(frame["gasUsed"], 16) + _FIRST_CALL


def _done(receipt: dict[str, Any]) -> Done:
    created = receipt["contractAddress"]
    return Done(
        hash=receipt["transactionHash"],
        gas=int(receipt["gasUsed"], 16),
        created=checksum_address(created) if created else "",
        logs=tuple(Log.from_json(log) for log in receipt["logs"]),
    )


def _frames(frame: dict[str, Any]) -> Iterable[dict[str, Any]]:
    yield frame
    for inner in frame.get("calls", ()):
        yield from _frames(inner)
