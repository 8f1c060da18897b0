"""The evidence bundle: one file, one form, documented in `docs/evidence.md`. Pure.

manifest.json           what it is of
records.bin             every event of record, from the founding on
headers.rlp             on a chain with seals: sealed headers, the newest last
state.rlp               … nodes of the state after the newest block
code/<Contract>.bin     … the code of the house
countersignatures.jsonl institutions' signatures of heads, if there are any
logs/<number>.jsonl     evidence logs of nodes, as they were handed in
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from governance.audit.bundle import archive, records
from governance.audit.bundle.seal import Seal
from governance.audit.errors import EvidenceMalformed
from governance.chain.founded import CONTRACTS
from governance.chain.rlp import RlpInvalid, decode, encode
from governance.checkpoints.canonical import canonical_json
from governance.history.events import Countersigned
from governance.primitives import AddressInvalid, HexInvalid, checksum_address, from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance.chain.rlp import Item
    from governance.history import Record

SCHEME: Final = "swarm-charter/evidence-bundle/1"

_MANIFEST: Final = "manifest.json"
_RECORDS: Final = "records.bin"
_HEADERS: Final = "headers.rlp"
_STATE: Final = "state.rlp"
_COUNTERSIGNATURES: Final = "countersignatures.jsonl"
_DIGEST: Final = 32
_SIGNATURE: Final = 65
_LARGEST_LENGTH: Final = 2**53


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle says, its form checked and nothing believed.

    Attributes:
        chain_id: the chain's number.
        history: address of the History contract.
        records: every event of record, in order.
        seal: what proves them on a chain with seals.
        countersignatures: by length, account and head ascending.
        logs: evidence logs of nodes, as they were handed in; written in the order of their bytes,
            each once.
    """

    chain_id: int
    history: str
    records: tuple[Record, ...]
    seal: Seal | None = None
    countersignatures: tuple[Countersigned, ...] = ()
    logs: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """The file."""
        return archive.write(dict(self._members()))

    @classmethod
    def from_bytes(cls, data: bytes) -> Bundle:
        """Reads a file.

        Raises:
            EvidenceMalformed: it is not what `to_bytes` makes of any bundle.
        """
        try:
            return _read(archive.read(data))
        except (archive.ArchiveInvalid, records.RecordsInvalid) as error:
            raise EvidenceMalformed(str(error)) from None
        except RlpInvalid as error:
            raise EvidenceMalformed(f"its headers or state are not RLP, {error}") from None

    def _members(self) -> Iterator[tuple[str, bytes]]:
        told = {"scheme": SCHEME, "chain_id": self.chain_id, "history": self.history}
        yield _MANIFEST, canonical_json(told)
        yield _RECORDS, records.encode(self.records)
        if self.seal is not None:
            yield _HEADERS, encode([list(fields) for fields in self.seal.headers])
            yield _STATE, encode(list(self.seal.nodes))
            for contract in CONTRACTS:
                yield _code(contract), self.seal.code[contract]
        if self.countersignatures:
            yield _COUNTERSIGNATURES, b"".join(map(self._line, self.countersignatures))
        for number, log in enumerate(sorted(set(self.logs)), 1):
            yield f"logs/{number}.jsonl", log

    def _line(self, signed: Countersigned) -> bytes:
        told = {
            "account": signed.account,
            "length": signed.length,
            "head": to_hex(signed.head),
            "signature": to_hex(signed.signature),
        }
        return canonical_json(told) + b"\n"


def in_order(signed: Countersigned) -> tuple[int, str, bytes]:
    """Sorts countersignatures as a bundle has them."""
    return signed.length, signed.account.lower(), signed.head


def fits(signed: Countersigned) -> bool:
    """Whether a countersignature can stand in a bundle: by a key, of a length that can be."""
    return len(signed.signature) == _SIGNATURE and 0 < signed.length < _LARGEST_LENGTH


def _read(members: Mapping[str, bytes]) -> Bundle:
    manifest = _manifest(members.get(_MANIFEST, b""))
    logs = [name for name in members if name.startswith("logs/")]
    bundle = Bundle(
        chain_id=manifest["chain_id"],
        history=manifest["history"],
        records=tuple(records.decode(members.get(_RECORDS, b""))),
        seal=_seal(members) if _HEADERS in members else None,
        countersignatures=tuple(_countersignatures(members.get(_COUNTERSIGNATURES, b""))),
        logs=tuple(members[name] for name in logs),
    )
    expected = [_MANIFEST, _RECORDS]
    if bundle.seal is not None:
        expected += (_HEADERS, _STATE, *map(_code, CONTRACTS))
    if bundle.countersignatures:
        expected.append(_COUNTERSIGNATURES)
    expected += (f"logs/{number}.jsonl" for number in range(1, len(logs) + 1))
    if list(members) != expected:
        raise EvidenceMalformed("its members are not those that a bundle has, in their order")
    if list(bundle.logs) != sorted(set(bundle.logs)):
        raise EvidenceMalformed("its evidence logs are there twice, or in other order")
    if any(not log.endswith(b"\n") for log in bundle.logs):
        raise EvidenceMalformed("an evidence log breaks off")
    return bundle


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
        sound = (
            found["scheme"] == SCHEME
            and found.keys() == {"scheme", "chain_id", "history"}
            and type(found["chain_id"]) is int
            and found["chain_id"] > 0
            and checksum_address(found["history"]) == found["history"]
            and canonical_json(found) == data
        )
    except (ValueError, TypeError, KeyError, AddressInvalid, RecursionError):
        sound = False
    if not sound:
        raise EvidenceMalformed("its manifest is none")
    return dict(found)


def _seal(members: Mapping[str, bytes]) -> Seal:
    missing = [name for name in (_STATE, *map(_code, CONTRACTS)) if name not in members]
    if missing:
        raise EvidenceMalformed(f"it has headers and lacks {missing[0]}")
    return Seal(
        headers=tuple(tuple(_strings(each)) for each in _list(decode(members[_HEADERS]))),
        nodes=tuple(_strings(decode(members[_STATE]))),
        code={contract: members[_code(contract)] for contract in CONTRACTS},
    )


def _code(contract: str) -> str:
    return f"code/{contract}.bin"


def _list(item: Item) -> list[Item]:
    if not isinstance(item, list):
        raise RlpInvalid("a list is none")
    return item


def _strings(item: Item) -> Iterator[bytes]:
    for each in _list(item):
        if not isinstance(each, bytes):
            raise RlpInvalid("a list stands where bytes should")
        yield each


def _countersignatures(data: bytes) -> Iterator[Countersigned]:
    *lines, rest = data.split(b"\n")
    if rest:
        raise EvidenceMalformed("its countersignatures break off")
    before: tuple[int, str, bytes] | None = None
    for line in lines:
        signed = _countersigned(line)
        if before is not None and in_order(signed) <= before:
            raise EvidenceMalformed("its countersignatures are out of order, or there twice")
        before = in_order(signed)
        yield signed


def _countersigned(line: bytes) -> Countersigned:
    try:
        told = json.loads(line)
        signed = Countersigned(
            account=checksum_address(told["account"]),
            length=told["length"],
            head=from_hex(told["head"], _DIGEST),
            signature=from_hex(told["signature"], _SIGNATURE),
        )
        sound = (
            told.keys() == {"account", "length", "head", "signature"}
            and told["account"] == signed.account
            and type(signed.length) is int
            and fits(signed)
            and canonical_json(told) == line
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    except (AddressInvalid, HexInvalid):
        sound = False
    if not sound:
        raise EvidenceMalformed("a countersignature is none")
    return signed
