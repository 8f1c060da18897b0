"""The generated histories hold: they fold, they are encoded as Solidity does, nothing is amiss."""

from __future__ import annotations

from typing import Any

import pytest

from governance.audit import examine
from governance.history import Log, fold, genesis_head, record_of
from governance.history import events as e
from governance.vocabulary import Settlement, Standing
from tests.generating import CHAIN_ID, HISTORY, log_json, records
from tests.unit.history.chronicle import encoded

SIZES: list[dict[str, Any]] = [
    {"institutions": 3, "studies": 1, "checkpoints": 1, "contributors": 2},
    {"institutions": 4, "studies": 2, "checkpoints": 7, "contributors": 3},
    {"institutions": 12, "studies": 6, "checkpoints": 90, "contributors": 5},
]


@pytest.mark.parametrize("size", SIZES)
def test_a_generated_history_folds_and_every_record_is_as_solidity_writes_it(
    size: dict[str, Any],
) -> None:
    told = list(records(**size))
    assert [encoded(record.event) for record in told] == [record.data for record in told]
    assert [record_of(Log.from_json(log_json(record))) for record in told] == told
    state = fold(told)
    assert len(state.swarm.institutions) == size["institutions"]
    assert len(state.studies) == size["studies"]
    finals = [len(study.finals) for study in state.studies.values()]
    assert sum(finals) == size["checkpoints"]
    assert max(finals) - min(finals) <= 1
    assert told == list(records(**size))


def test_nothing_is_amiss_in_it_but_what_is_meant_to_be() -> None:
    told = list(records(**SIZES[-1]))
    found = examine(told, (), genesis=genesis_head(CHAIN_ID, HISTORY), at=told[-1].timestamp)
    assert {finding.id for finding in found.findings} == {
        "consent-stale",
        "equivocation",
        "expelled-with-open-shares",
        "share-late",
        "share-unconfirmed",
    }


def test_all_that_matters_happens_in_it() -> None:
    told = list(records(institutions=20, studies=8, checkpoints=160))
    assert {type(record.event) for record in told} == set(e.OF_RECORD) - {
        e.VotingRulesSet,
        e.ValidatorRemoved,
        e.ProposalCanceled,
    }
    state = fold(told)
    standings = {each.standing for each in state.swarm.institutions.values()}
    assert standings == {Standing.APPLICANT, Standing.MEMBER, Standing.LEFT, Standing.EXPELLED}
    settled = {
        each.settlement for study in state.studies.values() for each in study.payments.values()
    }
    assert settled == {Settlement.PAID, Settlement.CONFIRMED}


@pytest.mark.parametrize(
    "size", [{"institutions": 2}, {"contributors": 1}, {"studies": 0}, {"checkpoints": 39}]
)
def test_too_few_of_something_is_refused(size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="too few"):
        records(**size)
