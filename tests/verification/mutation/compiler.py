"""The contracts' sources, and a warm compiler that turns changed ones into code."""

import json
import os
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import solcx

from deploy.compile import COMPILER, SETTINGS
from tests.verification.mutation.operators import Mutant, Node, enums_of, mutants
from tests.verification.tools import ROOT

PROGRAM = Path(__file__).with_suffix(".mjs")


@dataclass(frozen=True)
class Contract:
    """One that has code, by the file it stands in."""

    file: str
    name: str


Codes = Mapping[Contract, str]


@dataclass(frozen=True)
class Sources:
    """The contracts and all that they import, with their syntax trees."""

    texts: Mapping[str, bytes]
    trees: Mapping[str, Node]

    @classmethod
    def load(cls) -> "Sources":
        """The project's files as they are."""
        own = sorted((ROOT / "contracts").glob("*.sol"))
        output = solcx.compile_standard(
            {
                "language": "Solidity",
                "settings": {**SETTINGS, "outputSelection": {"*": {"": ["ast"]}}},
                "sources": {
                    path.relative_to(ROOT).as_posix(): {"content": path.read_text(encoding="utf-8")}
                    for path in own
                },
            },
            base_path=ROOT,
            # The packages may be linked in from elsewhere.
            allow_paths=[(ROOT / "node_modules").resolve()],
            solc_binary=COMPILER,
        )
        trees = {file: source["ast"] for file, source in output["sources"].items()}
        return cls({file: (ROOT / file).read_bytes() for file in trees}, trees)

    @cached_property
    def own(self) -> list[str]:
        """The files right under `contracts/`."""
        return [file for file in self.texts if Path(file).parent == Path("contracts")]

    def mutants(self, only: str = "") -> list[Mutant]:
        """Every mutant of our own files, or of those whose path has a word in it."""
        enums = enums_of(self.trees)
        return [
            mutant
            for file in self.own
            if only in file
            for mutant in mutants(file, self.texts[file], self.trees[file], enums)
        ]

    def importers(self, file: str) -> list[str]:
        """Our own files whose code depends on a file, itself included."""
        return [other for other in self.own if file in self._closures[other]]

    def input(self, files: Iterable[str], changed: Mapping[str, bytes]) -> dict[str, Any]:
        """What the compiler is given to make the code of some files, with others in place."""
        files = list(files)
        needed = {each for file in files for each in self._closures[file]}
        texts = {file: changed.get(file, self.texts[file]).decode() for file in sorted(needed)}
        selection = {file: {"*": ["evm.bytecode.object"]} for file in files}
        return {
            "language": "Solidity",
            "settings": {**SETTINGS, "outputSelection": selection},
            "sources": {file: {"content": text} for file, text in texts.items()},
        }

    @cached_property
    def _closures(self) -> dict[str, set[str]]:
        return {file: set(self._reached(file, set())) for file in self.own}

    def _reached(self, file: str, seen: set[str]) -> Iterator[str]:
        if file in seen:
            return
        seen.add(file)
        yield file
        for node in self.trees[file]["nodes"]:
            if node["nodeType"] == "ImportDirective":
                yield from self._reached(node["absolutePath"], seen)


class Compiler:
    """A compiler that stays loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def codes(self, sources: Sources, mutant: Mutant) -> Codes | None:
        """The creation code of all contracts with a mutant in them; None if it does not compile."""
        changed = {mutant.file: mutant.apply(sources.texts[mutant.file])}
        return self._codes(sources.input(sources.importers(mutant.file), changed))

    def unchanged(self, sources: Sources) -> Codes:
        """The creation code of all contracts as they are."""
        codes = self._codes(sources.input(sources.own, {}))
        assert codes is not None
        return codes

    def _codes(self, given: dict[str, Any]) -> Codes | None:
        connection = _Connection(self.path)
        connection.request("POST", "/compile", json.dumps(given).encode())
        output = json.loads(connection.getresponse().read())
        connection.close()
        if any(error["severity"] == "error" for error in output.get("errors", [])):
            return None
        return {
            Contract(file, name): f"0x{code}"
            for file, contracts in output["contracts"].items()
            for name, contract in contracts.items()
            if (code := contract["evm"]["bytecode"]["object"])
        }


@contextmanager
def compiler(path: Path) -> Iterator[Compiler]:
    """A compiler listening on a socket at a path."""
    path.unlink(missing_ok=True)
    server = subprocess.Popen(
        ["node", PROGRAM, "serve", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError("The compiler does not start.")
        yield Compiler(path)
    finally:
        server.communicate()


class _Connection(HTTPConnection):
    """HTTP over a socket of this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Connects to the socket; the name that HTTP wants says nothing."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Paths of sockets are short by law; from where we stand ours is short enough.
        self.sock.connect(os.path.relpath(self._path))
