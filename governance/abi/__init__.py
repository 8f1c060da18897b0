"""The contracts as seen from outside: ABIs, events, errors, selectors and how to know their code.

The JSON files beside this module are generated from the contracts (``python -m deploy.compile``);
this module only gives them types. They are read when first asked for, and once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event, an error or a struct in one."""

    name: str
    type: str
    indexed: bool
    components: tuple["Field", ...]
    """What a struct (``tuple``, ``tuple[]``) is made of; empty for all other types."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """An event or an error, as declared."""

    name: str
    signature: str
    identity: bytes
    """The event's topic (32 bytes) or the error's selector (4 bytes)."""
    contracts: frozenset[str]
    """The contracts of the house that have it."""
    inputs: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a contract's code, in bytes."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Code:
    """How to recognise a contract's deployed code."""

    size: int
    template: bytes
    """Keccak-256 of the code with every immutable zeroed."""
    immutables: Mapping[str, tuple[Place, ...]]
    """Where each immutable, named ``Contract.VARIABLE``, is written into the code."""
    slots: Mapping[str, int]
    """The storage slot of each state variable (where it starts, if several share one)."""


def load_abi(contract: str) -> list[dict[str, Any]]:
    """A contract's ABI, as signing libraries want it."""
    abi: list[dict[str, Any]] = _read("abi")[contract]
    return abi


@cache
def load_events() -> Mapping[bytes, Declaration]:
    """Every event of the house, by topic."""
    return _declarations("events")


@cache
def load_errors() -> Mapping[bytes, Declaration]:
    """Every custom error of the house, by selector."""
    return _declarations("errors")


@cache
def load_functions(contract: str) -> Mapping[str, bytes]:
    """A contract's selectors, by canonical signature, such as ``head()``."""
    return {
        signature: _bytes(selector)
        for signature, selector in _read("events")["functions"][contract].items()
    }


@cache
def load_code(contract: str) -> Code:
    """How to recognise a contract's deployed code, and where it keeps its variables."""
    entry = _read("code")[contract]
    return Code(
        size=entry["bytes"],
        template=_bytes(entry["template"]),
        immutables={
            name: tuple(Place(place["start"], place["length"]) for place in places)
            for name, places in entry["immutables"].items()
        },
        slots={variable["label"]: variable["slot"] for variable in entry["storage"]},
    )


def _declarations(kind: str) -> Mapping[bytes, Declaration]:
    return {
        _bytes(identity): Declaration(
            name=entry["name"],
            signature=entry["signature"],
            identity=_bytes(identity),
            contracts=frozenset(entry["contracts"]),
            inputs=_fields(entry["inputs"]),
        )
        for identity, entry in _read("events")[kind].items()
    }


def _fields(entries: list[dict[str, Any]]) -> tuple[Field, ...]:
    return tuple(
        Field(
            name=entry["name"],
            type=entry["type"],
            indexed=entry.get("indexed", False),
            components=_fields(entry.get("components", [])),
        )
        for entry in entries
    )


@cache
def _read(table: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"{table}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
