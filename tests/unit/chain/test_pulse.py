"""A chain that is halted, told from one that is idle, busy, or of another engine."""

import time
from typing import Any

import pytest

from governance.chain.pulse import pulse
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from tests.unit.chain.endpoints import RpcFault, endpoint, methods

NAMED = "0x" + encode([bytes(32), [bytes([n]) * 20 for n in range(4)], [], b"", []]).hex()


def chain(ago: list[float], extra: str = NAMED, **more: Any) -> dict[str, Any]:
    """A chain whose blocks are so many seconds old, the newest last."""
    now = int(time.time())

    def by_number(tag: str, _: bool) -> Any:
        number = len(ago) - 1 if tag == "latest" else int(tag, 16)
        return {
            "number": hex(number),
            "hash": f"0x{number + 1:064x}",
            "parentHash": f"0x{number:064x}",
            "timestamp": hex(0 if number == 0 else now - int(ago[number])),
            "gasLimit": "0x1",
            "extraData": extra,
        }

    return {"eth_getBlockByNumber": by_number, "net_peerCount": "0x3", **more}


def taken(table: dict[str, Any]) -> Any:
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        return pulse(rpc)


@pytest.mark.parametrize(
    ("ago", "halted"),
    [
        ([99, 4, 3, 2, 1], False),
        ([99, 31, 30, 29, 28], False),
        ([99, 35, 34, 33, 32], True),
        ([99, 70, 55, 40], False),
        ([99, 76, 61, 46], True),
        ([9_999, 400, 60, 50, 40], False),  # it was halted before, and is not for certain now
        ([9_999, 700, 300, 190, 185], True),
        ([99], True),
        ([9_999, 31], True),
    ],
)
def test_blocks_that_stay_away_for_longer_than_usual_are_a_halt(
    ago: list[float], halted: bool
) -> None:
    assert taken(chain(ago)).halted is halted


def test_what_a_person_is_told() -> None:
    found = taken(chain([99, 36, 35, 34], net_peerCount="0x1"))
    assert found.sentence in {
        f"The chain has made no block for {seconds} seconds; 2 of 4 validators can be reached."
        for seconds in (34, 35)
    }
    assert (found.number, found.validators, found.reachable, found.interval) == (3, 4, 2, 1)


def test_a_chain_that_never_began_has_made_no_block_yet() -> None:
    sentence = "The chain has made no block yet; 4 of 4 validators can be reached."
    assert taken(chain([0])).sentence == sentence


def test_peers_that_do_not_validate_are_not_counted() -> None:
    assert taken(chain([9, 8], net_peerCount="0x20")).reachable == 4


@pytest.mark.parametrize("number", [-32601, -32604])
def test_who_does_not_tell_its_peers_is_not_guessed_about(number: int) -> None:
    found = taken(chain([99, 80], net_peerCount=RpcFault(number, "Method not enabled")))
    assert found.reachable is None
    assert found.sentence.endswith(" seconds.")


@pytest.mark.parametrize("extra", ["0x", "0xd883010b00846765746888676f312e32312e36856c696e7578"])
def test_where_no_validators_are_named_nobody_can_tell(extra: str) -> None:
    assert taken(chain([9_999, 9_000], extra)) is None


def test_a_chain_that_has_no_newest_block_for_a_moment() -> None:
    table = chain([99, 4, 3, 2, 1])
    by_number, silent = table["eth_getBlockByNumber"], [None, None]
    table["eth_getBlockByNumber"] = lambda tag, full: (
        silent.pop() if tag == "latest" and silent else by_number(tag, full)
    )
    assert taken(table).number == 4
