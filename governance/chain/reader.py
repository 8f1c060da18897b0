"""Reading the history from a chain: logs in ranges, records, and a view that keeps in step.

Nothing read is believed for its own sake: times come from the blocks' headers, order and range are
checked, and the head of the hash chain is computed anew and held against what `History` says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.chain.errors import (
    HistoryHeadMismatch,
    HistoryRewound,
    HouseMissing,
    RpcError,
)
from governance.chain.house import House, Trust
from governance.chain.queries import Block, block, blocks, data, head, quantity, require_chain
from governance.history import (
    Log,
    Record,
    State,
    countersigned,
    decode_countersignature,
    fold,
    genesis_head,
    replay,
    select,
    topics_of_record,
)
from governance.history.errors import HistoryMalformed
from governance.primitives import checksum_address, keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from governance.chain.rpc import Rpc
    from governance.history.events import Countersigned

RANGE = 5_000
"""Blocks asked for at once; Besu takes no more."""

_TOO_MUCH = (-32005, -32602, -32000, -32603)
_PAUSES = (0.01, 0.05, 0.25)
_WORD = 32
_ADDRESS_AT = 12


def _selector(signature: str) -> str:
    return "0x" + keccak(signature.encode())[:4].hex()


def read_logs(
    rpc: Rpc,
    topics: Iterable[bytes],
    first: int,
    last: int,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Log]:
    """The logs with one of these topics in a range of blocks, in order, with their blocks' times.

    Args:
        rpc: the chain.
        topics: any of these as topic0.
        first: number of the first block.
        last: number of the last block, not beyond the chain's head.
        progress: told the number of each block up to which has been read.

    Raises:
        ChainAnswerInvalid: logs come out of order, out of range or were not asked for.
        HistoryRewound: a block was replaced while it was read.
        RpcError: the node refuses even a single block.
    """
    wanted = frozenset(topics)
    hexed = ["0x" + topic.hex() for topic in wanted]
    found: list[Log] = []
    width, start = RANGE, first
    while start <= last:
        end = min(start + width - 1, last)
        query = {"fromBlock": hex(start), "toBlock": hex(end), "topics": [hexed]}
        try:
            answer = rpc.call("eth_getLogs", query)
        except RpcError as error:
            # Nodes differ in what is too much, in blocks or in answers, and in how they say so.
            if error.number not in _TOO_MUCH or width == 1 or start == end:
                raise
            width = max(1, (end - start + 1) // 2)
            continue
        found += _checked(rpc, answer, wanted, start, end)
        start = end + 1
        width = min(RANGE, width * 2)
        if progress is not None:
            progress(end)
    return found


def read_records(rpc: Rpc, house: House, first: int = 0, last: int | None = None) -> list[Record]:
    """The records of the house from the founding on, or up to a block.

    They are not held against the head of the hash chain; `Follower` does that.

    Args:
        rpc: the chain.
        house: where the swarm stands.
        first: a block not after the founding.
        last: number of the last block; the chain's head if none is given.

    Raises:
        See `read_logs`.
    """
    end = head(rpc).number if last is None else last
    logs = read_logs(rpc, topics_of_record(), first, end)
    return list(select(logs, swarm=house.swarm))


def find_house(rpc: Rpc, trust: Trust) -> House:
    """The house's addresses, as `History` at the trusted address and its Swarm name them.

    Raises:
        ChainForeign: the endpoint is on another chain.
        HouseMissing: there are no such contracts.
    """
    require_chain(rpc, trust.chain_id)
    swarm, governor, studies = _named_by(
        rpc, "History", trust.history, "SWARM()", "GOVERNOR()", "STUDIES()"
    )
    (relay,) = _named_by(rpc, "Swarm", swarm, "trustedForwarder()")
    return House(trust.history, relay, swarm, governor, studies)


def _named_by(rpc: Rpc, contract: str, at: str, *getters: str) -> list[str]:
    calls = [("eth_call", ({"to": at, "data": _selector(name)}, "latest")) for name in getters]
    addresses = []
    for answer in rpc.batch_or_errors(calls):
        word = b"" if isinstance(answer, RpcError) else data(rpc, answer, "an address")
        if len(word) != _WORD or any(word[:_ADDRESS_AT]):
            raise HouseMissing(f"there is no {contract} at {at}")
        addresses.append(checksum_address(word[_ADDRESS_AT:]))
    return addresses


@dataclass(slots=True)
class _View:
    """What has been read and proven, replaced as a whole by each step."""

    block: Block
    head: bytes
    state: State
    countersignatures: tuple[Countersigned, ...]


@dataclass(slots=True)
class Follower:
    """A view of the history that keeps in step with the chain, proven at every step.

    Attributes:
        rpc: the chain.
        trust: where all trust begins.
    """

    rpc: Rpc
    trust: Trust
    _house: House | None = field(default=None, init=False)
    _view: _View | None = field(default=None, init=False)
    _verified: float = field(default=float("-inf"), init=False)

    @property
    def house(self) -> House:
        """The house's addresses.

        Raises:
            ChainForeign, HouseMissing: as `find_house`.
        """
        if self._house is None:
            self._house = find_house(self.rpc, self.trust)
        return self._house

    @property
    def state(self) -> State:
        """The folded state at `block`; empty before the first poll."""
        return State() if self._view is None else self._view.state

    @property
    def length(self) -> int:
        """Records read and proven."""
        return self.state.length

    @property
    def head(self) -> bytes:
        """Head of the hash chain over them, equal to `History.head()` at `block`."""
        if self._view is None:
            return genesis_head(self.trust.chain_id, self.trust.history)
        return self._view.head

    @property
    def block(self) -> Block | None:
        """The last block read, or none before the first poll."""
        return None if self._view is None else self._view.block

    @property
    def countersignatures(self) -> tuple[Countersigned, ...]:
        """The countersignatures read so far, in order; what they are worth is not judged here."""
        return () if self._view is None else self._view.countersignatures

    @property
    def age(self) -> float:
        """Seconds since the chain's head was last asked for and found to fit; infinite at first."""
        return time.monotonic() - self._verified

    def poll(self, progress: Callable[[int], None] | None = None) -> tuple[Record, ...]:
        """Brings the view up to the chain's head; returns the records that are new.

        If it raises, the view stays as it was, and ages.

        Args:
            progress: told the number of each block up to which has been read.

        Raises:
            HistoryRewound: the chain is shorter than before, or shows another history.
            HistoryHeadMismatch: the records do not hash to what `History` says.
            ChainForeign, HouseMissing: endpoint and trust file do not belong together.
            HistoryMalformed, HistoryInconsistent: a record is none that the house would write.
            ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
        """
        house = self.house
        asked = time.monotonic()
        newest = head(self.rpc)
        last = self._view
        if last is not None and newest == last.block:
            self._verified = asked
            return ()
        if last is not None and newest.number < last.block.number:
            raise HistoryRewound(
                f"it ends at block {newest.number}, and block {last.block.number} was read before"
            )
        if last is not None and not self._continues(last.block, newest):
            raise HistoryRewound(f"block {last.block.number}, which was read before, was replaced")
        records = self._advance(last, house, progress)
        self._verified = asked
        return records

    def _continues(self, known: Block, newest: Block) -> bool:
        if newest.parent == known.hash:
            return True
        found = newest if newest.number == known.number else block(self.rpc, known.number)
        return found is not None and found.hash == known.hash

    def _advance(
        self, last: _View | None, house: House, progress: Callable[[int], None] | None
    ) -> tuple[Record, ...]:
        for pause in _PAUSES:
            try:
                self._view, records = self._step(last, house, progress)
                return records
            except (RpcError, HistoryHeadMismatch):
                # A node can show a new block a moment before its logs, and drop the state of a
                # block a moment after it is the newest no longer.
                time.sleep(pause)
        self._view, records = self._step(last, house, progress)
        return records

    def _step(
        self, last: _View | None, house: House, progress: Callable[[int], None] | None
    ) -> tuple[_View, tuple[Record, ...]]:
        newest = head(self.rpc)
        start = 0 if last is None else last.block.number + 1
        extra = countersigned().topic
        topics = (*topics_of_record(), extra)
        logs = read_logs(self.rpc, topics, start, newest.number, progress=progress)
        before = State() if last is None else last.state
        records = tuple(select(logs, before.emitters, house.swarm))
        begin = genesis_head(self.trust.chain_id, house.history) if last is None else last.head
        computed, length = replay(records, begin, before.length)
        claimed_head, claimed_length = self._claimed(newest.number)
        if (computed, length) != (claimed_head, claimed_length):
            raise HistoryHeadMismatch(newest.number, length, claimed_length)
        signed = () if last is None else last.countersignatures
        view = _View(
            block=newest,
            head=computed,
            state=fold(records, before),
            countersignatures=signed + _countersignatures(logs, house.history, extra),
        )
        return view, records

    def _claimed(self, number: int) -> tuple[bytes, int]:
        tag = hex(number)
        to = self.trust.history
        found_head, found_length = self.rpc.batch(
            [
                ("eth_call", ({"to": to, "data": _selector("head()")}, tag)),
                ("eth_call", ({"to": to, "data": _selector("length()")}, tag)),
            ]
        )
        return (
            data(self.rpc, found_head, "History's head", _WORD),
            int.from_bytes(data(self.rpc, found_length, "History's length", _WORD), "big"),
        )


def _countersignatures(
    logs: Sequence[Log], history: str, topic: bytes
) -> tuple[Countersigned, ...]:
    return tuple(
        decode_countersignature(log)
        for log in logs
        if log.emitter == history and log.topics[0] == topic
    )


def _checked(rpc: Rpc, answer: Any, wanted: frozenset[bytes], start: int, end: int) -> list[Log]:
    if not isinstance(answer, list):
        raise rpc.invalid("it gives no list of logs")
    numbers = [
        quantity(
            rpc, entry.get("blockNumber") if isinstance(entry, dict) else None, "a log's block"
        )
        for entry in answer
    ]
    if any(not start <= number <= end for number in numbers):
        raise rpc.invalid("it gives logs of blocks that were not asked for")
    headers = blocks(rpc, numbers)
    logs = []
    place = (-1, -1)
    for entry, number in zip(answer, numbers, strict=True):
        header = headers[number]
        try:
            log = Log.from_json(entry, header.timestamp)
        except HistoryMalformed:
            raise rpc.invalid("it gives a log that is none") from None
        if not log.topics or log.topics[0] not in wanted:
            raise rpc.invalid("it gives logs that were not asked for")
        if (number, log.log_index) <= place:
            raise rpc.invalid("it gives logs out of order")
        if log.block_hash != bytes.fromhex(header.hash[2:]):
            raise HistoryRewound(f"block {number} was replaced while it was read")
        place = (number, log.log_index)
        logs.append(log)
    return logs
