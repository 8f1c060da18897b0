"""Whether the code at an address is the house's, and which values its immutables were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.abi import load_code
from governance.chain.errors import CodeForeign
from governance.primitives import DOMAIN_NAME, DOMAIN_VERSION, address_bytes, keccak

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = 32
_SHORT = 31


def immutables(contract: str, address: str, code: bytes) -> dict[str, bytes]:
    """The values of a contract's immutables, 32 bytes each, once its code is known to be ours.

    Args:
        contract: its name, such as `Swarm`.
        address: where the code stands, for the error.
        code: what `eth_getCode` gives.

    Raises:
        CodeForeign: it is other code than the committed contracts compile to.
    """
    known = load_code(contract)
    if not code:
        raise CodeForeign(contract, address, "there is no code")
    if len(code) != known.size:
        raise CodeForeign(contract, address, "the code is another")
    values: dict[str, bytes] = {}
    blank = bytearray(code)
    for name, places in known.immutables.items():
        found = {code[place.start : place.start + place.length] for place in places}
        if len(found) != 1:
            raise CodeForeign(contract, address, f"{name} has several values")
        values[name] = found.pop()
        for place in places:
            blank[place.start : place.start + place.length] = bytes(place.length)
    if keccak(bytes(blank)) != known.template:
        raise CodeForeign(contract, address, "the code is another")
    return values


def require_immutables(
    contract: str, address: str, code: bytes, expected: Mapping[str, bytes]
) -> None:
    """Makes sure that code is ours and that every immutable has the value it should.

    Args:
        contract: its name, such as `Swarm`.
        address: where the code stands.
        code: what `eth_getCode` gives.
        expected: 32 bytes for each immutable, by its name.

    Raises:
        CodeForeign: code or value differ.
    """
    for name, value in immutables(contract, address, code).items():
        if value != expected.get(name):
            raise CodeForeign(contract, address, f"{name} has another value")


def as_word(address: str) -> bytes:
    """An address as an immutable holds it."""
    return address_bytes(address).rjust(_WORD, b"\0")


def domain_immutables(chain_id: int, address: str) -> dict[str, bytes]:
    """What OpenZeppelin's EIP712 keeps as immutables under the house's domain."""
    name, version = keccak(DOMAIN_NAME.encode()), keccak(DOMAIN_VERSION.encode())
    kind = keccak(
        b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    chain = chain_id.to_bytes(_WORD, "big")
    return {
        "EIP712._cachedChainId": chain,
        "EIP712._cachedDomainSeparator": keccak(kind + name + version + chain + as_word(address)),
        "EIP712._cachedThis": as_word(address),
        "EIP712._hashedName": name,
        "EIP712._hashedVersion": version,
        "EIP712._name": _short(DOMAIN_NAME),
        "EIP712._version": _short(DOMAIN_VERSION),
    }


def _short(text: str) -> bytes:
    """A text as OpenZeppelin's ShortStrings keeps it: left-aligned, its length in the last byte."""
    return text.encode().ljust(_SHORT, b"\0") + bytes([len(text)])
