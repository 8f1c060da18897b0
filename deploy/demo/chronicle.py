"""What a hospital saw of the rounds since the last final checkpoint, for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.checkpoints import Accepted, Refused, RoundRecord, publication

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.gate import Decision
    from governance.history import Study
    from governance.vocabulary import Publication


class Chronicle:
    """The rounds since the last final checkpoint."""

    def __init__(self) -> None:
        self._accepted: list[Accepted] = []
        self._refused: list[Refused] = []

    def note(self, number: int, decisions: Iterable[Decision], *, merged: bool = True) -> None:
        """Takes note of what the hospital's gate decided in a round.

        Args:
            number: The round.
            decisions: The gate's decisions.
            merged: Whether the model goes on from this try at the round; otherwise only refusals
                are noted.
        """
        for each in decisions:
            if not each.accepted:
                reason = each.reason.value
                refused = Refused(number, each.institution, each.envelope_digest, reason)
                self._refused.append(refused)
            elif merged:
                self._accepted.append(Accepted(number, each.institution, each.envelope_digest))

    def forget(self, number: int) -> None:
        """Lets go of the rounds up to one whose checkpoint is final."""
        self._accepted = [each for each in self._accepted if each.round > number]
        self._refused = [each for each in self._refused if each.round > number]

    def publication(self, study: Study, number: int, digest: bytes) -> tuple[Publication, bytes]:
        """What there is to publish for a round, and the record that stays with the hospital.

        Args:
            study: The study, as the history tells it.
            number: The round.
            digest: Digest of the merged model's files.
        """
        covered = range(study.last_round + 1, number + 1)
        record = RoundRecord(
            first=covered[0],
            last=number,
            accepted=tuple(each for each in self._accepted if each.round in covered),
            refused=tuple(each for each in self._refused if each.round in covered),
        )
        return publication(study, record, digest), record.canonical()
