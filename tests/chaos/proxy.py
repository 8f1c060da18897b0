"""A real proxy before a chain's endpoint that hands requests on, or not, or not as they are."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Behaviour = Callable[["Exchange"], None]
"""What a proxy does with a request."""


class HangUp(Exception):
    """The proxy closes the connection, whatever it has said so far."""


class Exchange:
    """One request, and the ways to deal with it.

    Attributes:
        body: What was asked, as it came.
        ended: Set when the proxy is ended; whoever makes a caller wait waits for it.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, chain: str, ended: threading.Event) -> None:
        self.body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.ended = ended
        self._handler = handler
        self._chain = chain

    @property
    def request(self) -> Any:
        """What was asked, as JSON."""
        return json.loads(self.body)

    def forward(self, body: bytes | None = None) -> bytes:
        """What the chain answers to this request, or to another one."""
        connection = http.client.HTTPConnection(urlsplit(self._chain).netloc, timeout=30)
        try:
            sent = self.body if body is None else body
            connection.request("POST", "/", sent, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def say(self, answer: bytes, status: int = 200, length: int | None = None) -> None:
        """Answers, and says that the answer has a length, if not its own."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", "application/json")
        self._handler.send_header("Location", "http://127.0.0.1:9/")
        self._handler.send_header("Content-Length", str(len(answer) if length is None else length))
        self._handler.end_headers()
        self.more(answer)

    def more(self, content: bytes) -> None:
        """Sends what comes next of an answer."""
        self._handler.wfile.write(content)

    def answer(self, one: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Answers each call that was asked, alone or in a batch, by what a function makes of it."""
        asked = self.request
        told = [one(each) for each in asked] if isinstance(asked, list) else one(asked)
        self.say(json.dumps(told).encode())


def honest(exchange: Exchange) -> None:
    """Hands everything on as it is."""
    exchange.say(exchange.forward())


class Proxy:
    """A running proxy.

    Attributes:
        url: Where it listens.
        chain: The endpoint behind it.
        behaviour: What it does with each request; may be changed at any time.
    """

    def __init__(self, url: str, chain: str, behaviour: Behaviour = honest) -> None:
        self.url = url
        self.chain = chain
        self.behaviour = behaviour
        self.ended = threading.Event()


@contextmanager
def proxy(chain: str, behaviour: Behaviour = honest) -> Iterator[Proxy]:
    """A proxy before a chain, ended with the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out at once, instead of the body after the head was acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            try:
                running.behaviour(Exchange(self, running.chain, running.ended))
            except HangUp:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    running = Proxy(f"http://127.0.0.1:{server.server_address[1]}", chain, behaviour)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.ended.set()
        server.shutdown()
        server.server_close()
        server.hang_up()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections: list[Any] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        """Says nothing of callers that hang up."""

    def hang_up(self) -> None:
        """Closes what callers still keep alive."""
        for connection in self._connections:
            with suppress(OSError):
                connection.close()
