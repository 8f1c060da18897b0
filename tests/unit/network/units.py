"""A systemd unit's lines, read as systemd reads them (systemd.syntax, systemd.service)."""

from __future__ import annotations

import shlex


def entries(unit: str) -> dict[str, str]:
    """Values by key; no key of ours stands twice."""
    pairs = [line.partition("=")[::2] for line in unit.splitlines() if "=" in line]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def words(value: str) -> list[str]:
    """A list of words: split at spaces, quoted and escaped as in C, `%%` for `%`."""
    assert "%" not in value.replace("%%", ""), "a specifier"
    return [word.replace("%%", "%") for word in shlex.split(value)]


def command(value: str) -> list[str]:
    """A command line: `$$` for `$` in the arguments, whose variables are filled in."""
    program, *arguments = words(value)
    assert not any("$" in each.replace("$$", "") for each in arguments), "a variable"
    return [program, *(each.replace("$$", "$") for each in arguments)]


def paths(value: str) -> list[str]:
    """A list of paths: as words, but a backslash is one."""
    return words(value.replace("\\", "\\\\"))
