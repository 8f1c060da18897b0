"""Which lines, branches and functions of the contracts the forge tests reach."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.verification.results import Result
from tests.verification.tools import WORK, own_build, run

# In a build without the optimizer, which a measurement of coverage needs, gas means nothing and
# random histories do not end. Symbolic tests are halmos's.
_LEFT_OUT = ("--no-match-contract", "Scale|Invariants", "--skip", "*/symbolic/*")


@dataclass(frozen=True)
class Place:
    """A line, a branch or a function, and whether a test came there."""

    kind: str
    file: str
    where: str
    reached: bool


def check() -> Result:
    """Measures the coverage of everything under `contracts/`."""
    trace = WORK / "coverage" / "lcov.info"
    trace.parent.mkdir(parents=True, exist_ok=True)
    trace.unlink(missing_ok=True)
    done = run(
        "forge",
        *("coverage", *_LEFT_OUT),
        *("--report", "lcov", "--report-file", trace),
        settings=own_build("coverage"),
    )
    if not trace.is_file():
        places, problems = [], [f"No coverage was measured: {done.last_words}"]
    else:
        places = list(read(trace.read_text(encoding="utf-8").splitlines()))
        problems = [
            f"{place.kind} {place.file}:{place.where} is not reached"
            for place in places
            if not place.reached
        ]
    return Result(
        step="coverage",
        claim="tests reach every line, branch and function of `contracts/`",
        command=done.command,
        seconds=round(done.seconds),
        figures={kind: _ratio(places, kind) for kind in ("line", "branch", "function")},
        problems=problems,
    )


def read(trace: Iterable[str]) -> Iterator[Place]:
    """The places under `contracts/` that an lcov trace tells of."""
    file = ""
    for row in trace:
        kind, _, rest = row.partition(":")
        fields = rest.split(",")
        if kind == "SF":
            file = rest
        elif not file.startswith("contracts/"):
            continue
        elif kind == "DA":
            yield Place("line", file, fields[0], fields[1] != "0")
        elif kind == "BRDA":
            yield Place("branch", file, f"{fields[0]} ({fields[2]})", fields[3] not in ("-", "0"))
        elif kind == "FNDA":
            yield Place("function", file, fields[1], fields[0] != "0")


def _ratio(places: list[Place], kind: str) -> str:
    of_kind = [place for place in places if place.kind == kind]
    return f"{sum(place.reached for place in of_kind)} of {len(of_kind)}"
