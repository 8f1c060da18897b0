"""Whether a chain makes blocks: one that is halted is another thing than an endpoint that is dead.

Only where blocks name validators can one tell: other engines make no block until there is something
to put into it.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.errors import RpcError
from governance.chain.qbft import validators_in
from governance.chain.queries import block_of, blocks, latest, quantity

if TYPE_CHECKING:
    from governance.chain.rpc import Chain

HALT_SECONDS = 30.0
"""A chain that makes empty blocks is not called halted before so long without any."""

_LOOK_BACK = 8
_SLOWEST = 60
_BEATS = 3


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a chain with validators makes blocks.

    Attributes:
        number: of the newest block.
        age: seconds since then, by the block's time and this machine's clock.
        interval: seconds between blocks of late, the longest; at most a minute, since an earlier
            halt is among them.
        validators: how many there are.
        reachable: how many of them the endpoint reaches at most, itself included; nothing if it
            does not say.
    """

    number: int
    age: float
    interval: int
    validators: int
    reachable: int | None

    @property
    def halted(self) -> bool:
        """Whether blocks stay away for longer than an idle chain would have them."""
        return self.age > max(_BEATS * self.interval, HALT_SECONDS)

    @property
    def sentence(self) -> str:
        """What a person is told of a chain that is halted."""
        reached = (
            f"; {self.reachable} of {self.validators} validators can be reached"
            if self.reachable is not None
            else ""
        )
        since = f"for {self.age:.0f} seconds" if self.number else "yet"
        return f"The chain has made no block {since}{reached}."


def pulse(rpc: Chain) -> Pulse | None:
    """How the chain makes blocks, or nothing where blocks name no validators.

    Raises:
        ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`.
    """
    answer = latest(rpc)
    validators = validators_in(answer)
    if not validators:
        return None
    newest = block_of(rpc, answer)
    earlier = blocks(rpc, range(max(0, newest.number - _LOOK_BACK), newest.number))
    times = [each.timestamp for _, each in sorted(earlier.items())] + [newest.timestamp]
    # The first block has no time of its own.
    gaps = [later - before for before, later in itertools.pairwise(times) if before]
    return Pulse(
        number=newest.number,
        age=time.time() - newest.timestamp,
        interval=min(max(gaps, default=0), _SLOWEST),
        validators=len(validators),
        reachable=_reachable(rpc, len(validators)),
    )


def _reachable(rpc: Chain, validators: int) -> int | None:
    try:
        peers = quantity(rpc, rpc.call("net_peerCount"), "the number of peers")
    except RpcError:
        return None
    return min(peers + 1, validators)
