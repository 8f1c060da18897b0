"""Who takes part in the runs that tests hold against each other, and what the rogues do.

Three hospitals train honestly for two rounds. Four more nodes do what nobody may; a second run
without them must give the same model, bit for bit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.chain import Follower, Keystore, Rpc, Trust
from governance.integrations.contributing import Contributor
from governance.integrations.settings import NodeSettings
from governance.vocabulary import NodeStanding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploy.demo.patients import Array
    from governance.gate import SignedEnvelope
    from governance.history import State
    from governance.integrations.contributing import Invitation

ROUNDS = 2
OTHER_STUDY = "0x" + "5d" * 20
OTHER_PARENT = bytes.fromhex("11" * 32)

_WAIT_SECONDS = 60.0
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """What a node does.

    Attributes:
        name: The node's and its folder's name.
        hospital: Number of the hospital that registers it; 0 for nobody's.
        site: Whose patients it trains on.
        deeds: What it does with its update, round by round.
        reasons: What becomes of it, round by round.
    """

    name: str
    hospital: int
    site: str
    deeds: tuple[str, ...]
    reasons: tuple[str, ...]


_HONEST = (("honest", "honest"), ("Authorised", "Authorised"))
HONEST = (
    Part("node-1", 1, "Cleveland", *_HONEST),
    Part("node-2", 2, "Hungary", *_HONEST),
    Part("node-3", 3, "Switzerland", *_HONEST),
)
ROGUES = (
    Part(
        "rogue-1", 0, "VA Long Beach", ("unregistered", "bare"), ("NodeUnknown", "EnvelopeMissing")
    ),
    Part("rogue-2", 1, "Cleveland", ("changed", "replayed"), ("UpdateMismatch", "WrongRound")),
    Part("rogue-3", 2, "Hungary", ("foreign", "revoked"), ("ForeignStudy", "NodeRevoked")),
    Part("rogue-4", 4, "VA Long Beach", ("parent", "withdrawn"), ("WrongParent", "Withdrawn")),
)
EVERYBODY = {part.name: part for part in (*HONEST, *ROGUES)}


def prepare(
    deed: str, path: Path, invitation: Invitation, update: Mapping[str, Array], records: int
) -> tuple[SignedEnvelope | None, Mapping[str, Array]]:
    """An update and its envelope, as somebody sends them who does such a deed.

    Args:
        deed: What is done, a name from `Part.deeds`.
        path: The settings of the node that does it.
        invitation: What the node is told of the round.
        update: What it has trained.
        records: How many patients are behind it.
    """
    settings = NodeSettings.load(path)
    if deed == "bare":
        return None, update
    if deed == "replayed":
        return _copied(path, invitation), update
    if deed == "foreign":
        careless = _careless(settings, OTHER_STUDY)
        return careless.announce(replace(invitation, study=careless.study), update, records), update
    if deed == "parent":
        careless = _careless(settings, settings.study)
        return careless.announce(replace(invitation, parent=OTHER_PARENT), update, records), update
    if deed in {"revoked", "withdrawn"}:
        _await_end(settings, deed)
    signed = settings.contributor().announce(invitation, update, records)
    if deed == "changed":
        return signed, {name: -3.0 * array for name, array in update.items()}
    return signed, update


def _careless(settings: NodeSettings, study: str) -> Contributor:
    """A node that signs whatever it is told to sign."""
    passphrase = settings.passphrase_file.read_text()
    signer = Keystore(settings.keystore).unlock(settings.key, passphrase)
    chain_id = Trust.load(settings.trust).chain_id
    return Contributor(signer, chain_id, study, settings.signed)


def _copied(path: Path, invitation: Invitation) -> SignedEnvelope:
    """The envelope with which the first hospital's node came into the round before."""
    from governance.gate import SignedEnvelope  # noqa: PLC0415

    folder = path.parents[1] / HONEST[0].name / "signed"
    (found,) = folder.glob(f"*-{invitation.round - 1}-{invitation.attempt}.json")
    return SignedEnvelope.from_bytes(found.read_text())


def _await_end(settings: NodeSettings, deed: str) -> None:
    """Waits until the node is revoked, or its institution has withdrawn."""
    with Rpc(settings.endpoints[0]) as rpc:
        follower = Follower(rpc, Trust.load(settings.trust))
        deadline = time.monotonic() + _WAIT_SECONDS
        node = Keystore(settings.keystore).address(settings.key)
        while True:
            follower.poll()
            if _has_ended(follower.state, settings.study, node, deed):
                return
            assert time.monotonic() < deadline, f"nobody is {deed}"
            time.sleep(_PAUSE)


def _has_ended(state: State, study: str, node: str, deed: str) -> bool:
    known = state.swarm.nodes[node]
    if deed == "revoked":
        return known.standing is NodeStanding.REVOKED
    return state.study(study).participations[known.institution].withdrawn
