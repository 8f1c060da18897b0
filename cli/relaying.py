"""Acts that are signed for somebody else to send: made, held against the swarm, told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.errors import RelayFileTaken
from cli.output import emit_json, note, printable, show
from cli.studies import title_of, verified
from governance.chain.calls import call_data
from governance.chain.errors import Refused
from governance.chain.queries import latest
from governance.chain.refusals import refused
from governance.chain.relay import RelayRequest, SignedRequest, random_nonce
from governance.chain.relaying import is_contract, require_swarm, was_relayed
from governance.chain.simulation import simulate
from governance.chain.wording import ActUnknown, Wording, wording
from governance.errors import CharterError
from governance.primitives import sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.session import Session
    from governance.terms import Terms


def load(path: Path) -> tuple[SignedRequest, Wording]:
    """A request in a file, and what it says.

    Raises:
        RelayRequestInvalid, HexInvalid, AddressInvalid: the file holds none.
        SignatureInvalid: a signature in it is nobody's.
        ActUnknown: it cannot be said what it does.
        TermsMismatch, TermsNotCanonical, TermsInvalid: it puts terms forward that do not say what
            the study would enforce.
    """
    signed = SignedRequest.from_bytes(path.read_bytes())
    said = wording(signed.request.data)
    if "terms" in said.arguments:
        _terms(said, signed.request.data)
    return signed, said


def require_ours(session: Session, request: RelayRequest, said: Wording) -> None:
    """Makes sure that a request is for this swarm, and calls what it seems to call.

    Raises:
        RelayRequestForeign: it is for another swarm.
        Refused: it calls no contract of this swarm.
        ActUnknown: that contract has no such function.
        TermsMismatch, TermsNotCanonical, TermsInvalid: it signs terms that do not say what the
            study enforces.
    """
    require_swarm(request, session.trust, session.house)
    contract, study = _place(session, request.to)
    if contract is None:
        raise refused("RelayTargetForbidden", to=request.to)
    if contract != said.contract:
        raise ActUnknown(f"{request.to} is a {contract}, which has no function {said.function}")
    if study is not None and said.function == "sign":
        verified(session.state.study(study).version(said.arguments["version"]))


def sign_only(session: Session, path: Path, to: str, data: bytes, key: str) -> None:
    """Signs an act into a file instead of sending it.

    A file that holds the same act is signed there; anything else is left alone.

    Args:
        session: the command's session.
        path: the file.
        to: the contract that is called.
        data: the call.
        key: keystore name of the key that signs; empty if another machine will sign.

    Raises:
        RelayFileTaken: the file holds something else.
    """
    account = session.invocation.acts_for or session.keystore.address(
        key or session.context.require("account")
    )
    wanted = RelayRequest(
        chain_id=session.trust.chain_id,
        relay=session.house.relay,
        account=account,
        to=to,
        data=data,
        nonce=random_nonce(),
        deadline=session.valid_until,
    )
    before = _known(path, wanted, session.now)
    signed = before or SignedRequest(wanted)
    if key and counts(session, key, account):
        signed = signed.signed(session.unlock(key))
    _warn(session, signed.request)
    if signed == before:
        note(f"{path} holds this act already.")
    else:
        signed.save(path)
    if not signed.signers:
        note(f"{account} has not signed it yet: add signatures with `charter relay sign {path}`.")
    tell(session, path, signed, wording(data), command="relay-sign")


def counts(session: Session, key: str, account: str) -> bool:
    """Whether a key's signature can count for an account: its own, or a contract's."""
    own = session.keystore.address(key) == account
    return own or is_contract(session.rpc, account)


def tell(
    session: Session,
    path: Path,
    signed: SignedRequest,
    said: Wording,
    *,
    command: str,
    offline: bool = False,
) -> None:
    """Writes what there is to say about a request to stdout."""
    request = signed.request
    told: dict[str, Any] = {
        "file": str(path),
        "from": request.account,
        "to": request.to,
        "signed_by": list(signed.signers),
        "deadline": request.deadline,
        "chain_id": request.chain_id,
        "relay": request.relay,
        "digest": to_hex(request.digest),
    }
    if not offline:
        told |= _standing(session, request)
    if session.json:
        emit_json(command, told | said.as_json())
        return
    show({"act": f"{said.contract}.{said.function}", **dict(_lines(said.arguments))} | told)
    if "terms" in said.arguments:
        _show_terms(_terms(said, request.data))


def in_words(said: Wording, account: str, where: str) -> str:
    """What a request does, in one sentence."""
    arguments = ", ".join(f"{name.strip()} {value}" for name, value in _lines(said.arguments))
    return f"{account} calls {said.function} of {where}" + (f": {arguments}." if arguments else ".")


def where(session: Session, to: str) -> str:
    """What stands at an address, in words."""
    contract, study = _place(session, to)
    return f"{contract} at {to}" if study is None else f"{contract} of study {study}"


def _known(path: Path, wanted: RelayRequest, now: int) -> SignedRequest | None:
    """The request in the file if it is the same act and can still be sent."""
    if not path.exists():
        return None
    try:
        found = SignedRequest.from_bytes(path.read_bytes())
    except CharterError:
        raise RelayFileTaken(path) from None
    if not found.request.is_same_act(wanted) or found.request.deadline < now:
        raise RelayFileTaken(path)
    return found


def _warn(session: Session, request: RelayRequest) -> None:
    """Says so if the contract would refuse the act now; it may take it later."""
    call = {"from": request.account, "to": request.to, "data": to_hex(request.data)}
    try:
        simulate(session.rpc, call, latest(session.rpc))
    except Refused as found:
        note(f"As things stand, the contract would refuse it: {found.message}")


def _place(session: Session, to: str) -> tuple[str | None, int | None]:
    """Which contract of the house stands at an address, and of which study it is."""
    house = session.house
    standing = {house.swarm: "Swarm", house.governor: "SwarmGovernor", house.studies: "Studies"}
    if to in standing:
        return standing[to], None
    for study in session.state.studies.values():
        if to == study.address:
            return "Study", study.number
        if to == study.benefits:
            return "Benefits", study.number
    return None, None


def _standing(session: Session, request: RelayRequest) -> dict[str, Any]:
    """What only the chain knows of a request."""
    _, study = _place(session, request.to)
    told: dict[str, Any] = {
        "institution": session.state.swarm.institution_of(request.account),
        "relayed": was_relayed(session.rpc, request),
        "expired": session.now > request.deadline,
    }
    if study is not None:
        title = title_of(session.state.study(study).terms)
        told |= {"study": study, "title": title}
    return told


def _terms(said: Wording, data: bytes) -> Terms:
    """The terms that an act puts forward, held against what the study would enforce."""
    from governance.terms import (  # noqa: PLC0415 - loads pydantic
        TermsMismatch,
        parameters,
        terms_from_canonical,
    )

    text = str(said.arguments["terms"]).encode()
    terms = terms_from_canonical(text)
    if call_data(said.contract, said.function, (text, parameters(terms))) != data:
        raise TermsMismatch(["parameters"])
    return terms


def _show_terms(terms: Terms) -> None:
    from governance.terms import summary  # noqa: PLC0415 - loads pydantic

    for section in summary(terms):
        print(f"\n{printable(section.heading)}")
        for sentence in section.sentences:
            for line in sentence.splitlines():
                print(f"  {printable(line)}")


def _lines(value: Any, name: str = " ") -> Iterator[tuple[str, Any]]:
    """Arguments as lines, each with the way to it: `publication round`."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _lines(each, f"{name} {key}")
    elif isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        for number, each in enumerate(value, 1):
            yield from _lines(each, f"{name} {number}")
    elif name.endswith(" terms"):
        yield name, to_hex(sha256(value.encode()))
    else:
        yield name, value
