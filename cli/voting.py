"""How votes are written."""

from __future__ import annotations

from governance.history.proposals import Support

SUPPORT_WORDS = {
    Support.IN_FAVOUR: "for",
    Support.AGAINST: "against",
    Support.ABSTAIN: "abstain",
}
"""A ballot as commands and JSON write it."""

SUPPORTS = {word: support for support, word in SUPPORT_WORDS.items()}
"""The ballot that a word stands for."""
