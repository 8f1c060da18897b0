"""The history: events as records, the hash chain over them, the one fold, the state. No I/O.

records = list(select(logs))
head, length = replay(records, genesis_head(chain_id, history))
state = fold(records)
state = fold(later_records, state)
"""

from governance.history.errors import (
    HistoryInconsistent,
    HistoryMalformed,
    InstitutionUnknown,
    ProposalUnknown,
    RevenueUnknown,
    StudyUnknown,
    TermsVersionUnknown,
)
from governance.history.fold import fold
from governance.history.hashchain import advance_head, genesis_head, replay
from governance.history.house import Emitters, select
from governance.history.proposals import Proposal, ProposalState, Support, Tally
from governance.history.records import (
    Log,
    Record,
    decode_countersignature,
    decode_log,
    decode_record,
    record_bytes,
    record_of,
)
from governance.history.state import State
from governance.history.study import Checkpoint, Line, Study, Version
from governance.history.swarm import Institution, Node, Swarm
from governance.history.table import countersigned, shapes, topics_of_record
from governance.history.walk import Walk

__all__ = [
    "Checkpoint",
    "Emitters",
    "HistoryInconsistent",
    "HistoryMalformed",
    "Institution",
    "InstitutionUnknown",
    "Line",
    "Log",
    "Node",
    "Proposal",
    "ProposalState",
    "ProposalUnknown",
    "Record",
    "RevenueUnknown",
    "State",
    "Study",
    "StudyUnknown",
    "Support",
    "Swarm",
    "Tally",
    "TermsVersionUnknown",
    "Version",
    "Walk",
    "advance_head",
    "countersigned",
    "decode_countersignature",
    "decode_log",
    "decode_record",
    "fold",
    "genesis_head",
    "record_bytes",
    "record_of",
    "replay",
    "select",
    "shapes",
    "topics_of_record",
]
