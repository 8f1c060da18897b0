"""Reading logs from a chain, range by range, and checking that they are what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.ahead import Ahead
from governance.chain.errors import HistoryRewound, RpcError
from governance.chain.queries import Block, blocks, quantity
from governance.history import Log
from governance.history.errors import HistoryMalformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from governance.chain.errors import ChainAnswerInvalid
    from governance.chain.rpc import Chain, Rpc

RANGE = 5_000
"""Blocks asked for at once; Besu takes no more."""

_FIRST_RANGE = 64
_ANSWER = 5_000
"""Logs that an answer should hold, about: what it takes in memory is many times its bytes."""

_TOO_MUCH = (-32005, -32602, -32000, -32603)


def read_logs(
    rpc: Chain,
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
    return list(stream_logs(rpc, topics, first, last, progress))


def stream_logs(
    rpc: Chain,
    topics: Iterable[bytes],
    first: int,
    last: int,
    progress: Callable[[int], None] | None,
) -> Iterator[Log]:
    """The logs of `read_logs` one by one, so that nobody has to hold more than two answers at once.

    The node looks for the next range while the logs of the last one are taken. When `progress` is
    told of a block, all logs up to it have been taken.

    Raises:
        See `read_logs`.
    """
    wanted = frozenset(topics)
    with Ahead(rpc) as ahead:
        for answer in _answers(rpc, ahead, wanted, first, last):
            yield from _checked(rpc, answer, wanted)
            if progress is not None:
                progress(answer.last)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an endpoint says that a range of blocks holds.

    Attributes:
        source: who said so.
        last: number of the range's last block.
        logs: as JSON-RPC gives them, each with the number of its block, which is in the range.
        headers: of all these blocks.
    """

    source: Rpc
    last: int
    logs: list[tuple[Any, int]]
    headers: dict[int, Block]


def _answers(
    rpc: Chain, ahead: Ahead, wanted: frozenset[bytes], first: int, last: int
) -> Iterator[_Answer]:
    hexed = ["0x" + topic.hex() for topic in wanted]

    def query(start: int, end: int) -> dict[str, Any]:
        return {"fromBlock": hex(start), "toBlock": hex(end), "topics": [hexed]}

    width, start = min(_FIRST_RANGE, RANGE), first
    while start <= last:
        end = min(start + width - 1, last)
        try:
            logs, source = ahead.call("eth_getLogs", query(start, end))
        except RpcError as error:
            # Nodes differ in what is too much, in blocks or in answers, and in how they say so.
            if error.number not in _TOO_MUCH or width == 1 or start == end:
                raise
            width = max(1, (end - start + 1) // 2)
            continue
        numbers = _numbers(rpc, source, logs, start, end)
        headers = blocks(rpc, numbers)
        most = (end - start + 1) * _ANSWER // max(1, len(logs))
        width = max(1, min(RANGE, width * 2, most))
        start = end + 1
        if start <= last:
            ahead.expect("eth_getLogs", query(start, min(start + width - 1, last)))
        yield _Answer(source, end, list(zip(logs, numbers, strict=True)), headers)


def _numbers(rpc: Chain, source: Rpc, logs: Any, start: int, end: int) -> list[int]:
    if not isinstance(logs, list):
        raise _wrong(rpc, source, "it gives no list of logs")
    numbers = [
        quantity(
            rpc, entry.get("blockNumber") if isinstance(entry, dict) else None, "a log's block"
        )
        for entry in logs
    ]
    if any(not start <= number <= end for number in numbers):
        raise _wrong(rpc, source, "it gives logs of blocks that were not asked for")
    return numbers


def _checked(rpc: Chain, answer: _Answer, wanted: frozenset[bytes]) -> list[Log]:
    hashes = {number: bytes.fromhex(block.hash[2:]) for number, block in answer.headers.items()}
    logs = []
    place = (-1, -1)
    for entry, number in answer.logs:
        try:
            log = Log.from_json(entry, answer.headers[number].timestamp)
        except HistoryMalformed:
            raise _wrong(rpc, answer.source, "it gives a log that is none") from None
        if not log.topics or log.topics[0] not in wanted:
            raise _wrong(rpc, answer.source, "it gives logs that were not asked for")
        if (number, log.log_index) <= place:
            raise _wrong(rpc, answer.source, "it gives logs out of order")
        if log.block_hash != hashes[number]:
            raise HistoryRewound(f"block {number} was replaced while it was read")
        place = (number, log.log_index)
        logs.append(log)
    return logs


def _wrong(rpc: Chain, source: Rpc, reason: str) -> ChainAnswerInvalid:
    """The error to raise over an endpoint's answer, by whichever thread it was asked."""
    error = source.invalid(reason)
    rpc.set_aside(source, error)
    return error
