"""What institutions do with studies: open, sign, decline, withdraw, start, amend, close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance.primitives import sha256
from governance.vocabulary import ZERO_DIGEST, Parameters
from tests.integration.histories.machine import Machine, index, pick, slip
from tests.integration.histories.plans import Plan, friendly, plans

if TYPE_CHECKING:
    from governance.history import Study
    from tests.integration.histories.chain import Chain
    from tests.integration.histories.seen import Seen

_MAX_TERMS = 16_384

some_study = precondition(lambda self: self.state.studies)


class StudyRules(Machine):
    """Rules over `Studies` and `Study`, but for checkpoints."""

    def __init__(self, chain: Chain, seen: Seen) -> None:
        super().__init__(chain, seen)
        self.amendments: dict[int, tuple[bytes, Parameters]] = {}

    def a_study(self, which: int) -> Study:
        """A study; the first one most often, so that it gets somewhere."""
        studies = self.studies()
        return pick(studies, which // 4) if which % 4 == 0 else studies[0]

    def signatory(self, study: Study, who: int) -> str:
        """The account of a signatory most often, otherwise anybody's."""
        signatories = study.signatories()
        if signatories and who % 4:
            return self.account_of(pick(signatories, who // 4))
        return self.someone(who)

    @rule(who=index, plan=plans(), mistake=slip)
    @precondition(lambda self: len(self.state.studies) < 3)
    def open_study(self, who: int, plan: Plan, mistake: int) -> None:
        self._open(self.someone(who), plan, mistake)

    def _open(self, sender: str, plan: Plan, mistake: int = 9) -> bool:
        parameters = plan.parameters(self.now, list(self.keys))
        studies = self.chain.house.studies
        return self.act(sender, studies, "Studies", "open", self._terms(mistake), parameters)

    def _terms(self, mistake: int) -> bytes:
        if mistake == 0:
            return b""
        if mistake == 1:
            return b"x" * (_MAX_TERMS + 1)
        return b'{"question":%d}' % len(self.records)

    @rule(who=index, which=index, mistake=slip)
    @some_study
    def sign(self, who: int, which: int, mistake: int) -> None:
        study = self.a_study(which)
        number = study.pending if study.pending and which % 3 else study.in_force
        self._sign(self.someone(who), study, number, mistake)

    def _sign(self, sender: str, study: Study, number: int, mistake: int = 9) -> bool:
        version = study.version(number)
        digest, hashed = version.terms_digest, version.parameters_hash
        readiness = sha256(sender.encode())
        consent = sha256(b"consent") if version.parameters.consent_max_age else ZERO_DIGEST
        match mistake:
            case 0:
                digest = hashed
            case 1:
                hashed = digest
            case 2:
                readiness = ZERO_DIGEST
            case 3:
                consent = ZERO_DIGEST if any(consent) else digest
            case 4:
                number = number % len(study.versions) + 1
        args = number, digest, hashed, readiness, consent
        return self.act(sender, study.address, "Study", "sign", *args)

    @rule(which=index, first=st.integers(0, 2))
    @some_study
    def everyone_signs(self, which: int, first: int) -> None:
        """All members, or all but the first ones, sign the newest version."""
        self.release()
        study = self.a_study(which)
        self._everyone_signs(study.number, first)

    def _everyone_signs(self, study: int, first: int = 0) -> None:
        for number in self.members[first:]:
            latest = self.state.studies[study]
            self._sign(self.account_of(number), latest, latest.pending or latest.in_force)

    @rule(who=index, which=index, reason=st.integers(0, 255))
    @some_study
    def decline(self, who: int, which: int, reason: int) -> None:
        study = self.a_study(which)
        number = study.pending if study.pending and reason % 2 else study.in_force
        others = [each for each in self.members if each not in study.version(number).signers]
        sender = self.account_of(pick(others, who)) if others and who % 4 else self.someone(who)
        args = number if reason else 0, reason, sha256(b"no") if reason % 2 else ZERO_DIGEST
        self.act(sender, study.address, "Study", "decline", *args)

    @rule(who=index, which=index, reason=st.integers(0, 255))
    @some_study
    def withdraw(self, who: int, which: int, reason: int) -> None:
        study = self.a_study(which)
        args = reason, sha256(b"no") if reason % 2 else ZERO_DIGEST
        self.act(self.signatory(study, who), study.address, "Study", "withdraw", *args)

    @rule(who=index, which=index, mistake=slip)
    @some_study
    def renew_consent(self, who: int, which: int, mistake: int) -> None:
        study = self.a_study(which)
        consent = sha256(b"again") if mistake else ZERO_DIGEST
        self.act(self.signatory(study, who), study.address, "Study", "renewConsent", consent)

    @rule(which=index)
    @some_study
    def everyone_renews_its_consent(self, which: int) -> None:
        """In a study whose terms ask for it, if there is one."""
        self.release()
        asking = [each for each in self.studies() if each.terms.parameters.consent_max_age]
        study = pick(asking or self.studies(), which)
        for number in study.signatories():
            sender = self.account_of(number)
            self.act(sender, study.address, "Study", "renewConsent", sha256(b"again"))

    @rule(who=index, which=index)
    @some_study
    def start(self, who: int, which: int) -> None:
        study = self.a_study(which)
        self.act(self._mover(study, who), study.address, "Study", "start")

    @rule(who=index, which=index)
    @some_study
    def close(self, who: int, which: int) -> None:
        study = self.a_study(which)
        # Most studies should live on for a while.
        if which % 3 == 0:
            self.act(self._mover(study, who), study.address, "Study", "close")

    @rule(who=index, which=index, plan=plans(), mistake=slip)
    @some_study
    def amend(self, who: int, which: int, plan: Plan, mistake: int) -> None:
        study = self.a_study(which)
        terms, parameters = self._terms(mistake), plan.parameters(self.now, list(self.keys))
        if mistake > 5 and study.number in self.amendments:
            # What somebody else put forward already, to be approved by one more.
            terms, parameters = self.amendments[study.number]
        self.amendments[study.number] = terms, parameters
        sender = self._mover(study, who)
        self.act(sender, study.address, "Study", "amend", terms, parameters)

    @rule(which=index, first=st.integers(0, 1), behind=st.sampled_from([0, 0, 1, 2, 3, 3]))
    @some_study
    def agree_on_an_amendment(self, which: int, first: int, behind: int) -> None:
        """Signatories put terms forward together; all members sign them, but for a few."""
        self.release()
        study = self.a_study(which)
        terms, parameters = self._terms(9), friendly(which).parameters(self.now, list(self.keys))
        for number in study.signatories()[first:]:
            sender = self.account_of(number)
            self.act(sender, study.address, "Study", "amend", terms, parameters)
            if self.state.studies[study.number].pending:
                break
        if which % 4 == 0:
            self._sign_and_withdraw(study.number, which)
        self._everyone_signs(study.number, behind)

    def _sign_and_withdraw(self, number: int, which: int) -> None:
        """Somebody thinks better of it before the new terms are in force."""
        study = self.state.studies[number]
        sender = self.account_of(pick(self.members or [study.opener], which))
        self._sign(sender, study, study.pending or study.in_force)
        self.act(sender, study.address, "Study", "withdraw", 0, ZERO_DIGEST)

    def _mover(self, study: Study, who: int) -> str:
        """Who begins something in a study: its opener, another signatory, or anybody."""
        if who % 3 == 0:
            return self.account_of(study.opener)
        return self.signatory(study, who // 3)
