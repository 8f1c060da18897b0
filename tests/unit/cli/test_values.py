"""Values at their edges, as words of a command."""

from __future__ import annotations

import click
import pytest

from cli.values import CONTEXT_NAME, TEXT, SecondsType


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "inf", "1e400", "-1", "ten", ""])
def test_what_cannot_be_waited_for_is_no_number_of_seconds(word: str) -> None:
    with pytest.raises(click.BadParameter):
        SecondsType(0).convert(word, None, None)


def test_seconds_lie_between_bounds() -> None:
    assert SecondsType(0).convert("0", None, None) == 0
    with pytest.raises(click.BadParameter):
        SecondsType(0.1, 60).convert("61", None, None)


@pytest.mark.parametrize("word", ["f\udcfcr", "\ud800"])
def test_the_bytes_of_another_encoding_are_no_text(word: str) -> None:
    with pytest.raises(click.BadParameter, match="UTF-8"):
        TEXT.convert(word, None, None)
    assert TEXT.convert("für", None, None) == "für"


@pytest.mark.parametrize(
    "word", ["", " ", ".", "..", "../a", "a/b", "-a", "a\n", "a ", 65 * "a", "a\x1b[2J", "a\udcff"]
)
def test_what_no_folder_can_be_called_is_no_context(word: str) -> None:
    with pytest.raises(click.BadParameter):
        CONTEXT_NAME.convert(word, None, None)


@pytest.mark.parametrize("word", ["hospital", "Köln", "alpha-2", "a b", "x@y.z", "1"])
def test_contexts_have_names(word: str) -> None:
    assert CONTEXT_NAME.convert(word, None, None) == word
