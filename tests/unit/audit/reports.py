"""Reports of histories that tests told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.audit import Basis, Proof, Refusal, Report, examine
from governance.history import genesis_head, replay
from tests.unit.history.chronicle import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.history import Record

CHAIN_ID = 31_337


def report_of(told: Sequence[Record], **changes: Any) -> Report:
    """The report of a history, proven by seals unless `changes` say otherwise."""
    genesis = genesis_head(CHAIN_ID, address("history"))
    last = told[-1]
    found = examine(told, (), genesis=genesis, at=last.timestamp)
    head, length = replay(told, genesis)
    given = {
        "chain_id": CHAIN_ID,
        "history": address("history"),
        "block": last.number,
        "time": last.timestamp,
        "length": length,
        "head": head,
        "state": found.state,
        "findings": found.findings,
        "vouching": found.vouching,
        "proof": Proof(
            Basis.SEALS, f"0x{'ab' * 32}", (address("a"), address("b"), address("c")), 4, 1
        ),
        "refusals": (Refusal(address("study 1"), 3, address("rogue"), 0, "NodeUnknown", 1003),),
    }
    return Report(**(given | changes))
