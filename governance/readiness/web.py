"""Asking a FHIR or HTTP endpoint for data without credentials.

It is one GET, of whose answer only status and content type are looked at; the body is not read.
"""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

from governance.readiness.connections import hang_up
from governance.readiness.endpoints import FHIR
from governance.readiness.statement import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from governance.readiness.connections import Opened
    from governance.readiness.endpoints import Endpoint

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
_OK, _PARTIAL = 200, 206
_REFUSED = frozenset({401, 403})
_FHIR_TYPES = frozenset(
    {"application/fhir+json", "application/fhir+xml", "application/json", "application/xml"}
    | {"application/json+fhir", "application/xml+fhir", "text/json", "text/xml"}
)


def ask_web(
    endpoint: Endpoint, timeout: float, ca: Path | None, opened: Opened
) -> tuple[Verdict, str]:
    """Ask once; redirects are not followed, and no proxy, cookie or netrc of this machine is used.

    Args:
        endpoint: Which one.
        timeout: Seconds for each step.
        ca: Certificates that are believed, as a file; None for those of the system.
        opened: Is told how the connection can be ended.
    """
    import httpx  # noqa: PLC0415 - takes 0.1 s

    def trace(event: str, told: Mapping[str, Any]) -> None:
        if event in _CONNECTED:
            opened(partial(hang_up, told["return_value"].get_extra_info("socket")))

    try:
        # Where no TLS is spoken, one that believes nobody: the system's certificates take long to
        # read.
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if endpoint.tls:
            trusted = ssl.create_default_context(cafile=ca)
        transport = httpx.HTTPTransport(
            verify=trusted, trust_env=False, local_address=endpoint.source
        )
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=timeout) as client,
            client.stream("GET", endpoint.url, extensions={"trace": trace}) as answer,
        ):
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            return _verdict(endpoint, answer.status_code, kind)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Verdict.UNKNOWN, _why(error)


def _verdict(endpoint: Endpoint, status: int, kind: str) -> tuple[Verdict, str]:
    if status in _REFUSED:
        return Verdict.CLOSED, f"asks for credentials: HTTP {status}"
    if status not in {_OK, _PARTIAL}:
        meaning = ", and is not followed" if 300 <= status < 400 else ""  # noqa: PLR2004
        return (
            Verdict.UNKNOWN,
            f"neither gives data nor asks for credentials: HTTP {status}{meaning}",
        )
    if endpoint.kind == FHIR and kind not in _FHIR_TYPES:
        return Verdict.UNKNOWN, f"answers with HTTP {status}, and not in FHIR"
    return Verdict.OPEN, f"answers without credentials: HTTP {status}"


def _why(error: Exception) -> str:
    """What went wrong, in words of our own; what a server says of itself is not repeated."""
    import httpx  # noqa: PLC0415 - is loaded already

    known: tuple[tuple[type[BaseException], str], ...] = (
        (ssl.SSLCertVerificationError, "its certificate is not believed"),
        (ssl.SSLError, "no TLS could be agreed on"),
        (ConnectionRefusedError, "nothing takes a connection there"),
        (httpx.TimeoutException, "no answer in time"),
        (TimeoutError, "no answer in time"),
        (httpx.RemoteProtocolError, "its answer is no HTTP"),
        (httpx.ConnectError, "there is no way to it"),
        (httpx.HTTPError, "the connection broke"),
    )
    causes = tuple(_causes(error))
    for kind, words in known:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "it cannot be asked"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
