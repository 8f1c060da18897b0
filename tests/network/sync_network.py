"""Four Besu validators on loopback with permission files, each steered by its own RPC."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploy.anvil import free_port
from deploy.network.engine import find_engine
from deploy.network.genesis import extra_data
from deploy.network.validator_key import ValidatorKey
from governance.chain.errors import ChainUnreachable
from governance.chain.rpc import Rpc
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 4
CHAIN_ID = 20_260
PATIENCE = 120.0
_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"


@dataclass
class Validator:
    """One validator: its folder, its key, its ports, its process while it runs."""

    folder: Path
    p2p: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.key = ValidatorKey.create(self.folder / "key")
        self.rpc = Rpc(f"http://127.0.0.1:{self.port}", timeout=10)

    @property
    def address(self) -> str:
        return self.key.address

    @property
    def enode(self) -> str:
        return f"enode://{self.key.public_key.hex()}@127.0.0.1:{self.p2p}"

    def start(self, genesis: Path) -> None:
        """Starts it; does not wait until it answers."""
        engine = find_engine()
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        options = {
            "data-path": self.folder / "data",
            "genesis-file": genesis,
            "node-private-key-file": self.folder / "key",
            "static-nodes-file": self.folder / "static-nodes.json",
            "discovery-enabled": "false",
            "p2p-host": "127.0.0.1",
            "p2p-interface": "127.0.0.1",
            "p2p-port": self.p2p,
            "nat-method": "NONE",
            "rpc-http-enabled": "true",
            "rpc-http-host": "127.0.0.1",
            "rpc-http-port": self.port,
            "rpc-http-api": "ETH,NET,WEB3,QBFT,ADMIN,PERM",
            "host-allowlist": "localhost,127.0.0.1",
            "min-gas-price": "0",
            "sync-mode": "FULL",
            "data-storage-format": "FOREST",
            "permissions-nodes-config-file-enabled": "true",
            "permissions-nodes-config-file": self.folder / "nodes.toml",
            "permissions-accounts-config-file-enabled": "true",
            "permissions-accounts-config-file": self.folder / "accounts.toml",
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [engine.program, *(f"--{name}={value}" for name, value in options.items())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=engine.environment(temporary),
            )

    def stop(self) -> None:
        """Ends its process."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        self.process = None

    def answers(self) -> bool:
        """Whether its RPC answers."""
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        try:
            self.rpc.call("eth_chainId")
        except ChainUnreachable:
            return False
        return True

    def number(self) -> int:
        """Its newest block's."""
        return int(self.rpc.call("eth_blockNumber"), 16)

    def block(self, number: int) -> dict[str, Any]:
        """A block."""
        found: dict[str, Any] = self.rpc.call("eth_getBlockByNumber", hex(number), False)
        return found


class Network:
    """Validators that all know each other."""

    def __init__(self, folder: Path) -> None:
        self.validators = [Validator(folder / f"validator-{n}") for n in range(COUNT)]
        self._genesis = folder / "genesis.json"
        addresses = [each.address for each in self.validators]
        self._genesis.write_text(json.dumps(_genesis(addresses)), encoding="utf-8")
        enodes = [each.enode for each in self.validators]
        for each in self.validators:
            others = [enode for enode in enodes if enode != each.enode]
            _write(each.folder / "static-nodes.json", json.dumps(others))
            _write(each.folder / "nodes.toml", f"nodes-allowlist={json.dumps(enodes)}\n")
            _write(each.folder / "accounts.toml", "accounts-allowlist=[]\n")

    def start(self) -> None:
        """Starts all and waits until the first block is made."""
        for each in self.validators:
            each.start(self._genesis)
        for each in self.validators:
            until(each.answers)
        until(lambda: all(each.number() > 0 for each in self.validators))

    def restart(self, validator: Validator) -> None:
        """Stops one and starts it again, as its operator could."""
        validator.stop()
        validator.start(self._genesis)
        until(validator.answers)

    def stop(self) -> None:
        """Ends all."""
        for each in self.validators:
            each.stop()
            each.rpc.close()


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Waits until something is so.

    Raises:
        AssertionError: it does not come about.
    """
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "what was waited for does not come about"
        time.sleep(0.25)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _genesis(validators: list[str]) -> dict[str, Any]:
    return {
        "config": {
            "chainId": CHAIN_ID,
            "berlinBlock": 0,
            "londonBlock": 0,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "zeroBaseFee": True,
            "qbft": {
                "epochlength": 30_000,
                "blockperiodseconds": 1,
                "requesttimeoutseconds": 2,
            },
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": "0x5f5e100",
        "difficulty": "0x1",
        "coinbase": "0x" + 40 * "0",
        "alloc": {},
        "mixHash": _MIX_HASH,
        "extraData": to_hex(extra_data(validators)),
    }
