"""Who may import whom, as docs/architecture.md has it: data flow one way through the house."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

SHARED = {"errors", "primitives", "vocabulary", "encoding", "abi", "memory", "telling"}
MAY_IMPORT = {
    "history": set(),
    "terms": set(),
    "benefits": {"history"},
    "chain": {"history"},
    "consent": {"terms", "chain"},
    "readiness": {"terms", "chain"},
    "checkpoints": {"history", "terms"},
    "gate": {"history", "terms", "chain", "checkpoints"},
    "audit": {"history", "terms", "chain", "checkpoints", "gate", "benefits"},
    "integrations": {"terms", "chain", "checkpoints", "gate"},
}
"""The rooms of `governance`, and which others each may import besides what all share."""


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Each module that a file imports, anywhere in it, and whether only types need it."""

    def within(node: ast.AST, for_types: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, for_types) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from ((f"{child.module}.{alias.name}", for_types) for alias in child.names)
            else:
                is_guard = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
                yield from within(child, for_types or is_guard)

    return within(ast.parse(file.read_text("utf-8")), False)


def files(*parts: str) -> list[Path]:
    found = sorted((ROOT.joinpath(*parts)).rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    allowed = SHARED | MAY_IMPORT[room] | {room}
    for file in files("governance", room):
        for name, for_types in imports(file):
            parts = name.split(".")
            if parts[0] == "governance" and not for_types:
                assert parts[1] in allowed, f"{file} imports {name}"


def test_every_room_is_in_the_table() -> None:
    rooms = {file.parent.name for file in (ROOT / "governance").glob("*/__init__.py")}
    assert rooms == MAY_IMPORT.keys() | {"abi"}


def test_the_library_knows_neither_its_commands_nor_how_networks_are_made() -> None:
    for file in files("governance"):
        for name, _ in imports(file):
            assert name.split(".")[0] not in {"cli", "deploy", "click", "rich", "tests"}, file


def test_what_is_deployed_knows_no_commands() -> None:
    for file in files("deploy"):
        assert not any(name.split(".")[0] == "cli" for name, _ in imports(file)), file


def test_eth_account_is_imported_in_one_place_and_web3_nowhere() -> None:
    """It raises Python's recursion limit, and both cost half a second."""
    found = {
        file.relative_to(ROOT).as_posix()
        for top in ("governance", "cli", "deploy")
        for file in files(top)
        for name, _ in imports(file)
        if name.split(".")[0] in {"web3", "eth_account"}
    }
    assert found == {"governance/chain/signer.py"}
