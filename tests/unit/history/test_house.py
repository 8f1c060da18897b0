"""Which logs count: those of the house, found out from the history itself."""

from __future__ import annotations

import pytest

from governance.history import HistoryMalformed, fold, select
from governance.history import events as e
from governance.vocabulary import VotingRules
from tests.unit.history.chronicle import Chronicle, address, digest, topics_and_data


def test_what_strangers_emit_is_dropped() -> None:
    plain, disturbed = Chronicle(2).open(), Chronicle(2)
    disturbed.emit(e.InstitutionExpelled(1), emitter=address("stranger"))
    disturbed.open()
    disturbed.emit(e.StudyClosed(), emitter=address("stranger"))
    assert [r.data for r in disturbed.records] == [r.data for r in plain.records]


def test_logs_that_are_of_no_record_are_dropped() -> None:
    chronicle = Chronicle(2)
    before = len(chronicle.records)
    chronicle.emit(
        e.Countersigned(address("account 1"), 3, digest("head"), b""), emitter=chronicle.swarm
    )
    chronicle.logs.append(chronicle.logs[-1]._replace(topics=(), data=b""))
    assert len(chronicle.records) == before


def test_a_malformed_log_of_the_house_is_not_dropped() -> None:
    chronicle = Chronicle(2)
    chronicle.logs[-1] = chronicle.logs[-1]._replace(topics=chronicle.logs[-1].topics[:2])
    with pytest.raises(HistoryMalformed):
        list(select(chronicle.logs))


def test_studies_join_the_house_as_they_are_opened() -> None:
    chronicle = Chronicle(2).open().open(2)
    emitters = chronicle.state.emitters
    assert emitters is not None
    assert emitters.swarm == chronicle.swarm
    roles = {address_: (m.role, m.study) for address_, m in emitters.members.items()}
    assert roles == {
        chronicle.swarm: (e.Role.SWARM, None),
        chronicle.governor: (e.Role.GOVERNOR, None),
        chronicle.studies: (e.Role.STUDIES, None),
        address("study 1"): (e.Role.STUDY, 1),
        address("benefits 1"): (e.Role.BENEFITS, 1),
        address("study 2"): (e.Role.STUDY, 2),
        address("benefits 2"): (e.Role.BENEFITS, 2),
    }


def test_selecting_goes_on_where_it_stopped() -> None:
    chronicle = Chronicle(2).open()
    cut = len(chronicle.logs)
    emitters = chronicle.state.emitters
    chronicle.sign(1).open(2).sign(2)
    assert list(select(chronicle.logs[cut:], emitters)) == chronicle.records[cut:]


def test_a_false_founding_before_the_true_one_is_passed_over_when_the_swarm_is_known() -> None:
    chronicle = Chronicle()
    false = e.SwarmFounded(
        digest("other"), address("x"), address("y"), address("z"), VotingRules(1, 1, 1)
    )
    chronicle.emit(false, emitter=address("stranger")).later().found(2)
    assert fold(select(chronicle.logs)).swarm.charter == digest("other")
    known = fold(select(chronicle.logs, swarm=chronicle.swarm))
    assert known.swarm.charter == digest("charter")
    assert len(known.swarm.institutions) == 2


def test_before_the_founding_there_is_nothing() -> None:
    chronicle = Chronicle()
    topics, _ = topics_and_data(e.StudyStarted())
    assert list(select([])) == []
    chronicle.emit(e.StudyStarted())
    assert chronicle.logs[0].topics == topics
    assert chronicle.records == []
