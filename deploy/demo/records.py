"""What a hospital of the demo keeps at home of its patients: data, consents, conditions.

```
<home>/records/patients.csv          the data, a row for each pseudonym
<home>/records/consents.ndjson       what the patients said, as it was exported
<home>/records/ledger.sqlite         the ledger that it was imported into
<home>/records/ledger.commitments/   decisions and salts of what was committed to
```

Only its owner can read any of it, and nothing of it leaves but roots, counts and what was trained.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo.consents import export, patients
from deploy.demo.documents import conditions
from deploy.demo.patients import Split, draw, rows
from governance.chain.files import write_atomically
from governance.consent import (
    Commitments,
    Ledger,
    decisions,
    files_in,
    question,
    read,
    verdicts,
    verify,
    write_eligible,
)
from governance.consent.spans import BEGINNING
from governance.terms import digest
from governance.terms.datause import Purpose, decide, load_conditions, shipped_ontology

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import TextIO

    from deploy.demo.cast import Role
    from deploy.demo.patients import Mask, Site
    from governance.consent import About, Question
    from governance.consent.spans import Span
    from governance.terms import Terms
    from governance.terms.datause import Verdict

_OWNER_ONLY = 0o600
_GIVEN_AWAY = int(datetime(1988, 7, 1, tzinfo=UTC).timestamp())


def hold_the_data(collected: Iterable[Span]) -> bool:
    """Whether spans in which a record's data may have been collected hold the demo's data.

    These have no dates; all that is known is that they were given away in July 1988. So only a span
    without a beginning holds them.
    """
    return any(start == BEGINNING and end > _GIVEN_AWAY for start, end in collected)


class Records:
    """A hospital's records.

    Attributes:
        folder: Where they lie.
        table: The data as a table, for the readiness check.
        pseudonyms: Of its patients, in the order of the table.
    """

    def __init__(self, home: Path, role: Role, site: Site, seed: int) -> None:
        """Takes over what the patients said.

        Args:
            home: The hospital's folder.
            role: Which hospital it is.
            site: Its patients' data.
            seed: Of the draw that parts patients into those that train and those that test.

        Raises:
            CharterError: If the consents cannot be imported.
        """
        self.folder = home / "records"
        self.folder.mkdir(mode=0o700, parents=True)
        self.table = self.folder / "patients.csv"
        self._role, self._site = role, site
        self._train, self._test = draw(site, seed)
        people = patients(role.site)
        self.pseudonyms = [person.pseudonym for person in people]
        self._ledger = self.folder / "ledger.sqlite"
        self._asked: Question | None = None
        self._eligible = np.zeros(len(people), dtype=bool)
        write_atomically(self.table, self._as_table(), _OWNER_ONLY)
        consents = self.folder / "consents.ndjson"
        write_atomically(consents, export(people), _OWNER_ONLY)
        with Ledger.create(self._ledger) as ledger:
            ledger.take_in(read(files_in([consents]), "reference"), "reference")

    def _as_table(self) -> str:
        """The data by pseudonym; the number that the public data file has for a row is left out."""
        written = io.StringIO(newline="")
        fields = ["record", *(name for name in rows(self._role.site)[0] if name != "id")]
        writer = csv.DictWriter(written, fields, extrasaction="ignore")
        writer.writeheader()
        for pseudonym, row in zip(self.pseudonyms, rows(self._role.site), strict=True):
            writer.writerow({"record": pseudonym} | dict(row))
        return written.getvalue()

    # --- what the data may be used for ------------------------------------------------------------

    def permitted(self, terms: Terms, at: int) -> Verdict:
        """Whether the conditions on the data permit what the terms want them for.

        Args:
            terms: The study's terms.
            at: Unix seconds.
        """
        purpose = Purpose.of(terms, on=datetime.fromtimestamp(at, UTC).date())
        return decide(purpose, load_conditions(conditions(self._role.folder)), shipped_ontology())

    # --- what the patients allow ------------------------------------------------------------------

    def commit(self, terms: Terms, at: int) -> About:
        """Decides about every patient, and commits to the decisions.

        Only those that the decisions permit train and test from now on.

        Args:
            terms: The study's terms.
            at: Unix seconds.
        """
        self._asked = asked = question(terms, at)
        with Ledger(self._ledger) as ledger:
            self._eligible = self._decided(ledger, asked)
            kept, agreed = Commitments(self._ledger), digest(terms)
            kept.make(
                decisions(ledger, asked),
                terms_digest=agreed,
                at=at,
                ledger_changes=ledger.changes,
            )
            return kept.to_sign(ledger, agreed, at)

    def _decided(self, ledger: Ledger, asked: Question) -> Mask:
        """Of each patient, in the order of the table, whether their data may be used."""
        permitted = {
            record
            for record, verdict in verdicts(ledger, asked)
            if hold_the_data(verdict.collected)
        }
        return np.array([name in permitted for name in self.pseudonyms])

    def withdraw(self, pseudonym: str, at: int) -> None:
        """Writes down that a patient has withdrawn; their record is not used from here on."""
        with Ledger(self._ledger) as ledger:
            ledger.withdraw(pseudonym, at)
        self._eligible[self.pseudonyms.index(pseudonym)] = False

    def opened(self, pseudonym: str, root: bytes) -> bool:
        """What an auditor sees who is shown a patient's leaf: whether they permit the use.

        Args:
            pseudonym: The patient.
            root: A root that the hospital has committed to on the chain.
        """
        kept = Commitments(self._ledger)
        proof = kept.prove(kept.newest(root=root), pseudonym)
        assert verify(proof, root), "the leaf is not under the root"
        return proof.decision.permits

    # --- who trains -------------------------------------------------------------------------------

    @property
    def split(self) -> Split:
        """The data that may be used, parted into those that train and those that test."""
        train, test = (drawn[self._eligible[drawn]] for drawn in (self._train, self._test))
        return self._site.parted(train, test)

    def list_eligible(self, file: TextIO) -> None:
        """Writes whose data may be used, as `charter consent eligible --ids` does.

        Args:
            file: Takes the list; opened with `newline=""`.
        """
        assert self._asked is not None, "nothing was asked yet"
        with Ledger(self._ledger) as ledger:
            write_eligible(file, verdicts(ledger, self._asked))

    def first_in_training(self) -> str:
        """The pseudonym of a patient whose data train."""
        place: int = next(each for each in self._train if self._eligible[each])
        return self.pseudonyms[place]
