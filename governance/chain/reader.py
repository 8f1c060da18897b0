"""Reading the history from a chain: records, and a view that keeps in step.

Nothing read is believed for its own sake: times come from the blocks' headers, order and range are
checked, and the head of the hash chain is computed anew and held against what `History` says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.chain.agreement import Question, Testimony, agree, claimed, ranked
from governance.chain.endpoints import Endpoints
from governance.chain.errors import (
    EndpointsBehind,
    EndpointsDisagree,
    HistoryHeadMismatch,
    HistoryRewound,
    HouseMissing,
    RpcError,
)
from governance.chain.house import House, Trust
from governance.chain.logs import read_logs, stream_logs
from governance.chain.proven import proven
from governance.chain.qbft import Header
from governance.chain.queries import (
    Block,
    block,
    block_of,
    data,
    head,
    latest,
    require_chain,
    selector,
)
from governance.chain.seals import Believed, believe
from governance.errors import CharterError
from governance.history import (
    Log,
    Record,
    State,
    countersigned,
    decode_countersignature,
    fold,
    genesis_head,
    replay,
    select,
    topics_of_record,
)
from governance.memory import no_garbage_looked_for
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from governance.chain.rpc import Chain, Rpc
    from governance.history.events import Countersigned

_PAUSES = (0.01, 0.05, 0.25)
_WORD = 32
_ADDRESS_AT = 12


def read_records(rpc: Chain, house: House, first: int = 0, last: int | None = None) -> list[Record]:
    """The records of the house from the founding on, or up to a block.

    They are not held against the head of the hash chain; `Follower` does that.

    Args:
        rpc: the chain.
        house: where the swarm stands.
        first: a block not after the founding.
        last: number of the last block; the chain's head if none is given.

    Raises:
        See `read_logs`.
    """
    end = head(rpc).number if last is None else last
    logs = read_logs(rpc, topics_of_record(), first, end)
    return list(select(logs, swarm=house.swarm))


def find_house(rpc: Chain, trust: Trust) -> House:
    """The house's addresses, as `History` at the trusted address and its Swarm name them.

    Raises:
        ChainForeign: the endpoint is on another chain.
        HouseMissing: there are no such contracts.
    """
    require_chain(rpc, trust.chain_id)
    swarm, governor, studies = _named_by(
        rpc, "History", trust.history, "SWARM()", "GOVERNOR()", "STUDIES()"
    )
    (relay,) = _named_by(rpc, "Swarm", swarm, "trustedForwarder()")
    return House(trust.history, relay, swarm, governor, studies)


def _named_by(rpc: Chain, contract: str, at: str, *getters: str) -> list[str]:
    calls = [("eth_call", ({"to": at, "data": selector(name)}, "latest")) for name in getters]
    addresses = []
    for answer in rpc.batch_or_errors(calls):
        word = b"" if isinstance(answer, RpcError) else data(rpc, answer, "an address")
        if len(word) != _WORD or any(word[:_ADDRESS_AT]):
            raise HouseMissing(f"there is no {contract} at {at}")
        addresses.append(checksum_address(word[_ADDRESS_AT:]))
    return addresses


@dataclass(frozen=True, slots=True)
class _View:
    """What has been read and proven, replaced as a whole by each step."""

    house: House
    block: Block
    believed: Believed | None
    head: bytes
    state: State
    countersignatures: tuple[Countersigned, ...]


@dataclass(slots=True)
class Follower:
    """A view of the history that keeps in step with the chain, proven at every step.

    Where the trust file names validators, a block counts once it is known to be sealed by whom it
    must be. Where there are several endpoints, a step reads from one of them alone, and the others
    are asked whether they say the same.

    Attributes:
        rpc: the chain.
        trust: where all trust begins.
    """

    rpc: Chain
    trust: Trust
    _view: _View | None = field(default=None, init=False)
    _verified: float = field(default=float("-inf"), init=False)

    @property
    def house(self) -> House:
        """The house's addresses.

        Raises:
            ChainForeign, HouseMissing: as `find_house`.
        """
        return find_house(self.rpc, self.trust) if self._view is None else self._view.house

    @property
    def state(self) -> State:
        """The folded state at `block`; empty before the first poll."""
        return State() if self._view is None else self._view.state

    @property
    def length(self) -> int:
        """Records read and proven."""
        return self.state.length

    @property
    def head(self) -> bytes:
        """Head of the hash chain over them, equal to `History.head()` at `block`."""
        if self._view is None:
            return genesis_head(self.trust.chain_id, self.trust.history)
        return self._view.head

    @property
    def block(self) -> Block | None:
        """The last block read, or none before the first poll."""
        return None if self._view is None else self._view.block

    @property
    def validators(self) -> frozenset[str]:
        """Who validates at `block`, as their seals prove it; empty on a chain without seals."""
        believed = self._believed
        return frozenset() if believed is None else believed.validators

    @property
    def countersignatures(self) -> tuple[Countersigned, ...]:
        """The countersignatures read so far, in order; what they are worth is not judged here."""
        return () if self._view is None else self._view.countersignatures

    @property
    def age(self) -> float:
        """Seconds since the chain's head was last asked for and found to fit; infinite at first."""
        return time.monotonic() - self._verified

    def poll(self, progress: Callable[[int], None] | None = None) -> tuple[Record, ...]:
        """Brings the view up to the chain's head; returns the records that are new.

        If it raises, the view stays as it was, and ages.

        Args:
            progress: told the number of each block up to which has been read.

        Raises:
            HistoryRewound: the chain is shorter than before, or shows another history.
            HistoryHeadMismatch: the records do not hash to what `History` says.
            BlockNotSealed, HeaderInvalid: a block is not sealed by the validators it must be.
            StateNotProven: what `History` holds is not proven in a sealed block's state.
            EndpointsDisagree: the endpoints contradict each other, and no majority is right.
            EndpointsBehind: those that answer do not have what was read before.
            ChainForeign, HouseMissing: endpoint and trust file do not belong together.
            HistoryMalformed, HistoryInconsistent: a record is none that the house would write.
            ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
        """
        asked = time.monotonic()
        with no_garbage_looked_for():
            if isinstance(self.rpc, Endpoints):
                view, records = self._read_agreed(self.rpc, progress)
            else:
                view, records = self._read(self.rpc, progress)
        self._view, self._verified = view, asked
        return records

    @property
    def _believed(self) -> Believed | None:
        return Believed.at_first(self.trust) if self._view is None else self._view.believed

    # --- several endpoints ------------------------------------------------------------------------

    def _read_agreed(
        self, rpc: Endpoints, progress: Callable[[int], None] | None
    ) -> tuple[_View, tuple[Record, ...]]:
        """What one of the endpoints shows and most of the others do not contradict.

        Nothing is mixed: logs, head and block come from the same endpoint, the one that is
        farthest. One that lags behind is not at fault, and is not read from.
        """
        last = self._view
        heads = ranked(rpc)
        known = -1 if last is None else last.block.number
        # The chain has gone back if nobody at all has what was read; otherwise some lag behind.
        all_behind = len(heads) == rpc.count and heads[0][1] < known
        faults: dict[Rpc, CharterError] = {}
        for source, newest in heads:
            if newest < known and not all_behind:
                continue
            try:
                view, records = self._read(source, progress)
                if view is not last:
                    others = [other for other, _ in heads if other is not source]
                    self._require_agreement(rpc, source, view, others)
            except EndpointsDisagree:
                raise
            except CharterError as fault:
                faults[source] = fault
                continue
            for other, found in faults.items():
                rpc.set_aside(other, found)
            return view, records
        raise _worst(faults.values()) or EndpointsBehind(heads[0][1], known)

    def _require_agreement(
        self, rpc: Endpoints, source: Rpc, view: _View, others: Sequence[Rpc]
    ) -> None:
        said = Testimony(view.block.hash, view.head, view.state.length)
        question = Question(self.trust.history, view.block.number, self._believed)
        agree(rpc, source, said, others, question)

    # --- one endpoint -----------------------------------------------------------------------------

    def _read(
        self, rpc: Chain, progress: Callable[[int], None] | None
    ) -> tuple[_View, tuple[Record, ...]]:
        """The view at the endpoint's newest block, the same one if nothing is new; new records."""
        last = self._view
        house = find_house(rpc, self.trust) if last is None else last.house
        newest, believed = self._newest(rpc)
        if last is not None:
            if newest == last.block:
                return last, ()
            _require_continuation(rpc, last.block, newest)
        for pause in _PAUSES:
            try:
                return self._step(rpc, house, newest, believed, progress)
            except (RpcError, HistoryHeadMismatch):
                # A node can show a new block a moment before its logs, and drop the state of a
                # block a moment after it is the newest no longer.
                time.sleep(pause)
                newest, believed = self._newest(rpc)
        return self._step(rpc, house, newest, believed, progress)

    def _newest(self, rpc: Chain) -> tuple[Block, Believed | None]:
        """The newest block, and whom it names as validators if it is sealed as it must be."""
        answer = latest(rpc)
        newest, believed = block_of(rpc, answer), self._believed
        if believed is not None and newest != self.block:
            believed = believe(rpc, Header.from_json(answer), believed)
        return newest, believed

    def _step(
        self,
        rpc: Chain,
        house: House,
        newest: Block,
        believed: Believed | None,
        progress: Callable[[int], None] | None,
    ) -> tuple[_View, tuple[Record, ...]]:
        last = self._view
        start = 0 if last is None else last.block.number + 1
        extra = countersigned().topic
        topics = (*topics_of_record(), extra)
        signed: list[Countersigned] = []

        def passing() -> Iterator[Log]:
            for log in stream_logs(rpc, topics, start, newest.number, progress):
                if log.topics[0] != extra:
                    yield log
                elif log.emitter == house.history:
                    signed.append(decode_countersignature(log))

        # Before anything is read: whoever makes up events could make up more than one can hold.
        held = held_at(rpc, self.trust, newest.number, believed)
        found = select(passing(), self.state.emitters, house.swarm)
        records = tuple(no_more(found, self.length, held[1], newest.number))
        computed, length = replay(records, self.head, self.length)
        if (computed, length) != held:
            raise HistoryHeadMismatch(newest.number, length, held[1])
        view = _View(
            house=house,
            block=newest,
            believed=believed,
            head=computed,
            state=fold(records, self.state),
            countersignatures=(*self.countersignatures, *signed),
        )
        return view, records


def held_at(rpc: Chain, trust: Trust, number: int, believed: Believed | None) -> tuple[bytes, int]:
    """Head and length that History holds after a block: proven where it is sealed, or claimed.

    Args:
        rpc: the chain.
        trust: says which History.
        number: the block's.
        believed: the block's header, where blocks are sealed.

    Raises:
        StateNotProven: the endpoint does not prove it.
        ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
    """
    if believed is None:
        return claimed(rpc, trust.history, number)
    return proven(rpc, trust.history, believed)


def no_more(records: Iterable[Record], known: int, length: int, number: int) -> Iterator[Record]:
    """Records as they come, until there are more than History holds.

    Args:
        records: those to come.
        known: how many there are before them.
        length: how many History holds.
        number: after which block.

    Raises:
        HistoryHeadMismatch: there are more.
    """
    for count, record in enumerate(records, known + 1):
        if count > length:
            raise HistoryHeadMismatch(number, count, length)
        yield record


def _require_continuation(rpc: Chain, known: Block, newest: Block) -> None:
    """Makes sure that the chain goes on from a block that was read.

    Raises:
        HistoryRewound: it is shorter, or has another block there.
    """
    if newest.number < known.number:
        raise HistoryRewound(
            f"it ends at block {newest.number}, and block {known.number} was read before"
        )
    if newest.parent == known.hash:
        return
    found = newest if newest.number == known.number else block(rpc, known.number)
    if found is None or found.hash != known.hash:
        raise HistoryRewound(f"block {known.number}, which was read before, was replaced")


def _worst(faults: Iterable[CharterError]) -> CharterError | None:
    """What to tell where no endpoint is in order: that the history is another one, before all."""
    return min(faults, key=lambda fault: not isinstance(fault, HistoryRewound), default=None)
