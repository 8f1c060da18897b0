"""How fast a view catches up, evidence is collected and verified, and a gate answers.

Beside web3.py on the same chain. The history is real: an institution declines a study a hundred
thousand times, each time with another text, and each of these records is in the hash chain that the
view and the evidence prove. web3.py merely reads the same events and proves nothing.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from eth_abi import encode
from web3 import HTTPProvider, Web3

from deploy.anvil import Anvil, free_port
from governance.abi import load_abi
from governance.audit.collect import Order, collect
from governance.audit.verify import verify
from governance.audit.vouching import countersignature_digest
from governance.chain.calls import call_data, read
from governance.chain.reader import Follower
from governance.gate import Envelope, EvidenceLog, Gate, LiveView, SignedEnvelope
from governance.history.events import Countersigned, StudyOpened
from governance.primitives import keccak, sha256
from governance.terms import canonical, parameters
from tests.benchmarks.measurement import Measurement, measurement, seconds
from tests.gas.chain import CHAIN_ID, GENESIS, Chain
from tests.gas.compiling import Build
from tests.gas.ours import FEW, House, account, only, profile
from tests.integration.histories.keys import key
from tests.unit.gate.world import TERMS

if TYPE_CHECKING:
    from governance.chain.rpc import Rpc

EVENTS, A_TRANSACTION = 100_000, 250
TURNS = 5
CATCHING_UP, COLLECTING, VERIFYING, ASKING = 15.0, 10.0, 15.0, 50.0
"""How many times faster than web3.py we are meant to be."""

ROUNDS = 50
RECORDS = 100
UPDATE = bytes(31) + b"\x01"

_FLOOD = Build("solc", "cancun", {"Flood.sol": Path(__file__).with_name("Flood.sol")})


def bench() -> list[Measurement]:
    """Measures both over one chain, in turns."""
    with (
        tempfile.TemporaryDirectory() as name,
        Anvil(Path(name), free_port(), CHAIN_ID, GENESIS) as anvil,
    ):
        folder, chain = Path(name), Chain(anvil.rpc)
        house = House(chain, folder)
        house.register_node(1)
        study = _study(house)
        _flood(house, study)
        return [*_reading(house, study), _asking(house, study, folder)]


def _study(house: House) -> str:
    """A study that runs, with terms that a gate can read."""
    chain, terms = house.chain, (canonical(TERMS), parameters(TERMS))
    opened = chain.send(account(1), house.addresses.studies, call_data("Studies", "open", terms))
    study = only(StudyOpened, opened).contract_address
    digests = read(chain.rpc, study, "Study", "termsOf", [1])
    signed = call_data("Study", "sign", [1, *digests, sha256(b"readiness"), sha256(b"consent")])
    for number in range(1, FEW + 1):
        chain.send(account(number), study, signed)
    chain.send(account(1), study, call_data("Study", "start"))
    return study


def _flood(house: House, study: str) -> None:
    """A sixth institution, whose account is a contract, declines again and again."""
    chain, swarm = house.chain, house.addresses.swarm
    flood = chain.create(account(1), _FLOOD.creation_codes()["Flood"])
    chain.send(flood, swarm, call_data("Swarm", "applyToJoin", [profile(FEW + 1)]))
    house.admit(FEW + 1)
    selector = keccak(b"decline(address,uint256,uint256)")[:4]
    for first in range(0, EVENTS, A_TRANSACTION):
        arguments = encode(["address", "uint256", "uint256"], [study, first, A_TRANSACTION])
        chain.send(account(1), flood, selector + arguments)


def _reading(house: House, study: str) -> list[Measurement]:
    """All that reads the whole history, in turns with web3.py."""
    rpc, trust = house.chain.rpc, house.trust
    event = _contract(rpc, study).events.TermsDeclined()
    follower = Follower(rpc, trust)
    follower.poll()
    order = Order(trust, _countersignatures(follower))
    evidence = b""

    def collected() -> None:
        nonlocal evidence
        evidence = collect(rpc, order).bundle.to_bytes()

    took: dict[str, list[float]] = {"poll": [], "collect": [], "verify": [], "peer": []}
    for _ in range(TURNS):
        took["poll"].append(seconds(lambda: _at_least(Follower(rpc, trust).poll())))
        took["collect"].append(seconds(collected))
        took["verify"].append(seconds(lambda: verify(evidence, trust)))
        took["peer"].append(seconds(lambda: _at_least(event.get_logs(from_block=0))))
    peer = median(took["peer"])
    beside = "beside an event's get_logs of web3.py (s)"
    return [
        _row(
            f"gate: catching up on {EVENTS} events, proven and folded, {beside}",
            median(took["poll"]),
            peer,
            CATCHING_UP,
        ),
        _row(
            f"audit: collecting evidence of {EVENTS} events, {beside}",
            median(took["collect"]),
            peer,
            COLLECTING,
        ),
        _row(
            f"audit: verifying evidence of {EVENTS} events, {beside}",
            median(took["verify"]),
            peer,
            VERIFYING,
        ),
    ]


def _countersignatures(follower: Follower) -> tuple[Countersigned, ...]:
    """All founders sign the head: the chain has no seals."""
    trust, length, head = follower.trust, follower.length, follower.head
    digest = countersignature_digest(trust.chain_id, trust.history, length, head)
    return tuple(
        Countersigned(account(number), length, head, key("account", number).sign(digest))
        for number in range(1, FEW + 1)
    )


def _asking(house: House, study: str, folder: Path) -> Measurement:
    rpc, node = house.chain.rpc, key("node", 1)
    contract = _contract(rpc, study)
    view = LiveView(Follower(rpc, house.trust))
    view.refresh()
    look = view.look()
    ours, peer = [], []
    with EvidenceLog(folder / "evidence.jsonl") as log:
        gate = Gate(view, study, log, clock=lambda: look.time)
        # Each turn is another attempt at all rounds; long enough that both sides run warm.
        for attempt in range(1, TURNS + 1):
            asked = [
                Envelope(
                    chain_id=CHAIN_ID,
                    study=study,
                    terms_version=1,
                    round=number,
                    attempt=attempt,
                    parent=bytes(32),
                    update=UPDATE,
                    records=RECORDS,
                    history_length=look.state.length,
                    deadline=look.time + 3600,
                ).signed(node.address, node.sign)
                for number in range(1, ROUNDS + 1)
            ]
            ours.append(seconds(partial(_decide, gate, asked)) / ROUNDS)
            peer.append(seconds(lambda: _ask(contract, node.address)) / ROUNDS)
    return _row(
        "gate: one decision, written down, beside web3.py asking the contract (µs)",
        1e6 * median(ours),
        1e6 * median(peer),
        ASKING,
    )


def _decide(gate: Gate, asked: list[SignedEnvelope]) -> None:
    for signed in asked:
        gate.open_round(signed.envelope.round, signed.envelope.attempt)
        assert gate.check(signed, UPDATE).accepted


def _ask(contract: Any, node: str) -> None:
    for _ in range(ROUNDS):
        contract.functions.authorisation(node).call()


def _contract(rpc: Rpc, study: str) -> Any:
    w3 = Web3(HTTPProvider(rpc.endpoint, request_kwargs={"timeout": 600}))
    return w3.eth.contract(address=Web3.to_checksum_address(study), abi=load_abi("Study"))


def _at_least(found: Any) -> None:
    assert len(found) >= EVENTS, "events are missing"


def _row(name: str, own: float, other: float, faster: float) -> Measurement:
    met = own * faster <= other
    return measurement("catching_up", name, own, other, f"at most 1/{faster:g}", met=met)


if __name__ == "__main__":
    for row in bench():
        print(row)
