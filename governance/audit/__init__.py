"""The audit: a history held against its proof and its own rules, and a report of what was found.

`examine` is pure: records in, report out. `audit` collects the records from an endpoint, which need
not be trusted further than the trust file and the chain's own head go, and examines them.
"""

from __future__ import annotations

from governance.audit.examine import Examination, examine
from governance.audit.findings import CATALOGUE, Finding, Severity
from governance.audit.live import audit
from governance.audit.report import Basis, Proof, Refusal, Report, Vouching
from governance.audit.testimony import Acceptance, EvidenceBroken, GateLog, read_log
from governance.audit.vouching import believed

__all__ = [
    "CATALOGUE",
    "Acceptance",
    "Basis",
    "EvidenceBroken",
    "Examination",
    "Finding",
    "GateLog",
    "Proof",
    "Refusal",
    "Report",
    "Severity",
    "Vouching",
    "audit",
    "believed",
    "examine",
    "read_log",
]
