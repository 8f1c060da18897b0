"""A real Orthanc in four configurations: the verdicts are right, and asking changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from governance.readiness import Asked, Verdict
from governance.readiness.endpoints import endpoint
from governance.readiness.exposure import ask
from tests.exposure.orthanc import PATIENT, Orthanc, orthanc, own_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPEN, CLOSED, UNKNOWN = Verdict.OPEN, Verdict.CLOSED, Verdict.UNKNOWN


@dataclass(frozen=True)
class Setting:
    """A configuration, and what is right to say of it.

    Attributes:
        name: What it is called.
        settings: Over Orthanc's defaults.
        here: The verdict on its REST interface from 127.0.0.1.
        elsewhere: The verdict on it from the machine's other addresses.
        dicom: The verdict on its DICOM server.
        titles: The titles with which that one is asked.
    """

    name: str
    settings: dict[str, Any]
    here: Verdict
    elsewhere: Verdict
    dicom: Verdict
    titles: dict[str, str] = field(default_factory=dict)


RESTRICTED: dict[str, Any] = {
    "RemoteAccessAllowed": True,
    "AuthenticationEnabled": True,
    "DicomAet": "ARCHIVE",
    "DicomCheckCalledAet": True,
    "DicomAlwaysAllowEcho": False,
    "DicomAlwaysAllowStore": False,
    "DicomAlwaysAllowFind": False,
    "DicomModalities": {"ct": ["CT1", "127.0.0.1", 104]},
}

SETTINGS = [
    Setting(
        "open",
        {
            "RemoteAccessAllowed": True,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowFind": True,
        },
        OPEN,
        OPEN,
        OPEN,
    ),
    # By default nobody needs a password and none but 127.0.0.1 gets an answer; whoever may send a
    # C-ECHO may not send a C-FIND.
    Setting("default", {}, OPEN, CLOSED, CLOSED),
    Setting("restricted", RESTRICTED, CLOSED, CLOSED, CLOSED, {"ae_title": "ARCHIVE"}),
    # Who calls by the title of a modality gets whatever that one gets: a title is no password.
    Setting(
        "restricted, and a title is known",
        RESTRICTED,
        CLOSED,
        CLOSED,
        OPEN,
        {"ae_title": "ARCHIVE", "calling_title": "CT1"},
    ),
]


@pytest.fixture(params=SETTINGS, ids=lambda setting: setting.name)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Setting, Orthanc]]:
    with orthanc(tmp_path, **request.param.settings) as server:
        yield request.param, server


def asked(described: list[dict[str, Any]]) -> tuple[Asked, ...]:
    return ask([endpoint(each) for each in described], timeout=10)


def test_the_verdicts_are_right_and_nothing_is_changed(running: tuple[Setting, Orthanc]) -> None:
    setting, server = running
    rest = {"kind": "http", "host": "127.0.0.1", "port": server.web, "tls": False}
    before = server.holdings()
    assert before[0]["CountPatients"] == 1
    found = asked(
        [
            {"kind": "dicom", "host": "127.0.0.1", "port": server.dicom, **setting.titles},
            rest | {"path": "/patients"},
        ]
    )
    assert [each.verdict for each in found] == [setting.dicom, setting.here], found
    assert server.holdings() == before
    assert server.associations() == 1
    assert PATIENT not in repr(found)

    others = own_addresses()
    found = asked([rest | {"path": "/patients", "source": own} for own in others[:1]])
    found += asked([rest | {"path": "/patients", "host": own} for own in others[1:]])
    assert [each.vantage for each in found] == others
    assert {each.verdict for each in found} == {setting.elsewhere}, found


def test_a_wrong_title_is_told_and_nothing_concluded_from_it(tmp_path: Path) -> None:
    with orthanc(tmp_path, **RESTRICTED) as server:
        (found,) = asked([{"kind": "dicom", "host": "127.0.0.1", "port": server.dicom}])
        assert (found.verdict, server.associations()) == (UNKNOWN, 1)
        assert "ae_title" in found.reason


def test_a_secret_title_that_is_bound_to_a_host_stays_closed_elsewhere(tmp_path: Path) -> None:
    """The same known title, from an address that the modality has not got."""
    with orthanc(tmp_path, **RESTRICTED, DicomCheckModalityHost=True) as server:
        known = {"ae_title": "ARCHIVE", "calling_title": "CT1", "port": server.dicom}
        described = {"kind": "dicom", "host": "127.0.0.1"} | known
        found = asked([described, described | {"source": "127.0.0.2"}])
        assert [each.verdict for each in found] == [OPEN, CLOSED], found
