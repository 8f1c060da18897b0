"""Changes the contracts in small ways, and asks whether a test notices each.

Judges what has no verdict yet, and writes `report.md` beside this file. A sample says soon how it
stands; the whole goes on where it was stopped.
"""

import argparse
import sys

from tests.verification.mutation import campaign, report
from tests.verification.mutation.compiler import Sources


def main() -> int:
    """Runs a campaign; the exit status says whether it shows what it should."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.verification.mutation", description=__doc__
    )
    parser.add_argument("--sample", type=int, metavar="N", help="judge N mutants by chance")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--only", default="", metavar="WORD", help="files whose path has it")
    parser.add_argument("--judges", type=int, default=2, help="at once (default: 2)")
    options = parser.parse_args()

    sources = Sources.load()
    existing = sources.mutants(options.only)
    wanted = existing
    if options.sample is not None:
        wanted = campaign.sample(existing, options.sample, options.seed)
    shown = report.campaign(existing, wanted, campaign.verdicts(sources, wanted, options.judges))
    page = report.page(shown)
    if wanted is existing and not options.only:
        report.REPORT.write_text(page, encoding="utf-8")
    print(page)
    return 1 if list(shown.problems()) else 0


if __name__ == "__main__":
    sys.exit(main())
