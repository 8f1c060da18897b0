"""Why an institution is not in a checkpoint, and what it costs to find out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from governance.audit import Refusal
from governance.audit.page.absences import Absence, Absences
from governance.history import events as e
from tests.unit.audit.stories import node, running
from tests.unit.history.chronicle import address, digest


def refused(round_: int, reason: str = "Withdrawn", institution: int = 3) -> Refusal:
    return Refusal(address("study 1"), round_, node(institution), institution, reason, 1_000)


def test_only_refusals_of_the_rounds_that_a_checkpoint_covers_explain_it() -> None:
    swarm = running()
    for number in (2, 5, 6):
        swarm.final(number, {1: 1, 2: 1, 4: 1})
    study = swarm.study
    given = [refused(6, "Late"), refused(5), refused(2, "Early"), refused(3), refused(5, "Other")]
    told = Absences(study, [*given, refused(4, institution=4)])
    assert [told.of(final) for final in study.finals] == [
        (Absence(3, "refused", (("Early", 1),)),),
        (Absence(3, "refused", (("Other", 1), ("Withdrawn", 2))),),
        (Absence(3, "refused", (("Late", 1),)),),
    ]


def test_who_withdrew_and_signed_again_was_away_in_between_alone() -> None:
    swarm = running()
    swarm.final(1, {1: 1, 2: 1, 4: 1})
    swarm.later().emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    swarm.final(2, {1: 1, 2: 1, 4: 1})
    swarm.later().sign(3).later()
    swarm.final(3, {1: 1, 2: 1, 4: 1})
    told = Absences(swarm.study, [])
    reasons = [[each.why for each in told.of(final)] for final in swarm.study.finals]
    assert reasons == [["not-merged"], ["withdrawn"], ["not-merged"]]


@dataclass
class Counted:
    """A refusal that counts how often its institution and round are asked for."""

    asked: ClassVar[int] = 0
    study: str
    number: int
    reason: str = "WrongRound"

    def __getattr__(self, name: str) -> Any:
        Counted.asked += 1
        return {"institution": 3, "round": self.number}[name]


def test_no_checkpoint_costs_a_look_at_all_that_was_ever_refused() -> None:
    swarm = running()
    for number in range(1, 41):
        swarm.final(number, {1: 1, 2: 1, 4: 1})
    study = swarm.study
    many = [Counted(study.address, 1 + place % 40) for place in range(4_000)]
    told = Absences(study, many)  # type: ignore[arg-type]
    reasons = [told.of(final)[0].reasons for final in study.finals]
    assert reasons == [(("WrongRound", 100),)] * 40
    assert Counted.asked < 4 * len(many)
