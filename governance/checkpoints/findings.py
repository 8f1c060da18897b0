"""What an examination of a checkpoint's package came to, and how it is written down."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from governance.checkpoints.canonical import canonical_json
from governance.checkpoints.errors import CheckpointRefused
from governance.primitives import to_hex
from governance.vocabulary import Level

if TYPE_CHECKING:
    from pathlib import Path

SCHEME: Final = "swarm-charter/examination/1"
"""Names the form of a line that `write_down` writes."""

_REMEDY: Final = "Do not vouch for it; have who merged it explain, and tell the other signatories."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a package that whoever attests should know.

    Attributes:
        code: What it is, as code reads it; it never changes.
        sentence: The same for a person.
        refuses: Whether nobody should attest because of it.
    """

    code: str
    sentence: str
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class Examination:
    """How far a checkpoint has been checked, or why it is refused.

    Attributes:
        checkpoint: Its identity; zero for what has yet to be published.
        study: Address of the study's contract.
        round: The last round covered.
        level: Up to which it can be attested; `Level.NONE` if it is refused.
        findings: What was found; of a refused one, what it is refused for first.
    """

    checkpoint: bytes
    study: str
    round: int
    level: Level
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether nobody should attest it."""
        return self.level is Level.NONE

    def require(self) -> Level:
        """The level up to which it can be attested.

        Raises:
            CheckpointRefused: It is refused; the code is the first finding's.
        """
        if self.refused:
            first = self.findings[0]
            error = CheckpointRefused(first.sentence, _REMEDY)
            error.code = first.code
            raise error
        return self.level

    def as_json(self) -> dict[str, Any]:
        """The examination as plain data."""
        return {
            "checkpoint": to_hex(self.checkpoint),
            "study": self.study,
            "round": self.round,
            "level": self.level.name.lower().replace("_", "-"),
            "findings": [
                {"code": each.code, "sentence": each.sentence, "refuses": each.refuses}
                for each in self.findings
            ],
        }

    def write_down(self, path: Path, at: int) -> None:
        """Appends the examination to a file of such, as one line of JSON.

        Args:
            path: The file, begun if there is none; its folder too.
            at: Unix seconds.

        Raises:
            OSError: It cannot be written in full; then nothing of it stays.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        line = canonical_json({"scheme": SCHEME, "at": at, **self.as_json()}) + b"\n"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            before = os.fstat(file).st_size
            if os.write(file, line) != len(line):
                os.ftruncate(file, before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(file)
        finally:
            os.close(file)
