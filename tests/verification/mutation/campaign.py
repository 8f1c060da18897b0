"""Judges all mutants, or a sample of them, and goes on where it was stopped.

Every verdict is written down at once, with digests of the contracts and of the tests that it was
reached with. A mutant that was noticed stays noticed while the contracts are the same, for tests
are added, not taken away; what survived is judged again as soon as the tests are others.
"""

import hashlib
import json
import random
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.verification.mutation.compiler import Sources
from tests.verification.mutation.judge import LEFT_OUT, Judge, Verdict, judges
from tests.verification.mutation.operators import Mutant
from tests.verification.tools import ROOT, WORK

_VERDICTS = WORK / "mutation" / "verdicts.jsonl"
_PROGRESS_EVERY = 25


@dataclass(frozen=True)
class State:
    """What verdicts depend on."""

    contracts: str
    tests: str

    @classmethod
    def now(cls) -> "State":
        """Of the project's files as they are."""
        tests = [
            *(p for p in (ROOT / "tests/contracts").rglob("*.sol") if _is_tried(p)),
            ROOT / "foundry.toml",
        ]
        contracts = [*(ROOT / "contracts").rglob("*.sol"), ROOT / "package-lock.json"]
        return cls(_digest(contracts), _digest(tests))


def sample(all_: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """The same ones each time, in their order."""
    chosen = random.Random(seed).sample(all_, min(size, len(all_)))
    return sorted(chosen, key=all_.index)


def verdicts(sources: Sources, wanted: list[Mutant], count: int) -> dict[str, Verdict]:
    """Verdicts on the mutants, by identity; judges those that have none yet."""
    state = State.now()
    known = dict(_known(state))
    missing = [mutant for mutant in wanted if mutant.identity not in known]
    if missing:
        _say(f"{len(wanted)} mutants, {len(missing)} to judge")
        known |= _judge_all(sources, missing, state, count)
    return {mutant.identity: known[mutant.identity] for mutant in wanted}


def _judge_all(
    sources: Sources, missing: list[Mutant], state: State, count: int
) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    lock = threading.Lock()
    left = iter(missing)

    def work(judge: Judge) -> None:
        while True:
            with lock:
                mutant = next(left, None)
            if mutant is None:
                return
            verdict = judge.judge(mutant)
            with lock:
                found[mutant.identity] = verdict
                _write_down(mutant, verdict, state)
                if len(found) % _PROGRESS_EVERY == 0:
                    each = (time.monotonic() - started) / len(found)
                    _say(f"{len(found)} of {len(missing)}, {each:.1f} s each")

    with judges(count, sources) as ready, ThreadPoolExecutor(count) as pool:
        started = time.monotonic()
        for done in [pool.submit(work, judge) for judge in ready]:
            done.result()
    return found


def _known(state: State) -> Iterator[tuple[str, Verdict]]:
    if not _VERDICTS.is_file():
        return
    for line in _VERDICTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        lasting = row["outcome"] != "survived" or row["tests"] == state.tests
        if row["contracts"] == state.contracts and lasting:
            yield row["identity"], Verdict(row["outcome"], row["by"], row["seconds"])


def _write_down(mutant: Mutant, verdict: Verdict, state: State) -> None:
    row = {
        "identity": mutant.identity,
        "outcome": verdict.outcome,
        "by": verdict.by,
        "seconds": round(verdict.seconds, 2),
        "contracts": state.contracts,
        "tests": state.tests,
    }
    with _VERDICTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _is_tried(file: Path) -> bool:
    return not any(fnmatch(part, left) for part in file.parts for left in LEFT_OUT)


def _digest(files: Iterable[Path]) -> str:
    summed = hashlib.sha256()
    for file in sorted(files):
        summed.update(f"{file.relative_to(ROOT).as_posix()}\n".encode())
        summed.update(hashlib.sha256(file.read_bytes()).digest())
    return summed.hexdigest()[:16]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
