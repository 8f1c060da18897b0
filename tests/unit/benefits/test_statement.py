"""A statement: every revenue of a study, its shares, and where each stands."""

from __future__ import annotations

import pytest

from governance.benefits import statement
from governance.history import StudyUnknown
from governance.vocabulary import Part, Settlement
from tests.unit.history.chronicle import Chronicle, address


def earned() -> Chronicle:
    chronicle = Chronicle(3).open().start(1, 2)
    chronicle.make_final(4, {1: 4, 2: 2})
    return chronicle.declare(amount=1000)


def test_a_statement_names_every_share_and_sums_to_the_revenue() -> None:
    chronicle = earned()
    said = statement(chronicle.state, 1)
    (only,) = said.revenues
    assert {(x.owed.line.part, x.owed.line.receiver): x.owed.amount for x in only.entries} == {
        (Part.OWN, 1): 200 + 200,
        (Part.OWN, 2): 200 + 100,
        (Part.PATIENTS, 1): 200,
        (Part.PATIENTS, 2): 100,
    }
    assert only.amount(Settlement.OPEN) == 1000
    assert statement(chronicle.state, address("study 1")) == said


def test_a_settled_share_moves_from_open_to_paid_to_confirmed() -> None:
    chronicle = earned().pay(Part.OWN, 2, 300).pay(Part.PATIENTS, 1, 200)
    chronicle.confirm(Part.PATIENTS, 1, 200)
    said = statement(chronicle.state, 1)
    (only,) = said.revenues
    amounts = {each: only.amount(each) for each in Settlement}
    assert amounts == {Settlement.OPEN: 500, Settlement.PAID: 300, Settlement.CONFIRMED: 200}
    (confirmed,) = [x for x in only.entries if x.settlement is Settlement.CONFIRMED]
    assert confirmed.paid_at is not None
    assert confirmed.confirmed_at == confirmed.paid_at + 1


def test_revenues_stand_in_the_order_of_their_declaration() -> None:
    chronicle = earned().declare(2, amount=7, by=2)
    said = statement(chronicle.state, 1)
    assert [each.revenue.number for each in said.revenues] == [1, 2]
    assert [sum(x.owed.amount for x in each.entries) for each in said.revenues] == [1000, 7]


def test_a_study_without_revenue_has_an_empty_statement() -> None:
    assert statement(Chronicle(2).open().state, 1).revenues == ()


def test_an_unknown_study_is_named() -> None:
    with pytest.raises(StudyUnknown):
        statement(Chronicle(2).state, 1)
