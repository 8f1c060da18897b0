"""Patients' consent, at home: what they said, what a study may use, and a commitment to it.

`Ledger` keeps what was read from files, `question` derives what a study asks from its terms,
`verdicts` and `tally` decide about every record with a reason, and `Commitments` keeps decisions
and salts. Only the root of a commitment goes on chain, when the institution signs.
"""

from __future__ import annotations

from governance.consent.commitment import (
    CONSENT_SCHEME,
    Commitment,
    ConsentDecisionsInvalid,
    Decision,
    Proof,
    commit,
    new_salts,
    proof_from_json,
    proof_json,
    verify,
)
from governance.consent.decide import Verdict, decide
from governance.consent.eligible import Tally, decisions, tally, verdicts
from governance.consent.kept import About, Commitments, root_of
from governance.consent.ledger import Imported, Ledger
from governance.consent.listing import read_eligible, write_eligible
from governance.consent.question import Question, question
from governance.consent.reading import files_in, read
from governance.consent.reasons import Reason
from governance.consent.statement import Statement

__all__ = [
    "CONSENT_SCHEME",
    "About",
    "Commitment",
    "Commitments",
    "ConsentDecisionsInvalid",
    "Decision",
    "Imported",
    "Ledger",
    "Proof",
    "Question",
    "Reason",
    "Statement",
    "Tally",
    "Verdict",
    "commit",
    "decide",
    "decisions",
    "files_in",
    "new_salts",
    "proof_from_json",
    "proof_json",
    "question",
    "read",
    "read_eligible",
    "root_of",
    "tally",
    "verdicts",
    "verify",
    "write_eligible",
]
