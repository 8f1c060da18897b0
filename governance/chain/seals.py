"""From the validators that the trust file names to those of the newest block, by their seals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.errors import BlockNotSealed
from governance.chain.qbft import Doubt, Header, HeaderInvalid, doubt, needed, validators_in
from governance.chain.queries import latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.chain.house import Trust
    from governance.chain.rpc import Chain


@dataclass(frozen=True, slots=True)
class Believed:
    """The last header that was believed.

    Attributes:
        number: its block's; zero at first, since the trust file names no block.
        validators: whom it names.
        state_root: root of the state after the block, 32 bytes; empty at first.
    """

    number: int
    validators: frozenset[str]
    state_root: bytes = b""

    @classmethod
    def at_first(cls, trust: Trust) -> Believed | None:
        """Where to begin; nothing on a chain without seals."""
        return cls(0, frozenset(trust.validators)) if trust.validators else None

    @classmethod
    def of(cls, header: Header) -> Believed:
        """A header once `doubt` has nothing against it."""
        return cls(header.number, frozenset(header.validators), header.state_root)


def believe(rpc: Chain, newest: Header, believed: Believed) -> Believed:
    """Makes sure that a header is sealed by whom it must be, starting from one that was.

    Where more than two thirds of the validators have changed in between, headers in between are
    asked for, by halves: validators are let in and put out by votes, one at a time.

    Args:
        rpc: where headers in between are asked for.
        newest: the header.
        believed: the last one believed, not after it.

    Raises:
        BlockNotSealed: it is not, or one in between is not.
        HeaderInvalid, ChainUnreachable, RpcError: a header in between cannot be had.
    """
    return _climb(newest, believed, lambda number: header_at(rpc, number), rpc.endpoint)[0]


def steps(rpc: Chain, newest: Header, believed: Believed) -> tuple[Header, ...]:
    """The headers by which a header is believed, each with the seals that are needed and no more.

    Args:
        rpc: where headers in between are asked for.
        newest: the header, which comes last.
        believed: the last one believed, not after it.

    Raises:
        See `believe`.
    """
    passed = _climb(newest, believed, lambda number: header_at(rpc, number), rpc.endpoint)[1]
    # Which headers are looked at depends on how the halves fall; from behind it is seen which of
    # them are needed.
    befores = [believed.validators, *(frozenset(header.validators) for header in passed)]
    chosen: list[Header] = []
    at = len(passed) - 1
    while at >= 0:
        before = next(index for index in range(at + 1) if doubt(passed[at], befores[index]) is None)
        chosen.append(needed(passed[at], befores[before]))
        at = before - 1
    return tuple(reversed(chosen))


def validators(rpc: Chain) -> tuple[str, ...]:
    """The validators of the newest block, for a trust file; none on a chain without seals.

    Nothing vouches for them but the endpoint: whoever is handed the trust file checks it.

    Raises:
        BlockNotSealed, HeaderInvalid: they have not sealed the block that names them.
        ChainUnreachable, RpcError: see `Rpc`.
    """
    newest = latest(rpc)
    named = validators_in(newest)
    if named:
        header = Header.from_json(newest)
        # The first block is what the validators agreed on before there was anybody to seal it.
        if header.number:
            believe(rpc, header, Believed(0, frozenset(named)))
    return named


def header_at(rpc: Chain, number: int) -> Header:
    """The header of a block, its hash computed.

    Raises:
        HeaderInvalid: the endpoint has no such block, or gives what is none.
        ChainUnreachable, RpcError: see `Rpc`.
    """
    header = Header.from_json(rpc.call("eth_getBlockByNumber", hex(number), False))
    if header.number != number:
        raise HeaderInvalid(f"it is of block {header.number} instead of {number}")
    return header


def _climb(
    newest: Header, believed: Believed, ask: Callable[[int], Header], endpoint: str
) -> tuple[Believed, list[Header]]:
    """What is believed in the end, and the headers that were on the way."""
    waiting = [newest]
    passed = []
    while waiting:
        header = waiting[-1]
        why = doubt(header, believed.validators)
        middle = (believed.number + header.number) // 2
        if why is None:
            believed = Believed.of(header)
            passed.append(waiting.pop())
        elif why is Doubt.SEALERS_UNKNOWN and middle > believed.number:
            waiting.append(ask(middle))
        else:
            raise BlockNotSealed(endpoint, header.number, str(why))
    return believed, passed
