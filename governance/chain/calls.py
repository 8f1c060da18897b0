"""Calls of the house's contracts: from names and values to bytes, and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from governance.abi import load_abi
from governance.chain.errors import FunctionUnknown, RpcError
from governance.chain.queries import eth_call
from governance.chain.refusals import refusal
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.chain.rpc import Chain

_SELECTOR = 4


def call_data(contract: str, function: str, args: Sequence[Any] = ()) -> bytes:
    """What a transaction or call carries to have a contract's function run.

    Args:
        contract: the contract's name, such as `Swarm`.
        function: the function's name, or its signature where several share the name.
        args: its arguments; structs as dataclasses with the contract's fields, or as tuples.

    Raises:
        FunctionUnknown: there is no such function, or the arguments do not fit.
    """
    signature, inputs, _ = _function(contract, function)
    return keccak(signature.encode())[:_SELECTOR] + _encode(contract, function, inputs, args)


def constructor_data(contract: str, args: Sequence[Any]) -> bytes:
    """The encoded arguments that follow a contract's creation code.

    Raises:
        FunctionUnknown: the arguments do not fit.
    """
    entry: dict[str, Any] = next(
        (entry for entry in load_abi(contract) if entry["type"] == "constructor"), {}
    )
    inputs = tuple(abi_type(part) for part in entry.get("inputs", []))
    return _encode(contract, "constructor", inputs, args)


def decode_result(contract: str, function: str, result: bytes) -> Any:
    """What a function returned: its one value, or a tuple of several.

    Structs come as tuples, addresses as lower-case text.

    Raises:
        FunctionUnknown: it is not what the function returns.
    """
    from eth_abi.abi import decode  # noqa: PLC0415 - costs a quarter of a second
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415

    _, _, outputs = _function(contract, function)
    try:
        values = decode(outputs, result)
    except (DecodingError, OverflowError, UnicodeDecodeError):
        raise FunctionUnknown(contract, function, "the answer is not what it returns") from None
    return values[0] if len(outputs) == 1 else values


def read(
    rpc: Chain,
    to: str,
    contract: str,
    function: str,
    args: Sequence[Any] = (),
    *,
    tag: str = "latest",
) -> Any:
    """Asks a contract on the chain; see `decode_result` for what comes back.

    Raises:
        Refused: the contract answers with a custom error.
        FunctionUnknown: there is no such function, or what comes back is not its result.
    """
    try:
        result = eth_call(rpc, to, call_data(contract, function, args), tag)
    except RpcError as error:
        refused = refusal(error)
        if refused is None:
            raise
        raise refused from None
    return decode_result(contract, function, result)


def abi_type(part: dict[str, Any]) -> str:
    """An argument's type as signatures have it: a struct is the list of its members."""
    kind: str = part["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(abi_type(inner) for inner in part['components'])}){kind[5:]}"


@cache
def _function(contract: str, function: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    found = {}
    try:
        entries = load_abi(contract)
    except KeyError:
        raise FunctionUnknown(contract, function, "the house has no such contract") from None
    for entry in entries:
        if entry["type"] != "function":
            continue
        inputs = tuple(abi_type(part) for part in entry["inputs"])
        signature = f"{entry['name']}({','.join(inputs)})"
        if function in (entry["name"], signature):
            outputs = tuple(abi_type(part) for part in entry["outputs"])
            found[signature] = (signature, inputs, outputs)
    if not found:
        raise FunctionUnknown(contract, function, "the contract has no such function")
    if len(found) > 1:
        raise FunctionUnknown(contract, function, "several have the name; give the signature")
    return next(iter(found.values()))


def _encode(contract: str, function: str, types: Sequence[str], args: Sequence[Any]) -> bytes:
    from eth_abi.abi import encode  # noqa: PLC0415 - costs a quarter of a second
    from eth_abi.exceptions import EncodingError, ParseError  # noqa: PLC0415

    if len(args) != len(types):
        reason = f"it takes {len(types)} arguments, not {len(args)}"
        raise FunctionUnknown(contract, function, reason)
    try:
        return encode(types, [_plain(value) for value in args])
    except (EncodingError, ParseError, TypeError, ValueError, OverflowError):
        raise FunctionUnknown(contract, function, "an argument does not fit its type") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(_plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value
