"""What each operator makes of a small contract, and that nothing else is made of it."""

import json
import subprocess
from functools import cache

import pytest

from deploy.compile import COMPILER
from tests.verification.mutation.operators import Mutant, enums_of, mutants

SOURCE = """\
pragma solidity 0.8.37;
contract C {
    enum Colour { Red, Green }
    uint256 constant DAYS = 2 days;
    uint256 count;
    Colour colour;
    error No();
    event Counted(uint256 a, uint256 b);
    modifier once() { _; }
    function _msgSender() internal view returns (address) { return msg.sender; }
    function add(uint256 a, uint256 b, bool c) external once returns (uint256) {
        if (a < b && c) revert No();
        for (uint256 i = 1; i != a; ++i) count += b;
        emit Counted(a, b);
        colour = Colour.Green;
        return ++count;
    }
    function both(bool a, bool b) external view returns (bool) {
        return !a || (b && _msgSender() != address(0));
    }
}
"""


@cache
def made(source: str = SOURCE) -> list[Mutant]:
    given = {
        "language": "Solidity",
        "sources": {"c.sol": {"content": source}},
        "settings": {"outputSelection": {"*": {"": ["ast"]}}},
    }
    done = subprocess.run(
        [COMPILER, "--standard-json"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    tree = json.loads(done.stdout)["sources"]["c.sol"]["ast"]
    return list(mutants("c.sol", source.encode(), tree, enums_of({"c.sol": tree})))


GUARD = "if (a < b && c) revert No();"
LOOP = "for (uint256 i = 1; i != a; ++i) count += b;"
BOTH = "return !a || (b && _msgSender() != address(0));"


@pytest.mark.parametrize(
    ("operator", "before", "afters"),
    [
        ("relational", GUARD, {"if (a <= b && c) revert No();", "if (a >= b && c) revert No();"}),
        ("relational", LOOP, {"for (uint256 i = 1; i == a; ++i) count += b;"}),
        ("arithmetic", LOOP, {"for (uint256 i = 1; i != a; ++i) count -= b;"}),
        ("arithmetic", "return ++count;", {"return --count;", "return count++;"}),
        (
            "logical",
            GUARD,
            {
                "if (a < b || c) revert No();",
                "if (a < b) revert No();",
                "if (c) revert No();",
            },
        ),
        (
            "negation",
            BOTH,
            {
                "return a || (b && _msgSender() != address(0));",
                "return !(!a || (b && _msgSender() != address(0)));",
            },
        ),
        ("negation", GUARD, {"if (!(a < b && c)) revert No();"}),
        ("guard", GUARD, {"{}"}),
        ("statement", LOOP, {"for (uint256 i = 1; i != a; ++i) {}"}),
        ("statement", "emit Counted(a, b);", {"{}"}),
        ("statement", "return ++count;", {"{}"}),
        ("statement", "colour = Colour.Green;", {"{}"}),
        (
            "constant",
            "uint256 constant DAYS = 2 days;",
            {"uint256 constant DAYS = 1 days;", "uint256 constant DAYS = 3 days;"},
        ),
        ("constant", "colour = Colour.Green;", {"colour = Colour.Red;"}),
        ("arguments", "emit Counted(a, b);", {"emit Counted(b, a);"}),
        ("sender", BOTH, {"return !a || (b && msg.sender != address(0));"}),
        (
            "modifier",
            "function add(uint256 a, uint256 b, bool c) external once returns (uint256) {",
            {"function add(uint256 a, uint256 b, bool c) external returns (uint256) {"},
        ),
    ],
)
def test_what_an_operator_makes(operator: str, before: str, afters: set[str]) -> None:
    assert {m.after for m in made() if (m.operator, m.before) == (operator, before)} == afters


def test_nothing_is_made_of_a_loop_that_counts_backwards_or_of_an_unfinished_statement() -> None:
    assert not [m for m in made() if "--i" in m.after or "i++" in m.after or ";;" in m.after]


def test_each_has_an_identity_of_its_own_and_changes_the_source() -> None:
    assert len({m.identity for m in made()}) == len(made()) > 30
    for mutant in made():
        assert mutant.apply(SOURCE.encode()) != SOURCE.encode()


def test_a_mutant_keeps_its_identity_when_the_lines_move() -> None:
    moved = made(f"\n\n{SOURCE}")
    assert [m.span for m in moved] != [m.span for m in made()]
    assert [m.identity for m in moved] == [m.identity for m in made()]
