"""Institutions, accounts, nodes, validators and the charter, as the fold keeps them."""

from __future__ import annotations

import pytest

from governance.history import InstitutionUnknown
from governance.history import events as e
from governance.vocabulary import Kind, NodeStanding, Profile, Sector, Standing
from tests.unit.history.chronicle import BEGINNING, RULES, Chronicle, address, digest


def test_the_founding() -> None:
    state = Chronicle(3).state
    assert state.swarm.charter == digest("charter")
    assert [each.rules for each in state.rules] == [RULES]
    assert [each.number for each in state.swarm.members()] == [1, 2, 3]
    first = state.swarm.institution(1)
    assert first.profile == Profile(
        "Hospital 1", Kind.HOSPITAL, Sector.PUBLIC, b"DE", digest("profile 1")
    )
    assert (first.name, first.standing) == ("Hospital 1", Standing.MEMBER)
    assert (first.applied_at, first.joined_at, first.left_at) == (BEGINNING, BEGINNING, None)


def test_an_applicant_is_no_member_until_admitted() -> None:
    chronicle = Chronicle(1).apply(2).later()
    assert not chronicle.state.swarm.is_member(2)
    assert chronicle.state.swarm.institution(2).joined_at is None
    chronicle.emit(e.InstitutionAdmitted(2))
    assert chronicle.state.swarm.is_member(2)
    assert chronicle.state.swarm.institution(2).joined_at == chronicle.time


@pytest.mark.parametrize(
    ("event", "standing"),
    [
        (e.InstitutionLeft(2), Standing.LEFT),
        (e.InstitutionExpelled(2), Standing.EXPELLED),
    ],
)
def test_who_departs_is_no_member_from_that_block_on(event: e.Event, standing: Standing) -> None:
    chronicle = Chronicle(3)
    before = chronicle.time
    swarm = chronicle.later().emit(event).state.swarm
    gone = swarm.institution(2)
    assert (gone.standing, gone.left_at) == (standing, chronicle.time)
    assert [each.number for each in swarm.members()] == [1, 3]
    times = (BEGINNING - 1, before, chronicle.time)
    assert [gone.was_member(at, at) for at in times] == [False, True, False]


def test_a_rotated_account_speaks_no_more_and_is_remembered() -> None:
    chronicle = Chronicle(2)
    chronicle.emit(e.AccountRotated(1, address("account 1"), address("new"), by_vote=True))
    swarm = chronicle.state.swarm
    institution = swarm.institution(1)
    assert institution.account == address("new")
    assert swarm.institution_of(address("new")) == 1
    assert swarm.institution_of(address("account 1")) is None
    assert swarm.accounts[address("account 1")] == 1
    assert institution.account_at(chronicle.time - 1) == address("account 1")
    assert institution.account_at(chronicle.time) == address("new")
    assert institution.account_at(BEGINNING - 1) is None
    assert [tenure.by_vote for tenure in institution.tenures] == [False, True]


def test_a_departed_institution_keeps_its_account() -> None:
    swarm = Chronicle(2).emit(e.InstitutionLeft(1)).state.swarm
    assert swarm.institution_of(address("account 1")) == 1
    assert swarm.institution_of(address("nobody")) is None


def test_nodes_are_registered_and_revoked_for_ever() -> None:
    chronicle = Chronicle(2)
    chronicle.emit(e.NodeRegistered(1, address("second"))).later()
    chronicle.emit(e.NodeRevoked(1, address("node 1")))
    swarm = chronicle.state.swarm
    assert swarm.node_standing(address("node 1")) is NodeStanding.REVOKED
    assert swarm.node_standing(address("second")) is NodeStanding.REGISTERED
    assert swarm.node_standing(address("nobody")) is NodeStanding.UNKNOWN
    assert swarm.nodes[address("node 1")].revoked_at == chronicle.time
    assert [node.address for node in swarm.nodes_of(1)] == [address("node 1"), address("second")]


def test_a_validator_is_replaced_removed_and_taken_back() -> None:
    chronicle = Chronicle(2)
    for validator in ("a", "b"):
        chronicle.emit(e.ValidatorRegistered(1, address(validator))).later()
    assert chronicle.state.swarm.institution(1).validator == address("b")
    chronicle.emit(e.ValidatorRemoved(1, address("b"))).later()
    assert chronicle.state.swarm.institution(1).validator is None
    chronicle.emit(e.ValidatorRegistered(1, address("a")))
    assert chronicle.state.swarm.institution(1).validator == address("a")


def test_the_charter_over_time() -> None:
    chronicle = Chronicle(1).emit(e.CharterSet(digest("second")))
    swarm = chronicle.state.swarm
    assert swarm.charter == digest("second")
    assert [(each.digest, each.since) for each in swarm.charters] == [
        (digest("charter"), BEGINNING),
        (digest("second"), chronicle.time),
    ]


def test_an_unknown_institution_is_named() -> None:
    with pytest.raises(InstitutionUnknown, match="number 7"):
        Chronicle(1).state.swarm.institution(7)
