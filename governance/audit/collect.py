"""Collecting an evidence bundle from endpoints none of which needs to be trusted."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from governance.audit.bundle import Bundle, Seal, fits, in_order, walk
from governance.audit.errors import HistoryOutvouched, NotCountersigned
from governance.audit.partial import Reading
from governance.audit.vouching import believed, genuine, of_institutions
from governance.chain.endpoints import FAILURES, Endpoints
from governance.chain.errors import HistoryHeadMismatch, RpcError, StateNotProven
from governance.chain.founded import Founding, require_code
from governance.chain.logs import stream_logs
from governance.chain.proven import HEAD_SLOT, LENGTH_SLOT, shown
from governance.chain.qbft import Header
from governance.chain.queries import Block, block, block_of, code, head, latest
from governance.chain.reader import find_house, held_at, no_more
from governance.chain.seals import Believed, steps
from governance.chain.trie import Nodes, ProofInvalid
from governance.errors import CharterError
from governance.history import (
    countersigned,
    decode_countersignature,
    genesis_head,
    replay,
    select,
    topics_of_record,
)
from governance.history.house import emitters_of
from governance.memory import no_garbage_looked_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from governance.audit.partial import Partial
    from governance.chain.house import House, Trust
    from governance.chain.rpc import Chain
    from governance.history import Log
    from governance.history.events import Countersigned

_FRESH: Final = 10.0
"""Seconds after which what was read is brought up to date before it is proven: nodes drop the
state of blocks that are no longer new."""

_PAUSES: Final = (0.05, 0.25, 1.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with an endpoint, of which nothing was used.

    Attributes:
        endpoint: its URL.
        error: what is wrong.
    """

    endpoint: str
    error: CharterError

    @property
    def sentence(self) -> str:
        """What is wrong, with the endpoint's name."""
        message = self.error.message
        return (
            message if self.endpoint in message else f"{self.endpoint} proves no history: {message}"
        )

    def named(self) -> CharterError:
        """The error, its sentence with the endpoint's name."""
        self.error.message = self.sentence
        self.error.args = (self.sentence,)
        return self.error

    def as_json(self) -> dict[str, str]:
        """The fault as plain data."""
        return {"endpoint": self.endpoint, "code": self.error.code, "message": self.sentence}


@dataclass(frozen=True, slots=True)
class Collected:
    """A bundle, and what there is to say of how it came about.

    Attributes:
        bundle: the bundle.
        block: number of the block that its history reaches.
        time: of that block, Unix seconds.
        read: events read; more than the bundle has where the institutions' countersignatures
            carry no more.
        newest: number of the newest block of the endpoint that it came from.
        faults: the endpoints of which nothing was used.
        behind: endpoints that do not have the newest block, with the number of their own newest.
    """

    bundle: Bundle
    block: int
    time: int
    read: int
    newest: int
    faults: tuple[Fault, ...] = ()
    behind: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be collected, whichever endpoint gives it.

    Attributes:
        trust: the trust file.
        countersignatures: handed over as files.
        partial: where it is written down how far reading has come, if anywhere.
        progress: told the number of each block up to which has been read, and that of the last.
    """

    trust: Trust
    countersignatures: tuple[Countersigned, ...] = ()
    partial: Partial | None = None
    progress: Callable[[int, int], None] = field(default=lambda _, __: None)


def collect(chain: Chain, order: Order, logs: Sequence[bytes] = ()) -> Collected:
    """Everything that proves a history, from the first endpoint that can prove it.

    Nothing is mixed: what does not fit together came from one endpoint, which is named and left;
    the next is asked, the one that says it is farthest first. On a chain without seals, all are
    asked, and the history that the institutions' countersignatures carry farthest counts.

    Args:
        chain: One endpoint, or several.
        order: What is to be collected.
        logs: Evidence logs of nodes, to go into the bundle as they are.

    Raises:
        NotCountersigned: Without seals: no history that an endpoint shows is countersigned.
        HistoryHeadMismatch, BlockNotSealed, StateNotProven, HeaderInvalid, CodeForeign,
        FoundingUnsound: No endpoint proves a history; what is wrong with the first, which is named.
        ChainUnreachable, ChainForeign, HouseMissing, ChainAnswerInvalid, RpcError: None answers as
            it should.
        OSError: What was read cannot be written down.
    """
    sources: tuple[Chain, ...] = chain.sources() if isinstance(chain, Endpoints) else (chain,)
    faults: dict[Chain, CharterError] = {}
    found: dict[Chain, Collected] = {}
    for source in _farthest_first(sources, faults):
        try:
            with no_garbage_looked_for():
                found[source] = _collected(source, order)
        except CharterError as fault:
            faults[source] = fault
            continue
        if order.trust.validators:
            break
    named = [Fault(each.endpoint, faults[each]) for each in sources if each in faults]
    if not found:
        raise named[0].named()
    best = max(found.values(), key=lambda each: len(each.bundle.records))
    behind = []
    for source in sources:
        if source in faults or found.get(source) is best:
            continue
        reached = _reached(source, found.get(source))
        if reached < best.newest:
            behind.append((source.endpoint, reached))
        elif source in found and found[source].bundle.records != best.bundle.records:
            named.append(Fault(source.endpoint, HistoryOutvouched(source.endpoint, reached)))
    return replace(
        best,
        # What a crash has torn off at a log's end was never a decision.
        bundle=replace(
            best.bundle, logs=tuple(log[: log.rfind(b"\n") + 1] for log in logs if b"\n" in log)
        ),
        faults=tuple(named),
        behind=tuple(behind),
    )


def _farthest_first(sources: Sequence[Chain], faults: dict[Chain, CharterError]) -> list[Chain]:
    """The endpoints that answer, by the newest block that each says it has."""
    heads: list[tuple[int, Chain]] = []
    for source in sources:
        try:
            heads.append((head(source).number, source))
        except CharterError as fault:
            faults[source] = fault
    return [source for _, source in sorted(heads, key=lambda each: -each[0])]


def _reached(source: Chain, found: Collected | None) -> int:
    """The newest block of an endpoint when it was read, or now if it was not."""
    if found is not None:
        return found.newest
    try:
        return head(source).number
    except CharterError:
        return -1


def _collected(rpc: Chain, order: Order) -> Collected:
    """As `collect`, from one endpoint."""
    for pause in (*_PAUSES, None):
        resumed = order.partial is not None and order.partial.exists()
        try:
            return _attempt(rpc, order)
        except FAILURES:
            raise
        except CharterError as fault:
            # A node can show a block a moment before its logs, or drop the state of one that is
            # the newest no longer.
            passing = isinstance(fault, (HistoryHeadMismatch, RpcError))
            # And what was read before, from another endpoint perhaps, may be what is wrong.
            if order.partial is not None and not isinstance(fault, RpcError):
                order.partial.remove()
            if pause is None or not (passing or resumed):
                raise
            time.sleep(pause)
    raise AssertionError("the last attempt ends it")


def _attempt(rpc: Chain, order: Order) -> Collected:
    trust = order.trust
    house = find_house(rpc, trust)
    begun = Believed.at_first(trust)
    headers: tuple[Header, ...] = ()
    reading = _read_before(rpc, order)
    while True:
        began = time.monotonic()
        answer = latest(rpc)
        newest, sealed = block_of(rpc, answer), None
        # Before anything is read: whoever makes up blocks could make up more than one can read,
        # and whoever makes up events more than one can hold.
        if begun is not None:
            headers = steps(rpc, Header.from_json(answer), begun)
            sealed = Believed.of(headers[-1])
        held = held_at(rpc, trust, newest.number, sealed)
        _read(rpc, house, reading, newest, order, length=held[1])
        # Without seals no more is asked of the state, and a head that runs away is not run after.
        if sealed is None or time.monotonic() - began < _FRESH:
            break
    records = reading.records
    genesis = genesis_head(trust.chain_id, trust.history)
    computed = replay(records, genesis)
    # Who leaves events out is to be told that, and not what the rest of them lacks.
    _require_head(newest, computed, held)
    founding = Founding.of(records, trust)
    # Anybody can have History publish what he signed, of whatever length.
    signed = _in_order(
        filter(
            fits,
            genuine(
                (*reading.countersignatures, *order.countersignatures),
                trust.chain_id,
                trust.history,
            ),
        )
    )
    bundle = Bundle(trust.chain_id, trust.history, tuple(records), None, signed)
    if begun is None:
        return _carried(bundle, trust, genesis, newest.number)
    seal = _sealed(rpc, headers, trust, founding)
    known = of_institutions(signed, records)
    return Collected(
        replace(bundle, seal=seal, countersignatures=known),
        newest.number,
        newest.timestamp,
        len(records),
        newest.number,
    )


def _require_head(newest: Block, computed: tuple[bytes, int], held: tuple[bytes, int]) -> None:
    """Makes sure that events hash to the head that History holds after a block."""
    if computed != held:
        raise HistoryHeadMismatch(newest.number, computed[1], held[1])


def _carried(bundle: Bundle, trust: Trust, genesis: bytes, newest: int) -> Collected:
    """The part of a history without seals that the institutions' countersignatures carry."""
    records = bundle.records
    length = believed(records, bundle.countersignatures, trust.founders, genesis).length
    if not length:
        raise NotCountersigned
    last = records[length - 1]
    # What was signed beyond the cut cannot be held against anything in the bundle.
    told = of_institutions(bundle.countersignatures, records[:length])
    kept = tuple(signed for signed in told if signed.length <= length)
    return Collected(
        replace(bundle, records=records[:length], countersignatures=kept),
        last.number,
        last.timestamp,
        len(records),
        newest,
    )


# --- events ---------------------------------------------------------------------------------------


def _read_before(rpc: Chain, order: Order) -> Reading:
    """What an earlier collection has read, if this endpoint has the block at which it ended."""
    if order.partial is None:
        return Reading()
    found = order.partial.load()
    known = block(rpc, found.block) if found.block >= 0 else None
    if known is not None and known.hash == found.hash:
        return found
    order.partial.begin()
    return Reading()


def _read(
    rpc: Chain, house: House, reading: Reading, newest: Block, order: Order, *, length: int
) -> None:
    """Reads on from where a reading ended, up to a block after which History has a length."""
    extra = countersigned().topic
    emitters = emitters_of(reading.records)
    first, written, told = reading.block + 1, len(reading.records), len(reading.countersignatures)

    def passing() -> Iterator[Log]:
        topics = (*topics_of_record(), extra)
        for log in stream_logs(rpc, topics, first, newest.number, up_to):
            if log.topics[0] != extra:
                yield log
            elif log.emitter == house.history:
                reading.countersignatures.append(decode_countersignature(log))

    def up_to(number: int) -> None:
        nonlocal written, told
        order.progress(number, newest.number)
        if order.partial is None or number == newest.number:
            return
        end = block(rpc, number)
        if end is None:
            return
        order.partial.append(
            number, end.hash, reading.records[written:], reading.countersignatures[told:]
        )
        written, told = len(reading.records), len(reading.countersignatures)

    found = select(passing(), emitters, house.swarm)
    for record in no_more(found, len(reading.records), length, newest.number):
        reading.records.append(record)
    reading.block, reading.hash = newest.number, newest.hash


def _in_order(signed: Iterable[Countersigned]) -> tuple[Countersigned, ...]:
    """Each countersignature once, as a bundle has them."""
    return tuple(dict(sorted((in_order(each), each) for each in signed)).values())


# --- the state ------------------------------------------------------------------------------------


def _sealed(rpc: Chain, headers: Sequence[Header], trust: Trust, founding: Founding) -> Seal:
    """What proves the newest header's state, with History's head and length in it."""
    newest = headers[-1]
    prove = partial(shown, rpc, number=newest.number)
    found: dict[str, bytes] = {}
    pool = list(prove(trust.history, slots=(HEAD_SLOT, LENGTH_SLOT)))

    def fetched(contract: str, address: str) -> bytes:
        if contract not in found:
            found[contract] = code(rpc, address)
            pool.extend(prove(address))
        return found[contract]

    require_code(trust.chain_id, founding.house, founding.founders, fetched)
    nodes = Nodes(pool)
    try:
        walk(newest, trust, founding, found, nodes)
    except ProofInvalid as error:
        raise StateNotProven(rpc.endpoint, newest.number, str(error)) from None
    return Seal(tuple(each.fields for each in headers), nodes.used, found)
