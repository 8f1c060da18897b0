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
    """A signed transaction.

    Attributes:
        entry: what is sent.
        text: tells its effect from that of all others.
        due: seconds after the beginning at which it is sent; as soon as possible if none is given.
        sent: when it was handed over (`time.monotonic`); zero before.
        final: when a block was seen that holds it; zero before.
    """

    entry: Signed
    text: bytes
    due: float | None
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
        count = round(seconds * (rate or most))
        acts = {
            name: self._signed(name, range(place, count, len(names)), rate)
            for place, name in enumerate(names)
        }
        began = time.monotonic()
        ending = threading.Event()
        watching = threading.Thread(target=self._watch, args=(ending,))
        watching.start()
        senders = [
            threading.Thread(target=self._send, args=(name, acts[name], began, seconds))
            for name in names
        ]
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join()
        time.sleep(max(0.0, began + seconds - time.monotonic()))
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

    def _signed(self, name: str, places: range, rate: float | None) -> list[Act]:
        """One institution's acts, each due when its place among all of them says."""
        signer = self.signer(name)
        with self.consortium.rpc(name) as rpc:
            first = transaction_count(rpc, signer.address)
        return [
            self._act(signer, first + nonce, place / rate if rate else None)
            for nonce, place in enumerate(places)
        ]

    def _act(self, signer: Signer, nonce: int, due: float | None) -> Act:
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
        return Act(entry, text, due)

    def signer(self, name: str) -> Signer:
        """An institution's account."""
        return Keystore(self.consortium.home / "keystores").unlock(name, PASSPHRASE)

    def _send(self, name: str, acts: list[Act], began: float, seconds: float) -> None:
        with self.consortium.rpc(name) as rpc:
            for place, act in enumerate(acts):
                if act.due is not None:
                    time.sleep(max(0.0, began + act.due - time.monotonic()))
                else:
                    while (
                        place >= WINDOW
                        and not acts[place - WINDOW].final
                        and time.monotonic() < began + seconds
                    ):
                        time.sleep(_GLANCE)
                if time.monotonic() >= began + seconds:
                    return
                act.sent = time.monotonic()
                self._waiting[act.entry.hash] = act
                submit(rpc, act.entry, first=True)

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
