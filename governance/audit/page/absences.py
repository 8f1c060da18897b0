"""Why an institution is not among those whose updates a checkpoint holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.audit.report import Refusal
    from governance.history import Study
    from governance.history.study import Final

_at, _round = attrgetter("at"), attrgetter("round")


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
        # A rogue is refused often, and whoever signs and withdraws may do so as often as it likes:
        # no checkpoint must cost a look at all of that.
        self._refused = _by_institution(each for each in refusals if each.study == study.address)
        for refused in self._refused.values():
            refused.sort(key=_round)
        self._signed = _by_institution(study.signatures)
        # One may sign the version in force after the one that is put forward.
        self._highest = {
            number: list(accumulate((each.version for each in signed), max))
            for number, signed in self._signed.items()
        }
        self._withdrew = _by_institution(study.withdrawals)

    def of(self, final: Final) -> tuple[Absence, ...]:
        """Those who had signed when a checkpoint was published and are not in it."""
        return tuple(self._of(final))

    def _of(self, final: Final) -> Iterator[Absence]:
        at = self._study.checkpoints[final.checkpoint].at
        present = {each.institution for each in final.contributions}
        for number in self._study.seats:
            signed = self._signed[number]
            times = bisect_right(signed, at, key=_at)
            if number in present or not times:
                continue
            last = signed[times - 1].at
            left = self._study.swarm.institutions[number].left_at
            refused = self._reasons(number, final)
            if left is not None and left <= at:
                yield Absence(number, "departed")
            elif self._has_withdrawn(number, last, at):
                yield Absence(number, "withdrawn")
            elif self._highest[number][times - 1] < final.version:
                yield Absence(number, "terms-not-signed")
            elif refused:
                yield Absence(number, "refused", refused)
            elif self._is_without_node(number, at):
                yield Absence(number, "no-node")
            else:
                yield Absence(number, "not-merged")

    def _has_withdrawn(self, institution: int, since: int, until: int) -> bool:
        withdrew = self._withdrew.get(institution, [])
        first = bisect_left(withdrew, since, key=_at)
        return first < len(withdrew) and withdrew[first].at <= until

    def _reasons(self, institution: int, final: Final) -> tuple[tuple[str, int], ...]:
        first = final.round - final.covered
        refused = self._refused.get(institution, [])
        begin = bisect_right(refused, first, key=_round)
        end = bisect_right(refused, final.round, key=_round)
        counted = Counter(each.reason for each in refused[begin:end])
        return tuple(sorted(counted.items()))

    def _is_without_node(self, institution: int, at: int) -> bool:
        return not any(
            node.institution == institution
            and node.registered_at <= at
            and (node.revoked_at is None or node.revoked_at > at)
            for node in self._study.swarm.nodes.values()
        )


def _by_institution(acts: Iterable[Any]) -> dict[int, list[Any]]:
    """Acts of each institution, in the order in which they are given."""
    found: dict[int, list[Any]] = {}
    for each in acts:
        found.setdefault(each.institution, []).append(each)
    return found
