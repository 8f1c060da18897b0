"""The committed document around the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.compile import COMPILER_VERSION, SETTINGS
from tests.gas.compiling import OPTIMIZER_RUNS, version_of
from tests.gas.measuring import WHOLE_STUDY
from tests.gas.ours import FEW
from tests.gas.table import TOLERANCE, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.gas.anchors import Anchor, Anchors
    from tests.gas.table import Row

_TEXT = """\
# What acts cost in gas

Written by `make gas`; do not edit. `python -m tests.gas --check` measures anew and fails when a
target that was met is met no longer, or when a figure differs by more than {tolerance:.0%}. Gas is
priced at zero in every network of the house: it measures the work that an act makes for every node
that executes it.

All of it, ours and the anchors', runs on one chain (anvil {anvil}, hardfork {evm}), one transaction
a block: a figure is what the transaction's receipt says, with the 21,000 that each transaction
costs and the bytes that it carries. Keys and digests are the same in every run, so the figures are
too. Ours: the committed artifacts (solc {compiler}, optimizer {runs} runs, EVM {evm}).

{table}

- Unless a row says otherwise: {few} institutions, all of which sign the study and contribute to
  each checkpoint; its quorum is {quorum}; signatures carry a readiness and a consent digest.
- Every act appends what it records to the history, and its figure includes that. The rows on
  appending say how much of it that is: the gas used inside `History.append`, by the transaction's
  trace, and 2,700 to reach the contract. The encoding of the record is the caller's.
- A study is opened with two bytes of terms where the row does not name their length, so that the
  row shows the study and not the text. Its shares name two weights and one payee, its terms three
  countries. "{whole}" is the transaction of the founding that deploys the implementation: what each
  study would cost without clones, its own state not counted.
- Publishing counts as the publisher's own attestation.
- The rows on both recording and confirming a payment are sums of two transactions.
- What comes first sets storage that was zero, which costs more; what comes later changes it.

## The anchors

{anchors}
"""

_ANCHOR = "| {anchor.name} | {anchor.gas:,} | {anchor.form} | {package} | {compiled} |"


def write(rows: Sequence[Row], anchors: Anchors) -> str:
    """The whole document."""
    listed = ["| anchor | gas | what was measured | from | compiled |", "|---|---:|---|---|---|"]
    listed += map(_anchor, anchors.all())
    return _TEXT.format(
        tolerance=TOLERANCE,
        anvil=version_of("@foundry-rs/anvil"),
        compiler=COMPILER_VERSION,
        runs=SETTINGS["optimizer"]["runs"],
        evm=SETTINGS["evmVersion"],
        table=render(rows),
        few=FEW,
        quorum=FEW // 2 + 1,
        anchors="\n".join(listed),
        whole=WHOLE_STUDY,
    )


def _anchor(anchor: Anchor) -> str:
    compiled = "not measured here"
    if anchor.build is not None:
        compiled = (
            f"solc {version_of(anchor.build.compiler)}, optimizer {OPTIMIZER_RUNS} runs, "
            f"EVM {anchor.build.evm}"
        )
    return _ANCHOR.format(anchor=anchor, package=anchor.package or "-", compiled=compiled)
