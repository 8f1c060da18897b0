"""The gate behind real sockets: who is answered, and what; and callers that misbehave."""

import contextlib
import http.client
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from governance.chain.errors import TokenFileInsecure, TokenFileInvalid
from governance.errors import CharterError
from governance.gate import EvidenceLog, EvidenceReader, Fault, Gate, Reason
from governance.gate import server as module
from governance.gate.server import (
    GateServer,
    GateTokenWeak,
    ListenAddressOpen,
    SocketFolderInsecure,
    SocketTaken,
    SocketUnusable,
    gate_token,
)
from governance.gate.service import LARGEST_REQUEST, Service
from governance.primitives import to_hex
from tests.unit.gate.world import HEAD, STUDY, World, envelope

DESCRIPTION = yaml.safe_load(
    (Path(__file__).parents[3] / "docs" / "gate.openapi.yaml").read_text(encoding="utf-8")
)
TOKEN = "a-token-of-forty-characters-that-is-secret"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("gate", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(self._path))


@dataclass
class Caller:
    """Asks a server, and holds every answer against the description."""

    connection: http.client.HTTPConnection
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        self.connection.request(method, path, content, {**self.headers, **headers})
        answer = self.connection.getresponse()
        assert answer.headers["Content-Type"] == "application/json"
        told = json.loads(answer.read())
        _holds(method, path, answer.status, told)
        return answer.status, told

    def good(self, method: str, path: str, body: Any = None) -> Any:
        status, told = self.ask(method, path, body)
        assert status == 200, told
        return told

    def code(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        status, told = self.ask(method, path, body, **headers)
        return status, told["error"]["code"]

    def check(self, signed: Any, update: bytes | None = None) -> Any:
        digest = signed.envelope.update if update is None else update
        asked = {"envelope": signed.as_json(), "update": to_hex(digest)}
        return self.good("POST", "/v1/check", asked)


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _holds(method: str, path: str, status: int, told: Any) -> None:
    """Makes sure that an answer is one that the description knows."""
    operation = DESCRIPTION["paths"].get(path, {}).get(method.lower())
    if operation is None:
        assert status in {404, 405, 400, 401, 403, 501}
        schema: Any = {"$ref": "#/components/schemas/Error"}
    else:
        found = operation["responses"].get(str(status), operation["responses"]["default"])
        name = found.get("$ref", "").rpartition("/")[2]
        found = DESCRIPTION["components"]["responses"][name] if name else found
        schema = found["content"]["application/json"]["schema"]
    jsonschema.validate(told, {**schema, "components": DESCRIPTION["components"]})


@dataclass
class Serving:
    """A running server."""

    world: World
    gate: Gate
    server: GateServer
    path: Path
    url: str

    @contextlib.contextmanager
    def caller(self, way: str = "unix", **headers: str) -> Iterator[Caller]:
        connection: http.client.HTTPConnection
        if way == "unix":
            connection, shown = UnixConnection(self.path), {}
        else:
            host, _, port = self.url.removeprefix("http://").partition(":")
            connection, shown = http.client.HTTPConnection(host, int(port), timeout=10), BEARER
        with contextlib.closing(connection):
            yield Caller(connection, {**shown, **headers})

    def raw(self, way: str) -> socket.socket:
        """A bare connection."""
        if way == "unix":
            made = socket.socket(socket.AF_UNIX)
            made.connect(str(self.path))
        else:
            host, _, port = self.url.removeprefix("http://").partition(":")
            made = socket.create_connection((host, int(port)))
        made.settimeout(20)
        return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def serving(world: World, evidence: EvidenceLog, folder: Path) -> Iterator[Serving]:
    gate = Gate(world, STUDY, evidence, clock=lambda: world.clock)
    with GateServer(Service(gate, world)) as server:
        path = server.listen_unix(folder / "gate.sock")
        url = server.listen_loopback("127.0.0.1", 0, TOKEN)
        yield Serving(world, gate, server, path, url)


@pytest.fixture(params=["unix", "http"])
def caller(serving: Serving, request: pytest.FixtureRequest) -> Iterator[Caller]:
    with serving.caller(request.param) as caller:
        yield caller


# --- what is answered -----------------------------------------------------------------------------


def test_the_description_is_sound() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1")
    for schema in DESCRIPTION["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    reasons = DESCRIPTION["components"]["schemas"]["Reason"]["enum"]
    assert reasons == [reason.value for reason in Reason]
    for example in (envelope(), envelope(3, records=0)):
        schema = {"$ref": "#/components/schemas/Envelope", "components": DESCRIPTION["components"]}
        jsonschema.validate(example.as_json(), schema)


def test_a_round_is_opened_updates_are_judged_and_it_is_closed(
    caller: Caller, serving: Serving, path: Path
) -> None:
    assert caller.good("GET", "/v1/status")["round"] is None
    assert caller.check(envelope())["reason"] == "WrongRound"
    parent = "0x" + 64 * "0"
    opened = caller.good("PUT", "/v1/round", {"round": 1, "attempt": 2, "parent": parent})
    assert opened == {"round": {"round": 1, "attempt": 2, "parent": parent}}
    opened = caller.good("PUT", "/v1/round", {"round": 1})["round"]
    assert opened == {"round": 1, "attempt": 1, "parent": None}
    assert caller.good("GET", "/v1/status")["round"] == opened

    decision = caller.check(envelope())
    assert (decision["accepted"], decision["repeated"]) == (True, False)
    assert decision["institution"] == 1
    assert caller.check(envelope())["repeated"]
    assert caller.check(envelope(2), bytes(32))["reason"] == "UpdateMismatch"

    assert caller.good("DELETE", "/v1/round") == {"round": None}
    assert caller.check(envelope(3))["reason"] == "WrongRound"
    reasons = [entry.decision.reason.value for entry in EvidenceReader(path)]
    assert reasons == ["WrongRound", "Authorised", "UpdateMismatch", "WrongRound"]


def test_a_caller_that_waits_to_be_asked_for_its_body_is_asked(serving: Serving) -> None:
    body = b'{"round": 3}'
    head = f"PUT /v1/round HTTP/1.1\r\nHost: gate\r\nContent-Length: {len(body)}\r\n"
    with serving.raw("unix") as caller:
        caller.settimeout(3)
        caller.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert caller.recv(1_000).startswith(b"HTTP/1.1 100 ")
        caller.sendall(body)
        assert caller.recv(1_000).startswith(b"HTTP/1.1 200 ")
    assert serving.gate.round is not None


def test_what_was_accepted_in_a_round_is_not_accepted_in_the_next(caller: Caller) -> None:
    caller.good("PUT", "/v1/round", {"round": 1})
    assert caller.check(envelope())["accepted"]
    caller.good("PUT", "/v1/round", {"round": 2})
    replayed = caller.check(envelope())
    assert (replayed["accepted"], replayed["reason"]) == (False, "WrongRound")


def test_the_status_tells_what_is_known_and_what_is_wrong(caller: Caller, serving: Serving) -> None:
    world = serving.world
    status = caller.good("GET", "/v1/status")
    assert (status["study"], status["refuses"], status["fault"]) == (STUDY, None, None)
    assert status["view"] == {
        "length": 40,
        "head": to_hex(HEAD),
        "blockTime": world.block_time,
        "age": 0.0,
        "idle": 0.0,
        "maxAge": 60.0,
    }
    world.age = float("inf")
    status = caller.good("GET", "/v1/status")
    assert (status["view"]["age"], status["refuses"]) == (None, "StaleView")
    world.fault = Fault(Reason.BLOCK_NOT_SEALED, "It is not sealed.", "Ask another one.")
    status = caller.good("GET", "/v1/status")
    assert (status["refuses"], status["fault"]["atOnce"]) == ("BlockNotSealed", True)
    caller.good("PUT", "/v1/round", {"round": 1})
    assert caller.check(envelope())["reason"] == "BlockNotSealed"


def test_many_callers_are_answered_at_once(serving: Serving) -> None:
    serving.gate.open_round(1)
    told: list[Any] = []

    def ask(number: int) -> None:
        with serving.caller("unix" if number % 2 else "http") as caller:
            told.extend(caller.check(envelope(number % 4 + 1)) for _ in range(5))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 80
    assert all(each["accepted"] for each in told)
    assert sum(not each["repeated"] for each in told) == 4


# --- what is not understood -----------------------------------------------------------------------

GOOD = {"envelope": envelope().as_json(), "update": to_hex(envelope().envelope.update)}
TWICE = _json(GOOD)[:-1] + b', "update": "0x00"}'


@pytest.mark.parametrize(
    ("method", "where", "body", "status", "code"),
    [
        ("GET", "/", None, 404, "PathUnknown"),
        ("GET", "/v1/status?x=1", None, 404, "PathUnknown"),
        ("GET", "/v1/check", None, 405, "MethodUnknown"),
        ("PATCH", "/v1/check", None, 501, "RequestInvalid"),
        ("GET", "/v1/status", {"a": 1}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", None, 400, "RequestInvalid"),
        ("PUT", "/v1/round", b"{", 400, "RequestInvalid"),
        ("PUT", "/v1/round", b"\xff\xfe", 400, "RequestInvalid"),
        ("PUT", "/v1/round", b"[" * 10_000, 400, "RequestInvalid"),
        ("PUT", "/v1/round", b'{"round": ' + b"9" * 5_000 + b"}", 400, "RequestInvalid"),
        ("PUT", "/v1/round", b'{"round": NaN}', 400, "RequestInvalid"),
        ("PUT", "/v1/round", [1], 400, "RequestInvalid"),
        ("PUT", "/v1/round", {}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": "1"}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 0}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": True}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 2**32}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 1, "attempt": 0}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 1, "attempt": None}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 1, "parent": 7}, 400, "RequestInvalid"),
        ("PUT", "/v1/round", {"round": 1, "parent": "0x12"}, 400, "HexInvalid"),
        ("PUT", "/v1/round", {"round": 1, "more": 1}, 400, "RequestInvalid"),
        ("DELETE", "/v1/round", {"round": 1}, 400, "RequestInvalid"),
        ("POST", "/v1/check", GOOD | {"update": 1}, 400, "RequestInvalid"),
        ("POST", "/v1/check", GOOD | {"update": "0x00"}, 400, "HexInvalid"),
        ("POST", "/v1/check", {"envelope": GOOD["envelope"]}, 400, "RequestInvalid"),
        ("POST", "/v1/check", GOOD | {"envelope": "x"}, 400, "EnvelopeInvalid"),
        ("POST", "/v1/check", GOOD | {"envelope": {}}, 400, "EnvelopeInvalid"),
        ("POST", "/v1/check", TWICE, 400, "RequestInvalid"),
        ("POST", "/v1/check", b" " * (LARGEST_REQUEST + 1), 413, "RequestInvalid"),
        ("POST", "/v1/check", b" " * 900_000, 413, "RequestInvalid"),
    ],
)
def test_what_is_not_understood_is_told_and_decides_nothing(  # noqa: PLR0917 - a table's columns
    caller: Caller,
    evidence: EvidenceLog,
    method: str,
    where: str,
    body: Any,
    status: int,
    code: str,
) -> None:
    assert caller.code(method, where, body) == (status, code)
    assert len(evidence) == 0
    assert caller.good("GET", "/v1/status")["round"] is None


RAW = [
    (b"nonsense\r\n\r\n", b"400"),
    (b"GET\r\n\r\n", b"400"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    (b"GET /v1/status HTTP/9.9\r\n\r\n", b"505"),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    (b"GET /v1/status HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
    (b"GET /v1/status HTTP/1.1\r\na: " + b"b" * 70_000 + b"\r\n\r\n", b"431"),
    (b"POST /v1/check HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
    (b"POST /v1/check HTTP/1.1\r\n%bContent-Length: -1\r\n\r\n", b"400"),
    (b"POST /v1/check HTTP/1.1\r\n%bContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
    (b"POST /v1/check HTTP/1.1\r\n%bContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", b"413"),
]


@pytest.mark.parametrize(("sent", "status"), RAW, ids=range(len(RAW)))
@pytest.mark.parametrize("way", ["unix", "http"])
def test_what_is_hardly_http_is_told_in_json_too(
    serving: Serving, way: str, sent: bytes, status: bytes
) -> None:
    with serving.raw(way) as connection:
        connection.sendall(sent.replace(b"%b", f"Authorization: Bearer {TOKEN}\r\n".encode()))
        answer = _all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == status, answer
    assert json.loads(body)["error"]["code"] == "RequestInvalid"


def _all(connection: socket.socket) -> bytes:
    content = b""
    with contextlib.suppress(ConnectionResetError):
        while some := connection.recv(1 << 16):
            content += some
    return content


# --- who is answered ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer \xff"},
    ],
)
@pytest.mark.parametrize(
    ("method", "where"),
    [("GET", "/v1/status"), ("PUT", "/v1/round"), ("POST", "/v1/check"), ("GET", "/nowhere")],
)
def test_over_loopback_nobody_is_answered_without_the_token(
    serving: Serving, headers: dict[str, str], method: str, where: str
) -> None:
    with serving.caller("http", **headers) as caller:
        assert caller.code(method, where, {"round": 1}) == (401, "CallerUnknown")
    assert serving.gate.round is None


def test_a_token_shown_twice_is_none(serving: Serving) -> None:
    with serving.raw("http") as connection:
        shown = f"Authorization: Bearer {TOKEN}\r\n" * 2
        connection.sendall(f"GET /v1/status HTTP/1.1\r\n{shown}\r\n".encode())
        assert b" 401 " in _all(connection)


def test_on_the_socket_another_users_process_is_not_answered(
    world: World, evidence: EvidenceLog, folder: Path
) -> None:
    gate = Gate(world, STUDY, evidence)
    with GateServer(Service(gate, world)) as server:
        path = server.listen_unix(folder / "gate.sock", user=os.geteuid() + 1)
        with contextlib.closing(UnixConnection(path)) as connection:
            caller = Caller(connection, dict(BEARER))
            assert caller.code("PUT", "/v1/round", {"round": 1}) == (403, "CallerForeign")
    assert gate.round is None


def test_the_socket_is_its_owners_alone_and_gone_at_the_end(serving: Serving) -> None:
    assert stat.S_IMODE(serving.path.stat().st_mode) == 0o600
    serving.server.close()
    assert not serving.path.exists()
    with pytest.raises(OSError, match="refused"):
        serving.raw("http")


def test_a_folder_is_made_for_its_owner_alone(
    world: World, evidence: EvidenceLog, tmp_path: Path
) -> None:
    with GateServer(Service(Gate(world, STUDY, evidence), world)) as server:
        server.listen_unix(tmp_path / "new" / "gate.sock")
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_enter_is_refused(serving: Serving, folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(SocketFolderInsecure):
        serving.server.listen_unix(folder / "other.sock")
    assert not (folder / "other.sock").exists()


def test_one_server_listens_at_a_socket(serving: Serving) -> None:
    other = GateServer(Service(serving.gate, serving.world))
    with other, pytest.raises(SocketTaken):
        other.listen_unix(serving.path)
    with serving.caller() as caller:
        caller.good("GET", "/v1/status")


def test_what_a_killed_server_left_is_replaced_and_nothing_else(
    serving: Serving, folder: Path
) -> None:
    left = folder / "left.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    other = replace(serving, path=serving.server.listen_unix(left))
    with other.caller() as caller:
        caller.good("GET", "/v1/status")
    for name in ("file", "link", "x" * 200):
        place = folder / name
        if name == "file":
            place.write_text("mine")
        elif name == "link":
            place.symlink_to(left)
        with pytest.raises(SocketUnusable):
            serving.server.listen_unix(place)
    assert (folder / "file").read_text() == "mine"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_the_gate_is_reached_from_no_other_machine(serving: Serving, host: str) -> None:
    with pytest.raises(ListenAddressOpen):
        serving.server.listen_loopback(host, 0, TOKEN)


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_is_none_or_taken_is_told(serving: Serving, port: int) -> None:
    with pytest.raises(SocketUnusable):
        serving.server.listen_loopback("127.0.0.1", port, TOKEN)
    taken = int(serving.url.rpartition(":")[2])
    with pytest.raises(SocketUnusable):
        serving.server.listen_loopback("localhost", taken, TOKEN)


def test_a_token_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = gate_token(file)
    assert len(token) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert gate_token(file) == token
    assert gate_token(tmp_path / "other") != token


@pytest.mark.parametrize(
    ("content", "mode", "error"),
    [
        ("", 0o600, TokenFileInvalid),
        ("short", 0o600, GateTokenWeak),
        (TOKEN + " " + TOKEN, 0o600, TokenFileInvalid),
        (TOKEN, 0o640, TokenFileInsecure),
        (TOKEN, 0o604, TokenFileInsecure),
    ],
)
def test_a_token_that_is_none_or_not_secret_is_refused(
    tmp_path: Path, content: str, mode: int, error: type[CharterError]
) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(error):
        gate_token(file)
    with pytest.raises(TokenFileInvalid):
        gate_token(tmp_path / "nowhere" / "token")


# --- callers that misbehave -----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["unix", "http"])
def test_a_slow_caller_is_hung_up_on_and_hinders_nobody(
    serving: Serving, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.5)
    begun = time.monotonic()
    head = f"POST /v1/check HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n"
    with serving.raw(way) as silent, serving.raw(way) as slow, serving.raw(way) as dripping:
        slow.sendall(f"{head}\r\n{{".encode())
        for byte in b"GET /v1/sta":
            with contextlib.suppress(OSError):
                dripping.sendall(bytes([byte]))
            time.sleep(0.1)
        with serving.caller(way) as caller:
            caller.good("GET", "/v1/status")
        assert b'"code": "RequestSlow"' in _all(slow)
        assert _all(silent) == b""
        assert _all(dripping) == b""
    assert time.monotonic() - begun < 5


def test_too_many_callers_are_hung_up_on_and_the_others_answered(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 3)
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(serving.caller("unix")) for _ in range(3)]
        for caller in callers:
            caller.good("GET", "/v1/status")
        with serving.raw("unix") as beyond:
            assert _all(beyond) == b""
        for caller in callers:
            caller.good("GET", "/v1/status")
    _until(lambda: not serving.server._listeners[0]._open)
    with serving.caller("unix") as caller:
        caller.good("GET", "/v1/status")


def test_who_hangs_up_without_hearing_the_answer_hinders_nobody(serving: Serving) -> None:
    for _ in range(20):
        with serving.raw("unix") as connection:
            connection.sendall(b"GET /v1/status HTTP/1.1\r\n\r\n")
    with serving.caller() as caller:
        caller.good("GET", "/v1/status")


def test_the_end_waits_for_nobody_who_is_idle(serving: Serving) -> None:
    with serving.caller("unix") as one, serving.caller("http") as other:
        one.good("GET", "/v1/status")
        other.good("GET", "/v1/status")
        begun = time.monotonic()
        serving.server.close()
        assert time.monotonic() - begun < 1


class Failing(World):
    """A view that fails."""

    def look(self) -> Any:
        raise OSError("no view")


def test_a_server_that_fails_says_so_and_accepts_nothing(
    evidence: EvidenceLog, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = Failing()
    with GateServer(Service(Gate(world, STUDY, evidence), world)) as server:
        path = server.listen_unix(folder / "gate.sock")
        with contextlib.closing(UnixConnection(path)) as connection:
            caller = Caller(connection, {})
            assert caller.check(envelope())["reason"] == "Unknown"
            assert caller.code("GET", "/v1/status") == (500, "RequestFailed")
    assert "no view" in caplog.text


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
