"""The part of the audit that asks a chain, and believes only what hashes to its own head."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from governance.audit.examine import examine
from governance.audit.report import Basis, Proof, Report
from governance.audit.vouching import genuine
from governance.chain import Follower
from governance.history import genesis_head

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.audit.testimony import GateLog
    from governance.chain import Chain, Trust
    from governance.terms import Charter


def audit(
    rpc: Chain,
    trust: Trust,
    *,
    charter: Charter | None = None,
    logs: Sequence[GateLog] = (),
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Reads the whole history, proves it against History's head and looks for findings.

    Args:
        rpc: An endpoint of the chain. What it leaves out or alters does not hash to the head; the
            head itself is taken from it, so use one that you run, or several.
        trust: The trust file, handed over out of band.
        charter: The charter document in force, to hold the terms against.
        logs: Gates' evidence logs, to be held against the history.
        progress: Told the number of each block up to which has been read.

    Raises:
        HistoryHeadMismatch: The events do not hash to the chain's head.
        HistoryMalformed, HistoryInconsistent: They are none that the house would write.
        ChainUnreachable, ChainForeign, HouseMissing, ChainAnswerInvalid: See `Follower.poll`.
    """
    follower = Follower(rpc, trust)
    records = follower.poll(progress)
    block = follower.block
    assert block is not None, "a poll that does not raise has read a block"
    found = examine(
        records,
        genuine(follower.countersignatures, trust.chain_id, trust.history),
        genesis=genesis_head(trust.chain_id, trust.history),
        founders=trust.founders,
        chain_id=trust.chain_id,
        # An idle chain makes no block, but terms and commitments grow old all the same.
        at=max(block.timestamp, int(time.time())),
        charter=charter,
        logs=logs,
    )
    return Report(
        chain_id=trust.chain_id,
        history=trust.history,
        block=block.number,
        time=block.timestamp,
        length=follower.length,
        head=follower.head,
        state=found.state,
        findings=found.findings,
        vouching=found.vouching,
        refusals=found.refusals,
        proof=_proof(follower, block.hash),
        charter_given=charter is not None,
    )


def _proof(follower: Follower, block: str) -> Proof:
    """What the follower has proven: on a chain with seals, every block that it took."""
    if not follower.validators:
        return Proof(Basis.ENDPOINT)
    return Proof(Basis.SEALS, header=block, validators=len(follower.validators))
