"""How a command reaches the chain: one endpoint or several, by TLS and with a token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import EXISTING_DOCUMENT
from cli.output import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.chain.rpc import Chain

ALONE_SECONDS = 30.0
"""For so long the only endpoint may take for a whole answer."""

AMONG_SECONDS = 10.0
"""For so long one of several endpoints may."""


def reaching(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command --endpoint, --ca and --token-file, as `endpoints`, `ca` and `token_file`."""
    for option in (
        click.option(
            "--token-file",
            type=EXISTING_DOCUMENT,
            help="File with the bearer token that the endpoints ask for; its owner's alone.",
        ),
        click.option(
            "--ca",
            type=EXISTING_DOCUMENT,
            help="Certificates (PEM) that vouch for the endpoints', instead of the system's.",
        ),
        click.option(
            "--endpoint",
            "endpoints",
            multiple=True,
            metavar="URL",
            help="The chain's JSON-RPC; repeatable, the one to ask first first.",
        ),
    ):
        function = option(function)
    return function


def connect(
    endpoints: Sequence[str], ca: str | Path | None = None, token_file: str | Path | None = None
) -> Chain:
    """The chain behind endpoints; a person is told of each that is set aside.

    Args:
        endpoints: their URLs, one at least.
        ca: file with the certificates that vouch for theirs; the system's if none.
        token_file: file with the token that they ask for, if they do.

    Raises:
        EndpointInvalid: one is no URL that can be used.
        TokenFileInvalid, TokenFileInsecure, CertificatesInvalid: a file cannot be used.
    """
    from governance.chain.rpc import Rpc  # noqa: PLC0415 - not for what only shows its help

    timeout = ALONE_SECONDS if len(endpoints) == 1 else AMONG_SECONDS
    rpcs = [
        Rpc(
            endpoint,
            timeout,
            ca=Path(ca) if ca else None,
            token_file=Path(token_file) if token_file else None,
        )
        for endpoint in endpoints
    ]
    if len(rpcs) == 1:
        return rpcs[0]
    from governance.chain.endpoints import Endpoints  # noqa: PLC0415 - only for several

    return Endpoints(rpcs, lambda aside: note(aside.sentence))


def newest(rpc: Chain) -> int:
    """Number of the newest block, for a bar that shows how far it is; 0 if the answer is none.

    Raises:
        ChainUnreachable, RpcError: see `Rpc`.
    """
    from governance.chain.errors import ChainAnswerInvalid  # noqa: PLC0415 - as `connect`
    from governance.chain.queries import head  # noqa: PLC0415

    try:
        return head(rpc).number
    except ChainAnswerInvalid:
        # Another endpoint may be in order; whoever reads finds out.
        return 0
