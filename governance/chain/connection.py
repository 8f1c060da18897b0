"""One kept-alive HTTP connection to an endpoint, whose faults are told in our own errors.

Plain `http.client`: no proxy of the environment is used and no redirect followed.
"""

from __future__ import annotations

import http.client
import io
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.errors import (
    CertificateRefused,
    ChainAnswerInvalid,
    ChainUnreachable,
    ConnectionDropped,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

    from _typeshed import WriteableBuffer

    from governance.errors import CharterError

ANSWER_LIMIT = 256 * 1024 * 1024
"""Bytes of one answer beyond which the endpoint is not listened to any longer."""

_CHUNK = 1 << 20
_TLS_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The other end has closed the connection, with or without a word of TLS."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an endpoint is and how it is spoken to.

    Attributes:
        endpoint: its URL.
        host: its name or address.
        port: its port, or none for the usual one.
        path: path and query.
        context: how it must prove who it is; none for plain HTTP.
        timeout: seconds within which a whole answer must have come.
    """

    endpoint: str
    host: str
    port: int | None
    path: str
    context: ssl.SSLContext | None
    timeout: float


class Connection:
    """A connection over which one question after the other is put. Opened by the first.

    Args:
        place: where the endpoint is.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        host, port, timeout = place.host, place.port, place.timeout
        self._http = (
            http.client.HTTPConnection(host, port, timeout=timeout)
            if place.context is None
            else http.client.HTTPSConnection(host, port, timeout=timeout, context=place.context)
        )

    @property
    def is_open(self) -> bool:
        """Whether something was sent over it, and it was not closed by us since."""
        return self._http.sock is not None

    def close(self) -> None:
        """Closes it; the next question opens it again."""
        self._http.close()

    def send(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Sends a question, and does not wait for its answer.

        Raises:
            ConnectionDropped, ChainUnreachable, CertificateRefused, ChainAnswerInvalid: it cannot
                be sent.
        """
        with self._told():
            if not self.is_open:
                self._http.connect()
                self._http.sock = _Line(self._http.sock, self._place.timeout)
            self._http.request("POST", self._place.path, payload, dict(headers))

    def receive(self) -> tuple[int, bytes]:
        """Waits for the answer; returns its HTTP status and body.

        Raises:
            ConnectionDropped, ChainUnreachable: none comes, or not within the timeout.
            ChainAnswerInvalid: it is no HTTP, too large, or breaks off.
        """
        with self._told():
            response = self._http.getresponse()
            chunks = []
            size = 0
            while chunk := response.read1(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > ANSWER_LIMIT:
                    raise self._invalid(f"it is larger than {ANSWER_LIMIT} bytes")
            if response.length:
                raise self._invalid("it breaks off")
            # Only now may it be used again; reading to the end alone does not say so.
            response.close()
        return response.status, b"".join(chunks)

    def _invalid(self, reason: str) -> ChainAnswerInvalid:
        return ChainAnswerInvalid(self._place.endpoint, reason)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says what goes wrong in our own errors, and closes the connection."""
        endpoint = self._place.endpoint
        fault: CharterError
        try:
            yield
        except (http.client.RemoteDisconnected, ConnectionError, *_TLS_ENDED):
            fault = ConnectionDropped(endpoint)
        except TimeoutError:
            fault = ChainUnreachable(
                endpoint, f"no whole answer within {self._place.timeout:g} seconds"
            )
        except ssl.SSLCertVerificationError as error:
            fault = CertificateRefused(endpoint, error.verify_message)
        except ssl.SSLError as error:
            fault = ChainUnreachable(endpoint, f"TLS fails, {error.reason or error.strerror}")
        except http.client.HTTPException:
            fault = self._invalid("it is not HTTP")
        except OSError as error:
            fault = ChainUnreachable(endpoint, error.strerror or "no connection")
        except ChainAnswerInvalid as error:
            fault = error
        except BaseException:
            # Whoever is interrupted leaves an answer unread, which belongs to no other question.
            self.close()
            raise
        else:
            return
        self.close()
        raise fault from None


class _Line:
    """A socket as `http.client` uses it, over which each answer must be whole in time.

    Args:
        sock: connected.
        seconds: for sending a question, and then for its whole answer.
    """

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._seconds = seconds

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._seconds)
        self._sock.sendall(data)

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._sock, time.monotonic() + self._seconds))

    def close(self) -> None:
        self._sock.close()


class _Answer(io.RawIOBase):
    """What comes over a socket before a deadline.

    The socket's own timeout counts anew with every byte that drips in, of a header, say, or after
    the answer's end.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        # Where the connection ends with the answer, this keeps the socket until it is read.
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
