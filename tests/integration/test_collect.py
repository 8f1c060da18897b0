"""Collecting evidence through endpoints that lie, lag, fail and come back."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from deploy.anvil import free_port
from governance.audit import Basis
from governance.audit import collect as module
from governance.audit.bundle import Bundle
from governance.audit.collect import Collected, Order, collect
from governance.audit.countersigning import countersignature
from governance.audit.errors import EvidenceUnproven, NotCountersigned
from governance.audit.partial import Partial
from governance.audit.verify import verify
from governance.chain import logs, reader
from governance.chain.calls import call_data
from governance.chain.endpoints import Endpoints
from governance.chain.queries import head
from governance.chain.rpc import Rpc
from governance.chain.sender import Act
from governance.errors import CharterError
from governance.history import genesis_head, replay
from tests.chaos import behaviours as be
from tests.chaos.proxy import Behaviour, Exchange, HangUp, honest, proxy
from tests.integration.sealing import Sealing, validator
from tests.integration.world import Chain, Founded, found, key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.chain.house import Trust

FOUR = ("one", "two", "three", "four")
TIMEOUT = 0.5
SEEDS = 40


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many ranges in few blocks, and no patience with who is wrong."""
    monkeypatch.setattr(logs, "_FIRST_RANGE", 4)
    monkeypatch.setattr(logs, "RANGE", 8)
    monkeypatch.setattr(module, "_PAUSES", (0.0,))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain for this module, short enough to be sealed at once."""
    place = tmp_path_factory.mktemp("collecting")
    chain = Chain(place / "chain", free_port(), place / "journals")
    chain.up()
    yield chain
    chain.down()


@dataclass
class Place:
    """A swarm whose founders have countersigned its whole history, plain and behind seals.

    Attributes:
        swarm: the swarm.
        trust: its trust file where blocks are not sealed.
        plain: the chain's own endpoint.
        sealed: the same chain, sealed by four validators.
        seals: what seals it.
    """

    swarm: Founded
    trust: Trust
    plain: str
    sealed: str
    seals: Sealing

    def trusting(self, kind: str) -> Trust:
        if kind == "plain":
            return self.trust
        return replace(self.trust, validators=tuple(map(validator, FOUR)))

    def url(self, kind: str) -> str:
        return self.plain if kind == "plain" else self.sealed


@pytest.fixture(scope="module")
def place(own: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with own.rpc() as rpc:
        swarm = found(own, rpc, tmp_path_factory.mktemp("swarm"))
        apply(swarm, *"abcdefgh")
        countersign(swarm)
        seals = Sealing(rpc, lambda _: FOUR)
        with seals.serve() as sealed:
            yield Place(swarm, swarm.trust, own.endpoint, sealed, seals)


def apply(swarm: Founded, *names: str) -> None:
    for name in names:
        with swarm.sender(key(name)) as sender:
            sender.send(swarm.apply(name))


def countersign(swarm: Founded, length: int | None = None, head: bytes | None = None) -> None:
    """Has every founder vouch, on the chain, for the history as it is, or for another one."""
    follower = swarm.follower()
    for signer in swarm.founders:
        said = countersignature(
            swarm.trust.chain_id,
            swarm.trust.history,
            follower.length if length is None else length,
            follower.head if head is None else head,
            signer,
        )
        publish(swarm, said)


def publish(swarm: Founded, said: Any) -> None:
    data = call_data(
        "History", "countersign", [said.account, said.length, said.head, said.signature]
    )
    with swarm.sender(swarm.founders[0]) as sender:
        sender.send(Act(swarm.house.history, data, "countersign"))


def collected(trust: Trust, *urls: str, partial: Partial | None = None) -> Collected:
    with contextlib.ExitStack() as stack:
        rpcs = [stack.enter_context(Rpc(url, TIMEOUT if len(urls) > 1 else 2.0)) for url in urls]
        return collect(Endpoints(rpcs) if len(rpcs) > 1 else rpcs[0], Order(trust, (), partial))


def dying(requests: int, first: Behaviour = honest) -> Behaviour:
    """Answers so many requests, and then none."""
    plan = itertools.chain(itertools.repeat(first, requests), itertools.repeat(be.drop))

    def behave(exchange: Exchange) -> None:
        next(plan)(exchange)

    return behave


@pytest.mark.parametrize("step", [50, 10**15])
def test_a_head_that_runs_away_is_not_run_after(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Without seals anybody can make up blocks: none beyond the first head seen is read."""
    monkeypatch.setattr(module, "_FRESH", 0.0)
    with Rpc(place.plain) as rpc:
        end = head(rpc).number
    heads = itertools.count(end + step, step)

    def by_number(ask: be.Ask, tag: str, full: bool) -> Any:
        found = ask("eth_getBlockByNumber", tag, full)
        return found | {"number": hex(next(heads))} if tag == "latest" else found

    def by_range(ask: be.Ask, query: Any) -> Any:
        if int(query["fromBlock"], 16) > end:
            return []
        last = min(end, int(query["toBlock"], 16))
        return ask("eth_getLogs", query | {"toBlock": hex(last)})

    runs_away = be.changed(
        eth_getBlockByNumber=by_number,
        eth_getLogs=by_range,
        eth_call=lambda ask, request, _: ask("eth_call", request, "latest"),
    )
    expected = collected(place.trust, place.plain)
    with proxy(place.plain, runs_away) as liar:
        both = collected(place.trust, liar.url, place.plain)
    assert both.bundle == expected.bundle
    assert [each.endpoint for each in both.faults] == [liar.url] * (step > 50)


# --- liars ----------------------------------------------------------------------------------------


def _more(logs: list[Any]) -> list[Any]:
    """One log twice, the second time in a place where there was none."""
    return [*logs, logs[-1] | {"logIndex": hex(int(logs[-1]["logIndex"], 16) + 1)}] if logs else []


def _altered(logs: list[Any]) -> list[Any]:
    data = logs[-1]["data"] if logs else ""
    return [*logs[:-1], logs[-1] | {"data": data[:-1] + "f0"[data[-1] == "f"]}] if logs else []


def _other_account(ask: be.Ask, address: str, keys: list[str], tag: str) -> Any:
    return ask("eth_getProof", "0x" + 40 * "1", keys, tag)


def _older_state(ask: be.Ask, address: str, keys: list[str], tag: str) -> Any:
    return ask("eth_getProof", address, keys, hex(int(tag, 16) - 1))


LIES: dict[str, Behaviour] = {
    "drops an event": be.logs(lambda logs: logs[:-1]),
    "adds an event": be.logs(_more),
    "alters an event": be.logs(_altered),
    "doubles events": be.logs(lambda logs: [*logs, *logs]),
    "re-orders events": be.logs(lambda logs: logs[::-1] if len(logs) > 1 else []),
    "shows no events": be.logs(lambda logs: []),
    "is of a foreign chain": be.changed(eth_chainId=lambda ask: "0x5"),
    "makes up blocks": be.header(number="0xffffffffffffff"),
    "tells a time that is none": be.header(timestamp="0x" + 65 * "f"),
    "has another hash": be.header(hash="0x" + 64 * "7"),
    "has no house": be.changed(eth_call=lambda ask, request, tag: "0x"),
    "talks garbage": be.says(b"<html>"),
    "answers with a number": be.says(b"7"),
    "answers half": be.cut,
    "breaks off": be.break_off,
    "answers something else": be.mix_up,
    "refuses all": be.fails(-32000, "no"),
    "hangs": be.hang,
    "hangs up": be.drop,
}
LIES_OF_STATE: dict[str, Behaviour] = {
    "proves another account": be.changed(eth_getProof=_other_account),
    "proves another state": be.changed(eth_getProof=_older_state),
    "proves nothing": be.changed(eth_getProof=lambda ask, *_: {"accountProof": []}),
    "has other code": be.changed(eth_getCode=lambda ask, *_: "0x6001"),
    "has no code": be.changed(eth_getCode=lambda ask, *_: "0x"),
}
CASES = [
    *(("plain", name) for name in LIES if name != "has another hash"),
    *(("sealed", name) for name in (*LIES, *LIES_OF_STATE)),
]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_liar_is_named_and_nothing_of_it_is_used(
    place: Place, tmp_path: Path, kind: str, name: str
) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    expected = collected(trust, truth).bundle.to_bytes()
    with proxy(truth, (LIES | LIES_OF_STATE)[name]) as liar:
        partial = Partial(tmp_path / "evidence.part", trust)
        with pytest.raises(CharterError) as caught, Rpc(liar.url, TIMEOUT) as rpc:
            collect(rpc, Order(trust, (), partial))
        assert liar.url in caught.value.message
        assert liar.url in str(caught.value)
        several = collected(trust, liar.url, truth, partial=partial)
    assert several.bundle.to_bytes() == expected
    (fault,) = several.faults
    assert fault.endpoint == liar.url
    assert liar.url in fault.sentence
    assert fault.as_json()["code"] == caught.value.code
    assert several.behind == ()
    report = verify(expected, trust)
    assert report.proof.basis is (Basis.SEALS if kind == "sealed" else Basis.COUNTERSIGNATURES)


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_who_dies_in_the_middle_is_left_for_the_next(
    place: Place, tmp_path: Path, kind: str
) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    expected = collected(trust, truth).bundle.to_bytes()
    for requests in (1, 4, 7):
        partial = Partial(tmp_path / "evidence.part", trust)
        with proxy(truth, dying(requests)) as liar:
            several = collected(trust, liar.url, truth, partial=partial)
            assert several.bundle.to_bytes() == expected
            assert [each.endpoint for each in several.faults] == [liar.url]
        partial.remove()


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_who_lies_and_then_dies_leaves_nothing_that_is_believed(
    place: Place, tmp_path: Path, kind: str
) -> None:
    """What it said is in the file of what was read; the next endpoint does not go on from there."""
    trust, truth = place.trusting(kind), place.url(kind)
    expected = collected(trust, truth).bundle.to_bytes()
    left = []
    for requests in range(8, 20):
        partial = Partial(tmp_path / "evidence.part", trust)
        with proxy(truth, dying(requests, LIES["drops an event"])) as liar:
            with pytest.raises(CharterError), Rpc(liar.url, TIMEOUT) as rpc:
                collect(rpc, Order(trust, (), partial))
            left.append(len(partial.load().records))
            assert collected(trust, liar.url, truth, partial=partial).bundle.to_bytes() == expected
        partial.remove()
    assert any(left), "no liar got so far as to leave events behind"


@pytest.mark.parametrize("others", [FOUR[:2], ("five", "six", "seven")])
def test_blocks_that_the_validators_did_not_seal_are_not_believed(
    place: Place, others: tuple[str, ...]
) -> None:
    trust = place.trusting("sealed")
    named = FOUR if others == FOUR[:2] else others
    with Sealing(place.seals.rpc, lambda _: named, lambda _: others).serve() as liar:
        with pytest.raises(CharterError) as caught:
            collected(trust, liar)
        assert (caught.value.code, liar in caught.value.message) == ("BlockNotSealed", True)
        several = collected(trust, liar, place.sealed)
        assert [each.endpoint for each in several.faults] == [liar]
    assert several.bundle == collected(trust, place.sealed).bundle


def test_an_unsealed_chain_does_not_serve_a_swarm_whose_validators_are_named(place: Place) -> None:
    with pytest.raises(CharterError, match=place.plain):
        collected(place.trusting("sealed"), place.plain)
    seals = collected(place.trusting("sealed"), place.plain, place.sealed)
    assert [each.endpoint for each in seals.faults] == [place.plain]


def test_validators_that_changed_are_followed_by_headers_in_between(place: Place) -> None:
    pool = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    newest = collected(place.trust, place.plain).newest

    def names(number: int) -> tuple[str, ...]:
        start = number * 6 // newest
        return pool[start : start + 4]

    trust = replace(place.trust, validators=tuple(map(validator, names(0))))
    with Sealing(place.seals.rpc, names).serve() as sealed:
        told = collected(trust, sealed)
    assert told.bundle.seal is not None
    report = verify(told.bundle.to_bytes(), trust)
    assert report.proof.headers == len(told.bundle.seal.headers) > 1
    assert set(report.proof.sealers) <= set(map(validator, names(newest)))
    # Halfway they do not seal what they should, and nobody else can vouch for who came after.
    between = Sealing(place.seals.rpc, names, lambda at: names(at)[: 4 if at in (0, newest) else 2])
    with between.serve() as liar, pytest.raises(CharterError) as caught:
        collected(trust, liar)
    assert (caught.value.code, liar in caught.value.message) == ("BlockNotSealed", True)


def _garbled(chance: random.Random, value: Any) -> Any:
    """The same, but for one place in it, which holds something else."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        return value | {name: _garbled(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _garbled(chance, value[at]), *value[at + 1 :]]
    digit = chance.choice("0123456789abcdef")
    other = f"{value[:-1]}{digit}" if isinstance(value, str) and value else "0x"
    large = "0x" + chance.choice([16, 64, 65]) * "f"
    choices = [other, other, "0x", "", "0xzz", "0x-1", "-5", large, None, 7, -1, 1.5, [], {}, True]
    return chance.choice([*choices, [value], {"0": value}])


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_whatever_an_endpoint_answers_there_is_evidence_that_verifies_or_an_error(
    place: Place, kind: str
) -> None:
    """Answers are altered here and there, at random; nothing of it crashes or is believed."""
    trust, truth = place.trusting(kind), place.url(kind)
    expected = collected(trust, truth).bundle
    refused = 0
    for seed in range(SEEDS):
        chance = random.Random(seed)
        often = chance.choice([0.03, 0.1, 0.3])

        def behave(exchange: Exchange, chance: Any = chance, often: float = often) -> None:
            told = json.loads(exchange.forward())
            exchange.say(
                json.dumps(_garbled(chance, told) if chance.random() < often else told).encode()
            )

        with proxy(truth, behave) as between:
            try:
                told = collected(trust, between.url)
            except CharterError:
                refused += 1
                continue
        assert told.bundle == expected or verify(told.bundle.to_bytes(), trust).length
    assert 0 < refused < SEEDS


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_where_all_lie_there_is_no_evidence(place: Place, kind: str) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    with (
        proxy(truth, LIES["drops an event"]) as one,
        proxy(truth, LIES["alters an event"]) as two,
        pytest.raises(CharterError) as caught,
    ):
        collected(trust, one.url, two.url)
    assert caught.value.code == "HistoryHeadMismatch"
    assert one.url in caught.value.message


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_an_old_head_beside_a_fresh_one_is_behind(place: Place, kind: str) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    fresh = collected(trust, truth)
    with proxy(truth, be.ends_at(fresh.newest - 2)) as old:
        several = collected(trust, old.url, truth)
    assert several.bundle == fresh.bundle
    if kind == "sealed":
        assert several.behind == ((old.url, fresh.newest - 2),)
        assert several.faults == ()
    else:
        # It lacks the countersignatures that came last, so that it proves nothing at all.
        assert [each.endpoint for each in several.faults] == [old.url]
    with proxy(truth, be.header(number=hex(fresh.newest + 9))) as ahead:
        several = collected(trust, ahead.url, truth)
    assert several.bundle == fresh.bundle
    assert several.behind == (), "who is honest is not behind one that makes up blocks"
    assert [each.endpoint for each in several.faults] == [ahead.url]


# --- chains without seals -------------------------------------------------------------------------


@pytest.fixture
def young(own: Chain, tmp_path: Path) -> Iterator[Founded]:
    """A swarm of its own that nobody has vouched for."""
    with own.rpc() as rpc:
        yield found(own, rpc, tmp_path, f"{tmp_path.name} ")


def test_without_countersignatures_there_is_nothing_to_hand_over(young: Founded) -> None:
    with pytest.raises(NotCountersigned, match=young.chain.endpoint):
        collected(young.trust, young.chain.endpoint)


def test_what_is_not_countersigned_is_cut_off(young: Founded) -> None:
    countersign(young)
    apply(young, "tail 1", "tail 2")
    told = collected(young.trust, young.chain.endpoint)
    assert (len(told.bundle.records), told.read) == (7, 9)
    report = verify(told.bundle.to_bytes(), young.trust)
    assert (report.length, report.vouching.length) == (7, 7)

    # Two of three are not more than two thirds, and files carry as far as what the chain holds.
    follower = young.follower()
    files = [
        countersignature(
            young.trust.chain_id, young.trust.history, follower.length, follower.head, signer
        )
        for signer in young.founders
    ]
    with young.chain.rpc() as rpc:
        two = collect(rpc, Order(young.trust, tuple(files[:2])))
        assert len(two.bundle.records) == 7
        three = collect(rpc, Order(young.trust, tuple(files)))
    assert (len(three.bundle.records), three.read) == (9, 9)
    assert verify(three.bundle.to_bytes(), young.trust).length == 9


def test_what_anybody_has_history_publish_does_not_spoil_the_evidence(young: Founded) -> None:
    """Any account may countersign any length and head; only what can be one goes in."""
    countersign(young)
    for length in (0, 2**53, 2**255):
        args = (young.trust.chain_id, young.trust.history, length, bytes(32))
        publish(young, countersignature(*args, key("a stranger")))
    told = collected(young.trust, young.chain.endpoint)
    assert {each.length for each in told.bundle.countersignatures} == {7}
    assert verify(told.bundle.to_bytes(), young.trust).findings == ()


def test_a_shorter_history_that_fits_itself_gives_way_to_what_was_vouched_for(
    young: Founded,
) -> None:
    countersign(young)
    apply(young, "late")
    countersign(young)
    follower = young.follower()
    with young.chain.rpc() as rpc:
        records = reader.read_records(rpc, young.house)
    hiding = be.hides(records[-1], records, young.trust.chain_id, young.trust.history)
    with proxy(young.chain.endpoint, hiding) as liar:
        alone = collected(young.trust, liar.url)
        assert len(alone.bundle.records) == 7
        several = collected(young.trust, liar.url, young.chain.endpoint)
    assert len(several.bundle.records) == follower.length == 8
    (fault,) = several.faults
    assert (fault.endpoint, fault.error.code) == (liar.url, "HistoryOutvouched")


# --- what was broken off --------------------------------------------------------------------------


class Ranges:
    """Counts the ranges of blocks of which logs are asked for, and ends after some."""

    def __init__(self, most: int | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._most = most

    def __call__(self, exchange: Exchange) -> None:
        asked = exchange.request
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
            if self._most is not None and len(self.asked) == self._most:
                raise HangUp
            (query,) = asked["params"]
            self.asked.append((int(query["fromBlock"], 16), int(query["toBlock"], 16)))
        honest(exchange)


def broken_off(trust: Trust, truth: str, path: Path, ranges: int = 2) -> bytes:
    """Has a collection end after some ranges; returns what it leaves."""
    with (
        proxy(truth, Ranges(ranges)) as ending,
        Rpc(ending.url, TIMEOUT) as rpc,
        pytest.raises(CharterError),
    ):
        collect(rpc, Order(trust, (), Partial(path, trust)))
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_a_collection_goes_on_where_it_was_broken_off(
    place: Place, tmp_path: Path, kind: str
) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    path = tmp_path / "evidence.part"
    whole = Ranges()
    with proxy(truth, whole) as counted:
        expected = collected(trust, counted.url).bundle.to_bytes()
    assert len(whole.asked) > 2
    for _ in range(2):
        broken_off(trust, truth, path, 1)
    rest = Ranges()
    with proxy(truth, rest) as counted:
        partial = Partial(path, trust)
        assert collected(trust, counted.url, partial=partial).bundle.to_bytes() == expected
    assert rest.asked[0][0] > whole.asked[0][1]
    assert not set(rest.asked) & {whole.asked[0]}


def test_the_file_is_its_owners_alone(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "evidence.part"
    broken_off(place.trust, place.plain, path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_whatever_stands_in_the_file_the_bundle_is_the_same(
    place: Place, tmp_path: Path, kind: str
) -> None:
    trust, truth = place.trusting(kind), place.url(kind)
    path = tmp_path / "evidence.part"
    data = broken_off(trust, truth, path)
    expected = collected(trust, truth).bundle.to_bytes()
    other = Partial(tmp_path / "other.part", replace(trust, chain_id=5))
    other.begin()
    at = range(0, len(data), max(1, len(data) // 12))
    spoilt = [
        b"",
        b"\xff" * 64,
        other.path.read_bytes(),
        data + b"\0\0\0\x09torn",
        *(data[:end] for end in at),
        *(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :] for place in at),
    ]
    for content in spoilt:
        path.write_bytes(content)
        told = collected(trust, truth, partial=Partial(path, trust))
        assert told.bundle.to_bytes() == expected
        assert told.faults == ()


def test_after_what_was_torn_it_can_be_gone_on_from(place: Place, tmp_path: Path) -> None:
    """A crash in the midst of writing costs the last range, and none of those that follow."""
    path = tmp_path / "evidence.part"
    data = broken_off(place.trust, place.plain, path, 1)
    path.write_bytes(data + b"\0\0\xff\xfftorn")
    broken_off(place.trust, place.plain, path, 1)
    partial = Partial(path, place.trust)
    assert partial.load().block == 7


# --- two that are the same ------------------------------------------------------------------------


def test_the_same_history_gives_the_same_bytes_and_reads_as_written(place: Place) -> None:
    for kind in ("plain", "sealed"):
        trust = place.trusting(kind)
        one, two = (collected(trust, place.url(kind)).bundle.to_bytes() for _ in range(2))
        assert one == two
        assert Bundle.from_bytes(one).to_bytes() == one
    with pytest.raises(EvidenceUnproven):
        verify(collected(place.trust, place.plain).bundle.to_bytes(), place.trusting("sealed"))


def test_what_is_collected_hashes_to_the_head(place: Place) -> None:
    follower = place.swarm.follower()
    bundle = collected(place.trusting("sealed"), place.sealed).bundle
    genesis = genesis_head(place.trust.chain_id, place.trust.history)
    assert replay(bundle.records, genesis) == (follower.head, follower.length)
