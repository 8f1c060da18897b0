"""FHIR and HTTP endpoints that are asked for data without credentials, on real servers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from governance.readiness import Asked, Verdict
from governance.readiness.endpoints import endpoint
from governance.readiness.exposure import ask
from tests.exposure.servers import (
    dripping,
    endless,
    garbage,
    nothing,
    raw,
    silent,
    web,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN, CLOSED, UNKNOWN = Verdict.OPEN, Verdict.CLOSED, Verdict.UNKNOWN
FHIR_JSON = {"Content-Type": "application/fhir+json; charset=utf-8"}
HTML = {"Content-Type": "text/html"}


def asked(
    kind: str, port: int, *, timeout: float = 10.0, ca: Path | None = None, **more: Any
) -> Asked:
    described = {"kind": kind, "host": "127.0.0.1", "port": port, "tls": False} | more
    (found,) = ask([endpoint(described)], timeout=timeout, ca=ca)
    return found


@pytest.mark.parametrize(
    ("kind", "status", "headers", "verdict"),
    [
        ("fhir", 200, FHIR_JSON, OPEN),
        ("fhir", 200, {"Content-Type": "application/xml"}, OPEN),
        ("fhir", 200, HTML, UNKNOWN),
        ("fhir", 200, {}, UNKNOWN),
        ("fhir", 401, FHIR_JSON, CLOSED),
        ("fhir", 403, HTML, CLOSED),
        ("fhir", 404, FHIR_JSON, UNKNOWN),
        ("http", 200, HTML, OPEN),
        ("http", 206, HTML, OPEN),
        ("http", 204, {}, UNKNOWN),
        ("http", 401, {"WWW-Authenticate": "Basic"}, CLOSED),
        ("http", 403, {}, CLOSED),
        ("http", 407, {}, UNKNOWN),
        ("http", 429, {}, UNKNOWN),
        ("http", 500, {}, UNKNOWN),
        ("http", 503, {}, UNKNOWN),
    ],
)
def test_the_answer_makes_the_verdict(
    kind: str, status: int, headers: dict[str, str], verdict: Verdict
) -> None:
    with web(status, headers, b"{}") as server:
        found = asked(kind, server.port, path="/base")
        assert (found.verdict, found.vantage) == (verdict, "127.0.0.1"), found.reason
        assert server.paths == ["/base/Patient?_summary=count" if kind == "fhir" else "/base"]


def test_redirects_are_not_followed() -> None:
    with web(200, HTML) as other:
        to = {"Location": f"http://127.0.0.1:{other.port}/login"}
        with web(302, to) as server:
            found = asked("http", server.port)
            assert (found.verdict, len(server.requests)) == (UNKNOWN, 1)
            assert "not followed" in found.reason
    assert other.requests == []


def test_no_credential_of_this_machine_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login steward password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with web(200, HTML) as proxy, web(200, HTML | {"Set-Cookie": "a=b"}) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        for _ in range(2):
            assert asked("http", server.port).verdict is OPEN
    assert proxy.requests == []
    assert len(server.requests) == 2
    for _, _, headers in server.requests:
        assert not {"authorization", "cookie", "proxy-authorization"} & {h.lower() for h in headers}


@pytest.mark.parametrize("kind", ["http", "fhir", "dicom"])
@pytest.mark.parametrize("does", [silent, dripping, garbage, nothing])
def test_what_means_nothing_is_unknown(kind: str, does: Callable[..., None]) -> None:
    with raw(does) as server:
        began = time.monotonic()
        found = asked(kind, server.port, timeout=0.4)
        assert time.monotonic() - began < 5
        assert found.verdict is UNKNOWN
        assert found.reason
        assert len(server.requests) <= 1


def test_the_body_is_not_read() -> None:
    sent: list[int] = []
    with raw(endless(sent)) as server:
        assert asked("fhir", server.port).verdict is OPEN
    # More than the machine's own buffers hold nobody took.
    assert sum(sent) < 10_000_000


def test_many_that_are_silent_take_the_time_of_one() -> None:
    with raw(silent) as server:
        described = {"kind": "http", "host": "127.0.0.1", "port": server.port, "tls": False}
        began = time.monotonic()
        found = ask([endpoint(described)] * 8, timeout=1)
        assert time.monotonic() - began < 5
    assert {each.reason for each in found} == {"no answer in time"}
    assert len(server.requests) == 8


@pytest.mark.parametrize("kind", ["http", "dicom"])
def test_where_nobody_listens_nothing_is_known(kind: str) -> None:
    with raw(nothing) as server:
        port = server.port
    found = asked(kind, port)
    assert (found.verdict, found.vantage) == (UNKNOWN, "127.0.0.1")


@pytest.mark.parametrize("more", [{"host": "nowhere.invalid"}, {"source": "203.0.113.7"}])
@pytest.mark.parametrize("kind", ["http", "dicom"])
def test_where_no_way_leads_nothing_is_known(kind: str, more: dict[str, str]) -> None:
    found = asked(kind, 80, timeout=5, **more)
    assert (found.verdict, found.vantage) == (UNKNOWN, None)


def test_the_vantage_point_can_be_chosen_and_is_named() -> None:
    with web(401) as server:
        found = asked("http", server.port, source="127.0.0.2")
        assert (found.vantage, found.verdict) == ("127.0.0.2", CLOSED)
        assert [address for _, address, _ in server.requests] == ["127.0.0.2"]


def test_certificates_must_be_believed(tmp_path: Path) -> None:
    ca, other = trustme.CA(), trustme.CA()
    believed = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(believed)
    cases = [
        (ca.issue_cert("127.0.0.1"), believed, OPEN, "without credentials"),
        (ca.issue_cert("127.0.0.1"), None, UNKNOWN, "certificate"),
        (ca.issue_cert("elsewhere.example"), believed, UNKNOWN, "certificate"),
        (other.issue_cert("127.0.0.1"), believed, UNKNOWN, "certificate"),
    ]
    for certificate, trusted, verdict, words in cases:
        with web(200, FHIR_JSON, b"{}", certificate) as server:
            found = asked("fhir", server.port, tls=True, ca=trusted)
            assert (found.verdict, words in found.reason) == (verdict, True), found.reason
            assert len(server.requests) == (verdict is OPEN)


def test_tls_where_none_is_spoken_and_none_where_it_is() -> None:
    with web(200, HTML) as server:
        found = asked("http", server.port, tls=True)
        assert (found.verdict, found.reason) == (UNKNOWN, "no TLS could be agreed on")
    with web(200, HTML, b"", trustme.CA().issue_cert("127.0.0.1")) as server:
        assert asked("http", server.port).verdict is UNKNOWN


def test_a_file_of_certificates_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    with web(200, HTML) as server:
        found = asked("http", server.port, tls=True, ca=tmp_path / "ca.pem")
        assert (found.verdict, server.requests) == (UNKNOWN, [])
