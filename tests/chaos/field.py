"""A swarm with a running study on a real chain, and a gate that sees it through proxies."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from governance.chain.endpoints import Endpoints
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.gate import Envelope, EvidenceLog, Gate, LiveView, Notice, Reason, Watch
from governance.primitives import sha256
from tests.chaos.proxy import Proxy, proxy
from tests.journeys.swarm import PASSPHRASE, Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from governance.chain.house import House
    from governance.chain.rpc import Chain
    from governance.chain.signer import LocalSigner
    from governance.gate import Decision, SignedEnvelope
    from governance.history import Record

POLL = 0.05
"""Seconds between two polls."""


@dataclass
class Field:
    """A swarm with a running study, of which alpha and beta are signatories.

    Attributes:
        swarm: The swarm, and its people.
        chain: The endpoint behind all proxies.
        trust: Where trust begins.
        max_age: The gate's view_max_age, in seconds.
        timeout: Seconds within which an endpoint must answer.
        number: The study's.
    """

    swarm: Swarm
    chain: str
    trust: Trust
    max_age: float = 0.7
    timeout: float = 0.5
    number: int = 1
    _names: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def on(cls, swarm: Swarm, **settings: Any) -> Field:
        """A field on a swarm that was founded."""
        number = swarm.run_study("alpha", "beta")
        trust = Trust.load(swarm.home / "trust.json")
        return cls(swarm, swarm.endpoint, trust, number=number, **settings)

    @cached_property
    def house(self) -> House:
        """The house's addresses."""
        return self.swarm.follower().house

    @property
    def length(self) -> int:
        """Length of the real history."""
        return self.swarm.follower().length

    @cached_property
    def study(self) -> str:
        """Address of the study's contract."""
        return self.swarm.follower().state.study(self.number).address

    def node(self) -> LocalSigner:
        """A node of alpha's that was just registered."""
        name = f"scenario-{next(self._names)}"
        self.swarm.new_key(name)
        self.swarm.good("node", "register", name, who="alpha")
        return self.signer(name)

    def signer(self, name: str) -> LocalSigner:
        """A key's signer."""
        return self.signer_of(self.swarm, name)

    @staticmethod
    def signer_of(swarm: Swarm, name: str) -> LocalSigner:
        """A key's signer, before there is a study."""
        return Keystore(swarm.home / "keystores").unlock(name, PASSPHRASE)

    def revoke(self, node: LocalSigner) -> None:
        """Revokes a node on the real chain; at the end the block stands."""
        self.swarm.good("node", "revoke", node.address, "--yes", who="alpha")

    @property
    def block(self) -> int:
        """Number of the real chain's newest block."""
        with Rpc(self.chain) as rpc:
            return int(rpc.call("eth_blockNumber"), 16)

    @contextmanager
    def guarded(self, folder: Path, endpoints: int = 1, **trust: Any) -> Iterator[Guarded]:
        """A gate that sees the chain through so many proxies, all honest still."""
        with ExitStack() as stack:
            proxies = [stack.enter_context(proxy(self.chain)) for _ in range(endpoints)]
            rpcs = [stack.enter_context(Rpc(each.url, self.timeout)) for each in proxies]
            chain: Chain = Endpoints(rpcs) if endpoints > 1 else rpcs[0]
            log = stack.enter_context(EvidenceLog(folder / "evidence.jsonl"))
            view = Counting(Follower(chain, replace(self.trust, **trust)), log.seen())
            gate = Gate(view, self.study, log, view_max_age=self.max_age)
            told: list[Notice] = []
            watch = Watch(view, POLL, view_max_age=self.max_age, told=told.append)
            stack.enter_context(watch)
            yield Guarded(self, proxies, view, gate, watch, told)


class Counting(LiveView):
    """A view that counts its refreshes.

    Attributes:
        begun: How many have begun.
        ended: The last that has ended.
    """

    begun = 0
    ended = 0

    def refresh(self, progress: Any = None) -> tuple[Record, ...]:
        self.begun = number = self.begun + 1
        try:
            return super().refresh(progress)
        finally:
            self.ended = number


@dataclass
class Guarded:
    """A gate behind proxies.

    Attributes:
        field: What it guards.
        proxies: What it sees the chain through.
        view: What it knows.
        gate: What decides.
        watch: What keeps the view in step.
        told: Of which faults the watch told.
    """

    field: Field
    proxies: Sequence[Proxy]
    view: Counting
    gate: Gate
    watch: Watch
    told: list[Notice]
    _attempts: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, node: LocalSigner) -> Decision:
        """What the gate says to an update of a node, announced anew."""
        attempt = next(self._attempts)
        update = sha256(f"{node.address} {attempt}".encode())
        self.gate.open_round(1, attempt)
        return self.gate.check(self.envelope(node, attempt, update), update)

    def envelope(self, node: LocalSigner, attempt: int, update: bytes) -> SignedEnvelope:
        """What a node signs for the first round."""
        said = Envelope(
            chain_id=self.field.trust.chain_id,
            study=self.gate.study,
            terms_version=1,
            round=1,
            attempt=attempt,
            parent=bytes(32),
            update=update,
            records=0,
            history_length=0,
            deadline=int(time.time()) + 600,
        )
        return said.signed(node.address, node.sign_digest)

    def until(self, node: LocalSigner, reason: Reason, patience: float) -> float:
        """Waits until the gate answers a node so; returns the seconds that it took."""
        began = time.monotonic()
        while (found := self.ask(node).reason) is not reason:
            taken = time.monotonic() - began
            assert taken < patience, f"{found} after {taken:.1f} s instead of {reason}"
            time.sleep(0.01)
        return time.monotonic() - began
