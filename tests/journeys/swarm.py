"""A swarm as its people have it: a folder of keys, files and contexts, and the command line.

Keys are kept under a scrypt cost that costs nothing; everything else is as for a real user.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from array import array
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from cli.main import run
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.checkpoints import write_safetensors

PASSPHRASE = "correct horse"
FOUNDERS = ("alpha", "beta", "gamma")
APPLICANT = "delta"
UPDATE = "0x" + 64 * "3"

CHARTER = """\
scheme: swarm-charter/charter/1
title: The swarm's charter
prohibited_uses:
  - Re-identification of patients
text: Data stay where they are.
"""

TERMS = """\
scheme: swarm-charter/terms/1
title: Heart disease from routine data
question: Does a model trained at several hospitals tell heart disease from its absence?
sponsor: Alpha Hospital
data_use:
  permission: "DUO:0000006"
prohibited_uses:
  - Re-identification of patients
participants:
  kinds: any
  sectors: any
  countries: [DE, PL]
  minimum_signatories: 2
  minimum_contributors: 1
data:
  schema_digest: "0x1111111111111111111111111111111111111111111111111111111111111111"
  records: none
annotation: null
consent:
  basis: waiver
  max_age: null
readiness: stated
rounds: 50
checkpoints:
  quorum: 2
  level: set-checked
model:
  owner: signatories
  use: {signatories: free, contributors: free, others: paid}
  licence:
    id: Apache-2.0
    digest: "0x2222222222222222222222222222222222222222222222222222222222222222"
benefits:
  equal: "50"
  contributed: "50"
  remainder_to: 1
  currency: EUR
ethics:
  approval_digest: null
risk_class: high
expires: "2040-01-01T00:00:00Z"
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote to stdout, as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error it wrote to stderr, as JSON."""
        return json.loads(self.err.splitlines()[-1])


@dataclass(frozen=True, slots=True)
class Swarm:
    """A folder that is a `CHARTER_HOME` and holds the documents of the story too."""

    home: Path
    endpoint: str

    @classmethod
    def found(cls, home: Path, endpoint: str, founders: tuple[str, ...] = FOUNDERS) -> Swarm:
        """Founds a swarm by the command line; each founder has a context of its own name."""
        swarm = cls(home, endpoint)
        home.mkdir(parents=True, exist_ok=True)
        for name in dict.fromkeys((*founders, APPLICANT)):
            swarm.new_key(name)
            swarm.new_key(f"{name}-node")
        swarm.write("passphrase", PASSPHRASE + "\n")
        swarm.write("charter.yaml", CHARTER)
        swarm.write("terms.yaml", TERMS)
        swarm.write("ready.json", "{}")
        swarm.write("profile.txt", "A profile.")
        swarm.write("founders.yaml", founders_file(founders))
        swarm.good(
            "found",
            swarm / "founders.yaml",
            "--endpoint",
            endpoint,
            "--trust",
            swarm / "trust.json",
        )
        if APPLICANT not in founders:
            swarm.add_context(APPLICANT, APPLICANT)
        for name in dict.fromkeys((*founders, APPLICANT)):
            swarm.good("context", "set", name, "--node", f"{name}-node")
        return swarm

    def __truediv__(self, name: str) -> str:
        return str(self.home / name)

    def new_key(self, name: str) -> str:
        """Makes a key that costs nothing to open, unless it is there; returns its address."""
        keystore = Keystore(self.home / "keystores", work=2)
        known = keystore.addresses().get(name)
        return known or keystore.create(name, PASSPHRASE)

    def address(self, name: str) -> str:
        """A key's address."""
        return Keystore(self.home / "keystores").address(name)

    def write(self, name: str, text: str) -> str:
        """Writes a file in the folder and returns its path."""
        (self.home / name).write_text(text, encoding="utf-8")
        return self / name

    def add_context(self, name: str, account: str, **settings: str) -> None:
        """Adds a context for an account."""
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        where = ["--endpoint", self.endpoint, "--trust", self / "trust.json"]
        self.good("context", "add", name, *where, "--account", account, *options)

    # --- running commands -----------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which commands run."""
        ours = {
            "CHARTER_HOME": str(self.home),
            "CHARTER_PASSPHRASE_FILE": self / "passphrase",
            "COLUMNS": "200",
        }
        return {**os.environ, **ours}

    def run(self, *words: str, who: str | None = None) -> Result:
        """Runs a command in this process, as an institution if one is named."""
        arguments = [*words, *(["--context", who] if who else [])]
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment),
            mock.patch("sys.stdin", io.StringIO()),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = run(arguments)
        return Result(status, out.getvalue(), err.getvalue())

    def start(self, *words: str, who: str | None = None) -> subprocess.Popen[str]:
        """Starts a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *words, *(["--context", who] if who else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    def process(self, *words: str, who: str | None = None) -> Result:
        """Runs a command as a process of its own."""
        started = self.start(*words, who=who)
        out, err = started.communicate(timeout=120)
        return Result(started.returncode, out, err)

    def good(self, *words: str, who: str | None = None) -> Any:
        """Runs a command that must succeed and returns its JSON."""
        result = self.run(*words, "--format", "json", who=who)
        assert result.status == 0, result.err
        return result.json

    # --- what the chain says --------------------------------------------------------------------

    def follower(self) -> Follower:
        """The history as it is now, read apart from the command line."""
        with Rpc(self.endpoint) as rpc:
            follower = Follower(rpc, Trust.load(self.home / "trust.json"))
            follower.poll()
        return follower

    def head(self) -> tuple[int, bytes, int]:
        """Length and head of the history, and the newest block: whatever a transaction changes."""
        follower = self.follower()
        assert follower.block is not None
        return follower.length, follower.head, follower.block.number

    # --- shortcuts ------------------------------------------------------------------------------

    def decide(self, proposal: int, *voters: str) -> None:
        """Has a proposal voted for and carried out."""
        for voter in voters:
            self.good("vote", str(proposal), "for", who=voter)
        self.good("execute", str(proposal), who=voters[0])

    def admit_applicant(self) -> None:
        """Has the fourth hospital apply and be voted in, as number 4."""
        self.good(*self.join_words(), who=APPLICANT)
        proposal = self.good("propose", "admit", "4", who="alpha")["proposal"]
        self.decide(proposal, "alpha", "beta")

    def join_words(self, country: str = "FR") -> list[str]:
        """The words of an application."""
        return [
            *("join", "--name", "Delta Hospital", "--kind", "hospital", "--sector", "public"),
            *("--country", country, "--document", self / "profile.txt"),
        ]

    def run_study(self, *signatories: str) -> int:
        """Opens a study, registers the nodes, has it signed and started; returns its number."""
        study = self.good("study", "open", self / "terms.yaml", who=signatories[0])["study"]
        for name in signatories:
            self.good("context", "set", name, "--study", str(study))
            self.good("node", "register", f"{name}-node", who=name)
            self.good(*self.sign_words(study), who=name)
        self.good("study", "start", str(study), who=signatories[0])
        return int(study)

    def sign_words(self, study: int) -> list[str]:
        """The words of a signature."""
        return ["study", "sign", str(study), "--readiness", self / "ready.json", "--yes"]

    def train(self, number: int, *names: str, evidence: str = "evidence.jsonl") -> str:
        """Has updates of a round pass the gate and merges them; returns the checkpoint's package.

        The round is the first since the last final checkpoint; the merge is the mean.
        """
        updates = self.home / f"updates-{number}"
        updates.mkdir()
        for name in names:
            file = updates / f"{name}.safetensors"
            write_safetensors(file, {"w": array("d", [float(name in names[1:]), number])})
            envelope = self / f"envelope-{number}-{name}.json"
            words = ["--round", str(number), "--update", str(file)]
            self.good("gate", "sign", *words, "--out", envelope, who=name)
            self.good(
                "gate", "check", envelope, *words, "--evidence", self / evidence, who=names[0]
            )
        model = self.model(f"model-{number}", [(len(names) - 1) / len(names), float(number)])
        return self.pack(number, names[0], model, evidence=evidence)

    def model(self, name: str, weights: list[float]) -> str:
        """Writes a model's files; returns the folder."""
        folder = self.home / name
        folder.mkdir()
        write_safetensors(folder / "model.safetensors", {"w": array("d", weights)})
        return str(folder)

    def pack(self, number: int, who: str, model: str, *, evidence: str = "evidence.jsonl") -> str:
        """Packs a checkpoint of a round that was trained; returns the package's path."""
        package = self / f"package-of-{Path(model).name}"
        words = ["--last", str(number), "--model", model, "--updates", self / f"updates-{number}"]
        words += ["--out", package]
        self.good("checkpoint", "package", self / evidence, *words, who=who)
        return package


def founders_file(founders: tuple[str, ...]) -> str:
    """The file with which hospitals of these names found a swarm."""
    entries = "".join(
        f"""\
  - name: {name.title()} Hospital
    kind: hospital
    sector: public
    country: DE
    account: {name}
    document: profile.txt
"""
        for name in founders
    )
    return f"""\
scheme: swarm-charter/founders/1
charter: charter.yaml
voting: {{period: 3600, quorum: 50, expiry: 86400}}
founders:
{entries}"""
