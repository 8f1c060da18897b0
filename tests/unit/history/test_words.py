"""The library's words against the contracts' source: nothing renamed, added, left out or moved."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from governance import vocabulary
from governance.abi import load_events
from governance.history import events as e
from governance.history.abi import snake_case
from governance.history.proposals import ProposalState, Support

ROOT = Path(__file__).parents[3]
TYPES = (ROOT / "contracts/interfaces/Types.sol").read_text(encoding="utf-8")
GOVERNOR = ROOT / "node_modules/@openzeppelin/contracts/governance"

ENUMS = dict(re.findall(r"^enum (\w+) \{(.*?)\}", TYPES, re.DOTALL | re.MULTILINE))
STRUCTS = dict(re.findall(r"^struct (\w+) \{(.*?)\}", TYPES, re.DOTALL | re.MULTILINE))

NOT_OF_RECORD = {
    "Countersigned",
    "EIP712DomainChanged",
    "ProposalQueued",
    "Relayed",
    "VoteCastWithParams",
}
"""Events that the contracts' code could name and that no history holds."""

BETWEEN_CONTRACTS = {"Credit", "Earnings", "RelayRequest"}
"""Structs of calls that Python asks and makes in words of its own."""


def members(body: str) -> list[str]:
    """The names of an enum's members, as Python writes them."""
    return [snake_case(name.strip()).removeprefix("_").upper() for name in body.split(",")]


@pytest.mark.parametrize("name", ENUMS)
def test_enums_are_those_of_the_contracts(name: str) -> None:
    mirrored: Any = getattr(vocabulary, name)
    assert [member.name for member in mirrored] == members(ENUMS[name])
    assert [member.value for member in mirrored] == list(range(len(mirrored)))


@pytest.mark.parametrize("name", sorted(STRUCTS.keys() - BETWEEN_CONTRACTS))
def test_structs_are_those_of_the_contracts(name: str) -> None:
    declared = re.findall(r"(\w+);", STRUCTS[name])
    mirrored: Any = getattr(vocabulary, name)
    assert [field.name for field in fields(mirrored)] == list(map(snake_case, declared))


def test_every_event_of_the_house_is_of_record_or_known_not_to_be() -> None:
    assert {entry.name for entry in load_events().values()} - NOT_OF_RECORD == {
        event.__name__ for event in e.OF_RECORD
    }


@pytest.mark.parametrize("event", e.OF_RECORD, ids=lambda event: event.__name__)
def test_every_event_of_record_is_emitted_by_one_contract(event: type[e.Event]) -> None:
    (entry,) = [each for each in load_events().values() if each.name == event.__name__]
    assert entry.contracts == {event.emitter.value}


@pytest.mark.parametrize(
    ("file", "name", "mirrored"),
    [
        ("IGovernor.sol", "ProposalState", ProposalState),
    ],
)
def test_the_governor_s_words_are_openzeppelin_s(file: str, name: str, mirrored: Any) -> None:
    source = (GOVERNOR / file).read_text(encoding="utf-8")
    (body,) = re.findall(rf"enum {name} \{{(.*?)\}}", source, re.DOTALL)
    assert [member.name for member in mirrored] == members(body)


def test_ballots_are_those_of_the_governor() -> None:
    source = (ROOT / "contracts/SwarmGovernor.sol").read_text(encoding="utf-8")
    declared = re.findall(r"uint8 private constant _(\w+) = (\d);", source)
    assert [(member.name, str(member.value)) for member in Support] == declared
