"""The report as a page that a person without a chain can read, keep and print, and as a table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from governance.audit.page.contents import Contents
from governance.audit.page.english import ENGLISH
from governance.audit.page.german import GERMAN
from governance.audit.page.own import AccountUnknown, institution_of
from governance.audit.page.spreadsheet import as_csv
from governance.audit.page.text import cleaned
from governance.primitives import to_hex

if TYPE_CHECKING:
    from jinja2 import Environment

    from governance.audit.page.language import Language
    from governance.audit.report import Report
    from governance.terms import Language as Code

__all__ = ["LANGUAGES", "AccountUnknown", "as_csv", "render"]

LANGUAGES: dict[Code, Language] = {"en": ENGLISH, "de": GERMAN}
"""What a page can be written in, by ISO 639-1 code."""


def render(report: Report, language: Code = "en", account: str | None = None) -> str:
    """The page: self-contained, no script, nothing loaded from anywhere.

    Names and texts come from the chain, where anybody could have written anything, so all of them
    are escaped, and what could not be seen in them is named.

    Args:
        report: What the audit came to.
        language: Of the page; what institutions wrote stays as they wrote it.
        account: Of one institution whose own report it is to be, now or in the past; None for the
            report of the whole swarm.

    Raises:
        AccountUnknown: No institution has, or had, that account.
        AddressInvalid: It is no address.
    """
    own = None if account is None else institution_of(report.state, account)
    contents = Contents(report, LANGUAGES[language], own).all()
    return _environment().get_template("page.html.j2").render(style=_style(), **contents)


@cache
def _environment() -> Environment:
    # Jinja costs a tenth of a second to import, and few commands draw a page.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("governance.audit.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    environment.filters["hex"] = to_hex
    return environment


def _seen(value: Any) -> Any:
    """Whatever is written out: marked-up text as it is, any other with all that it hides named."""
    return cleaned(value) if type(value) is str else value


@cache
def _style() -> Any:
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja

    return Markup(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))  # noqa: S704
