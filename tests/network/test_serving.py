"""A validator's RPC that other machines may reach: by TLS and with a token, and not otherwise."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_pem_x509_certificate

from cli.main import run
from deploy.anvil import free_port
from deploy.network import process
from deploy.network.folder import ValidatorFolder
from governance.chain.errors import (
    CertificateRefused,
    ChainLoginRefused,
    ChainUnreachable,
    RpcError,
)
from governance.chain.rpc import Rpc
from tests.integration.world import key
from tests.network.consortium import CHAIN_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "127.0.0.1"


class Login:
    """A key that signs tokens, as a hospital's login service has it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(self, *permissions: str) -> str:
        claims = {"permissions": permissions, "exp": int(time.time()) + 3_600}
        said = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = self._key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{said}.{_encoded(signature)}"


def _part(data: dict[str, Any]) -> str:
    return _encoded(json.dumps(data).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(0o600)
    return path


def keystore(certificate: trustme.LeafCert, password: str) -> bytes:
    own = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    secret = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    lock = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"rpc", secret, own, None, lock)


@pytest.fixture(scope="module")
def login() -> Login:
    return Login()


@pytest.fixture(scope="module")
def served(
    engine: None, login: Login, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ValidatorFolder]:
    """A network of one, assembled for this machine alone at first, then for others too."""
    home = tmp_path_factory.mktemp("served")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    folder = ValidatorFolder(home / "a b%c")
    account = key("served")
    port = free_port()
    card = folder.create("Hospital", account, chain_id=CHAIN_ID, host=HOST, port=port)
    card.save(home / "card.json")
    folder.assemble([card], free_port())
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    words = [
        *("--rpc-host", HOST),
        *("--rpc-keystore", write(home / "rpc.p12", keystore(certificate, "pass word"))),
        *("--rpc-password-file", write(home / "rpc.password", "pass word")),
        *("--rpc-login-key", write(home / "login.pem", login.public)),
        *("--rpc-ca", home / "ca.pem"),
        *("--rpc-token-file", write(home / "token", login.token("*:*"))),
    ]
    words += ["--dir", folder.path]
    assert run(["network", "assemble", str(home / "card.json"), *map(str, words)]) == 0
    try:
        process.up(folder)
        yield folder
    finally:
        process.down(folder)


def test_own_commands_have_token_and_certificates(
    served: ValidatorFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    found = served.assembled()
    assert found.endpoint.startswith(f"https://{HOST}:")
    with found.rpc() as rpc:
        assert int(rpc.call("eth_chainId"), 16) == CHAIN_ID
        assert rpc.call("qbft_getValidatorsByBlockNumber", "latest")
    assert run(["network", "status", "--dir", str(served.path), "--format", "json"]) in {0, 5}
    told = json.loads(capsys.readouterr().out)["validators"][0]
    assert told["endpoint"] == found.endpoint
    assert "NotAnswering" not in {each["code"] for each in told["findings"]}


def test_others_need_both_and_may_no_more_than_their_token_says(
    served: ValidatorFolder, login: Login, tmp_path: Path
) -> None:
    found = served.assembled()
    assert found.serving is not None
    ca = found.serving.ca
    reading = write(tmp_path / "reading", login.token("eth:*", "net:*"))
    with Rpc(found.endpoint, ca=ca, token_file=reading) as rpc:
        assert rpc.call("eth_getBlockByNumber", "latest", False)
        with pytest.raises((RpcError, ChainLoginRefused)):
            rpc.call("qbft_proposeValidatorVote", key("served").address, True)
    with Rpc(found.endpoint, ca=ca) as rpc, pytest.raises(ChainLoginRefused):
        rpc.call("eth_chainId")
    strange = write(tmp_path / "strange", Login().token("*:*"))
    with Rpc(found.endpoint, ca=ca, token_file=strange) as rpc, pytest.raises(ChainLoginRefused):
        rpc.call("eth_chainId")
    with Rpc(found.endpoint, token_file=reading) as rpc, pytest.raises(CertificateRefused):
        rpc.call("eth_chainId")
    plain = found.endpoint.replace("https", "http")
    with Rpc(plain) as rpc, pytest.raises(ChainUnreachable):
        rpc.call("eth_chainId")
