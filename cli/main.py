"""The entry point: the commands by name, and what becomes of an error.

Nothing but click is imported before a command is known, so that `charter --help` costs what a bare
click program costs.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

import click

from cli.lazy import LazyGroup

SECTIONS = {
    "Your swarm": {
        "status": "What is waiting for you.",
        "join": "Apply for membership in the swarm.",
        "member": "The institutions: list, show, expel, leave.",
        "node": "Your training nodes: new, register, revoke, list.",
        "validator": "Your validator on the consortium chain: register, remove, list.",
        "account": "Your institution's account: its key, rotation, recovery.",
        "propose": "Put something to the vote.",
        "proposal": "Proposals and how their votes stand.",
        "vote": "Vote on a proposal.",
        "execute": "Carry out what was decided.",
        "relay": "Acts signed for others to send: show, sign, send.",
    },
    "Studies": {
        "study": "Studies: open, read, sign, decline, withdraw, amend, start, close.",
        "consent": "What patients allowed: import, withdraw, eligible, commit, prove.",
        "readiness": "Readiness of your data, before you sign a study's terms.",
        "publish": "Publish a checkpoint: a merged model's digest.",
        "attest": "Vouch for a published checkpoint.",
        "checkpoint": "Checkpoints: list, show, pack one, compute a digest.",
        "benefit": "Revenue, shares and their settlement.",
        "gate": "Ask whether an update may be merged; read what was refused.",
    },
    "Proof": {
        "history": "The history: show, verify, countersign.",
        "audit": "The audit: collect evidence, verify it anywhere, report what it shows.",
    },
    "Set-up": {
        "context": "Which swarm, and as whom.",
        "found": "Found a swarm, or verify a founding.",
        "chain": "The embedded chain: up, down, status.",
        "network": "The consortium chain: key, assemble, up, down, status, sync, move, local.",
        "wait": "Wait for a proposal, signatures or a checkpoint.",
        "demo": "Four hospitals, one study: the whole way, once.",
        "completion": "Shell completion.",
    },
}

UNREAD = 141
"""What shells return for a program whose reader went away, as `head` does."""


@click.group(
    cls=LazyGroup,
    package="cli.commands",
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def charter() -> None:
    """Swarm Charter: who may take part in swarm learning, and the proof of what was done."""


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    _open_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit status, having written any error to stderr."""
    stdout = sys.stdout
    try:
        outcome = charter.main(arguments, prog_name="charter", standalone_mode=False)
        # A full disk shows only now; at the interpreter's end it would be too late to tell.
        sys.stdout.flush()
    except SystemExit:
        # click leaves so where nobody reads on, with another stdout in place; otherwise it is asked
        # to complete a word.
        if sys.stdout is stdout:
            raise
        return UNREAD
    except BrokenPipeError:
        _let_go(stdout)
        return UNREAD
    except (Exception, KeyboardInterrupt) as error:
        from cli.failure import report  # noqa: PLC0415 - only an error needs it

        _let_go(stdout)
        return report(error, arguments)
    return outcome if isinstance(outcome, int) else 0


def _let_go(stdout: TextIO) -> None:
    """Sees to it that what cannot be written does not fail again at the interpreter's end."""
    try:
        stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def _open_streams() -> None:
    """Makes the three standard streams such that whatever is told can be written.

    Whoever starts the command may have closed some: then nobody reads or is asked there, and no
    other file takes their place. A terminal may not know a character: then it is written out.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
