"""What honest institutions do with a published checkpoint: examine its package, then attest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.chain import Keystore
from governance.chain.reader import Follower
from governance.checkpoints import (
    Package,
    checkpoint_id,
    examine,
    merge_by_name,
    model_digest,
    publication,
)
from governance.vocabulary import Level
from tests.frameworks.dishonest import KINDS, MERGE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploy.demo.hospital import Hospital
    from deploy.demo.party import Party
    from examples.hospitals import Hospitals, NodeFolder
    from governance.checkpoints import Examination
    from governance.history import Study


def publish_all(
    hospitals: Hospitals, folder: Path, nodes: list[NodeFolder]
) -> dict[str, list[Examination]]:
    """Publishes every kind of package, and has those attest who find it in order.

    Another hospital publishes each, since one that publishes two for a round has equivocated.

    Args:
        hospitals: The swarm.
        folder: The packages, by kind.
        nodes: A node of each of the first three hospitals.

    Returns:
        What the others found, by kind.
    """
    found = {}
    for kind in KINDS:
        package = Package.read(folder / kind)
        study = hospitals.study()
        said = publication(study, package.record, model_digest(package.manifest()))
        publisher = KINDS.index(kind) + 1
        _act(hospitals[publisher], nodes[publisher - 1], study.address, "publish", said)
        identity = checkpoint_id(study.in_force, said)
        found[kind] = [
            _examine(hospitals[number], node, package, identity)
            for number, node in enumerate(nodes, 1)
            if number != publisher
        ]
    return found


def _examine(
    hospital: Hospital, node: NodeFolder, package: Package, identity: bytes
) -> Examination:
    follower = Follower(hospital.party.rpc, hospital.trust)
    examination = examine(
        package,
        follower.poll(),
        identity,
        chain_id=hospital.trust.chain_id,
        merge=merge_by_name(MERGE),
        institution=hospital.number,
    )
    if examination.level is Level.MERGE_RECOMPUTED:
        level = int(examination.level)
        _act(hospital, node, hospital.study().address, "attest", identity, level)
    return examination


def _act(hospital: Hospital, node: NodeFolder, study: str, function: str, *args: object) -> None:
    folder = node.settings.parent
    signer = Keystore(folder / "keys").unlock("node", (folder / "passphrase").read_text())
    party: Party = hospital.party
    party.do("Study", study, function, *args, signer=signer)


def only_the_honest_is_final(
    examined: Mapping[str, list[Examination]], study: Study, packages: Path
) -> None:
    """Of the three that were published, whoever examined them refused those that lie."""
    codes = {
        kind: [[each.code for each in found.findings if each.refuses] for found in all_found]
        for kind, all_found in examined.items()
    }
    assert codes["honest"] == [[], []]
    assert all("NodeUnknown" in each for each in codes["slipped"])
    assert codes["exchanged"] == [["MergeOther"], ["MergeOther"]]
    honest = model_digest(Package.read(packages / "honest").manifest())
    assert [each.digest for each in study.finals] == [honest]
    assert len(study.checkpoints) == len(codes)
