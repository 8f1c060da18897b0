"""A chain's endpoint that ends the process which asks it, at a point of one's choice."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


@dataclass
class Proxy:
    """Hands requests on to the chain, and counts them.

    Attributes:
        url: Where it listens.
        chain: The chain's own endpoint.
        seen: Requests handed on since `arm`.
        deadly: After which of them the asking process is ended, before it sees the answer.
        victim: That process.
    """

    url: str
    chain: str
    seen: int = 0
    deadly: int = 0
    victim: subprocess.Popen[str] | None = None
    ready: threading.Event = field(default_factory=threading.Event)

    def arm(self, deadly: int) -> None:
        """Begins to count; the process is named by `aim` once it is started."""
        self.seen, self.deadly, self.victim = 0, deadly, None
        self.ready.clear()

    def aim(self, victim: subprocess.Popen[str]) -> None:
        """Names the process; nothing is handed on before."""
        self.victim = victim
        self.ready.set()

    def forward(self, body: bytes) -> bytes | None:
        """The chain's answer, or nothing if the process was ended."""
        self.ready.wait()
        self.seen += 1
        connection = http.client.HTTPConnection(urlsplit(self.chain).netloc, timeout=30)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
        finally:
            connection.close()
        if self.seen == self.deadly and self.victim is not None:
            self.victim.kill()
            self.victim.wait()
            return None
        return answer


@contextmanager
def proxy(chain: str) -> Iterator[Proxy]:
    """A proxy before a chain, ended with the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = running.forward(body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Proxy(f"http://127.0.0.1:{server.server_address[1]}", chain)
    running.ready.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
