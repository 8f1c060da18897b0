"""How the story is told: a line for what happens, a bar for what lasts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Narrator:
    """Tells the story on a console; progress shows only where somebody watches.

    Args:
        console: Where; stderr if none is given, so that stdout keeps the result alone.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def chapter(self, title: str) -> None:
        """Begins a chapter."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def say(self, sentence: str) -> None:
        """Tells what has happened."""
        self.console.print(f"  {sentence}", markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Shows how far something is that takes a while; call what it gives at each step."""
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        watched = self.console.is_terminal
        with Progress(
            *columns, console=self.console, transient=True, disable=not watched
        ) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
