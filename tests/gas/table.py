"""The table of rows: what was measured, what it was held against, and whether it still is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLERANCE = 0.02
"""By which a row may differ from the committed one."""

HEAD = ("act", "gas", "anchor", "its gas", "ratio", "target", "met")
_RULE = ("---", "---:", "---", "---:", "---:", "---:", "---")
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One line.

    Attributes:
        act: what costs the gas; tells one row from another.
        gas: what it costs.
        anchor: what it is held against.
        anchor_gas: what that costs.
        target: the ratio aimed at, at most; none where nothing was promised.
    """

    act: str
    gas: int
    anchor: str
    anchor_gas: int
    target: float | None = None

    @property
    def ratio(self) -> float:
        """Of its gas to the anchor's."""
        return self.gas / self.anchor_gas

    @property
    def missed(self) -> bool:
        """Whether there is a target, and it is not met."""
        return self.target is not None and self.ratio > self.target

    def cells(self) -> tuple[str, ...]:
        """As the table shows it, in Markdown."""
        target, met = _NONE, _NONE
        if self.target is not None:
            target, met = f"≤ {self.target:g}", "**no**" if self.missed else "yes"
        anchor = self.anchor, f"{self.anchor_gas:,}"
        return self.act, f"{self.gas:,}", *anchor, f"{self.ratio:.3f}", target, met


def render(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    return "\n".join(_line(cells) for cells in (HEAD, _RULE, *(row.cells() for row in rows)))


def parse(text: str) -> list[Row]:
    """The rows of the one such table in a text; what `render` has written."""
    lines = text.splitlines()
    start = lines.index(_line(HEAD)) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        act, gas, anchor, anchor_gas, _, target, _ = (
            cell.strip() for cell in line.strip("|").split("|")
        )
        aim = None if target == _NONE else float(target.removeprefix("≤ "))
        rows.append(Row(act, _number(gas), anchor, _number(anchor_gas), aim))
    return rows


def complaints(committed: Sequence[Row], measured: Sequence[Row]) -> list[str]:
    """What is worse than committed or is not what is committed, a sentence each."""
    before = {row.act: row for row in committed}
    now = {row.act: row for row in measured}
    said = [f"'{act}' is measured no longer." for act in before if act not in now]
    for act, row in now.items():
        was = before.get(act)
        if was is None:
            said.append(f"'{act}' is missing in the committed table.")
            continue
        if row.target != was.target or row.anchor != was.anchor:
            said.append(f"'{act}' is held against something else than in the committed table.")
        if row.missed and not was.missed:
            said.append(
                f"'{act}' met its target and does no longer: {row.gas:,} is {row.ratio:.3f} x "
                f"{row.anchor}, aimed at {row.target:g}."
            )
        pairs = (("", row.gas, was.gas), (" (the anchor)", row.anchor_gas, was.anchor_gas))
        for what, value, old in pairs:
            if abs(value - old) > TOLERANCE * old:
                said.append(f"'{act}'{what} costs {value:,}, not {old:,} as committed.")
    return said


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(text: str) -> int:
    return int(text.replace(",", ""))
