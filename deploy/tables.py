"""What readers need to know of the contracts, drawn from their artifacts.

The tables also hold the contracts to what makes a log a record: an event's fields stand in the log
as they stand in its declaration, and none is there only as a hash.
"""

from collections.abc import Mapping
from typing import Any

from governance.primitives import keccak

Json = dict[str, Any]
Artifacts = Mapping[str, Json]

MAX_CODE_BYTES = 24_576
"""What a contract may weigh on any chain (EIP-170); a test chain may be told to be more patient."""


class TableError(Exception):
    """A contract is not as the house's readers need it."""


def abi_table(artifacts: Artifacts) -> Json:
    """Each contract's ABI."""
    return {name: artifact["abi"] for name, artifact in artifacts.items()}


def event_table(artifacts: Artifacts) -> Json:
    """Events by topic, errors by selector, and each contract's functions' selectors."""
    return {
        "errors": _by_identity(artifacts, "error", size=4),
        "events": _by_identity(artifacts, "event", size=32),
        "functions": {name: artifact["methodIdentifiers"] for name, artifact in artifacts.items()},
    }


def code_table(artifacts: Artifacts) -> Json:
    """How to recognise a contract's deployed code and find its variables.

    ``template`` is the hash of the code with all immutables zero: whoever holds deployed code
    zeroes the places that ``immutables`` names, which tell their values, before hashing it.
    """
    return {name: _code(name, artifact) for name, artifact in artifacts.items()}


def signature(entry: Json) -> str:
    """The canonical signature that topics and selectors are hashed from."""
    return f"{entry['name']}({','.join(map(_canonical_type, entry['inputs']))})"


def _canonical_type(field: Json) -> str:
    kind: str = field["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_canonical_type, field['components']))}){kind.removeprefix('tuple')}"


def _by_identity(artifacts: Artifacts, kind: str, size: int) -> Json:
    table: dict[str, Json] = {}
    for contract, artifact in artifacts.items():
        for entry in artifact["abi"]:
            if entry["type"] != kind:
                continue
            described = {
                "inputs": [_field(field) for field in entry["inputs"]],
                "name": entry["name"],
                "signature": signature(entry),
            }
            if kind == "event":
                _check_event(contract, entry)
            identity = "0x" + keccak(described["signature"].encode())[:size].hex()
            known = table.setdefault(identity, {**described, "contracts": []})
            if any(known[key] != value for key, value in described.items()):
                raise TableError(
                    f"{contract}: {described['signature']} is declared elsewhere with other names."
                )
            known["contracts"].append(contract)
    return table


def _field(field: Json) -> Json:
    wanted: Json = {key: field[key] for key in ("indexed", "name", "type") if key in field}
    if "components" in field:
        wanted["components"] = [_field(component) for component in field["components"]]
    return wanted


def _check_event(contract: str, event: Json) -> None:
    where = f"{contract}: event {signature(event)}"
    if event["anonymous"]:
        raise TableError(f"{where} is anonymous, so readers cannot ask for it.")
    flags = [field["indexed"] for field in event["inputs"]]
    if flags != sorted(flags, reverse=True):
        raise TableError(f"{where} has an indexed field after one that is not.")
    for field in event["inputs"]:
        if not field["name"]:
            raise TableError(f"{where} has a field without a name.")
        if field["indexed"] and _is_hashed(field["type"]):
            raise TableError(f"{where} has only the hash of {field['name']}: do not index it.")


def _is_hashed(kind: str) -> bool:
    return kind in {"bytes", "string"} or kind.startswith("tuple") or kind.endswith("]")


def _code(name: str, artifact: Json) -> Json:
    if "__$" in artifact["deployedBytecode"]:
        raise TableError(
            f"{name} is to be linked to a library: make that library's functions internal."
        )
    code = bytes.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
    if len(code) > MAX_CODE_BYTES:
        raise TableError(f"{name}: {len(code)} bytes of code are more than {MAX_CODE_BYTES}.")
    return {
        "bytes": len(code),
        "immutables": artifact["immutableReferences"],
        "storage": artifact["storageLayout"],
        "template": "0x" + keccak(code).hex(),
    }
