"""A real Orthanc with one patient in it, started for a test and ended with it.

Its DICOM and its web server listen on all addresses of the machine: this version cannot be told
otherwise. It lives for seconds, and the patient is nobody.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom.sop_class import CTImageStorage

from deploy.anvil import free_port
from tests.required import without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEWARD = ("steward", "secret")
PATIENT = "Mustermann^Erika"
_START = 20.0


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc."""

    web: int
    dicom: int
    log: Path

    def ask(self, path: str, body: bytes | None = None) -> Any:
        """What its REST interface says to the steward."""
        credentials = base64.b64encode(":".join(STEWARD).encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web}{path}", body, {"Authorization": f"Basic {credentials}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def holdings(self) -> tuple[Any, ...]:
        """What it holds and what has happened to it: everything that an intruder would change."""
        paths = ("/statistics", "/changes", "/exports", "/modalities?expand", "/jobs", "/patients")
        return tuple(self.ask(path) for path in paths)

    def associations(self) -> int:
        """How many DICOM associations were asked of it."""
        return self.log.read_text("utf-8").count("Association Received")


@contextmanager
def orthanc(folder: Path, **settings: Any) -> Iterator[Orthanc]:
    """Runs Orthanc with these settings over its defaults."""
    program = shutil.which("Orthanc")
    if program is None:
        without("orthanc", "Orthanc is not installed (Debian: orthanc).")
    server = Orthanc(free_port(), free_port(), folder / "orthanc.log")
    config = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [],
        "HttpPort": server.web,
        "DicomPort": server.dicom,
        "RegisteredUsers": dict([STEWARD]),
    }
    (folder / "orthanc.json").write_text(json.dumps(config | settings), encoding="utf-8")
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [program, "--verbose", folder / "orthanc.json"], stdout=log, stderr=log
        )
        try:
            _await(server, process)
            server.ask("/instances", _image())
            yield server
        finally:
            # It takes three seconds over a regular end, and its storage goes with the test.
            process.kill()
            process.wait()


def _await(server: Orthanc, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    while True:
        try:
            server.ask("/system")
            # Listens, and is not spoken to: an association would be counted.
            assert "DICOM server listening" in server.log.read_text("utf-8")
        except (OSError, AssertionError):
            assert process.poll() is None, server.log.read_text("utf-8")
            assert time.monotonic() < deadline, "Orthanc does not start"
            time.sleep(0.05)
        else:
            return


def _image() -> bytes:
    """One image of a patient who does not exist."""
    image = Dataset()
    image.PatientName, image.PatientID = PATIENT, "4711"
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, generate_uid(None)
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(None), generate_uid(None)
    image.Modality = "CT"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    written = io.BytesIO()
    image.save_as(written, enforce_file_format=True)
    return written.getvalue()


def own_addresses() -> list[str]:
    """Addresses of this machine other than 127.0.0.1 from which it can ask itself."""
    found = ["127.0.0.2"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            # Sends nothing; asks the routing table which address would be used.
            way.connect(("203.0.113.1", 9))
            found.append(way.getsockname()[0])
        except OSError:
            pass
    return found
