"""JSON-RPC over kept-alive HTTP: the one way in which the library asks a chain.

A call costs a quarter of a millisecond. What comes back is checked for being an answer to what was
asked; whether it is true is for the readers to find out.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import ssl
import threading
import weakref
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from governance.chain.connection import Connection, Place
from governance.chain.errors import (
    CertificatesInvalid,
    ChainAnswerInvalid,
    ChainLoginRefused,
    ConnectionDropped,
    EndpointInvalid,
    RpcError,
    TokenFileInsecure,
    TokenFileInvalid,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from governance.errors import CharterError

BATCH_LIMIT = 1_000
"""Requests in one batch; Besu takes 1,024 at most."""

_LOGIN_REFUSED = (401, 403)
_TOKEN_LIMIT = 1 << 16
_OTHERS = 0o077


class Chain(Protocol):
    """What a chain is asked through: one endpoint (`Rpc`), or several (`Endpoints`)."""

    @property
    def endpoint(self) -> str:
        """Its URL, or that of the endpoint which is asked first."""

    @property
    def timeout(self) -> float:
        """Seconds within which a whole answer must have come."""

    def __enter__(self) -> Chain: ...

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None:
        """See `Rpc.close`."""

    def call(self, method: str, *params: Any) -> Any:
        """See `Rpc.call`."""

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """See `Rpc.batch`."""

    def batch_or_errors(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """See `Rpc.batch_or_errors`."""

    def invalid(self, reason: str) -> ChainAnswerInvalid:
        """See `Rpc.invalid`."""

    def answered(self) -> Rpc:
        """The endpoint that answered this thread last."""

    def sources(self) -> tuple[Rpc, ...]:
        """The endpoints that can be asked, each by itself, in the order in which to ask them."""

    def set_aside(self, source: Rpc, fault: CharterError) -> None:
        """Takes note that a source is not to be asked for a while, and why."""


class Rpc:
    """A chain's JSON-RPC endpoint. Threads may share it; each has a connection of its own.

    Args:
        endpoint: `http://` or `https://` URL.
        timeout: seconds within which a whole answer must have come.
        token: bearer token, where the endpoint asks for one.
        token_file: file that holds the token, for its owner alone to read; it is read again when
            the endpoint refuses the login, so that it can be renewed in place.
        ca: file with the certificates that may vouch for the endpoint's, instead of the system's.
        headers: further HTTP headers.

    Raises:
        EndpointInvalid: the endpoint is no such URL, or would carry the token unencrypted.
        TokenFileInvalid, TokenFileInsecure, CertificatesInvalid: a file cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        timeout: float = 30.0,
        *,
        token: str | None = None,
        token_file: Path | None = None,
        ca: Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        try:
            parts = urlsplit(endpoint)
            port = parts.port
        except ValueError:
            raise EndpointInvalid("it is not a URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise EndpointInvalid("it is not an http or https URL")
        if parts.username is not None or parts.password is not None:
            raise EndpointInvalid("it holds a user name or password, which would end up in logs")
        self.endpoint = endpoint
        self.timeout = timeout
        self._place = Place(
            endpoint,
            host=parts.hostname,
            port=port,
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            context=_tls(ca) if parts.scheme == "https" else None,
            timeout=timeout,
        )
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._token_file = token_file
        if token_file is not None:
            token = read_token(token_file)
        if token is not None:
            if self._place.context is None and not _is_loopback(parts.hostname):
                raise EndpointInvalid("its token would cross the network unencrypted; use https")
            self._headers["Authorization"] = f"Bearer {token}"
        self._local = threading.local()
        self._open: dict[threading.Thread, Connection] = {}
        self._guard = threading.Lock()
        # Who never closes it leaves no open sockets behind either.
        weakref.finalize(self, _close, self._open)

    def __enter__(self) -> Rpc:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections of all threads; the next call opens a new one."""
        with self._guard:
            _close(self._open)
        self._local = threading.local()

    def call(self, method: str, *params: Any) -> Any:
        """One request; returns its result.

        Raises:
            ChainUnreachable: nobody answers, or not within the timeout.
            ChainLoginRefused: the endpoint wants a token.
            CertificateRefused: the endpoint cannot prove that it is who it should be.
            ChainAnswerInvalid: what came back is no answer to this request.
            RpcError: the node answered with an error.
        """
        answer = self._exchange(_request(1, method, params))
        return self._result(method, 1, answer)

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Many requests at once; their results in the same order.

        Raises:
            RpcError: the first of the errors, if there are any.
            ChainUnreachable, ChainLoginRefused, CertificateRefused, ChainAnswerInvalid: as `call`.
        """
        results = []
        for index, answer in enumerate(self._batch(requests)):
            results.append(self._result(requests[index][0], index, answer))
        return results

    def batch_or_errors(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """As `batch`, but an error of a single request is returned in its place.

        Raises:
            ChainUnreachable, ChainLoginRefused, CertificateRefused, ChainAnswerInvalid: as `call`.
        """
        results: list[Any] = []
        for index, answer in enumerate(self._batch(requests)):
            try:
                results.append(self._result(requests[index][0], index, answer))
            except RpcError as error:
                results.append(error)
        return results

    def connect(self) -> Connection:
        """A connection to `send` and `receive` over, opened by the first question."""
        return Connection(self._place)

    def send(self, connection: Connection, method: str, *params: Any) -> None:
        """Puts a question over a connection of `connect`, without waiting for the answer.

        Raises:
            ChainUnreachable, CertificateRefused, ChainAnswerInvalid: it cannot be sent.
        """
        connection.send(_json(_request(1, method, params)), self._headers)

    def receive(self, connection: Connection, method: str) -> Any:
        """The answer to the question that was put over a connection; errors as `call`."""
        return self._result(method, 1, self._parse(*connection.receive()))

    def invalid(self, reason: str) -> ChainAnswerInvalid:
        """The error to raise when an answer of this endpoint makes no sense."""
        return ChainAnswerInvalid(self.endpoint, reason)

    def answered(self) -> Rpc:
        """Itself."""
        return self

    def sources(self) -> tuple[Rpc, ...]:
        """Itself."""
        return (self,)

    def set_aside(self, source: Rpc, fault: CharterError) -> None:
        """Does nothing: there is no other endpoint to ask instead."""

    def _batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        answers: list[Any] = []
        for start in range(0, len(requests), BATCH_LIMIT):
            chunk = requests[start : start + BATCH_LIMIT]
            body = [
                _request(start + index, method, params)
                for index, (method, params) in enumerate(chunk)
            ]
            answers += self._ordered(chunk[0][0], start, len(chunk), self._exchange(body))
        return answers

    def _ordered(self, method: str, start: int, count: int, answer: Any) -> list[Any]:
        if isinstance(answer, dict) and "error" in answer:
            # A batch that is refused as a whole is answered by one error without an id.
            self._result(method, answer.get("id"), answer)
        if not isinstance(answer, list):
            raise self.invalid("a batch was not answered by a list")
        by_id = {
            entry["id"]: entry
            for entry in answer
            if isinstance(entry, dict) and type(entry.get("id")) is int
        }
        wanted = range(start, start + count)
        if len(answer) != count:
            raise self.invalid(f"{len(answer)} answers came to {count} requests")
        if by_id.keys() != set(wanted):
            raise self.invalid("answers came to requests that were not made")
        return [by_id[key] for key in wanted]

    def _result(self, method: str, identity: Any, answer: Any) -> Any:
        if not isinstance(answer, dict):
            raise self.invalid("it is no JSON-RPC answer")
        if answer.get("error") is not None:
            error = answer["error"]
            if not isinstance(error, dict) or not isinstance(error.get("code"), int):
                raise self.invalid("its error has no number")
            raise RpcError(method, error["code"], str(error.get("message", "")), error.get("data"))
        if answer.get("id") != identity or type(answer.get("id")) is not int:
            raise self.invalid("it answers another request")
        if "result" not in answer:
            raise self.invalid("it holds neither result nor error")
        return answer["result"]

    def _exchange(self, body: Any) -> Any:
        try:
            return self._exchange_once(body)
        except ChainLoginRefused:
            if not self._renew_token():
                raise
        return self._exchange_once(body)

    def _renew_token(self) -> bool:
        """Reads the token's file again; returns whether it holds another token than before."""
        if self._token_file is None:
            return False
        renewed = f"Bearer {read_token(self._token_file)}"
        changed = renewed != self._headers["Authorization"]
        self._headers["Authorization"] = renewed
        return changed

    def _exchange_once(self, body: Any) -> Any:
        connection = self._connection()
        kept = connection.is_open
        try:
            connection.send(_json(body), self._headers)
            status, raw = connection.receive()
        except ConnectionDropped:
            # A kept-alive connection that the node closed meanwhile says nothing about the node.
            if not kept:
                raise
            return self._exchange_once(body)
        return self._parse(status, raw)

    def _parse(self, status: int, raw: bytes) -> Any:
        if status in _LOGIN_REFUSED:
            raise ChainLoginRefused(self.endpoint, status)
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            said = "it is not JSON" if status == http.client.OK else f"HTTP status {status}"
            raise self.invalid(said) from None

    def _connection(self) -> Connection:
        held: tuple[int, Connection] | None = getattr(self._local, "held", None)
        # A forked child must not speak into its parent's connection.
        if held is not None and held[0] == os.getpid():
            return held[1]
        connection = Connection(self._place)
        self._local.held = (os.getpid(), connection)
        with self._guard:
            for thread in [each for each in self._open if not each.is_alive()]:
                self._open.pop(thread).close()
            self._open[threading.current_thread()] = connection
        return connection


def read_token(path: Path) -> str:
    """The bearer token that a file holds.

    Raises:
        TokenFileInvalid: there is no such file, or it holds no token.
        TokenFileInsecure: others on this machine may read or replace it.
    """
    try:
        with path.open(encoding="ascii") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise TokenFileInsecure(path)
            token = file.read(_TOKEN_LIMIT).strip()
    except UnicodeDecodeError:
        raise TokenFileInvalid(path, "it holds more than a token") from None
    except OSError as error:
        raise TokenFileInvalid(path, error.strerror or "it cannot be read") from None
    # Anything else would end up in a header of its own, or in an error that shows it.
    if not token or not token.isprintable() or " " in token:
        raise TokenFileInvalid(path, "it does not hold one token and nothing else")
    return token


def _tls(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise CertificatesInvalid(str(ca), "it holds no certificate") from None
    except OSError as error:
        raise CertificatesInvalid(str(ca), error.strerror or "it cannot be read") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _close(connections: dict[threading.Thread, Connection]) -> None:
    for connection in connections.values():
        connection.close()
    connections.clear()


def _json(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _request(identity: int, method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "method": method, "params": list(params)}
