"""Countersignatures as files: what institutions hand each other beside the chain.

A file holds one countersignature, in the JSON form `swarm-charter/countersignature/1`. Whoever has
files of several institutions sees from them alone whether all of them signed the same history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from governance.audit.vouching import countersignature_digest, genuine
from governance.chain.files import write_atomically
from governance.errors import CharterError, ExitStatus
from governance.history.events import Countersigned
from governance.primitives import checksum_address, each_once, from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from governance.chain.house import Trust
    from governance.chain.signer import Signer

SCHEME: Final = "swarm-charter/countersignature/1"
"""Names the file's JSON form."""

LARGEST_FILE: Final = 65_536
"""Bytes; more than any countersignature takes. Larger files are not parsed at all."""

_LARGEST_SIGNATURE: Final = 16_384
_LARGEST_NUMBER: Final = 2**53 - 1
_KEY_SIGNATURE: Final = 65
_WORD: Final = 32
_READABLE_BY_ALL: Final = 0o644
_FIELDS: Final = frozenset(
    {"scheme", "chain_id", "history", "length", "head", "account", "signature"}
)


class CountersignatureInvalid(CharterError):
    """A file is no countersignature."""

    code = "CountersignatureInvalid"

    def __init__(self, source: Path | str, reason: str) -> None:
        super().__init__(
            f"{source} holds no countersignature: {reason}.",
            "Have it written again with `charter history countersign --to-file`.",
        )


class CountersignatureForeign(CharterError):
    """A countersignature is for another history than the trust file names."""

    code = "CountersignatureForeign"

    def __init__(self, source: Path | str, chain_id: int, history: str) -> None:
        super().__init__(
            f"The countersignature in {source} is for the history {history} on chain {chain_id}, "
            "which is not the one meant here.",
            "Leave it out, or use the trust file of the swarm that it belongs to.",
        )


class CountersignatureForged(CharterError):
    """A countersignature is not by the account that it names."""

    code = "CountersignatureForged"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, source: Path | str, account: str) -> None:
        super().__init__(
            f"The countersignature in {source} was not made by the key of {account}.",
            "Leave it out, and ask that institution for its own. If the account is a contract's, "
            "only the chain can check it.",
        )


class CountersignatureOfContract(CharterError):
    """Whether a contract account made a countersignature can be asked of the chain alone."""

    code = "CountersignatureOfContract"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, source: Path | str, account: str) -> None:
        super().__init__(
            f"The countersignature in {source} is that of a contract account, {account}, which "
            "cannot be checked without the chain.",
            "Check it where the chain can be asked: `charter history countersignatures`, without "
            "--trust.",
        )


@dataclass(frozen=True, slots=True)
class Conflict:
    """Different heads that were countersigned for one length: proof of a rewritten history.

    Attributes:
        length: records under each of the heads.
        heads: who signed which head; accounts in order.
    """

    length: int
    heads: Mapping[bytes, tuple[str, ...]]


def countersignature(
    chain_id: int, history: str, length: int, head: bytes, signer: Signer
) -> Countersigned:
    """Has a key vouch for a head.

    Args:
        chain_id: the chain's number.
        history: address of the History contract.
        length: records under the head.
        head: the head of the hash chain, 32 bytes.
        signer: the key of the account that vouches.
    """
    digest = countersignature_digest(chain_id, history, length, head)
    return Countersigned(signer.address, length, head, signer.sign_digest(digest))


def as_json(signed: Countersigned, trust: Trust) -> dict[str, Any]:
    """A countersignature in plain data, as its file holds it."""
    return {
        "scheme": SCHEME,
        "chain_id": trust.chain_id,
        "history": trust.history,
        "length": signed.length,
        "head": to_hex(signed.head),
        "account": signed.account,
        "signature": to_hex(signed.signature),
    }


def countersignature_from_json(
    value: Any, trust: Trust, source: Path | str = "What was given"
) -> Countersigned:
    """A countersignature from plain data. Whether its signature holds is not looked at.

    Args:
        value: what the JSON holds.
        trust: says which history is meant.
        source: what an error names as the file it came from.

    Raises:
        CountersignatureInvalid: it is not what `as_json` gives.
        CountersignatureForeign: it is for another chain, or another History.
    """
    if not isinstance(value, dict) or value.get("scheme") != SCHEME:
        raise CountersignatureInvalid(source, f"its scheme is not {SCHEME}")
    if value.keys() != _FIELDS:
        odd = ", ".join(sorted(map(str, value.keys() ^ _FIELDS)))
        raise CountersignatureInvalid(source, f"fields are missing or unknown ({odd})")
    chain_id, length = value["chain_id"], value["length"]
    for name, number in (("chain_id", chain_id), ("length", length)):
        if type(number) is not int or not 0 < number <= _LARGEST_NUMBER:
            raise CountersignatureInvalid(source, f"{name} is not a positive number")
    for name in ("history", "account", "head", "signature"):
        if not isinstance(value[name], str):
            raise CountersignatureInvalid(source, f"{name} is not text")
    try:
        history, account = checksum_address(value["history"]), checksum_address(value["account"])
        head = from_hex(value["head"], _WORD, "head")
        signature = from_hex(value["signature"], what="signature")
    except CharterError as error:
        raise CountersignatureInvalid(source, error.message.rstrip(".")) from None
    if not 0 < len(signature) <= _LARGEST_SIGNATURE:
        raise CountersignatureInvalid(source, f"its signature has {len(signature)} bytes")
    if (chain_id, history) != (trust.chain_id, trust.history):
        raise CountersignatureForeign(source, chain_id, history)
    return Countersigned(account, length, head, signature)


def load(path: Path, trust: Trust) -> Countersigned:
    """A countersignature from its file. Whether its signature holds is not looked at.

    Raises:
        CountersignatureInvalid: the file cannot be read, or holds none.
        CountersignatureForeign: it is for another chain, or another History.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CountersignatureInvalid(path, error.strerror or "it cannot be read") from None
    if len(data) > LARGEST_FILE:
        raise CountersignatureInvalid(path, f"it is larger than {LARGEST_FILE} bytes")
    try:
        value = json.loads(data.decode(), object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        raise CountersignatureInvalid(path, "it is not JSON, or names a field twice") from None
    return countersignature_from_json(value, trust, path)


def save(path: Path, signed: Countersigned, trust: Trust, mode: int = _READABLE_BY_ALL) -> None:
    """Writes a countersignature's file whole or not at all."""
    write_atomically(path, json.dumps(as_json(signed, trust), indent=2) + "\n", mode)


def read_files(
    paths: Iterable[Path],
    trust: Trust,
    asked: Callable[[Countersigned], bool] | None = None,
) -> tuple[Countersigned, ...]:
    """Countersignatures from files, each known to be for this history and by whom it names.

    Args:
        paths: the files.
        trust: says which history is meant.
        asked: asks the chain whether it takes a signature that no key made, which a contract
            account's is; without it, such a signature is refused.

    Raises:
        CountersignatureInvalid, CountersignatureForeign: see `load`.
        CountersignatureForged: one is not by the account that it names.
        CountersignatureOfContract: one is a contract account's, and there is no chain to ask.
    """
    return tuple(_genuine(path, load(path, trust), trust, asked) for path in paths)


def conflicts(countersignatures: Iterable[Countersigned]) -> tuple[Conflict, ...]:
    """Where different heads were signed for the same length, the shortest first."""
    signers: dict[int, dict[bytes, set[str]]] = {}
    for signed in countersignatures:
        signers.setdefault(signed.length, {}).setdefault(signed.head, set()).add(signed.account)
    return tuple(
        Conflict(length, {head: tuple(sorted(heads[head])) for head in sorted(heads)})
        for length, heads in sorted(signers.items())
        if len(heads) > 1
    )


def is_genuine(
    signed: Countersigned, trust: Trust, asked: Callable[[Countersigned], bool] | None = None
) -> bool:
    """Whether a countersignature is by the account that it names.

    Args:
        signed: the countersignature.
        trust: says which history is meant.
        asked: asks the chain whether it takes a signature that no key made.
    """
    if genuine([signed], trust.chain_id, trust.history):
        return True
    return asked is not None and asked(signed)


def _genuine(
    path: Path,
    signed: Countersigned,
    trust: Trust,
    asked: Callable[[Countersigned], bool] | None,
) -> Countersigned:
    if is_genuine(signed, trust, asked):
        return signed
    if asked is None and len(signed.signature) != _KEY_SIGNATURE:
        raise CountersignatureOfContract(path, signed.account)
    raise CountersignatureForged(path, signed.account)
