"""The list of the records that may be used, as a file: written for those who train, and read.

CSV with a heading. A line for each span of time: the record, and from when until when its data may
have been collected, in UTC; nothing stands where there is no bound.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.consent.errors import EligibleListInvalid
from governance.consent.spans import BEGINNING, END
from governance.primitives import utc

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import TextIO

    from governance.consent.decide import Verdict
    from governance.consent.spans import Span

HEADING = ["record", "collected_from", "collected_until"]

_FORM = "%Y-%m-%d %H:%M:%S UTC"
_LENGTH = len("2000-01-01 00:00:00 UTC")


def write_eligible(file: TextIO, decided: Iterable[tuple[str, Verdict]]) -> None:
    """Writes the list.

    Args:
        file: Opened with `newline=""`.
        decided: Records with their verdicts; those that do not permit are left out.
    """
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(HEADING)
    for record, verdict in decided:
        for span in verdict.collected:
            lines.writerow([record, *map(bound, span)])


def bound(second: int) -> str:
    """An end of a span, as people read it; nothing where there is no bound."""
    return "" if second in (BEGINNING, END) else utc(second)


def read_eligible(path: Path) -> dict[str, list[Span]]:
    """Reads the list: by record, when its data may have been collected.

    Raises:
        EligibleListInvalid: The file is not what `write_eligible` writes; none of it counts then.
        FileNotFoundError: There is no list.
    """
    found: dict[str, list[Span]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            if next(lines, None) != HEADING:
                raise EligibleListInvalid(path, 1)
            for record, start, end in lines:
                span = _second(start, BEGINNING), _second(end, END)
                if not record or span[0] >= span[1]:
                    raise EligibleListInvalid(path, lines.line_num)
                found.setdefault(record, []).append(span)
        except (ValueError, csv.Error):
            raise EligibleListInvalid(path, lines.line_num) from None
    return found


def _second(text: str, unbounded: int) -> int:
    """The second that `bound` has written as text.

    Raises:
        ValueError: It has not.
    """
    if not text:
        return unbounded
    try:
        # Years before 1000 are written with fewer digits.
        moment = datetime.strptime(text.zfill(_LENGTH), _FORM).replace(tzinfo=UTC)
        second = int(moment.timestamp())
    except ValueError:
        # Before the first year and after the last there are no dates.
        second = int(text)
    if bound(second) != text:
        raise ValueError(text)
    return second
