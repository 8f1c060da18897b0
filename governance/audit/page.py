"""The report as one HTML page that a person without a chain can read, keep and print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from governance.benefits import statement
from governance.errors import CharterError
from governance.history import Support
from governance.primitives import to_hex
from governance.terms import summary, terms_from_canonical
from governance.vocabulary import Ground

if TYPE_CHECKING:
    from governance.audit.report import Refusal, Report
    from governance.history import Proposal, Study
    from governance.terms import Section


def render(report: Report) -> str:
    """The page: self-contained, no script, nothing loaded from anywhere.

    Names and texts come from the chain, where anybody could have written anything, so all of them
    are escaped.
    """
    # Jinja costs a tenth of a second to import, and few commands draw a page.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("governance.audit", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "when": _when,
        "hex": to_hex,
        "short": _short,
        "money": _money,
        "word": _word,
    }
    page = environment.get_template("report.html.j2")
    return page.render(report=report, verdict=_verdict(report), **_contents(report))


def _contents(report: Report) -> dict[str, Any]:
    state = report.state
    return {
        "state": state,
        "institutions": state.swarm.institutions,
        "refusals": _refusals(report),
        "proposals": [
            {
                "proposal": proposal,
                "state": state.proposal_state(proposal.number, report.time),
                "ballots": _ballots(proposal),
            }
            for proposal in state.proposals.values()
        ],
        "studies": [
            {
                "study": study,
                "sections": _sections(study),
                "acts": _acts(study),
                "revenues": statement(state, study.number).revenues,
                "payees": _payees(study),
            }
            for study in state.studies.values()
        ],
    }


def _refusals(report: Report) -> list[dict[str, Any]]:
    """Refusals of the same node for the same reason as one row; a rogue tries many times."""
    rows: dict[tuple[str, str, str], list[Refusal]] = {}
    for refusal in report.refusals:
        rows.setdefault((refusal.study, refusal.node, refusal.reason), []).append(refusal)
    return [
        {
            "reason": reason,
            "node": node,
            "institution": refused[0].institution,
            "count": len(refused),
            "first": min(each.round for each in refused),
            "last": max(each.round for each in refused),
            "since": min(each.at for each in refused),
        }
        for (_, node, reason), refused in rows.items()
    ]


def _ballots(proposal: Proposal) -> dict[str, str]:
    """Who voted how, as the institutions' numbers."""
    return {
        support.name.lower(): ", ".join(
            str(vote.institution) for vote in proposal.votes.values() if vote.support is support
        )
        for support in Support
    }


def _acts(study: Study) -> list[tuple[int, int, str]]:
    """When which institution signed, declined or withdrew, in order of time."""
    acts = [
        *(
            (each.at, each.institution, f"signed version {each.version}")
            for each in study.signatures
        ),
        *(
            (
                each.at,
                each.institution,
                f"declined version {each.version} ({Ground.word(each.reason)})",
            )
            for each in study.declines
        ),
        *(
            (each.at, each.institution, f"withdrew ({Ground.word(each.reason)})")
            for each in study.withdrawals
        ),
    ]
    return sorted(acts, key=lambda act: act[0])


def _payees(study: Study) -> dict[str, str]:
    """The names that the study's terms give to payees, by account."""
    names = {}
    for version in study.versions.values():
        try:
            terms = terms_from_canonical(version.terms)
        except CharterError:
            continue
        names.update({payee.account: payee.name for payee in terms.benefits.payees})
    return names


def _sections(study: Study) -> tuple[Section, ...]:
    try:
        return summary(terms_from_canonical(study.terms.terms))
    except CharterError:
        # Told as a finding; what cannot be read cannot be shown.
        return ()


def _verdict(report: Report) -> str:
    heaviest = report.findings[0].severity.value if report.findings else None
    match heaviest:
        case None:
            return "The history is complete and keeps its own rules. Nothing was found."
        case "breach":
            return "The history is complete. Rules were broken; see the findings."
        case _:
            return "The history is complete and no rule was broken. Something is open; see below."


def _when(seconds: int | None) -> str:
    if seconds is None:
        return "not yet"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _short(digest: bytes | str) -> str:
    text = digest if isinstance(digest, str) else to_hex(digest)
    return f"{text[:10]}…{text[-6:]}"


def _money(minor_units: int) -> str:
    return f"{minor_units // 100:,}.{minor_units % 100:02d}"


def _word(member: Any) -> str:
    return str(member.name).replace("_", " ").capitalize()
