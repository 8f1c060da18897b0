"""Patterns that try too many ways to read a value are given up, and others are not."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from governance.readiness import patience
from governance.readiness.inspection import inspect
from governance.readiness.patience import SchemaTooSlow
from governance.readiness.schema import DataSchema

if TYPE_CHECKING:
    from pathlib import Path

FOR_EVER = "^(a+)+$"
LONG = "a" * 64 + "!"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.2)


def schema(**column: Any) -> DataSchema:
    return DataSchema(json.dumps({"properties": {"code": {"type": "string"} | column}}).encode())


def table(folder: Path, *cells: str) -> Path:
    path = folder / "data.csv"
    path.write_text("code\n" + "".join(f"{cell}\n" for cell in cells), encoding="utf-8")
    return path


def test_a_pattern_that_lasts_for_ever_is_told_with_its_column(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(SchemaTooSlow) as caught:
        inspect(table(tmp_path, "aaa", LONG), schema(pattern=FOR_EVER))
    assert "Row 2, column code," in caught.value.message
    assert FOR_EVER in caught.value.message
    assert LONG not in caught.value.message
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_so_is_one_deep_in_the_schema_or_in_a_rule_between_columns(tmp_path: Path) -> None:
    data = table(tmp_path, LONG)
    with pytest.raises(SchemaTooSlow, match="Row 1, column code, takes too long to be held"):
        inspect(data, schema(anyOf=[{"pattern": FOR_EVER}]))
    between = {
        "properties": {"code": {"type": "string"}},
        "if": {"properties": {"code": {"pattern": FOR_EVER}}},
    }
    with pytest.raises(SchemaTooSlow, match="Row 1 takes too long"):
        inspect(data, DataSchema(json.dumps(between).encode()))


def test_a_long_table_is_not_given_up(tmp_path: Path) -> None:
    cells = [f"a{number}" for number in range(20_000)]
    found = inspect(table(tmp_path, *cells), schema(pattern="^(a|b)+[0-9]+$"))
    assert (found.table.rows, found.table.faulty) == (20_000, 0)


def test_elsewhere_than_in_the_main_thread_it_is_checked_without_a_limit(tmp_path: Path) -> None:
    found = []
    data, asked = table(tmp_path, "aaa"), schema(pattern=FOR_EVER)
    thread = threading.Thread(target=lambda: found.append(inspect(data, asked)))
    thread.start()
    thread.join()
    assert found[0].table.faulty == 0
