"""What an endpoint can make up without end, and where its reader stops."""

import itertools

import pytest

from governance.chain.agreement import FARTHEST
from governance.chain.errors import ChainAnswerInvalid, HistoryHeadMismatch
from governance.chain.house import Trust
from governance.chain.reader import held_at, no_more
from governance.chain.rpc import Rpc
from governance.history import Record
from tests.unit.chain.endpoints import endpoint, methods

RECORD = Record("0x" + 40 * "1", 1, 1, 0, b"")
TRUST = Trust(1, "0x" + 40 * "2", ("0x" + 40 * "3",))


def test_events_without_end_are_read_no_further_than_history_says() -> None:
    taken: list[Record] = []
    with pytest.raises(HistoryHeadMismatch):
        taken.extend(no_more(itertools.repeat(RECORD), 4, 7, 9))
    assert len(taken) == 3


def test_fewer_are_read_to_the_end() -> None:
    assert list(no_more([RECORD, RECORD], 4, 7, 9)) == [RECORD, RECORD]


def test_without_seals_no_block_is_believed_that_is_too_far() -> None:
    word = "0x" + 63 * "0" + "7"
    with endpoint(methods({"eth_call": word})) as url, Rpc(url) as rpc:
        assert held_at(rpc, TRUST, FARTHEST, None)[1] == 7
        with pytest.raises(ChainAnswerInvalid, match="without seals"):
            held_at(rpc, TRUST, FARTHEST + 1, None)
