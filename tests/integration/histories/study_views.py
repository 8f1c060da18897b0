"""What the views of one study and its benefits must answer, as the folded state has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.benefits import shares, statement
from governance.encoding import encode_parameters
from governance.history.study import Line
from governance.vocabulary import ZERO_DIGEST, Part
from tests.integration.histories.views import Contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.history import State, Study
    from governance.history.study import Revenue
    from tests.integration.histories.seen import Seen
    from tests.integration.histories.views import View

_PAYEE_BITS = 16


def study_views(
    state: State, study: Study, at: int, nodes: Iterable[str], seen: Seen
) -> Iterator[View]:
    """Terms, signatories, authorisations, lineage and credit of a study at a time."""
    ask = Contract("Study", study.address)
    seen.note(study.state)
    yield ask.view("state()", (), study.state)
    yield ask.view("opener()", (), study.opener)
    yield ask.view("benefits()", (), study.benefits)
    yield ask.view("versions()", (), study.in_force, study.pending or 0)
    yield from _terms(ask, study)
    everyone = range(len(state.swarm.institutions) + 2)
    yield ask.numbers("signatories()", (), study.signatories())
    for number in everyone:
        yield ask.view("isSignatory(uint32)", (number,), study.is_signatory(number))
    yield from authorisation_views(state, study, at, nodes, seen)
    yield from _lineage(ask, study, everyone)


def authorisation_views(
    state: State, study: Study, at: int, nodes: Iterable[str], seen: Seen
) -> Iterator[View]:
    """Who may take part at a time, or why not."""
    ask = Contract("Study", study.address)
    for number in range(len(state.swarm.institutions) + 2):
        answer = study.authorisation_of(number, at)
        yield ask.view("authorisationOf(uint32)", (number,), answer)
    for node in nodes:
        answer = study.authorisation(node, at)
        seen.note(answer)
        yield ask.view("authorisation(address)", (node,), answer)


def _terms(ask: Contract, study: Study) -> Iterator[View]:
    for number in range(len(study.versions) + 2):
        version = study.versions.get(number)
        last = study.last_sequence_of(number)
        yield ask.view("lastSequenceOf(uint32)", (number,), last)
        if version is None:
            yield ask.view("termsOf(uint32)", (number,), ZERO_DIGEST, ZERO_DIGEST)
            continue
        digests = version.terms_digest, version.parameters_hash
        yield ask.view("termsOf(uint32)", (number,), *digests)
        encoded = encode_parameters(version.parameters)
        yield ask.raw("parametersOf(uint32)", (number,), encoded)


def _lineage(ask: Contract, study: Study, everyone: Iterable[int]) -> Iterator[View]:
    count = len(study.finals)
    yield ask.view("lineageHead()", (), study.last_round, study.last_digest, count)
    yield ask.numbers("credited()", (), study.credits(0, count))
    for sequence in range(count + 2):
        earned = study.credits(0, sequence).values()
        yield ask.view(
            "creditTotal(uint32)",
            (sequence,),
            study.rounds_until(sequence),
            sum(each.signed for each in earned),
            sum(each.contributed for each in earned),
        )
        for number in everyone:
            credit = study.credit(number, sequence)
            expected = credit.signed, credit.contributed
            yield ask.view("credit(uint32,uint32)", (number, sequence), *expected)


def benefits_views(state: State, study: Study, seen: Seen) -> Iterator[View]:
    """Revenues, every line that a share could stand in, and what is settled."""
    ask = Contract("Benefits", study.benefits)
    yield ask.view("revenueCount()", (), len(study.revenues))
    yield ask.view("revenueOf(uint32)", (0,), 0, b"", 0, 0)
    yield ask.view("revenueOf(uint32)", (len(study.revenues) + 1,), 0, b"", 0, 0)
    for number, revenue in study.revenues.items():
        yield ask.view(
            "revenueOf(uint32)",
            (number,),
            revenue.institution,
            revenue.currency.encode(),
            revenue.amount,
            revenue.sequence,
        )
        yield from _shares(ask, state, study, revenue, seen)
    stated = {
        entry.owed.line: entry.settlement
        for each in statement(state, study.number).revenues
        for entry in each.entries
    }
    for line, payment in study.payments.items():
        assert stated[line] is payment.settlement


def _shares(
    ask: Contract, state: State, study: Study, revenue: Revenue, seen: Seen
) -> Iterator[View]:
    owed = {each.line: each.amount for each in shares(study, revenue)}
    assert sum(owed.values()) == revenue.amount, "every cent is accounted for"
    lines = tuple(_lines(state, study, revenue))
    assert owed.keys() <= set(lines), "no share is owed to nobody"
    for line in lines:
        place = line.revenue, line.part, line.receiver
        amount = owed.get(line, 0)
        settlement = study.settlement(line)
        if amount:
            seen.note(line.part)
            seen.note(settlement)
        yield ask.view("shareOf(uint32,uint8,uint32)", place, amount)
        yield ask.view("settlementOf(uint32,uint8,uint32)", place, settlement)


def _lines(state: State, study: Study, revenue: Revenue) -> Iterator[Line]:
    """Every line that there could be, and some that there cannot."""
    for number in range(len(state.swarm.institutions) + 2):
        yield Line(revenue.number, Part.OWN, number)
        yield Line(revenue.number, Part.PATIENTS, number)
    for number in range(len(study.versions) + 2):
        yield Line(revenue.number, Part.REMAINDER, number)
        version = study.versions.get(number)
        payees = version.parameters.shares.payees if version else ()
        for index in range(len(payees) + 1):
            yield Line(revenue.number, Part.NAMED, (number << _PAYEE_BITS) + index)
