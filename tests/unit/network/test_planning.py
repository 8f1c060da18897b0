"""What a validator has to do so that its engine follows the swarm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.network.planning import (
    Action,
    EnodeInvalid,
    Plan,
    Step,
    Wanted,
    plan,
    tidy,
    validator_of,
    wanted,
)
from governance.history.state import State
from governance.history.swarm import Institution, Node, Swarm, Tenure
from governance.vocabulary import Kind, NodeStanding, Profile, Sector, Standing
from tests.unit.network.machines import (
    Simulation,
    account,
    address,
    enode,
    standing,
    wanting,
)

ROUNDS = 20


def done(plan: Plan, *actions: Action) -> list[tuple[Action, str]]:
    return [
        (each.action, each.subject) for each in plan.steps if each.action in (actions or Action)
    ]


# --- worlds ---------------------------------------------------------------------------------------


World = tuple[Wanted, Simulation, set[str]]


@st.composite
def worlds(draw: st.DrawFn, *, orderly: bool = False) -> World:
    """What is wanted, a network that stands otherwise, and validators that nobody registered.

    In an orderly one, members have more than half of the votes.
    """
    few = st.integers(0, 2)
    staying = draw(st.integers(1, 4) if orderly else few)
    joining = draw(few if staying else st.integers(1, 2))
    leaving = draw(st.integers(0, staying - 1) if orderly else few)
    nameless = 0 if orderly else draw(few if staying + leaving else st.integers(1, 2))
    numbers = iter(range(1, 20))
    stay, join, leave, none = (
        [next(numbers) for _ in range(count)] for count in (staying, joining, leaving, nameless)
    )
    silent = draw(st.sampled_from([(), (9,)]))
    everyone = [*stay, *join, *leave, *none]
    network = Simulation.of([*stay, *leave, *none], everyone)
    for machine in network.machines:
        voted = st.dictionaries(st.sampled_from(everyone).map(address), st.booleans())
        machine.votes = draw(voted)
    wanted = wanting([*stay, *join], leave, silent=silent, cards=everyone)
    return wanted, network, {address(each) for each in none}


def settle(network: Simulation, wanted: Wanted, acting: set[str], **settings: bool) -> int:
    """Has the machines plan and act until none has anything to do; returns how often."""
    for turn in range(ROUNDS):
        plans = [
            (each, network.plan(each, wanted, **settings))
            for each in network.machines
            if each.own in acting
        ]
        if not any(each.steps for _, each in plans):
            return turn
        for machine, each in plans:
            machine.apply(each)
        network.tally()
    raise AssertionError("it never comes to an end")


@given(worlds())
def test_when_all_follow_their_plans_who_is_wanted_validates(
    world: World,
) -> None:
    wanted, network, nameless = world
    settle(network, wanted, {each.own for each in network.machines})
    kept = nameless if wanted.silent else set()
    assert network.validators == wanted.validators.keys() | kept
    for machine in network.machines:
        assert machine.votes == {}
        assert machine.accounts == set(wanted.accounts)


@given(worlds(orderly=True))
def test_a_majority_is_enough_whatever_the_others_vote(world: World) -> None:
    wanted, network, _ = world
    acting = set(wanted.validators)
    settle(network, wanted, acting)
    assert network.validators == acting
    gone = set(wanted.former)
    for machine in network.machines:
        if machine.own in acting:
            assert not {validator_of(each) for each in machine.nodes | machine.peers} & gone
            assert {validator_of(each) for each in machine.nodes} == acting
            assert {validator_of(each) for each in machine.peers} == acting - {machine.own}


@given(worlds())
def test_who_validates_is_never_cut_off(world: World) -> None:
    wanted, network, _ = world
    for machine in network.machines:
        before = machine.nodes
        found = network.plan(machine, wanted)
        assert before <= set(found.nodes), "all that were let in validate"
        assert not found.of(Action.DISCONNECT)


@given(worlds())
def test_a_plan_is_carried_out_once(world: World) -> None:
    wanted, network, _ = world
    for machine in network.machines:
        machine.apply(network.plan(machine, wanted))
        again = network.plan(machine, wanted)
        assert {each.action for each in again.steps} <= {Action.VOTE_IN}, "of who is connected now"
        machine.apply(again)
        assert network.plan(machine, wanted).steps == ()


@given(worlds(), st.booleans())
def test_the_set_falls_below_four_only_with_a_warning(world: World, keep: bool) -> None:
    wanted, network, _ = world
    floor = min(4, len(network.validators))
    for machine in network.machines:
        found = network.plan(machine, wanted, keep_fault_tolerance=keep)
        left = len(network.validators) - len(found.of(Action.VOTE_OUT))
        assert left > 0
        if left < floor:
            assert not keep
            assert any("tolerates one fault" in each for each in found.warnings)
    if keep:
        settle(network, wanted, {each.own for each in network.machines}, keep_fault_tolerance=True)
        assert len(network.validators) >= floor


@given(st.sets(st.integers(1, 8), min_size=1), st.integers(1, 8))
def test_a_world_that_is_in_step_needs_nothing(members: set[int], own: int) -> None:
    asked = wanting(members)
    found = plan(asked, standing(members, asked, own=own), address(own))
    assert found.steps == ()
    assert found.waiting == ()
    assert (not found.warnings) == (own in members)


# --- one at a time --------------------------------------------------------------------------------


def test_a_members_validator_is_let_in_and_voted_in() -> None:
    asked = wanting([1, 2, 3, 4, 5])
    engine = standing([1, 2, 3, 4], accounts=tuple(asked.accounts))
    found = plan(asked, engine, address(1))
    assert done(found) == [
        (Action.LET_IN_NODE, enode(5)),
        (Action.CONNECT, enode(5)),
    ]
    assert found.waiting == (
        f"Not voted in before it is connected: {address(5)} of institution 5. Once it validates it "
        "counts, running or not.",
    )
    assert set(found.nodes) == {enode(each) for each in range(1, 6)}
    assert set(found.static) == {enode(each) for each in range(2, 6)}
    connected = standing([1, 2, 3, 4], asked)
    found = plan(asked, connected, address(1))
    assert done(found) == [(Action.VOTE_IN, address(5))]
    assert found.waiting == (
        f"Waiting for others: to vote in {address(5)} (validator of institution 5), 3 of 4 "
        "validators must vote so; this one's vote is one of them.",
    )
    # What is voted already stays, though a connection comes and goes.
    voted = replace(connected, votes={address(5): True}, peers=connected.peers[:-1])
    for each in (voted, replace(voted, peers=connected.peers)):
        assert not plan(asked, each, address(1)).of(Action.VOTE_IN, Action.DISCARD_VOTE)
    against = replace(voted, votes={address(5): False}, peers=())
    assert plan(asked, against, address(1)).of(Action.DISCARD_VOTE) == [address(5)]


def test_who_does_not_validate_has_no_vote() -> None:
    asked = wanting([1, 2, 3, 4, 5])
    found = plan(asked, standing([1, 2, 3, 4], asked, own=5), address(5))
    assert found.steps == ()
    assert "this one does not validate" in found.waiting[0]


def test_who_has_left_is_voted_out_and_cut_off_afterwards() -> None:
    asked = wanting([1, 2, 3, 4], former=[5])
    engine = standing([1, 2, 3, 4, 5], asked)
    found = plan(asked, engine, address(1))
    why = "of institution 5, which has left the swarm"
    assert found.steps == (Step(Action.VOTE_OUT, address(5), why),)
    assert found.warnings == ()
    voted = replace(engine, votes={address(5): False})
    assert plan(asked, voted, address(1)).steps == ()
    after = replace(voted, validators=standing([1, 2, 3, 4]).validators)
    found = plan(asked, after, address(1))
    assert done(found) == [
        (Action.SHUT_OUT_NODE, enode(5)),
        (Action.DISCARD_VOTE, address(5)),
        (Action.DISCONNECT, enode(5)),
    ]
    assert found.waiting == ()


def test_below_four_it_is_said_or_not_done() -> None:
    asked = wanting([1, 2, 3], former=[4])
    engine = standing([1, 2, 3, 4], asked)
    found = plan(asked, engine, address(1))
    assert found.of(Action.VOTE_OUT) == [address(4)]
    assert found.warnings == (
        "The votes lower the set below what tolerates one fault: 3 validators would be left; it "
        "takes 4 to bear one that fails or lies. Others should register a validator.",
    )
    kept = plan(asked, engine, address(1), keep_fault_tolerance=True)
    assert kept.steps == ()
    assert address(4) in kept.warnings[0]
    assert "is not voted out yet" in kept.warnings[0]
    voted = replace(engine, votes={address(4): False})
    taken_back = plan(asked, voted, address(1), keep_fault_tolerance=True)
    assert taken_back.of(Action.DISCARD_VOTE) == [address(4)]


def test_the_last_one_waits_for_another() -> None:
    asked = wanting([2], former=[1])
    found = plan(asked, standing([1], asked), address(1))
    assert found.of(Action.VOTE_OUT) == []
    assert found.of(Action.VOTE_IN) == [address(2)]
    assert any("no validator would be left" in each for each in found.waiting)


def test_a_vote_is_turned_round_or_taken_back() -> None:
    asked = wanting([1, 2, 3, 4, 5])
    engine = standing([1, 2, 3, 4], asked, votes={address(5): False, address(2): False})
    found = plan(asked, engine, address(1))
    assert done(found) == [(Action.VOTE_IN, address(5)), (Action.DISCARD_VOTE, address(2))]
    assert found.steps[1].why == "it is not wanted any more"


def test_whom_nobody_registered_stays_while_it_can_be_a_members() -> None:
    asked = wanting([1, 2, 3], silent=[4])
    engine = standing([1, 2, 3, 4], asked)
    found = plan(asked, engine, address(1))
    assert found.steps == ()
    assert address(4) in found.warnings[0]
    assert "institution 4" in found.warnings[0]
    everyone = plan(replace(asked, silent=()), engine, address(1))
    assert everyone.of(Action.VOTE_OUT) == [address(4)]


def test_where_nobody_is_registered_nobody_is_voted_out() -> None:
    engine = standing([1, 2, 3, 4])
    found = plan(Wanted({}), engine, address(1))
    assert found.steps == ()
    assert "nobody has registered one" in found.warnings[0]


def test_without_a_card_it_is_said_whom_to_ask() -> None:
    asked = wanting([1, 2, 3, 4, 5], cards=[1, 2])
    found = plan(asked, standing([1, 2, 3, 4], asked, nodes=(), peers=()), address(1))
    assert set(found.nodes) == {enode(1), enode(2)}
    asking = [each for each in found.warnings if "card" in each]
    assert len(asking) == 3
    assert not found.of(Action.VOTE_IN)
    assert f"{address(5)} is reached: ask institution 5, for its card" in asking[-1]
    # Who is on the list already is reached without one.
    listed = plan(asked, standing([1, 2, 3, 4, 5], asked), address(1))
    assert (listed.steps, listed.warnings) == ((), ())


def test_who_moved_is_let_in_at_the_new_place_alone() -> None:
    moved = enode(2).replace("10.0.0.2", "10.0.0.20")
    asked = wanting([1, 2, 3, 4])
    asked = replace(asked, enodes={**asked.enodes, address(2): moved})
    found = plan(asked, standing([1, 2, 3, 4], asked), address(1))
    assert done(found) == [(Action.LET_IN_NODE, moved), (Action.SHUT_OUT_NODE, enode(2))]


def test_strangers_are_disconnected_and_shut_out() -> None:
    asked = wanting([1, 2, 3, 4])
    engine = standing([1, 2, 3, 4], asked)
    stranger = replace(
        engine,
        nodes=(*engine.nodes, enode(7)),
        peers=(*engine.peers, enode(8)),
        accounts=(*engine.accounts, account(9)),
    )
    found = plan(asked, stranger, address(1))
    assert set(done(found)) == {
        (Action.SHUT_OUT_ACCOUNT, account(9)),
        (Action.SHUT_OUT_NODE, enode(7)),
        (Action.DISCONNECT, enode(7)),
        (Action.DISCONNECT, enode(8)),
    }


def test_the_own_validator_is_told_where_it_stands() -> None:
    asked = wanting([1, 2, 3, 4], former=[5])
    gone = plan(asked, standing([1, 2, 3, 4, 5], asked, own=5), address(5))
    assert any("not to validate any more" in each for each in gone.warnings)
    new = plan(asked, standing([1, 2, 3, 4], asked, own=6), address(6))
    assert any("charter validator register" in each for each in new.warnings)
    assert new.steps == ()


def test_an_engine_that_is_catching_up_is_left_alone() -> None:
    found = plan(wanting([1]), replace(standing([2, 3]), catching_up=True), address(2))
    assert found.steps == ()
    assert "still reading" in found.waiting[0]


# --- what the swarm asks for ----------------------------------------------------------------------


def institution(number: int, standing: Standing, validator: str | None) -> Institution:
    return Institution(
        number=number,
        profile=Profile(f"Hospital {number}", Kind.HOSPITAL, Sector.PUBLIC, b"DE", bytes(32)),
        tenures=(Tenure(account(number), 1, by_vote=False),),
        standing=standing,
        applied_at=1,
        validator=validator,
    )


@pytest.fixture
def state() -> State:
    """Members 1, 2, 5 and 7, of which 5 has none; 2 has replaced its validator, 7 removed it."""
    institutions = [
        institution(1, Standing.MEMBER, address(1)),
        institution(2, Standing.MEMBER, address(12)),
        institution(3, Standing.EXPELLED, address(3)),
        institution(4, Standing.LEFT, address(4)),
        institution(5, Standing.MEMBER, None),
        institution(6, Standing.APPLICANT, None),
        institution(7, Standing.MEMBER, None),
    ]
    nodes = [
        Node(address(51), 1, NodeStanding.REGISTERED, 1),
        Node(address(52), 1, NodeStanding.REVOKED, 1, 2),
        Node(address(53), 3, NodeStanding.REGISTERED, 1),
    ]
    owners = {1: 1, 2: 2, 12: 2, 3: 3, 4: 4, 7: 7}
    return State(
        swarm=Swarm(
            institutions={each.number: each for each in institutions},
            accounts={each.account: each.number for each in institutions},
            nodes={each.address: each for each in nodes},
            validators={address(each): number for each, number in owners.items()},
        )
    )


def test_the_state_says_who_should_validate_and_who_should_not(state: State) -> None:
    asked = wanted(state, {address(1): enode(1) + "?discport=0"}, [account(40).lower()])
    assert asked.validators == {
        address(1): "institution 1, Hospital 1",
        address(12): "institution 2, Hospital 2",
    }
    assert asked.former == {
        address(2): f"institution 2, Hospital 2, which runs {address(12)} instead",
        address(3): "institution 3, Hospital 3, which was expelled from the swarm",
        address(4): "institution 4, Hospital 4, which has left the swarm",
        address(7): "institution 7, Hospital 7, which has removed it",
    }
    assert asked.silent == ("institution 5, Hospital 5", "institution 7, Hospital 7")
    assert asked.accounts == {
        account(1): "account of institution 1, Hospital 1",
        account(2): "account of institution 2, Hospital 2",
        account(5): "account of institution 5, Hospital 5",
        account(7): "account of institution 7, Hospital 7",
        address(51): "node of institution 1, Hospital 1",
        account(40): "let in by this validator's operator",
    }
    assert asked.enodes == {address(1): enode(1)}


def test_enodes_are_such_and_their_validators_own(state: State) -> None:
    with pytest.raises(EnodeInvalid, match="not of"):
        wanted(state, {address(1): enode(2)})
    with pytest.raises(EnodeInvalid, match="is not enode://"):
        wanted(state, {address(1): "enode://1234@10.0.0.1:30303"})
    for bad in (enode(1) + '"', enode(1).replace("10.0.0.1", '10"]'), enode(1)[:-6], ""):
        with pytest.raises(EnodeInvalid):
            tidy(bad)
    assert tidy(enode(1).upper().replace("ENODE", "enode")) == enode(1)


def test_addresses_of_enodes_are_those_of_their_keys() -> None:
    # From the example network of Besu's own documentation.
    known = (
        "enode://09b02f8a5fddd222ade4ea4528faefc399623af3f736be3c44f03e2df22fb792f3931a4d9573d333"
        "ca74343305762a753388c3422a86d98b713fc91c1ea04842@127.0.0.1:30303"
    )
    assert validator_of(known) == "0xFE3B557E8Fb62b89F4916B721be55cEb828dBd73"
