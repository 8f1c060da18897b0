"""What a command writes: the result on stdout, as table or JSON, everything else on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from cli.present import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDE = 400
"""Columns of a table that goes into a file or a pipe: nothing is folded or cut there."""


TIMES = ("_at", "_until", "deadline")
"""How the names of times end; their values are Unix seconds."""


def note(text: str) -> None:
    """Tells the person something that is not the result."""
    print(printable(text), file=sys.stderr)


def emit_json(command: str, result: Mapping[str, Any]) -> None:
    """Writes a result as JSON with its versioned schema, such as `swarm-charter/cli/status/1`.

    Args:
        command: the command's words, joined by hyphens.
        result: text, numbers, booleans, nothing, and lists and mappings of them.
    """
    print(json.dumps(_with_schema(command, result), indent=2))


def emit_line(command: str, told: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    """Writes one of the results of a command that goes on, in a line, and at once.

    Args:
        command: the command's words, joined by hyphens.
        told: what a program reads.
        sentence: what a person reads.
        as_json: which of the two.
    """
    line = json.dumps(_with_schema(command, told)) if as_json else printable(sentence)
    # Who reads along, through a pipe too, reads of it now.
    print(line, flush=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "None.") -> None:
    """Writes a table; where there are no rows, a sentence that says so."""
    from rich import box  # noqa: PLC0415 - rich costs more than all the rest of a command
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    written = [[_cell(value) for value in row] for row in rows]
    if not written:
        print(empty)
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in columns:
        drawn.add_column(title, overflow="fold")
    for row in written:
        drawn.add_row(*(Text(cell) for cell in row))
    width = None if sys.stdout.isatty() else WIDE
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(drawn)
    # rich would end the process where nobody reads on, in a way of its own.
    print(captured.get(), end="")


def show(told: Mapping[str, Any]) -> None:
    """Writes what there is to say about one thing, a line each.

    Underscores in names are spaces, and times, named `at` or ending in `_at`, `_until` or
    `deadline`, are written in UTC.
    """
    lines = [(name.replace("_", " "), _cell(_spoken(name, value))) for name, value in told.items()]
    width = max((len(name) for name, _ in lines), default=0)
    for name, value in lines:
        print(f"{name:<{width}}  {value}".rstrip())


def emit(command: str, told: Mapping[str, Any], *, as_json: bool) -> None:
    """Writes what there is to say about one thing, as JSON or a line each."""
    if as_json:
        emit_json(command, told)
    else:
        show(told)


def printable(text: str) -> str:
    """The text with everything written out that could steer a terminal.

    What members call themselves and write into terms is their own choice, and is shown to others.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _with_schema(command: str, result: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"schema": f"swarm-charter/cli/{command}/1"}
    # First, and over the schema that a report carries when it stands alone.
    return schema | dict(result) | schema


def _spoken(name: str, value: object) -> object:
    if isinstance(value, int) and (name == "at" or name.endswith(TIMES)):
        return when(value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return value


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))
