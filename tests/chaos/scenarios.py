"""What a gate must do when whoever shows it the chain delays, drops, freezes, forges or rewinds.

In each scenario a node is authorised, then the proxies begin to misbehave, and then the node is
revoked on the real chain. Nothing of it may be merged later than the rules say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from governance.chain.reader import read_records
from governance.chain.rlp import decode, encode
from governance.chain.rpc import Rpc
from governance.gate import Reason
from governance.history.events import NodeRevoked
from governance.primitives import sha256, sign
from tests.chaos import behaviours as be
from tests.chaos.field import POLL
from tests.chaos.proxy import Behaviour, honest

if TYPE_CHECKING:
    from pathlib import Path

    from governance.chain.signer import LocalSigner
    from tests.chaos.field import Field, Guarded
    from tests.chaos.proxy import Exchange


class Kind(Enum):
    """What a proxy does."""

    DELAYS = "delays"
    DROPS = "drops"
    FREEZES = "freezes"
    FORGES = "forges"
    REWINDS = "rewinds"


class When(Enum):
    """How soon a revoked node must be refused."""

    POLL = "with the first poll that begins after the revocation"
    AGE = "once the view is too old"


@dataclass(frozen=True)
class Stage:
    """What a scenario's behaviours are made of.

    Attributes:
        field: The swarm and the chain.
        block: The newest block before the node was revoked.
    """

    field: Field
    block: int

    def hiding(self) -> Behaviour:
        """Hides the revocation, whenever it comes, and lies about History's head accordingly."""
        return self._once_revoked(state=None)

    def hiding_the_state(self) -> Behaviour:
        """Shows the state before the revocation besides, with its proof."""
        return self._once_revoked(state=self.block)

    def _once_revoked(self, state: int | None) -> Behaviour:
        found: list[Behaviour] = []

        def behave(exchange: Exchange) -> None:
            if not found:
                found.extend(self._hiding(state))
            (found[0] if found else honest)(exchange)

        return behave

    def _hiding(self, state: int | None) -> Iterator[Behaviour]:
        trust = self.field.trust
        with Rpc(self.field.chain) as rpc:
            records = read_records(rpc, self.field.house)
        for record in records:
            if isinstance(record.event, NodeRevoked) and record.number > self.block:
                yield be.hides(record, records, trust.chain_id, trust.history, state=state)


Make = Callable[[Stage], Behaviour]


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        name: What happens.
        kind: Of which kind it is.
        makes: What each proxy does; so many endpoints there are.
        reason: Why the revoked node is refused while it lasts.
        when: How soon.
        also: What it may be refused for on the way there.
        recovers: Whether honest proxies alone make all well again.
        first: Whether it is the one of its kind that is shown to real validators each time.
    """

    name: str
    kind: Kind
    makes: Sequence[Make]
    reason: Reason
    when: When = When.POLL
    also: frozenset[Reason] = frozenset()
    recovers: bool = True
    first: bool = False


def plain(behaviour: Behaviour) -> Make:
    """A behaviour that needs to know nothing of the stage."""
    return lambda _: behaviour


HONEST = plain(honest)
REVOKED = Reason.NODE_REVOKED


def away(name: str, kind: Kind, behaviour: Behaviour, reason: Reason, **more: Any) -> Scenario:
    """A scenario in which the only endpoint does not tell anything."""
    return Scenario(name, kind, [plain(behaviour)], reason, When.AGE, **more)


def lie(name: str, make: Make, reason: Reason, **more: Any) -> Scenario:
    """A scenario in which the only endpoint lies, and is found out at once."""
    return Scenario(name, Kind.FORGES, [make], reason, **more)


_NOBODY = "0x" + "00" * 12 + "11" * 20


def _unmentioned(logs: list[Any]) -> list[Any]:
    return logs[:-1]


def _repeated(logs: list[Any]) -> list[Any]:
    return [*logs, *logs[-1:]]


def _renamed(logs: list[Any]) -> list[Any]:
    return [each | {"topics": [*each["topics"][:-1], _NOBODY]} for each in logs]


def _cut_off(logs: list[Any]) -> list[Any]:
    return [each | {"topics": each["topics"][:-1]} for each in logs]


def _moved(logs: list[Any]) -> list[Any]:
    return [each | {"blockHash": "0x" + "22" * 32} for each in logs]


def _foreign_topic(logs: list[Any]) -> list[Any]:
    return [each | {"topics": ["0x" + "11" * 32]} for each in logs]


def _of_nobody(logs: list[Any]) -> list[Any]:
    return [each | {"address": "0x" + "12" * 20} for each in logs]


def _added(logs: list[Any]) -> list[Any]:
    return [*logs, *(each | {"logIndex": hex(int(each["logIndex"], 16) + 1)} for each in logs[-1:])]


def _other_head(ask: be.Ask, request: Any, tag: str) -> Any:
    answer = ask("eth_call", request, tag)
    return answer if tag == "latest" else "0x" + "ab" * 32 + answer[66:]


def _no_head(ask: be.Ask, request: Any, tag: str) -> Any:
    return ask("eth_call", request, tag) if tag == "latest" else "0x"


UNMENTIONED = plain(be.logs(_unmentioned))
_MISMATCH = Reason.HISTORY_HEAD_MISMATCH
_NONSENSE = Reason.CHAIN_ANSWER_INVALID
_QUARREL = Reason.ENDPOINTS_DISAGREE
_GONE = Reason.CHAIN_UNREACHABLE
_DELAYS, _DROPS = Kind.DELAYS, Kind.DROPS

ALONE = [
    # --- late, or never
    Scenario("a little late", _DELAYS, [plain(be.late(0.05))], REVOKED, first=True),
    away("too late", _DELAYS, be.late(60.0), _GONE),
    away("byte by byte", _DELAYS, be.drip, _GONE),
    Scenario("late by turns", _DELAYS, [plain(be.in_turns(be.late(0.1), honest))], REVOKED),
    # --- no answer
    away("connection dropped", _DROPS, be.drop, _GONE, first=True),
    away("no answer at all", _DROPS, be.hang, _GONE),
    away("answer broken off", _DROPS, be.break_off, _NONSENSE),
    away("half of the answer", _DROPS, be.cut, _NONSENSE),
    away("a web page", _DROPS, be.says(b"<html>Bad gateway</html>", 502), _NONSENSE),
    away("no JSON-RPC", _DROPS, be.says(b'{"hello": 1}'), _NONSENSE),
    away("nothing in it", _DROPS, be.says(b""), _NONSENSE),
    away("a deep answer", _DROPS, be.says(b"[" * 200_000), _NONSENSE),
    away("another request's answer", _DROPS, be.mix_up, _NONSENSE),
    away("a login", _DROPS, be.says(b"no", 401), Reason.CHAIN_LOGIN_REFUSED),
    away("somewhere else", _DROPS, be.says(b"", 302), _NONSENSE),
    away("errors", _DROPS, be.fails(-32000, "not now"), Reason.CHAIN_REQUEST_FAILED),
    away(
        "no logs",
        _DROPS,
        be.fails(-32000, "not now", "eth_getLogs"),
        Reason.CHAIN_REQUEST_FAILED,
    ),
    # --- altered
    lie("logs left out", UNMENTIONED, _MISMATCH, first=True),
    lie("logs altered", plain(be.logs(_renamed)), _MISMATCH),
    lie("logs of a stranger", plain(be.logs(_of_nobody)), _MISMATCH),
    lie("logs made up", plain(be.logs(_added)), _MISMATCH),
    lie("logs cut off", plain(be.logs(_cut_off)), Reason.HISTORY_MALFORMED),
    Scenario("logs twice", Kind.FORGES, [plain(be.logs(_repeated))], _NONSENSE, When.AGE),
    Scenario(
        "logs not asked for", Kind.FORGES, [plain(be.logs(_foreign_topic))], _NONSENSE, When.AGE
    ),
    Scenario(
        "logs of another block",
        Kind.REWINDS,
        [plain(be.logs(_moved))],
        Reason.HISTORY_REWOUND,
        recovers=False,
    ),
    # --- gone back
    Scenario(
        "a chain that is shorter",
        Kind.REWINDS,
        [lambda stage: be.ends_at(stage.block - 1)],
        Reason.HISTORY_REWOUND,
        recovers=False,
        first=True,
    ),
    Scenario(
        "shorter now and then",
        Kind.REWINDS,
        [lambda stage: be.in_turns(honest, be.ends_at(stage.block - 1), every=5)],
        Reason.HISTORY_REWOUND,
        also=frozenset({REVOKED, _MISMATCH, _NONSENSE}),
        recovers=False,
    ),
    # --- one thing and then the other
    Scenario(
        "nonsense by turns",
        _DROPS,
        [plain(be.in_turns(be.says(b"no"), *[honest] * 9))],
        REVOKED,
        also=frozenset({_NONSENSE}),
        when=When.AGE,
    ),
]
"""With one endpoint."""

SEVERAL = [
    # --- two endpoints, one of them honest
    Scenario("one of two dead", _DROPS, [plain(be.drop), HONEST], REVOKED),
    Scenario("one of two hangs", _DELAYS, [plain(be.hang), HONEST], REVOKED),
    Scenario("one of two speaks nonsense", _DROPS, [HONEST, plain(be.says(b"no"))], REVOKED),
    Scenario("one of two leaves logs out", Kind.FORGES, [UNMENTIONED, HONEST], REVOKED),
    Scenario("both dead", _DROPS, [plain(be.drop)] * 2, _GONE, When.AGE),
    Scenario("dead and nonsense", _DROPS, [plain(be.drop), plain(be.says(b"no"))], _GONE, When.AGE),
    Scenario(
        "both gone back",
        Kind.REWINDS,
        [lambda stage: be.ends_at(stage.block - 1)] * 2,
        Reason.HISTORY_REWOUND,
        recovers=False,
    ),
    # --- three endpoints
    Scenario("one of three hides it all", Kind.FORGES, [Stage.hiding, HONEST, HONEST], REVOKED),
    Scenario(
        "one of three frozen",
        Kind.FREEZES,
        [lambda stage: be.ends_at(stage.block), HONEST, HONEST],
        REVOKED,
    ),
    Scenario(
        "one of three gone back",
        Kind.REWINDS,
        [HONEST, lambda stage: be.ends_at(stage.block - 1), HONEST],
        REVOKED,
    ),
    Scenario("two of three dead", _DROPS, [plain(be.drop), plain(be.drop), HONEST], REVOKED),
]
"""With several endpoints."""

UNSEALED = [
    lie("head altered", plain(be.changed(eth_call=_other_head)), _MISMATCH),
    Scenario("no head", Kind.FORGES, [plain(be.changed(eth_call=_no_head))], _NONSENSE, When.AGE),
    Scenario("one of two hides it all", Kind.FORGES, [Stage.hiding, HONEST], _QUARREL),
    Scenario(
        "one of three hides it all and one is dead",
        Kind.FORGES,
        [Stage.hiding, HONEST, plain(be.drop)],
        Reason.ENDPOINTS_DISAGREE,
    ),
    Scenario(
        "one of two frozen",
        Kind.FREEZES,
        [lambda stage: be.ends_at(stage.block), HONEST],
        Reason.ENDPOINTS_DISAGREE,
        When.AGE,
    ),
    # Seals cover what is altered here, and who alters it is found out otherwise.
    Scenario(
        "blocks of another hash",
        Kind.REWINDS,
        [plain(be.header(hash="0x" + "33" * 32, parentHash="0x" + "44" * 32))],
        Reason.HISTORY_REWOUND,
        recovers=False,
    ),
    lie(
        "a block's time altered",
        plain(be.header(timestamp=lambda old: hex(int(old, 16) + 1))),
        _MISMATCH,
    ),
]
"""Where blocks have no seals."""


def _seals(change: Callable[[list[bytes]], list[bytes]]) -> Make:
    """Alters the seals of every block."""

    def altered(extra: str) -> str:
        fields = decode(bytes.fromhex(extra[2:]))
        return "0x" + encode([*fields[:4], change(fields[4])]).hex()

    return plain(be.header(extraData=altered))


def _foreign(seals: list[bytes]) -> list[bytes]:
    key = sha256(b"nobody validates with this key")
    made = sign(sha256(b"another block"), key)
    return [made[:64] + bytes([made[64] - 27]), *seals[1:]]


_HEADER = plain(be.header(stateRoot="0x" + "55" * 32))

SEALED = [
    Scenario(
        "frozen",
        Kind.FREEZES,
        [lambda stage: be.ends_at(stage.block)],
        Reason.CHAIN_FROZEN,
        When.AGE,
        first=True,
    ),
    lie("a header altered", _HEADER, Reason.HEADER_INVALID, first=True),
    lie("no seals", _seals(lambda _: []), Reason.BLOCK_NOT_SEALED, first=True),
    lie("too few seals", _seals(lambda seals: seals[:2]), Reason.BLOCK_NOT_SEALED),
    lie("a seal twice", _seals(lambda seals: [seals[0], *seals[:-1]]), Reason.BLOCK_NOT_SEALED),
    lie("a stranger's seal", _seals(_foreign), Reason.BLOCK_NOT_SEALED),
    Scenario(
        "no proof",
        Kind.FORGES,
        [plain(be.changed(eth_getProof=lambda ask, *_: None))],
        _NONSENSE,
        When.AGE,
    ),
    lie("hides it all", Stage.hiding, _MISMATCH, first=True),
    lie("hides it all, and the state", Stage.hiding_the_state, Reason.STATE_NOT_PROVEN),
    Scenario("one of two hides it all", Kind.FORGES, [Stage.hiding, HONEST], REVOKED),
    Scenario(
        "two of three hide it all",
        Kind.FORGES,
        [Stage.hiding, HONEST, Stage.hiding_the_state],
        REVOKED,
        first=True,
    ),
    Scenario(
        "two of three without seals",
        Kind.FORGES,
        [_seals(lambda _: []), _HEADER, HONEST],
        REVOKED,
        first=True,
    ),
    Scenario(
        "two of three frozen",
        Kind.FREEZES,
        [lambda stage: be.ends_at(stage.block), lambda stage: be.ends_at(stage.block), HONEST],
        REVOKED,
        When.AGE,
    ),
]
"""Where blocks are sealed, and made all the time."""


def play(scenario: Scenario, field: Field, folder: Path) -> None:
    """Has a scenario happen, and holds the gate to what it promises.

    1. Before it begins, the node's updates are accepted.
    2. From the block that revokes it, they are accepted until the next poll is over at most; where
       the chain only seems to be away, until the view is too old.
    3. Then they are refused, by the reason that the scenario names, as long as it lasts.
    4. Once all are honest again, the node is refused as revoked and another one accepted; after
       `HistoryRewound` only when a person has said so.
    """
    node, other = field.node(), field.signer("beta-node")
    with field.guarded(folder, len(scenario.makes)) as guarded:
        assert guarded.watch.wait_for(field.length, 10)
        guarded.until(node, Reason.AUTHORISED, 5)
        stage = Stage(field, field.block)
        for proxy, make in zip(guarded.proxies, scenario.makes, strict=True):
            proxy.behaviour = make(stage)
        field.revoke(node)
        _refused_in_time(scenario, guarded, node)
        _stays_refused(scenario, guarded, node)
        for proxy in guarded.proxies:
            proxy.behaviour = honest
        if not scenario.recovers:
            _stays_refused(scenario, guarded, other)
            guarded.view.reset()
        guarded.until(other, Reason.AUTHORISED, field.max_age + 5)
        guarded.until(node, Reason.NODE_REVOKED, 5)
        _was_told(scenario, guarded)


def _refused_in_time(scenario: Scenario, guarded: Guarded, node: LocalSigner) -> None:
    view, most = guarded.view, guarded.field.max_age
    polls, began = view.begun, time.monotonic()
    while True:
        # Before the answer: what counts is when the gate looked.
        asked, is_polled = time.monotonic() - began, view.ended > polls
        decision = guarded.ask(node)
        if decision.accepted:
            assert asked <= most, f"accepted {asked:.2f} s after the revocation"
            assert scenario.when is When.AGE or not is_polled, "a poll was not enough"
        else:
            assert decision.reason in _allowed(scenario), decision.reason
            if decision.reason is scenario.reason:
                return
        assert asked <= 2 * most + 10, f"still {decision.reason}"
        time.sleep(0.005)


def _allowed(scenario: Scenario) -> set[Reason]:
    # A busy machine can take longer for a poll, or a block, than either may be old here.
    return {scenario.reason, *scenario.also, Reason.STALE_VIEW, Reason.CHAIN_FROZEN}


def _stays_refused(scenario: Scenario, guarded: Guarded, node: LocalSigner) -> None:
    allowed = _allowed(scenario)
    ends = time.monotonic() + 5 * POLL
    while time.monotonic() < ends:
        assert (found := guarded.ask(node).reason) in allowed, found
        time.sleep(0.01)


def _was_told(scenario: Scenario, guarded: Guarded) -> None:
    """Each fault is told when it begins, and once more when it is over."""
    guarded.watch.refresh(10)
    begun = [each.fault.reason for each in guarded.told if not each.is_over]
    over = [each.fault.reason for each in guarded.told if each.is_over]
    assert sorted(begun) == sorted(over)
    if scenario.reason is not REVOKED:
        assert scenario.reason in begun
