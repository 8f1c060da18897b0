"""Texts that strangers wrote, made safe to look at."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS = {"Mn", "Me"}
_MARKS_AT_ONCE = 3
_NO_BREAK = "\u00a0"


def cleaned(text: str) -> str:
    """A text in which everything can be seen.

    A character that has no form of its own (control characters, marks that turn the direction of
    writing, private ones) is named, such as `[U+202E]`; white space becomes a space; of combining
    marks on one letter only the first few stay, since they would cover the lines around.
    """
    if text.isascii() and text.isprintable():
        return text
    seen, marks = [], 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in _MARKS else 0
        if letter.isspace():
            seen.append(letter if letter == _NO_BREAK else " ")
        elif category in _HIDDEN:
            seen.append(f"[U+{ord(letter):04X}]")
        elif marks <= _MARKS_AT_ONCE:
            seen.append(letter)
    return "".join(seen)


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters, an ellipsis where it was cut."""
    text = cleaned(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
