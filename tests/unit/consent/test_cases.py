from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance.consent import Reason
from tests.unit.consent.builder import asked, decided
from tests.unit.consent.cases import CASES, Case

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_patient_is_decided_as_they_said(case: Case, tmp_path: Path) -> None:
    verdict = decided(tmp_path, *case.consents, question=asked(**case.asked))
    assert verdict.reason is case.reason
    assert verdict.permits == (case.reason is Reason.PERMITTED) == bool(verdict.collected)


@pytest.mark.parametrize(
    "case", [case for case in CASES if len(case.consents) > 1], ids=lambda case: case.name
)
def test_the_order_of_a_patients_consents_changes_nothing(case: Case, tmp_path: Path) -> None:
    verdict = decided(tmp_path, *case.consents[::-1], question=asked(**case.asked))
    assert verdict.reason is case.reason


def test_the_cases_are_many_and_have_a_name_each() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_every_reason_has_a_sentence_and_a_code_of_its_own() -> None:
    for reason in Reason:
        assert reason.sentence.endswith(".")
    assert len({reason.sentence for reason in Reason}) == len(Reason)
