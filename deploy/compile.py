"""Compiles the contracts and writes down all that the rest of the house needs to know of them.

``python -m deploy.compile`` writes

- ``deploy/artifacts/<Contract>.json``: what it takes to deploy a contract and to look into it,
- ``governance/abi/*.json``: what it takes to talk to a deployed one and to recognise its code.

Both are committed. ``--check`` compiles anew and fails when a committed file is not, byte for byte,
what its sources give.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError

from deploy.tables import Json, TableError, abi_table, code_table, event_table

ROOT = Path(__file__).resolve().parent.parent
COMPILER = Path(__file__).with_name("solc.mjs")
COMPILER_VERSION = "0.8.37"

ARTIFACTS = Path("deploy/artifacts")
TABLES = Path("governance/abi")

SETTINGS: Json = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 200},
    # Code without metadata: it depends on what the sources do, not on their comments and paths.
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
}

# A word that a later compiler will reserve: ours is pinned, and such names say best what they mean.
_TOLERATED_WARNING = "6335"

_OUTPUTS = (
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.deployedBytecode.object",
    "evm.methodIdentifiers",
    "metadata",
    "storageLayout",
)


class CompileError(Exception):
    """The contracts cannot be compiled, or not as the house wants them."""


@dataclass(frozen=True)
class Contract:
    """A contract that can be deployed, as the compiler gives it."""

    name: str
    compiler: str
    output: Json
    immutables: Mapping[str, str]
    """Names of the immutable variables by the compiler's number for them."""

    def artifact(self) -> Json:
        """What is committed of it, free of the compiler's passing numbers for things."""
        evm = self.output["evm"]
        return {
            "abi": self.output["abi"],
            "bytecode": "0x" + evm["bytecode"]["object"],
            "compiler": {"settings": SETTINGS, "version": self.compiler},
            "contractName": self.name,
            "deployedBytecode": "0x" + evm["deployedBytecode"]["object"],
            "immutableReferences": {
                self.immutables[number]: places
                for number, places in evm["deployedBytecode"]["immutableReferences"].items()
            },
            "methodIdentifiers": {
                signature: "0x" + selector
                for signature, selector in evm["methodIdentifiers"].items()
            },
            "storageLayout": list(self._storage()),
        }

    def _storage(self) -> Iterator[Json]:
        layout = self.output["storageLayout"]
        for variable in layout["storage"]:
            kind = layout["types"][variable["type"]]
            yield {
                "bytes": int(kind["numberOfBytes"]),
                "label": variable["label"],
                "offset": variable["offset"],
                "slot": int(variable["slot"]),
                "type": kind["label"],
            }


def compile_contracts(root: Path = ROOT) -> list[Contract]:
    """Compiles every contract that stands in a file right under ``contracts/``, sorted by name.

    Raises:
        CompileError: when there is nothing to compile with or nothing to compile, at the compiler's
            errors, and at its warnings about our own sources.
    """
    if not (ROOT / "node_modules" / "solc").is_dir():
        raise CompileError("The compiler is not installed: run `make setup` first.")
    sources = {
        path.relative_to(root).as_posix(): {"content": path.read_text(encoding="utf-8")}
        for path in sorted((root / "contracts").glob("*.sol"))
    }
    if not sources:
        raise CompileError(f"There are no contracts in {root / 'contracts'}.")

    output = _run_compiler(sources, root)
    immutables = dict(_immutables(output["sources"]))
    return sorted(
        (
            Contract(name, _compiler_of(contract), contract, immutables)
            for source in sources
            for name, contract in output["contracts"].get(source, {}).items()
            # Interfaces and abstract contracts have no code; libraries come inside their users.
            if contract["evm"]["bytecode"]["object"]
            and _kind(output["sources"][source]["ast"], name) == "contract"
        ),
        key=lambda contract: contract.name,
    )


def generate(root: Path = ROOT) -> dict[Path, str]:
    """All generated files, by their path under the root."""
    artifacts = {contract.name: contract.artifact() for contract in compile_contracts(root)}
    try:
        documents = {
            **{ARTIFACTS / f"{name}.json": artifact for name, artifact in artifacts.items()},
            TABLES / "abi.json": abi_table(artifacts),
            TABLES / "code.json": code_table(artifacts),
            TABLES / "events.json": event_table(artifacts),
        }
    except TableError as error:
        raise CompileError(str(error)) from error
    return {
        path: json.dumps(document, indent=2, sort_keys=True) + "\n"
        for path, document in documents.items()
    }


def stale(files: Mapping[Path, str], root: Path = ROOT) -> list[Path]:
    """The committed files that are not what the sources give: altered, missing or left over."""
    left_over = _committed(root) - files.keys()
    return sorted(
        left_over | {path for path, text in files.items() if _read(root / path) != text.encode()}
    )


def write(files: Mapping[Path, str], root: Path = ROOT) -> None:
    """Writes the generated files and removes what an earlier compilation left over."""
    for path in _committed(root) - files.keys():
        (root / path).unlink()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def main(arguments: list[str] | None = None) -> int:
    """Writes the generated files, or checks them; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.compile", description="Compile.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args(arguments).check
    try:
        files = generate()
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    if not check:
        write(files)
        return 0
    differing = stale(files)
    for path in differing:
        print(f"{path} is not what the contracts give: run `make compile`.", file=sys.stderr)
    return 1 if differing else 0


def _run_compiler(sources: Json, root: Path) -> Json:
    selection = {"*": {"": ["ast"], "*": list(_OUTPUTS)}}
    try:
        output: Json = solcx.compile_standard(
            {
                "language": "Solidity",
                "settings": {**SETTINGS, "outputSelection": selection},
                "sources": sources,
            },
            base_path=root,
            # The packages may be linked in from elsewhere.
            allow_paths=[ROOT / "node_modules"],
            solc_binary=COMPILER,
        )
    except SolcError as error:
        raise CompileError(error.message) from error
    warnings = [
        warning["formattedMessage"]
        for warning in output.get("errors", [])
        if warning.get("sourceLocation", {}).get("file", "").startswith("contracts/")
        and warning.get("errorCode") != _TOLERATED_WARNING
    ]
    if warnings:
        raise CompileError("\n".join(warnings).rstrip())
    return output


def _compiler_of(contract: Json) -> str:
    version: str = json.loads(contract["metadata"])["compiler"]["version"]
    if not version.startswith(f"{COMPILER_VERSION}+"):
        raise CompileError(f"The compiler is {version}, not {COMPILER_VERSION}: run `make setup`.")
    return version


def _immutables(sources: Json) -> Iterator[tuple[str, str]]:
    for definition in _definitions(sources.values()):
        for node in definition["nodes"]:
            if node.get("mutability") == "immutable":
                yield str(node["id"]), f"{definition['name']}.{node['name']}"


def _kind(ast: Json, name: str) -> str:
    kinds: dict[str, str] = {
        node["name"]: node["contractKind"] for node in _definitions([{"ast": ast}])
    }
    return kinds[name]


def _definitions(sources: Any) -> Iterator[Json]:
    for source in sources:
        for node in source["ast"]["nodes"]:
            if node["nodeType"] == "ContractDefinition":
                yield node


def _committed(root: Path) -> set[Path]:
    return {
        path.relative_to(root)
        for folder in (ARTIFACTS, TABLES)
        for path in (root / folder).glob("*.json")
    }


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
