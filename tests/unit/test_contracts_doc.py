"""docs/contracts.md names everything there is, and nothing that there is not."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "contracts.md").read_text()
TESTS = ROOT / "tests" / "contracts"

NAMED_TEST = re.compile(r"`(\w+\.sol|[\w/]+\.t\.sol)::(\w+)`")
NUMBERED = re.compile(r"^\| ([ISTG]\d+) \|.*$", re.MULTILINE)


def changing_functions() -> list[str]:
    """Every function of the contracts, as `Contract.function`, that is neither view nor pure."""
    return [
        f"{artifact.stem}.{entry['name']}"
        for artifact in sorted((ROOT / "deploy" / "artifacts").glob("*.json"))
        for entry in json.loads(artifact.read_text())["abi"]
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]


def declared(keyword: str) -> list[str]:
    """Every event or error that the interfaces declare."""
    return sorted(
        name
        for interface in (ROOT / "contracts" / "interfaces").glob("*.sol")
        for name in re.findall(rf"^\s*{keyword} (\w+)\(", interface.read_text(), re.MULTILINE)
    )


def section(title: str) -> str:
    """What stands under a heading of the second level."""
    start = DOCUMENT.index(f"\n## {title}\n")
    return DOCUMENT[start : DOCUMENT.find("\n## ", start + 1)]


def callers() -> dict[str, dict[str, str]]:
    """What the document's table says, by function and kind of caller."""
    lines = [line for line in section("2. Who may do what").splitlines() if line[:2] == "| "]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    kinds = rows[0][1:-1]
    return {row[0].strip("`"): dict(zip(kinds, row[1:-1], strict=True)) for row in rows[1:]}


def entries_of_callers() -> list[tuple[str, str, str]]:
    """Function, kind of caller and outcome of every entry of the table in `Callers.t.sol`."""
    source = (TESTS / "Callers.t.sol").read_text()
    listed = re.search(r"private kinds = \[(.*?)\];", source, re.DOTALL)
    assert listed is not None
    kinds = re.findall(r'"([\w ]+)"', listed[1])
    entries = []
    for contract, body in re.findall(
        r"function test_(\w+)\(\) public \{(.*?)\n    \}", source, re.DOTALL
    ):
        name = "SwarmGovernor" if contract == "Governor" else contract
        for function, outcomes in re.findall(
            rf'row\(\s*"(\w+)",.*?"([-+=]{{{len(kinds)}}})"', body, re.DOTALL
        ):
            entries += [
                (f"{name}.{function}", kind, outcome)
                for kind, outcome in zip(kinds, outcomes, strict=True)
            ]
    return entries


def numbered(letter: str) -> list[str]:
    """The rows of a numbered table."""
    return [row[0] for row in NUMBERED.finditer(DOCUMENT) if row[1].startswith(letter)]


def rules() -> list[str]:
    """What the invariant test asks after every act."""
    source = (TESTS / "support" / "BenefitsInvariants.sol").read_text()
    asked = re.search(r"function holdsEverything\(\) internal \{(.*?)\n    \}", source, re.DOTALL)
    assert asked is not None
    # Some are asked twice: as it was in the act's own block, and as it is in the next one.
    return sorted(set(re.findall(r"^ +(\w+)\(\);", asked[1], re.MULTILINE)))


def proofs() -> list[str]:
    """What halmos proves."""
    sources = (source.read_text() for source in TESTS.rglob("*.t.sol"))
    return sorted(
        name for source in sources for name in re.findall(r"function (check_\w+)\(", source)
    )


@pytest.mark.parametrize("function", changing_functions())
def test_every_function_that_changes_something_is_specified(function: str) -> None:
    assert f"`{function}`" in DOCUMENT.replace(section("2. Who may do what"), "")


@pytest.mark.parametrize("function", changing_functions())
def test_of_every_such_function_it_is_said_who_may(function: str) -> None:
    assert function in callers()


@pytest.mark.parametrize("name", declared("event") + declared("error"))
def test_every_event_and_error_is_named(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


def test_who_may_is_what_the_table_of_callers_shows() -> None:
    said = callers()
    entries = entries_of_callers()
    assert {function for function, _, _ in entries} >= set(changing_functions())
    for function, kind, outcome in entries:
        if function in said:
            allowed = {"+": "+o", "-": "-o", "=": "-o"}[outcome]
            assert said[function][kind] in allowed, f"{function} by {kind}"


@pytest.mark.parametrize("named", sorted(set(NAMED_TEST.findall(DOCUMENT))))
def test_every_test_named_exists(named: tuple[str, str]) -> None:
    file, function = named
    source = next(TESTS.rglob(file)).read_text()
    assert re.search(rf"\bfunction {function}\(", source)


def test_every_invariant_is_asked_and_every_rule_asked_is_an_invariant() -> None:
    named = [function for row in numbered("I") for _, function in NAMED_TEST.findall(row)]
    assert sorted(named) == sorted(rules())


def test_every_proof_is_named() -> None:
    named = {function for row in numbered("S") for _, function in NAMED_TEST.findall(row)}
    assert named >= set(proofs())


@pytest.mark.parametrize("letter", ["I", "S", "T", "G"])
def test_numbers_count_from_one(letter: str) -> None:
    numbers = [int(re.match(rf"\| {letter}(\d+) ", row)[1]) for row in numbered(letter)]  # type: ignore[index]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("row", numbered("I") + numbered("S"))
def test_every_invariant_and_every_property_has_a_test(row: str) -> None:
    assert NAMED_TEST.search(row)


@pytest.mark.parametrize("row", numbered("T"))
def test_every_threat_is_shown_to_be_stopped_or_said_not_to_be(row: str) -> None:
    assert NAMED_TEST.search(row) or "**Not stopped**" in row
