"""What concerns one institution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from governance.audit.findings import Finding
    from governance.audit.report import Report
    from governance.history import Institution, State


class AccountUnknown(CharterError):
    """No institution has, or ever had, an account."""

    code = "AccountUnknown"


def institution_of(state: State, account: str) -> Institution:
    """The institution that an account speaks, or once spoke, for.

    Raises:
        AccountUnknown: There is none.
        AddressInvalid: It is no address.
    """
    address = checksum_address(account)
    number = state.swarm.accounts.get(address)
    if number is None:
        raise AccountUnknown(
            f"No institution of this history has the account {address}, or ever had it.",
            "Take an account from the list of institutions in the report of the whole history.",
        )
    return state.swarm.institutions[number]


def findings_of(report: Report, institution: Institution) -> tuple[Finding, ...]:
    """The findings that concern an institution."""
    return tuple(each for each in report.findings if institution.number in each.institutions)
