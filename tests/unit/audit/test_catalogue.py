"""Every kind of finding in a history in which just that went wrong, and none in one in order."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup, escape

from governance.audit import CATALOGUE
from governance.audit.findings import Words, in_units
from governance.audit.german import WORDS
from governance.audit.page import render
from governance.audit.page.english import ENGLISH
from governance.audit.page.german import GERMAN
from governance.audit.page.own import findings_of
from governance.chain import call_data
from governance.gate import Reason
from governance.history import ProposalState
from governance.history import events as e
from governance.terms import load_charter
from governance.terms.derive import KIND_NAMES, SECTOR_NAMES
from governance.vocabulary import ZERO_DIGEST, Action, Authorisation, Kind, Level, Part, VotingRules
from tests.unit.audit.reports import report_of
from tests.unit.audit.stories import (
    ALL,
    DAY,
    ENFORCED,
    EXAMPLES,
    Log,
    Swarm,
    account,
    countersigned,
    looked_at,
    node,
    running,
    the,
    trained,
)
from tests.unit.history.chronicle import address, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.audit import Examination, Report

DOCUMENT = Path(__file__).parents[3] / "docs" / "findings.md"


def in_order() -> Swarm:
    """Everything that has a rule happens once, as it should."""
    swarm = running()
    swarm.final(10, ALL)
    swarm.apply(5)
    swarm.later().decided(e.InstitutionAdmitted(5), "admit", 5)
    rules = VotingRules(100, 50, 1000)
    swarm.decided(e.VotingRulesSet(rules), "setVotingRules", rules)
    swarm.decided(e.CharterSet(digest("charter")), "setCharter", digest("charter"))
    rotated = e.AccountRotated(5, account(5), account(50), by_vote=True)
    swarm.decided(rotated, "recoverAccount", 5, account(50))
    swarm.emit(e.AccountRotated(5, account(50), account(51), by_vote=False)).later()
    swarm.amend(2)
    for institution in (1, 2, 3, 4):
        swarm.sign(institution, 2)
        if institution == 3:
            swarm.emit(e.TermsInForce(2)).later()
    identity = swarm.publish(20, 1, ALL, version=2)
    for institution in (2, 3):
        attesting = address(f"node {institution}")
        swarm.emit(e.CheckpointAttested(identity, institution, attesting, Level.SET_CHECKED))
    swarm.emit(e.CheckpointFinal(identity, 20, 2)).later()
    swarm.declare(amount=1_000_000)
    swarm.settle()
    swarm.decided(e.InstitutionExpelled(4), "expel", 4)
    return swarm


# --- one story for each kind ----------------------------------------------------------------------

STORIES: dict[str, Callable[[], Examination]] = {}


def tells(kind: str) -> Callable[[Callable[[], Examination]], Callable[[], Examination]]:
    def keep(story: Callable[[], Examination]) -> Callable[[], Examination]:
        STORIES[kind] = cache(story)
        return story

    return keep


@tells("contribution-unauthorised")
def _left() -> Examination:
    swarm = running()
    swarm.emit(e.InstitutionLeft(3)).later()
    swarm.publish(10, 1, ALL)
    return looked_at(swarm)


@tells("contribution-after-withdrawal")
def _withdrawn() -> Examination:
    swarm = running()
    swarm.emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    swarm.publish(10, 1, ALL)
    return looked_at(swarm)


@tells("contribution-consent-stale")
def _stale_contribution() -> Examination:
    swarm = running()
    swarm.later(ENFORCED.consent_max_age - 10)
    for institution in (1, 2, 4):
        swarm.emit(e.ConsentRenewed(institution, digest("again")))
    swarm.later(60).publish(10, 1, ALL)
    return looked_at(swarm)


@tells("contribution-terms-unsigned")
def _unsigned() -> Examination:
    swarm = running().amend(2)
    for institution in (1, 2, 4):
        swarm.sign(institution, 2)
    swarm.emit(e.TermsInForce(2)).later()
    swarm.publish(10, 1, ALL, version=2)
    return looked_at(swarm)


@tells("publisher-unauthorised")
def _publisher_withdrawn() -> Examination:
    swarm = running()
    swarm.emit(e.StudyWithdrawn(1, 1, digest("why"))).later()
    swarm.publish(10, 1, {2: 10, 3: 10, 4: 10})
    return looked_at(swarm)


@tells("attestation-unauthorised")
def _attester_withdrawn() -> Examination:
    swarm = running()
    identity = swarm.publish(10, 1, {1: 10, 2: 10, 4: 10})
    swarm.emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    swarm.attest(identity, 3).later()
    return looked_at(swarm)


@tells("node-used-after-revocation")
def _revoked() -> Examination:
    swarm = running()
    swarm.emit(e.NodeRevoked(1, address("node 1"))).later()
    swarm.publish(10, 1, ALL)
    return looked_at(swarm)


@tells("training-after-expiry")
def _expired() -> Examination:
    swarm = running()
    swarm.until(ENFORCED.expires_at).publish(10, 1, ALL)
    return looked_at(swarm)


@tells("checkpoint-too-few-contributors")
def _alone() -> Examination:
    swarm = running()
    swarm.publish(10, 1, {1: 10})
    return looked_at(swarm)


@tells("checkpoint-beyond-terms")
def _beyond() -> Examination:
    swarm = running()
    swarm.publish(ENFORCED.rounds + 1, 1, ALL)
    return looked_at(swarm)


@tells("checkpoint-malformed")
def _no_digest() -> Examination:
    swarm = running()
    swarm.publish(10, 1, ALL, content=ZERO_DIGEST)
    return looked_at(swarm)


@tells("contribution-overstated")
def _overstated() -> Examination:
    swarm = running()
    swarm.publish(10, 1, {1: 11, 2: 10})
    return looked_at(swarm)


@tells("checkpoint-without-quorum")
def _no_quorum() -> Examination:
    swarm = running()
    swarm.final(10, ALL, quorum=2)
    return looked_at(swarm)


@tells("lineage-broken")
def _misnamed() -> Examination:
    swarm = running()
    identity = swarm.publish(10, 1, ALL)
    event = swarm.records[-1].event
    assert isinstance(event, e.CheckpointPublished)
    assert event.checkpoint == identity
    swarm.logs.pop()
    swarm.emit(replace(event, digest=digest("another model"))).later()
    return looked_at(swarm)


@tells("equivocation")
def _two_checkpoints() -> Examination:
    swarm = running()
    swarm.publish(10, 1, ALL)
    swarm.emit(e.EquivocationRecorded(address("node 1"), 10, 1, digest("other"))).later()
    return looked_at(swarm)


@tells("terms-mismatch")
def _other_quorum() -> Examination:
    return looked_at(Swarm(4).open(parameters=replace(ENFORCED, quorum=ENFORCED.quorum + 1)))


@tells("prohibition-missing")
def _not_prohibited() -> Examination:
    charter = load_charter(EXAMPLES / "charter.yaml")
    uses = (*charter.prohibited_uses, "weather forecasts")
    return looked_at(running(), charter=charter.model_copy(update={"prohibited_uses": uses}))


@tells("terms-unagreed")
def _not_agreed() -> Examination:
    swarm = running().amend(2)
    swarm.sign(1, 2).sign(2, 2)
    swarm.emit(e.TermsInForce(2)).later()
    return looked_at(swarm)


@tells("action-unapproved")
def _nobody_closed() -> Examination:
    return looked_at(running().emit(e.StudyClosed()).later())


@tells("study-started-early")
def _too_early() -> Examination:
    swarm = Swarm(4)
    swarm.open(parameters=ENFORCED)
    return looked_at(swarm.start(1, 2))


@tells("signatory-ineligible")
def _ineligible() -> Examination:
    swarm = Swarm(3)
    swarm.apply(4, kind=Kind.COMPANY, country=b"XX").later()
    swarm.decided(e.InstitutionAdmitted(4), "admit", 4)
    swarm.open(parameters=ENFORCED)
    return looked_at(swarm.sign(4))


@tells("readiness-missing")
def _not_ready() -> Examination:
    swarm = Swarm(3).open(parameters=ENFORCED)
    swarm.sign(1)
    event = swarm.records[-1].event
    assert isinstance(event, e.TermsSigned)
    swarm.logs.pop()
    return looked_at(swarm.emit(replace(event, readiness=ZERO_DIGEST)).later())


@tells("consent-missing")
def _no_consent() -> Examination:
    return looked_at(Swarm(3).open(parameters=ENFORCED).sign(1, consent=ZERO_DIGEST))


@tells("consent-stale")
def _stale() -> Examination:
    swarm = running()
    return looked_at(swarm, at=swarm.time + ENFORCED.consent_max_age + 1)


@tells("revenue-unentitled")
def _not_theirs() -> Examination:
    swarm = trained()
    swarm.emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    return looked_at(swarm.declare(by=3))


@tells("share-unpaid")
def _unpaid() -> Examination:
    return looked_at(trained().declare(amount=1_000_000))


@tells("share-late")
def _late() -> Examination:
    swarm = trained().declare(amount=1_000_000)
    swarm.emit(e.ActionApproved(1, Action.CLOSE, ZERO_DIGEST)).emit(e.StudyClosed()).later()
    return looked_at(swarm, at=swarm.time + 91 * DAY)


@tells("share-unconfirmed")
def _unconfirmed() -> Examination:
    swarm = trained()
    swarm.declare(amount=1_000_000)
    return looked_at(swarm.settle(confirm=False))


@tells("share-wrong")
def _too_much() -> Examination:
    return looked_at(trained().declare(amount=1_000_000).pay(Part.OWN, 1, 5))


@tells("expelled-with-open-shares")
def _expelled() -> Examination:
    swarm = trained()
    swarm.declare(amount=1_000_000)
    return looked_at(swarm.decided(e.InstitutionExpelled(4), "expel", 4))


@tells("founders-foreign")
def _others() -> Examination:
    return looked_at(Swarm(3), founders=[account(7), account(8), account(9)])


@tells("proposal-unsupported")
def _outvoted() -> Examination:
    swarm = Swarm(4).propose_call(call_data("Swarm", "expel", [4]))
    # Without the one whom it expels, it would be a majority.
    swarm.votes(1, 2).votes(3, 4, support=0)
    swarm.emit(e.InstitutionExpelled(4)).emit(e.ProposalExecuted(1)).later()
    return looked_at(swarm)


@tells("act-undecided")
def _undecided() -> Examination:
    return looked_at(Swarm(3).emit(e.CharterSet(digest("another"))).later())


@tells("head-rewritten")
def _two_heads() -> Examination:
    swarm = Swarm(3)
    other = countersigned(swarm, 2, 5, digest("another history"))
    return looked_at(swarm, countersignatures=[countersigned(swarm, 2, 5), other])


@tells("head-contradicted")
def _other_head() -> Examination:
    swarm = Swarm(3)
    other = countersigned(swarm, 2, 5, digest("another history"))
    return looked_at(swarm, countersignatures=[other])


@tells("head-beyond")
def _longer() -> Examination:
    swarm = Swarm(3)
    length = len(swarm.records)
    longer = [countersigned(swarm, 2, length + 5, digest("later"))]
    return looked_at(swarm, countersignatures=longer)


@tells("evidence-contradicts")
def _accepted_all_the_same() -> Examination:
    swarm = running()
    swarm.emit(e.NodeRevoked(2, node(2))).later()
    log = Log(swarm)
    return looked_at(swarm, logs=[log.decide(log.envelope(2)).done()])


@tells("evidence-foreign")
def _other_history() -> Examination:
    swarm = running()
    return looked_at(swarm, logs=[Log(swarm).decide(head=digest("another")).done()])


@tells("evidence-beyond")
def _later_log() -> Examination:
    swarm = running()
    length = len(swarm.records) + 3
    return looked_at(swarm, logs=[Log(swarm).decide(length=length, head=digest("x")).done()])


@tells("gates-disagree")
def _one_refuses() -> Examination:
    swarm = running()
    first, second = Log(swarm), Log(swarm, "second")
    signed = first.envelope()
    logs = [first.decide(signed).done(), second.decide(signed, Reason.WRONG_PARENT).done()]
    return looked_at(swarm, logs=logs)


@tells("envelope-equivocation")
def _two_envelopes() -> Examination:
    swarm = running()
    first, second = Log(swarm), Log(swarm, "second")
    other = second.envelope(update=digest("another update"))
    return looked_at(swarm, logs=[first.decide().done(), second.decide(other).done()])


@tells("update-copied")
def _copied() -> Examination:
    swarm = running()
    log = Log(swarm)
    for institution in (1, 2):
        log.decide(log.envelope(institution, update=digest("the same")))
    return looked_at(swarm, logs=[log.done()])


@tells("contribution-unlisted")
def _left_out() -> Examination:
    swarm = running()
    log = Log(swarm)
    for institution in (1, 2, 3):
        log.decide(log.envelope(institution, 1))
    swarm.final(1, {1: 1, 2: 1})
    return looked_at(swarm, logs=[log.done()])


@tells("contribution-unwitnessed")
def _not_seen() -> Examination:
    swarm = running()
    log = Log(swarm)
    for institution in (1, 2):
        log.decide(log.envelope(institution, 1))
    swarm.final(1, {1: 1, 2: 1, 3: 1})
    return looked_at(swarm, logs=[log.done()])


# --- the tests ------------------------------------------------------------------------------------


def test_a_history_in_order_has_no_findings() -> None:
    swarm = in_order()
    length = len(swarm.records)
    logs = []
    for name in ("first", "second"):
        log = Log(swarm, name)
        for institution in (1, 2, 3):
            log.decide(log.envelope(institution, 21))
        logs.append(log.done())
    signed = [countersigned(swarm, number, length) for number in (1, 2, 3)]
    examination = looked_at(swarm, countersignatures=signed, logs=logs)
    assert [(each.id, each.detail) for each in examination.findings] == []
    assert examination.vouching.length == length


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_every_kind_is_found_where_it_went_wrong(kind: str) -> None:
    examination = STORIES[kind]()
    told = [each for each in examination.findings if each.id == kind]
    assert told, [(each.id, each.detail) for each in examination.findings]
    for finding in told:
        plain = finding.as_json()
        assert plain["subject"]
        assert plain["detail"].endswith(".")
        assert "{" not in plain["subject"] + plain["detail"]
        assert plain["institutions"] == sorted(finding.institutions)


ALONG: dict[str, set[str]] = {
    "expelled-with-open-shares": {"share-unpaid"},
    "share-wrong": {"share-unpaid", "share-unconfirmed"},
    "contribution-consent-stale": {"consent-stale"},
    "revenue-unentitled": {"share-unpaid"},
}
"""What else a story brings, where one thing cannot go wrong alone."""


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_nothing_else_is_found_there(kind: str) -> None:
    kinds = {each.id for each in STORIES[kind]().findings}
    assert kinds - {kind} <= ALONG.get(kind, set())


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_german_has_the_same_kinds_with_the_same_facts() -> None:
    assert GERMAN.findings.keys() == CATALOGUE.keys()
    for kind, entry in CATALOGUE.items():
        german = GERMAN.findings[kind]
        assert german.severity is entry.severity
        assert fields(german.where) == fields(entry.where)
        assert fields(german.detail) == fields(entry.detail)
        for sentence in (german.meaning, german.ask_next):
            assert sentence.endswith((".", "?"))
            assert not fields(sentence)
        assert german.meaning != entry.meaning


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_every_finding_is_told_in_german(kind: str) -> None:
    for finding in STORIES[kind]().findings:
        english, german = ENGLISH.tell(finding), GERMAN.tell(finding)
        assert "{" not in german.subject + german.detail
        assert german.detail.endswith(".")
        assert "<span" not in german.subject + german.detail, "words without German"
        # Both say the same of the same facts, and the command line what the English page says.
        plain = finding.written()
        written = {"age", "allowed", "late", "amount", "paid"}
        names = fields(CATALOGUE[finding.id].detail)
        if not names & written:
            assert english.detail.unescape() == finding.detail
        for name in names - written:
            if not isinstance(finding.facts[name], Words):
                assert plain[name] in german.detail.unescape()


def test_all_words_that_facts_can_be_are_there_in_german_and_no_others() -> None:
    states = set(ProposalState) - {ProposalState.SUCCEEDED, ProposalState.QUEUED}
    institutions = (e.InstitutionAdmitted, e.InstitutionExpelled, e.AccountRotated)
    assert WORDS.keys() == {
        *(each.value for each in Reason),
        *(each.name.lower() for each in states),
        *(each.name.lower() for each in Action),
        *(each.name.capitalize() for each in Part),
        *KIND_NAMES.values(),
        *SECTOR_NAMES.values(),
        *(each.__name__ for each in (e.CharterSet, e.VotingRulesSet)),
        *(f"{each.__name__} of institution {{number}}" for each in institutions),
        "institution {number}",
        "payee {account}",
        "another envelope than the one beside it",
        "a time before that of the history it rests on",
        "What the contract enforces is not what the terms say: {fields}.",
    }
    for key, german in WORDS.items():
        assert fields(key) == fields(german), key
    for answer in Authorisation:
        assert "".join(map(str.capitalize, answer.name.split("_"))) in WORDS


def everything() -> Report:
    """A report with every finding of every story."""
    findings = [each for kind in CATALOGUE for each in STORIES[kind]().findings]
    return replace(report_of(running().records), findings=tuple(findings))


def test_a_page_in_german_holds_no_english_sentence_of_the_catalogue() -> None:
    report = everything()
    assert {each.id for each in report.findings} == CATALOGUE.keys()
    german, english = (unescape(render(report, language)) for language in ("de", "en"))
    for finding in report.findings:
        entry = CATALOGUE[finding.id]
        assert entry.meaning in english
        assert entry.ask_next in english
        for sentence in (entry.meaning, entry.ask_next, finding.detail):
            assert sentence not in german
        assert all(each.unescape() in german for each in map(Markup, GERMAN.tell(finding)))
    # Literal parts of sentences, too, those with facts in them.
    for entry in CATALOGUE.values():
        for part, _, _, _ in Formatter().parse(entry.detail):
            assert len(part.split()) < 3 or part not in german, part
    assert 'lang="en"' not in german


def test_words_without_german_stay_english_and_are_marked() -> None:
    swarm = Swarm(3).open(parameters=ENFORCED, terms=b"<no terms>")
    finding = the("terms-mismatch", looked_at(swarm))
    told = GERMAN.tell(finding).detail
    assert told == f'<span lang="en">{escape(finding.facts["what"])}</span>'
    assert ENGLISH.tell(finding).detail.unescape() == finding.detail


def test_money_and_times_are_written_as_people_write_them() -> None:
    late = the("share-wrong", STORIES["share-wrong"]())
    assert late.detail == "Own part, receiver 1: 0.05 EUR was paid; 2,226.60 EUR is owed."
    assert "bezahlt wurden 0,05\u00a0EUR; geschuldet sind 2.226,60" in GERMAN.tell(late).detail
    stale = the("contribution-consent-stale", STORIES["contribution-consent-stale"]())
    assert stale.detail.endswith("was 30 d 53 s old, and the terms allow 30 d.")
    told = "war 30\u00a0Tage, 53\u00a0Sekunden alt, und die Bedingungen erlauben 30\u00a0Tage."
    assert GERMAN.tell(stale).detail.endswith(told)
    assert "30\u00a0days, 53\u00a0seconds old" in ENGLISH.tell(stale).detail
    assert in_units(0) == {"s": 0}
    assert in_units(90_061) == {"d": 1, "h": 1, "min": 1, "s": 1}


def test_the_report_of_one_institution_has_the_findings_that_concern_it() -> None:
    report = everything()
    for institution in report.state.swarm.institutions.values():
        own = findings_of(report, institution)
        assert own == tuple(x for x in report.findings if institution.number in x.institutions)
        assert own
        page = unescape(render(report, "de", institution.account))
        told = set(re.findall(r"\(<code>([a-z-]+)</code>\)", page))
        assert told == {each.id for each in own} < CATALOGUE.keys()


def test_findings_name_whom_they_concern() -> None:
    assert the("contribution-after-withdrawal", _withdrawn()).institutions == (1, 3)
    assert the("expelled-with-open-shares", _expelled()).institutions == (1, 4)
    assert the("head-rewritten", _two_heads()).institutions == (2,)
    assert the("update-copied", _copied()).institutions == (1, 2)


def test_the_heaviest_findings_come_first() -> None:
    swarm = trained()
    swarm.declare(amount=1_000_000)
    swarm.emit(e.CharterSet(digest("another"))).later()
    severities = [each.severity for each in looked_at(swarm).findings]
    assert severities[0] == "breach"
    assert set(severities[1:]) == {"notice"}


def test_the_document_tells_the_catalogue() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", text, re.MULTILINE))
    assert told == {kind: entry.severity.value for kind, entry in CATALOGUE.items()}
    for entry in CATALOGUE.values():
        assert f"| {entry.meaning} | {entry.ask_next} |" in text
