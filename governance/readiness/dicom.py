"""Asking a DICOM server for data without credentials: one association, one C-FIND (Study Root).

The query names a study that cannot exist. A server that answers it at all would answer any other,
and this one brings no patient's data along. An association alone shows nothing, and neither does a
C-ECHO, which is not sent.
"""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

from governance.readiness.connections import hang_up
from governance.readiness.statement import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from governance.readiness.connections import Opened
    from governance.readiness.endpoints import Endpoint

_ANSWERED = frozenset({0x0000, 0xFF00, 0xFF01})
_NOT_AUTHORISED = 0x0124
_BY_USER = 1
_CALLING_UNKNOWN, _CALLED_UNKNOWN = 3, 7
_ABORTED_BY_USER = 0


def ask_dicom(
    endpoint: Endpoint, address: str, timeout: float, ca: Path | None, opened: Opened
) -> tuple[tuple[Verdict, str], bool]:
    """Ask once.

    Args:
        endpoint: Which one.
        address: The address that its host was found to have.
        timeout: Seconds for each step.
        ca: Certificates that are believed, as a file; None for those of the system.
        opened: Is told how the connection can be ended.

    Returns:
        What it did, and whether it took a connection at all.
    """
    from pynetdicom import AE, evt  # noqa: PLC0415 - takes 0.5 s
    from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ  # noqa: PLC0415
    from pynetdicom.sop_class import (  # type: ignore[attr-defined] # noqa: PLC0415
        StudyRootQueryRetrieveInformationModelFind as StudyRootFind,
    )

    used: list[Any] = []

    class Asker(AE):
        """Keeps its connections at hand, which pynetdicom may neither end nor close."""

        def _create_socket(self, *args: Any, **kwargs: Any) -> Any:
            made = super()._create_socket(*args, **kwargs)
            plain = made.socket
            used.append(plain)
            opened(partial(hang_up, plain))
            # Under TLS it is another one, once there is a connection.
            opened(lambda: hang_up(made.socket))
            return made

    asker = Asker(ae_title=endpoint.calling_title)
    asker.acse_timeout = asker.dimse_timeout = timeout
    asker.network_timeout = asker.connection_timeout = timeout
    asker.add_requested_context(StudyRootFind)
    tls = (ssl.create_default_context(cafile=ca), endpoint.host) if endpoint.tls else None
    aborts: list[int | None] = []
    rejections: list[tuple[int | None, int | None]] = []
    connected: list[Any] = []

    def received(event: Any) -> None:
        # What the association says of itself is not always there when its connection has ended.
        if isinstance(event.pdu, A_ABORT_RQ):
            aborts.append(event.pdu.source)
        elif isinstance(event.pdu, A_ASSOCIATE_RJ):
            rejections.append((event.pdu.source, event.pdu.reason_diagnostic))

    try:
        association = asker.associate(
            address,
            endpoint.port,
            ae_title=endpoint.called_title,
            tls_args=tls,
            bind_address=(endpoint.source, 0) if endpoint.source else None,
            evt_handlers=[(evt.EVT_PDU_RECV, received), (evt.EVT_CONN_OPEN, connected.append)],
        )
    except (OSError, ValueError, RuntimeError, TypeError):
        return (Verdict.UNKNOWN, "it cannot be asked"), bool(connected)
    if not association.is_established:
        for connection in used:
            connection.close()
        return _not_associated(association, aborts, rejections), bool(connected)
    try:
        return _asked(association, StudyRootFind, aborts), True
    finally:
        # Whatever else it would send is not waited for.
        if association.is_established:
            association.abort()


def _asked(association: Any, model: Any, aborts: list[int | None]) -> tuple[Verdict, str]:
    from pydicom.dataset import Dataset  # noqa: PLC0415 - is loaded already
    from pydicom.uid import generate_uid  # noqa: PLC0415

    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.StudyInstanceUID = generate_uid(prefix=None)
    answer, _ = next(iter(association.send_c_find(query, model)))
    status = answer.get("Status")
    if status in _ANSWERED:
        return Verdict.OPEN, f"answers a query of anybody: C-FIND 0x{status:04X}"
    if status == _NOT_AUTHORISED:
        return Verdict.CLOSED, f"refuses the query: C-FIND 0x{status:04X}"
    if status is not None:
        return Verdict.UNKNOWN, f"fails at the query: C-FIND 0x{status:04X}"
    # Whoever refuses a query by its asker may end the association instead, as Orthanc does.
    if aborts and aborts[0] == _ABORTED_BY_USER:
        return Verdict.CLOSED, "refuses the query: it ends the association"
    return Verdict.UNKNOWN, "takes the association, and does not answer the query"


def _not_associated(
    association: Any, aborts: list[int | None], rejections: list[tuple[int | None, int | None]]
) -> tuple[Verdict, str]:
    if rejections:
        reason = rejections[0]
        if reason == (_BY_USER, _CALLING_UNKNOWN):
            return Verdict.CLOSED, "refuses whoever calls by a title that it does not know"
        if reason == (_BY_USER, _CALLED_UNKNOWN):
            return Verdict.UNKNOWN, "has another title; give it as ae_title, for it is no secret"
        return Verdict.UNKNOWN, "rejects the association, and does not say that it is for the asker"
    if association.rejected_contexts:
        return Verdict.UNKNOWN, "takes the association, and no query for studies in it"
    if aborts:
        return Verdict.UNKNOWN, "ends the association before it is asked"
    return Verdict.UNKNOWN, "no association within the time"
