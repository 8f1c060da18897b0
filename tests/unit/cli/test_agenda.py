"""What waits for an institution, where the journeys cannot wait for time to pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.agenda import agenda, is_eligible
from governance.history import State
from governance.history.study import Participation, Study, Version
from governance.history.swarm import Institution, Swarm, Tenure
from governance.vocabulary import (
    Kind,
    Level,
    Parameters,
    Profile,
    Sector,
    Shares,
    Standing,
)

DAY = 86_400
ADDRESS = "0xE1DbBb9709c7Af2D66AD34Cd4817A8CF30d7dD7f"
ME = Institution(
    number=1,
    profile=Profile("Hospital", Kind.HOSPITAL, Sector.PUBLIC, b"DE", bytes(32)),
    tenures=(Tenure(ADDRESS, 0, by_vote=False),),
    standing=Standing.MEMBER,
    applied_at=0,
    joined_at=0,
)
PARAMETERS = Parameters(
    kinds=1 << Kind.HOSPITAL,
    sectors=1 << Sector.PUBLIC,
    any_country=False,
    minimum_signatories=2,
    minimum_contributors=1,
    quorum=2,
    rounds=9,
    level=Level.SET_CHECKED,
    consent_max_age=40 * DAY,
    expires_at=1_000 * DAY,
    countries=(b"DE",),
    shares=Shares(10_000, 0, 0, 0, 1, (), ()),
)


def _state(signed: bool, parameters: Parameters = PARAMETERS) -> State:
    swarm = Swarm(institutions={1: ME}, accounts={ADDRESS: 1})
    signers = frozenset({1} if signed else ())
    version = Version(1, 2, bytes(32), bytes(32), b"{}", parameters, 0, signers, 0)
    taken = {1: Participation(1, bytes(32), bytes(32), 0, withdrawn=False)} if signed else {}
    study = Study(
        number=1,
        address=ADDRESS,
        benefits=ADDRESS,
        opener=2,
        opened_at=0,
        in_force=1,
        versions={1: version},
        participations=taken,
        swarm=swarm,
    )
    return State(swarm=swarm, studies={1: study})


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (29, None),
        (31, "The consent commitment in study 1 grows old."),
        (41, "The consent commitment in study 1 is too old."),
    ],
)
def test_consent_is_due_in_the_last_fourth_of_its_life(day: int, text: str | None) -> None:
    items = agenda(_state(signed=True), ME, day * DAY)
    assert [item.text for item in items if item.kind == "consent"] == ([text] if text else [])
    assert all(item.due == 40 * DAY for item in items)


def test_terms_wait_for_who_may_sign_them_until_they_expire() -> None:
    assert [item.kind for item in agenda(_state(signed=False), ME, DAY)] == ["sign"]
    assert agenda(_state(signed=False), ME, 1_000 * DAY) == ()
    foreign = replace(PARAMETERS, countries=(b"FR",))
    assert agenda(_state(signed=False, parameters=foreign), ME, DAY) == ()


def test_eligible_is_whose_kind_sector_and_country_fit() -> None:
    assert is_eligible(ME, PARAMETERS)
    for change in ({"kinds": 0}, {"sectors": 0}, {"countries": ()}):
        assert not is_eligible(ME, replace(PARAMETERS, **change))
    assert is_eligible(ME, replace(PARAMETERS, countries=(), any_country=True))
