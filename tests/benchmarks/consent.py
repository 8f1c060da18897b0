"""How long a ledger of a million records takes: every decision and the root of the commitment.

Beside it, hashing the same leaves with hashlib. Both run in processes of their own, in turns; that
of the ledger tells the most memory it ever had.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from governance.consent import Commitments, Ledger, Question, decisions
from governance.consent.commitment import SALT_BYTES, Decision, leaf
from governance.consent.found import Found
from governance.consent.reasons import Reason
from governance.consent.spans import END
from governance.consent.statement import Denial, Policy, Statement
from tests.benchmarks.measurement import Measurement, measurement, seconds
from tests.peak import peak

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 1_000_000
TURNS = 3
TIMES = 20
LIMIT = 1_000
"""MiB that the process may ever have resident."""

_YEAR = 31_557_600
_DAY = 86_400
_AT = 1_800_000_000
_FIRST = _AT - 10 * _YEAR
_WITHDRAWN_OF, _PLAIN_OF, _EXACT_OF = 20, 5, 10

ASKED = Question(
    at=_AT,
    title="A study",
    study_only=False,
    medical=True,
    diseases=(),
    countries=("DE",),
    sectors=("public",),
    purposes=("research",),
    third_parties=True,
    below_gdpr=False,
)


def bench() -> list[Measurement]:
    """Measures in turns, and the memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with Ledger.create(path) as ledger:
            ledger.take_in(_signed(), "reference")
        taken = [(_told("ours", path), _told("peer", path)) for _ in range(TURNS)]
    ours, peer = (median(each[column][0] for each in taken) for column in (0, 1))
    memory = max(each[0][1] for each in taken)
    name = f"consent: {RECORDS} records decided and committed to"
    return [
        measurement(
            "consent",
            f"{name}, beside hashing the leaves (s)",
            ours,
            peer,
            f"less than {TIMES} times",
            met=ours < TIMES * peer,
        ),
        measurement(
            "consent",
            f"{name}: most memory, beside the limit (MiB)",
            memory,
            LIMIT,
            f"less than {LIMIT} MiB",
            met=memory < LIMIT,
        ),
    ]


def _signed() -> Iterator[Found]:
    """Broad consents signed over ten years.

    Of ten, one is signed to the second; of five, one knows no third parties; of twenty, one was
    withdrawn later, in a document of its own.
    """
    for number in range(RECORDS):
        start = (
            _FIRST + number * 7919 % (10 * 365) * _DAY + (number % _EXACT_OF == 0) * number % _DAY
        )
        policies = [Policy.COLLECT, Policy.USE]
        if number % _PLAIN_OF:
            policies.append(Policy.THIRD_PARTIES)
        permits = tuple(
            (int(policy), start, start + (5 if policy == Policy.COLLECT else 30) * _YEAR)
            for policy in policies
        )
        where = Path("consents.ndjson"), number
        record = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        yield Found(record, f"id:consent-{number}", 0, Statement(permits), *where)
        if number % _WITHDRAWN_OF == 0:
            denial = Denial(Policy.ALL, start + _YEAR, END, Reason.WITHDRAWN)
            yield Found(record, f"id:withdrawal-{number}", 0, Statement(denials=(denial,)), *where)


def _told(what: str, path: Path) -> tuple[float, float]:
    words = [sys.executable, "-m", "tests.benchmarks.consent", what, str(path)]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(told[0]), float(told[1])


def _commit(path: Path) -> None:
    with Ledger(path) as ledger:
        Commitments(path).make(
            decisions(ledger, ASKED),
            terms_digest=bytes(32),
            at=_AT,
            ledger_changes=ledger.changes,
        )


def _hash(leaves: list[bytes]) -> None:
    for each in leaves:
        hashlib.sha256(each).digest()


def _leaves(path: Path) -> list[bytes]:
    with Ledger(path) as ledger:
        return [
            leaf(Decision(record, permits), number.to_bytes(SALT_BYTES, "big"))
            for number, (record, permits) in enumerate(decisions(ledger, ASKED))
        ]


def _main(what: str, path: Path) -> None:
    if what == "ours":
        took = seconds(lambda: _commit(path))
    else:
        leaves = _leaves(path)
        took = seconds(lambda: _hash(leaves))
    print(took, peak())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _main(sys.argv[1], Path(sys.argv[2]))
    else:
        print(*bench(), sep="\n")
