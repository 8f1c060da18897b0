"""How amounts, times and digests are written and read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import click
import pytest

from cli.commands.benefit import minor_units
from cli.errors import AmountInvalid
from cli.present import hexed, money, short, when
from cli.values import ADDRESS, DIGEST, choice, member
from governance.vocabulary import Kind, Level

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("100000.01", "EUR", 10_000_001),
        ("100,000.01", "EUR", 10_000_001),
        ("7", "JPY", 7),
        ("7", "EUR", 700),
        ("0.001", "KWD", 1),
        ("1e3", "EUR", 100_000),
        ("1234567890123456789012345678901234.56", "EUR", 123456789012345678901234567890123456),
    ],
)
def test_amounts_are_exact(amount: str, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0", "EUR"),
        ("-1", "EUR"),
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("ten", "EUR"),
        ("", "EUR"),
        ("1e40", "EUR"),
        ("100,01", "EUR"),
        ("1,00", "EUR"),
        ("1,0000", "EUR"),
        ("1000,000", "EUR"),
        (",100", "EUR"),
        ("5,", "EUR"),
        ("1.000,01", "EUR"),
        ("0." + 120 * "0" + "1", "EUR"),
        ("5." + 120 * "0" + "1", "EUR"),
    ],
)
def test_what_is_no_amount_is_told(amount: str, currency: str) -> None:
    with pytest.raises(AmountInvalid):
        minor_units(amount, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (10_000_001, "EUR", "100,000.01 EUR"),
        (7, "JPY", "7 JPY"),
        (1, "KWD", "0.001 KWD"),
        (0, "EUR", "0.00 EUR"),
    ],
)
def test_money_is_written_with_its_decimals(minor: int, currency: str, written: str) -> None:
    assert money(minor, currency) == written


def test_times_are_in_utc() -> None:
    assert when(0) == "1970-01-01 00:00:00 UTC"
    assert when(None) is None


def test_a_zero_digest_is_none() -> None:
    assert hexed(bytes(32)) is None
    assert short(None) is None
    assert short(bytes(31) + b"\x01") == "0x000000000000…"


def test_a_digest_is_given_or_taken_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"text")
    assert DIGEST.convert(str(file), None, None) == hashlib.sha256(b"text").digest()
    assert DIGEST.convert("0x" + 64 * "a", None, None) == bytes.fromhex(64 * "a")
    for wrong in ("0x12", "0xzz", str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(click.BadParameter):
            DIGEST.convert(wrong, None, None)


def test_an_address_has_its_checksum() -> None:
    checked = "0xE1DbBb9709c7Af2D66AD34Cd4817A8CF30d7dD7f"
    assert ADDRESS.convert(checked.lower(), None, None) == checked
    with pytest.raises(click.BadParameter):
        ADDRESS.convert(checked[:-1] + "F", None, None)


def test_members_of_enums_are_words() -> None:
    assert "data-trustee" in choice(Kind).choices
    assert list(choice(Level, "set-checked").choices) == ["set-checked"]
    assert member(Kind, "data-trustee") is Kind.DATA_TRUSTEE
