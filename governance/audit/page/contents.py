"""What stands on the page, row by row, in one language."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from governance.audit.findings import Severity
from governance.audit.page.absences import Absence, Absences
from governance.audit.page.acts import acts, participation
from governance.audit.page.figures import Figures
from governance.audit.page.own import findings_of
from governance.audit.page.text import cleaned
from governance.audit.report import Basis
from governance.benefits import statement
from governance.errors import CharterError
from governance.history import Support
from governance.primitives import to_hex
from governance.terms import summary, terms_from_canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.audit.findings import Finding
    from governance.audit.page.acts import Act
    from governance.audit.page.language import Language
    from governance.audit.report import Refusal, Report
    from governance.benefits import Entry, RevenueStatement
    from governance.history import Institution, Proposal, Study
    from governance.history.study import Final
    from governance.terms import Section, Terms

_FEW = 8
"""Up to so many institutions are named in lists; more are told by their numbers."""
_TO, _TIMES = "\u2013", "\u00d7"
_OF_TRAINING = {"published", "attested", "contributed", "equivocated"}


@dataclass(frozen=True, slots=True)
class Told:
    """An act with its words."""

    act: Act
    name: str
    told: str


class Contents:
    """Makes the page's rows from a report.

    Args:
        report: What the audit came to.
        say: The language.
        own: The institution whose own report it is, if it is one's.
    """

    def __init__(self, report: Report, say: Language, own: Institution | None) -> None:
        self._report = report
        self._state = report.state
        self._say = say
        self._own = own
        self._institutions = tuple(report.state.swarm.institutions.values())
        self._findings = findings_of(report, own) if own else report.findings
        self._figures = Figures(report.state, max(report.time, report.state.time), say)

    def all(self) -> dict[str, Any]:
        """Everything that the template asks for."""
        say, report, own = self._say, self._report, self._own
        return {
            "t": say,
            "report": report,
            "state": self._state,
            "title": say("own.title", name=own.name) if own else say("title"),
            "upto": self._upto(),
            "lead": say("own.lead" if own else "lead"),
            "warning": " ".join(self._warnings()),
            "verdict": self._verdict(),
            "weight": self._findings[0].severity.value if self._findings else "clean",
            "counts": self._counts(),
            "facts": tuple(self._own_facts() if own else self._facts()),
            "checks": tuple(self._checks()),
            "figures": self._figures,
            "institutions": self._institutions,
            "members": [self._member(each) for each in self._institutions],
            "proposals": [self._proposal(each) for each in self._state.proposals.values()],
            "studies": () if own else [self._study(each) for each in self._state.studies.values()],
            "own": self._own_contents(own) if own else None,
            "refusals": self._refusals(),
            "findings": self._kinds(),
            "numbered": len(self._institutions) > _FEW,
        }

    # --- what was verified ------------------------------------------------------------------------

    def _upto(self) -> str:
        report, proof = self._report, self._report.proof
        # Who reads a running chain keeps no list of those who sealed its last block.
        named = "" if proof.sealers or proof.basis is not Basis.SEALS else ".unnamed"
        return self._say(
            f"upto.{proof.basis.value}{named}",
            block=report.block,
            moment=self._say.moment(report.time),
            validators=proof.validators,
            sealers=len(proof.sealers),
            institutions=len(report.vouching.institutions),
            members=report.vouching.members,
        )

    def _warnings(self) -> Iterator[str]:
        report = self._report
        if report.proof.basis is Basis.COUNTERSIGNATURES:
            yield self._say("warning.countersignatures")
        if report.proof.basis is Basis.ENDPOINT:
            yield self._say("warning.endpoint")
            if report.vouching.length:
                yield self._say(
                    "warning.vouched",
                    count=len(report.vouching.institutions),
                    members=report.vouching.members,
                    length=report.vouching.length,
                )

    def _verdict(self) -> str:
        whose = "own.verdict" if self._own else "verdict"
        basis = "endpoint" if self._report.proof.basis is Basis.ENDPOINT else "proven"
        weight = self._findings[0].severity if self._findings else None
        match weight:
            case None:
                found = "clean"
            case Severity.BREACH:
                found = "breach"
            case _:
                found = "open"
        told = [self._say(f"verdict.{basis}"), self._say(f"{whose}.{found}")]
        if not self._report.charter_given:
            told.append(self._say("verdict.no-charter"))
        return " ".join(told)

    def _counts(self) -> str:
        counted = Counter(each.severity for each in self._findings)
        told = [
            self._say(f"count.{severity.value}", count=counted[severity])
            for severity in (Severity.BREACH, Severity.CONCERN, Severity.NOTICE)
            if counted[severity]
        ]
        return f"{' · '.join(told)}." if told else ""

    def _facts(self) -> Iterator[tuple[str, str]]:
        say, state = self._say, self._state
        finals = [final for study in state.studies.values() for final in study.finals]
        counts = {
            "fact.events": self._report.length,
            "fact.members": len(state.swarm.members()),
            "fact.studies": len(state.studies),
            "fact.checkpoints": len(finals),
            "fact.refusals": len(self._report.refusals),
        }
        for name, count in counts.items():
            yield say(name, count=count), say.number(count)

    def _checks(self) -> Iterator[tuple[str, str]]:
        say, report = self._say, self._report
        proof, vouching = report.proof, report.vouching
        yield (
            say("check.history"),
            say("check.history.is", history=report.history, chain=str(report.chain_id)),
        )
        if proof.basis is Basis.SEALS:
            yield say("check.header"), f"{proof.header}"
            yield (
                say("check.seals"),
                say(
                    "check.seals.are" if proof.sealers else "check.seals.unnamed",
                    sealers=len(proof.sealers),
                    validators=proof.validators,
                    list=", ".join(proof.sealers),
                ),
            )
            if proof.headers:
                yield say("check.headers"), say("check.headers.are", count=proof.headers)
        else:
            yield say("check.seals"), say("check.seals.none")
        if proof.code:
            listed = "; ".join(f"{name} {to_hex(code)}" for name, code in proof.code.items())
            yield say("check.code"), say("check.code.is", count=len(proof.code), list=listed)
        else:
            yield say("check.code"), say("check.code.none")
        yield (
            say("check.chain"),
            say("check.chain.is", count=report.length, head=to_hex(report.head)),
        )
        if vouching.length:
            yield (
                say("check.countersigned"),
                say(
                    "check.countersigned.are",
                    count=len(vouching.institutions),
                    members=vouching.members,
                    length=vouching.length,
                    list=self._who(vouching.institutions),
                ),
            )
        else:
            yield say("check.countersigned"), say("check.countersigned.none")
        yield say("check.rules"), say("check.rules.are")
        held = "check.charter.given" if report.charter_given else "check.charter.none"
        yield say("check.charter"), say(held)
        yield (
            say("check.evidence"),
            say("check.evidence.is", count=len(report.refusals))
            if report.refusals
            else say("check.evidence.none"),
        )

    # --- the swarm --------------------------------------------------------------------------------

    def _member(self, each: Institution) -> dict[str, Any]:
        say, profile = self._say, each.profile
        nodes = self._state.swarm.nodes_of(each.number)
        kind, sector = profile.kind.name.lower(), profile.sector.name.lower()
        return {
            "institution": each,
            "kind": f"{say.name('kind', kind)}, {say.name('sector', sector)}",
            "country": profile.country.decode("latin-1"),
            "standing": say.name("standing", each.standing.name.lower()),
            "nodes": self._lines(
                [],
                *(
                    say("node.revoked", node=_short(node.address), when=say.when(node.revoked_at))
                    if node.revoked_at
                    else _short(node.address)
                    for node in nodes
                ),
            ),
        }

    def _proposal(self, proposal: Proposal) -> dict[str, Any]:
        state = self._state.proposal_state(
            proposal.number, max(self._report.time, self._state.time)
        )
        return {
            "proposal": proposal,
            "by": self._name(proposal.institution),
            "outcome": self._say.name("proposal", state.name.lower()),
        } | {
            support.name.lower(): self._lines(
                [each.institution for each in proposal.votes.values() if each.support is support]
            )
            for support in Support
        }

    # --- a study ----------------------------------------------------------------------------------

    def _study(self, study: Study) -> dict[str, Any]:
        say, terms = self._say, _terms(study)
        name = terms.title if terms else say("study.nameless")
        absences = Absences(study, self._report.refusals)
        institutions = self._state.swarm.institutions
        revenues = statement(self._state, study.number).revenues
        payees = _payees(study)
        return {
            "study": study,
            "name": name,
            "title": say("study.title", study=study.number, name=name),
            "state": say.name("study", study.state.name.lower()),
            "summary": self._summary(study),
            "digest": to_hex(study.terms.terms_digest) if study.in_force else "",
            "sections": _sections(terms, say),
            "acts": self._told(participation(study)),
            "seats": [institutions[number] for number in sorted(study.seats)],
            "rows": [self._checkpoint(study, final, absences) for final in study.finals],
            "revenues": [self._revenue(each, payees) for each in revenues],
            "shares_drawings": tuple(self._share_rows(study, revenues, payees)),
        }

    def _summary(self, study: Study) -> str:
        say = self._say
        return say(
            "study.summary",
            state=say.name("study", study.state.name.lower()),
            opened=say.date(study.opened_at),
            opener=self._name(study.opener),
            version=study.in_force,
            signatories=self._who(study.signatories()) or say("nobody"),
        )

    def _checkpoint(self, study: Study, final: Final, absences: Absences) -> dict[str, Any]:
        checkpoint = study.checkpoints[final.checkpoint]
        publisher, *others = checkpoint.attestations
        first = final.round - final.covered + 1
        full = [each.institution for each in final.contributions if each.rounds >= final.covered]
        partly = [
            self._say(
                "contributed.partly",
                who=self._who([each.institution]),
                rounds=each.rounds,
                covered=final.covered,
            )
            for each in final.contributions
            if each.rounds < final.covered
        ]
        return {
            "final": final,
            "rounds": self._rounds(first, final.round),
            "model": _short(to_hex(final.digest)),
            "published": self._name(publisher.institution),
            "attested": self._lines([each.institution for each in others]),
            "contributed": self._lines(full, *partly),
            "absent": self._absent(absences.of(final)),
        }

    def _absent(self, absences: Iterable[Absence]) -> Markup:
        by_reason: dict[str, list[int]] = {}
        for each in absences:
            reason = self._say.name("absence", each.why)
            if each.reasons:
                counted = ", ".join(
                    f"{code} {_TIMES} {self._say.number(n)}" for code, n in each.reasons
                )
                reason = f"{reason} ({counted})"
            by_reason.setdefault(reason, []).append(each.institution)
        told = [f"{self._who(who)}: {reason}" for reason, who in by_reason.items()]
        return self._lines([], *(told or ["\u2013"]))

    def _rounds(self, first: int, last: int) -> str:
        number = self._say.number
        return number(last) if first == last else f"{number(first)}{_TO}{number(last)}"

    # --- money ------------------------------------------------------------------------------------

    def _receiver(self, entry: Entry, payees: dict[str, str]) -> str:
        owed = entry.owed
        if owed.institution is not None:
            return self._name(owed.institution)
        account = str(owed.account)
        return payees.get(account, account)

    def _revenue(
        self, told: RevenueStatement, payees: dict[str, str], own: int | None = None
    ) -> dict[str, Any]:
        say, revenue = self._say, told.revenue
        entries = told.entries if own is None else told.owed_to(own)
        caption = say(
            "revenue.caption" if revenue.licensee else "revenue.caption.plain",
            revenue=revenue.number,
            amount=say.money(revenue.amount, revenue.currency),
            date=say.date(revenue.at),
            by=self._name(revenue.institution),
            licensee=revenue.licensee,
        )
        return {
            "caption": caption,
            "sum": say.money(sum(each.owed.amount for each in entries), revenue.currency),
            "shares": [
                {
                    "entry": entry,
                    "name": self._receiver(entry, payees),
                    "part": say.name("part", entry.owed.line.part.name.lower()),
                    "amount": say.money(entry.owed.amount, revenue.currency),
                    "settlement": say.name("settlement", entry.settlement.name.lower()),
                }
                for entry in entries
            ],
        }

    def _share_rows(
        self, study: Study, revenues: Sequence[RevenueStatement], payees: dict[str, str]
    ) -> Iterator[Any]:
        """For each currency, the shares of each receiver together."""
        for currency in sorted({each.revenue.currency for each in revenues}):
            rows: dict[str, list[Entry]] = {}
            for revenue in revenues:
                if revenue.revenue.currency == currency:
                    for entry in revenue.entries:
                        rows.setdefault(self._receiver(entry, payees), []).append(entry)
            if rows:
                yield self._figures.shares(study, tuple(rows.items()), currency)

    # --- refusals and findings --------------------------------------------------------------------

    def _refusals(self) -> list[dict[str, Any]]:
        """Refusals of a node in a study for the same reason as one row; a rogue tries often."""
        rows: dict[tuple[str, str, str], list[Refusal]] = {}
        for refusal in self._report.refusals:
            if self._own is None or refusal.institution == self._own.number:
                key = refusal.study, refusal.node, refusal.reason
                rows.setdefault(key, []).append(refusal)
        return [self._refused(*key, refused) for key, refused in rows.items()]

    def _refused(
        self, study: str, node: str, reason: str, refused: Sequence[Refusal]
    ) -> dict[str, Any]:
        say = self._say
        numbers = {each.address: each.number for each in self._state.studies.values()}
        institution = refused[0].institution
        rounds = [each.round for each in refused]
        return {
            "reason": reason,
            "meaning": say.name("reason", reason) if reason in say.names["reason"] else "",
            "node": _short(node),
            "name": self._name(institution) if institution else say("nobody"),
            "study": str(numbers.get(study, _short(study))),
            "count": say.number(len(refused)),
            "rounds": self._rounds(min(rounds), max(rounds)),
            "since": min(each.at for each in refused),
        }

    def _kinds(self) -> list[dict[str, Any]]:
        """The findings of a kind together, the heaviest kind first."""
        say = self._say
        kinds: dict[str, list[Finding]] = {}
        for finding in self._findings:
            kinds.setdefault(finding.id, []).append(finding)
        told = []
        for kind, found in kinds.items():
            words = [say.tell(each) for each in found]
            told.append(
                {
                    "id": kind,
                    "severity": found[0].severity.value,
                    "severity_name": say.name("severity", found[0].severity.value),
                    "meaning": words[0].meaning,
                    "ask_next": words[0].ask_next,
                    "rows": [
                        {"subject": each.subject, "detail": each.detail, "at": finding.at}
                        for each, finding in zip(words, found, strict=True)
                    ],
                }
            )
        return told

    # --- one institution --------------------------------------------------------------------------

    def _own_facts(self) -> Iterator[tuple[str, str]]:
        assert self._own is not None
        say, own = self._say, self._own
        found = Counter(act.act for act in acts(self._state) if act.institution == own.number)
        credits_ = [
            study.credit(own.number, len(study.finals)) for study in self._state.studies.values()
        ]
        yield say("fact.standing"), say.name("standing", own.standing.name.lower())
        counts = {
            "fact.votes": sum(found[f"voted-{v}"] for v in _BALLOTS),
            "fact.rounds": sum(each.contributed for each in credits_),
            "fact.attested": found["published"] + found["attested"],
        }
        for name, count in counts.items():
            yield say(name, count=count), say.number(count)

    def _own_contents(self, own: Institution) -> dict[str, Any]:
        mine = [act for act in acts(self._state) if act.institution == own.number]
        studies = []
        for study in self._state.studies.values():
            here = [act for act in mine if act.study == study.number]
            if not here:
                continue
            terms = _terms(study)
            name = terms.title if terms else self._say("study.nameless")
            studies.append(
                {
                    "study": study,
                    "title": self._say("study.title", study=study.number, name=name),
                    "summary": self._summary(study),
                    "is_seat": own.number in study.participations,
                    "acts": self._told(
                        [act for act in here if act.act not in _OF_TRAINING], with_name=False
                    ),
                    "training": self._told(
                        [act for act in here if act.act in _OF_TRAINING], with_name=False
                    ),
                }
            )
        return {
            "institution": own,
            "swarm_acts": self._told([act for act in mine if not act.study], with_name=False),
            "studies": studies,
            "revenues": [
                self._revenue(revenue, {}, own.number)
                for study in self._state.studies
                for revenue in statement(self._state, study).revenues
                if revenue.owed_to(own.number)
            ],
        }

    # --- words ------------------------------------------------------------------------------------

    def _told(self, given: Iterable[Act], *, with_name: bool = True) -> list[Told]:
        return [
            Told(act, self._name(act.institution) if with_name else "", self._act(act))
            for act in given
        ]

    def _act(self, act: Act) -> str:
        say, detail = self._say, act.detail
        if act.act in {"declined", "withdrew"}:
            detail = say.name("ground", detail)
        elif act.act == "attested":
            detail = say.name("level", detail)
        elif act.act == "contributed":
            rounds, _, covered = detail.partition("/")
            return say("act.contributed", round=act.round, rounds=int(rounds), covered=int(covered))
        if act.act == "signed" and detail:
            return say("act.signed.consent", version=act.version, detail=detail)
        return say(
            f"act.{act.act}",
            version=act.version,
            round=act.round,
            detail=detail,
            amount=say.money(act.amount, act.currency) if act.currency else "",
        )

    def _name(self, number: int) -> str:
        found = self._state.swarm.institutions.get(number)
        return f"{found.name} ({number})" if found else str(number)

    def _who(self, numbers: Iterable[int]) -> str:
        """Institutions in a list: by name where there are few, otherwise by number."""
        if len(self._institutions) <= _FEW:
            return ", ".join(map(self._name, numbers))
        return _ranges(sorted(numbers))

    def _lines(self, numbers: Iterable[int], *more: str) -> Markup:
        """The same for a table's cell: names, and what comes after them, each on its own line."""
        numbers = list(numbers)
        names = (
            map(self._name, numbers)
            if len(self._institutions) <= _FEW
            else [_ranges(sorted(numbers))]
        )
        lines = [cleaned(line) for line in (*names, *more) if line]
        return Markup("<br>").join(lines)


_BALLOTS = tuple(support.name.lower().replace("_", "-") for support in Support)


def _terms(study: Study) -> Terms | None:
    try:
        return terms_from_canonical(study.terms.terms)
    except CharterError:
        # Told as a finding; what cannot be read cannot be shown.
        return None


def _sections(terms: Terms | None, say: Language) -> tuple[Section, ...]:
    return summary(terms, say.code) if terms else ()


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


def _short(digest: str) -> str:
    return f"{digest[:10]}…{digest[-4:]}"


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in order, those that follow each other as one range."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]}{_TO}{run[-1]}" if len(run) > 2 else ", ".join(map(str, run))  # noqa: PLR2004
        for run in runs
    )
