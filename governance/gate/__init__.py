"""Authorisation before a merge: may this node's update, in this round of this study, be merged?

evidence = EvidenceLog(path)
view = LiveView(Follower(rpc, trust), evidence.seen())
gate = Gate(view, study, evidence)
gate.open_round(11)
view.refresh()                            # at least every VIEW_MAX_AGE seconds
decision = gate.check(envelope, update)   # merge only if decision.accepted
"""

from governance.checkpoints.envelope import ENVELOPE_TYPE, Envelope, EnvelopeInvalid, SignedEnvelope
from governance.gate.decision import PASSING, Decision, Reason
from governance.gate.evidence import (
    Entry,
    EvidenceCorrupt,
    EvidenceLocked,
    EvidenceLog,
    EvidenceReader,
    EvidenceUnwritable,
)
from governance.gate.gate import VIEW_MAX_AGE, Gate
from governance.gate.rules import OpenRound
from governance.gate.view import LiveView, Look, Seen, View

__all__ = [
    "ENVELOPE_TYPE",
    "PASSING",
    "VIEW_MAX_AGE",
    "Decision",
    "Entry",
    "Envelope",
    "EnvelopeInvalid",
    "EvidenceCorrupt",
    "EvidenceLocked",
    "EvidenceLog",
    "EvidenceReader",
    "EvidenceUnwritable",
    "Gate",
    "LiveView",
    "Look",
    "OpenRound",
    "Reason",
    "Seen",
    "SignedEnvelope",
    "View",
]
