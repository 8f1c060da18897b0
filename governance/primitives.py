"""The small pure functions that all rooms share: hashes, hex, addresses, trees, signatures.

Importing this module loads no cryptography; each library is loaded by its first use, so that a
command which needs none starts without it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from coincurve import PublicKey

    _Encoder = Callable[[int | str | bytes], bytes]

DOMAIN_NAME = "Swarm Charter"
DOMAIN_VERSION = "1"
ZERO_ADDRESS = "0x" + 40 * "0"

_WORD = 32
_ADDRESS_BYTES = 20
_SIGNATURE_BYTES = 65
_NUMBER = re.compile(r"0x0*([0-9a-fA-F]{1,16})", re.ASCII)
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_RLP_SHORT = 0x80
_RLP_LIST = 0xC0
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_ORDER = (_CURVE_ORDER // 2).to_bytes(_WORD, "big")


class HexInvalid(CharterError):
    """A text should be hexadecimal, of a certain length, and is not."""

    code = "HexInvalid"


class AddressInvalid(CharterError):
    """A text should be an address and is not, or its checksum is wrong."""

    code = "AddressInvalid"


class TypedValueInvalid(CharterError):
    """A value does not fit its type in EIP-712 typed data."""

    code = "TypedValueInvalid"


class SignatureInvalid(CharterError):
    """A signature is malformed, malleable, or nobody's."""

    code = "SignatureInvalid"


class KeyInvalid(CharterError):
    """A private key is not 32 bytes within the curve's order."""

    code = "KeyInvalid"
    exit_status = ExitStatus.LOCAL


# --- hashes and hex -------------------------------------------------------------------------------


@cache
def _keccak_256() -> Callable[[bytes], Any]:
    from sha3 import keccak_256  # noqa: PLC0415 - see the module's docstring

    found: Callable[[bytes], Any] = keccak_256
    return found


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it, 32 bytes."""
    digest: bytes = _keccak_256()(data).digest()
    return digest


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def to_hex(data: bytes) -> str:
    """`0x` and lower-case hexadecimal."""
    return "0x" + data.hex()


class FieldRepeated(ValueError):
    """A JSON object names a field twice, of which readers would choose differently."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose fields are there once each: for `json.loads`, as `object_pairs_hook`.

    Raises:
        FieldRepeated: One is there twice.
    """
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise FieldRepeated("a field is there twice")
    return fields


def utc(seconds: int) -> str:
    """A time as people write it, in UTC, from Unix seconds; the number where there is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def from_hex(text: str, length: int | None = None, what: str = "value") -> bytes:
    """The bytes behind `0x…` text.

    Args:
        text: `0x` and an even number of hexadecimal digits.
        length: How many bytes there must be, if that is fixed.
        what: What the error message calls the text.

    Raises:
        HexInvalid: It is something else.
    """
    try:
        data = bytes.fromhex(text[2:])
    except ValueError:
        data = b""
    # It would let white space pass: then there are fewer bytes than digits for them.
    if text[:2] != "0x" or 2 * len(data) != len(text) - 2:
        raise _not_hex(text, length, what)
    if length is not None and len(data) != length:
        raise _not_hex(text, length, what)
    return data


def number_from_hex(text: Any) -> int:
    """A number as JSON-RPC writes it (`0x2a`), of at most 64 bits: no chain counts further.

    Args:
        text: What should be one.

    Raises:
        HexInvalid: It is something else, or larger.
    """
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise HexInvalid(
            "A value is no number of at most 64 bits in hexadecimal digits.",
            "Give 0x followed by 1 to 16 hexadecimal digits.",
        )
    return int(match[1], 16)


def _not_hex(text: str, length: int | None, what: str) -> HexInvalid:
    """What is wrong with a text that should be so many bytes in hexadecimal."""
    digits = text[2:]
    if not text.startswith("0x"):
        message = f"The {what} does not begin with 0x."
    elif not set(digits) <= _HEX_DIGITS:
        message = f"The {what} holds characters that are not hexadecimal digits."
    elif len(digits) % 2:
        message = f"The {what} is not made of whole bytes in hexadecimal digits."
    else:
        message = f"The {what} has {len(digits) // 2} bytes instead of {length}."
    shape = "hexadecimal digits" if length is None else f"{2 * length} hexadecimal digits"
    return HexInvalid(message, f"Give 0x followed by {shape}.")


# --- addresses ------------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def checksum_address(address: str | bytes) -> str:
    """An address with its EIP-55 checksum, from 20 bytes or from text.

    Raises:
        AddressInvalid: It is no address, or is in mixed case with a wrong checksum.
    """
    remedy = "Give 0x followed by 40 hexadecimal digits, as the address was printed."
    if isinstance(address, bytes):
        if len(address) != _ADDRESS_BYTES:
            raise AddressInvalid(f"An address has 20 bytes, not {len(address)}.", remedy)
        digits = address.hex()
    else:
        try:
            digits = from_hex(address, _ADDRESS_BYTES, "address").hex()
        except HexInvalid as error:
            raise AddressInvalid(error.message, remedy) from None
    nibbles = keccak(digits.encode()).hex()
    checked = "0x" + "".join(
        digit.upper() if nibble >= "8" else digit
        for digit, nibble in zip(digits, nibbles, strict=False)
    )
    if isinstance(address, str):
        given = address[2:]
        if given not in (checked[2:], given.lower(), given.upper()):
            raise AddressInvalid("The address has a wrong checksum, so it is mistyped.", remedy)
    return checked


def address_bytes(address: str) -> bytes:
    """The 20 bytes of an address in text.

    Raises:
        AddressInvalid: It is no address.
    """
    return bytes.fromhex(checksum_address(address)[2:])


def create_address(deployer: str, nonce: int) -> str:
    """The address of the contract that a transaction of `deployer` creates (CREATE).

    Raises:
        AddressInvalid: `deployer` is no address.
        ValueError: `nonce` is negative.
    """
    if nonce < 0:
        raise ValueError("nonces count from 0")
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    # RLP: a small number stands for itself, everything else short is prefixed with its length.
    item = number if 0 < nonce < _RLP_SHORT else bytes([_RLP_SHORT + len(number)]) + number
    payload = bytes([_RLP_SHORT + _ADDRESS_BYTES]) + address_bytes(deployer) + item
    return checksum_address(keccak(bytes([_RLP_LIST + len(payload)]) + payload)[12:])


# --- Merkle trees (RFC 6962) ----------------------------------------------------------------------


def _leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def merkle_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """The hashes of leaves, as they stand lowest in the RFC 6962 Merkle tree."""
    sha = hashlib.sha256
    return [sha(b"\x00" + leaf).digest() for leaf in leaves]


def _above(below: Sequence[bytes]) -> list[bytes]:
    """The level above; an odd last node rises unchanged."""
    sha, each = hashlib.sha256, iter(below)
    level = [sha(b"\x01" + left + right).digest() for left, right in zip(each, each, strict=False)]
    if len(below) % 2:
        level.append(below[-1])
    return level


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root of the RFC 6962 Merkle tree (SHA-256); of no leaves, the hash of nothing."""
    return merkle_root_of(merkle_hashes(leaves))


def merkle_root_of(hashes: Sequence[bytes]) -> bytes:
    """The same from the leaves' hashes, as `merkle_hashes` gives them."""
    level = hashes
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else sha256(b"")


def merkle_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What proves that the leaf at `index` is in the tree: the sibling hashes from the leaf up.

    Raises:
        IndexError: There is no such leaf.
    """
    return merkle_path_of(merkle_hashes(leaves), index)


def merkle_path_of(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The same from the leaves' hashes, as `merkle_hashes` gives them.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(f"no leaf {index} among {len(hashes)}")
    path, level = [], hashes
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index //= 2
        level = _above(level)
    return path


def merkle_verify(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that `leaf` stands at `index` of `size` leaves under `root`."""
    if not 0 <= index < size:
        return False
    head, width, remaining = _leaf(leaf), size, list(path)
    while width > 1:
        sibling = index ^ 1
        if sibling < width:
            if not remaining:
                return False
            other = remaining.pop(0)
            head = _node(other, head) if index % 2 else _node(head, other)
        index //= 2
        width = (width + 1) // 2
    return not remaining and head == root


# --- typed data (EIP-712) -------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def domain_separator(chain_id: int, contract: str) -> bytes:
    """The EIP-712 domain of one of the house's contracts: name `Swarm Charter`, version `1`.

    Raises:
        AddressInvalid: `contract` is no address.
    """
    return struct_hash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        DOMAIN_NAME,
        DOMAIN_VERSION,
        chain_id,
        contract,
    )


def struct_hash(type_string: str, *values: int | str | bytes) -> bytes:
    """EIP-712 `hashStruct` of a struct without nested structs or arrays.

    Args:
        type_string: Such as `Countersignature(uint256 length,bytes32 head)`.
        values: The members' values in that order: `int` for `uint…`, `bool`, `0x…` text for
            `address`, `bytes`
            for `bytes…`, text for `string`.

    Raises:
        TypedValueInvalid: A value is missing or does not fit its type.
    """
    type_hash, encoders = _parse(type_string)
    if len(encoders) != len(values):
        raise TypedValueInvalid(
            f"{type_string} takes {len(encoders)} values, not {len(values)}.",
            "Give one value for each member.",
        )
    words = [encode(value) for encode, value in zip(encoders, values, strict=True)]
    return keccak(type_hash + b"".join(words))


def typed_digest(domain: bytes, struct: bytes) -> bytes:
    """The 32 bytes that are signed for a struct's hash under a domain."""
    return keccak(b"\x19\x01" + domain + struct)


@lru_cache(maxsize=256)
def _parse(type_string: str) -> tuple[bytes, tuple[_Encoder, ...]]:
    """A type's hash, and what turns each member's value into its word."""
    members = type_string.partition("(")[2].removesuffix(")")
    kinds = [member.split(" ")[0] for member in members.split(",")] if members else []
    return keccak(type_string.encode()), tuple(map(_encoder, kinds))


@cache
def _encoder(kind: str) -> _Encoder:
    # One closure a type: the gate encodes an envelope for every update.
    if kind.startswith("uint"):
        limit = 1 << int(kind[4:])

        def encode(value: int | str | bytes) -> bytes:
            if isinstance(value, int) and 0 <= value < limit:
                return value.to_bytes(_WORD, "big")
            raise _unfit(kind, value)

    elif kind.startswith("bytes") and kind != "bytes":
        size, padding = int(kind[5:]), bytes(_WORD - int(kind[5:]))

        def encode(value: int | str | bytes) -> bytes:
            if isinstance(value, bytes) and len(value) == size:
                return value + padding
            raise _unfit(kind, value)

    else:

        def encode(value: int | str | bytes) -> bytes:
            if kind == "bool" and isinstance(value, bool):
                return int(value).to_bytes(_WORD, "big")
            if kind == "address" and isinstance(value, str):
                return bytes(12) + address_bytes(value)
            if kind == "string" and isinstance(value, str):
                return keccak(value.encode())
            if kind == "bytes" and isinstance(value, bytes):
                return keccak(value)
            raise _unfit(kind, value)

    return encode


def _unfit(kind: str, value: object) -> TypedValueInvalid:
    return TypedValueInvalid(
        f"A value of Python type {type(value).__name__} does not fit {kind}.",
        "Give a value within the range of its type.",
    )


# --- signatures (secp256k1) -----------------------------------------------------------------------


@cache
def _public_key() -> type[PublicKey]:
    from coincurve import PublicKey  # noqa: PLC0415 - see the module's docstring

    return PublicKey


def sign(digest: bytes, private_key: bytes) -> bytes:
    """Signs 32 bytes; `r ‖ s ‖ v`, v 27 or 28, s in the lower half as OpenZeppelin asks.

    Raises:
        KeyInvalid: The key is no secp256k1 key.
    """
    from coincurve import PrivateKey  # noqa: PLC0415 - see the module's docstring

    if len(digest) != _WORD:
        raise ValueError("a digest has 32 bytes")
    signature = PrivateKey(_checked_key(private_key)).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])


def recover(digest: bytes, signature: bytes) -> str:
    """Whose signature of these 32 bytes it is: the signer's address, with checksum.

    Raises:
        SignatureInvalid: It is malformed, not in the canonical form (v 27 or 28, s in the lower
            half), or nobody's.
    """
    remedy = "Have it signed again by the key it should come from."
    if len(digest) != _WORD:
        raise ValueError("a digest has 32 bytes")
    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        raise SignatureInvalid("The signature is not 65 bytes ending in 27 or 28.", remedy)
    # The other s would be a second valid signature of the same statement.
    if signature[32:64] > _HALF_ORDER:
        raise SignatureInvalid("The signature is not in its canonical form.", remedy)
    try:
        key = _public_key().from_signature_and_message(
            signature[:64] + bytes([signature[64] - 27]), digest, hasher=None
        )
    # coincurve raises bare exceptions for what is no point on the curve.
    except Exception:
        raise SignatureInvalid("The signature is nobody's.", remedy) from None
    return address_of_public_key(key.format(compressed=False)[1:])


def address_of(private_key: bytes) -> str:
    """The address that a private key speaks for.

    Raises:
        KeyInvalid: The key is no secp256k1 key.
    """
    key = _public_key().from_secret(_checked_key(private_key))
    return address_of_public_key(key.format(compressed=False)[1:])


def address_of_public_key(public_key: bytes) -> str:
    """The address, with checksum, of an uncompressed public key without its prefix, 64 bytes."""
    return checksum_address(keccak(public_key)[12:])


def _checked_key(private_key: bytes) -> bytes:
    if len(private_key) != _WORD or not 0 < int.from_bytes(private_key, "big") < _CURVE_ORDER:
        raise KeyInvalid(
            "The private key is not a secp256k1 key of 32 bytes.",
            "Use a key that the key store made.",
        )
    return private_key
