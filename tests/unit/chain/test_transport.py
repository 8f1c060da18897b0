"""TLS with an authority of one's own, and tokens: against real TLS, right and wrong."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from governance.chain.errors import (
    CertificateRefused,
    CertificatesInvalid,
    ChainLoginRefused,
    ChainUnreachable,
    EndpointInvalid,
    TokenFileInsecure,
    TokenFileInvalid,
)
from governance.chain.rpc import Rpc
from governance.errors import CharterError, ExitStatus
from tests.unit.chain.endpoints import SERVERS, endpoint, methods

TOKEN = "eyJhbGciOiJSUzI1NiJ9.secret.signature"
ANSWER = methods({"eth_chainId": "0x1"})


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate, as its operator hands it out."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """What a server needs to speak TLS under these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[str]:
    """An endpoint with a certificate of the authority."""
    with endpoint(ANSWER, tls=tls(authority, "127.0.0.1")) as url:
        yield url


def token_file(folder: Path, text: str = TOKEN + "\n", mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


def told(error: CharterError) -> str:
    """All that a person or a log could see of an error, with --debug too."""
    lines = traceback.format_exception(error)
    return "".join([*lines, json.dumps(error.as_json()), repr(error)])


def test_an_own_authority_vouches_for_the_endpoint(secure: str, ca: Path) -> None:
    with Rpc(secure, ca=ca) as rpc:
        assert rpc.call("eth_chainId") == "0x1"
        assert rpc.call("eth_chainId") == "0x1"


def test_without_it_the_endpoint_is_refused(secure: str) -> None:
    with Rpc(secure) as rpc, pytest.raises(CertificateRefused) as caught:
        rpc.call("eth_chainId")
    assert caught.value.exit_status is ExitStatus.CHAIN
    assert "--ca" in caught.value.remedy
    assert not SERVERS[secure].seen


def test_another_authority_does_not_vouch(secure: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with Rpc(secure, ca=other) as rpc, pytest.raises(CertificateRefused):
        rpc.call("eth_chainId")


def test_another_host_s_certificate_is_refused(authority: trustme.CA, ca: Path) -> None:
    with (
        endpoint(ANSWER, tls=tls(authority, "validator.example.org")) as url,
        Rpc(url, ca=ca, token=TOKEN) as rpc,
        pytest.raises(CertificateRefused, match=r"127\.0\.0\.1") as caught,
    ):
        rpc.call("eth_chainId")
    assert TOKEN not in told(caught.value)


def test_an_endpoint_without_tls_is_no_question_of_certificates(ca: Path) -> None:
    with endpoint(ANSWER) as url:
        secure = url.replace("http", "https")
        with Rpc(secure, ca=ca) as rpc, pytest.raises(ChainUnreachable):
            rpc.call("eth_chainId")


@pytest.mark.parametrize("way", ["with a word", "without a word", "broken off"])
def test_a_kept_connection_that_was_closed_is_opened_anew(
    authority: trustme.CA, ca: Path, way: str
) -> None:
    """A node that is restarted, or tired of waiting, has not failed."""
    context = tls(authority, "127.0.0.1")
    body = b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'
    answered, closed = threading.Event(), threading.Event()

    def serve(listener: socket.socket) -> None:
        for first in (True, False):
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                request = b""
                while not request.endswith(b'"params":[]}'):
                    request += connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                connection.sendall(body)
                answered.wait(5)
                if way == "with a word":
                    connection.settimeout(0.1)
                    with contextlib.suppress(OSError):
                        connection.unwrap()
                elif way == "broken off" and first:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            closed.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with Rpc(f"https://127.0.0.1:{listener.getsockname()[1]}", 5, ca=ca) as rpc:
            assert rpc.call("eth_chainId") == "0x1"
            answered.set()
            assert closed.wait(5)
            # What was sent has come, or is lost, in this moment.
            time.sleep(0.1)
            assert rpc.call("eth_chainId") == "0x1"
        thread.join()


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_without_certificates_is_told(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CertificatesInvalid) as caught:
        Rpc("https://127.0.0.1:1", ca=path)
    assert caught.value.exit_status is ExitStatus.LOCAL
    assert str(path) in caught.value.message


def test_the_token_goes_into_the_header_and_nowhere_else(secure: str, ca: Path) -> None:
    with Rpc(secure, ca=ca, token_file=token_file(ca.parent)) as rpc:
        rpc.call("eth_chainId")
        headers, body = SERVERS[secure].seen[-1]
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in json.dumps(body)
        assert TOKEN not in repr(rpc) + rpc.endpoint


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_has_expired_is_told_and_not_shown(
    authority: trustme.CA, ca: Path, status: int
) -> None:
    refusal = lambda _: b'{"jsonrpc":"2.0","id":null,"error":{"code":-40100}}'  # noqa: E731
    with (
        endpoint(refusal, status, tls=tls(authority, "127.0.0.1")) as url,
        Rpc(url, ca=ca, token_file=token_file(ca.parent)) as rpc,
        pytest.raises(ChainLoginRefused, match=str(status)) as caught,
    ):
        rpc.call("eth_chainId")
    assert caught.value.exit_status is ExitStatus.CHAIN
    assert TOKEN not in told(caught.value)


def test_a_token_that_was_renewed_in_its_file_is_used(authority: trustme.CA, ca: Path) -> None:
    path = token_file(ca.parent, "old")
    with endpoint(ANSWER, token="new", tls=tls(authority, "127.0.0.1")) as url:
        with Rpc(url, ca=ca, token_file=path) as rpc:
            with pytest.raises(ChainLoginRefused):
                rpc.call("eth_chainId")
            path.write_text("new\n")
            assert rpc.call("eth_chainId") == "0x1"
        assert [seen[0]["Authorization"] for seen in SERVERS[url].seen] == [
            "Bearer old",
            "Bearer old",
            "Bearer new",
        ]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o644])
def test_a_token_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = token_file(tmp_path, mode=mode)
    with pytest.raises(TokenFileInsecure, match=str(path)) as caught:
        Rpc("https://127.0.0.1:1", token_file=path)
    assert caught.value.exit_status is ExitStatus.LOCAL
    assert "chmod" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "\n", "two words", "a\nb", "a\r\nX-Other: b", "tökén"])
def test_a_file_that_holds_no_token_is_told_and_not_shown(tmp_path: Path, text: str) -> None:
    path = token_file(tmp_path, text)
    with pytest.raises(TokenFileInvalid) as caught:
        Rpc("https://127.0.0.1:1", token_file=path)
    assert not text.strip() or text.strip() not in told(caught.value)


def test_a_token_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TokenFileInvalid, match="No such file"):
        Rpc("https://127.0.0.1:1", token_file=tmp_path / "none")


@pytest.mark.parametrize("host", ["192.0.2.1", "validator.example.org", "127.example.org"])
def test_a_token_never_crosses_a_network_unencrypted(host: str) -> None:
    with pytest.raises(EndpointInvalid, match="unencrypted") as caught:
        Rpc(f"http://{host}:8545", token=TOKEN)
    assert TOKEN not in told(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "[::1]", "localhost"])
def test_on_this_machine_it_may(host: str) -> None:
    Rpc(f"http://{host}:8545", token=TOKEN).close()
