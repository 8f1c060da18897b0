"""How mistakes are told: one class for each kind, one sentence what is wrong, one what to do.

An error's `code` never changes once it is released; scripts and reports rely on it. Its
`exit_status` is what the command line ends with.
"""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExitStatus(IntEnum):
    """What a command's exit status says; `audit` ends with one of the first four."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNVERIFIABLE = 3
    REFUSED = 4
    CHAIN = 5
    TIMED_OUT = 6
    LOCAL = 7


class ErrorJson(TypedDict):
    """An error as the command line prints it under `--format json`."""

    code: str
    message: str
    remedy: str
    exit_status: int


_registry: dict[str, type[CharterError]] = {}


class CharterError(Exception):
    """A mistake with a name, of which the user is told without a traceback.

    A subclass that declares its own `code` is a kind of mistake and is registered under it; one
    that declares none is a family of kinds.
    """

    code: str = "CharterError"
    exit_status: ExitStatus = ExitStatus.USAGE

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = cls.__dict__.get("code")
        if declared is None:
            return
        known = _registry.setdefault(declared, cls)
        # A dataclass with slots or a reloaded module makes the same class twice; two kinds with one
        # code are a bug.
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"error code {declared} belongs to {known.__qualname__} already")
        _registry[declared] = cls

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by their args alone, which would lose the remedy on the way out of a
        # worker process.
        return _rebuild, (type(self), dict(self.__dict__))

    def as_json(self) -> ErrorJson:
        """The error as plain data, in the shape that every command prints."""
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "exit_status": int(self.exit_status),
        }


def _rebuild(kind: type[CharterError], fields: dict[str, Any]) -> CharterError:
    error = kind.__new__(kind, fields["message"])
    error.__dict__.update(fields)
    return error


def error_codes() -> Mapping[str, type[CharterError]]:
    """All kinds of mistakes by their codes, as far as their modules are loaded."""
    return MappingProxyType(_registry)
