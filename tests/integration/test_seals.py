"""Following a chain whose blocks are sealed: by whom they should be, and by others."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from governance.chain.errors import BlockNotSealed
from governance.chain.house import Trust
from governance.chain.qbft import HeaderInvalid
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.errors import ExitStatus
from tests.integration.sealing import Sealing, forged, validator
from tests.integration.world import Founded, key

FOUR = ("one", "two", "three", "four")


def trusting(founded: Founded, *names: str) -> Trust:
    """The trust file of a swarm whose first validators are these."""
    return replace(founded.trust, validators=tuple(validator(name) for name in names))


@contextlib.contextmanager
def following(sealing: Sealing, trust: Trust, **changed: Any) -> Iterator[Follower]:
    with sealing.serve(**changed) as url, Rpc(url) as rpc:
        yield Follower(rpc, trust)


def apply(founded: Founded, *names: str) -> None:
    for name in names:
        with founded.sender(key(name)) as sender:
            sender.send(founded.apply(name))


def sealed_by(founded: Founded, *names: str) -> Sealing:
    return Sealing(founded.rpc, lambda _: FOUR, lambda _: names)


def test_a_sealed_chain_is_followed(founded: Founded) -> None:
    with following(sealed_by(founded, *FOUR), trusting(founded, *FOUR)) as follower:
        assert len(follower.poll()) == 7
        assert follower.validators == {validator(name) for name in FOUR}
        apply(founded, "a")
        assert len(follower.poll()) == 1
        assert follower.poll() == ()


def test_on_a_chain_without_seals_nothing_is_asked_of_them(founded: Founded) -> None:
    follower = founded.follower()
    assert follower.length == 7
    assert follower.validators == frozenset()


def test_three_of_four_suffice(founded: Founded) -> None:
    with following(sealed_by(founded, *FOUR[:3]), trusting(founded, *FOUR)) as follower:
        assert len(follower.poll()) == 7


@pytest.mark.parametrize(
    ("sealers", "reason"),
    [
        (FOUR[:2], "two thirds"),
        (("one", "two", "two", "three"), "twice"),
        ((*FOUR, "stranger"), "not of one"),
        ((), "two thirds"),
    ],
)
def test_what_is_not_sealed_as_it_must_be_is_not_believed(
    founded: Founded, sealers: tuple[str, ...], reason: str
) -> None:
    with following(sealed_by(founded, *sealers), trusting(founded, *FOUR)) as follower:
        with pytest.raises(BlockNotSealed, match=reason) as caught:
            follower.poll()
        assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
        assert follower.block is None
        assert follower.age == float("inf")


def test_validators_of_another_chain_are_not_believed(founded: Founded) -> None:
    with (
        following(sealed_by(founded, *FOUR), trusting(founded, "five", "six", "one")) as follower,
        pytest.raises(BlockNotSealed, match="believed last"),
    ):
        follower.poll()
    with following(sealed_by(founded, *FOUR), trusting(founded, "five", "one", "two")) as follower:
        assert len(follower.poll()) == 7


def test_an_endpoint_that_makes_no_seals_up_is_not_believed(founded: Founded) -> None:
    follower = Follower(founded.rpc, trusting(founded, *FOUR))
    with pytest.raises(HeaderInvalid):
        follower.poll()


def test_a_view_stays_as_it_was_when_a_block_is_not_sealed(founded: Founded) -> None:
    few: list[str] = []
    sealing = Sealing(founded.rpc, lambda _: FOUR, lambda _: few or FOUR)
    with following(sealing, trusting(founded, *FOUR)) as follower:
        follower.poll()
        before = follower.block, follower.state, follower.head
        apply(founded, "a")
        few.append("one")
        with pytest.raises(BlockNotSealed):
            follower.poll()
        assert (follower.block, follower.state, follower.head) == before
        few.clear()
        assert len(follower.poll()) == 1


@pytest.mark.parametrize("name", ["timestamp", "stateRoot", "gasLimit", "mixHash"])
def test_a_sealed_header_cannot_be_altered(founded: Founded, name: str) -> None:
    sealing = sealed_by(founded, *FOUR)

    def altered(tag: str, _: bool) -> Any:
        block = sealing.block(tag)
        last = "1" if block[name][-1] != "1" else "2"
        return block | {name: block[name][:-1] + last}

    trust = trusting(founded, *FOUR)
    with (
        following(sealing, trust, eth_getBlockByNumber=altered) as follower,
        pytest.raises(HeaderInvalid, match="hash"),
    ):
        follower.poll()

    def under_its_hash(tag: str, full: bool) -> Any:
        return forged(altered(tag, full))

    with (
        following(sealing, trust, eth_getBlockByNumber=under_its_hash) as follower,
        pytest.raises(BlockNotSealed),
    ):
        follower.poll()


# --- validators that change -----------------------------------------------------------------------


def last_block(founded: Founded) -> int:
    return int(founded.rpc.call("eth_blockNumber"), 16)


def test_validators_who_all_changed_one_by_one_are_followed(founded: Founded) -> None:
    apply(founded, *"abcdefghij")
    last = last_block(founded)
    begin = last - 8

    def validators(number: int) -> list[str]:
        changed = max(0, min(number - begin, 8))
        return [f"validator {changed + each}" for each in range(4)]

    trust = trusting(founded, *validators(0))
    sealing = Sealing(founded.rpc, validators)
    with following(sealing, trust) as follower:
        assert follower.poll()
        assert follower.validators == {validator(name) for name in validators(last)}
        assert not follower.validators & set(trust.validators)


def test_validators_who_all_changed_at_once_are_not(founded: Founded) -> None:
    apply(founded, *"abcd")
    last = last_block(founded)

    def validators(number: int) -> list[str]:
        return [f"{'new' if number >= last - 2 else 'old'} {each}" for each in range(4)]

    sealing = Sealing(founded.rpc, validators)
    with (
        following(sealing, trusting(founded, *validators(0))) as follower,
        pytest.raises(BlockNotSealed, match=f"Block {last - 2},"),
    ):
        follower.poll()
    assert len(sealing.asked) < 20


def test_a_header_in_between_must_be_sealed_too(founded: Founded) -> None:
    apply(founded, *"abcdefgh")
    last = last_block(founded)

    def validators(number: int) -> list[str]:
        changed = max(0, min(number - last + 6, 6))
        return [f"validator {changed + each}" for each in range(4)]

    def sealers(number: int) -> list[str]:
        return validators(number)[:3] if number == last else validators(number)[:1]

    sealing = Sealing(founded.rpc, validators, sealers)
    with (
        following(sealing, trusting(founded, *validators(0))) as follower,
        pytest.raises(BlockNotSealed, match="two thirds"),
    ):
        follower.poll()
