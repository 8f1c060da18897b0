"""Why an institution is not among those whose updates a checkpoint holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.audit.report import Refusal
    from governance.history import Study
    from governance.history.study import Final


@dataclass(frozen=True, slots=True)
class Absence:
    """An institution had signed, and no update of it was merged.

    Attributes:
        institution: Its number.
        why: `departed`, `withdrawn`, `terms-not-signed`, `refused`, `no-node`, or `not-merged`
            where neither history nor evidence logs tell.
        reasons: For `refused`, the gates' reasons and how often each was given.
    """

    institution: int
    why: str
    reasons: tuple[tuple[str, int], ...] = ()


class Absences:
    """Looks the reasons up for the final checkpoints of one study."""

    def __init__(self, study: Study, refusals: Iterable[Refusal]) -> None:
        self._study = study
        self._refused = [each for each in refusals if each.study == study.address]

    def of(self, final: Final) -> tuple[Absence, ...]:
        """Those who had signed when a checkpoint was published and are not in it."""
        return tuple(self._of(final))

    def _of(self, final: Final) -> Iterator[Absence]:
        at = self._study.checkpoints[final.checkpoint].at
        present = {each.institution for each in final.contributions}
        for number in self._study.seats:
            signed = [
                each
                for each in self._study.signatures
                if each.institution == number and each.at <= at
            ]
            if number in present or not signed:
                continue
            last = signed[-1].at
            left = self._study.swarm.institutions[number].left_at
            refused = self._reasons(number, final)
            if left is not None and left <= at:
                yield Absence(number, "departed")
            elif any(
                each.institution == number and last <= each.at <= at
                for each in self._study.withdrawals
            ):
                yield Absence(number, "withdrawn")
            elif max(each.version for each in signed) < final.version:
                yield Absence(number, "terms-not-signed")
            elif refused:
                yield Absence(number, "refused", refused)
            elif self._is_without_node(number, at):
                yield Absence(number, "no-node")
            else:
                yield Absence(number, "not-merged")

    def _reasons(self, institution: int, final: Final) -> tuple[tuple[str, int], ...]:
        first = final.round - final.covered
        counted = Counter(
            each.reason
            for each in self._refused
            if each.institution == institution and first < each.round <= final.round
        )
        return tuple(sorted(counted.items()))

    def _is_without_node(self, institution: int, at: int) -> bool:
        return not any(
            node.institution == institution
            and node.registered_at <= at
            and (node.revoked_at is None or node.revoked_at > at)
            for node in self._study.swarm.nodes.values()
        )
