"""The embedded chain: started, stopped, killed at any moment, damaged, and brought back."""

import contextlib
import gzip
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import embedded, keeper
from deploy.anvil import HOST, PortTaken, free_port
from deploy.blocklog import BlockLog, LoggedBlock
from deploy.embedded import ChainFailed, ChainSettingsWrong, KeeperFailed, Status
from deploy.founding import verify
from governance.chain.errors import ChainUnreachable, TransactionPending
from governance.chain.journal import Journal, Signed
from governance.chain.queries import transaction_count
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.errors import ExitStatus
from tests.integration.world import Chain, found, key, kill_and_wait

NOBODY = "0x" + "99" * 20


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Chain]:
    """Where a chain can be; none runs yet."""
    chain = Chain(tmp_path / "chain", free_port(), tmp_path / "journals")
    yield chain
    chain.down()


def _send(chain: Chain, count: int, name: str = "somebody") -> None:
    with chain.rpc() as rpc, Sender(rpc, key(name), chain.journals) as sender:
        for number in range(count):
            sender.send(Act(NOBODY, os.urandom(8), f"note {number}"))


def _blocks(chain: Chain) -> list[Any]:
    with chain.rpc() as rpc:
        count = int(rpc.call("eth_blockNumber"), 16) + 1
        return rpc.batch([("eth_getBlockByNumber", (hex(each), True)) for each in range(count)])


def _receipts(chain: Chain) -> list[Any]:
    with chain.rpc() as rpc:
        hashes = [each["hash"] for block in _blocks(chain) for each in block["transactions"]]
        return rpc.batch([("eth_getTransactionReceipt", (each,)) for each in hashes])


def _wait(until: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- in good order --------------------------------------------------------------------------------


def test_up_down_and_status_tell_what_is(place: Chain) -> None:
    assert embedded.status(place.folder) == Status(running=False, phase="never started")
    started = place.up()
    assert (started.running, started.phase, started.already) == (True, "ready", False)
    assert started.endpoint == place.endpoint
    assert started.chain_id == embedded.CHAIN_ID
    assert started.sentences() == []
    assert embedded.status(place.folder).block == 0
    again = place.up()
    assert again.already
    assert again.endpoint == started.endpoint
    stopped = place.down()
    assert (stopped.running, stopped.phase, stopped.already) == (False, "stopped", False)
    assert place.down().already
    with place.rpc() as rpc, pytest.raises(ChainUnreachable):
        rpc.call("eth_chainId")


def test_a_stop_in_good_order_keeps_everything(place: Chain) -> None:
    place.up()
    _send(place, 10)
    blocks, receipts = _blocks(place), _receipts(place)
    place.down()
    assert place.up().sentences() == []
    assert _blocks(place) == blocks
    assert _receipts(place) == receipts
    _send(place, 1)
    place.down()
    place.up()
    assert len(_blocks(place)) == 12


def test_it_costs_nothing_and_nobody_owns_anything(place: Chain) -> None:
    place.up()
    with place.rpc() as rpc:
        assert rpc.call("eth_accounts") == []
        assert int(rpc.call("eth_gasPrice"), 16) == 0
        assert int(rpc.call("eth_chainId"), 16) == embedded.CHAIN_ID
        latest = rpc.call("eth_getBlockByNumber", "latest", False)
        assert int(latest["baseFeePerGas"], 16) == 0


def test_it_listens_on_loopback_only(place: Chain) -> None:
    place.up()
    anvil = place.status_file()["anvil"]
    inodes = set()
    for each in Path(f"/proc/{anvil}/fd").iterdir():
        # A file may be closed between the listing and the look at it.
        with contextlib.suppress(FileNotFoundError):
            inodes.add(str(each.readlink()).removeprefix("socket:[").removesuffix("]"))
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{anvil}/net/{table}").read_text().splitlines()[1:]
    ]
    own = [each[1] for each in listening if each[9] in inodes and each[3] == "0A"]
    assert own == [f"0100007F:{place.port:04X}"]


def test_chain_id_and_port_are_kept(place: Chain) -> None:
    embedded.up(place.folder, port=place.port, chain_id=4242)
    with pytest.raises(ChainSettingsWrong):
        embedded.up(place.folder, chain_id=4243)
    with pytest.raises(ChainSettingsWrong):
        embedded.up(place.folder, port=free_port())
    place.down()
    again = embedded.up(place.folder)
    assert (again.chain_id, again.endpoint) == (4242, place.endpoint)


def test_a_taken_port_is_named_and_its_owner_left_alone(place: Chain) -> None:
    with socket.create_server((HOST, place.port)):
        with pytest.raises(PortTaken) as caught:
            place.up()
        assert str(place.port) in caught.value.message
        assert not embedded.status(place.folder).running
    assert place.up().phase == "ready"


def test_damaged_settings_are_named(place: Chain) -> None:
    place.folder.mkdir()
    (place.folder / keeper.SETTINGS).write_text("{")
    with pytest.raises(ChainSettingsWrong):
        place.up()


def test_two_that_start_it_at_once_get_the_same_chain(place: Chain) -> None:
    found_ones: list[Status] = []
    threads = [threading.Thread(target=lambda: found_ones.append(place.up())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.endpoint for each in found_ones} == {place.endpoint}
    assert [each.already for each in found_ones].count(False) == 1


def test_down_never_signals_a_stranger(place: Chain) -> None:
    place.up()
    place.kill("pid")
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    status = place.status_file()
    (place.folder / keeper.STATUS).write_text(
        json.dumps(status | {"pid": stranger.pid, "anvil": stranger.pid})
    )
    assert not embedded.status(place.folder).running
    assert place.down().already
    assert stranger.poll() is None
    stranger.communicate(b"\n")
    assert stranger.returncode == 0


def test_a_keeper_that_is_just_starting_is_stopped_too(place: Chain) -> None:
    place.folder.mkdir()
    held = keeper.lock(place.folder, 0)
    assert held is not None
    stopping = threading.Thread(target=place.down)
    stopping.start()
    asked = place.folder / keeper.STOP
    _wait(asked.exists)
    # As every keeper does before it works: whoever asked an earlier one is not heard any more.
    asked.unlink()
    _wait(asked.exists)
    os.close(held)
    stopping.join()
    assert not embedded.status(place.folder).running


def test_a_keeper_asked_by_signal_ends_in_good_order(place: Chain) -> None:
    place.up()
    _send(place, 3)
    os.kill(place.status_file()["pid"], signal.SIGTERM)
    _wait(lambda: not keeper.is_held(place.folder))
    assert embedded.status(place.folder).phase == "stopped"
    assert place.up().sentences() == []
    assert len(_blocks(place)) == 4


def test_a_keeper_that_cannot_work_says_why(place: Chain) -> None:
    place.folder.mkdir()
    (place.folder / "blocks.jsonl").mkdir()
    with pytest.raises(ChainFailed, match=r"blocks\.jsonl: Is a directory") as caught:
        place.up()
    assert (caught.value.code, caught.value.exit_status) == ("ChainNotKept", ExitStatus.LOCAL)
    assert "room on the disk" in caught.value.remedy
    log = (place.folder / "keeper.log").read_text()
    assert (log.count("Is a directory"), "Traceback" in log) == (1, False)
    (place.folder / "blocks.jsonl").rmdir()
    assert place.up().phase == "ready"


def test_a_disk_without_room_for_a_word_is_told_all_the_same(place: Chain) -> None:
    place.up()
    place.down()
    asked = f"from deploy.embedded import up; up({str(place.folder)!r}, port={place.port})"
    begun = time.monotonic()
    limited = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$0" -c "$1"', sys.executable, asked],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"ChainFailed: .* cannot be kept: .*File too large", limited.stderr)
    assert time.monotonic() - begun < 60, "it waits for a chain that never comes"
    assert not keeper.is_held(place.folder)
    assert place.up().phase == "ready"


def test_a_block_of_which_only_a_part_fits_is_not_taken_for_written(tmp_path: Path) -> None:
    log = BlockLog(tmp_path / "blocks.jsonl")
    first, second = (LoggedBlock(n, f"0x{n:064x}", n, "0x", ("0x" + "ab" * 400,)) for n in (0, 1))
    log.append([first])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.path.stat().st_size + 300, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            log.append([second])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert log.last == 0
    again = BlockLog(log.path)
    assert (again.last, again.torn) == (0, True)


def test_a_chain_that_can_be_kept_no_longer_ends_and_says_why(place: Chain) -> None:
    place.up()
    log = place.folder / "blocks.jsonl"
    log.rename(place.folder / "aside")
    log.mkdir()
    with contextlib.suppress(ChainUnreachable, TransactionPending):
        _send(place, 1)
    _wait(lambda: not keeper.is_held(place.folder))
    found = embedded.status(place.folder)
    assert (found.running, found.phase) == (False, "failed")
    assert "blocks.jsonl: Is a directory" in found.reason
    assert "Traceback" not in (place.folder / "keeper.log").read_text()
    log.rmdir()
    (place.folder / "aside").rename(log)
    assert place.up().reason == ""


def test_the_clock_goes_on_and_never_back(place: Chain) -> None:
    place.up()
    with place.rpc() as rpc:
        rpc.call("evm_increaseTime", 5_000)
        rpc.call("evm_mine")
        ahead = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        assert ahead >= time.time() + 4_990
        for end in (place.down, lambda: place.kill("anvil")):
            end()
            place.up()
            rpc.call("evm_mine")
            times = [int(block["timestamp"], 16) for block in _blocks(place)]
            assert times == sorted(times)


# --- killed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("whom", [("anvil",), ("pid",), ("pid", "anvil")])
def test_a_killed_chain_comes_back_as_it_was(place: Chain, whom: tuple[str, ...]) -> None:
    place.up()
    _send(place, 20)
    blocks, receipts = _blocks(place), _receipts(place)
    place.kill(*whom)
    assert embedded.status(place.folder).phase == "killed"
    came = place.up()
    assert came.report["lost"] == 0
    assert came.report["made_again"] == 20 - came.report["dumped"]
    assert any("made again as they were" in each for each in came.sentences())
    assert _blocks(place) == blocks
    assert _receipts(place) == receipts


def test_no_chain_is_left_without_its_keeper(place: Chain) -> None:
    place.up()
    place.kill("pid")

    def gone() -> bool:
        with place.rpc() as rpc:
            try:
                rpc.call("eth_chainId")
            except ChainUnreachable:
                return True
        return False

    _wait(gone)


def test_a_chain_killed_in_the_midst_of_its_work_loses_nothing(place: Chain) -> None:
    """Again and again, at random moments, while two accounts send."""
    place.up()
    chance = random.Random(11)
    done: dict[str, list[str]] = {"one": [], "two": []}
    ended = threading.Event()
    failures: list[BaseException] = []

    def work(name: str) -> None:
        under_way = False
        with place.rpc() as rpc:
            while under_way or not ended.is_set():
                text = f"{name} {len(done[name])}"
                under_way = True
                try:
                    with Sender(rpc, key(name), place.journals, timeout=1) as sender:
                        done[name].append(sender.send(Act(NOBODY, text.encode(), text)).hash)
                        under_way = False
                except (ChainUnreachable, TransactionPending):
                    time.sleep(0.02)
                except BaseException as error:
                    failures.append(error)
                    return

    threads = [threading.Thread(target=work, args=(name,)) for name in done]
    for thread in threads:
        thread.start()
    try:
        for round_ in range(6):
            time.sleep(chance.uniform(0.2, 1.2))
            place.kill(*(("anvil",), ("pid",), ("pid", "anvil"))[round_ % 3])
            place.up()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert min(map(len, done.values())) > 5
    with place.rpc() as rpc:
        for name, hashes in done.items():
            assert len(set(hashes)) == len(hashes), "no act was answered with another's receipt"
            assert transaction_count(rpc, key(name).address) == len(hashes)
            receipts = rpc.batch([("eth_getTransactionReceipt", (each,)) for each in hashes])
            assert all(receipt["status"] == "0x1" for receipt in receipts)


def test_a_swarm_survives_with_its_history(place: Chain, tmp_path: Path) -> None:
    place.up()
    with place.rpc() as rpc:
        swarm = found(place, rpc, tmp_path)
        with swarm.sender(key("new")) as sender:
            sender.send(swarm.apply("new"))
        before = swarm.follower()
        place.kill("pid", "anvil")
        place.up()
        after = swarm.follower()
        assert (after.head, after.length, after.block) == (
            before.head,
            before.length,
            before.block,
        )


def test_a_founding_that_only_journals_know_is_made_again(place: Chain, tmp_path: Path) -> None:
    place.up()
    with place.rpc() as rpc:
        swarm = found(place, rpc, tmp_path)
        before = swarm.follower()
        place.kill("pid", "anvil")
        log = place.folder / "blocks.jsonl"
        log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
        assert place.up().report["lost"] == 0
        after = swarm.follower()
        assert (after.head, after.block) == (before.head, before.block)
        assert verify(rpc, swarm.trust).house == swarm.house


def test_what_was_signed_and_never_mined_is_sent_again(place: Chain) -> None:
    place.up()

    class Ended(Exception):
        pass

    class Ending(Sender):
        def _submit(self, entry: Signed, *, first: bool) -> None:
            raise Ended

    with place.rpc() as rpc:
        for name in ("one", "two"):
            with pytest.raises(Ended):
                Ending(rpc, key(name), place.journals).send(Act(NOBODY, b"x", f"by {name}"))
        place.kill("anvil")
        came = place.up()
        assert came.report["sent_again"] == ["by one", "by two"]
        assert any("2 signed transaction(s)" in each for each in came.sentences())
        for name in ("one", "two"):
            assert transaction_count(rpc, key(name).address) == 1
            with Sender(rpc, key(name), place.journals) as sender:
                assert sender.send(Act(NOBODY, b"x", f"by {name}")).repeated


def test_blocks_that_only_journals_know_are_made_again(place: Chain) -> None:
    place.up()
    _send(place, 6)
    blocks = _blocks(place)
    place.kill("anvil")
    log = place.folder / "blocks.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:4]))
    came = place.up()
    assert came.report["lost"] == 0
    assert _blocks(place) == blocks


def test_blocks_that_nobody_knows_are_told_as_lost(place: Chain) -> None:
    place.up()
    _send(place, 3, "known")
    _send(place, 2, "forgotten")
    _send(place, 1, "known")
    place.kill("anvil")
    log = place.folder / "blocks.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
    for path in place.journals.glob(f"*{key('forgotten').address.lower()}*"):
        path.unlink()
    came = place.up()
    assert came.report["lost"] == 3
    assert any("3 block(s) could not" in each for each in came.sentences())
    with place.rpc() as rpc:
        assert transaction_count(rpc, key("known").address) == 4


def test_a_journal_that_names_a_time_long_past_does_not_keep_the_chain_down(place: Chain) -> None:
    place.up()
    _send(place, 3)
    place.kill("anvil")
    log = place.folder / "blocks.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
    (path,) = place.journals.glob("*.journal")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    stale = [line | ({"timestamp": 1} if "timestamp" in line else {}) for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in stale))
    came = place.up()
    assert came.phase == "ready"
    with place.rpc() as rpc:
        assert transaction_count(rpc, key("somebody").address) == 3


def test_a_transaction_whose_place_was_taken_is_told(place: Chain, tmp_path: Path) -> None:
    place.up()
    _send(place, 1)
    place.down()
    (path,) = place.journals.glob("*.journal")
    entry = next(iter(Journal(path).signed.values()))
    elsewhere = tmp_path / "journals" / "elsewhere"
    elsewhere.mkdir()
    line = json.loads(path.read_text().splitlines()[0])
    line |= {"raw": entry.raw[:-2] + "00", "hash": "0x" + "12" * 32, "description": "late"}
    (elsewhere / path.name).write_text(json.dumps(line) + "\n")
    came = place.up()
    assert came.report["not_sent_again"] == ["late: another transaction took its place"]
    assert any("could not be sent again" in each for each in came.sentences())


# --- damaged --------------------------------------------------------------------------------------


def _dumped(place: Chain) -> None:
    """Two dumps, and blocks beyond them."""
    for _ in range(2):
        place.up()
        _send(place, 4)
        place.down()
    place.up()
    _send(place, 4)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "overwritten": lambda path: path.write_bytes(b"x" * 1000),
    "one bit": lambda path: path.write_bytes(_flip(path.read_bytes())),
    "no state": lambda path: path.write_bytes(
        gzip.compress(b'{"number":8,"hash":"0x00"}\n{"blocks":[]}')
    ),
    "not ours": lambda path: path.write_bytes(gzip.compress(b"[]")),
}


def _flip(data: bytes) -> bytes:
    # In the checksum: elsewhere a flipped bit can point to another copy of the same zeros.
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
@pytest.mark.parametrize("which", [("state.gz",), ("state.gz", "state.previous.gz")])
def test_damaged_dumps_are_set_aside_and_the_chain_comes_back(
    place: Chain, damage: Callable[[Path], object], which: tuple[str, ...]
) -> None:
    _dumped(place)
    blocks = _blocks(place)
    place.kill("pid", "anvil")
    for name in which:
        damage(place.folder / name)
    came = place.up()
    assert sum("set aside" in note for note in came.report["notes"]) == len(which)
    assert len(list((place.folder / "damaged").iterdir())) == len(which)
    assert came.report["lost"] == 0
    assert _blocks(place) == blocks


def test_a_dump_that_anvil_refuses_is_set_aside(place: Chain) -> None:
    _dumped(place)
    blocks = _blocks(place)
    place.kill("pid", "anvil")
    path = place.folder / "state.gz"
    head = gzip.decompress(path.read_bytes()).split(b"\n", 1)[0]
    path.write_bytes(gzip.compress(head + b'\n{"block":'))
    came = place.up()
    assert any("set aside" in note for note in came.report["notes"])
    assert _blocks(place) == blocks


@pytest.mark.parametrize("tail", [b'{"number":', b"nonsense\n", b"\xff\xff\n"])
def test_a_torn_log_of_blocks_is_cut_and_told(place: Chain, tail: bytes) -> None:
    _dumped(place)
    blocks = _blocks(place)
    place.kill("pid", "anvil")
    log = place.folder / "blocks.jsonl"
    log.write_bytes(log.read_bytes() + tail)
    came = place.up()
    assert any("torn" in note for note in came.report["notes"])
    assert _blocks(place) == blocks


def test_a_log_that_is_gone_is_made_anew_from_the_chain(place: Chain) -> None:
    place.up()
    _send(place, 5)
    place.down()
    log = place.folder / "blocks.jsonl"
    kept = log.read_text()
    log.unlink()
    assert place.up().sentences() == []
    assert log.read_text() == kept


def test_dumps_that_are_gone_are_made_anew_from_the_log(place: Chain) -> None:
    _dumped(place)
    blocks = _blocks(place)
    place.kill("pid", "anvil")
    for path in place.folder.glob("state*.gz"):
        path.unlink()
    came = place.up()
    assert came.report["made_again"] == len(blocks) - 1
    assert _blocks(place) == blocks


def test_a_damaged_journal_is_told_and_stands_in_nobodys_way(place: Chain) -> None:
    place.up()
    _send(place, 2)
    place.down()
    (path,) = place.journals.glob("*.journal")
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    came = place.up()
    assert any(str(path) in note for note in came.report["notes"])


def test_a_damaged_status_is_as_none(place: Chain) -> None:
    place.up()
    _send(place, 2)
    place.kill("pid", "anvil")
    for content in (b"", b"{", b"[]", b"\xff"):
        (place.folder / keeper.STATUS).write_bytes(content)
        assert not embedded.status(place.folder).running
    assert place.up().report["lost"] == 0
    assert len(_blocks(place)) == 3


# --- killed while coming back ---------------------------------------------------------------------


def test_a_keeper_killed_while_it_brings_the_chain_back_loses_nothing(place: Chain) -> None:
    _dumped(place)
    blocks = _blocks(place)
    place.kill("pid", "anvil")
    chance = random.Random(3)
    for _ in range(8):
        starting = threading.Thread(target=_try_up, args=(place,))
        starting.start()
        time.sleep(chance.uniform(0.0, 0.6))
        if keeper.is_held(place.folder):
            pid = place.status_file().get("pid")
            if pid:
                kill_and_wait(pid)
        starting.join()
    place.up()
    assert _blocks(place) == blocks


def _try_up(place: Chain) -> None:
    with contextlib.suppress(KeeperFailed, PortTaken):
        place.up()


def test_a_chain_killed_while_it_dumps_comes_back(place: Chain) -> None:
    place.up()
    _send(place, 30)
    blocks = _blocks(place)
    pid = place.status_file()["pid"]
    os.kill(pid, signal.SIGTERM)
    _wait(lambda: list(place.folder.glob(".state-*")) or not keeper.is_held(place.folder))
    if keeper.is_held(place.folder):
        os.kill(pid, signal.SIGKILL)
        _wait(lambda: not keeper.is_held(place.folder))
    place.up()
    assert not list(place.folder.glob(".state-*"))
    assert _blocks(place) == blocks


def test_nothing_but_its_own_is_left_in_the_folder(place: Chain) -> None:
    _dumped(place)
    place.kill("pid", "anvil")
    place.up()
    place.down()
    assert sorted(each.name for each in place.folder.iterdir()) == [
        "anvil.log",
        "blocks.jsonl",
        "chain.json",
        "keeper.lock",
        "keeper.log",
        "state.gz",
        "state.previous.gz",
        "status.json",
        "stop",
    ]
    assert (place.folder / "keeper.log").read_text() == ""


def test_the_rpc_of_a_chain_that_restarts_goes_on(place: Chain) -> None:
    place.up()
    with Rpc(place.endpoint) as rpc:
        assert rpc.call("eth_blockNumber") == "0x0"
        place.down()
        place.up()
        assert rpc.call("eth_blockNumber") == "0x0"
