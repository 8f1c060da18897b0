"""The compiler's model checker on the linear accounting, for histories of any length."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import ROOT, run, tool

_PROGRAM = "tests/verification/smtchecker.mjs"
_SOURCE = "tests/contracts/symbolic/Accounting.sol"
_CONTRACT = "Accounting"
_SECONDS_EACH = 120


def check() -> Result:
    """Proves every assertion of the model, and that no sum in it runs over or under."""
    done = run("node", _PROGRAM, tool("z3"), str(_SECONDS_EACH), _SOURCE, _CONTRACT)
    answers = json.loads(done.stdout) if done.stdout.startswith("[") else []
    text = (ROOT / _SOURCE).read_bytes()
    proved = Counter(answer["message"] for answer in answers if _is_proof(answer))
    problems = list(_doubts(answers, text))
    if not proved:
        problems.append(f"Nothing was proved: {done.last_words}")
    return Result(
        step="smt",
        claim="the model checker proves the accounting's model",
        command=done.command,
        seconds=round(done.seconds),
        figures={message.removeprefix("CHC: "): count for message, count in sorted(proved.items())},
        problems=problems,
    )


def _is_proof(answer: Mapping[str, Any]) -> bool:
    message: str = answer["message"]
    return answer["severity"] == "info" and message.endswith("check is safe!")


def _doubts(answers: Iterable[Mapping[str, Any]], text: bytes) -> Iterator[str]:
    for answer in answers:
        if _is_proof(answer):
            continue
        line = text[: answer["start"]].count(b"\n") + 1 if answer["start"] is not None else "?"
        yield f"{_SOURCE}:{line}: {answer['message'].splitlines()[0]}"
