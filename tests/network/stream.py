"""A running stream of acts, and what became of each."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.chain.calls import call_data
from governance.chain.endpoints import Endpoints
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.errors import CharterError
from governance.history.events import TermsDeclined
from governance.primitives import sha256
from tests.journeys.swarm import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.network.consortium import Consortium

_PAUSE = 0.2


def text_of(prefix: str, number: int) -> bytes:
    return sha256(f"{prefix} {number}".encode())


@dataclass
class Stream:
    """One institution declines a study, again and again, each time with another text.

    An act that fails is done again, as a person would, until it is acknowledged: so each must be
    in the history once, and none twice.
    """

    consortium: Consortium
    study: str
    journals: Path
    prefix: str
    who: str = "gamma"
    acknowledged: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Stream:
        keystore = Keystore(self.consortium.home / "keystores")
        self._signer = keystore.unlock(self.who, PASSPHRASE)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=300)
        assert not self._thread.is_alive(), "the last act is not acknowledged"

    def goes_on(self, acts: int = 3, patience: float = 120.0) -> None:
        """Waits until so many more acts are acknowledged."""
        wanted = len(self.acknowledged) + acts
        deadline = time.monotonic() + patience
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, f"the stream stands still: {self.faults}"
            time.sleep(_PAUSE)

    def _run(self) -> None:
        rpcs = [Rpc(self.consortium.endpoint(name), 5.0) for name in self.consortium.names]
        with Endpoints(rpcs) as chain:
            number = 0
            while not self._ending.is_set():
                data = call_data("Study", "decline", (1, 1, text_of(self.prefix, number)))
                act = Act(self.study, data, f"decline {number}")
                while not self._done(chain, act):
                    time.sleep(_PAUSE)
                self.acknowledged.append(number)
                number += 1

    def _done(self, chain: Endpoints, act: Act) -> bool:
        try:
            with Sender(chain, self._signer, self.journals, timeout=20.0) as sender:
                sender.send(act)
        except CharterError as error:
            self.faults[error.code] += 1
            return False
        return True

    def holds(self) -> None:
        """Whatever was acknowledged is there once, nothing is there twice, and all nodes agree."""
        wanted = {text_of(self.prefix, number) for number in self.acknowledged}
        heads = set()
        for name in self.consortium.names:
            with self.consortium.rpc(name) as rpc:
                follower = Follower(rpc, Trust.load(self.consortium.home / "trust.json"))
                records = follower.poll()
            heads.add((follower.length, follower.head))
            texts = Counter(
                each.event.text for each in records if isinstance(each.event, TermsDeclined)
            )
            assert wanted <= texts.keys(), f"{name} has lost acts"
            assert max(texts.values()) == 1, f"{name} has acts twice"
        assert len(heads) == 1, "nodes have different histories"
