"""Values at their edges, as words of a command."""

from __future__ import annotations

import click
import pytest

from cli.values import SecondsType


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "inf", "1e400", "-1", "ten", ""])
def test_what_cannot_be_waited_for_is_no_number_of_seconds(word: str) -> None:
    with pytest.raises(click.BadParameter):
        SecondsType(0).convert(word, None, None)


def test_seconds_lie_between_bounds() -> None:
    assert SecondsType(0).convert("0", None, None) == 0
    with pytest.raises(click.BadParameter):
        SecondsType(0.1, 60).convert("61", None, None)
