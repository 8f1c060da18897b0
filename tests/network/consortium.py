"""Four institutions on one machine, each with a validator of its own, and their swarm."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deploy.anvil import free_port
from deploy.network import local, process
from deploy.network.card import Card
from deploy.network.folder import ValidatorFolder
from deploy.network.observe import observe
from governance.chain.keystore import Keystore
from governance.chain.rpc import Rpc
from tests.journeys.swarm import APPLICANT, FOUNDERS, PASSPHRASE, Swarm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deploy.network.health import Observation

INSTITUTIONS = (*FOUNDERS, APPLICANT)
CHAIN_ID = 77_001
PATIENCE = 240.0

# Four Javas on two cores: what makes them quick in the long run only slows their start.
os.environ.setdefault("JAVA_OPTS", "-Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1")


def until(holds: Callable[[], bool], patience: float = PATIENCE) -> float:
    """Waits until something holds; returns the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < patience, "it does not come about"
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass
class Consortium:
    """A network of validators in a folder, each in one of its own.

    The institutions' keys lie in `home`, as the journeys' swarm has them.
    """

    folder: Path
    names: tuple[str, ...] = INSTITUTIONS
    swarm: Swarm = field(init=False)

    def __post_init__(self) -> None:
        keystore = Keystore(self.home / "keystores", work=2)
        cards = []
        for name in self.names:
            keystore.create(name, PASSPHRASE)
            account = keystore.unlock(name, PASSPHRASE)
            place = self.place(name)
            cards.append(
                place.create(
                    f"{name.title()} Hospital",
                    account,
                    chain_id=CHAIN_ID,
                    host=local.HOST,
                    port=free_port(),
                )
            )
        for place in self.places:
            place.assemble(cards, free_port())

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def place(self, name: str) -> ValidatorFolder:
        return ValidatorFolder(self.folder / name)

    @cached_property
    def places(self) -> tuple[ValidatorFolder, ...]:
        return tuple(self.place(name) for name in self.names)

    def card(self, name: str) -> Card:
        return Card.load(self.place(name).card_file)

    def endpoint(self, name: str) -> str:
        return self.place(name).assembled().endpoint

    def rpc(self, name: str) -> Rpc:
        return Rpc(self.endpoint(name), timeout=10.0)

    @contextmanager
    def running(self, *first: str) -> Iterator[None]:
        """All validators run inside the block, and none after it.

        Args:
            first: who starts before the others, which start once there is a block. Where these are
                as many as a block needs, all of them have sealed it.
        """
        try:
            if first:
                self.start(*first)
                until(lambda: self.block(first[0]) > 0, 60)
            local.up(self.places)
            yield
        finally:
            for place in self.places:
                process.down(place)

    def found(self, founders: tuple[str, ...] = FOUNDERS) -> Swarm:
        """Founds the swarm, of three unless others are named, through the first one's validator."""
        self.swarm = Swarm.found(self.home, self.endpoint(self.names[0]), founders)
        return self.swarm

    # --- one of them -----------------------------------------------------------------------------

    def stop(self, *names: str) -> None:
        for name in names:
            process.down(self.place(name))

    def kill(self, name: str) -> None:
        """Ends a validator by SIGKILL."""
        found = process.status(self.place(name))
        os.kill(found.pid, signal.SIGKILL)
        until(lambda: process.status(self.place(name)).phase == "killed", 20)

    def pid(self, name: str) -> int:
        return process.status(self.place(name)).pid

    def start(self, *names: str) -> None:
        local.up([self.place(name) for name in names])

    def see(self, name: str) -> Observation:
        place = self.place(name)
        since = process.status(place).since
        with self.rpc(name) as rpc:
            return observe(rpc, self.card(name).validator, place.data, started_at=since)

    def block(self, name: str) -> int:
        return self.see(name).block
