"""The JSON-RPC client, against endpoints that are slow, dead, closed or lying."""

import contextlib
import gc
import json
import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator

import pytest

from governance.chain.errors import (
    ChainAnswerInvalid,
    ChainLoginRefused,
    ChainUnreachable,
    EndpointInvalid,
    RpcError,
)
from governance.chain.rpc import BATCH_LIMIT, Rpc
from governance.errors import ExitStatus
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint, methods


def test_a_call_gives_its_result() -> None:
    with endpoint(methods({"echo": lambda *params: list(params)})) as url, Rpc(url) as rpc:
        assert rpc.call("echo", 1, "two") == [1, "two"]


def test_calls_share_a_connection() -> None:
    with endpoint(methods({"echo": 1})) as url, Rpc(url) as rpc:
        for _ in range(5):
            rpc.call("echo")
        assert len(set(map(id, SERVERS[url].sockets))) == 1


def test_connections_of_threads_that_ended_are_closed() -> None:
    with endpoint(methods({"echo": 1})) as url, Rpc(url) as rpc:
        for _ in range(10):
            thread = threading.Thread(target=rpc.call, args=("echo",))
            thread.start()
            thread.join()
        assert len(rpc._open) == 1


def test_one_that_is_never_closed_leaves_no_socket_behind() -> None:
    with endpoint(methods({"echo": 1})) as url:
        rpc = Rpc(url)
        rpc.call("echo")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del rpc
            gc.collect()
    assert not [each for each in caught if issubclass(each.category, ResourceWarning)]


def test_threads_have_connections_of_their_own() -> None:
    with endpoint(methods({"echo": lambda number: number})) as url, Rpc(url) as rpc:
        results: list[int] = []

        def ask(start: int) -> None:
            results.extend(rpc.call("echo", start + index) for index in range(50))

        threads = [threading.Thread(target=ask, args=(1000 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wanted = sorted(1000 * number + index for number in range(4) for index in range(50))
        assert sorted(results) == wanted


def test_a_batch_is_split_and_stays_in_order() -> None:
    count = 2 * BATCH_LIMIT + 7
    with endpoint(methods({"echo": lambda number: number})) as url, Rpc(url) as rpc:
        assert rpc.batch([("echo", (number,)) for number in range(count)]) == list(range(count))
        sizes = [len(request) for _, request in SERVERS[url].seen]
        assert sizes == [BATCH_LIMIT, BATCH_LIMIT, 7]


def test_a_batch_answered_in_another_order_is_put_in_order() -> None:
    def backwards(request: list[dict[str, object]]) -> bytes:
        answers = [{"id": each["id"], "result": each["params"]} for each in request]
        return json.dumps(answers[::-1]).encode()

    with endpoint(backwards) as url, Rpc(url) as rpc:
        assert rpc.batch([("x", (number,)) for number in range(3)]) == [[0], [1], [2]]


def test_an_empty_batch_asks_nothing() -> None:
    with endpoint(methods({})) as url, Rpc(url) as rpc:
        assert rpc.batch([]) == []
        assert not SERVERS[url].seen


def test_an_error_keeps_its_number_text_and_data() -> None:
    with endpoint(methods({"x": RpcFault(3, "reverted", "0x1234")})) as url, Rpc(url) as rpc:
        with pytest.raises(RpcError) as caught:
            rpc.call("x")
        assert (caught.value.number, caught.value.text) == (3, "reverted")
        assert caught.value.data == "0x1234"


def test_an_error_in_a_batch_can_be_told_from_the_results() -> None:
    table = {"good": 1, "bad": RpcFault(-32601, "unknown")}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        one, two = rpc.batch_or_errors([("good", ()), ("bad", ())])
        assert one == 1
        assert isinstance(two, RpcError)
        with pytest.raises(RpcError):
            rpc.batch([("good", ()), ("bad", ())])


def test_a_batch_refused_as_a_whole_is_an_error() -> None:
    refused = {"jsonrpc": "2.0", "id": None, "error": {"code": -32005, "message": "too many"}}
    with endpoint(lambda _: json.dumps(refused).encode()) as url, Rpc(url) as rpc:
        with pytest.raises(RpcError) as caught:
            rpc.batch([("x", ())])
        assert caught.value.number == -32005


def test_token_and_headers_are_sent() -> None:
    with (
        endpoint(methods({"x": 1})) as url,
        Rpc(url, token="secret", headers={"X-Own": "yes"}) as rpc,
    ):
        rpc.call("x")
        headers = SERVERS[url].seen[0][0]
        assert headers["Authorization"] == "Bearer secret"
        assert headers["X-Own"] == "yes"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with endpoint(methods({"x": 1})) as url, Rpc(url) as rpc:
        assert rpc.call("x") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_is_named(status: int) -> None:
    with endpoint(lambda _: b"no", status) as url, Rpc(url, token="wrong-token") as rpc:
        with pytest.raises(ChainLoginRefused) as caught:
            rpc.call("x")
        assert "wrong-token" not in str(caught.value.as_json())


LIES = {
    "not JSON": b"<html>hello</html>",
    "nothing": b"",
    "a list for one": b"[]",
    "a number": b"7",
    "another's answer": b'{"jsonrpc":"2.0","id":99,"result":"0x1"}',
    "no id": b'{"jsonrpc":"2.0","result":"0x1"}',
    "true for an id": b'{"jsonrpc":"2.0","id":true,"result":"0x1"}',
    "neither result nor error": b'{"jsonrpc":"2.0","id":1}',
    "an error that is a text": b'{"jsonrpc":"2.0","id":1,"error":"no"}',
    "an error without a number": b'{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}',
    "too deep": b"[" * 20_000,
}


@pytest.mark.parametrize("body", LIES.values(), ids=LIES.keys())
def test_an_answer_that_is_none_is_not_believed(body: bytes) -> None:
    with endpoint(lambda _: body) as url, Rpc(url) as rpc:
        with pytest.raises(ChainAnswerInvalid) as caught:
            rpc.call("x")
        assert caught.value.exit_status == ExitStatus.CHAIN


BATCH_LIES = {
    "too few": [{"id": 0, "result": 1}],
    "too many": [{"id": number, "result": 1} for number in range(3)],
    "one twice": [{"id": 0, "result": 1}, {"id": 0, "result": 2}],
    "foreign": [{"id": 0, "result": 1}, {"id": 7, "result": 2}],
    "no list": {"id": 0, "result": 1},
    "no objects": [1, 2],
    "identities that are none": [{"id": {}, "result": 1}, {"id": True, "result": 2}],
}


@pytest.mark.parametrize("answers", BATCH_LIES.values(), ids=BATCH_LIES.keys())
def test_a_batch_with_foreign_answers_is_not_believed(answers: object) -> None:
    body = json.dumps(answers).encode()
    with endpoint(lambda _: body) as url, Rpc(url) as rpc, pytest.raises(ChainAnswerInvalid):
        rpc.batch([("x", ()), ("y", ())])


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Rpc(f"http://127.0.0.1:{port}") as rpc, pytest.raises(ChainUnreachable) as caught:
        rpc.call("x")
    assert caught.value.exit_status == ExitStatus.CHAIN


def test_a_name_that_nobody_has_is_unreachable() -> None:
    with Rpc("http://no-such-host.invalid:1") as rpc, pytest.raises(ChainUnreachable):
        rpc.call("x")


@pytest.mark.parametrize(
    "url",
    ["", "8545", "ftp://127.0.0.1", "http://", "http://[::1", "http://h:x", "http://u:p@h"],
)
def test_an_endpoint_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(EndpointInvalid):
        Rpc(url)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_silence_is_unreachable_after_the_timeout(listener: socket.socket) -> None:
    begun = time.monotonic()
    with Rpc(_url(listener), timeout=0.2) as rpc, pytest.raises(ChainUnreachable):
        rpc.call("x")
    assert time.monotonic() - begun < 2


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Own: ", b"x"),
    "announcements": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk's size": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"x: y\r\n"),
}


@pytest.mark.parametrize(("begin", "drop"), DRIPS.values(), ids=DRIPS.keys())
def test_an_answer_that_drips_is_unreachable_after_the_timeout(
    listener: socket.socket, begin: bytes, drop: bytes
) -> None:
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(begin)
            for _ in range(100):
                if ended.wait(0.05):
                    return
                connection.sendall(drop)

    thread = threading.Thread(target=drip)
    thread.start()
    with (
        Rpc(_url(listener), timeout=0.2) as rpc,
        pytest.raises(ChainUnreachable, match=r"no whole answer within 0\.2 seconds"),
    ):
        rpc.call("x")
    ended.set()
    thread.join()


def test_whoever_was_interrupted_can_ask_again() -> None:
    """The answer that nobody waited for is not in the way of the next one."""
    begun, may_end = threading.Event(), threading.Event()

    class Interrupted(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    def slow() -> str:
        begun.set()
        may_end.wait(10)
        return "slow"

    def ring() -> None:
        begun.wait(10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with endpoint(methods({"slow": slow, "quick": "quick"})) as url, Rpc(url) as rpc:
            threading.Thread(target=ring).start()
            with pytest.raises(Interrupted):
                rpc.call("slow")
            assert rpc.call("quick") == "quick"
            may_end.set()
    finally:
        may_end.set()
        signal.signal(signal.SIGUSR1, before)


def _serve(listener: socket.socket, *answers: bytes) -> threading.Thread:
    """Answers one request a connection, then closes it."""

    def work() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                request = b""
                # Hanging up on what was sent and not read would take the answer back.
                while not request.endswith(b'"params":[]}'):
                    request += connection.recv(65_536)
                connection.sendall(answer)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


GOOD = b'{"jsonrpc":"2.0","id":1,"result":5}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def test_a_kept_connection_that_was_closed_is_opened_anew(listener: socket.socket) -> None:
    thread = _serve(listener, HEAD % len(GOOD) + GOOD, HEAD % len(GOOD) + GOOD)
    with Rpc(_url(listener)) as rpc:
        assert rpc.call("x") == 5
        time.sleep(0.05)
        assert rpc.call("x") == 5
    thread.join()


def test_a_node_that_always_hangs_up_is_unreachable(listener: socket.socket) -> None:
    thread = _serve(listener, b"")
    with Rpc(_url(listener)) as rpc, pytest.raises(ChainUnreachable):
        rpc.call("x")
    thread.join()


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", HEAD % 100 + GOOD])
def test_what_is_no_whole_http_answer_is_not_believed(
    listener: socket.socket, answer: bytes
) -> None:
    thread = _serve(listener, answer)
    with Rpc(_url(listener)) as rpc, pytest.raises(ChainAnswerInvalid):
        rpc.call("x")
    thread.join()


def test_tls_to_a_plain_port_is_unreachable() -> None:
    with endpoint(methods({"x": 1})) as url:
        secure = url.replace("http", "https")
        with Rpc(secure) as rpc, pytest.raises(ChainUnreachable):
            rpc.call("x")
