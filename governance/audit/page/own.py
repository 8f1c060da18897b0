"""What concerns one institution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from governance.errors import CharterError
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from governance.audit.findings import Finding
    from governance.audit.report import Report
    from governance.history import Institution, State

_NUMBERED = re.compile(r"\binstitutions? ([0-9]+(?:(?:,| and) [0-9]+)*)", re.IGNORECASE)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{40}\b")


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
    """The findings that name an institution, or an account or node of it."""
    swarm = report.state.swarm
    addresses = {tenure.account for tenure in institution.tenures}
    addresses |= {node.address for node in swarm.nodes_of(institution.number)}
    return tuple(
        finding
        for finding in report.findings
        if str(institution.number) in _numbers(finding)
        or addresses & set(_ADDRESS.findall(finding.detail))
    )


def _numbers(finding: Finding) -> set[str]:
    return {
        number
        for named in _NUMBERED.findall(f"{finding.subject}. {finding.detail}")
        for number in re.findall("[0-9]+", named)
    }
