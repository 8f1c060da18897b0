"""Whatever commands docs, remedies and reports name, somebody will type."""

from __future__ import annotations

import re
from pathlib import Path

import click

from cli.reference import commands

ROOT = Path(__file__).parents[3]
PLACES = (
    *(file for top in ("governance", "cli", "deploy") for file in (ROOT / top).rglob("*.py")),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "README.md",
)
SPOKEN = re.compile(r"(?:`|^\$ |^)charter((?: [a-z][a-z-]*)+)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")

GROUP = None
"""What a command that holds others has instead of options."""

KNOWN = {
    tuple(context.command_path.split()[1:]): (
        GROUP
        if isinstance(context.command, click.Group)
        else {option for each in context.command.get_params(context) for option in each.opts}
    )
    for context in commands()
}


def mistakes(text: str) -> list[str]:
    """The commands and options that a text names and that there are not."""
    wrong = []
    for words, rest in SPOKEN.findall(text):
        path = tuple(words.split())
        while path not in KNOWN:
            path = path[:-1]
        options = KNOWN[path]
        if options is GROUP:
            if path != tuple(words.split()):
                wrong.append(f"charter{words}")
        else:
            spoken = set(OPTION.findall(rest.partition(" #")[0].partition("|")[0]))
            wrong += [f"charter{words} {option}" for option in spoken - options]
    return wrong


def test_the_commands_that_are_named_exist() -> None:
    found = {file.relative_to(ROOT): mistakes(file.read_text("utf-8")) for file in PLACES}
    assert {file: wrong for file, wrong in found.items() if wrong} == {}


def test_a_command_or_an_option_that_is_not_there_is_noticed() -> None:
    assert mistakes("See `charter benefit show`.") == ["charter benefit show"]
    assert mistakes("charter vote 7 for --twice\n") == ["charter vote --twice"]
    assert mistakes("`charter vote 7 for --sign-only FILE`, `charter --help`") == []
