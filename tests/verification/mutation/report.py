"""What a campaign showed, by contract and by operator, and each mutant that nothing noticed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.verification.mutation.judge import Verdict
from tests.verification.mutation.operators import Mutant

REPORT = Path(__file__).with_name("report.md")
EQUIVALENT = Path(__file__).with_name("equivalent.json")
LEAST_SCORE = 95.0

_NOTICED = ("killed", "timeout")


@dataclass(frozen=True)
class Judged:
    """A mutant, what became of it, and why it makes no difference if it makes none."""

    mutant: Mutant
    verdict: Verdict
    reason: str

    @property
    def group(self) -> str:
        """The column of the table in which it counts."""
        if self.verdict.outcome in _NOTICED:
            return "killed"
        if self.verdict.outcome == "survived" and self.reason:
            return "equivalent"
        return self.verdict.outcome


@dataclass(frozen=True)
class Campaign:
    """All that was judged, out of how many there are."""

    judged: list[Judged]
    existing: int
    stale: list[str]
    """Names of mutants said to be equivalent that do not exist or were noticed."""

    @property
    def score(self) -> float:
        """Per cent of the mutants that make a difference that tests noticed."""
        return _score(Counter(each.group for each in self.judged))

    @property
    def survivors(self) -> list[Judged]:
        """What no test noticed and nobody explained."""
        return [each for each in self.judged if each.group == "survived"]

    def problems(self) -> Iterator[str]:
        """Why the campaign does not show what it should."""
        if len(self.judged) < self.existing:
            yield f"only {len(self.judged):,} of {self.existing:,} mutants were judged"
        if self.score < LEAST_SCORE:
            yield f"the score is {self.score:.1f} %, below {LEAST_SCORE:.0f} %"
        yield from self.stale

    def table(self, kind: str) -> dict[str, Counter[str]]:
        """Groups counted by an attribute of the mutants."""
        rows: dict[str, Counter[str]] = {}
        for each in self.judged:
            rows.setdefault(getattr(each.mutant, kind), Counter())[each.group] += 1
        return dict(sorted(rows.items()))


def campaign(
    existing: list[Mutant], wanted: list[Mutant], verdicts: Mapping[str, Verdict]
) -> Campaign:
    """Puts verdicts and the committed reasons together."""
    reasons: dict[str, str] = {}
    stale = []
    by_name = {_name(vars(mutant)): mutant for mutant in existing}
    for entry in json.loads(EQUIVALENT.read_text(encoding="utf-8")):
        mutant = by_name.get(_name(entry))
        if mutant is None:
            stale.append(f"no such mutant any more: {entry['function']}: {entry['after']}")
        elif verdicts.get(mutant.identity, _OPEN).outcome in _NOTICED:
            stale.append(f"not equivalent, a test notices: {entry['function']}: {entry['after']}")
        else:
            reasons[mutant.identity] = entry["reason"]
    judged = [
        Judged(mutant, verdicts[mutant.identity], reasons.get(mutant.identity, ""))
        for mutant in wanted
    ]
    return Campaign(judged, len(existing), stale)


def page(shown: Campaign) -> str:
    """The committed report."""
    lines = [
        "# Mutation testing of the contracts",
        "",
        f"{len(shown.judged):,} of {shown.existing:,} mutants judged; "
        f"score **{shown.score:.1f} %** (killed of those that make a difference).",
        "Written by `python -m tests.verification.mutation`; how to read it is in",
        "[docs/verification.md](../../../docs/verification.md).",
    ]
    for title, kind in (("Contract", "file"), ("Operator", "operator")):
        lines += ["", f"| {title.lower()} | {' | '.join(_COLUMNS)} | score |", "|---" * 7 + "|"]
        rows = shown.table(kind)
        for name, counts in [*rows.items(), ("all", sum(rows.values(), Counter[str]()))]:
            cells = " | ".join(str(counts[column]) for column in _COLUMNS)
            lines.append(f"| {name} | {cells} | {_score(counts):.1f} % |")
    lines += ["", "## Survived", ""]
    lines += [_entry(each) for each in shown.survivors] or ["None."]
    lines += ["", "## Equivalent", ""]
    lines += [
        f"{_entry(each)}\n  {each.reason}" for each in shown.judged if each.group == "equivalent"
    ] or ["None."]
    return "\n".join(lines) + "\n"


def summary(counts: Mapping[str, int]) -> str:
    """One row of the table in words."""
    told = ", ".join(f"{counts[column]} {column}" for column in _COLUMNS if counts.get(column))
    return f"{told} ({_score(counts):.1f} %)"


_COLUMNS = ("killed", "survived", "equivalent", "same code", "stillborn")
_OPEN = Verdict("", "", 0)


def _name(fields: Mapping[str, Any]) -> tuple[str, ...]:
    words = ("file", "function", "operator", "before", "after")
    return (*(str(fields[word]) for word in words), str(fields.get("occurrence", 1)))


def _score(counts: Mapping[str, int]) -> float:
    killed, survived = counts.get("killed", 0), counts.get("survived", 0)
    return 100 * killed / (killed + survived) if killed + survived else 100.0


def _entry(each: Judged) -> str:
    mutant = each.mutant
    return (
        f"- `{mutant.function}` ({mutant.operator})\n"
        f"  - `{mutant.before}`\n"
        f"  - `{mutant.after or '(nothing)'}`"
    )
