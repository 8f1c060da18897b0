"""Logs as a node gives them, and records as the history holds them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from governance.history.abi import WORD
from governance.history.errors import HistoryMalformed
from governance.history.events import Countersigned, Event
from governance.history.table import Shape, countersigned, shapes, shift
from governance.primitives import (
    AddressInvalid,
    HexInvalid,
    checksum_address,
    from_hex,
    number_from_hex,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Log(NamedTuple):
    """A log as JSON-RPC gives it, with the time of its block."""

    emitter: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    block_timestamp: int
    transaction_hash: bytes
    log_index: int

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], block_timestamp: int | None = None) -> Log:
        """A log from an entry of `eth_getLogs`.

        Args:
            raw: The entry.
            block_timestamp: Its block's time, where the node does not give it with the log.

        Raises:
            HistoryMalformed: Something is missing or no hexadecimal.
        """
        try:
            time = raw["blockTimestamp"] if block_timestamp is None else block_timestamp
            return cls(
                emitter=checksum_address(raw["address"]),
                topics=tuple([_word(topic) for topic in raw["topics"]]),
                data=from_hex(raw["data"]),
                block_number=number_from_hex(raw["blockNumber"]),
                block_hash=_word(raw["blockHash"]),
                block_timestamp=time if isinstance(time, int) else number_from_hex(time),
                transaction_hash=_word(raw["transactionHash"]),
                log_index=number_from_hex(raw["logIndex"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, HexInvalid, AddressInvalid):
            raise HistoryMalformed("A log is not in the form that JSON-RPC gives it.") from None


@lru_cache(maxsize=4_096)
def _word(text: str) -> bytes:
    # The same block, event, institution and study come again and again.
    return from_hex(text, WORD)


class Record:
    """One event of record and where it stands.

    Attributes:
        emitter: Address of the contract that emitted it, with checksum.
        number: Of its block.
        timestamp: Of its block, Unix seconds.
        log_index: Its place among the block's logs.
        data: `topic0 ‖ abi.encode(fields)`, as the contracts hash it.
    """

    __slots__ = ("_event", "data", "emitter", "log_index", "number", "timestamp")

    def __init__(
        self, emitter: str, number: int, timestamp: int, log_index: int, data: bytes
    ) -> None:
        self.emitter = emitter
        self.number = number
        self.timestamp = timestamp
        self.log_index = log_index
        self.data = data
        self._event: Event | None = None

    @property
    def event(self) -> Event:
        """The event, decoded when first asked for.

        Raises:
            HistoryMalformed: The data are none of the house's events of record.
        """
        if self._event is None:
            self._event = decode_record(self.data)
        return self._event

    def _key(self) -> tuple[str, int, int, int, bytes]:
        return self.emitter, self.number, self.timestamp, self.log_index, self.data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return (
            f"Record({self.emitter}, block {self.number}, time {self.timestamp}, "
            f"log {self.log_index}, 0x{self.data.hex()})"
        )


def record_bytes(topics: Sequence[bytes], data: bytes, table: Mapping[bytes, Shape]) -> bytes:
    """What the contract appended to the history when it emitted this log.

    Solidity puts the indexed fields into topics and encodes the others by themselves; a record
    encodes all together. The indexed ones come first and are words, so only offsets differ.

    Raises:
        HistoryMalformed: The log is none of the table's events.
    """
    shape = table.get(topics[0]) if topics else None
    if shape is None:
        raise HistoryMalformed("A log is none of the house's events of record.")
    return _record_bytes(topics, data, shape)


def _record_bytes(topics: Sequence[bytes], data: bytes, shape: Shape) -> bytes:
    if len(topics) != shape.indexed + 1 or len(data) < shape.head:
        raise HistoryMalformed(f"A log of {shape.event.__name__} lacks some of its fields.")
    if shape.offsets:
        data = shift(data[: shape.head], shape) + data[shape.head :]
    return b"".join(topics) + data


def record_of(log: Log) -> Record:
    """The record of a log of record.

    Raises:
        HistoryMalformed: The log is none of the house's events of record.
    """
    return Record(
        log.emitter,
        log.block_number,
        log.block_timestamp,
        log.log_index,
        record_bytes(log.topics, log.data, shapes()),
    )


def decode_record(data: bytes) -> Event:
    """The event of a record's bytes.

    Raises:
        HistoryMalformed: They are none of the house's events of record as Solidity encodes them.
    """
    shape = shapes().get(data[:WORD])
    if shape is None:
        raise HistoryMalformed("A record is none of the house's events.")
    return _decode(data, shape)


def decode_log(log: Log) -> Event:
    """The event of a log: of record, or `Countersigned`.

    Raises:
        HistoryMalformed: It is neither, or not as Solidity encodes it.
    """
    extra = countersigned()
    if log.topics[:1] == (extra.topic,):
        return _decode(_record_bytes(log.topics, log.data, extra), extra)
    return decode_record(record_bytes(log.topics, log.data, shapes()))


def decode_countersignature(log: Log) -> Countersigned:
    """A countersignature from its log.

    Raises:
        HistoryMalformed: It is none.
    """
    event = decode_log(log)
    if not isinstance(event, Countersigned):
        raise HistoryMalformed("A log is no countersignature.")
    return event


def _decode(data: bytes, shape: Shape) -> Event:
    event, end = shape.decoder.read(data, WORD)
    if end != len(data):
        raise HistoryMalformed(f"A record of {shape.event.__name__} is longer than its fields.")
    assert isinstance(event, Event)
    return event
