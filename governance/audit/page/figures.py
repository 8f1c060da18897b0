"""The pictures of the report: timeline, participation, lineage, shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.audit.page.svg import WIDTH, Drawing
from governance.audit.page.text import shortened
from governance.vocabulary import Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from governance.audit.page.language import Language
    from governance.benefits import Entry
    from governance.history import Institution, State, Study
    from governance.history.study import Final

_LABELS = 200
_RIGHT = 12
_ROW = 20
_PLOT = WIDTH - _LABELS - _RIGHT
_LABEL_LETTERS = 28
_COLUMNS = 120
"""Checkpoints beyond this many are drawn several to a column."""
_BINS = 180
_STEPS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400, 7 * 86_400)
_MONTH = 30 * 86_400
_YEAR = 12
_TICKS = 6


class Figures:
    """Draws for one page.

    Args:
        state: What the history folds into.
        until: Unix seconds at which the pictures end.
        language: In which they are labelled.
    """

    def __init__(self, state: State, until: int, language: Language) -> None:
        self._state = state
        self._until = until
        self._say = language
        self._drawn = 0

    def _drawing(self, what: str, **values: object) -> Drawing:
        self._drawn += 1
        title = self._say(f"figure.{what}", **values)
        return Drawing(f"f{self._drawn}", title, self._say(f"figure.{what}.desc", **values))

    def _label(self, drawing: Drawing, y: float, institution: Institution) -> None:
        name = shortened(f"{institution.number}  {institution.name}", _LABEL_LETTERS)
        drawing.text(0, y + 4, name, "label")

    # --- timeline ---------------------------------------------------------------------------------

    def timeline(self, institutions: Sequence[Institution]) -> Markup:
        """Membership of each institution over time, and when its updates were merged."""
        begin = min((each.applied_at for each in institutions), default=self._until)
        scale = _Scale(begin, max(self._until, begin + 1))
        drawing = self._drawing(
            "timeline",
            count=len(institutions),
            begin=self._say.moment(begin),
            end=self._say.moment(self._until),
        )
        top, bottom = 30, 30 + _ROW * len(institutions)
        for second in scale.ticks():
            x = scale.x(second)
            drawing.line("grid", (x, top - 6), (x, bottom))
            if x + _RIGHT + 20 < WIDTH:
                drawing.text(x, top - 12, self._say.tick(second, scale.step), "small mid")
        rows = {
            each.number: top + _ROW * place + _ROW / 2 for place, each in enumerate(institutions)
        }
        for each in institutions:
            self._membership(drawing, scale, each, rows[each.number])
        self._merged(drawing, scale, rows)
        self._signed(drawing, scale, rows)
        drawing.height = bottom + 8
        return drawing.markup()

    def _membership(self, drawing: Drawing, scale: _Scale, each: Institution, y: float) -> None:
        self._label(drawing, y, each)
        applied = scale.x(each.applied_at)
        if each.joined_at is None:
            drawing.line("waiting", (applied, y), (scale.x(self._until), y))
        else:
            joined, end = scale.x(each.joined_at), scale.x(each.left_at or self._until)
            drawing.line("waiting", (applied, y), (joined, y))
            drawing.bar("member", joined, y - 6, max(end - joined, 1), 12)
            if each.left_at is not None:
                drawing.cross("gone", end, y, 5)
        drawing.dot("hollow", applied, y, 3)

    def _merged(self, drawing: Drawing, scale: _Scale, rows: dict[int, float]) -> None:
        seen = set()
        for study in self._state.studies.values():
            for final in study.finals:
                column = scale.bin(final.at)
                for contribution in final.contributions:
                    mark = contribution.institution, column
                    if contribution.institution in rows and mark not in seen:
                        seen.add(mark)
                        x = _LABELS + _PLOT * (column + 0.5) / _BINS
                        y = rows[contribution.institution]
                        drawing.bar("merged", x - 1, y - 4, 2, 8)

    def _signed(self, drawing: Drawing, scale: _Scale, rows: dict[int, float]) -> None:
        for study in self._state.studies.values():
            for each in study.signatures:
                if each.institution in rows:
                    drawing.triangle("signed", scale.x(each.at), rows[each.institution] + 8, 3)
            for withdrawal in study.withdrawals:
                if withdrawal.institution in rows:
                    x, y = scale.x(withdrawal.at), rows[withdrawal.institution]
                    drawing.cross("gone", x, y + 7, 3)

    # --- participation ----------------------------------------------------------------------------

    def overview(self, institutions: Sequence[Institution]) -> Markup:
        """Institutions by studies: in how large a part of the rounds each took part."""
        studies = list(self._state.studies.values())
        drawing = self._drawing("overview", count=len(institutions), studies=len(studies))
        width, top = min(40, _PLOT / max(len(studies), 1)), 26
        every = max(1, round(22 / width))
        totals = [study.credits(0, len(study.finals)) for study in studies]
        for place, study in enumerate(studies):
            x = _LABELS + width * (place + 0.5)
            if place % every == 0:
                drawing.text(x, top - 10, str(study.number), "small mid")
        for row, each in enumerate(institutions):
            y = top + _ROW * row + _ROW / 2
            self._label(drawing, y, each)
            drawing.line("grid", (_LABELS, y + 8), (_LABELS + width * len(studies), y + 8))
            for place, study in enumerate(studies):
                x, credit = _LABELS + width * place, totals[place].get(each.number)
                rounds = study.rounds_until(len(study.finals))
                part = credit.contributed / rounds if credit and rounds else 0
                if part:
                    drawing.bar("part", x + width * 0.15, y + 8 - 14 * part, width * 0.7, 14 * part)
                elif each.number in study.participations:
                    drawing.dot("none", x + width / 2, y + 5, 1.5)
        drawing.height = top + _ROW * len(institutions) + 6
        return drawing.markup()

    def matrix(self, study: Study, institutions: Sequence[Institution]) -> Markup:
        """Institutions by checkpoints of one study: the rounds in which updates were merged."""
        columns = _columns(study.finals)
        drawing = self._drawing(
            "matrix",
            study=study.number,
            count=len(institutions),
            checkpoints=len(study.finals),
            rounds=study.last_round,
        )
        width, top = min(44, _PLOT / len(columns)), 26
        self._rounds(drawing, columns, width, top - 10)
        for row, each in enumerate(institutions):
            y = top + _ROW * row + _ROW / 2
            self._label(drawing, y, each)
            drawing.line("grid", (_LABELS, y + 8), (_LABELS + width * len(columns), y + 8))
            for place, finals in enumerate(columns):
                x, part = _LABELS + width * place, _merged_part(finals, each.number)
                gap = min(width * 0.15, 3)
                if part:
                    drawing.bar("part", x + gap, y + 8 - 14 * part, width - 2 * gap, 14 * part)
                elif any(each.number in final.signatories for final in finals):
                    drawing.dot("none", x + width / 2, y + 5, min(1.5, width / 3))
        drawing.height = top + _ROW * len(institutions) + 6
        return drawing.markup()

    def _rounds(
        self, drawing: Drawing, columns: Sequence[Sequence[Final]], width: float, y: float
    ) -> None:
        """The rounds above or below columns, as many as there is room for."""
        every = max(1, round(34 / width + 0.49))
        for place, finals in enumerate(columns):
            if place % every == 0:
                x = _LABELS + width * (place + 0.5)
                drawing.text(x, y, self._say.number(finals[-1].round), "small mid")

    # --- lineage ----------------------------------------------------------------------------------

    def lineage(self, study: Study) -> Markup:
        """The chain of final checkpoints, with how many contributed to each of how many."""
        columns = _columns(study.finals)
        drawing = self._drawing(
            "lineage",
            study=study.number,
            checkpoints=len(study.finals),
            rounds=study.last_round,
            least=min(len(each.contributions) for each in study.finals),
            most=max(len(each.contributions) for each in study.finals),
        )
        width, y = min(44, _PLOT / len(columns)), 20
        right = _LABELS + width * (len(columns) - 0.5)
        drawing.text(0, y + 4, self._say("figure.lineage.chain"), "label")
        drawing.line("chain", (_LABELS + width / 2, y), (right, y))
        radius = max(1.2, min(6, width / 3.2))
        places = {final.round: place for place, finals in enumerate(columns) for final in finals}
        for place in range(len(columns)):
            drawing.dot("final", _LABELS + width * (place + 0.5), y, radius)
        self._beside(drawing, study, places, width, y)
        self._rounds(drawing, columns, width, y + 44)
        drawing.text(0, y + 44, self._say("figure.lineage.round"), "label")
        most = max((len(final.signatories) for final in study.finals), default=1) or 1
        base, tall = y + 112, 52
        drawing.text(0, base - 18, self._say("figure.lineage.contributors"), "label")
        drawing.text(_LABELS - 8, base - tall + 4, str(most), "small end")
        drawing.text(_LABELS - 8, base + 4, "0", "small end")
        for place, finals in enumerate(columns):
            x, gap = _LABELS + width * place, min(width * 0.2, 6)
            signed = max(len(final.signatories) for final in finals)
            merged = min(len(final.contributions) for final in finals)
            drawing.bar(
                "signatories",
                x + gap,
                base - tall * signed / most,
                width - 2 * gap,
                tall * signed / most,
            )
            drawing.bar(
                "part", x + gap, base - tall * merged / most, width - 2 * gap, tall * merged / most
            )
        drawing.line("axis", (_LABELS, base), (_LABELS + width * len(columns), base))
        drawing.height = base + 8
        return drawing.markup()

    def _beside(
        self, drawing: Drawing, study: Study, places: dict[int, int], width: float, y: float
    ) -> None:
        """Checkpoints that were published and did not become final hang below the chain."""
        for each in study.checkpoints.values():
            if each.sequence is not None:
                continue
            following = [place for round_, place in places.items() if round_ >= each.round]
            place = min(following, default=max(places.values()))
            x, parent = _LABELS + width * (place + 0.5), _LABELS + width * max(place - 0.5, 0.5)
            drawing.line("branch", (parent, y), (x, y + 18))
            drawing.diamond("candidate", x, y + 18, max(2, min(5, width / 3)))

    # --- shares -----------------------------------------------------------------------------------

    def shares(
        self, study: Study, rows: Sequence[tuple[str, Sequence[Entry]]], currency: str
    ) -> Markup:
        """What each receiver is owed of a study's revenue, and how much of it is settled."""
        drawing = self._drawing("shares", study=study.number, count=len(rows), currency=currency)
        most = max(sum(each.owed.amount for each in entries) for _, entries in rows)
        plot, y = _PLOT - 110, 16.0
        for name, entries in rows:
            drawing.text(0, y + 4, shortened(name, _LABEL_LETTERS), "label")
            x = float(_LABELS)
            for settlement in reversed(Settlement):
                amount = sum(each.owed.amount for each in entries if each.settlement is settlement)
                width = plot * amount / most
                if width and settlement is Settlement.CONFIRMED:
                    drawing.bar("part", x, y - 5, width, 10)
                elif width and settlement is Settlement.PAID:
                    drawing.hatched(x, y - 5, width, 10)
                elif width:
                    drawing.bar("open", x, y - 5, width, 10)
                x += width
            total = sum(each.owed.amount for each in entries)
            drawing.text(x + 6, y + 4, self._say.money(total, currency), "small")
            y += _ROW
        drawing.height = y - 4
        return drawing.markup()


@dataclass(frozen=True, slots=True)
class _Scale:
    """Seconds to places."""

    begin: int
    end: int

    def x(self, second: int) -> float:
        second = min(max(second, self.begin), self.end)
        return _LABELS + _PLOT * (second - self.begin) / (self.end - self.begin)

    def bin(self, second: int) -> int:
        return min(_BINS - 1, (second - self.begin) * _BINS // (self.end - self.begin))

    @property
    def step(self) -> int:
        """Seconds between marks; at least a month where marks stand at the first of months."""
        span = self.end - self.begin
        for step in _STEPS:
            if span <= step * _TICKS:
                return step
        return -(-span // (_TICKS * _MONTH)) * _MONTH

    def ticks(self) -> Sequence[int]:
        step = self.step
        if step < _MONTH:
            return range(-(-self.begin // step) * step, self.end + 1, step)
        apart = step // _MONTH
        begin = datetime.fromtimestamp(self.begin, UTC)
        firsts: list[int] = []
        month = -(-(begin.year * _YEAR + begin.month) // apart) * apart
        while True:
            year, past = divmod(month, _YEAR)
            second = int(datetime(year, past + 1, 1, tzinfo=UTC).timestamp())
            if second > self.end:
                return firsts
            if second >= self.begin:
                firsts.append(second)
            month += apart


def _columns(finals: Sequence[Final]) -> list[Sequence[Final]]:
    each = max(1, -(-len(finals) // _COLUMNS))
    return [finals[at : at + each] for at in range(0, len(finals), each)]


def _merged_part(finals: Sequence[Final], institution: int) -> float:
    covered = sum(final.covered for final in finals)
    merged = sum(
        contribution.rounds
        for final in finals
        for contribution in final.contributions
        if contribution.institution == institution
    )
    return merged / covered if covered else 0
