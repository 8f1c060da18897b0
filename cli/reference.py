"""The help of every command as one page: `python -m cli.reference > docs/cli.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.main import charter

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
# The command line

Written by `python -m cli.reference > docs/cli.md`; a test holds this page against the commands.

Results go to stdout, as a table or, with `--format json`, as JSON with a `schema` such as
`swarm-charter/cli/status/1`; everything else goes to stderr. What sends a transaction looks first
and can be repeated: what is done already is said so, with exit status 0.

An error is two sentences on stderr, `Error [Code]: What is wrong. Do: What to do.`, or a JSON
object with `code`, `message`, `remedy` and `exit_status`, the last line there. Where a document has
several mistakes, they stand before it, or as `problems` in it. Codes are stable. Exit statuses:

| status | meaning |
|---|---|
| 0 | done, or done already |
| 1 | looked through, and there is something to look at |
| 2 | wrong usage or input |
| 3 | not verifiable: evidence is missing or forged |
| 4 | refused by the contract or the gate |
| 5 | the chain cannot be reached or is not in step |
| 6 | timed out |
| 7 | a key or a file of this machine is at fault |
| 70 | unforeseen; `--debug` shows the traceback |
| 130 | interrupted |
| 141 | whoever read the result stopped reading |

Status 1 comes from `audit` (verified, with findings), `history countersignatures` (heads that
differ), `network status` (somebody should look) and `study datause` (something is denied, or needs
a person).

Files are plain ones: a device or a pipe is refused, for reading and for writing over. A passphrase
may come through a pipe.

`CHARTER_HOME` puts what commands keep by themselves into one folder: contexts, keystores, charters,
the consent ledger with its commitments, the embedded chain, the validator with its key, journals of
transactions, examinations of checkpoints, countersignatures, and what nodes have signed.
`CHARTER_CONTEXT`, `CHARTER_LEDGER` and `CHARTER_PASSPHRASE_FILE` stand for the options of those
names.
"""


def commands() -> Iterator[click.Context]:
    """The context of every command, groups before what they hold, in the order of the help."""
    root = click.Context(
        charter, info_name="charter", terminal_width=100, help_option_names=["-h", "--help"]
    )
    yield from _below(root)


def page() -> str:
    """The whole page."""
    sections = [INTRODUCTION]
    for context in commands():
        level = 2 if context.parent in (None, context.find_root()) else 3
        title = f"{'#' * level} `{context.command_path}`"
        sections.append(f"{title}\n\n```text\n{context.get_help().rstrip()}\n```\n")
    return "\n".join(sections)


def _below(context: click.Context) -> Iterator[click.Context]:
    yield context
    if not isinstance(context.command, click.Group):
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        assert command is not None
        yield from _below(click.Context(command, context, info_name=name))


if __name__ == "__main__":
    print(page(), end="")
