"""Every command that an error, a help text or a page names is one that can be typed."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from cli.main import charter
from cli.reference import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
SOURCES = [
    path for room in ("cli", "governance", "deploy") for path in sorted((ROOT / room).rglob("*.py"))
]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
QUOTED = re.compile(r"`{1,2}(charter [^`]+)`{1,2}")
BLOCK = re.compile(r"^```(?:sh|bash|console|text)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
STANDS_FOR_SOMETHING = re.compile(r"[…<>$*]|\.\.\.|^[A-Z-]+$")


def _written(node: ast.AST) -> str:
    """The text of a string, with … for whatever is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(
        str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values
    )


def _in_source(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for each in node.values
    }
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if not (text or isinstance(node, ast.JoinedStr)) or id(node) in inside:
            continue
        written = _written(node)
        yield from QUOTED.findall(written)
        if written.startswith("charter ") and "\n" not in written:
            yield written


def _in_page(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    yield from QUOTED.findall(text)
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.removeprefix("$ ").startswith("charter "):
                yield line.removeprefix("$ ")


MENTIONS = sorted(
    {(str(path.relative_to(ROOT)), each) for path in SOURCES for each in _in_source(path)}
    | {(str(path.relative_to(ROOT)), each) for path in PAGES for each in _in_page(path)}
)


def _words(mention: str) -> list[str]:
    """The words of the command itself, up to where a shell has something else to do."""
    lexer = shlex.shlex(" ".join(mention.split()), posix=True, punctuation_chars=";|&>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words: list[str] = []
    for word in lexer:
        if set(word) <= set(";|&>"):
            break
        words.append(word)
    return words[1:]


def fault(mention: str) -> str | None:
    """What is wrong with a command that is named; nothing where it can be typed so."""
    command: click.Command = charter
    context = click.Context(charter, info_name="charter")
    words = _words(mention)
    while words and isinstance(command, click.Group):
        name = words.pop(0)
        if name in ("--help", "-h"):
            return None
        found = command.get_command(context, name)
        if found is None:
            return None if STANDS_FOR_SOMETHING.search(name) else f"there is no command {name}"
        command = found
    options = {name: each for each in command.params for name in each.opts}
    options |= {"--help": click.Option(["--help"], is_flag=True)}
    options |= {"-h": options["--help"]}
    most = sum(
        each.nargs if each.nargs > 0 else 99
        for each in command.params
        if isinstance(each, click.Argument)
    )
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            most -= 0 if STANDS_FOR_SOMETHING.search(word) else 1
            if most < 0:
                return f"{word} is too much"
            continue
        name, _, given = word.partition("=")
        if STANDS_FOR_SOMETHING.search(name):
            continue
        option = options.get(name)
        if option is None:
            return f"there is no option {name}"
        if isinstance(option, click.Option) and option.is_flag:
            continue
        value = given or (words.pop(0) if words else None)
        choices = option.type.choices if isinstance(option.type, click.Choice) else ()
        if value and choices and value not in choices and not STANDS_FOR_SOMETHING.search(value):
            return f"{name} takes no {value}"
    return None


@pytest.mark.parametrize(("place", "mention"), MENTIONS)
def test_what_is_named_can_be_typed(place: str, mention: str) -> None:
    assert fault(mention) is None, place


def test_they_are_found_where_they_stand() -> None:
    places = {place for place, _ in MENTIONS}
    assert {"cli/agenda.py", "cli/errors.py", "docs/first-study.md", "README.md"} <= places
    assert len(MENTIONS) > 200


@pytest.mark.parametrize(
    "mention",
    [
        "charter elect 1",
        "charter study bless",
        "charter vote 1 for again",
        "charter status --colour",
        "charter study sign --reason tired",
        "charter study decline 1 --reason tired",
    ],
)
def test_what_cannot_be_typed_is_noticed(mention: str) -> None:
    assert fault(mention) is not None


def test_nothing_that_waits_does_something_else_in_a_shell() -> None:
    suggested = [each for place, each in MENTIONS if place == "cli/agenda.py"]
    assert len(suggested) > 5
    for each in suggested:
        assert not set(each) & set("|;&<>$"), each


def test_every_command_is_one() -> None:
    for context in commands():
        assert fault(context.command_path) is None


INSTALLS = sorted(
    (str(path.relative_to(ROOT)), each)
    for path in (*SOURCES, *PAGES)
    for each in re.findall(r"pip install ([^`#\n]+)", path.read_text(encoding="utf-8"))
    if "[" in each
)


def test_an_extra_is_installed_from_the_projects_folder() -> None:
    """The project is on no index, and runs where its chain's program lies beside it."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ways = {f"--editable '.[{name}]'" for name in extras["optional-dependencies"]}
    assert [each for each in INSTALLS if each[1].strip() not in ways] == []
    assert len(INSTALLS) >= 5
