"""`charter benefit`: what a study earns, and who is owed which part of it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.errors import AmountInvalid
from cli.options import Invocation, acting, common
from cli.output import emit_json, table
from cli.present import hexed, money, named, when, word
from cli.session import Session
from cli.values import DIGEST, NUMBER, TEXT, choice, member
from governance.benefits import statement as study_statement
from governance.history.study import Line
from governance.primitives import to_hex
from governance.vocabulary import MINOR_UNITS, ZERO_DIGEST, Part, Settlement

if TYPE_CHECKING:
    from governance.benefits import Entry, RevenueStatement
    from governance.history.state import State
    from governance.history.study import Revenue

STUDY = click.option("--study", type=NUMBER, help="The study, instead of the context's.")
REVENUE = click.argument("revenue", type=NUMBER)
PART = click.option(
    "--part", type=choice(Part), default="own", show_default=True, help="Which part of it."
)

_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?")

_LONGEST = 64
"""Characters of an amount, so that all of its digits are reckoned with."""


@click.group()
def command() -> None:
    """Revenue, shares and their settlement."""


@command.command()
@click.argument("amount")
@click.argument("currency")
@click.option(
    "--document", type=DIGEST, required=True, help="What proves the revenue; it stays home."
)
@click.option("--licensee", type=TEXT, default="", help="Who paid for using the model.")
@click.option("--licence", type=DIGEST, help="The licence's text.")
@STUDY
@common
@acting
def declare(
    invocation: Invocation,
    *,
    amount: str,
    currency: str,
    document: bytes,
    licensee: str,
    licence: bytes | None,
    study: int | None,
) -> None:
    """Declare that revenue has come in: AMOUNT, such as 100000.01, of CURRENCY, such as EUR."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():  # noqa: PLR2004
        raise click.BadParameter("three capital letters are needed", param_hint="'CURRENCY'")
    minor = minor_units(amount, currency)
    session = Session(invocation)
    me, found = session.me(), session.study(study)

    def check(state: State) -> dict[str, Any] | None:
        for each in state.study(found.number).revenues.values():
            same = (each.institution, each.document, each.amount, each.currency)
            if same == (me.number, document, minor, currency):
                return _revenue_json(each)
        return None

    args = (currency.encode(), minor, document, licensee, licence or ZERO_DIGEST)
    plan = f"Declare {money(minor, currency)} of revenue of study {found.number} as {me.name}."
    act(session, "benefit-declare", plan, check, Call("Benefits", found.benefits, "declare", args))


@command.command(name="list")
@STUDY
@common
def list_(invocation: Invocation, study: int | None) -> None:
    """List the revenues of a study and how far they are settled."""
    session = Session(invocation)
    found = study_statement(session.state, session.study(study).number)
    told = [_revenue_json(each.revenue) | _settled(each) for each in found.revenues]
    if session.json:
        emit_json("benefit-list", {"study": found.study, "revenues": told})
        return
    table(
        ["revenue", "declared", "by", "amount", "open", "paid", "confirmed", "licensee"],
        (
            [
                each.revenue.number,
                when(each.revenue.at),
                named(session.state, each.revenue.institution),
                money(each.revenue.amount, each.revenue.currency),
                *(money(each.amount(s), each.revenue.currency) for s in Settlement),
                each.revenue.licensee,
            ]
            for each in found.revenues
        ),
        empty="No revenue was declared.",
    )


@command.command()
@STUDY
@click.option("--revenue", type=NUMBER, help="Only of this revenue.")
@click.option("--mine", is_flag=True, help="Only your institution's shares.")
@common
def statement(invocation: Invocation, study: int | None, revenue: int | None, mine: bool) -> None:
    """Show who is owed what, and whether it is settled."""
    session = Session(invocation)
    found = session.study(study)
    if revenue is not None:
        found.revenue(revenue)
    me = session.me().number if mine else None
    entries = [
        (each.revenue, entry)
        for each in study_statement(session.state, found.number).revenues
        if revenue in (None, each.revenue.number)
        for entry in each.entries
        if me in (None, entry.owed.institution)
    ]
    told = [_entry_json(declared, entry) for declared, entry in entries]
    if session.json:
        emit_json("benefit-statement", {"study": found.number, "shares": told})
        return
    table(
        ["revenue", "part", "receiver", "number", "amount", "settlement", "paid", "confirmed"],
        (
            [
                declared.number,
                word(entry.owed.line.part),
                entry.owed.account
                if entry.owed.institution is None
                else named(session.state, entry.owed.institution),
                entry.owed.line.receiver,
                money(entry.owed.amount, declared.currency),
                word(entry.settlement),
                when(entry.paid_at),
                when(entry.confirmed_at),
            ]
            for declared, entry in entries
        ),
        empty="Nothing is owed.",
    )


@command.command()
@REVENUE
@click.argument("receiver", type=NUMBER)
@PART
@click.option("--document", type=DIGEST, required=True, help="What proves the payment.")
@STUDY
@common
@acting
def pay(
    invocation: Invocation,
    *,
    revenue: int,
    receiver: int,
    part: str,
    document: bytes,
    study: int | None,
) -> None:
    """Record that you have paid RECEIVER its share of REVENUE, outside the chain.

    RECEIVER is the number that `charter benefit statement` shows for the share.
    """
    session = Session(invocation)
    found = session.study(study)
    line = Line(revenue, member(Part, part), receiver)
    plan = f"Record the payment of the share '{part}' of revenue {revenue} to {receiver}."
    call = Call("Benefits", found.benefits, "pay", (revenue, int(line.part), receiver, document))
    reached = frozenset({Settlement.PAID, Settlement.CONFIRMED})
    _settle(session, found.number, line, reached, plan=plan, call=call)


@command.command()
@REVENUE
@click.argument("receiver", type=NUMBER, required=False)
@PART
@STUDY
@common
@acting
def confirm(
    invocation: Invocation,
    *,
    revenue: int,
    receiver: int | None,
    part: str,
    study: int | None,
) -> None:
    """Confirm that your share of REVENUE has arrived.

    RECEIVER is your institution's number if you do not give one.
    """
    session = Session(invocation)
    found = session.study(study)
    line = Line(revenue, member(Part, part), receiver or session.me().number)
    plan = f"Confirm that the share '{part}' of revenue {revenue} has arrived."
    call = Call("Benefits", found.benefits, "confirm", (revenue, int(line.part), line.receiver))
    _settle(session, found.number, line, frozenset({Settlement.CONFIRMED}), plan=plan, call=call)


def minor_units(amount: str, currency: str) -> int:
    """An amount in minor units, exactly: `100000.01` EUR are 10000001 cents.

    Raises:
        AmountInvalid: it is no positive number, or has more decimals than the currency.
    """
    places = MINOR_UNITS.get(currency, 2)
    # Commas stand between thousands alone: `100,01` is a hundred and a cent to half of Europe.
    if len(amount) > _LONGEST or ("," in amount and not _THOUSANDS.fullmatch(amount)):
        raise AmountInvalid(amount, currency, places)
    try:
        with localcontext(prec=2 * _LONGEST):
            minor = Decimal(amount.replace(",", "")).scaleb(places)
            whole = minor.is_finite() and minor == minor.to_integral_value()
    except InvalidOperation:
        raise AmountInvalid(amount, currency, places) from None
    if not whole or not 0 < minor < 2**128:
        raise AmountInvalid(amount, currency, places)
    return int(minor)


def _settle(
    session: Session,
    study: int,
    line: Line,
    reached: frozenset[Settlement],
    *,
    plan: str,
    call: Call,
) -> None:
    def check(state: State) -> dict[str, Any] | None:
        now = state.study(study)
        payment = now.payments.get(line)
        if payment is None or payment.settlement not in reached:
            return None
        return {
            "study": study,
            "revenue": line.revenue,
            "part": word(line.part),
            "receiver": line.receiver,
            "amount": payment.amount,
            "currency": now.revenue(line.revenue).currency,
            "settlement": word(payment.settlement),
            "paid_at": payment.paid_at,
            "confirmed_at": payment.confirmed_at,
        }

    act(session, f"benefit-{call.function}", plan, check, call)


def _revenue_json(revenue: Revenue) -> dict[str, Any]:
    return {
        "revenue": revenue.number,
        "institution": revenue.institution,
        "amount": revenue.amount,
        "currency": revenue.currency,
        "document": to_hex(revenue.document),
        "licensee": revenue.licensee or None,
        "licence": hexed(revenue.licence),
        "sequence": revenue.sequence,
        "declared_at": revenue.at,
    }


def _settled(found: RevenueStatement) -> dict[str, int]:
    return {word(settlement): found.amount(settlement) for settlement in Settlement}


def _entry_json(revenue: Revenue, entry: Entry) -> dict[str, Any]:
    return {
        "revenue": revenue.number,
        "part": word(entry.owed.line.part),
        "receiver": entry.owed.line.receiver,
        "institution": entry.owed.institution,
        "account": entry.owed.account,
        "amount": entry.owed.amount,
        "currency": revenue.currency,
        "settlement": word(entry.settlement),
        "paid_at": entry.paid_at,
        "confirmed_at": entry.confirmed_at,
    }
