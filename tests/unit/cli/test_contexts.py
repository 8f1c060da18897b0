"""The file of contexts: what it keeps, and what becomes of a broken one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.contexts import Context, Contexts
from cli.errors import ContextExists, ContextIncomplete, ContextsCorrupt, ContextUnknown, NoContext

if TYPE_CHECKING:
    from pathlib import Path

ONE = Context("http://127.0.0.1:8545", "/trust.json", account="a", study=2, journal="/j")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "contexts.json"
    contexts = Contexts.load(path)
    assert contexts.add("one", ONE)
    contexts.save()
    assert Contexts.load(path) == contexts
    assert [entry.name for entry in path.parent.iterdir()] == ["contexts.json"]


def test_the_first_context_becomes_current_and_the_second_does_not(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    contexts.add("two", Context("http://127.0.0.1:1", "/t"))
    assert contexts.get(None) == ("one", ONE)
    assert contexts.get("two")[1].endpoint == "http://127.0.0.1:1"


def test_adding_the_same_again_changes_nothing_and_another_is_refused(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    assert not contexts.add("one", ONE)
    with pytest.raises(ContextExists):
        contexts.add("one", Context("http://127.0.0.1:1", "/t"))
    assert contexts.get("one")[1] == ONE


def test_no_context_is_current_after_it_was_removed(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    contexts.remove("one")
    with pytest.raises(NoContext):
        contexts.get(None)
    with pytest.raises(ContextUnknown):
        contexts.get("one")
    with pytest.raises(ContextUnknown):
        contexts.remove("one")


def test_what_a_context_lacks_is_named() -> None:
    assert ONE.require("account") == "a"
    with pytest.raises(ContextIncomplete, match="names no node"):
        ONE.require("node")


GOOD = {"scheme": "swarm-charter/contexts/1", "current": "", "contexts": {}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        json.dumps({**GOOD, "scheme": "swarm-charter/contexts/9"}),
        json.dumps({**GOOD, "contexts": []}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoint": "x"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoint": "x", "trust": 3}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoint": "x", "trust": "y", "study": "z"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoint": "x", "trust": "y", "more": "z"}}}),
    ],
)
def test_a_broken_file_is_said_to_be_broken(tmp_path: Path, text: str) -> None:
    path = tmp_path / "contexts.json"
    path.write_text(text)
    with pytest.raises(ContextsCorrupt):
        Contexts.load(path)
