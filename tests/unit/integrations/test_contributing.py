"""What a node signs, and what it does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from governance.chain.signer import LocalSigner
from governance.checkpoints import update_digest
from governance.integrations.contributing import LONGEST, Contributor, Invitation
from governance.integrations.errors import (
    InvitationInvalid,
    InvitationRefused,
    SignedAlready,
    SignedUnwritable,
)
from tests.unit.gate.world import CHAIN_ID, NOW, STUDY, UPDATE, key_of, node_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.integrations.merging import LiveWorld

OTHER_STUDY = "0x" + "5E" * 20
OTHER = {"weights": np.ones(12)}


def invitation(world: LiveWorld, **changes: Any) -> Invitation:
    said = Invitation.of(world.look(), STUDY, 1, attempt=1, deadline=NOW + 60)
    return replace(said, **changes)


@pytest.fixture
def node(world: LiveWorld, tmp_path: Path) -> Contributor:
    signer = LocalSigner(key_of(1))
    return Contributor(
        signer, CHAIN_ID, STUDY, tmp_path / "signed", view=world, clock=lambda: world.clock
    )


@pytest.fixture
def blind(tmp_path: Path) -> Contributor:
    signer = LocalSigner(key_of(1))
    return Contributor(signer, CHAIN_ID, STUDY, tmp_path / "signed", clock=lambda: NOW)


def test_it_signs_what_the_gate_takes(node: Contributor, world: LiveWorld) -> None:
    signed = node.announce(invitation(world), UPDATE, 212)
    assert signed.signer() == signed.node == node.node == node_of(1)
    assert signed.envelope.update == update_digest(UPDATE)
    assert (signed.envelope.round, signed.envelope.attempt) == (1, 1)


def test_it_tells_the_length_that_it_knows_itself(node: Contributor, world: LiveWorld) -> None:
    signed = node.announce(invitation(world, history_length=3), UPDATE, 212)
    assert signed.envelope.history_length == world.length


@pytest.mark.parametrize(
    "changes",
    [
        {"study": OTHER_STUDY},
        {"chain_id": 1},
        {"deadline": NOW - 1},
        {"deadline": NOW + LONGEST + 1},
        {"terms_version": 2},
        {"parent": b"\x11" * 32},
    ],
)
def test_it_signs_nothing_that_it_knows_to_be_wrong(
    node: Contributor, world: LiveWorld, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvitationRefused):
        node.announce(invitation(world, **changes), UPDATE, 212)


def test_it_signs_for_no_round_that_is_final(node: Contributor, world: LiveWorld) -> None:
    world.finish(1, b"\x22" * 32)
    with pytest.raises(InvitationRefused):
        node.announce(invitation(world), UPDATE, 212)


@pytest.mark.parametrize("changes", [{"study": OTHER_STUDY}, {"chain_id": 1}])
def test_without_a_view_it_still_signs_for_its_own_study_alone(
    blind: Contributor, world: LiveWorld, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvitationRefused):
        blind.announce(invitation(world, **changes), UPDATE, 212)
    told = invitation(world, parent=b"\x11" * 32, history_length=3)
    signed = blind.announce(told, UPDATE, 212)
    assert (signed.envelope.parent, signed.envelope.history_length) == (b"\x11" * 32, 3)
    with pytest.raises(InvitationRefused):
        blind.invitation(1, 1, 60.0)


def test_it_says_itself_what_a_round_is(node: Contributor, world: LiveWorld) -> None:
    assert node.invitation(1, 1, 60.0) == invitation(world)


def test_it_signs_one_update_for_an_attempt(
    node: Contributor, blind: Contributor, world: LiveWorld
) -> None:
    first = node.announce(invitation(world), UPDATE, 212)
    # The same again, though by another process and told of a later deadline.
    assert blind.announce(invitation(world, deadline=NOW + 90), UPDATE, 212) == first
    for one in (node, blind):
        with pytest.raises(SignedAlready):
            one.announce(invitation(world), OTHER, 212)
    again = node.announce(invitation(world, attempt=2), OTHER, 212)
    assert again.envelope.attempt == 2


def test_of_many_at_once_one_update_is_signed(node: Contributor, world: LiveWorld) -> None:
    def sign(number: int) -> bytes | None:
        try:
            update = {"weights": np.full(12, float(number))}
            return node.announce(invitation(world), update, 212).envelope.update
        except SignedAlready:
            return None

    with ThreadPoolExecutor(8) as threads:
        signed = [each for each in threads.map(sign, range(32)) if each is not None]
    assert len(signed) == 1


def test_it_signs_nothing_that_it_cannot_write_down(node: Contributor, world: LiveWorld) -> None:
    node._signed._folder.write_text("no folder\n")
    with pytest.raises(SignedUnwritable, match="cannot be kept"):
        node.announce(invitation(world), UPDATE, 212)


def test_what_it_signed_is_for_its_owner_alone(node: Contributor, world: LiveWorld) -> None:
    node.announce(invitation(world), UPDATE, 212)
    (kept,) = node._signed._folder.glob("*.json")
    assert kept.stat().st_mode & 0o077 == 0


def test_an_invitation_travels_as_texts_and_numbers(world: LiveWorld) -> None:
    said = invitation(world)
    config = said.as_config()
    assert {type(each) for each in config.values()} == {int, str}
    assert Invitation.from_config(config) == said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("round", "1"),
        ("round", True),
        ("round", -1),
        ("attempt", 1.0),
        ("deadline", 2**53),
        ("study", "0x12"),
        ("study", 7),
        ("parent", "0x12"),
        ("parent", None),
        ("unknown", 1),
    ],
)
def test_what_is_no_invitation_is_refused(world: LiveWorld, name: str, value: Any) -> None:
    config = {**invitation(world).as_config(), name: value}
    with pytest.raises(InvitationInvalid):
        Invitation.from_config(config)
    del config[name]
    if name != "unknown":
        with pytest.raises(InvitationInvalid):
            Invitation.from_config(config)
