"""Acts per second and time until final, beside the same contract called through plain web3.py."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

from web3 import HTTPProvider, Web3

from governance.abi import load_abi
from governance.chain.calls import call_data
from governance.chain.sender import Act, Sender
from governance.primitives import sha256, to_hex
from tests.network.measuring.load import GAS, Load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.network.consortium import Consortium

WARM_UP = 20.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How acts went.

    Attributes:
        validators: how many there are.
        way: how they were sent.
        rate: acts per second that became final.
        median: seconds from sending to final.
        slowest: the same, 99 of 100 are quicker.
    """

    validators: int
    way: str
    rate: float
    median: float
    slowest: float


def measure(consortium: Consortium, seconds: float, journals: Path) -> list[Pace]:
    """As many acts as go, half as many, and one by one by our sender and by web3.py."""
    load = Load.on(consortium)
    load.run(WARM_UP)
    full = load.run(seconds)
    load.holds(full)
    sustained = len(full) / (max(act.final for act in full) - full[0].sent)
    half = load.run(seconds, sustained / 2)
    load.holds(half)
    count = len(consortium.names)
    return [
        _pace(count, "as many as go", sustained, [act.final - act.sent for act in full]),
        _pace(count, "half as many", sustained / 2, [act.final - act.sent for act in half]),
        _one_by_one(count, "one by one, `Sender`", _by_sender(load, seconds, journals)),
        _one_by_one(count, "one by one, web3.py", _by_web3(load, seconds)),
    ]


def _by_sender(load: Load, seconds: float, journals: Path) -> list[float]:
    name = load.consortium.names[0]
    took = []
    with load.consortium.rpc(name) as rpc, Sender(rpc, load.signer(name), journals) as sender:
        until = time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            data = call_data("Study", "decline", (1, 1, _text("sender", len(took))))
            sender.send(Act(load.study, data, "decline"))
            took.append(time.monotonic() - began)
    return took


def _by_web3(load: Load, seconds: float) -> list[float]:
    name = load.consortium.names[0]
    w3 = Web3(HTTPProvider(load.consortium.endpoint(name)))
    signer = load.signer(name)
    study = w3.eth.contract(address=Web3.to_checksum_address(load.study), abi=load_abi("Study"))
    took: list[float] = []
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        transaction = study.functions.decline(1, 1, _text("web3", len(took))).build_transaction(
            {
                "from": signer.address,
                "nonce": w3.eth.get_transaction_count(signer.address),
                "gas": GAS,
                "gasPrice": 0,
            }
        )
        hashed = w3.eth.send_raw_transaction(to_hex(signer.sign_transaction(transaction)))
        receipt = w3.eth.wait_for_transaction_receipt(hashed, timeout=60, poll_latency=0.02)
        assert receipt["status"] == 1
        took.append(time.monotonic() - began)
    return took


def _text(way: str, number: int) -> bytes:
    return sha256(f"{way} {number}".encode())


def _one_by_one(count: int, way: str, took: list[float]) -> Pace:
    return _pace(count, way, len(took) / sum(took), took)


def _pace(count: int, way: str, rate: float, took: list[float]) -> Pace:
    return Pace(count, way, rate, median(took), quantiles(took, n=100)[-1])


def rows(paces: list[Pace]) -> list[str]:
    """A table of them."""
    return [
        "| validators | sent | acts a second | seconds until final, median | 99 of 100 |",
        "|--:|---|--:|--:|--:|",
        *(
            f"| {each.validators} | {each.way} | {each.rate:.2f} | {each.median:.2f} "
            f"| {each.slowest:.2f} |"
            for each in paces
        ),
    ]
