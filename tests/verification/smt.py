"""The compiler's model checker on the linear accounting, for histories of any length."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import ROOT, run, tool

_PROGRAM = "tests/verification/smtchecker.mjs"
_SOURCE = "tests/contracts/symbolic/Accounting.sol"
# One at a time: together, hard arithmetic in one makes the solver give up on another.
_MODELS = ("CreditModel", "RevenueModel", "RoundingModel")
_SECONDS_EACH = 120


def check() -> Result:
    """Proves every assertion of the models, and that no sum in them runs over or under."""
    text = (ROOT / _SOURCE).read_bytes()
    figures = {}
    problems: list[str] = []
    seconds = 0.0
    for model in _MODELS:
        done = run("node", _PROGRAM, tool("z3"), str(_SECONDS_EACH), _SOURCE, model)
        answers = json.loads(done.stdout) if done.stdout.startswith("[") else []
        proved = sum(map(_is_proof, answers))
        figures[model] = f"{proved} proved, {sum(map(_is_assertion, answers))} of them assertions"
        problems += _doubts(answers, text)
        if not proved:
            problems.append(f"{model}: nothing was proved: {done.last_words}")
        seconds += done.seconds
    return Result(
        step="smt",
        claim="the compiler's model checker proves the accounting's models",
        command=f"node {_PROGRAM} Z3 {_SECONDS_EACH} {_SOURCE} MODEL",
        seconds=round(seconds),
        figures=figures,
        problems=problems,
    )


def _is_assertion(answer: Mapping[str, Any]) -> bool:
    return _is_proof(answer) and "Assertion violation" in answer["message"]


def _is_proof(answer: Mapping[str, Any]) -> bool:
    message: str = answer["message"]
    return answer["severity"] == "info" and message.endswith("check is safe!")


def _doubts(answers: Iterable[Mapping[str, Any]], text: bytes) -> Iterator[str]:
    for answer in answers:
        if _is_proof(answer):
            continue
        line = text[: answer.get("start", 0)].count(b"\n") + 1
        yield f"{_SOURCE}:{line}: {answer['message'].splitlines()[0]}"
