"""Terms against the charter in force: a study must prohibit whatever the swarm prohibits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.terms.errors import CharterProhibitionMissing

if TYPE_CHECKING:
    from governance.terms.model import Charter, Terms


def missing_prohibitions(terms: Terms, charter: Charter) -> tuple[str, ...]:
    """Return the charter's prohibited uses that the terms omit, in the charter's order.

    Uses are compared word for word; case, spacing and a full stop at the end do not count.
    """
    named = {words(use) for use in terms.prohibited_uses}
    return tuple(use for use in charter.prohibited_uses if words(use) not in named)


def check_against_charter(terms: Terms, charter: Charter) -> None:
    """Refuse terms that omit a use which the charter prohibits.

    Raises:
        CharterProhibitionMissing: they do.
    """
    missing = missing_prohibitions(terms, charter)
    if missing:
        raise CharterProhibitionMissing(missing)


def words(use: str) -> str:
    """A text as it is compared word for word, without case, spacing and a full stop at its end."""
    return " ".join(use.casefold().split()).rstrip(".")
