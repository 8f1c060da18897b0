"""An institution's own endpoints, as its readiness.yaml names them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from governance.errors import CharterError

DICOM, FHIR, HTTP = "dicom", "fhir", "http"
KINDS = (DICOM, FHIR, HTTP)

_FIELDS = frozenset(
    {"kind", "host", "port", "path", "url", "tls", "ae_title", "calling_title", "source"}
)
_PORTS = {DICOM: 104, FHIR: 443, HTTP: 443}
_PATHS = {DICOM: "", FHIR: "", HTTP: "/"}
_LAST_PORT = 65_535
_LONGEST_TITLE = 16
_ASKS_FOR_COUNT = "/Patient?_summary=count"

CALLED_TITLE = "ANY-SCP"
CALLING_TITLE = "ANY-SCU"
"""Titles where the institution names none: the customary ones. A title is no credential."""


class EndpointInvalid(CharterError):
    """An endpoint is not described as one."""

    code = "ReadinessEndpointInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"An endpoint {reason}.", "Describe it by kind, host and port, or by kind and url."
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Attributes:
        kind: `dicom`, `fhir` or `http`.
        host: Its name or address.
        port: Its port.
        tls: Whether it speaks TLS.
        path: What is asked of it over HTTP, query included; empty for DICOM.
        called_title: The title by which a DICOM server is called.
        calling_title: The title that is given to it as the asker's; nobody proves a title.
        source: The own address from which it is asked; None for what the system chooses.
    """

    kind: str
    host: str
    port: int
    tls: bool
    path: str = ""
    called_title: str = CALLED_TITLE
    calling_title: str = CALLING_TITLE
    source: str | None = None

    @property
    def target(self) -> str:
        """How the endpoint is named in a statement; a query is left out."""
        if self.kind == DICOM:
            return f"dicom{'s' if self.tls else ''}://{self._authority}/{self.called_title}"
        return self.url.partition("?")[0]

    @property
    def url(self) -> str:
        """What is asked for over HTTP."""
        return f"http{'s' if self.tls else ''}://{self._authority}{self.path}"

    @property
    def _authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(plain: Any) -> Endpoint:
    """Read an endpoint as it stands in readiness.yaml.

    Raises:
        EndpointInvalid: it is not described as one.
    """
    if not isinstance(plain, dict) or plain.get("kind") not in KINDS:
        raise EndpointInvalid(f"has a kind that is none of {', '.join(KINDS)}")
    unknown = sorted(set(plain) - _FIELDS)
    if unknown:
        raise EndpointInvalid(f"has a field {unknown[0]}, which is none")
    for name in ("host", "path", "url", "ae_title", "calling_title", "source"):
        if plain.get(name) is not None and not isinstance(plain[name], str):
            raise EndpointInvalid(f"has a {name} that is no text")
    kind = plain["kind"]
    host, port, tls, path = _where(plain, kind)
    return Endpoint(
        kind,
        host,
        port,
        tls,
        path,
        _title(plain, "ae_title", CALLED_TITLE),
        _title(plain, "calling_title", CALLING_TITLE),
        _address(plain.get("source")),
    )


def _where(plain: dict[str, Any], kind: str) -> tuple[str, int, bool, str]:
    """Host, port, whether it speaks TLS, and what is asked for over HTTP."""
    if plain.get("url") is not None:
        if kind == DICOM or {"host", "port", "path", "tls"} & set(plain):
            raise EndpointInvalid("has a url, which goes with fhir and http, and with nothing else")
        host, port, tls, path = _of_url(plain["url"])
    else:
        host, port = plain.get("host") or "", plain.get("port", _PORTS[kind])
        tls, path = plain.get("tls", kind != DICOM), plain.get("path") or _PATHS[kind]
    if not host or any(c.isspace() or c in "/?#@[]" for c in host):
        raise EndpointInvalid("has no host")
    if type(port) is not int or not 0 < port <= _LAST_PORT:
        raise EndpointInvalid(f"has a port that is not from 1 to {_LAST_PORT}")
    if type(tls) is not bool:
        raise EndpointInvalid("has a tls that is neither true nor false")
    if kind == FHIR:
        if "?" in path:
            raise EndpointInvalid("has a query, which goes with http alone")
        path = path.rstrip("/") + _ASKS_FOR_COUNT
    if kind != DICOM and (not path.startswith("/") or any(c.isspace() for c in path)):
        raise EndpointInvalid("has a path that does not begin with /, or has gaps")
    return host, port, tls, path


def _of_url(url: str) -> tuple[str, int, bool, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EndpointInvalid("has a url that is none") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EndpointInvalid("has a url that does not begin with https:// or http://")
    if "@" in parts.netloc:
        raise EndpointInvalid("has a url with a user in it; it is asked without credentials")
    tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    return parts.hostname, port or (443 if tls else 80), tls, (parts.path or "/") + query


def _title(plain: dict[str, Any], name: str, default: str) -> str:
    title: str = plain.get(name) or default
    if len(title) > _LONGEST_TITLE or not (title.isascii() and title.isprintable()):
        raise EndpointInvalid(f"has a {name} of more than {_LONGEST_TITLE} characters")
    return title


def _address(source: str | None) -> str | None:
    if source is None:
        return None
    try:
        return str(ipaddress.ip_address(source))
    except ValueError:
        raise EndpointInvalid("has a source that is no address") from None
