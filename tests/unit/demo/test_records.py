"""What a hospital of the demo keeps of its patients, and who of them trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.demo import documents
from deploy.demo.cast import FOUNDERS, FOURTH
from deploy.demo.consents import patients
from deploy.demo.patients import PATIENTS, sites, split
from deploy.demo.records import Records
from governance.consent import root_of
from governance.terms.datause import Decision

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.cast import Role

AT = 1_795_000_000
FIRST = "PSN-EXUGUZ7OTLYDQIYB"
TERMS = documents.terms("0x" + "11" * 20, patients=20)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    role = FOUNDERS[2]
    return Records(tmp_path, role, sites()[2], 0)


def test_nobody_trains_before_they_were_asked(records: Records) -> None:
    assert len(records.split.train[1]) == len(records.split.test[1]) == 0
    about = records.commit(TERMS, AT)
    assert (about.asked, about.permitting) == (123, 114)
    used = len(records.split.train[1]) + len(records.split.test[1])
    assert used == about.permitting
    assert len(records.split.train[1]) < len(split(sites()[2], 0).train[1])


def test_who_withdraws_trains_no_more_and_the_leaf_says_so(records: Records) -> None:
    before, patient = records.commit(TERMS, AT), records.first_in_training()
    trained = len(records.split.train[1])
    records.withdraw(patient, AT + 1)
    # At once, and not only once it is committed to.
    assert len(records.split.train[1]) == trained - 1
    after = records.commit(TERMS, AT + 1)
    assert after.permitting == before.permitting - 1
    assert records.opened(patient, root_of(before))
    assert not records.opened(patient, root_of(after))


@pytest.mark.parametrize("role", [*FOUNDERS, FOURTH], ids=lambda role: role.folder)
def test_the_terms_meet_every_hospitals_conditions(tmp_path: Path, role: Role) -> None:
    site = next(each for each in sites() if each.name == role.site)
    records = Records(tmp_path, role, site, 0)
    assert records.permitted(TERMS, AT).decision is Decision.PERMIT
    loose = TERMS.model_copy(update={"prohibited_uses": ("Law enforcement",)})
    assert records.permitted(loose, AT).decision is Decision.DENY


def test_the_invented_persons_are_the_same_in_every_run_and_different_from_each_other() -> None:
    people = [person for site in PATIENTS for person in patients(site)]
    assert len({person.pseudonym for person in people}) == sum(PATIENTS.values())
    assert people[0].pseudonym == patients("Cleveland")[0].pseudonym == FIRST
