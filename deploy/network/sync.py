"""Asking the own validator's engine how it stands, and doing what the plan says.

What to do is worked out in `planning`, purely. Here is what touches the engine: its RPC on loopback
and the files that it reads. Done again, it finds nothing to do.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.network.genesis import allowlist
from deploy.network.planning import (
    LISTS,
    Action,
    Engine,
    EnodeInvalid,
    Plan,
    Step,
    Wanted,
    plan,
    tidy,
    validator_of,
    wanted,
)
from governance.chain.errors import RpcError
from governance.chain.files import write_atomically
from governance.chain.queries import block_of, quantity
from governance.errors import CharterError, ExitStatus
from governance.primitives import AddressInvalid, checksum_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from governance.chain.rpc import Chain, Rpc

__all__ = [
    "Action",
    "Engine",
    "EngineApiMissing",
    "EngineListsOff",
    "EngineRefused",
    "Files",
    "NetworkForeign",
    "Plan",
    "Step",
    "Wanted",
    "apply",
    "plan",
    "read_engine",
    "read_own",
    "require_same_chain",
    "wanted",
]

_UNAVAILABLE = (-32601, -32604)


class EngineApiMissing(CharterError):
    """The engine's RPC does not offer what steers it."""

    code = "EngineApiMissing"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, method: str) -> None:
        super().__init__(
            f"The engine at {endpoint} does not offer {method}.",
            "Ask your own validator, on loopback, started with the RPC APIs QBFT, PERM and ADMIN.",
        )


class EngineListsOff(CharterError):
    """The engine keeps no allowlists."""

    code = "EngineListsOff"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, text: str) -> None:
        super().__init__(
            f"The engine at {endpoint} keeps no allowlists: {text}.",
            "Start it with permission files for nodes and for accounts.",
        )


class EngineRefused(CharterError):
    """The engine did not do what it was asked."""

    code = "EngineRefused"
    exit_status = ExitStatus.CHAIN

    def __init__(self, endpoint: str, method: str) -> None:
        super().__init__(
            f"The engine at {endpoint} did not carry out {method}.",
            "Look into the engine's own log, and run the same command again.",
        )


class NetworkForeign(CharterError):
    """The swarm that a validator was to follow stands on another chain than the validator's."""

    code = "NetworkForeign"
    exit_status = ExitStatus.CHAIN

    def __init__(self, validator: str, own: str, swarm: str, other: str) -> None:
        super().__init__(
            f"Your validator ({validator}) is on {own}, and the swarm of this context ({swarm}) on "
            f"{other}.",
            "Name the context of your validator's own swarm with --context, or the validator of "
            "this one with --dir. Your validator was left as it is.",
        )


@dataclass(frozen=True, slots=True)
class Files:
    """The files that an engine reads when it starts and when it is told to.

    Attributes:
        nodes: the node allowlist.
        accounts: the account allowlist.
        static: the enodes to connect to. The engine does not start when one of them is not on the
            node allowlist.
    """

    nodes: Path
    accounts: Path
    static: Path

    @classmethod
    def of(cls, folder: Path) -> Files:
        """Those of a validator's folder, by their usual names."""
        return cls(folder / "nodes.toml", folder / "accounts.toml", folder / "static-nodes.json")


def require_same_chain(own: Rpc, swarm: Chain) -> None:
    """Makes sure that a validator is on the chain from which a swarm's state is read.

    Networks made by default have one number, so the first block counts too: it names those who
    began the network.

    Args:
        own: the own validator's RPC; nothing of it is asked but this.
        swarm: the chain that tells the swarm's state.

    Raises:
        NetworkForeign: they are on different chains.
        ChainUnreachable, ChainLoginRefused, ChainAnswerInvalid, RpcError: as `read_engine`.
    """
    theirs, ours = _chain_of(swarm), _chain_of(own)
    if theirs != ours:
        raise NetworkForeign(own.endpoint, ours, swarm.endpoint, theirs)


def _chain_of(rpc: Chain) -> str:
    number, first = rpc.batch([("eth_chainId", ()), ("eth_getBlockByNumber", ("0x0", False))])
    return (
        f"the chain {quantity(rpc, number, 'its number')} that began with the block "
        f"{block_of(rpc, first, 0).hash}"
    )


_QUESTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("qbft_getValidatorsByBlockNumber", ("latest",)),
    ("qbft_getPendingVotes", ()),
    ("perm_getNodesAllowlist", ()),
    ("perm_getAccountsAllowlist", ()),
    ("admin_peers", ()),
    ("eth_syncing", ()),
)
_TRIES = 5
_MOMENT = 0.1
"""Seconds."""


def read_engine(rpc: Rpc) -> Engine:
    """How the own engine stands.

    Raises:
        EngineApiMissing: its RPC does not offer what is asked.
        EngineListsOff: it keeps no allowlists.
        ChainUnreachable, ChainLoginRefused, ChainAnswerInvalid, RpcError: it does not answer, or
            not what it should.
    """
    answers = _answers(rpc)
    for _ in range(_TRIES):
        if answers[0] is not None:
            break
        # In the moment in which a block is taken in, Besu does not know of its validators.
        time.sleep(_MOMENT)
        answers = _answers(rpc)
    validators, votes, nodes, accounts, peers, syncing = answers
    try:
        return Engine(
            validators=tuple(sorted(checksum_address(each) for each in validators)),
            votes={checksum_address(each): bool(add) for each, add in votes.items()},
            nodes=tuple(sorted(tidy(each) for each in nodes)),
            accounts=tuple(sorted(checksum_address(each) for each in accounts)),
            peers=tuple(sorted(tidy(each["enode"]) for each in peers)),
            catching_up=bool(syncing),
        )
    except (AttributeError, KeyError, TypeError, AddressInvalid, EnodeInvalid):
        raise rpc.invalid("it does not say who validates and who is let in") from None


def _answers(rpc: Rpc) -> list[Any]:
    answers = rpc.batch_or_errors(_QUESTIONS)
    for (method, _), answer in zip(_QUESTIONS, answers, strict=True):
        if isinstance(answer, RpcError):
            raise _refusal(rpc, method, answer)
    return answers


def read_own(rpc: Rpc) -> str:
    """The address of the validator that an engine runs.

    Raises:
        EngineApiMissing: its RPC does not offer what is asked.
        ChainUnreachable, ChainLoginRefused, ChainAnswerInvalid, RpcError: as `read_engine`.
    """
    answer = _ask(rpc, "admin_nodeInfo")
    try:
        return validator_of(answer["enode"])
    except (KeyError, TypeError, EnodeInvalid):
        raise rpc.invalid("it does not say which validator it runs") from None


def apply(rpc: Rpc, plan: Plan, files: Files) -> None:
    """Does what a plan says: files, their reloading, votes, discarded votes, connections.

    Every part can be done twice; who is interrupted plans again.

    Args:
        rpc: the own engine's RPC.
        plan: what to do.
        files: what the engine reads.

    Raises:
        EngineApiMissing: its RPC does not offer what is asked.
        EngineRefused: it did not do what it was asked.
        OSError: a file cannot be written.
        ChainUnreachable, ChainLoginRefused, ChainAnswerInvalid, RpcError: as `read_engine`.
    """
    if any(step.action in LISTS for step in plan.steps):
        _write(plan, files)
        _do(rpc, "perm_reloadPermissionsFromFile", done="Success")
    for add, action in ((True, Action.VOTE_IN), (False, Action.VOTE_OUT)):
        for validator in plan.of(action):
            _do(rpc, "qbft_proposeValidatorVote", validator, add)
    for validator in plan.of(Action.DISCARD_VOTE):
        _do(rpc, "qbft_discardValidatorVote", validator)
    # Both answer false where there is nothing to do.
    for enode in plan.of(Action.DISCONNECT):
        _ask(rpc, "admin_removePeer", enode)
    for enode in plan.of(Action.CONNECT):
        _ask(rpc, "admin_addPeer", enode)


def _write(plan: Plan, files: Files) -> None:
    added = set(plan.of(Action.LET_IN_NODE))
    # At every moment all static nodes are on the list, or the engine would not start again.
    _write_static(files.static, [each for each in plan.static if each not in added])
    _write_list(files.nodes, "nodes-allowlist", plan.nodes)
    _write_static(files.static, plan.static)
    _write_list(files.accounts, "accounts-allowlist", plan.accounts)


def _write_list(path: Path, name: str, entries: Sequence[str]) -> None:
    write_atomically(path, allowlist(name, entries), 0o644)


def _write_static(path: Path, enodes: Sequence[str]) -> None:
    write_atomically(path, json.dumps(list(enodes), indent=2) + "\n", 0o644)


def _do(rpc: Rpc, method: str, *params: Any, done: Any = True) -> None:
    if _ask(rpc, method, *params) != done:
        raise EngineRefused(rpc.endpoint, method)


def _ask(rpc: Rpc, method: str, *params: Any) -> Any:
    try:
        return rpc.call(method, *params)
    except RpcError as error:
        raise _refusal(rpc, method, error) from None


def _refusal(rpc: Rpc, method: str, error: RpcError) -> CharterError:
    if error.number in _UNAVAILABLE:
        return EngineApiMissing(rpc.endpoint, method)
    if method.startswith("perm_get"):
        return EngineListsOff(rpc.endpoint, error.text)
    return error
