"""Texts that strangers wrote, made safe to look at."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_UNSEEN = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x180E),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""Letters and marks that are drawn as nothing: joiners, fillers, blanks, selectors of variants."""
_MARKS = {"Mn", "Me"}
_MARKS_AT_ONCE = 3
_BROAD = frozenset("MW@%mw\u2014\u2026")
_DOUBLE, _CAPITAL = 1.8, 1.2
_NO_BREAK = "\u00a0"


def cleaned(text: str) -> str:
    """A text in which everything can be seen.

    A character that has no form of its own (control characters, marks that turn the direction of
    writing, private ones, fillers) is named, such as `[U+202E]`; white space becomes a space; of
    combining marks on one letter only the first few stay, since they would cover the lines around.
    """
    if text.isascii() and text.isprintable():
        return text
    seen, marks = [], 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in _MARKS else 0
        if letter.isspace():
            seen.append(letter if letter == _NO_BREAK else " ")
        elif category in _HIDDEN or letter in _UNSEEN:
            seen.append(f"[U+{ord(letter):04X}]")
        elif marks <= _MARKS_AT_ONCE:
            seen.append(letter)
    return "".join(seen)


def shortened(text: str, width: float) -> str:
    """A text of at most so many letters of ordinary width, an ellipsis where it was cut."""
    text = cleaned(text)
    room = width
    for place, letter in enumerate(text):
        room -= _width(letter)
        if room < 0:
            return text[:place].rstrip() + "…"
    return text


def _width(letter: str) -> float:
    """About how wide a letter is drawn, beside an ordinary one."""
    if unicodedata.east_asian_width(letter) in {"W", "F"} or letter in _BROAD:
        return _DOUBLE
    return _CAPITAL if letter.isupper() else 1
