"""Real servers on loopback that answer as hospitals' servers do, rightly or not."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pynetdicom import AE, evt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import trustme


@dataclass(slots=True)
class Seen:
    """What a server saw: where it listens, and each request with who made it."""

    port: int
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [path for path, _, _ in self.requests]


@contextmanager
def web(
    status: int,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    certificate: trustme.LeafCert | None = None,
) -> Iterator[Seen]:
    """An HTTP server that gives one answer to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.requests.append((self.path, self.client_address[0], dict(self.headers)))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that leaves in the middle is what these tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        seen = Seen(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[Seen]:
    """A server that does to each connection whatever it is told to do."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen = Seen(listening.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve(connection: socket.socket) -> None:
            with connection:
                try:
                    answer(connection)
                except OSError:
                    return

        def listen() -> None:
            while True:
                try:
                    connection, (address, _) = listening.accept()
                except OSError:
                    return
                seen.requests.append(("", address, {}))
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=listen)
        accepting.start()
        try:
            yield seen
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def silent(connection: socket.socket) -> None:
    """Takes whatever comes and says nothing."""
    while connection.recv(4096):
        pass


def dripping(connection: socket.socket) -> None:
    """Answers a byte at a time, always in time for the next one."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10:
        connection.send(bytes([byte]))
        time.sleep(0.05)


def garbage(connection: socket.socket) -> None:
    """Answers with what is neither HTTP nor DICOM."""
    connection.recv(4096)
    connection.sendall(b"\x00\xffSSH-2.0-OpenSSH_9.2\r\n" * 10)


def nothing(_: socket.socket) -> None:
    """Ends the connection at once."""


def endless(sent: list[int]) -> Callable[[socket.socket], None]:
    """Answers with a body of 40 MB, and notes each part that somebody took."""

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x" * 4096)
            sent.append(4096)

    return answer


@contextmanager
def dicom(
    answer: Callable[[Any], Any] | None,
    supported: Any,
    *,
    host: str = "127.0.0.1",
    certificate: trustme.LeafCert | None = None,
    **settings: Any,
) -> Iterator[list[str]]:
    """A DICOM server; yields its port and then what happened to it, by pynetdicom's names.

    Args:
        answer: What it does to a C-FIND.
        supported: The service it offers.
        host: Where it listens.
        certificate: Its certificate, if it speaks TLS.
        settings: Attributes of its application entity.
    """
    entity = AE(ae_title="ARCHIVE")
    entity.add_supported_context(supported)
    for name, value in settings.items():
        setattr(entity, name, value)
    happened: list[str] = []

    def note(event: Any) -> None:
        happened.append(event.event.name)

    def find(event: Any) -> Iterator[tuple[Any, None]]:
        happened.append(event.event.name)
        yield from answer(event) if answer else ()

    handlers = [
        (evt.EVT_REQUESTED, note),
        (evt.EVT_C_FIND, find),
        (evt.EVT_C_ECHO, _echoed(happened)),
    ]
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    server = entity.start_server((host, 0), block=False, evt_handlers=handlers, ssl_context=context)
    happened.append(str(server.server_address[1]))
    try:
        yield happened
    finally:
        server.shutdown()


def _echoed(happened: list[str]) -> Callable[[Any], int]:
    def echo(event: Any) -> int:
        happened.append(event.event.name)
        return 0

    return echo
