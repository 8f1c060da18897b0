"""Compiling the anchors, each with the compiler that its pragma names."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.primitives import sha256

ROOT = Path(__file__).resolve().parents[2]
OPTIMIZER_RUNS = 200

_CACHE = ROOT / ".cache" / "gas"
_COMPILER = Path(__file__).with_name("solc.mjs")
_STAND_INS = Path(__file__).with_name("contracts")


@dataclass(frozen=True, slots=True)
class Build:
    """What is compiled together.

    Attributes:
        compiler: npm module of the compiler.
        evm: EVM version that the code is for.
        sources: files by their names in the compiler's input.
        remappings: where imports are read instead, from `node_modules` on.
    """

    compiler: str
    evm: str
    sources: dict[str, Path]
    remappings: tuple[str, ...] = ()

    def creation_codes(self) -> dict[str, bytes]:
        """The contracts' creation code by their names; compiled once for the same input."""
        document = self._input()
        lock = (ROOT / "package-lock.json").read_bytes()
        cached = _CACHE / f"{sha256(document.encode() + lock).hex()}.json"
        if not cached.is_file():
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_text(json.dumps(self._compile(document)), encoding="utf-8")
        codes: dict[str, str] = json.loads(cached.read_text(encoding="utf-8"))
        return {name: bytes.fromhex(code) for name, code in codes.items()}

    def _input(self) -> str:
        return json.dumps(
            {
                "language": "Solidity",
                "settings": {
                    "evmVersion": self.evm,
                    "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
                    "remappings": self.remappings,
                    "outputSelection": {
                        name: {"*": ["evm.bytecode.object"]} for name in self.sources
                    },
                },
                "sources": {
                    name: {"content": path.read_text(encoding="utf-8")}
                    for name, path in self.sources.items()
                },
            }
        )

    def _compile(self, document: str) -> dict[str, str]:
        done = subprocess.run(
            ["node", _COMPILER, self.compiler],
            input=document,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
        output: dict[str, Any] = json.loads(done.stdout)
        errors = [each for each in output.get("errors", []) if each["severity"] == "error"]
        assert not errors, errors[0]["formattedMessage"]
        return {
            name: contract["evm"]["bytecode"]["object"]
            for source in self.sources
            for name, contract in output["contracts"][source].items()
        }


def version_of(package: str) -> str:
    """The version of an installed npm package."""
    text = (ROOT / "node_modules" / package / "package.json").read_text(encoding="utf-8")
    version: str = json.loads(text)["version"]
    return version


def _from_package(*names: str) -> dict[str, Path]:
    return {name: ROOT / "node_modules" / name for name in names}


EAS_PACKAGE = "@ethereum-attestation-service/eas-contracts"

EAS = Build(
    "solc-0.8.29",
    # As the code that the package brings along compiled, which knows no PUSH0.
    "paris",
    _from_package(
        f"{EAS_PACKAGE}/contracts/EAS.sol", f"{EAS_PACKAGE}/contracts/SchemaRegistry.sol"
    ),
    ("@openzeppelin/contracts/=openzeppelin-5.3/",),
)
"""With the OpenZeppelin that its `package.json` names."""

SPLITTER = Build("solc", "paris", _from_package("openzeppelin-4.9/finance/PaymentSplitter.sol"))
"""Its pragma allows every 0.8; OpenZeppelin 4.9 is older than the EVM versions after `paris`."""

STAND_INS = Build("solc", "cancun", {path.name: path for path in sorted(_STAND_INS.glob("*.sol"))})
"""The floor and the plain Governor, with compiler and settings of the house."""
