"""Genuine proofs around histories that were told and not lived.

The state is a trie that holds the house's real code, with the addresses that the history names
fixed in it, and History's storage; validators whose keys tests hold seal the header above it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from governance.abi import load_code
from governance.audit.bundle import Bundle, Seal, walk
from governance.chain.founded import CONTRACTS, Founding, fixed_values
from governance.chain.house import Trust
from governance.chain.proven import HEAD_SLOT, LENGTH_SLOT
from governance.chain.qbft import Header
from governance.chain.rlp import encode, encode_number
from governance.chain.trie import Nodes, Trie
from governance.history import genesis_head, replay
from governance.history.events import InstitutionAdmitted, InstitutionApplied
from governance.primitives import address_bytes, address_of, keccak, sha256, sign
from tests.unit.history.chronicle import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.history import Record

VALIDATORS = ("first", "second", "third", "fourth")

_ARTIFACTS = Path(__file__).parents[1] / "deploy" / "artifacts"
_EMPTY = keccak(b"\x80")
_BLOOM = bytes(256)


def validator(name: str) -> str:
    """The address of a validator, the same for the same name."""
    return address_of(sha256(name.encode()))


def sealed_bundle(records: Sequence[Record], chain_id: int, history: str) -> tuple[Bundle, Trust]:
    """A bundle that proves a history, and the trust file by which it does.

    Args:
        records: From the founding on.
        chain_id: Of the chain that it is told of.
        history: Address of its History.
    """
    trust = Trust(chain_id, history, _founders(records), tuple(map(validator, VALIDATORS)))
    founding = Founding.of(records, trust)
    head, length = replay(records, genesis_head(chain_id, history))
    fixed = fixed_values(
        chain_id, founding.house, founding.founders, address("a study"), address("benefits")
    )
    code = {contract: _code(contract, fixed[contract][1]) for contract in CONTRACTS}
    storage = Trie.of(
        {
            keccak(slot.to_bytes(32, "big")): encode(encode_number(value))
            for slot, value in (
                (HEAD_SLOT, int.from_bytes(head, "big")),
                (LENGTH_SLOT, length),
            )
        }
    )
    state = Trie.of(
        {
            keccak(address_bytes(fixed[contract][0])): encode(
                [
                    encode_number(1),
                    b"",
                    storage.root if contract == "History" else _EMPTY,
                    keccak(code[contract]),
                ]
            )
            for contract in CONTRACTS
        }
    )
    header = _header(records[-1], state.root)
    nodes = Nodes([*state.nodes.values(), *storage.nodes.values()])
    walk(header, trust, founding, code, nodes)
    seal = Seal((header.fields,), nodes.used, code)
    return Bundle(chain_id, history, tuple(records), seal), trust


def _founders(records: Sequence[Record]) -> tuple[str, ...]:
    found = []
    for first, second in zip(records[1::2], records[2::2], strict=False):
        applied, admitted = first.event, second.event
        if not isinstance(applied, InstitutionApplied):
            break
        if not isinstance(admitted, InstitutionAdmitted):
            break
        found.append(applied.account)
    return tuple(found)


def _code(contract: str, values: dict[str, bytes]) -> bytes:
    artifact = json.loads((_ARTIFACTS / f"{contract}.json").read_text(encoding="utf-8"))
    code = bytearray.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
    for name, places in load_code(contract).immutables.items():
        for place in places:
            code[place.start : place.start + place.length] = values[name]
    return bytes(code)


def _header(last: Record, state_root: bytes) -> Header:
    """A header above the last record's block, with as few seals as it takes."""
    validators = sorted(address_bytes(validator(name)) for name in VALIDATORS)

    def fields(seals: Sequence[bytes]) -> list[bytes]:
        extra = encode([bytes(32), list(validators), [], b"", list(seals)])
        numbers = [1, last.number + 1, 2**30, 0, last.timestamp + 1]
        return [
            *(keccak(b"parent"), keccak(b"uncles"), validators[0], state_root, _EMPTY, _EMPTY),
            *(_BLOOM, *map(encode_number, numbers), extra, bytes(32), bytes(8)),
        ]

    digest = Header.from_fields(fields(())).digest
    sealers = sorted(VALIDATORS, key=lambda name: address_bytes(validator(name)))[:3]
    signatures = [sign(digest, sha256(name.encode())) for name in sealers]
    return Header.from_fields(fields([s[:64] + bytes([s[64] - 27]) for s in signatures]))
