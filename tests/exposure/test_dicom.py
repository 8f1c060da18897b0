"""DICOM servers that are asked for data without credentials: every way to answer a query."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from pydicom.dataset import Dataset
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind as StudyRootFind,
)
from pynetdicom.sop_class import Verification

from governance.readiness import Asked, Verdict
from governance.readiness.endpoints import endpoint
from governance.readiness.exposure import ask
from tests.exposure.servers import dicom, web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OPEN, CLOSED, UNKNOWN = Verdict.OPEN, Verdict.CLOSED, Verdict.UNKNOWN


def asked(port: str | int, *, timeout: float = 10, ca: Path | None = None, **more: Any) -> Asked:
    described = {"kind": "dicom", "host": "127.0.0.1", "port": int(port)} | more
    (found,) = ask([endpoint(described)], timeout=timeout, ca=ca)
    return found


def answering(*statuses: int) -> Callable[[Any], Iterator[tuple[int, Dataset | None]]]:
    def find(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        assert event.identifier.QueryRetrieveLevel == "STUDY"
        # One study is asked for, and it is nobody's.
        assert event.identifier.StudyInstanceUID.startswith("2.25.")
        assert len(event.identifier) == 2
        patient = Dataset()
        patient.PatientName = "Mustermann^Erika"
        for status in statuses:
            yield status, patient if status in {0xFF00, 0xFF01} else None

    return find


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((0x0000,), OPEN),
        ((0xFF00, 0xFF00, 0x0000), OPEN),
        ((0xFF01, 0x0000), OPEN),
        ((0x0124,), CLOSED),
        ((0x0122,), UNKNOWN),
        ((0xA700,), UNKNOWN),
        ((0xC001,), UNKNOWN),
        ((0xFE00,), UNKNOWN),
    ],
)
def test_the_status_of_the_query_makes_the_verdict(
    statuses: tuple[int, ...], verdict: Verdict
) -> None:
    with dicom(answering(*statuses), StudyRootFind) as happened:
        found = asked(happened[0])
        assert (found.verdict, found.vantage) == (verdict, "127.0.0.1"), found.reason
        assert happened[1:] == ["EVT_REQUESTED", "EVT_C_FIND"]
        assert "Mustermann" not in repr(found)


def test_an_association_alone_is_not_open() -> None:
    with dicom(None, Verification) as happened:
        found = asked(happened[0])
        assert (found.verdict, happened[1:]) == (UNKNOWN, ["EVT_REQUESTED"])
        assert "no query for studies" in found.reason


@pytest.mark.parametrize(
    ("settings", "titles", "verdict", "words"),
    [
        ({"require_calling_aet": ["CT1"]}, {}, CLOSED, "title that it does not know"),
        ({"require_calling_aet": ["CT1"]}, {"calling_title": "CT1"}, OPEN, "0x0000"),
        ({"require_called_aet": True}, {}, UNKNOWN, "no secret"),
        ({"require_called_aet": True}, {"ae_title": "ARCHIVE"}, OPEN, "0x0000"),
    ],
)
def test_a_title_is_no_credential(
    settings: dict[str, Any], titles: dict[str, str], verdict: Verdict, words: str
) -> None:
    with dicom(answering(0x0000), StudyRootFind, **settings) as happened:
        found = asked(happened[0], **titles)
        assert (found.verdict, words in found.reason) == (verdict, True), found.reason
        assert happened.count("EVT_REQUESTED") == 1
        assert "EVT_C_ECHO" not in happened


def test_a_web_server_is_no_dicom_server() -> None:
    with web(200) as server:
        assert asked(server.port, timeout=0.5).verdict is UNKNOWN


def test_the_same_over_tls(tmp_path: Path) -> None:
    ca = trustme.CA()
    believed = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(believed)
    certificate = ca.issue_cert("127.0.0.1")
    with dicom(answering(0x0000), StudyRootFind, certificate=certificate) as happened:
        assert asked(happened[0], tls=True, ca=believed).verdict is OPEN
        assert asked(happened[0], tls=True).verdict is UNKNOWN
        assert asked(happened[0], timeout=0.5).verdict is UNKNOWN
        assert happened.count("EVT_C_FIND") == 1


def test_an_address_at_which_nothing_listens_does_not_hide_an_open_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where a name has addresses of both families, and the archive listens at one."""
    known = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        if host != "archive.example":
            return known(host, *rest, **more)
        addresses = ["2001:db8::1", "127.0.0.9", "127.0.0.1"]
        return [found for each in addresses for found in known(each, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with dicom(answering(0x0000), StudyRootFind) as happened:
        for source in (None, "127.0.0.1"):
            found = asked(happened[0], host="archive.example", source=source)
            assert (found.verdict, found.vantage) == (OPEN, "127.0.0.1"), found.reason
        assert happened.count("EVT_C_FIND") == 2


def test_the_same_by_another_family_of_addresses() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("This machine has no IPv6.")
    with dicom(answering(0x0000), StudyRootFind, host="::1") as happened:
        found = asked(happened[0], host="::1")
        assert (found.verdict, found.vantage) == (OPEN, "::1"), found.reason
