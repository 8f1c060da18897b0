"""What institutions and payees do with revenue: declare, pay, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance.benefits import Owed, shares
from governance.primitives import sha256
from governance.vocabulary import ZERO_DIGEST, Part, Settlement
from tests.integration.histories.machine import index, pick, slip
from tests.integration.histories.study_rules import StudyRules

if TYPE_CHECKING:
    from governance.history import Line, Study
    from governance.history.study import Revenue

amounts = st.one_of(
    st.sampled_from([1, 2, 3, 99, 100, 10_000_001, (1 << 128) - 1]), st.integers(1, 1 << 40)
)

earning = precondition(lambda self: any(study.finals for study in self.state.studies.values()))
earned = precondition(lambda self: any(study.revenues for study in self.state.studies.values()))


class BenefitsRules(StudyRules):
    """Rules over `Benefits`."""

    @rule(which=index, who=index, amount=amounts, mistake=slip)
    @precondition(lambda self: self.state.studies)
    def declare_early(self, which: int, who: int, amount: int, mistake: int) -> None:
        study = self.a_study(which)
        if len(study.revenues) < 3:
            self._declare(study, self.signatory(study, who), amount, mistake)

    @rule(which=index, who=index, amount=amounts, mistake=slip)
    @earning
    def declare(self, which: int, who: int, amount: int, mistake: int) -> None:
        study = pick([study for study in self.studies() if study.finals], which)
        if len(study.revenues) < 3:
            self._declare(study, self.signatory(study, who), amount, mistake)

    def _declare(self, study: Study, sender: str, amount: int, mistake: int = 9) -> bool:
        currency, document, licensee = b"EUR", sha256(b"invoice"), ""
        match mistake:
            case 0:
                amount = 0
            case 1:
                currency = b"eur"
            case 2:
                document = ZERO_DIGEST
            case 3:
                licensee = "x" * 129
            case 4 | 5:
                currency, licensee = b"CHF", "Pharma Ω"
        args = currency, amount, document, licensee, sha256(b"licence")
        return self.act(sender, study.benefits, "Benefits", "declare", *args)

    @rule(which=index, line=index, mistake=slip)
    @earned
    def pay(self, which: int, line: int, mistake: int) -> None:
        study, revenue = self._revenue(which)
        owed = pick(shares(study, revenue), line)
        place, document = owed.line, sha256(b"paid")
        sender = self.account_of(revenue.institution)
        if mistake == 0:
            sender = self.someone(line)
        elif mistake == 1:
            document = ZERO_DIGEST
        args = *self._place(place, line, mistake), document
        self.act(sender, study.benefits, "Benefits", "pay", *args)

    @rule(which=index, line=index, mistake=slip)
    @earned
    def confirm(self, which: int, line: int, mistake: int) -> None:
        study, revenue = self._revenue(which)
        every = shares(study, revenue)
        paid = [each for each in every if study.settlement(each.line) is Settlement.PAID]
        owed = pick(paid if paid and line % 4 else every, line)
        sender = self._receiver(owed) if mistake else self.someone(line)
        args = self._place(owed.line, line, mistake)
        self.act(sender, study.benefits, "Benefits", "confirm", *args)

    @rule(which=index, first=st.integers(0, 3), confirmed=st.integers(0, 8))
    @earned
    def settle(self, which: int, first: int, confirmed: int) -> None:
        """What is still open is paid, and some of it confirmed."""
        self.release()
        study, revenue = self._revenue(which)
        payer = self.account_of(revenue.institution)
        for count, owed in enumerate(shares(study, revenue)[first : first + 6]):
            line = owed.line
            place = line.revenue, line.part, line.receiver
            self.act(payer, study.benefits, "Benefits", "pay", *place, sha256(b"paid"))
            if count < confirmed:
                self.act(self._receiver(owed), study.benefits, "Benefits", "confirm", *place)

    def _revenue(self, which: int) -> tuple[Study, Revenue]:
        known = [(study, each) for study in self.studies() for each in study.revenues.values()]
        return pick(known, which)

    def _receiver(self, owed: Owed) -> str:
        if owed.account is not None:
            return owed.account
        assert owed.institution is not None
        known = self.state.swarm.institutions.get(owed.institution)
        # Terms may name an institution that does not exist yet.
        return self.stranger.address if known is None else known.account

    def _place(self, line: Line, which: int, mistake: int) -> tuple[int, Part, int]:
        match mistake:
            case 2:
                return line.revenue + 1, line.part, line.receiver
            case 3:
                return line.revenue, Part(which % len(Part)), line.receiver
            case 4:
                return line.revenue, line.part, which
            case _:
                return line.revenue, line.part, line.receiver
