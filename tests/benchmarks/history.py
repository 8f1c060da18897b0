"""What reading a history costs: proving and folding it, beside decoding the same logs with web3."""

from __future__ import annotations

from statistics import median
from typing import Any

from hexbytes import HexBytes
from web3 import Web3

from governance.abi import load_abi
from governance.history import Log, fold, genesis_head, replay, select
from governance.history import events as e
from tests.benchmarks.measurement import Measurement, measurement, seconds
from tests.unit.history.chronicle import Chronicle, address, declaration

TURNS = 5
NODES = 4_000
FASTER = 5.0
"""How many times faster than web3 the whole way from logs to state is meant to be."""


def bench() -> list[Measurement]:
    """Measures both ways in turns, over the same logs."""
    chronicle = Chronicle(3)
    for number in range(NODES):
        chronicle.emit(e.NodeRegistered(1 + number % 3, address(f"benchmark {number}")))
    logs = chronicle.logs
    genesis = genesis_head(31_337, address("history"))
    peer_logs = [_web3_log(log) for log in logs if log.topics[0] == _topic()]
    event = Web3().eth.contract(abi=load_abi("Swarm")).events.NodeRegistered()

    ours, proof, peer = [], [], []
    for _ in range(TURNS):
        ours.append(seconds(lambda: fold(_proven(logs, genesis))) / len(logs))
        proof.append(seconds(lambda: _proven(logs, genesis)) / len(logs))
        peer.append(seconds(lambda: [event.process_log(log) for log in peer_logs]) / len(peer_logs))
    decoding = 1e6 * median(peer)
    return [
        _row("from logs to proven state, beside web3 decoding them (µs an event)", ours, decoding),
        _row("from logs to the proven head, beside web3 decoding them (µs)", proof, decoding),
    ]


def _row(name: str, took: list[float], decoding: float) -> Measurement:
    own = 1e6 * median(took)
    met = own * FASTER <= decoding
    return measurement(
        "history", f"history: {name}", own, decoding, f"at most 1/{FASTER:g}", met=met
    )


def _proven(logs: list[Log], genesis: bytes) -> list[Any]:
    records = list(select(logs))
    replay(records, genesis)
    return records


def _topic() -> bytes:
    return declaration(e.NodeRegistered).identity


def _web3_log(log: Log) -> Any:
    return {
        "address": log.emitter,
        "topics": [HexBytes(topic) for topic in log.topics],
        "data": HexBytes(log.data),
        "blockNumber": log.block_number,
        "blockHash": HexBytes(log.block_hash),
        "transactionHash": HexBytes(log.transaction_hash),
        "transactionIndex": 0,
        "logIndex": log.log_index,
    }


if __name__ == "__main__":
    for row in bench():
        print(row)
