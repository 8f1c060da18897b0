"""A leader that lies about a merge: the others refuse to attest, and it never becomes final."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from deploy.demo.narration import Narrator
from deploy.demo.stage import EmbeddedStage
from deploy.demo.story import Story
from deploy.demo.swarm_training import SwarmTraining
from deploy.demo.training import Participant, merged, named
from governance.gate import Reason
from governance.vocabulary import Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.demo.hospital import Hospital
    from governance.checkpoints import Package

pytestmark = pytest.mark.chain


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Four hospitals whose study has just begun; its terms ask for merges to be recomputed."""
    stage = EmbeddedStage(tmp_path / "chain")
    with (tmp_path / "told.txt").open("w") as told, ExitStack() as closing:
        story = Story(tmp_path / "swarm", stage, Narrator(Console(file=told)))
        closing.callback(stage.close)
        stage.open(list(story.parties.values()))
        story.admit_the_fourth(story.found())
        story.agree_on_terms()
        for hospital in story.hospitals:
            closing.callback(hospital.close)
            closing.callback(hospital.party.rpc.close)
        yield story


def refusals(story: Story, liar: Hospital, package: Package, checkpoint: bytes) -> list[set[str]]:
    """What the others find in a package; none of them can attest it."""
    found = []
    for hospital in story.hospitals:
        if hospital is liar:
            continue
        examination = hospital.examine(package.folder, checkpoint)
        assert examination.level is Level.NONE
        found.append({each.code for each in examination.findings if each.refuses})
        kept = (hospital.party.home / "examinations.jsonl").read_text().splitlines()
        assert json.loads(kept[-1])["level"] == "none"
    return found


def test_a_dishonest_leaders_checkpoint_never_becomes_final(story: Story) -> None:
    fourth = story.hospitals[3]
    with SwarmTraining(list(story.hospitals), 1) as training:
        # Somebody plays the fourth hospital, whose own update does not come this time.
        stolen = fourth.party.new_key("not-registered")
        rogue = Participant(stolen.address, stolen.sign_digest, *fourth.patients.train, factor=-3.0)
        honest = [hospital.participant() for hospital in story.hospitals[:3]]
        before = training.weights
        result = training.run(1, [*honest, rogue])
        assert [each.reason for each in training.refused] == [Reason.NODE_UNKNOWN]

        # One leader slips the refused update in and says that it is the fourth hospital's.
        slips = story.hospitals[0]
        sent, decision = result.announcements[-1], result.decisions[-1]
        lie = decision._replace(reason=Reason.AUTHORISED, institution=fourth.number)
        slips.chronicle.note(sent.envelope, lie, named(sent.update))
        package = slips.pack(1, merged(before, result.announcements))
        first = slips.publish(package)
        for found in refusals(story, slips, package, first):
            assert found == {"NodeUnknown"}

        # Another lists honest envelopes and merges something else.
        bends = story.hospitals[1]
        package = bends.pack(1, result.weights * (1 + 1e-15))
        second = bends.publish(package)
        for found in refusals(story, bends, package, second):
            assert found == {"MergeOther"}

        study = story.opener.study()
        assert not study.finals
        for checkpoint in (first, second):
            assert len(study.checkpoints[checkpoint].attestations) == 1

        # An honest one goes the same way with the others' attestations, and training goes on.
        honestly = story.hospitals[2]
        package = honestly.pack(1, result.weights)
        third = honestly.publish(package)
        for hospital in (story.hospitals[3], story.hospitals[0]):
            level = hospital.examine(package.folder, third).require()
            assert level is Level.MERGE_RECOMPUTED
            hospital.attest(third, level)
    (final,) = story.opener.study().finals
    assert final.checkpoint == third
    assert [each.institution for each in final.contributions] == [1, 2, 3]
