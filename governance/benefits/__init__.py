"""Benefits: what comes back, who is owed which part of it, and what is settled."""

from governance.benefits.shares import Owed, Pot, pots, shares
from governance.benefits.statement import Entry, RevenueStatement, Statement, statement

__all__ = [
    "Entry",
    "Owed",
    "Pot",
    "RevenueStatement",
    "Statement",
    "pots",
    "shares",
    "statement",
]
