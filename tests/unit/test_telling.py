"""A module's log: it tells from where, and ends nothing."""

import logging

import pytest

from governance.telling import teller


def test_an_entry_is_told_as_by_whoever_wrote_it(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("what?")
    except ValueError:
        teller("governance.somewhere").exception("%s failed", "something")
    (entry,) = caplog.records
    assert (entry.name, entry.message, entry.levelno) == (
        "governance.somewhere",
        "something failed",
        logging.ERROR,
    )
    assert entry.funcName == "test_an_entry_is_told_as_by_whoever_wrote_it"
    assert "what?" in caplog.text


def test_what_a_handler_raises_reaches_nobody() -> None:
    asked: list[str] = []

    class Raising(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            asked.append(record.getMessage())
            raise OSError(28, "No space left on device")

    log, handler = logging.getLogger("governance.somewhere"), Raising()
    log.addHandler(handler)
    try:
        teller(log.name).warning("the chain is away")
    finally:
        log.removeHandler(handler)
    assert asked == ["the chain is away"]
