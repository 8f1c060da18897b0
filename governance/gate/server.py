"""The gate behind a socket: a Unix socket of its user's, or loopback HTTP with a token.

Both speak HTTP/1.1 with JSON (`service`), and nobody is answered who has not shown who they are: on
the socket the kernel tells whose process asks, and over loopback, which all users of a machine can
reach, a bearer token does.
"""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import io
import ipaddress
import json
import os
import secrets
import socket
import socketserver
import stat
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, Self

from governance.chain.rpc import read_token
from governance.errors import CharterError, ExitStatus
from governance.gate.service import (
    LARGEST_REQUEST,
    Answer,
    RequestInvalid,
    RequestRefused,
    Service,
    refusal,
)
from governance.telling import teller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REQUEST_SECONDS: Final = 5.0
"""Within so long a request must have come whole; slower callers are hung up on."""

IDLE_SECONDS: Final = 300.0
"""For so long a connection that has been let in may say nothing."""

CONNECTIONS: Final = 64
"""More at once are hung up on."""

LEAVE_SECONDS: Final = 2.0
"""For so long requests that are being answered are waited for at the end."""

SHORTEST_TOKEN: Final = 32
"""Fewer characters could be guessed."""

_LINGER_BYTES: Final = 1 << 20
_LINGER_SECONDS: Final = 1.0
_OTHERS: Final = 0o077
_OWN: Final = 0o600
_CREDENTIALS: Final = struct.Struct("3i")
_REQUEST_TOO_LARGE: Final = 413
_LENGTH_MISSING: Final = 411

logger = teller(__name__)


class CallerUnknown(RequestRefused):
    """A caller does not show the token."""

    code = "CallerUnknown"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "The request does not carry the gate's token.",
            "Send it as `Authorization: Bearer`, from the file that the gate was started with.",
        )


class CallerForeign(RequestRefused):
    """A caller is the process of another user."""

    code = "CallerForeign"
    http_status = 403

    def __init__(self) -> None:
        super().__init__(
            "The gate answers processes of its own user alone.",
            "Ask as the user who runs the gate, or over loopback with its token.",
        )


class RequestSlow(RequestRefused):
    """A request does not come to its end."""

    code = "RequestSlow"
    http_status = 408

    def __init__(self) -> None:
        super().__init__(
            f"The request did not come whole within {REQUEST_SECONDS:g} seconds.",
            "Send it at once.",
        )


class SocketUnusable(CharterError):
    """The gate cannot listen where it is told to."""

    code = "SocketUnusable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, place: Path | str, reason: str) -> None:
        super().__init__(
            f"The gate cannot listen at {place}: {reason}.",
            "Choose another place, or make room there.",
        )


class SocketFolderInsecure(CharterError):
    """Others on this machine may enter the folder of the gate's socket."""

    code = "SocketFolderInsecure"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Others on this machine may enter the socket's folder {folder}.",
            f"Take their rights away (chmod go= '{folder}'), or name a folder of your own.",
        )


class SocketTaken(CharterError):
    """Another gate listens on the socket."""

    code = "SocketTaken"
    exit_status = ExitStatus.LOCAL

    def __init__(self, place: Path) -> None:
        super().__init__(
            f"Another gate listens at {place}.",
            "End that gate first, or give this one a socket of its own.",
        )


class ListenAddressOpen(CharterError):
    """The gate would be reached from other machines."""

    code = "ListenAddressOpen"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The gate listens on loopback alone, and {host} is not loopback.",
            "Name 127.0.0.1 or ::1; a training process asks the gate of its own machine.",
        )


class GateTokenWeak(CharterError):
    """The gate's token could be guessed."""

    code = "GateTokenWeak"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The token in {path} has fewer than {SHORTEST_TOKEN} characters.",
            "Name a file that is not there: the gate makes a token and puts it there.",
        )


def gate_token(path: Path) -> str:
    """The token that a file holds; a new one is made where there is no such file.

    Raises:
        TokenFileInvalid: The file holds no token, or cannot be made.
        TokenFileInsecure: Others on this machine may read or replace it.
        GateTokenWeak: It is too short.
    """
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWN)
        with os.fdopen(file, "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(SHORTEST_TOKEN) + "\n")
    token = read_token(path)
    if len(token) < SHORTEST_TOKEN:
        raise GateTokenWeak(path)
    return token


class GateServer:
    """Answers callers of this machine, each in a thread; a context manager that closes it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listeners: list[_Listener] = []
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def listen_unix(self, path: Path, *, user: int | None = None) -> Path:
        """Listens on a Unix socket that none but its owner may use.

        A socket that a killed process left behind is replaced. The folder is made if there is
        none, for its owner alone.

        Args:
            path: Where the socket is put; a lock file of the same name is put beside it.
            user: Number of the user who may ask; whoever runs this process if none is given.

        Raises:
            SocketFolderInsecure: Others may enter the folder.
            SocketTaken: Another process listens there.
            SocketUnusable: The socket cannot be made.
        """
        allowed = os.geteuid() if user is None else user
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = path.parent.stat()
            if folder.st_uid != os.geteuid() or folder.st_mode & _OTHERS:
                raise SocketFolderInsecure(path.parent)
            self._closing.callback(os.close, _locked(path))
            if path.is_symlink() or path.exists():
                if not stat.S_ISSOCK(path.lstat().st_mode):
                    raise SocketUnusable(path, "something else lies there")
                path.unlink()
            listener = _Listener(
                str(path), socket.AF_UNIX, self._service, lambda handler: _is_user(handler, allowed)
            )
            self._closing.callback(path.unlink, missing_ok=True)
            path.chmod(_OWN)
        except OSError as error:
            raise SocketUnusable(path, error.strerror or str(error)) from None
        self._begin(listener)
        return path

    def listen_loopback(self, host: str, port: int, token: str) -> str:
        """Listens on loopback for callers who show a token.

        Args:
            host: A loopback address.
            port: TCP port; 0 for any that is free.
            token: What they show, at least `SHORTEST_TOKEN` characters.

        Returns:
            The URL at which it is reached.

        Raises:
            ListenAddressOpen: The address is none of loopback.
            SocketUnusable: The port is taken.
        """
        try:
            address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
        except ValueError:
            raise ListenAddressOpen(host) from None
        if not address.is_loopback:
            raise ListenAddressOpen(host)
        is_new = address.version != 4  # noqa: PLR2004 - the version's own name
        family = socket.AF_INET6 if is_new else socket.AF_INET
        wanted = f"Bearer {token}".encode()
        try:
            listener = _Listener(
                (str(address), port),
                family,
                self._service,
                lambda handler: _shows(handler, wanted),
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "there is no such port"
            raise SocketUnusable(f"{host}:{port}", reason) from None
        self._begin(listener)
        name = f"[{address}]" if is_new else str(address)
        return f"http://{name}:{listener.server_address[1]}"

    def close(self) -> None:
        """Lets nobody in any more, and waits a moment for requests that are being answered."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()
        self._closing.close()

    def _begin(self, listener: _Listener) -> None:
        self._listeners.append(listener)
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()


class _Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One listening socket."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(
        self,
        address: Any,
        family: socket.AddressFamily,
        service: Service,
        is_let_in: Callable[[_Handler], CharterError | None],
    ) -> None:
        self.address_family = family
        self.service = service
        self.is_let_in = is_let_in
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hands a connection to a thread of its own, unless there are too many."""
        with self._changed:
            is_taken = len(self._open) < CONNECTIONS
            if is_taken:
                self._open.add(request)
        if is_taken:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def handle_error(self, *_: Any) -> None:
        """A connection that breaks is the caller's own affair."""
        logger.debug("a caller's connection broke", exc_info=True)

    def end(self) -> None:
        """Stops listening; who is being answered is answered, and others are hung up on."""
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                # No further request comes in; the answer that is being given still goes out.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
            self._changed.wait_for(lambda: not self._open, LEAVE_SECONDS)


class _Reading(io.RawIOBase):
    """Reads from a connection, each request within its time however slowly it drips in."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._idle = REQUEST_SECONDS
        self._ends: float | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What has come; errors as a socket's.

        Raises:
            TimeoutError: Nothing comes in time.
        """
        left = self._idle if self._ends is None else self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        if self._ends is None:
            self._ends = time.monotonic() + REQUEST_SECONDS
        return count

    def begin(self, idle: float) -> None:
        """Begins to wait for the next request, for so many seconds."""
        self._idle, self._ends = idle, None


class _Handler(BaseHTTPRequestHandler):
    """One connection: each request is let in or not, read within bounds, and answered by JSON."""

    protocol_version = "HTTP/1.1"
    server_version = "swarm-charter-gate"
    sys_version = ""
    # Head and content of an answer go out together.
    wbufsize = -1
    server: _Listener

    def setup(self) -> None:
        """Has requests read with a bound in time."""
        super().setup()
        self.rfile.close()
        self._reading = _Reading(self.connection)
        self.rfile = io.BufferedReader(self._reading)
        self._idle = REQUEST_SECONDS

    def handle_one_request(self) -> None:
        """Answers one request; none that waits for the next one holds a connection for ever."""
        self._reading.begin(self._idle)
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """Asks a caller who waits for that to send its content; answers are held back else."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def do_GET(self) -> None:
        """Answers a request."""
        try:
            refused = self.server.is_let_in(self)
            if refused is not None:
                raise refused
            body = self._body()
        except CharterError as error:
            # What was not read would be taken for the next request.
            self._send(refusal(error), is_last=True)
            return
        self._idle = IDLE_SECONDS
        self._send(self.server.service.answer(self.command, self.path, body))

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - HTTP's own names

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise RequestInvalid("it does not tell its length beforehand", _LENGTH_MISSING)
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise RequestInvalid("its length is no number")
        # So many digits alone say that it is too long; they are not made a number of.
        if len(lengths[0]) > len(str(LARGEST_REQUEST)) or int(lengths[0]) > LARGEST_REQUEST:
            raise RequestInvalid(f"it takes more than {LARGEST_REQUEST} bytes", _REQUEST_TOO_LARGE)
        length = int(lengths[0])
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            raise RequestSlow from None
        if len(body) != length:
            raise RequestInvalid("it breaks off")
        return body

    def send_error(self, code: int, message: str | None = None, *_: Any) -> None:
        """Answers what is not HTTP, or asks for a method that nothing has, as all else."""
        if not hasattr(self, "request_version") or self.request_version == "HTTP/0.9":
            # Who speaks no HTTP/1 gets a line and headers all the same.
            self.request_version = self.protocol_version
        self._send(refusal(RequestInvalid(message or "it is not HTTP", code)), is_last=True)

    def _send(self, answer: Answer, *, is_last: bool = False) -> None:
        content = json.dumps(answer.body).encode()
        self.connection.settimeout(REQUEST_SECONDS)
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        if answer.status == CallerUnknown.http_status:
            self.send_header("WWW-Authenticate", "Bearer")
        if is_last:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        if is_last:
            self._linger()

    def _linger(self) -> None:
        """Reads what still comes: the kernel would throw the answer away with what is unread."""
        ends = time.monotonic() + _LINGER_SECONDS
        read = 0
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while read < _LINGER_BYTES and (left := ends - time.monotonic()) > 0:
                self.connection.settimeout(left)
                some = self.connection.recv(1 << 16)
                if not some:
                    return
                read += len(some)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named there
        """Requests are nobody's news; what was decided is in the evidence log."""
        logger.debug(format, *args)


def _is_user(handler: _Handler, allowed: int) -> CharterError | None:
    """Why the process at the other end of a Unix socket is not answered."""
    told = handler.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(told)
    return None if user == allowed else CallerForeign()


def _shows(handler: _Handler, wanted: bytes) -> CharterError | None:
    """Why a caller is not answered who does not show the token."""
    shown = handler.headers.get_all("Authorization", [])
    if len(shown) != 1:
        return CallerUnknown()
    # In the same time, however much of it is right.
    is_it = hmac.compare_digest(shown[0].encode("utf-8", "surrogateescape"), wanted)
    return None if is_it else CallerUnknown()


def _locked(path: Path) -> int:
    """A file beside the socket, locked; the kernel lets go of it whatever the process dies of."""
    file = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise SocketTaken(path) from None
    return file
