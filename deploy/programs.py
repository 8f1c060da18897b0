"""Where the native programs stand that come as npm packages: anvil and forge.

The package for this machine's kind is used directly. The links that npm makes in ``.bin`` are not
to be relied on (the wrapper package and the native one claim the same name, and some versions of
npm then make none), and the wrapper would stand between us and the program's signals.
"""

import platform
import sys
from pathlib import Path

from governance.errors import CharterError, ExitStatus

_PACKAGES = Path(__file__).resolve().parent.parent / "node_modules" / "@foundry-rs"
_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "amd64", "x86_64": "amd64"}


class ProgramMissing(CharterError):
    """A program that the project brings along is not installed."""

    code = "ProgramMissing"
    exit_status = ExitStatus.LOCAL


def find_program(name: str) -> Path:
    """The path of ``anvil`` or ``forge``.

    Raises:
        ProgramMissing: when it is not installed, or not made for this kind of machine.
    """
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    package = _PACKAGES / f"{name}-{sys.platform}-{machine}"
    program = package / "bin" / (f"{name}.exe" if sys.platform == "win32" else name)
    if not program.is_file():
        raise ProgramMissing(
            f"The program {name} is not installed for {sys.platform} on {machine}.",
            "Run `make setup`; where that does not help, use Linux on x86-64.",
        )
    return program
