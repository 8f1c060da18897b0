"""Countersigning as institutions do it: once, again and again, by files, and never a lie."""

from __future__ import annotations

import json
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy import embedded
from deploy.anvil import free_port
from governance.chain.keystore import Keystore
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from tests.integration.persons import two_of_three
from tests.journeys.swarm import PASSPHRASE, Swarm

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A chain that these tests stop, start and take back; its folder and port."""
    folder, port = tmp_path_factory.mktemp("own-chain"), free_port()
    embedded.up(folder, port=port)
    yield folder, port
    embedded.down(folder)


@pytest.fixture
def own(place: tuple[Path, int], tmp_path: Path) -> Swarm:
    """A swarm on that chain."""
    return Swarm.found(tmp_path, f"http://127.0.0.1:{place[1]}")


def file_of(swarm: Swarm, who: str, name: str = "") -> str:
    """A countersignature in a file."""
    path = swarm / f"{name or who}.json"
    told = swarm.good("history", "countersign", "-o", path, who=who)
    assert told["file"] == path
    return path


def memory(swarm: Swarm, who: str) -> Path:
    (found,) = (swarm.home / "countersigned" / who).glob("*-0x*.json")
    return found


def changed(swarm: Swarm, path: str, **fields: Any) -> str:
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    return swarm.write("changed.json", json.dumps(said | fields))


def test_who_has_rotated_hands_over_by_the_account_before(swarm: Swarm) -> None:
    swarm.new_key("alpha-2")
    swarm.good("account", "rotate", "alpha-2", "--yes", who="alpha")
    swarm.add_context("before", "alpha")
    for who in ("alpha", "beta", "gamma"):
        swarm.good("history", "countersign", who=who)
    told = swarm.good("history", "countersignatures", who="alpha")
    assert told["vouched_length"] == 0, "of three, all must sign by the account that was believed"
    swarm.good("history", "hand-in", file_of(swarm, "before"), who="alpha")
    told = swarm.good("history", "countersignatures", who="alpha")
    assert told["vouched_length"] == told["history_length"]
    assert {each["institution"] for each in told["countersignatures"]} == {1, 2, 3}
    # From here on the new account counts.
    swarm.good(*swarm.join_words(), who="delta")
    for who in ("alpha", "beta", "gamma"):
        swarm.good("history", "countersign", who=who)
    told = swarm.good("history", "countersignatures", who="alpha")
    assert told["vouched_length"] == told["history_length"]


# --- files ----------------------------------------------------------------------------------------


def test_countersignatures_are_exchanged_as_files(swarm: Swarm) -> None:
    files = [file_of(swarm, who) for who in ("alpha", "beta")]
    block = swarm.head()[2]
    said = json.loads(Path(files[0]).read_text(encoding="utf-8"))
    assert said["scheme"] == "swarm-charter/countersignature/1"
    assert said["account"] == swarm.address("alpha")
    swarm.good("history", "countersign", who="gamma")
    assert swarm.head()[2] == block + 1, "a file is no transaction"
    told = swarm.good("history", "countersignatures", *files, who="gamma")
    assert [each["institution"] for each in told["countersignatures"]] == [1, 2, 3]
    assert {each["history"] for each in told["countersignatures"]} == {"fits"}
    assert told["vouched_length"] == told["history_length"] == said["length"]
    assert told["conflicts"] == []
    result = swarm.run("history", "countersignatures", *files, who="beta")
    assert result.status == 0
    assert result.out.count(" fits") == 3


def test_files_are_held_against_each_other_without_context_and_chain(
    swarm: Swarm, tmp_path: Path
) -> None:
    path = file_of(swarm, "alpha")
    nobody = Swarm(tmp_path / "nobody", "http://127.0.0.1:1")
    nobody.home.mkdir()
    words = ["history", "countersignatures", path, "--trust", swarm / "trust.json"]
    told = nobody.good(*words)
    assert told["countersignatures"][0]["institution"] == 1
    result = nobody.run(*words)
    assert result.status == 0
    assert "The chain was not asked" in result.err
    result = nobody.run("history", "countersignatures", "--trust", swarm / "trust.json")
    assert (result.status, "FILES" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("fields", "code", "status"),
    [
        ({"chain_id": 5}, "CountersignatureForeign", 2),
        ({"history": "0x" + 40 * "7"}, "CountersignatureForeign", 2),
        ({"length": 1}, "CountersignatureForged", 3),
        ({"head": "0x" + 64 * "0"}, "CountersignatureForged", 3),
        ({"account": "0x" + 40 * "1"}, "CountersignatureForged", 3),
        ({"signature": "0x" + 130 * "1"}, "CountersignatureForged", 3),
        ({"signature": "0x" + 300 * "1"}, "CountersignatureOfContract", 3),
        ({"scheme": "swarm-charter/countersignature/2"}, "CountersignatureInvalid", 2),
        ({"more": 1}, "CountersignatureInvalid", 2),
        ({"length": True}, "CountersignatureInvalid", 2),
        ({"length": -1}, "CountersignatureInvalid", 2),
        ({"head": "0x00"}, "CountersignatureInvalid", 2),
        ({"account": 7}, "CountersignatureInvalid", 2),
        ({"signature": "0x"}, "CountersignatureInvalid", 2),
    ],
)
def test_a_file_that_is_none_or_not_genuine_is_refused(
    signed: tuple[Swarm, str], fields: dict[str, Any], code: str, status: int
) -> None:
    swarm, path = signed
    other = changed(swarm, path, **fields)
    words = ["history", "countersignatures", other, "--format", "json"]
    result = swarm.run(*words, "--trust", swarm / "trust.json")
    assert (result.status, result.error["code"]) == (status, code)
    assert other in result.error["message"]
    result = swarm.run(*words, who="alpha")
    # The chain knows that no contract stands behind such a signature.
    asked = "CountersignatureForged" if status == 3 else code
    assert (result.status, result.error["code"]) == (status, asked)


@pytest.fixture(scope="module")
def signed(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Swarm, str]:
    """A swarm, and the file of a countersignature in it."""
    swarm = Swarm.found(tmp_path_factory.mktemp("signed"), endpoint)
    return swarm, file_of(swarm, "alpha")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "\xff", "[" * 60_000, '{"a":1,"a":2}', "x" * 70_000]
)
def test_a_file_of_anything_else_is_refused(signed: tuple[Swarm, str], text: str) -> None:
    swarm, _ = signed
    path = swarm.home / "other.json"
    path.write_bytes(text.encode("latin-1"))
    words = ["history", "countersignatures", str(path), "--trust", swarm / "trust.json"]
    result = swarm.run(*words, "--format", "json")
    assert (result.status, result.error["code"]) == (2, "CountersignatureInvalid")


def test_two_persons_sign_for_a_contract_and_the_chain_alone_can_check_it(swarm: Swarm) -> None:
    persons = ("anna", "bert", "cleo")
    code = two_of_three([swarm.new_key(person) for person in persons])
    for person in persons:
        swarm.add_context(person, person)
    signer = Keystore(swarm.home / "keystores").unlock("alpha", PASSPHRASE)
    with Rpc(swarm.endpoint) as rpc, Sender(rpc, signer, swarm.home / "journals" / "x") as sender:
        account = sender.send(Act("", code, "create an account")).contract
    assert account is not None
    proposal = swarm.good("account", "recover", "3", account, who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta")

    path = swarm / "two.json"
    words = ["history", "countersign", "--from", account, "-o", path]
    first = swarm.good(*words, who="anna")
    assert (first["institution"], first["already"]) == (3, False)
    check = ["history", "countersignatures", path, "--format", "json"]
    result = swarm.run(*check, who="alpha")
    assert (result.status, result.error["code"]) == (3, "CountersignatureForged")
    # What comes meanwhile does not change what is signed.
    swarm.good("node", "register", "beta-node", who="beta")
    second = swarm.good(*words, who="cleo")
    assert (second["length"], second["head"]) == (first["length"], first["head"])
    assert swarm.good(*words, who="cleo")["already"]

    result = swarm.run(*check, "--trust", swarm / "trust.json")
    assert (result.status, result.error["code"]) == (3, "CountersignatureOfContract")
    assert "cannot be checked without the chain" in result.error["message"]
    (listed,) = swarm.good(*check, who="alpha")["countersignatures"]
    assert (listed["account"], listed["institution"], listed["history"]) == (account, 3, "fits")

    # Anybody may hand it in.
    (sent,) = swarm.good("history", "hand-in", path, path, who="beta")["sent"]
    assert (sent["account"], sent["length"]) == (account, first["length"])
    assert swarm.good("history", "hand-in", path, who="gamma")["already"]
    result = swarm.run("history", "hand-in", path, file_of(swarm, "beta"), who="alpha")
    assert (result.status, result.out.count(swarm.address("beta"))) == (0, 1)
    result = swarm.run("history", "hand-in", path, who="beta")
    assert (result.status, result.out) == (0, "Nothing was sent.\n")
    listed = swarm.good("history", "countersignatures", who="alpha")["countersignatures"][0]
    assert (listed["source"], listed["institution"]) == ("the chain", 3)


def test_a_file_that_others_began_must_be_for_the_same(swarm: Swarm) -> None:
    path = file_of(swarm, "alpha")
    words = ["history", "countersign", "-o", path, "--from", swarm.address("beta")]
    result = swarm.run(*words, "--format", "json", who="beta")
    assert (result.status, result.error["code"]) == (2, "CountersignatureOther")
    result = swarm.run(
        *("history", "countersign", "--from", swarm.new_key("nobody"), "-o", swarm / "x.json"),
        *("--format", "json"),
        who="beta",
    )
    assert result.error["code"] == "NotAnInstitution"


# --- what was signed before -----------------------------------------------------------------------


def test_what_was_signed_is_remembered_for_its_owner_alone(swarm: Swarm) -> None:
    swarm.good("history", "countersign", who="alpha")
    kept = memory(swarm, "alpha")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    length, head, _ = swarm.head()
    said = json.loads(kept.read_text(encoding="utf-8"))
    assert (said["length"], said["head"]) == (length, "0x" + head.hex())
    kept.write_text("torn", encoding="utf-8")
    result = swarm.run("history", "countersign", "--format", "json", who="alpha")
    assert (result.status, result.error["code"]) == (7, "CountersignedUnreadable")


def test_a_history_that_was_rewritten_is_not_signed_again(own: Swarm) -> None:
    with Rpc(own.endpoint) as rpc:
        before = rpc.call("evm_snapshot")
        own.good("node", "register", "alpha-node", who="alpha")
        first = file_of(own, "alpha")
        assert rpc.call("evm_revert", before)
    result = own.run("history", "countersign", "--format", "json", who="alpha")
    assert (result.status, result.error["code"]) == (5, "HistoryShorterThanSigned")
    own.good("node", "register", "beta-node", who="beta")
    own.good("history", "countersign", who="beta")

    for words in (["history", "countersign"], ["history", "countersign", "-o", own / "no.json"]):
        result = own.run(*words, "--format", "json", who="alpha")
        assert (result.status, result.error["code"]) == (3, "HistoryRewritten")
    assert not (own.home / "no.json").exists()
    kept = sorted((own.home / "countersigned" / "alpha").glob("rewritten-*.json"))
    assert {json.loads(each.read_text())["account"] for each in kept} == {
        own.address("alpha"),
        own.address("beta"),
    }
    assert all(str(each) in result.error["remedy"] for each in kept)

    # Both signatures together are the proof, for whoever has the files alone.
    result = own.run(
        *("history", "countersignatures", *map(str, kept), "--trust", own / "trust.json"),
    )
    assert result.status == 1
    assert own.address("alpha") in result.out.split("Rewritten: ")[1]
    assert own.address("beta") in result.out.split("Rewritten: ")[1]
    result = own.run("history", "countersignatures", first, who="gamma")
    assert result.status == 1
    assert "Contradicted: institution 1 signed" in result.out
    result = own.run("history", "countersignatures", first, "--format", "json", who="gamma")
    assert result.status == 1
    ((one, other),) = [each["heads"] for each in result.json["conflicts"]]
    assert {*one["accounts"], *other["accounts"]} == {own.address("alpha"), own.address("beta")}


# --- again and again ------------------------------------------------------------------------------


def line_of(watch: subprocess.Popen[str]) -> dict[str, Any]:
    assert watch.stdout is not None
    told: dict[str, Any] = json.loads(watch.stdout.readline())
    return told


def await_note(watch: subprocess.Popen[str], words: str) -> None:
    assert watch.stderr is not None
    for line in watch.stderr:
        if words in line:
            return
    pytest.fail(f"it never said: {words}")


def watching(swarm: Swarm, *words: str) -> subprocess.Popen[str]:
    started = swarm.start("history", "countersign", "--watch", *words, who="alpha")
    await_note(started, "Watching from length")
    return started


def test_a_watch_countersigns_after_entries_of_others(own: Swarm, place: tuple[Path, int]) -> None:
    own.good("history", "countersign", who="alpha")
    watch = watching(own, "--every", "2", "--format", "json")
    try:
        own.good("node", "register", "alpha-node", who="alpha")
        own.good("node", "register", "beta-node", who="beta")
        folder, port = place
        embedded.down(folder)
        await_note(watch, "asked again")
        embedded.up(folder, port=port)
        await_note(watch, "answers again")
        own.good("node", "register", "gamma-node", who="gamma")
        told = line_of(watch)
        assert told["schema"] == "swarm-charter/cli/history-countersign/1"
        assert (told["institution"], told["already"]) == (1, False)
        follower = own.follower()
        assert [(each.account, each.length) for each in follower.countersignatures] == [
            (own.address("alpha"), told["length"] - 3),
            (own.address("alpha"), told["length"]),
        ]
        watch.send_signal(signal.SIGTERM)
        out, err = watch.communicate(timeout=20)
        assert (watch.returncode, out) == (0, "")
        assert "Ended." in err
    finally:
        watch.kill()
        watch.wait()


def test_a_watch_goes_on_where_it_ended_and_ends_where_history_is_rewritten(own: Swarm) -> None:
    with Rpc(own.endpoint) as rpc:
        before = rpc.call("evm_snapshot")
        watch = watching(own, "--every", "1")
        try:
            assert watch.stdout is not None
            assert watch.stdout.readline().startswith("Countersigned length ")
            own.good("node", "register", "beta-node", who="beta")
            assert watch.stdout.readline().startswith("Countersigned length ")
            assert rpc.call("evm_revert", before)
            own.good("node", "register", "gamma-node", who="gamma")
            _, err = watch.communicate(timeout=20)
            assert watch.returncode == 3
            assert "[HistoryRewritten]" in err
        finally:
            watch.kill()
            watch.wait()


@pytest.mark.parametrize(
    "words",
    [
        ["--every", "2"],
        ["--watch", "-o", "x.json"],
        ["--watch", "--every", "0"],
        ["--from", "0x" + 40 * "1"],
    ],
)
def test_words_that_do_not_go_together(swarm: Swarm, words: list[str]) -> None:
    assert swarm.run("history", "countersign", *words, who="alpha").status == 2
