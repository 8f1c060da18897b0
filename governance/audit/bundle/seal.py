"""From a trust file's validators to what `History` holds in a state that they sealed. Pure.

Of everything, as little as proves it: of a header as many seals as are needed, and a header in
between only where the next one would not be believed without it; of the state's trie the nodes on
the way. So there is one form of it, and anything more is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from governance.audit.errors import EvidenceMalformed, EvidenceUnproven
from governance.chain.founded import require_code
from governance.chain.proven import account_at, head_at
from governance.chain.qbft import Header, HeaderInvalid, doubt, needed
from governance.chain.trie import Nodes, ProofInvalid
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from governance.chain.founded import Founding
    from governance.chain.house import Trust

Fields = tuple[bytes, ...]
"""Of a header, in the order in which it is hashed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a bundle holds of a chain whose blocks validators seal.

    Attributes:
        headers: the fields of each header, the newest last, those in between before it.
        nodes: of the state after the newest block, in the order in which they are needed.
        code: of the seven contracts that write the history, by their names.
    """

    headers: tuple[Fields, ...]
    nodes: tuple[bytes, ...]
    code: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal proves.

    Attributes:
        header: the newest block's.
        head: head of the hash chain in the state after it.
        length: records under that head.
        code: keccak256 of the code of each contract that writes the history, by its name.
    """

    header: Header
    head: bytes
    length: int
    code: Mapping[str, bytes]


def sealed(seal: Seal, trust: Trust, founding: Founding) -> Sealed:
    """What a bundle's seal proves, and nothing that it could do without.

    1. Each header is sealed by two thirds of its own validators, and by more than a third of those
       believed before, from the trust file's on.
    2. The state after the newest block holds the seven contracts, with their code, and that is the
       committed one, with the values that lead from one contract to the other.
    3. It holds History's head and length.

    Raises:
        EvidenceUnproven: one of this does not hold.
        EvidenceMalformed: there is more than it takes.
        CodeForeign: the house has other code.
    """
    header = _newest(seal.headers, trust)
    nodes = Nodes(seal.nodes)
    try:
        head, length, code = walk(header, trust, founding, seal.code, nodes)
    except ProofInvalid as error:
        raise EvidenceUnproven(
            f"the state after block {header.number} does not hold it ({error})"
        ) from None
    if nodes.used != seal.nodes:
        raise EvidenceMalformed("it has nodes of the state that prove nothing, or in other order")
    return Sealed(header, head, length, code)


def walk(
    header: Header,
    trust: Trust,
    founding: Founding,
    code: Mapping[str, bytes],
    nodes: Nodes,
) -> tuple[bytes, int, dict[str, bytes]]:
    """Head, length and the code's hashes in the state after a block, in one fixed order.

    Raises:
        ProofInvalid: the state does not hold them.
        CodeForeign: the house has other code.
    """
    at = partial(account_at, header.state_root, nodes=nodes)
    head, length = head_at(at(trust.history).storage, nodes)
    hashes: dict[str, bytes] = {}

    def proven_code(contract: str, address: str) -> bytes:
        shown = code[contract]
        hashes[contract] = keccak(shown)
        if at(address).code != hashes[contract]:
            raise ProofInvalid(f"{contract} has other code there")
        return shown

    require_code(trust.chain_id, founding.house, founding.founders, proven_code)
    return head, length, hashes


def _newest(headers: Sequence[Fields], trust: Trust) -> Header:
    newest: Header | None = None
    believed: Collection[str] = trust.validators
    before: list[Collection[str]] = []
    for fields in headers:
        try:
            header = Header.from_fields(list(fields))
        except HeaderInvalid as error:
            raise EvidenceMalformed(f"one of its headers is none ({_within(error)})") from None
        if newest is not None and header.number <= newest.number:
            raise EvidenceMalformed("its headers are out of order")
        why = doubt(header, believed)
        if why is not None:
            raise EvidenceUnproven(f"the header of block {header.number} is not sealed: {why}")
        # Validators may come back: any header before the last one may have been enough.
        if needed(header, believed).fields != fields or any(
            doubt(header, earlier) is None for earlier in before
        ):
            raise EvidenceMalformed("it has seals or headers that prove nothing more")
        before.append(believed)
        believed, newest = header.validators, header
    if newest is None:
        raise EvidenceUnproven("it has no sealed header, and the trust file names validators")
    return newest


def _within(error: HeaderInvalid) -> str:
    """What is wrong with a header, as a part of another sentence."""
    return error.message.partition(": ")[2].removesuffix(".")
