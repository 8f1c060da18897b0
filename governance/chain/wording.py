"""What a call of the house's contracts says, in names and values instead of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from governance import vocabulary
from governance.abi import load_abi
from governance.chain.calls import abi_type
from governance.errors import CharterError
from governance.history.proposals import Support
from governance.primitives import checksum_address, keccak, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import IntEnum

CONTRACTS: Final = ("Swarm", "SwarmGovernor", "Studies", "Study", "Benefits")
"""The contracts that accounts act on."""

_SELECTOR = 4
_SHORT_TEXTS = frozenset({"bytes2", "bytes3"})
"""Countries and currencies."""


class ActUnknown(CharterError):
    """A call is none that the house's contracts take, so nobody can say what it does."""

    code = "ActUnknown"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"It cannot be said what the act does: {reason}.",
            "Do not sign or send it; have it made again by `charter` of the same version.",
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """A call in names and values.

    Attributes:
        contract: the contract's name, such as `Study`.
        function: the function's name.
        arguments: by name: numbers, text, booleans, and lists and mappings of them.
    """

    contract: str
    function: str
    arguments: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The call as plain data."""
        return {
            "contract": self.contract,
            "function": self.function,
            "arguments": dict(self.arguments),
        }


def wording(data: bytes) -> Wording:
    """Says what a call does.

    Args:
        data: the call, as `call_data` makes it.

    Raises:
        ActUnknown: the contracts have no such function, or the arguments are not encoded as the
            contracts' own tools do, so that something could be hidden in them.
    """
    from eth_abi.abi import decode, encode  # noqa: PLC0415 - costs a quarter of a second
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415

    found = _functions().get(data[:_SELECTOR])
    if found is None:
        raise ActUnknown("the house's contracts have no such function")
    contract, entry = found
    types = [abi_type(part) for part in entry["inputs"]]
    body = data[_SELECTOR:]
    try:
        values = decode(types, body)
        same = encode(types, values) == body
    # What is encoded wrongly fails in the decoder's own ways.
    except (DecodingError, OverflowError, ValueError):
        same = False
    if not same:
        raise ActUnknown(f"the arguments of {contract}.{entry['name']} are malformed")
    return Wording(contract, entry["name"], _members(entry["inputs"], values))


@cache
def _functions() -> Mapping[bytes, tuple[str, dict[str, Any]]]:
    """Every function by which somebody acts, by selector; no two contracts share one."""
    found = {}
    for contract in CONTRACTS:
        for entry in load_abi(contract):
            if entry["type"] != "function" or entry["stateMutability"] in ("view", "pure"):
                continue
            signature = f"{entry['name']}({','.join(map(abi_type, entry['inputs']))})"
            found[keccak(signature.encode())[:_SELECTOR]] = (contract, entry)
    return MappingProxyType(found)


def _members(parts: list[dict[str, Any]], values: tuple[Any, ...]) -> dict[str, Any]:
    return {
        part["name"]: _plain(part, part["type"], value)
        for part, value in zip(parts, values, strict=True)
    }


def _plain(part: dict[str, Any], kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_plain(part, kind[:-2], each) for each in value]
    if kind == "tuple":
        return _members(part["components"], value)
    if isinstance(value, bytes):
        return _bytes(part["name"], kind, value)
    if kind == "address":
        return checksum_address(value)
    spoken = _SPOKEN.get((part["name"], kind)) or _enum(part["internalType"])
    return value if spoken is None else spoken(value)


def _bytes(name: str, kind: str, value: bytes) -> Any:
    if name == "calldatas":
        try:
            return wording(value).as_json()
        except ActUnknown:
            return to_hex(value)
    if name == "terms" or kind in _SHORT_TEXTS:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return to_hex(value)
    return to_hex(value)


def _enum(internal: str) -> Callable[[int], str | int] | None:
    name = internal.partition(" ")[2].removesuffix("[]")
    return _word(getattr(vocabulary, name)) if internal.startswith("enum ") else None


def _word(kind: type[IntEnum]) -> Callable[[int], str | int]:
    def spoken(number: int) -> str | int:
        try:
            return kind(number).name.lower().replace("_", "-")
        except ValueError:
            return number

    return spoken


_SPOKEN: Mapping[tuple[str, str], Callable[[int], str | int]] = MappingProxyType(
    {("support", "uint8"): _word(Support), ("reason", "uint8"): vocabulary.Ground.word}
)
"""Numbers that stand for words though the contracts declare no enum for them."""
