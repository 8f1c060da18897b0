"""Founding a swarm, and verifying a founding, so that nobody is left with special power.

A throw-away key, made in memory and never written down, signs eight transactions: the seven
contracts, at addresses known beforehand, and the founding itself. The signed transactions are
written down before the first is sent; a founding that was broken off goes on with the same ones.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.network.permissions import let_in
from governance.chain.calls import call_data, constructor_data
from governance.chain.errors import TransactionPending
from governance.chain.founded import Founding, FoundingUnsound, founders_digest, require_code
from governance.chain.house import House, Trust
from governance.chain.journal import Journal, Mined, Signed, account_lock, journal_name
from governance.chain.queries import block, code, require_chain
from governance.chain.reader import Follower
from governance.chain.receipts import receipt
from governance.chain.signer import LocalSigner
from governance.chain.submit import GAS_CAP, await_receipt, sign_down, submit
from governance.errors import CharterError, ExitStatus
from governance.primitives import (
    ZERO_ADDRESS,
    AddressInvalid,
    checksum_address,
    create_address,
    keccak,
    to_hex,
)
from governance.vocabulary import ZERO_DIGEST, Founder, Profile, VotingRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from governance.chain.rpc import Chain

SCHEME = "swarm-charter/founding/1"

_ARTIFACTS = Path(__file__).with_name("artifacts")
_CREATED = ("History", "Relay", "Swarm", "SwarmGovernor", "Study", "Benefits", "Studies")
"""In the order of the deployer's nonces."""

_NAME_BYTES = 128
_MAX_PERIOD = 365 * 86_400


class FoundingPlanInvalid(CharterError):
    """What the swarm is to be founded with is malformed."""

    code = "FoundingPlanInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The swarm cannot be founded like this: {reason}.",
            "Correct the list of founders or the voting rules.",
        )


class FoundingOther(CharterError):
    """Another founding was begun, or finished, at the same place."""

    code = "FoundingOther"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} belongs to another founding: {reason}.",
            "Choose another place for the trust file, or move that file away.",
        )


class FoundingFailed(CharterError):
    """A transaction of the founding was refused by the chain."""

    code = "FoundingFailed"
    exit_status = ExitStatus.REFUSED

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The chain refuses a step of the founding: {what}.",
            "Check the founders' list, then found anew at another place.",
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a swarm is founded with, checked.

    Attributes:
        chain_id: the chain's number.
        founders: in the order of their numbers, from 1.
        rules: how they decide.
        charter: SHA-256 of the charter document.
    """

    chain_id: int
    founders: tuple[Founder, ...]
    rules: VotingRules
    charter: bytes

    def identity(self) -> str:
        """Tells one plan from another."""
        rules = (self.rules.voting_period, self.rules.quorum, self.rules.expiry)
        text = (
            f"{self.chain_id} {rules} {self.charter.hex()} {founders_digest(self.founders).hex()}"
        )
        return to_hex(keccak(text.encode()))


@dataclass(frozen=True, slots=True)
class Founded:
    """A founding that was verified.

    Attributes:
        house: the contracts' addresses.
        study: the implementation that all studies are clones of.
        benefits: the implementation that all studies' benefits are clones of.
        block: number of the block that founded the swarm.
        charter: SHA-256 of the charter document at the founding.
        rules: the voting rules at the founding.
        founders: with their profiles, in the order of their numbers.
    """

    house: House
    study: str
    benefits: str
    block: int
    charter: bytes
    rules: VotingRules
    founders: tuple[Founder, ...]


def plan(founders: Sequence[Founder], rules: VotingRules, charter: bytes, chain_id: int) -> Plan:
    """Checks what a swarm is to be founded with.

    Args:
        founders: in the order of their numbers.
        rules: how they decide.
        charter: SHA-256 of the charter document.
        chain_id: the chain's number.

    Raises:
        FoundingPlanInvalid: the contracts would refuse it, or it would leave nobody in charge.
    """
    if not founders:
        raise FoundingPlanInvalid("there is no founder")
    accounts = [_account(founder) for founder in founders]
    if len(set(accounts)) != len(accounts):
        raise FoundingPlanInvalid("two founders have the same account")
    for founder in founders:
        _require_profile(founder.profile)
    if not 0 < rules.voting_period <= _MAX_PERIOD or not 0 < rules.expiry <= _MAX_PERIOD:
        raise FoundingPlanInvalid("voting period and expiry must be above zero and below a year")
    if not 1 <= rules.quorum <= 100:  # noqa: PLR2004 - per cent
        raise FoundingPlanInvalid("the quorum is not between 1 and 100 per cent")
    if len(charter) != len(ZERO_DIGEST) or charter == ZERO_DIGEST:
        raise FoundingPlanInvalid("the charter's digest is missing")
    kept = tuple(
        Founder(account, founder.profile)
        for account, founder in zip(accounts, founders, strict=True)
    )
    return Plan(chain_id, kept, rules, charter)


def found(
    rpc: Chain,
    agreed: Plan,
    trust_path: Path,
    *,
    validators: Sequence[str] = (),
    journals: Path | None = None,
    timeout: float = 300.0,
    progress: Callable[[str], None] | None = None,
) -> Trust:
    """Founds a swarm and writes the trust file; broken off and begun again, it goes on.

    Args:
        rpc: the chain. Where it keeps lists of accounts, each endpoint's validator that may let the
            throw-away key in does so, and puts its transactions into blocks when it is its turn.
        agreed: what the founders agreed on.
        trust_path: where the trust file goes; the signed transactions lie beside it until then.
        validators: the chain's validators; none on a chain without seals.
        journals: folder of journals, as `Sender` has it. On an embedded chain, give one that
            `embedded.up` is given too: then a founding is not lost that was just done when the
            chain is killed.
        timeout: seconds to wait for each block.
        progress: told each step as it is done.

    Raises:
        FoundingOther: another founding lies at that place.
        FoundingFailed: the chain refuses a step.
        FoundingUnsound, CodeForeign: what came to stand is not what was agreed on.
        TransactionPending: a step has no block yet; the same again goes on.
        ChainForeign: the endpoint is on another chain.
        ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`; the same again goes on.
    """
    require_chain(rpc, agreed.chain_id)
    journal = trust_path.with_name(trust_path.name + ".founding")
    if trust_path.exists():
        trust = Trust.load(trust_path)
        if trust.chain_id != agreed.chain_id or trust.founders != _accounts(agreed):
            raise FoundingOther(trust_path, "it names another chain or other founders")
        verify(rpc, trust, agreed)
        journal.unlink(missing_ok=True)
        return trust
    steps = _resume(rpc, journal, agreed)
    deployer = steps[0].sender
    with ExitStack() as stack:
        for door in rpc.sources():
            stack.enter_context(let_in(door, deployer))
        written = stack.enter_context(_written_down(rpc, journals, steps[0], timeout))
        # All at once: where one validator alone takes them, the next block of its own is awaited
        # once and not eight times.
        for step in steps:
            _hand_over(rpc, step, written)
        for step in steps:
            _await(rpc, step, written, timeout)
            if progress is not None:
                progress(step.description)
    history = create_address(deployer, 0)
    trust = Trust(agreed.chain_id, history, _accounts(agreed), tuple(validators))
    verify(rpc, trust, agreed)
    trust.save(trust_path)
    journal.unlink()
    return trust


def verify(rpc: Chain, trust: Trust, agreed: Plan | None = None) -> Founded:
    """Verifies a founding from the chain: what each founder does before using the swarm.

    1. The history's head is recomputed from its events, from the first one on.
    2. The code of all seven contracts is the committed one, and every value fixed in it leads from
       one to the other and to the chain.
    3. The first record is the founding, with the charter and rules that were agreed on; the next
       are the founders, in order, each at once a member, as the digest in the code commits to.

    Args:
        rpc: the chain.
        trust: the trust file.
        agreed: what the founders agreed on, if the verifier has it.

    Raises:
        FoundingUnsound: the records differ from what was agreed on or from the trust file.
        CodeForeign: code or a value in it is another.
        ChainForeign, HouseMissing, HistoryHeadMismatch: see `Follower`.
    """
    found = Founding.of(Follower(rpc, trust).poll(), trust)
    stands = Plan(trust.chain_id, found.founders, found.event.rules, found.event.charter)
    if agreed is not None:
        _compare(stands, agreed)
    study, benefits = require_code(
        trust.chain_id, found.house, found.founders, lambda _, address: code(rpc, address)
    )
    return Founded(
        found.house,
        study,
        benefits,
        found.block,
        found.event.charter,
        found.event.rules,
        found.founders,
    )


# --- the transactions -----------------------------------------------------------------------------


@contextmanager
def _written_down(
    rpc: Chain, journals: Path | None, first: Signed, timeout: float
) -> Iterator[Journal | None]:
    if journals is None:
        yield None
        return
    path = journals / journal_name(first.chain_id, _genesis(rpc), first.sender)
    with account_lock(path, first.sender, timeout):
        journal = Journal(path)
        journal.mend()
        yield journal


def _hand_over(rpc: Chain, step: Signed, written: Journal | None) -> None:
    if written is not None and step.hash not in written.signed:
        written.append_signed(step)
    if receipt(rpc, step.hash) is None:
        submit(rpc, step, first=False)


def _await(rpc: Chain, step: Signed, written: Journal | None, timeout: float) -> None:
    done = await_receipt(rpc, step, timeout)
    if done is None:
        raise TransactionPending(step.description, timeout)
    if written is not None:
        written.append_mined(Mined.of(done))
    if not done.success:
        raise FoundingFailed(step.description)


def _resume(rpc: Chain, journal: Path, agreed: Plan) -> list[Signed]:
    """The signed transactions of a founding that was begun here, or of a new one."""
    genesis = _genesis(rpc)
    if not journal.exists():
        entry = {
            "scheme": SCHEME,
            "plan": agreed.identity(),
            "genesis": genesis,
            "steps": [asdict(step) for step in _sign(agreed)],
        }
        _create(journal, json.dumps(entry, indent=2) + "\n")
    try:
        entry = json.loads(journal.read_text(encoding="utf-8"))
        steps = [Signed(**step) for step in entry["steps"]]
        same = entry["scheme"] == SCHEME and entry["plan"] == agreed.identity()
        begun_on = entry["genesis"]
    except (ValueError, KeyError, TypeError):
        raise FoundingOther(journal, "it is damaged") from None
    if not same or len(steps) != len(_CREATED) + 1:
        raise FoundingOther(journal, "it was begun with other founders, rules or charter")
    if begun_on != genesis:
        raise FoundingOther(journal, "it was begun on another chain")
    return steps


def _genesis(rpc: Chain) -> str:
    found = block(rpc, 0)
    if found is None:
        raise rpc.invalid("the chain has no first block")
    return found.hash


def _sign(agreed: Plan) -> list[Signed]:
    signer = LocalSigner(secrets.token_bytes(32))
    history, relay, swarm, governor, study, benefits, studies = (
        create_address(signer.address, nonce) for nonce in range(len(_CREATED))
    )
    arguments: dict[str, tuple[Any, ...]] = {
        "History": (swarm, governor, studies),
        "Relay": (history,),
        "Swarm": (
            history,
            governor,
            studies,
            relay,
            agreed.charter,
            founders_digest(agreed.founders),
        ),
        "SwarmGovernor": (swarm, history, relay, agreed.rules),
        "Study": (swarm, history, relay, studies),
        "Benefits": (swarm, history, relay, studies),
        "Studies": (swarm, history, relay, study, benefits),
    }
    calls: list[tuple[str, str, bytes]] = [
        (
            contract,
            "",
            _creation_code(contract) + constructor_data(contract, arguments[contract]),
        )
        for contract in _CREATED
    ]
    calls.append(("the founding", swarm, call_data("Swarm", "found", [agreed.founders])))
    return [
        sign_down(
            signer,
            chain_id=agreed.chain_id,
            nonce=nonce,
            to=to,
            data=data,
            gas=GAS_CAP,
            description=description,
        )
        for nonce, (description, to, data) in enumerate(calls)
    ]


def _creation_code(contract: str) -> bytes:
    artifact = json.loads((_ARTIFACTS / f"{contract}.json").read_text(encoding="utf-8"))
    return bytes.fromhex(artifact["bytecode"][2:])


def _create(path: Path, text: str) -> None:
    """Writes a file whole, unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        Path(temporary).unlink()


# --- what stands ----------------------------------------------------------------------------------


def _compare(stands: Plan, agreed: Plan) -> None:
    for what, one, other in (
        ("the chain", stands.chain_id, agreed.chain_id),
        ("the founders", stands.founders, agreed.founders),
        ("the voting rules", stands.rules, agreed.rules),
        ("the charter", stands.charter, agreed.charter),
    ):
        if one != other:
            raise FoundingUnsound(f"{what} differs from what was agreed on")


# --- the plan -------------------------------------------------------------------------------------


def _account(founder: Founder) -> str:
    try:
        account = checksum_address(founder.account)
    except AddressInvalid as error:
        raise FoundingPlanInvalid(f"a founder's account: {error.message}") from None
    if account == ZERO_ADDRESS:
        raise FoundingPlanInvalid("a founder's account is the zero address")
    return account


def _accounts(agreed: Plan) -> tuple[str, ...]:
    return tuple(founder.account for founder in agreed.founders)


def _require_profile(profile: Profile) -> None:
    if not 1 <= len(profile.name.encode()) <= _NAME_BYTES:
        raise FoundingPlanInvalid("a founder's name has not 1 to 128 bytes")
    country = profile.country
    if len(country) != 2 or not country.isalpha() or not country.isupper():  # noqa: PLR2004
        raise FoundingPlanInvalid(f"{profile.name}'s country is not two capital letters")
    if len(profile.document) != len(ZERO_DIGEST) or profile.document == ZERO_DIGEST:
        raise FoundingPlanInvalid(f"{profile.name}'s profile document has no digest")
