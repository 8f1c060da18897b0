"""Benefits: what comes back, who is owed which part of it, and what is settled."""

from governance.benefits.shares import Earned, Owed, Pot, pots, shares
from governance.benefits.statement import Entry, RevenueStatement, Statement, statement

__all__ = [
    "Earned",
    "Entry",
    "Owed",
    "Pot",
    "RevenueStatement",
    "Statement",
    "pots",
    "shares",
    "statement",
]
