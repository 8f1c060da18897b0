"""The participation history as a table that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.audit.page.acts import Act, acts
from governance.audit.page.own import institution_of
from governance.audit.page.text import cleaned
from governance.vocabulary import decimal

if TYPE_CHECKING:
    from governance.audit.report import Report

COLUMNS = (
    "time_utc",
    "institution",
    "name",
    "act",
    "study",
    "version",
    "round",
    "detail",
    "amount",
    "currency",
)
_FORMULA = re.compile(
    r"(^|;)(?=\s*[=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH COMMERCIAL AT}\N{FULLWIDTH HYPHEN-MINUS}-])"
)
"""Where a cell may begin that a spreadsheet computes: one that is set to German takes a semicolon
as the end of a cell, whatever quotes stand around."""


def as_csv(report: Report, account: str | None = None) -> str:
    """Who did what when, one act a row, in order of time.

    RFC 4180 with a byte order mark, by which spreadsheets know UTF-8. Names come from the chain,
    where anybody could have written a formula: before what a spreadsheet would compute, an
    apostrophe stands.

    Args:
        report: What the audit came to.
        account: Of one institution, whose acts alone are wanted.

    Raises:
        AccountUnknown: No institution has, or had, that account.
        AddressInvalid: It is no address.
    """
    own = None if account is None else institution_of(report.state, account).number
    written = io.StringIO()
    written.write("\ufeff")
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for act in acts(report.state):
        if own in (None, act.institution):
            writer.writerow(_row(report, act))
    return written.getvalue()


def _row(report: Report, act: Act) -> list[str | int]:
    institution = report.state.swarm.institutions.get(act.institution)
    return [
        datetime.fromtimestamp(act.at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        act.institution,
        _safe(institution.name if institution else ""),
        act.act,
        act.study or "",
        act.version or "",
        act.round or "",
        _safe(act.detail),
        decimal(act.amount, act.currency) if act.currency else "",
        _safe(act.currency),
    ]


def _safe(text: str) -> str:
    return _FORMULA.sub(r"\1'", cleaned(text))
