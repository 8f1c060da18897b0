"""What a watch does of its own: it goes on, tells each fault once, and ends when it is told to."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from governance.chain.errors import (
    BlockNotSealed,
    ChainUnreachable,
    HistoryRewound,
    TokenFileInsecure,
)
from governance.chain.house import Trust
from governance.gate import Fault, LiveView, Notice, Reason, Watch
from governance.gate.faults import AWAY, LIES
from governance.gate.view import Instant
from governance.history import State
from tests.unit.gate.world import CHAIN_ID, NOW

TRUST = Trust(CHAIN_ID, "0x" + "11" * 20, ("0x" + "22" * 20,), ())
SEALED = Trust(CHAIN_ID, "0x" + "11" * 20, ("0x" + "22" * 20,), ("0x" + "33" * 20,))
GONE = ChainUnreachable("http://127.0.0.1:9", "it is gone")
UNSEALED = BlockNotSealed("http://127.0.0.1:9", 7, "nobody sealed it")


class Block:
    def __init__(self, number: int, timestamp: int) -> None:
        self.hash = hex(number)
        self.timestamp = timestamp


class Following:
    """A follower whose polls come to what a test says; the real ones are in `integration`."""

    def __init__(self, trust: Trust = TRUST) -> None:
        self.trust = trust
        self.rpc: Any = None
        self.state = State()
        self.head = bytes(32)
        self.block: Block | None = None
        self.fault: BaseException | None = None
        self.polls = 0
        self.gate: Callable[[], Any] = lambda: None

    def poll(self, progress: Any = None) -> tuple[()]:
        self.polls += 1
        self.gate()
        if self.fault is not None:
            raise self.fault
        return ()


class Clocks:
    """What time it is, as a test says."""

    def __init__(self) -> None:
        self.steady = 1_000.0
        self.wall = float(NOW)

    def __call__(self) -> Instant:
        return Instant(self.steady, self.wall)

    def go_on(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += seconds


@pytest.fixture
def following() -> Following:
    return Following()


def view_of(following: Following, **settings: Any) -> LiveView:
    return LiveView(following, **settings)  # type: ignore[arg-type]


# --- the view -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steady", "wall"), [(30.0, 30.0), (30.0, -3_600.0), (0.5, 30.0), (30.0, 0.0)]
)
def test_a_view_ages_by_whichever_clock_says_more(
    following: Following, steady: float, wall: float
) -> None:
    """A clock that is put back, or a machine that slept, makes no view young."""
    clocks = Clocks()
    view = view_of(following, now=clocks)
    view.refresh()
    assert view.look().age == 0
    clocks.steady += steady
    clocks.wall += wall
    assert view.look().age == 30


def test_a_clock_that_is_put_forward_counts_until_the_next_refresh(following: Following) -> None:
    clocks = Clocks()
    view = view_of(following, now=clocks)
    view.refresh()
    clocks.wall += 3_600
    assert view.look().age == 3_600
    view.refresh()
    assert view.look().age == 0


def test_a_view_is_as_old_as_the_beginning_of_its_last_refresh(following: Following) -> None:
    clocks = Clocks()
    view = view_of(following, now=clocks)
    following.gate = lambda: clocks.go_on(20)
    view.refresh()
    assert view.look().age == 20


def test_a_block_is_old_by_the_own_clock_too() -> None:
    following, clocks = Following(SEALED), Clocks()
    following.block = Block(7, NOW)
    view = view_of(following, now=clocks)
    view.refresh()
    assert view.look().idle == 0
    clocks.go_on(10)
    view.refresh()
    assert (view.look().age, view.look().idle) == (0, 10)
    clocks.wall -= 3_600
    view.refresh()
    assert view.look().idle == 10, "the clock was put back, and the block is as old as it was"
    following.block = Block(8, NOW - 3_595)
    view.refresh()
    assert view.look().idle == 5


def test_a_block_is_not_old_where_nobody_makes_blocks_without_need(following: Following) -> None:
    clocks = Clocks()
    following.block = Block(7, NOW - 9_999)
    view = view_of(following, now=clocks)
    view.refresh()
    assert view.look().idle == 0


def test_a_fault_is_part_of_each_look_until_a_refresh_succeeds(following: Following) -> None:
    view = view_of(following)
    view.refresh()
    for error in (GONE, UNSEALED):
        following.fault = error
        with pytest.raises(type(error)):
            view.refresh()
        fault = view.look().fault
        assert fault is not None
        assert (fault.reason.value, fault.message) == (error.code, error.message)
        assert fault.at_once is (error is UNSEALED)
    following.fault = None
    view.refresh()
    assert view.look().fault is None


def test_a_chain_gone_back_is_not_looked_at_again(following: Following) -> None:
    view = view_of(following)
    following.fault = HistoryRewound("it is shorter")
    for _ in range(3):
        with pytest.raises(HistoryRewound):
            view.refresh()
        following.fault = None
    assert following.polls == 1
    assert (fault := view.look().fault) is not None
    assert fault.reason is Reason.HISTORY_REWOUND


@pytest.mark.parametrize(
    "error", [ValueError("what?"), TokenFileInsecure(__file__), MemoryError()], ids=type
)
def test_what_nobody_foresaw_refuses_at_once(following: Following, error: Exception) -> None:
    view = view_of(following)
    view.refresh()
    following.fault = error
    with pytest.raises(type(error)):
        view.refresh()
    fault = view.look().fault
    assert fault is not None
    assert (fault.reason, fault.at_once) == (Reason.REFRESH_FAILED, True)


def test_every_fault_of_a_refresh_has_a_reason_of_its_own() -> None:
    """By the errors that `Follower.poll` names."""
    from governance.errors import error_codes  # noqa: PLC0415

    codes = {reason.value for reason in AWAY | LIES} - {"ChainFrozen"}
    assert codes <= error_codes().keys()


# --- the watch ------------------------------------------------------------------------------------


@pytest.fixture
def told() -> list[Notice]:
    return []


@pytest.fixture
def watch(following: Following, told: list[Notice]) -> Iterator[Watch]:
    with Watch(view_of(following), 0.01, told=told.append) as watch:
        assert watch.refresh(5)
        yield watch


def spoken(told: list[Notice]) -> list[tuple[str, bool]]:
    return [(each.fault.reason.value, each.is_over) for each in told]


def test_a_watch_refreshes_again_and_again(watch: Watch, following: Following) -> None:
    begun = following.polls
    deadline = time.monotonic() + 5
    while following.polls < begun + 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_fault_is_told_when_it_begins_and_when_it_is_over(
    watch: Watch, following: Following, told: list[Notice], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        following.fault = GONE
        for _ in range(3):
            assert not watch.refresh(5)
        following.fault = UNSEALED
        assert not watch.refresh(5)
        following.fault = GONE
        assert not watch.refresh(5)
        following.fault = None
        for _ in range(3):
            assert watch.refresh(5)
    assert spoken(told) == [
        ("ChainUnreachable", False),
        ("BlockNotSealed", False),
        ("ChainUnreachable", True),
        ("BlockNotSealed", True),
    ]
    assert [record.message for record in caplog.records] == [each.sentence for each in told]
    assert "once the view is too old" in told[0].sentence
    assert "Updates are refused (BlockNotSealed)" in told[1].sentence
    following.fault = GONE
    assert not watch.refresh(5)
    assert spoken(told)[4:] == [("ChainUnreachable", False)]


def test_a_frozen_chain_is_told_too(told: list[Notice]) -> None:
    following = Following(SEALED)
    following.block = Block(7, int(time.time()) - 100)
    view = view_of(following)
    with Watch(view, 0.01, view_max_age=50, told=told.append) as watch:
        assert watch.refresh(5)
        assert spoken(told) == [("ChainFrozen", False)]
        following.block = Block(8, int(time.time()))
        assert watch.refresh(5)
        assert spoken(told) == [("ChainFrozen", False), ("ChainFrozen", True)]


@pytest.mark.parametrize("error", [ValueError("what?"), RecursionError(), MemoryError()], ids=type)
def test_nothing_ends_a_watch(
    watch: Watch,
    following: Following,
    told: list[Notice],
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    following.fault = error
    assert not watch.refresh(5)
    following.fault = None
    assert watch.refresh(5)
    assert spoken(told) == [("RefreshFailed", False), ("RefreshFailed", True)]
    assert "nobody foresaw" in caplog.text


def test_who_is_told_and_fails_does_not_end_it(
    following: Following, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(notice: Notice) -> None:
        raise OSError("nobody listens")

    with Watch(view_of(following), 0.01, told=fail) as watch:
        following.fault = GONE
        assert not watch.refresh(5)
        following.fault = None
        assert watch.refresh(5)
    assert "nobody listens" in caplog.text


def test_a_log_that_cannot_be_written_does_not_end_it(
    following: Following, told: list[Notice], unwritable: None
) -> None:
    """As where stderr is a full disk, or a pipe that nobody reads."""
    with Watch(view_of(following), 0.01, told=told.append) as watch:
        for fault in (GONE, ValueError("what?")):
            following.fault = fault
            assert not watch.refresh(5)
            following.fault = None
            assert watch.refresh(5)
    reasons = ["ChainUnreachable", "RefreshFailed"]
    assert spoken(told) == [(each, is_over) for each in reasons for is_over in (False, True)]


def test_who_waits_is_let_go_however_the_watch_ends(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def leave(notice: Notice) -> None:
        raise KeyboardInterrupt

    watch = Watch(view_of(following), 0.01, told=leave)
    following.fault = GONE
    watch.start()
    assert not watch.refresh(5)
    following.fault = None
    begun = time.monotonic()
    assert not watch.refresh(5)
    assert not watch.wait_for(9, 5)
    assert time.monotonic() - begun < 4


def test_a_refresh_that_was_asked_for_begins_after_the_asking(following: Following) -> None:
    """One that is going on already may not have seen what the caller knows of."""
    going, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        going.set()
        may_end.wait(5)

    following.gate = wait
    with Watch(view_of(following), 60) as watch:
        assert going.wait(5)
        threading.Timer(0.1, may_end.set).start()
        assert watch.refresh(5)
        assert following.polls == 2


def test_a_length_is_waited_for(watch: Watch, following: Following) -> None:
    assert watch.wait_for(0, 1)
    assert not watch.wait_for(9, 0.05)
    threading.Timer(0.05, lambda: setattr(following, "state", State(length=9))).start()
    assert watch.wait_for(9, 5)


def test_a_watch_ends_at_once(following: Following) -> None:
    watch = Watch(view_of(following), 60)
    watch.start()
    assert watch.refresh(5)
    begun = time.monotonic()
    watch.stop()
    assert time.monotonic() - begun < 0.5
    assert not watch.refresh(5)
    watch.stop()


def test_a_refresh_that_hangs_does_not_keep_a_watch_from_its_end(following: Following) -> None:
    may_end = threading.Event()
    following.gate = lambda: may_end.wait(30)
    told: list[Notice] = []
    watch = Watch(view_of(following), 60, told=told.append)
    watch.start()
    begun = time.monotonic()
    watch.stop()
    assert time.monotonic() - begun < 2
    following.fault = GONE
    may_end.set()
    time.sleep(0.05)
    assert told == [], "nothing is told after the end"


def test_a_fault_says_what_to_do() -> None:
    fault = Fault.of(GONE)
    assert fault.remedy == GONE.remedy
    assert Fault.of(ValueError("what?")).message.endswith(".")
