"""Held against published vectors and against libraries that are not ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from governance import primitives as p

KEY = p.keccak(b"a key for tests")


def test_keccak_is_not_sha3() -> None:
    assert p.keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_importing_loads_no_cryptography() -> None:
    code = (
        "import sys, governance.primitives;"
        "print([m for m in ('coincurve', 'sha3', 'eth_account', 'web3') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "[]"


# --- hex ------------------------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_hex_goes_there_and_back(data: bytes) -> None:
    assert p.from_hex(p.to_hex(data)) == data
    assert p.from_hex(p.to_hex(data), len(data)) == data


@pytest.mark.parametrize(
    "text", ["", "00", "0X00", "0x0", "0xzz", "0x0 0", "0x00\n", "0x\u0663\u0663"]
)
def test_what_is_no_hex_is_refused(text: str) -> None:
    with pytest.raises(p.HexInvalid, match="digest"):
        p.from_hex(text, what="digest")


def test_a_wrong_length_is_named() -> None:
    with pytest.raises(p.HexInvalid, match="2 bytes instead of 32"):
        p.from_hex("0x0102", 32)


@given(st.integers(0, 2**64 - 1), st.integers(0, 70))
def test_a_number_goes_there_and_back(number: int, zeros: int) -> None:
    assert p.number_from_hex(hex(number)) == number
    assert p.number_from_hex("0x" + zeros * "0" + f"{number:X}") == number


@pytest.mark.parametrize(
    "value",
    ["", "0x", "7", "0X7", "0x-7", "-0x7", "0x1_0", "0x1 ", "0x7\n", hex(2**64), 7, True, None, []],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(p.HexInvalid):
        p.number_from_hex(value)


# --- addresses ------------------------------------------------------------------------------------


@given(st.binary(min_size=20, max_size=20))
def test_checksums_are_those_of_eip_55(raw: bytes) -> None:
    checked = p.checksum_address(raw)
    assert checked == to_checksum_address(raw)
    assert p.checksum_address(p.to_hex(raw)) == checked
    assert p.checksum_address("0x" + raw.hex().upper()) == checked
    assert p.checksum_address(checked) == checked
    assert p.address_bytes(checked) == raw


@pytest.mark.parametrize(
    "wrong",
    [
        "0x",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        bytes(19),
    ],
)
def test_what_is_no_address_is_refused(wrong: str | bytes) -> None:
    with pytest.raises(p.AddressInvalid):
        p.checksum_address(wrong)


@pytest.mark.parametrize(
    ("nonce", "expected"),
    [
        (0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"),
        (1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8"),
        (2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91"),
        (3, "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c"),
    ],
)
def test_contract_addresses_are_known_beforehand(nonce: int, expected: str) -> None:
    deployer = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    assert p.create_address(deployer, nonce).lower() == "0x" + expected


@pytest.mark.parametrize("nonce", [0, 1, 0x7F, 0x80, 0xFF, 0x100, 2**32])
def test_contract_addresses_hold_for_every_length_of_nonce(nonce: int) -> None:
    deployer = p.address_of(KEY)
    expected = p.keccak(rlp.encode([p.address_bytes(deployer), nonce]))[12:]
    assert p.address_bytes(p.create_address(deployer, nonce)) == expected


def test_nonces_count_from_zero() -> None:
    with pytest.raises(ValueError, match="0"):
        p.create_address(p.ZERO_ADDRESS, -1)


# --- Merkle trees: the vectors of Certificate Transparency's own tests ----------------------------

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_merkle_roots_are_those_of_rfc_6962(size: int) -> None:
    assert p.merkle_root(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_merkle_paths_are_those_of_rfc_6962(index: int, size: int, path: list[str]) -> None:
    assert [node.hex() for node in p.merkle_path(LEAVES[:size], index)] == path


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40, unique=True), st.data())
def test_a_path_proves_its_leaf_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1))
    root, path = p.merkle_root(leaves), p.merkle_path(leaves, index)
    assert p.merkle_verify(leaves[index], index, len(leaves), path, root)
    assert p.merkle_verify(leaves[other], index, len(leaves), path, root) is (other == index)
    assert not p.merkle_verify(leaves[index], index, len(leaves), [*path, root], root)
    assert not p.merkle_verify(leaves[index], len(leaves), len(leaves), path, root)
    if path:
        assert not p.merkle_verify(leaves[index], index, len(leaves), path[:-1], root)


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        p.merkle_path([b"only"], 1)


# --- typed data -----------------------------------------------------------------------------------


def test_typed_data_are_those_of_eip_712() -> None:
    contract = p.address_of(p.keccak(b"contract"))
    node = p.address_of(p.keccak(b"node"))
    message = {"institution": 7, "node": node, "deadline": 2**40}
    theirs = encode_typed_data(
        {
            "name": "Swarm Charter",
            "version": "1",
            "chainId": 31_337,
            "verifyingContract": contract,
        },
        {
            "NodeRegistration": [
                {"name": "institution", "type": "uint32"},
                {"name": "node", "type": "address"},
                {"name": "deadline", "type": "uint256"},
            ]
        },
        message,
    )
    domain = p.domain_separator(31_337, contract)
    struct = p.struct_hash(
        "NodeRegistration(uint32 institution,address node,uint256 deadline)",
        *message.values(),
    )
    assert domain == theirs.header
    assert struct == theirs.body
    signed = Account.from_key(KEY).sign_message(theirs)
    digest = p.typed_digest(domain, struct)
    assert p.sign(digest, KEY) == bytes(signed.signature)
    assert p.recover(digest, bytes(signed.signature)) == p.address_of(KEY)


def test_typed_data_take_every_kind_of_member() -> None:
    kinds = {"a": "bool", "b": "string", "c": "bytes", "d": "bytes4", "e": "uint8"}
    message = {"a": True, "b": "Ü", "c": b"\x01\x02\x03", "d": b"\x01\x02\x03\x04", "e": 255}
    theirs = encode_typed_data(
        {"name": "other"},
        {"Thing": [{"name": name, "type": kind} for name, kind in kinds.items()]},
        message,
    )
    members = ",".join(f"{kind} {name}" for name, kind in kinds.items())
    assert p.struct_hash(f"Thing({members})", *message.values()) == theirs.body


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", "1"),
        ("bool", 1),
        ("address", bytes(20)),
        ("bytes32", bytes(31)),
        ("string", b"text"),
        ("bytes", "text"),
        ("int8", 1),
    ],
)
def test_values_that_do_not_fit_their_type_are_refused(kind: str, value: int | str | bytes) -> None:
    with pytest.raises(p.TypedValueInvalid):
        p.struct_hash(f"Thing({kind} it)", value)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(p.TypedValueInvalid, match="takes 2 values"):
        p.struct_hash("Thing(uint8 a,uint8 b)", 1)


# --- signatures -----------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**64))
def test_signatures_are_canonical_and_name_their_signer(digest: bytes, secret: int) -> None:
    key = secret.to_bytes(32, "big")
    signature = p.sign(digest, key)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert p.recover(digest, signature) == p.address_of(key) == Account.from_key(key).address


def test_another_digest_names_somebody_else() -> None:
    signature = p.sign(hashlib.sha256(b"this").digest(), KEY)
    try:
        signer = p.recover(hashlib.sha256(b"that").digest(), signature)
    except p.SignatureInvalid:
        return
    assert signer != p.address_of(KEY)


def test_the_twin_of_a_signature_is_refused() -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    digest = hashlib.sha256(b"this").digest()
    signature = p.sign(digest, KEY)
    s = order - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    with pytest.raises(p.SignatureInvalid, match="canonical"):
        p.recover(digest, twin)


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(65), bytes(64) + b"\x1b", bytes(64) + b"\x00"]
)
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(p.SignatureInvalid):
        p.recover(bytes(32), signature)


@pytest.mark.parametrize("key", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_what_is_no_key_is_refused_without_being_shown(key: bytes) -> None:
    for use in (lambda: p.sign(bytes(32), key), lambda: p.address_of(key)):
        with pytest.raises(p.KeyInvalid) as caught:
            use()
        assert not key or key.hex() not in str(caught.value)


def test_only_digests_are_signed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        p.sign(b"a message", KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        p.recover(b"a message", bytes(65))
