"""Acts at a given rate, or as many as go, and when each of them was final."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.chain.calls import call_data
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.queries import head, transaction_count
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.chain.submit import sign_down, submit
from governance.history.events import TermsDeclined
from governance.primitives import sha256
from tests.journeys.swarm import PASSPHRASE, TERMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.chain.journal import Signed
    from governance.chain.signer import Signer
    from tests.network.consortium import Consortium

GAS = 300_000
WINDOW = 100
"""Acts of one account that are on their way at once where nothing else limits them."""

_GLANCE = 0.02
_PATIENCE = 120.0


@dataclass
class Act:
    """A signed transaction, and when it was handed over and final (`time.monotonic`)."""

    entry: Signed
    text: bytes
    sent: float = 0.0
    final: float = 0.0


@dataclass
class Load:
    """Institutions that decline a study, each through its own validator, each with another text.

    What is sent is signed before the clock starts. An act is final once a sealed block holds it.
    """

    consortium: Consortium
    study: str
    _counter: Iterator[int] = field(default_factory=itertools.count, init=False)
    _waiting: dict[str, Act] = field(default_factory=dict, init=False)

    @classmethod
    def on(cls, consortium: Consortium) -> Load:
        """On a study that is opened for it."""
        swarm = consortium.swarm
        terms = swarm.write("load.yaml", TERMS)
        number = int(swarm.good("study", "open", terms, who=consortium.names[0])["study"])
        return cls(consortium, swarm.follower().state.study(number).address)

    def run(self, seconds: float, rate: float | None = None, *, most: float = 400.0) -> list[Act]:
        """Sends for so long, then waits until everything is final.

        Args:
            seconds: how long.
            rate: acts per second by all together; as many as go if none is given.
            most: acts per second that are signed beforehand where no rate is given.
        """
        names = self.consortium.names
        share = (rate or most) / len(names)
        acts = {name: self._signed(name, round(seconds * share)) for name in names}
        began = time.monotonic()
        ending = threading.Event()
        watching = threading.Thread(target=self._watch, args=(ending,))
        watching.start()
        senders = [
            threading.Thread(
                target=self._send,
                args=(name, acts[name], began + seconds, 1 / share if rate else 0.0),
            )
            for name in names
        ]
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join()
        deadline = time.monotonic() + _PATIENCE
        while self._waiting and time.monotonic() < deadline:
            time.sleep(_GLANCE)
        ending.set()
        watching.join()
        assert not self._waiting, f"{len(self._waiting)} acts were lost"
        return sorted(
            (act for each in acts.values() for act in each if act.sent), key=lambda act: act.sent
        )

    def holds(self, acts: list[Act]) -> None:
        """Whether each of the acts took effect."""
        trust = Trust.load(self.consortium.home / "trust.json")
        with self.consortium.rpc(self.consortium.names[0]) as rpc:
            records = Follower(rpc, trust).poll()
        texts = {each.event.text for each in records if isinstance(each.event, TermsDeclined)}
        assert {act.text for act in acts} <= texts, "acts took no effect"

    def _signed(self, name: str, count: int) -> list[Act]:
        signer = self.signer(name)
        with self.consortium.rpc(name) as rpc:
            first = transaction_count(rpc, signer.address)
        return [self._act(signer, first + place) for place in range(count)]

    def _act(self, signer: Signer, nonce: int) -> Act:
        text = sha256(f"load {next(self._counter)}".encode())
        data = call_data("Study", "decline", (1, 1, text))
        entry = sign_down(
            signer,
            chain_id=self.consortium.card(self.consortium.names[0]).chain_id,
            nonce=nonce,
            to=self.study,
            data=data,
            gas=GAS,
            description="decline",
        )
        return Act(entry, text)

    def signer(self, name: str) -> Signer:
        """An institution's account."""
        return Keystore(self.consortium.home / "keystores").unlock(name, PASSPHRASE)

    def _send(self, name: str, acts: list[Act], until: float, pause: float) -> None:
        mine: list[Act] = []
        with self.consortium.rpc(name) as rpc:
            due = time.monotonic()
            for act in acts:
                due += pause
                time.sleep(max(0.0, due - time.monotonic()))
                while not pause and sum(not each.final for each in mine[-WINDOW:]) >= WINDOW:
                    time.sleep(_GLANCE)
                if time.monotonic() >= until:
                    return
                act.sent = time.monotonic()
                self._waiting[act.entry.hash] = act
                submit(rpc, act.entry, first=True)
                mine.append(act)

    def _watch(self, ending: threading.Event) -> None:
        with Rpc(self.consortium.endpoint(self.consortium.names[0]), timeout=30.0) as rpc:
            known = head(rpc).number
            while not ending.is_set():
                newest = head(rpc).number
                for number in range(known + 1, newest + 1):
                    answer = rpc.call("eth_getBlockByNumber", hex(number), False)
                    now = time.monotonic()
                    for each in answer["transactions"]:
                        if act := self._waiting.pop(each, None):
                            act.final = now
                known = newest
                time.sleep(_GLANCE)
