"""Verifies the contracts step by step and writes `report.md` and `report.json` beside this file.

`python -m tests.verification` runs all steps; named ones alone run with
`python -m tests.verification STEP...`, and the report keeps what the others showed last.
"""

import argparse
import sys
from collections.abc import Callable

from tests.verification import (
    coverage,
    fuzzing,
    mutating,
    results,
    smt,
    static,
    symbolic,
    tools,
)
from tests.verification.results import Result

STEPS: dict[str, Callable[[], Result]] = {
    "fuzz": fuzzing.check,
    "coverage": coverage.check,
    "symbolic": symbolic.check,
    "static": static.check,
    "smt": smt.check,
    "mutation": mutating.check,
}


def main() -> int:
    """Runs the steps; the exit status says whether every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    chosen = parser.parse_args().steps or list(STEPS)
    unknown = set(chosen) - STEPS.keys()
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    done = []
    for step in chosen:
        print(f"{step} …", file=sys.stderr, flush=True)
        result = STEPS[step]()
        done.append(result)
        results.write(done, tools.versions(), list(STEPS))
        print(f"{step}: {'holds' if result.holds else 'DOES NOT HOLD'}, {result.seconds} s")
        for problem in result.problems:
            print(f"  {problem}")
    return 0 if all(result.holds for result in done) else 1


if __name__ == "__main__":
    sys.exit(main())
