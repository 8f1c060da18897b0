"""The files that commands take: plain ones, so that reading them begins and ends.

A device never ends and a pipe may never begin; a file that is written over is put in the place of
what stood there, be it a device. So commands take none of them. What a person would pipe, a
passphrase, is read with a bound instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


READABLE_BY_ALL = 0o644
"""Permission bits of what a command writes for others to read."""


class PlainFile(click.ParamType[Path]):
    """A plain file, or, where `folder` says so, a folder.

    Args:
        exists: whether it must be there; otherwise it is one that a command writes.
        folder: whether a folder will do.
        largest: bytes that it may have at most; None where it is read piece by piece.
    """

    def __init__(
        self, *, exists: bool = True, folder: bool = False, largest: int | None = None
    ) -> None:
        self._path = click.Path(exists=exists, dir_okay=folder, path_type=Path)
        self.name = self._path.name
        self._largest = largest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        if not value:
            # It would mean the folder one is in, and comes of a variable that is not set.
            self.fail("an empty name is no file", param, ctx)
        path = Path(os.fsdecode(self._path.convert(value, param, ctx)))
        told = click.format_filename(path)
        if path.is_dir() or not path.exists():
            return path
        if not path.is_file():
            self.fail(f"'{told}' is no plain file, but a device or a pipe", param, ctx)
        if self._largest is not None and path.stat().st_size > self._largest:
            self.fail(f"'{told}' is larger than {self._largest // 2**20} MiB", param, ctx)
        return path

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Files and folders, which the shell itself lists."""
        return self._path.shell_complete(ctx, param, incomplete)
