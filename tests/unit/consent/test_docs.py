from __future__ import annotations

import inspect
from pathlib import Path

from governance.consent import Reason, errors
from governance.consent.matrix import OPTIONAL, REQUIRED
from governance.errors import CharterError

PAGE = (Path(__file__).parents[3] / "docs" / "consent.md").read_text(encoding="utf-8")


def test_the_page_says_every_reason() -> None:
    for reason in Reason:
        assert f"| `{reason.value}` | {reason.sentence} |" in PAGE


def test_the_page_names_every_error_and_every_field() -> None:
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, CharterError) and kind is not CharterError:
            assert f"`{kind.code}`" in PAGE
    assert ",".join([*REQUIRED, *OPTIONAL]) in PAGE
