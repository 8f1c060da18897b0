"""Patients' consent: a commitment that shows nothing and can be opened patient by patient.

The institution keeps decisions and salts; only the root goes on chain, when it signs.
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
    verify,
)

__all__ = [
    "CONSENT_SCHEME",
    "Commitment",
    "ConsentDecisionsInvalid",
    "Decision",
    "Proof",
    "commit",
    "new_salts",
    "verify",
]
