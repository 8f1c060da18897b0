"""Endpoints that answer what a test has them answer, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

Answer = Callable[[Any], bytes]


@contextmanager
def endpoint(
    answer: Answer, status: int = 200, *, tls: ssl.SSLContext | None = None, token: str = ""
) -> Iterator[str]:
    """A server on loopback whose body is what `answer` makes of the request's JSON.

    Args:
        answer: makes the body.
        status: HTTP's.
        tls: what it speaks TLS with, if it does.
        token: the one bearer token that it takes, if it asks for one; others get a 401.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out at once, instead of the body after the head was acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            server.seen.append((dict(self.headers), json.loads(self.rfile.read(size))))
            server.sockets.append(self.connection)
            let_in = not token or self.headers["Authorization"] == f"Bearer {token}"
            body = answer(server.seen[-1][1]) if let_in else b"no"
            self.send_response(status if let_in else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        scheme = "https" if tls else "http"
        address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        SERVERS[address] = server
        yield address
    finally:
        del SERVERS[address]
        server.shutdown()
        thread.join()
        for connection in server.sockets:
            connection.close()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Says nothing of clients that hang up."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.seen: list[tuple[dict[str, str], Any]] = []
        self.sockets: list[Any] = []


SERVERS: dict[str, _Server] = {}


def methods(table: dict[str, Any]) -> Answer:
    """Answers each method from a table: a value, or a function of the parameters."""

    def one(request: Any) -> dict[str, Any]:
        found = table[request["method"]]
        result = found(*request["params"]) if callable(found) else found
        if isinstance(result, RpcFault):
            return {"jsonrpc": "2.0", "id": request["id"], "error": result.error}
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}

    def answer(request: Any) -> bytes:
        many = isinstance(request, list)
        return json.dumps([one(each) for each in request] if many else one(request)).encode()

    return answer


class RpcFault:
    """An error that a table has a method answer with."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        self.error = {"code": code, "message": message, "data": data}
