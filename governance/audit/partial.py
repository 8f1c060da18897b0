"""What a collection has read so far, so that it can go on where it was broken off.

A file beside the bundle that is to be, made of frames: four bytes of length, then RLP of a block's
number and hash, the records up to it that are new, and the countersignatures. A frame that breaks
off was being written when the collection ended, and is as good as none. Nothing in it is believed
more than what an endpoint says: in the end all of it hashes to the head, or is read anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance.audit.bundle import records as codec
from governance.chain.rlp import RlpInvalid, decode, decode_number, encode, encode_number
from governance.history.events import Countersigned
from governance.primitives import address_bytes, checksum_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from governance.chain.house import Trust
    from governance.history import Record

_SCHEME: Final = b"swarm-charter/collection/1"
_LENGTH: Final = 4
_LARGEST: Final = 2**31
_OWNER_ONLY: Final = 0o600


@dataclass(slots=True)
class Reading:
    """What was read, up to the end of a block.

    Attributes:
        block: the block's number; -1 before the first.
        hash: its hash, `0x…`.
        records: from the founding on.
        countersignatures: in order.
    """

    block: int = -1
    hash: str = ""
    records: list[Record] = field(default_factory=list)
    countersignatures: list[Countersigned] = field(default_factory=list)


class Partial:
    """The file of a collection that may be broken off.

    Args:
        path: where; whatever is there and is none of the same swarm is written over.
        trust: says of which swarm.
    """

    def __init__(self, path: Path, trust: Trust) -> None:
        self.path = path
        self._first = encode([_SCHEME, encode_number(trust.chain_id), address_bytes(trust.history)])

    def load(self) -> Reading:
        """What was read before; nothing if there is no such file, or it is of no use."""
        found = Reading()
        try:
            data = self.path.read_bytes()
        except OSError:
            return found
        frames = _frames(data)
        if next(frames, None) != self._first:
            return found
        for frame in frames:
            try:
                _take(frame, found)
            except (RlpInvalid, codec.RecordsInvalid, ValueError, TypeError):
                break
        return found

    def begin(self) -> None:
        """Makes the file anew, with nothing read.

        Raises:
            OSError: it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(_OWNER_ONLY)
        with self.path.open("wb") as file:
            file.write(_framed(self._first))

    def append(
        self,
        block: int,
        block_hash: str,
        records: Sequence[Record],
        countersignatures: Sequence[Countersigned],
    ) -> None:
        """Adds what was read since, up to the end of a block.

        Raises:
            OSError: it cannot be written.
        """
        frame = encode(
            [
                encode_number(block),
                bytes.fromhex(block_hash[2:]),
                codec.encode(records),
                [
                    [
                        address_bytes(signed.account),
                        encode_number(signed.length),
                        signed.head,
                        signed.signature,
                    ]
                    for signed in countersignatures
                ],
            ]
        )
        with self.path.open("ab") as file:
            file.write(_framed(frame))

    def remove(self) -> None:
        """Takes the file away."""
        self.path.unlink(missing_ok=True)


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(_LENGTH, "big") + payload


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + _LENGTH <= len(data):
        end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH], "big")
        if end > len(data) or end - at > _LARGEST:
            return
        yield data[at + _LENGTH : end]
        at = end


def _take(frame: bytes, found: Reading) -> None:
    item = decode(frame)
    if not isinstance(item, list):
        raise RlpInvalid("a frame is no list")
    number, block_hash, packed, signed = item
    if not isinstance(block_hash, bytes) or not isinstance(packed, bytes):
        raise RlpInvalid("a frame is none")
    records = codec.decode(packed)
    countersignatures = []
    for each in signed:
        if not isinstance(each, list):
            raise RlpInvalid("a countersignature is none")
        account, length, head, signature = each
        if not (
            isinstance(account, bytes) and isinstance(head, bytes) and isinstance(signature, bytes)
        ):
            raise RlpInvalid("a countersignature is none")
        countersignatures.append(
            Countersigned(checksum_address(account), decode_number(length), head, signature)
        )
    found.block, found.hash = decode_number(number), "0x" + block_hash.hex()
    found.records += records
    found.countersignatures += countersignatures
