"""A click group that knows its commands by name alone and imports one only when it is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

Sections = dict[str, dict[str, str]]
"""Title of a section of the help -> name of a command -> its help in one line."""


class LazyGroup(click.Group):
    """Lists its commands without importing them; imports `package.<name>` when one is called.

    A command is the attribute `command` of the module that has its name.
    """

    def __init__(self, *args: Any, package: str, sections: Sections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._sections = sections

    def one_liners(self) -> Mapping[str, str]:
        """Every command's help in one line, by name, in the order of the help."""
        return {name: text for section in self._sections.values() for name, text in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands' names in the order of the help."""
        return list(self.one_liners())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports a command, or nothing if there is none of that name."""
        if cmd_name not in self.one_liners():
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes the sections of the help."""
        for title, commands in self._sections.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))
