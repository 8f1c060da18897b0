"""What both frameworks' tests do on the chain while a run goes on, and read from it afterwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deploy.demo.documents import document
from governance.vocabulary import Ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from examples.hospitals import Hospitals, NodeFolder
    from tests.frameworks.scene import Part

_PAUSE = 0.1


def join(hospitals: Hospitals, parts: Iterable[Part]) -> dict[str, NodeFolder]:
    """A node for each part, registered if a hospital stands behind it; folders by node name."""
    return {
        part.name: (
            hospitals.node(part.hospital, part.name)
            if part.hospital
            else hospitals.stranger(part.name)
        )
        for part in parts
    }


def end_some(hospitals: Hospitals, nodes: dict[str, NodeFolder]) -> None:
    """Has the second hospital revoke its rogue node, and the fourth withdraw."""
    second, fourth, study = hospitals[2], hospitals[4], hospitals.study().address
    second.party.do("Swarm", second.house.swarm, "revokeNode", nodes["rogue-3"].address)
    fourth.party.do("Study", study, "withdraw", Ground.RESOURCES, document("why it withdraws"))


class Meanwhile:
    """Does something in a thread as soon as the gates have decided often enough."""

    def __init__(
        self, logs: Callable[[], Iterable[Path]], decisions: int, act: Callable[[], None]
    ) -> None:
        self._logs = logs
        self._decisions = decisions
        self._act = act
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._done = False
        self._thread = threading.Thread(target=self._wait)

    def __enter__(self) -> Meanwhile:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error
        if error is None:
            assert self._done, "the run ended before the gates had decided often enough"

    def _wait(self) -> None:
        while not self._over.wait(_PAUSE):
            if sum(1 for log in self._logs() for _ in lines(log)) >= self._decisions:
                try:
                    self._act()
                    self._done = True
                except BaseException as error:  # told by the test's own thread
                    self._error = error
                return


def lines(log: Path) -> Iterator[bytes]:
    """The lines of an evidence log with a decision that are whole."""
    if log.exists():
        yield from (
            line
            for line in log.read_bytes().splitlines(keepends=True)
            if line[-1:] == b"\n" and b'"decision":' in line
        )
