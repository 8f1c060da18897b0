"""Whether an institution's own endpoints give data to whoever asks.

Each endpoint that the institution names is asked once, without credentials, and nothing of what it
answers is kept. What stays silent, fails or answers with something else is `unknown`; nothing is
ever called safe for want of an answer. The vantage point counts: an endpoint that is closed to one
address can be open to another, which is why the address it was asked from is part of the result.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from governance.readiness.dicom import ask_dicom
from governance.readiness.endpoints import DICOM, FHIR, HTTP
from governance.readiness.extra import need
from governance.readiness.statement import Asked, Verdict
from governance.readiness.web import ask_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from governance.readiness.endpoints import Endpoint

_PACKAGES = {DICOM: "pynetdicom", FHIR: "httpx", HTTP: "httpx"}


def ask(
    endpoints: Sequence[Endpoint], *, timeout: float, ca: Path | None = None
) -> tuple[Asked, ...]:
    """Ask endpoints for data without credentials, all at the same time, each once.

    Args:
        endpoints: The institution's own.
        timeout: Seconds that all of them have together; who has not answered by then is `unknown`.
        ca: Certificates that are believed, as a file; None for those of the system.

    Raises:
        ReadinessNotInstalled: a package that asks is missing.

    Returns:
        What each did, in the order of the endpoints.
    """
    # Before the clock runs: this takes longer than many an answer.
    need(*sorted({_PACKAGES[endpoint.kind] for endpoint in endpoints}))
    asked = [_Asking(endpoint, timeout, ca) for endpoint in endpoints]
    for each in asked:
        each.start()
    deadline = time.monotonic() + timeout
    for each in asked:
        each.join(max(0.0, deadline - time.monotonic()))
    found = tuple(each.result() for each in asked)
    for each in asked:
        each.give_up()
    return found


class _Asking(threading.Thread):
    """Asks one endpoint. A daemon: what hangs in a name or a connection holds nobody up."""

    def __init__(self, endpoint: Endpoint, timeout: float, ca: Path | None) -> None:
        super().__init__(name=f"asking {endpoint.target}", daemon=True)
        self._endpoint = endpoint
        self._timeout = timeout
        self._ca = ca
        self._vantage: str | None = None
        self._connections: list[Callable[[], None]] = []
        self._found: tuple[Verdict, str] | None = None

    def run(self) -> None:
        """Finds the way to the endpoint, and asks."""
        endpoint, timeout, ca = self._endpoint, self._timeout, self._ca
        ways = list(_ways(endpoint))
        if not ways:
            self._found = Verdict.UNKNOWN, "its name is not known, or there is no way to it"
            return
        self._vantage = ways[0][0]
        opened = self._connections.append
        try:
            if endpoint.kind != DICOM:
                self._found = ask_web(endpoint, timeout, ca, opened)
                return
            # A name can have addresses at which nothing listens; one that takes a connection is
            # the one that is asked.
            for self._vantage, address in ways:
                found, connected = ask_dicom(endpoint, address, timeout, ca, opened)
                if connected:
                    break
            self._found = found
        # A server may answer anything whatever, and what it says is not to be repeated.
        except Exception:
            self._found = Verdict.UNKNOWN, "its answer cannot be understood"

    def give_up(self) -> None:
        """Ends what connection it still has."""
        if self.is_alive():
            for end in tuple(self._connections):
                end()

    def result(self) -> Asked:
        """What came of it up to now."""
        verdict, reason = self._found or (Verdict.UNKNOWN, "no answer in time")
        endpoint = self._endpoint
        return Asked(endpoint.kind, endpoint.target, self._vantage, verdict, reason)


def _ways(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """The own address from which an endpoint is asked, and the address that it has.

    There is one way for each of its addresses that can be reached; nothing is sent there.
    """
    try:
        known = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return
    for family, kind, protocol, _, address in known:
        with suppress(OSError), socket.socket(family, kind, protocol) as way:
            if endpoint.source is not None:
                way.bind((endpoint.source, 0))
            way.connect(address)
            yield str(way.getsockname()[0]), str(address[0])
