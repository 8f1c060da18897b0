"""The hash chain over all records, as `History.sol` computes it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from governance.primitives import address_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.history.records import Record

_WORD = 32


def genesis_head(chain_id: int, history: str) -> bytes:
    """The head before the first record: SHA-256 of the chain id and the address of History."""
    return sha256(chain_id.to_bytes(_WORD, "big") + address_bytes(history)).digest()


def advance_head(head: bytes, emitter: bytes, number: int, timestamp: int, record: bytes) -> bytes:
    """The head after one more record.

    Args:
        head: The head before it.
        emitter: The 20 bytes of the emitting contract's address.
        number: Of the block.
        timestamp: Of the block, Unix seconds.
        record: `topic0 ‖ abi.encode(fields)`.
    """
    return sha256(
        head + emitter + number.to_bytes(_WORD, "big") + timestamp.to_bytes(_WORD, "big") + record
    ).digest()


def replay(records: Iterable[Record], head: bytes, length: int = 0) -> tuple[bytes, int]:
    """Head and length after `records`, begun at `head` (`genesis_head`) and `length`."""
    for record in records:
        emitter = bytes.fromhex(record.emitter[2:])
        head = advance_head(head, emitter, record.number, record.timestamp, record.data)
        length += 1
    return head, length
