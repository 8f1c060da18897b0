"""A founded swarm on a running chain, and the people in it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import embedded, founding, keeper
from governance.chain.calls import call_data
from governance.chain.errors import RpcError
from governance.chain.reader import Follower
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.chain.signer import LocalSigner
from governance.primitives import sha256
from governance.vocabulary import Founder, Kind, Profile, Sector, VotingRules
from tests.unit.chain.endpoints import RpcFault, endpoint, methods

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from governance.chain.house import House, Trust

RULES = VotingRules(voting_period=600, quorum=50, expiry=3_600)
CHARTER = sha256(b"the charter")
FOUNDERS = 3


def key(name: str) -> LocalSigner:
    """The key of somebody, the same for the same name."""
    return LocalSigner(sha256(name.encode()))


def profile(name: str, kind: Kind = Kind.HOSPITAL) -> Profile:
    """A profile that the contracts take."""
    return Profile(name, kind, Sector.PUBLIC, b"DE", sha256(name.encode()))


@dataclass
class Chain:
    """An embedded chain in a folder of its own."""

    folder: Path
    port: int
    journals: Path

    def up(self) -> embedded.Status:
        return embedded.up(self.folder, port=self.port, journals=[self.journals])

    def down(self) -> embedded.Status:
        return embedded.down(self.folder)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rpc(self) -> Rpc:
        return Rpc(self.endpoint)

    def status_file(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / keeper.STATUS).read_text())
        return found

    def kill(self, *whom: str) -> None:
        """Ends the keeper (`pid`) or the chain's process (`anvil`), or both, by SIGKILL."""
        status = self.status_file()
        for each in whom:
            kill_and_wait(status[each])
        deadline = time.monotonic() + 10
        while keeper.is_held(self.folder):
            assert time.monotonic() < deadline, "the keeper outlives its chain"
            time.sleep(0.01)


def kill_and_wait(pid: int) -> None:
    """Ends a process by SIGKILL and waits until it is gone: the signal alone takes a moment."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _lives(pid):
        assert time.monotonic() < deadline, f"process {pid} outlives SIGKILL"
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # An ended process that nobody has waited for keeps its number, and nothing else.
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@dataclass
class Founded:
    """A swarm of three founders on a chain."""

    chain: Chain
    rpc: Rpc
    trust: Trust
    house: House
    founders: list[LocalSigner]

    def follower(self) -> Follower:
        follower = Follower(self.rpc, self.trust)
        follower.poll()
        return follower

    def sender(self, signer: LocalSigner, **options: Any) -> Sender:
        return Sender(self.rpc, signer, self.chain.journals, **options)

    def apply(self, name: str) -> Act:
        """The act of applying for membership."""
        data = call_data("Swarm", "applyToJoin", [profile(name)])
        return Act(self.house.swarm, data, f"{name} applies")


def plan(chain_id: int, scope: str = "") -> founding.Plan:
    """Three founders; another scope, other accounts."""
    founders = [
        Founder(key(f"{scope}founder {number}").address, profile(f"Hospital {number}"))
        for number in range(FOUNDERS)
    ]
    return founding.plan(founders, RULES, CHARTER, chain_id)


def found(chain: Chain, rpc: Rpc, place: Path, scope: str = "") -> Founded:
    """Founds a swarm."""
    agreed = plan(embedded.CHAIN_ID, scope)
    trust = founding.found(rpc, agreed, place / "trust.json", journals=chain.journals)
    keys = [key(f"{scope}founder {number}") for number in range(FOUNDERS)]
    return Founded(chain, rpc, trust, Follower(rpc, trust).house, keys)


def like_the_chain(rpc: Rpc, **changed: Any) -> AbstractContextManager[str]:
    """An endpoint that answers as the real chain does, but for some methods."""
    return endpoint(methods(_Forwarding(rpc, changed)))


class _Forwarding(dict[str, Any]):
    """A table of methods that asks a chain for those it does not have."""

    def __init__(self, rpc: Rpc, changed: dict[str, Any]) -> None:
        super().__init__(changed)
        self._rpc = rpc

    def __missing__(self, method: str) -> Any:
        def forward(*params: Any) -> Any:
            try:
                return self._rpc.call(method, *params)
            except RpcError as error:
                return RpcFault(error.number, error.text, error.data)

        return forward
