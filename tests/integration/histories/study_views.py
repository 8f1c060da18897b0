"""What the views of one study and its benefits must answer, as the folded state has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eth_abi.abi import encode

from governance.benefits import shares, statement
from governance.encoding import encode_parameters
from governance.history.study import Credit, Line
from governance.vocabulary import ZERO_DIGEST, Part, Shares
from tests.integration.histories.views import Contract, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.history import State, Study
    from governance.history.study import Revenue
    from tests.integration.histories.seen import Seen
    from tests.integration.histories.views import View

_WORD = 32
_PAYEE_BITS = 16
_NOTHING = Credit(0, 0)
_NO_SHARES = Shares(0, 0, 0, 0, 0, (), ())
_SHARES = "(uint16,uint16,uint16,uint16,uint32,(uint32,uint32)[],(address,uint16)[])"


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
    in_force = [each.number for each in study.versions.values() if each.in_force_at is not None]
    yield ask.raw("versionsInForce()", (), words(_WORD, len(in_force), *in_force))
    for number in range(len(study.versions) + 2):
        version = study.versions.get(number)
        yield ask.view("spanOf(uint32)", (number,), *_span(study, number))
        if version is None:
            yield ask.view("termsOf(uint32)", (number,), ZERO_DIGEST, ZERO_DIGEST)
            continue
        digests = version.terms_digest, version.parameters_hash
        yield ask.view("termsOf(uint32)", (number,), *digests)
        encoded = encode_parameters(replace(version.parameters, shares=_NO_SHARES))
        yield ask.raw("parametersOf(uint32)", (number,), encoded)


def _span(study: Study, number: int) -> tuple[int, int]:
    """The final checkpoints of a version: after the first number, up to the second."""
    version = study.versions.get(number)
    if version is None or version.in_force_at is None:
        return 0, 0
    return study.last_sequence_of(number - 1), study.last_sequence_of(number)


def _lineage(ask: Contract, study: Study, everyone: Sequence[int]) -> Iterator[View]:
    count = len(study.finals)
    yield ask.view("lineageHead()", (), study.last_round, study.last_checkpoint, count)
    yield ask.raw("seats()", (), words(_WORD, len(study.seats), *study.seats))
    for sequence in range(count + 2):
        # Nobody has earned anything up to a checkpoint that there is not.
        earned = study.credits(0, sequence) if sequence <= count else {}
        rounds = study.rounds_until(sequence) if sequence <= count else 0
        yield ask.view("creditTotal(uint32)", (sequence,), rounds, *_totals(earned.values()))
        for number in everyone:
            credit = earned.get(number, _NOTHING)
            expected = credit.signed, credit.contributed
            yield ask.view("credit(uint32,uint32)", (number, sequence), *expected)
        for version in range(len(study.versions) + 2):
            yield from _earnings(ask, study, version, sequence, everyone)


def _earnings(
    ask: Contract, study: Study, version: int, sequence: int, everyone: Sequence[int]
) -> Iterator[View]:
    """What the rounds of a version earned up to a checkpoint."""
    first, last = (min(each, sequence) for each in _span(study, version))
    earned = study.credits(first, last)
    rounds = study.rounds_until(sequence) if sequence <= len(study.finals) else 0
    together = study.rounds_until(first), study.rounds_until(last), rounds
    together += _totals(earned.values())
    for number in everyone[version % 3 :: 3]:
        seated = number if number in study.seats else 0
        credit = earned.get(number, _NOTHING)
        own = seated, credit.signed, credit.contributed
        place = version, sequence, number
        yield ask.view("earnings(uint32,uint32,uint32)", place, *together, *own)
    # The first seat is nobody's.
    seats = (0, *study.seats)
    by_seat = [earned.get(each, _NOTHING) for each in seats]
    lists = seats, [each.signed for each in by_seat], [each.contributed for each in by_seat]
    size = _WORD * (1 + len(seats))
    answer = [len(lists) * _WORD + size * each for each in range(len(lists))]
    for each in lists:
        answer += [len(seats), *each]
    yield ask.raw("credits(uint32,uint32)", (version, sequence), words(*answer))


def _totals(earned: Iterable[Credit]) -> tuple[int, int]:
    every = list(earned)
    return sum(each.signed for each in every), sum(each.contributed for each in every)


def benefits_views(state: State, study: Study, seen: Seen) -> Iterator[View]:
    """Revenues, every line that a share could stand in, and what is settled."""
    ask = Contract("Benefits", study.benefits)
    for number in range(len(study.versions) + 2):
        version = study.versions.get(number)
        agreed = _NO_SHARES if version is None else version.parameters.shares
        yield ask.raw("sharesOf(uint32)", (number,), _encoded(agreed))
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


def _encoded(shares: Shares) -> bytes:
    """Shares as a contract returns them."""
    weights = [(each.institution, each.weight) for each in shares.weights]
    payees = [(each.account, each.share) for each in shares.payees]
    parts = shares.equal, shares.contributed, shares.patients, shares.weighted
    return encode([_SHARES], [(*parts, shares.remainder_to, weights, payees)])


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
