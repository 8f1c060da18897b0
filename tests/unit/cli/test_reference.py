"""Every command says what it is for, in its help, in the overview and in the docs."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from cli.main import SECTIONS, charter
from cli.reference import INTRODUCTION, commands, page

DOCS = Path(__file__).parents[3] / "docs"
ALL = list(commands())


@pytest.mark.parametrize("context", ALL, ids=lambda context: context.command_path)
def test_a_command_says_what_it_and_its_options_are_for(context: click.Context) -> None:
    assert context.command.help, "the command has no help"
    for parameter in context.command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"


def test_the_overview_and_the_commands_say_the_same() -> None:
    root = click.Context(charter)
    for section in SECTIONS.values():
        for name, text in section.items():
            command = charter.get_command(root, name)
            assert command is not None
            assert command.get_short_help_str(limit=100) == text


def test_the_docs_show_the_help_as_it_is() -> None:
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == page(), (
        "run: python -m cli.reference > docs/cli.md"
    )


def test_every_variable_that_stands_for_an_option_is_named() -> None:
    options = [each for context in ALL for each in context.command.params]
    variables = {each.envvar for each in options if isinstance(each.envvar, str)}
    assert len(variables) == 3
    for variable in variables:
        assert f"`{variable}`" in INTRODUCTION


def test_an_unknown_command_is_none() -> None:
    assert charter.get_command(click.Context(charter), "os") is None


def test_no_help_shows_how_it_is_laid_out() -> None:
    assert "\\b" not in page()
