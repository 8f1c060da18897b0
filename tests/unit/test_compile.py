"""The compiler as a program, the compilation, and the tables drawn from it."""

import json
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from deploy import compile as compilation
from deploy.compile import CompileError, compile_contracts, generate, stale, write
from deploy.programs import ProgramMissing, find_program
from deploy.tables import TableError, code_table, event_table, signature
from governance.abi import load_code, load_errors, load_events, load_functions
from governance.primitives import keccak

ROOT = compilation.ROOT

HEADER = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n"

SAMPLE = (
    HEADER
    + """
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISample} from "./interfaces/ISample.sol";

library Half {
    function half(uint256 number) internal pure returns (uint256) {
        return number / 2;
    }
}

abstract contract Base {
    uint256 public immutable BORN = block.timestamp;
}

contract Sample is Base, EIP712, ISample {
    uint128 internal _low;
    uint64 internal _high;
    bytes32 public head;

    constructor() EIP712("Sample", "1") {}

    function set(Pair[] calldata pairs) external {
        if (pairs.length == 0) revert Empty();
        emit Set(msg.sender, pairs, "");
        head = bytes32(Half.half(BORN));
    }
}
"""
)

INTERFACE = (
    HEADER
    + """
interface ISample {
    struct Pair {
        uint32 institution;
        bytes32[] digests;
    }

    event Set(address indexed account, Pair[] pairs, string text);

    error Empty();

    function set(Pair[] calldata pairs) external;
}
"""
)


def project(root: Path, **contracts: str) -> Path:
    """A project of its own with the house's packages linked in."""
    (root / "contracts" / "interfaces").mkdir(parents=True)
    (root / "contracts" / "interfaces" / "ISample.sol").write_text(INTERFACE)
    for name, source in contracts.items():
        (root / "contracts" / f"{name}.sol").write_text(source)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return root


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Path, str]]:
    root = project(tmp_path_factory.mktemp("sample"), Sample=SAMPLE)
    return root, generate(root)


def event(*inputs: tuple[str, str, bool], anonymous: bool = False) -> dict[str, object]:
    return {
        "type": "event",
        "name": "Happened",
        "anonymous": anonymous,
        "inputs": [
            {"name": name, "type": kind, "indexed": indexed} for name, kind, indexed in inputs
        ],
    }


def artifact(*abi: dict[str, object], code: str = "0x60") -> dict[str, object]:
    return {
        "abi": list(abi),
        "deployedBytecode": code,
        "immutableReferences": {},
        "methodIdentifiers": {},
        "storageLayout": [],
    }


class TestProgram:
    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [compilation.COMPILER, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def compile(self, source: str, *arguments: str) -> list[str]:
        request = {"language": "Solidity", "sources": {"A.sol": {"content": HEADER + source}}}
        answer = self.run("--standard-json", *arguments, stdin=json.dumps(request))
        return [error["message"] for error in json.loads(answer.stdout).get("errors", [])]

    def test_version(self) -> None:
        assert f"Version: {compilation.COMPILER_VERSION}+commit." in self.run("--version").stdout

    def test_unknown_option_in_the_words_of_solc(self) -> None:
        answer = self.run("--optimize")
        assert answer.returncode == 1
        assert answer.stderr.startswith("unrecognised option '--optimize'")

    def test_nothing_to_do(self) -> None:
        assert self.run().returncode == 1

    def test_slow_and_large_input(self) -> None:
        filler = "// " + "x" * 400_000
        request = json.dumps({"language": "Solidity", "sources": {"A.sol": {"content": filler}}})
        with subprocess.Popen(
            [compilation.COMPILER, "--standard-json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            for start in range(0, len(request), 100_000):
                process.stdin.write(request[start : start + 100_000])
                process.stdin.flush()
                time.sleep(0.05)
            process.stdin.close()
            output = json.loads(process.stdout.read())
        assert [error["severity"] for error in output["errors"]] == ["warning", "warning"]

    def test_import_from_base_and_include_path(self, tmp_path: Path) -> None:
        for folder in ("base", "include"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / f"{folder}.sol").write_text(HEADER)
        roots = ["--base-path", f"{tmp_path}/base", "--include-path", f"{tmp_path}/include"]
        assert not self.compile('import "base.sol"; import "include.sol";', *roots)

    def test_import_from_elsewhere_only_where_allowed(self, tmp_path: Path) -> None:
        (tmp_path / "base").mkdir()
        outside = tmp_path / "outside.sol"
        outside.write_text(HEADER)
        (tmp_path / "base" / "link.sol").symlink_to(outside)
        base = ["--base-path", f"{tmp_path}/base"]
        for name in (str(outside), "link.sol"):
            (refusal,) = self.compile(f'import "{name}";', *base)
            assert "outside of allowed directories" in refusal
            assert not self.compile(f'import "{name}";', *base, "--allow-paths", str(tmp_path))

    def test_import_of_nothing(self, tmp_path: Path) -> None:
        (refusal,) = self.compile('import "nothing.sol";', "--base-path", str(tmp_path))
        assert "not found" in refusal


class TestCompilation:
    def test_one_artifact_for_each_contract_that_can_be_deployed(
        self, sample: tuple[Path, dict[Path, str]]
    ) -> None:
        assert {path.as_posix() for path in sample[1]} == {
            "deploy/artifacts/Sample.json",
            "governance/abi/abi.json",
            "governance/abi/code.json",
            "governance/abi/events.json",
        }

    def test_artifact(self, sample: tuple[Path, dict[Path, str]]) -> None:
        compiled = json.loads(sample[1][compilation.ARTIFACTS / "Sample.json"])
        assert compiled["contractName"] == "Sample"
        assert compiled["compiler"]["settings"] == compilation.SETTINGS
        assert compiled["methodIdentifiers"]["head()"] == "0x" + keccak(b"head()")[:4].hex()
        assert "Base.BORN" in compiled["immutableReferences"]
        assert "EIP712._name" in compiled["immutableReferences"]
        places = {
            variable["label"]: (variable["slot"], variable["offset"])
            for variable in compiled["storageLayout"]
        }
        assert places["_high"] == (places["_low"][0], 16)
        assert places["head"] == (places["_low"][0] + 1, 0)

    def test_the_same_sources_give_the_same_bytes_anywhere(
        self, sample: tuple[Path, dict[Path, str]], tmp_path: Path
    ) -> None:
        commented = SAMPLE.replace("contract Sample", "/* A remark. */ contract Sample")
        again = generate(project(tmp_path / "elsewhere", Sample=commented))
        assert again == sample[1]

    def test_template_is_recognised_whatever_the_immutables(
        self, sample: tuple[Path, dict[Path, str]]
    ) -> None:
        compiled = json.loads(sample[1][compilation.ARTIFACTS / "Sample.json"])
        entry = json.loads(sample[1][compilation.TABLES / "code.json"])["Sample"]
        deployed = bytearray.fromhex(compiled["deployedBytecode"][2:])
        places = [place for places in entry["immutables"].values() for place in places]
        for filling in (b"\xff", b"\x00"):
            for place in places:
                end = place["start"] + place["length"]
                deployed[place["start"] : end] = filling * place["length"]
            matches = "0x" + keccak(bytes(deployed)).hex() == entry["template"]
            assert matches == (filling == b"\x00")

    def test_check_names_what_differs(self, sample: tuple[Path, dict[Path, str]]) -> None:
        root, files = sample
        assert stale(files, root) == sorted(files)
        write(files, root)
        assert stale(files, root) == []

        altered, missing, *_ = files
        left_over = compilation.ARTIFACTS / "Former.json"
        (root / altered).write_text(files[altered].rstrip())
        (root / missing).unlink()
        (root / left_over).write_text("{}")
        assert stale(files, root) == sorted([altered, missing, left_over])

        write(files, root)
        assert stale(files, root) == []

    @pytest.mark.parametrize(
        ("source", "complaint"),
        [
            ("contract Sample {", "ParserError"),
            ("contract Sample { function f() external pure { uint256 x; } }", "Unused local"),
            ("contract Sample { event E(uint256 a, uint256 indexed b); }", "indexed field after"),
        ],
    )
    def test_what_is_refused(self, tmp_path: Path, source: str, complaint: str) -> None:
        with pytest.raises(CompileError, match=complaint):
            generate(project(tmp_path / "project", Sample=HEADER + source))

    def test_nothing_to_compile(self, tmp_path: Path) -> None:
        with pytest.raises(CompileError, match="no contracts"):
            compile_contracts(tmp_path)

    def test_forge_compiles_alike(self) -> None:
        forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
        assert (ROOT / forge["solc"]).samefile(compilation.COMPILER)
        assert {
            "evmVersion": forge["evm_version"],
            "metadata": {
                "appendCBOR": forge["cbor_metadata"],
                "bytecodeHash": forge["bytecode_hash"],
            },
            "optimizer": {"enabled": forge["optimizer"], "runs": forge["optimizer_runs"]},
            "remappings": forge["remappings"],
        } == compilation.SETTINGS


class TestTables:
    def test_signature_of_nested_structs(self) -> None:
        pair = [{"type": "uint32", "name": "a"}, {"type": "bytes32[]", "name": "b"}]
        fields = [
            {"type": "tuple[]", "name": "pairs", "components": pair},
            {"type": "tuple", "name": "one", "components": [{**pair[0]}]},
        ]
        assert signature({"name": "Set", "inputs": fields}) == "Set((uint32,bytes32[])[],(uint32))"

    @pytest.mark.parametrize(
        ("declared", "complaint"),
        [
            (event(("a", "uint8", False), ("b", "uint8", True)), "indexed field after"),
            (event(("a", "string", True)), "only the hash of a"),
            (event(("a", "bytes", True)), "only the hash of a"),
            (event(("a", "uint8[3]", True)), "only the hash of a"),
            (event(("", "uint8", True)), "without a name"),
            (event(anonymous=True), "anonymous"),
        ],
    )
    def test_events_that_are_no_records(self, declared: dict[str, object], complaint: str) -> None:
        with pytest.raises(TableError, match=complaint):
            event_table({"Sample": artifact(declared)})

    def test_one_event_in_two_contracts(self) -> None:
        declared = event(("number", "uint8", True))
        table = event_table({"One": artifact(declared), "Two": artifact(declared)})
        (entry,) = table["events"].values()
        assert entry["contracts"] == ["One", "Two"]

        renamed = event(("other", "uint8", True))
        with pytest.raises(TableError, match="other names"):
            event_table({"One": artifact(declared), "Two": artifact(renamed)})

    def test_code_that_no_chain_would_take(self) -> None:
        with pytest.raises(TableError, match="24577 bytes"):
            code_table({"Sample": artifact(code="0x" + "00" * 24_577)})
        with pytest.raises(TableError, match="library"):
            code_table({"Sample": artifact(code="0x73__$" + "0" * 34 + "$__")})


class TestLibrary:
    """The committed tables, as the library reads them."""

    def test_events_are_found_by_topic(self) -> None:
        for topic, declaration in load_events().items():
            assert topic == keccak(declaration.signature.encode()) == declaration.identity

    def test_errors_are_found_by_selector(self) -> None:
        for selector, declaration in load_errors().items():
            assert selector == keccak(declaration.signature.encode())[:4]

    def test_functions(self) -> None:
        assert load_functions("History")["head()"] == keccak(b"head()")[:4]

    def test_code(self) -> None:
        code = load_code("History")
        assert code.slots["length"] == code.slots["head"] + 1
        assert all(
            place.start + place.length <= code.size
            for places in code.immutables.values()
            for place in places
        )


class TestPrograms:
    @pytest.mark.parametrize("name", ["anvil", "forge"])
    def test_found(self, name: str) -> None:
        answer = subprocess.run([find_program(name), "--version"], capture_output=True, check=True)
        locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
        version = locked[f"node_modules/@foundry-rs/{name}"]["version"]
        assert f"{name} Version: {version}" in answer.stdout.decode()

    def test_missing(self) -> None:
        with pytest.raises(ProgramMissing) as missing:
            find_program("besu")
        assert "make setup" in missing.value.remedy
