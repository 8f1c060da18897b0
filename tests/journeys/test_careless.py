"""What careless hands do to a command line: files that are none, streams that are closed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.journeys.swarm import PASSPHRASE, Swarm

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 300 * 2**20
ONES = "0x" + 64 * "1"


@pytest.fixture
def home(tmp_path: Path) -> Swarm:
    """A machine of which nothing is known yet, with files of all kinds that are no documents."""
    home = Swarm(tmp_path, "http://127.0.0.1:9")
    home.write("passphrase", f"{PASSPHRASE}\n")
    os.mkfifo(home / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(HUGE)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    return home


def shell(home: Swarm, words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `charter` and what follows it in a shell."""
    return subprocess.run(
        ["bash", "-c", f'charter() {{ "{sys.executable}" -m cli "$@"; }}; charter {words}'],
        env={**home.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# --- files ----------------------------------------------------------------------------------------

READING = [
    "join --name X --kind hospital --sector public --country DE --document @",
    "propose charter @",
    "study open @",
    f"study sign 1 --readiness {ONES} --charter @",
    "study sign 1 --readiness @",
    "found @",
    "found --verify --trust @",
    "context add x --endpoint http://127.0.0.1:9 --trust @",
    "relay show @",
    "audit verify @",
    "audit live --charter @",
    "history countersignatures @",
    "gate log @",
    "gate sign --round 1 --out x --update @",
    f"gate check @ --round 1 --update {ONES} --evidence x",
    "network assemble @",
    "consent import @",
    "consent explain p1 --terms @",
    "checkpoint digest @",
    f"gate sign --round 1 --out x --update {ONES} --passphrase-file @",
]


@pytest.mark.parametrize("words", READING)
def test_what_is_no_plain_file_is_not_read(home: Swarm, words: str) -> None:
    piped = words.endswith("--passphrase-file @")
    odd = ["folder", "dangling"] if piped else ["folder", "pipe", "dangling", "/dev/zero"]
    for name in odd:
        if name == "folder" and words.endswith(("import @", "digest @", "--update @")):
            continue
        if name == "dangling" and words.startswith("found --verify"):
            continue
        result = home.run(*words.replace("@", str(home.home / name)).split(), "--format", "json")
        assert (result.status, result.error["code"]) == (2, "UsageInvalid"), (name, result.err)


@pytest.mark.parametrize(
    "words",
    [
        "vote 1 for --sign-only @",
        "history countersign --to-file @",
        "audit collect --output @",
        "audit report @ --output @",
        "audit live --html @",
        "audit prove-event --number 1 --out @",
        f"gate sign --round 1 --update {ONES} --out @",
        "found x --trust @",
    ],
)
def test_what_is_no_plain_file_is_not_written_over(home: Swarm, words: str) -> None:
    result = home.run(*words.replace("@", home / "pipe").split(), "--format", "json")
    assert result.status == 2
    assert (home.home / "pipe").is_fifo()


@pytest.mark.parametrize(
    "words",
    ["consent prove p1 --out x --ledger=", "study open --charter= x", "vote 1 for --sign-only="],
)
def test_an_empty_name_is_no_file(home: Swarm, words: str) -> None:
    result = home.run(*words.split(), "--format", "json")
    assert (result.status, result.error["code"]) == (2, "UsageInvalid")


@pytest.mark.parametrize(
    "words",
    [
        *("found @", "relay show @", "study sign 1 --readiness @", "audit live --charter @"),
        *("vote 1 for --sign-only @", "found --verify --trust @"),
    ],
)
def test_what_is_read_whole_is_not_read_without_end(home: Swarm, words: str) -> None:
    result = home.run(*words.replace("@", home / "huge").split())
    assert result.status == 2
    assert "is larger than" in result.err


def test_a_passphrase_may_come_through_a_pipe(home: Swarm) -> None:
    made = shell(home, f"account new a --passphrase-file <(echo '{PASSPHRASE}')")
    assert made.returncode == 0, made.stderr
    assert PASSPHRASE not in made.stdout + made.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--passphrase-file /dev/zero", "begins with a line of more than"),
        ("--passphrase-file /dev/null", "The file /dev/null begins with an empty line."),
        ("--passphrase-fd 77", "The descriptor 77 cannot be read (Bad file descriptor)."),
        (f"--passphrase-fd {10**12}", "cannot be read (Bad file descriptor)."),
    ],
)
def test_what_hands_over_no_passphrase_is_named(home: Swarm, words: str, said: str) -> None:
    result = home.run("account", "new", "a", *words.split())
    assert result.status == 7
    assert "[PassphraseMissing]" in result.err
    assert said in result.err


@pytest.mark.parametrize(
    "words",
    [
        "study sign 1 --readiness @/passphrase --consent @/passphrase",
        "study renew-consent 1 --consent @/passphrase",
        "study sign 1 --readiness @/passphrase --digest @/passphrase",
        "audit prove-event --out @/x --transaction @/passphrase",
        "audit verify-event @/passphrase --head-hash @/passphrase",
    ],
)
def test_the_hash_of_a_file_is_no_root_and_no_block(home: Swarm, words: str) -> None:
    result = home.run(*words.replace("@", str(home.home)).split(), "--format", "json")
    assert (result.status, result.error["code"]) == (2, "UsageInvalid")
    assert "0x" in result.error["message"]


# --- streams --------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["", "study"])
def test_a_group_alone_shows_its_commands(home: Swarm, group: str) -> None:
    told = home.run(*group.split())
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith(f"Usage: charter {group}".rstrip())
    assert len(told.err.splitlines()) > 10
    assert "Error" not in told.err


@pytest.mark.parametrize("words", ["completion bash", "context list", "--help"])
def test_who_reads_no_further_ends_the_command_silently(home: Swarm, words: str) -> None:
    for unbuffered in ("", "1"):
        ended = shell(home, f"{words} | true; exit ${{PIPESTATUS[0]}}", PYTHONUNBUFFERED=unbuffered)
        assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
def test_a_command_does_without_streams_that_are_closed(home: Swarm, closed: str) -> None:
    ended = shell(home, f"context list --format json {closed}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert '"contexts": []' in ended.stdout
    made = shell(home, f"account new a {closed}", CHARTER_PASSPHRASE_FILE="")
    assert (made.returncode, made.stdout) == (7, "")


def test_a_result_that_nobody_wants_is_no_error(home: Swarm) -> None:
    ended = shell(home, "context list >&-")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_full_disk_is_told(home: Swarm) -> None:
    ended = shell(home, "context list --format json > /dev/full")
    assert ended.returncode == 7
    assert '"code": "FileUnusable"' in ended.stderr


def test_a_terminal_that_lacks_a_character_is_shown_its_number(home: Swarm) -> None:
    home.write("trust.json", "{}")
    shell(home, f"context add Köln --endpoint http://127.0.0.1:9 --trust '{home / 'trust.json'}'")
    ended = shell(home, "context list", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "K\\xf6ln" in ended.stdout
