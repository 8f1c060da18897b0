"""`charter found`: a swarm comes to be, or is looked at before it is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import charters, home
from cli.connection import connect, reaching
from cli.contexts import Context, Contexts
from cli.errors import ChainNotNamed
from cli.founders import load_founders
from cli.options import ANY_DOCUMENT, EXISTING_DOCUMENT, Invocation, common
from cli.output import emit, note
from cli.session import Session
from deploy import embedded, founding
from governance.chain.house import Trust
from governance.chain.queries import chain_id
from governance.chain.seals import validators
from governance.primitives import to_hex

if TYPE_CHECKING:
    from cli.founders import FoundersFile
    from governance.chain.rpc import Chain


@click.command()
@click.argument("founders", type=EXISTING_DOCUMENT, required=False)
@click.option("--verify", is_flag=True, help="Verify a founding instead, from the chain alone.")
@reaching
@click.option(
    "--trust", type=ANY_DOCUMENT, help="The trust file: where it is written, or which to verify."
)
@common
def command(
    invocation: Invocation,
    *,
    founders: Path | None,
    verify: bool,
    endpoints: tuple[str, ...],
    ca: Path | None,
    token_file: Path | None,
    trust: Path | None,
) -> None:
    """Found a swarm, or verify a founding.

    FOUNDERS is a YAML file of all who found it, the same for each of them:

    \b
      scheme: swarm-charter/founders/1
      charter: charter.yaml            # the document, or its SHA-256 in quotes
      voting: {period: 604800, quorum: 50, expiry: 604800}   # seconds, per cent, seconds
      founders:
        - name: University Hospital
          kind: hospital               # or institute, data-trustee, company
          sector: public               # or private
          country: DE
          account: "0x…"               # or the name of a key of this machine
          document: profile.pdf        # or its SHA-256 in quotes

    Nobody is left with special power. One of the founders runs this and hands the trust file to
    the others, who run it with --verify. Broken off and run again, it goes on. Where blocks are
    sealed by validators, the trust file names them. Without --endpoint, the embedded chain is
    meant.
    """  # noqa: D301 - click wants the character itself
    if verify:
        session = Session(invocation)
        rpc = connect(endpoints, ca, token_file) if endpoints else session.rpc
        _verify(session, founders, rpc, trust)
        return
    if founders is None:
        raise click.UsageError("Missing argument 'FOUNDERS'.")
    session = Session(invocation)
    agreed = load_founders(founders, session.keystore)
    if agreed.charter_file is not None:
        from governance.terms import load_charter  # noqa: PLC0415 - loads pydantic

        # Under a charter that cannot be read, nobody could open or sign a study.
        load_charter(agreed.charter_file)
    _keep_charter(agreed)
    urls = endpoints or (_embedded_endpoint(),)
    place = (trust or Path("trust.json")).absolute()
    known = place.exists()
    with connect(urls, ca, token_file) as rpc:
        plan = founding.plan(agreed.founders, agreed.rules, agreed.charter, chain_id(rpc))
        if not known:
            note(f"Found a swarm of {len(agreed.founders)} with the trust file {place}.")
        written = founding.found(
            rpc,
            plan,
            place,
            validators=validators(rpc),
            journals=home.journals() / "founding",
            progress=lambda step: note(f"  {step}: done"),
        )
    if known:
        note("The swarm is founded already; nothing is sent.")
    way = Context(
        urls,
        str(place),
        ca=str(ca.absolute()) if ca else "",
        token_file=str(token_file.absolute()) if token_file else "",
    )
    contexts = _add_contexts(agreed, way)
    told = {
        "trust": str(place),
        "chain_id": written.chain_id,
        "history": written.history,
        "founders": list(written.founders),
        "validators": list(written.validators),
        "contexts": contexts,
        "already": known,
    }
    emit("found", told, as_json=session.json)


def _verify(session: Session, founders: Path | None, rpc: Chain, trust: Path | None) -> None:
    anchor = Trust.load(trust) if trust else session.trust
    agreed = None
    if founders is not None:
        file = load_founders(founders, session.keystore)
        _keep_charter(file)
        agreed = founding.plan(file.founders, file.rules, file.charter, anchor.chain_id)
    with rpc:
        found = founding.verify(rpc, anchor, agreed)
    if agreed is None:
        note("Held against the trust file alone; give the founders' file to compare all of it.")
    told: dict[str, Any] = {
        "verified": True,
        "history": found.house.history,
        "relay": found.house.relay,
        "swarm": found.house.swarm,
        "governor": found.house.governor,
        "studies": found.house.studies,
        "block": found.block,
        "charter": to_hex(found.charter),
        "voting_period": found.rules.voting_period,
        "quorum": found.rules.quorum,
        "expiry": found.rules.expiry,
        "validators": list(anchor.validators),
        "founders": [f"{each.profile.name} ({each.account})" for each in found.founders],
    }
    emit("found-verify", told, as_json=session.json)


def _keep_charter(agreed: FoundersFile) -> None:
    if agreed.charter_file is not None:
        charters.keep(agreed.charter_file.read_bytes())


def _embedded_endpoint() -> str:
    found = embedded.status(home.embedded_chain(), ask=False)
    if not found.endpoint:
        raise ChainNotNamed
    return found.endpoint


def _add_contexts(agreed: FoundersFile, way: Context) -> list[str]:
    """A context for each founder whose key lies on this machine, named as the key is."""
    contexts = Contexts.load(home.contexts_file())
    added = []
    for key in agreed.keys:
        if key in contexts.by_name:
            continue
        journal = str(home.journals() / key)
        contexts.add(key, replace(way, account=key, journal=journal))
        added.append(key)
    if added:
        contexts.save()
        note(f"Added the contexts {', '.join(added)}; the current one is '{contexts.current}'.")
    return added
