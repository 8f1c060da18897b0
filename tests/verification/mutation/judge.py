"""Whether a test notices a mutant.

Each judge has a folder with a copy of what forge needs, so that the project's own files are never
touched and several can be judged at once. The tests there are compiled once: they create contracts
from the artifacts that forge keeps, in which a judge puts the mutant's code in place of ours.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.programs import find_program
from tests.verification.mutation.compiler import (
    PROGRAM,
    Codes,
    Compiler,
    Contract,
    Sources,
    compiler,
)
from tests.verification.mutation.operators import Mutant
from tests.verification.tools import ROOT, WORK

_KEPT = Path(".cache/forge")
# What takes long and notices next to nothing that the others do not.
LEFT_OUT = ("symbolic", "Invariants*.t.sol", "Scale.t.sol")

# First all tests with few random inputs, which is what notices most; what passes them must stand up
# to as many as `make test` tries.
_QUICK = {"FOUNDRY_FUZZ_RUNS": "16", "FOUNDRY_INVARIANT_RUNS": "1"}
# A busy machine must not pass for an endless loop, which ends soon by itself: it runs out of gas.
_TIMES_LONGER = 10
_SECONDS_ON_TOP = 30


class BrokenBaseline(Exception):
    """The contracts as they are do not pass, so that nothing can be said of others."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    outcome: str
    """killed, timeout, survived, same code, or stillborn (does not compile)."""
    by: str
    """The first test that noticed."""
    seconds: float


class Judge:
    """Judges one mutant after the other."""

    def __init__(self, folder: Path, tool: Compiler, sources: Sources) -> None:
        self.folder = folder
        self._compiler = tool
        self._sources = sources
        self._codes: Codes = {}
        self._limits: dict[bool, float] = {}

    def prepare(self) -> None:
        """Builds the contracts as they are, and measures how long their tests take.

        Raises:
            BrokenBaseline: when they fail, or forge's code is not what our compiler gives.
        """
        _copy(self.folder)
        built = self._forge("build")
        if built.returncode != 0:
            raise BrokenBaseline(built.stderr)
        self._codes = self._compiler.unchanged(self._sources)
        for contract, code in self._codes.items():
            if self._artifact(contract)["bytecode"]["object"] != code:
                raise BrokenBaseline(f"{contract.name} is compiled in two ways")
        for quick in (True, False):
            verdict = self._test(quick, limit=None)
            if verdict.outcome != "survived":
                raise BrokenBaseline(verdict.by)
            self._limits[quick] = _TIMES_LONGER * verdict.seconds + _SECONDS_ON_TOP

    def prepare_like(self, other: "Judge") -> None:
        """Takes over what another one has prepared."""
        shutil.rmtree(self.folder / _KEPT, ignore_errors=True)
        shutil.copytree(other.folder / _KEPT, self.folder / _KEPT)
        _copy(self.folder)
        self._codes, self._limits = other._codes, other._limits

    def judge(self, mutant: Mutant) -> Verdict:
        """Compiles and tests a mutant."""
        started = time.monotonic()
        codes = self._compiler.codes(self._sources, mutant)
        if codes is None:
            return Verdict("stillborn", "", time.monotonic() - started)
        others = {name: code for name, code in codes.items() if code != self._codes[name]}
        if not others:
            return Verdict("same code", "", time.monotonic() - started)
        with self._in_place(others):
            verdict = self._test(quick=True, limit=self._limits[True])
            if verdict.outcome == "survived":
                verdict = self._test(quick=False, limit=self._limits[False])
        return Verdict(verdict.outcome, verdict.by, time.monotonic() - started)

    @contextmanager
    def _in_place(self, codes: Codes) -> Iterator[None]:
        originals = {self._path(name): self._path(name).read_bytes() for name in codes}
        try:
            for name, code in codes.items():
                artifact = self._artifact(name)
                artifact["bytecode"]["object"] = code
                self._path(name).write_text(json.dumps(artifact), encoding="utf-8")
            yield
        finally:
            for path, original in originals.items():
                path.write_bytes(original)

    def _test(self, quick: bool, limit: float | None) -> Verdict:
        # A failure kept from one mutant would be tried on the next.
        for kept in ("fuzz", "invariant", "test-failures"):
            shutil.rmtree(self.folder / _KEPT / kept, ignore_errors=True)
        started = time.monotonic()
        try:
            done = self._forge(
                *("test", "--json", "--fail-fast", "--threads", "1"),
                limit=limit,
                settings=_QUICK if quick else {},
            )
        except subprocess.TimeoutExpired:
            return Verdict("timeout", "", time.monotonic() - started)
        if not done.stdout.startswith("{"):
            raise RuntimeError(f"forge: {done.stderr or done.stdout}")
        failed = next(_failures(json.loads(done.stdout)), "")
        outcome = "killed" if failed else "survived"
        return Verdict(outcome, failed, time.monotonic() - started)

    def _forge(
        self, *arguments: str, limit: float | None = None, settings: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        own = {"SOLC_SOCKET": os.path.relpath(self._compiler.path, self.folder), "NO_COLOR": "1"}
        return subprocess.run(
            [str(find_program("forge")), *arguments],
            cwd=self.folder,
            env={**os.environ, **own, "FOUNDRY_SOLC": str(PROGRAM), **(settings or {})},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )

    def _artifact(self, contract: Contract) -> dict[str, Any]:
        artifact: dict[str, Any] = json.loads(self._path(contract).read_bytes())
        return artifact

    def _path(self, contract: Contract) -> Path:
        file = Path(contract.file).name
        return self.folder / _KEPT / "out" / file / f"{contract.name}.json"


@contextmanager
def judges(count: int, sources: Sources) -> Iterator[list[Judge]]:
    """So many judges, ready to work."""
    with ExitStack() as stack:
        ready = []
        for number in range(count):
            folder = WORK / "mutation" / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            tool = stack.enter_context(compiler(folder / "compiler.sock"))
            ready.append(Judge(folder, tool, sources))
        ready[0].prepare()
        for judge in ready[1:]:
            judge.prepare_like(ready[0])
        yield ready


def _copy(folder: Path) -> None:
    """Copies sources and tests; what is built stays from one campaign to the next."""
    for part in ("contracts", "tests/contracts", "deploy/artifacts"):
        shutil.rmtree(folder / part, ignore_errors=True)
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copy(ROOT / "foundry.toml", folder)
    packages = folder / "node_modules"
    packages.unlink(missing_ok=True)
    packages.symlink_to((ROOT / "node_modules").resolve())


def _failures(suites: dict[str, Any]) -> Iterator[str]:
    for suite, results in suites.items():
        for test, outcome in results["test_results"].items():
            if outcome["status"] == "Failure":
                yield f"{suite.rpartition(':')[2]}.{test.partition('(')[0]}"
