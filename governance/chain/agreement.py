"""What several endpoints say of one block, and which of them counts."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.endpoints import FAILURES, LIES
from governance.chain.errors import EndpointContradicted, EndpointsDisagree, RpcError
from governance.chain.proven import proven
from governance.chain.qbft import Header
from governance.chain.queries import block_of, data, selector
from governance.chain.queries import head as newest
from governance.chain.seals import believe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.chain.rpc import Chain, Rpc
    from governance.chain.seals import Believed
    from governance.errors import CharterError

PAUSES = (0.0, 0.01, 0.05, 0.25, 0.7, 1.0)
"""Seconds to wait before asking those again who do not have a block that another one has.

Only while too few agree: an endpoint that is the first to have a block could say what it likes of
it if the others were not given the time to get it too.
"""

FARTHEST = 10_000_000
"""Number beyond which no block is believed where blocks are not sealed.

Such a chain makes a block for a transaction. An endpoint that makes up blocks, which costs it
nothing, would have its reader ask for their logs for ever.
"""

_WORD = 32


@dataclass(frozen=True, slots=True)
class Testimony:
    """What an endpoint says of a block.

    Attributes:
        block: the block's hash; empty if it says that there is no such block.
        head: History's head in the block's state.
        length: History's length there.
    """

    block: str
    head: bytes = b""
    length: int = 0


ABSENT = Testimony("")
"""The chain is shorter."""


def claimed(rpc: Chain, history: str, number: int) -> tuple[bytes, int]:
    """Head and length of the hash chain, as `History` holds them in a block's state.

    Args:
        rpc: the chain.
        history: the contract's address.
        number: the block's.

    Raises:
        ChainAnswerInvalid: the answer makes no sense, or the block is beyond `FARTHEST`.
        ChainUnreachable, RpcError: see `Rpc`.
    """
    if number > FARTHEST:
        raise rpc.invalid(f"a chain without seals does not come to block {number}")
    calls = [
        ("eth_call", ({"to": history, "data": selector(name)}, hex(number)))
        for name in ("head()", "length()")
    ]
    head, length = rpc.batch(calls)
    return (
        data(rpc, head, "History's head", _WORD),
        int.from_bytes(data(rpc, length, "History's length", _WORD), "big"),
    )


def ranked(rpc: Chain) -> list[tuple[Rpc, int]]:
    """The endpoints that answer, each with the number of its newest block, the farthest first.

    Raises:
        ChainUnreachable, RpcError: none of them answers; as the first of them fails.
    """
    found: list[tuple[Rpc, int]] = []
    faults: list[CharterError] = []
    for source in rpc.sources():
        try:
            found.append((source, newest(source).number))
        except (*FAILURES, RpcError) as fault:
            rpc.set_aside(source, fault)
            faults.append(fault)
    if not found:
        raise faults[0]
    return sorted(found, key=lambda each: -each[1])


@dataclass(frozen=True, slots=True)
class Question:
    """What the endpoints are asked.

    Attributes:
        history: address of the History contract.
        number: the block's.
        believed: the validators believed before the block, where blocks are sealed.
    """

    history: str
    number: int
    believed: Believed | None


def agree(
    rpc: Chain, speaker: Rpc, said: Testimony, witnesses: Sequence[Rpc], question: Question
) -> None:
    """Has the other endpoints say what they know of a block that one of them has shown.

    What more than half of those say who say anything counts; who contradicts it is set aside.
    Where blocks are sealed, one that is not is no testimony but a lie, and a block that an
    endpoint does not have yet says nothing, for seals cannot be made up; elsewhere it counts as
    a contradiction, for anybody can make up a block.

    Args:
        rpc: all endpoints.
        speaker: the one that has shown the block.
        said: what it says.
        witnesses: the others that answer.
        question: what of.

    Raises:
        EndpointContradicted: most say otherwise than the speaker.
        EndpointsDisagree: there is no majority.
    """
    heard = _hear(rpc, said, witnesses, question)
    votes = Counter([said, *heard.values()])
    chosen, count = votes.most_common(1)[0]
    if 2 * count <= votes.total():
        raise EndpointsDisagree(question.number, [each.endpoint for each in (speaker, *heard)])
    for witness, testimony in heard.items():
        if testimony != chosen and testimony is not ABSENT:
            rpc.set_aside(witness, EndpointContradicted(witness.endpoint, question.number))
    if chosen != said:
        raise EndpointContradicted(speaker.endpoint, question.number)


def _hear(
    rpc: Chain, said: Testimony, witnesses: Sequence[Rpc], question: Question
) -> Mapping[Rpc, Testimony]:
    heard: dict[Rpc, Testimony] = {}
    absent: set[Rpc] = set()
    waiting = list(witnesses)
    for pause in PAUSES:
        time.sleep(pause)
        for witness in list(waiting):
            try:
                testimony = _ask(witness, question)
            except (*FAILURES, *LIES) as fault:
                rpc.set_aside(witness, fault)
                waiting.remove(witness)
                continue
            if testimony is ABSENT:
                absent.add(witness)
            elif testimony is not None:
                heard[witness] = testimony
                waiting.remove(witness)
        supporters = 1 + sum(testimony == said for testimony in heard.values())
        if not waiting or 2 * supporters > 1 + len(heard) + len(waiting):
            return heard
    if question.believed is None:
        heard |= {witness: ABSENT for witness in waiting if witness in absent}
    return heard


def _ask(witness: Rpc, question: Question) -> Testimony | None:
    """What an endpoint says of a block; nothing if it cannot tell."""
    try:
        answer = witness.call("eth_getBlockByNumber", hex(question.number), False)
        if answer is None:
            return ABSENT
        found = block_of(witness, answer, question.number)
        if question.believed is None:
            head, length = claimed(witness, question.history, question.number)
        else:
            sealed = believe(witness, Header.from_json(answer), question.believed)
            head, length = proven(witness, question.history, sealed)
    except RpcError:
        # It may have dropped the block's state, or not have it yet.
        return None
    return Testimony(found.hash, head, length)
